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
    """The break that fits best."""

    date: int  # first period after it
    # statistic, p: Largest F and its bootstrap p-value under no break
    statistic: float
    p: float
    # low, high: Interval of the date
    low: int
    high: int
    statistics: FloatArray  # (n_dates,)
    dates: IntArray  # (n_dates,)


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

    ``y`` (n_periods,); ``periods`` (n_periods,): without gaps; ``trim``: share of periods on either side where no
    break is sought.
    """
    statistics, dates, p = _test_breaks(y, periods, rng, trim, seasons, draws)
    best = int(np.argmax(statistics))
    broken = fit_segmented(y, build_segmented_design(periods, int(dates[best]), seasons=seasons))
    errors = draw_ar_errors(broken.residuals, rng, draws)
    again = compute_break_statistics(y - broken.residuals + errors, periods, trim, seasons)[0]
    moved = dates[np.argmax(again, axis=1)] - dates[best]
    shift = np.quantile(moved, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return Break(
        date=int(dates[best]),
        statistic=float(statistics[best]),
        p=p,
        low=int(max(dates[best] - shift[1], periods[0])),
        high=int(min(dates[best] - shift[0], periods[-1])),
        statistics=statistics,
        dates=dates,
    )


def compute_break_power(
    y: FloatArray,
    periods: IntArray,
    date: int,
    shift: float,
    rng: np.random.Generator,
    *,
    trim: float = 0.15,
    seasons: int = 1,
    draws: int = 99,
    n_series: int = 100,
    level: float = 0.05,
) -> float:
    """Return how often the search finds a break where the level of a series like this one moves at a date.

    Each series is the smooth part of ``y`` with errors like its residuals, and is tested as ``y`` was.

    ``y``, ``periods``, ``trim``, ``seasons``: as in ``find_unknown_break``; ``date``: first period after the move;
    ``shift``: its size, in units of ``y``.
    """
    residuals = fit_segmented(y, build_smooth_design(periods, seasons)).residuals
    moved = y - residuals + shift * (periods >= date)
    series = moved + draw_ar_errors(residuals, rng, n_series)
    return float(np.mean([_test_breaks(one, periods, rng, trim, seasons, draws)[2] <= level for one in series]))


def _test_breaks(
    y: FloatArray, periods: IntArray, rng: np.random.Generator, trim: float, seasons: int, draws: int
) -> tuple[FloatArray, IntArray, float]:
    """Return the statistic of every date, the dates, and the p-value of the largest."""
    observed, dates = compute_break_statistics(y[None], periods, trim, seasons)
    null = fit_segmented(y, build_smooth_design(periods, seasons))
    # Residuals net of a searched break would make the p-value far too small (size 0.15 to 0.5 in 20 to 60 periods);
    # those of the null keep the size and lose power, as a real break looks like persistence.
    again = y - null.residuals + draw_ar_errors(null.residuals, rng, draws)
    largest = compute_break_statistics(again, periods, trim, seasons)[0].max(axis=1)
    return observed[0], dates, float((1 + (largest >= observed.max()).sum()) / (draws + 1))


def draw_ar_errors(
    residuals: FloatArray, rng: np.random.Generator, draws: int, rho: float | None = None
) -> FloatArray:
    """Draw series of first-order autoregressive errors like the residuals, resampling their innovations.

    The coefficient, where it is not given, is corrected for its small-sample bias of about -(1 + 3 rho) / n and held
    below 0.95.

    Returns (draws, n_periods).
    """
    n = residuals.size
    if rho is None:
        total = float(residuals[:-1] @ residuals[:-1])
        rho = float(residuals[1:] @ residuals[:-1]) / total if total > 0 else 0.0
        rho = float(np.clip(rho + (1 + 3 * rho) / n, -0.95, 0.95))
    steps = residuals[1:] - rho * residuals[:-1]
    drawn = rng.choice(steps - steps.mean(), size=(n + 20, draws))
    out = np.zeros((n + 20, draws))
    for t in range(1, n + 20):
        out[t] = rho * out[t - 1] + drawn[t]
    return np.asarray(out[20:].T)
