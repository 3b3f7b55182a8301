"""A break at an unknown date: p-value of the largest F, and which dates the series cannot tell apart."""

from dataclasses import dataclass

import numpy as np

from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.series.segmented import (
    build_segmented_design,
    build_smooth_design,
    compute_break_statistics,
    fit_segmented,
)


@dataclass(frozen=True, slots=True, eq=False)
class Break:
    """The break that fits best.

    Attributes
    ----------
    date : int
        First period after it.
    statistic, p : float
        Largest F and its bootstrap p-value under no break.
    low, high : int
        Interval of the date.
    statistics : FloatArray, shape (n_dates,)
    dates : IntArray, shape (n_dates,)
    """

    date: int
    statistic: float
    p: float
    low: int
    high: int
    statistics: FloatArray
    dates: IntArray


def find_unknown_break(
    y: FloatArray,
    periods: IntArray,
    rng: np.random.Generator,
    *,
    trim: float = 0.15,
    seasons: int = 1,
    draws: int = 499,
    level: float = 0.95,
) -> Break:
    """Search the date of a level and slope change (Andrews 1993; date interval as in Bai 1997, by bootstrap).

    Both bootstraps draw autoregressive errors of order one fitted to residuals: the p-value from series without a
    break, the interval from series with the break that was found, whose estimated dates scatter around it.

    Parameters
    ----------
    y : FloatArray, shape (n_periods,)
    periods : IntArray, shape (n_periods,)
        Without gaps.
    trim : float
        Share of periods on either side where no break is sought.
    """
    observed, dates = compute_break_statistics(y[None], periods, trim, seasons)
    statistics = observed[0]
    best = int(np.argmax(statistics))
    null = fit_segmented(y, build_smooth_design(periods, seasons))
    broken = fit_segmented(y, build_segmented_design(periods, int(dates[best]), seasons=seasons))
    # Residuals net of a searched break would make the p-value far too small (size 0.15 to 0.5 in 20 to 60 periods);
    # those of the null keep the size and lose power, as a real break looks like persistence.
    errors = np.vstack([draw_ar_errors(null.residuals, rng) for _ in range(draws)])
    largest = compute_break_statistics(y - null.residuals + errors, periods, trim, seasons)[0].max(axis=1)
    errors = np.vstack([draw_ar_errors(broken.residuals, rng) for _ in range(draws)])
    again = compute_break_statistics(y - broken.residuals + errors, periods, trim, seasons)[0]
    moved = dates[np.argmax(again, axis=1)] - dates[best]
    shift = np.quantile(moved, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return Break(
        date=int(dates[best]),
        statistic=float(statistics[best]),
        p=float((1 + (largest >= statistics[best]).sum()) / (draws + 1)),
        low=int(max(dates[best] - shift[1], periods[0])),
        high=int(min(dates[best] - shift[0], periods[-1])),
        statistics=statistics,
        dates=dates,
    )


def draw_ar_errors(residuals: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw a series of first-order autoregressive errors like the residuals, resampling their innovations.

    The coefficient is corrected for its small-sample bias of about -(1 + 3 rho) / n and held below 0.95.
    """
    n = residuals.size
    total = float(residuals[:-1] @ residuals[:-1])
    rho = float(residuals[1:] @ residuals[:-1]) / total if total > 0 else 0.0
    rho = float(np.clip(rho + (1 + 3 * rho) / n, -0.95, 0.95))
    steps = residuals[1:] - rho * residuals[:-1]
    steps = steps - steps.mean()
    drawn = rng.choice(steps, size=n + 20)
    out = np.zeros(n + 20)
    for t in range(1, n + 20):
        out[t] = rho * out[t - 1] + drawn[t]
    return np.asarray(out[20:])
