"""A break at an unknown date: p-value of the largest F, and which dates the series cannot tell apart."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray, IntArray

# Long-run covariance of a sum over time: Bartlett weights, with or without prewhitening.

Distance = TypeVar("Distance", float, FloatArray)


def choose_lags(n_periods: int) -> int:
    """Return floor(4 (T/100)^(2/9))."""
    return int(np.floor(4 * (n_periods / 100) ** (2 / 9)))


def compute_long_run_covariance(scores: FloatArray, lags: int, *, is_prewhitened: bool = False) -> FloatArray:
    """Return the covariance of sums of scores (n_periods, n_effects), perhaps prewhitened by one lag."""
    if not is_prewhitened:
        return sum_bartlett(scores, lags)
    # In the row space of the scores, of shape (rank, n_effects).
    _, values, right = np.linalg.svd(scores, full_matrices=False)
    rank = int((values > 1e-10 * values[0]).sum()) if values.size and values[0] > 0 else 0
    keep = right[:rank]
    scores = scores @ keep.T
    slope = np.linalg.lstsq(scores[:-1], scores[1:], rcond=None)[0].T
    left, values, right = np.linalg.svd(slope)
    slope = left @ np.diag(np.minimum(values, 0.97)) @ right
    inner = sum_bartlett(scores[1:] - scores[:-1] @ slope.T, lags) * scores.shape[0] / (scores.shape[0] - 1)
    recolor = np.linalg.inv(np.eye(slope.shape[0]) - slope)
    return np.asarray(keep.T @ (recolor @ inner @ recolor.T) @ keep)


def weigh_bartlett(distance: Distance, cutoff: float) -> Distance:
    """Return weights that fall in a line from one at no distance to zero at the cutoff, for distances up to it."""
    return 1 - distance / cutoff


def sum_bartlett(scores: FloatArray, lags: int) -> FloatArray:
    """Return the Bartlett sum of outer products of scores (..., n_periods, n_effects), series without cross terms."""
    n_effects = scores.shape[-1]
    total = np.zeros((n_effects, n_effects))
    for lag in range(min(lags, scores.shape[-2] - 1) + 1):
        late = scores[..., lag:, :].reshape(-1, n_effects)
        early = scores[..., : scores.shape[-2] - lag, :].reshape(-1, n_effects)
        cross = weigh_bartlett(lag, lags + 1) * (late.T @ early)
        total += cross if lag == 0 else cross + cross.T
    return total


# Segmented regression of one series: level and trend before, and their change at a date.


@dataclass(frozen=True, slots=True, eq=False)
class SegmentedFit:
    """Least squares of a series on level, trend, season and their change."""

    # (n_periods, n_slopes): constant, trend, level change, slope change (where fitted), seasonal dummies
    design: FloatArray
    coefficients: FloatArray  # (n_slopes,)
    residuals: FloatArray  # (n_periods,)
    bread: FloatArray  # (n_slopes, n_slopes)


def build_segmented_design(
    periods: IntArray, onset: int, *, slope_change: bool = True, seasons: int = 1
) -> FloatArray:
    """Return regressors of a level and slope change; time counts from the onset, so the level change is the jump."""
    time = (periods - onset).astype(np.float64)
    after = (time >= 0).astype(np.float64)
    columns = [np.ones_like(time), time, after, *([after * time] if slope_change else [])]
    columns += [(periods % seasons == s).astype(np.float64) for s in range(1, seasons)]
    return np.column_stack(columns)


def fit_segmented(y: FloatArray, design: FloatArray) -> SegmentedFit:
    """Return least squares; periods must outnumber regressors."""
    if design.shape[0] <= design.shape[1]:
        raise EstimationError(f"{design.shape[0]} periods cannot determine {design.shape[1]} coefficients")
    gram = design.T @ design
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise EstimationError("level, trend, season and their changes are collinear: too few periods on one side")
    bread = np.asarray(np.linalg.inv(gram), dtype=np.float64)
    coefficients = np.asarray(np.linalg.lstsq(design, y, rcond=None)[0], dtype=np.float64)
    return SegmentedFit(design, coefficients, y - design @ coefficients, bread)


def compute_break_statistics(
    y: FloatArray, periods: IntArray, trim: float, seasons: int = 1
) -> tuple[FloatArray, IntArray]:
    """Return F of a level and slope change, (n_series, n_dates), and the dates, ``trim`` of periods from each end."""
    n = periods.size
    edge = max(int(np.ceil(trim * n)), 3)
    dates = periods[edge : n - edge + 1]
    base = _squared_residuals(y, build_smooth_design(periods, seasons))
    statistics = np.empty((y.shape[0], dates.size))
    for k, date in enumerate(dates):
        design = build_segmented_design(periods, int(date), seasons=seasons)
        if np.linalg.matrix_rank(design) < design.shape[1] or n <= design.shape[1]:
            raise EstimationError(f"{n} periods are too few to look for a break with {design.shape[1]} coefficients")
        left = _squared_residuals(y, design)
        gain = (base - left) / 2
        statistics[:, k] = np.where(left > 0, gain / np.where(left > 0, left, 1.0) * (n - design.shape[1]), np.inf)
    return statistics, dates


def build_smooth_design(periods: IntArray, seasons: int = 1) -> FloatArray:
    """Return constant, trend and season without any change."""
    # A level change at the first period is the constant itself.
    return np.delete(build_segmented_design(periods, int(periods[0]), slope_change=False, seasons=seasons), 2, axis=1)


def _squared_residuals(y: FloatArray, design: FloatArray) -> FloatArray:
    """Return the sum of squared residuals of each series, shape (n_series,)."""
    return np.asarray((_take_off(y, np.linalg.qr(design)[0]) ** 2).sum(axis=1))


# Conformal p-values for one series: how unusual the treated stretch is among all stretches of its length.

PRECISION = 1e-4  # of an end of an interval, relative to its distance from the middle


def compute_moving_block_p(residuals: FloatArray, n_after: int, order: float = 1.0) -> float:
    """Return the p-value over cyclic shifts, tested periods last, by norm ``order`` (their equation 4)."""
    doubled = np.concatenate([residuals, residuals])
    n = residuals.size
    powers = np.abs(doubled) ** order
    sums = np.array([powers[s : s + n_after].sum() for s in range(n)])
    observed = sums[n - n_after]
    return float((sums >= observed * (1 - 1e-9)).sum() / n)


def invert_p_values(p_of: Callable[[float], float], center: float, step: float, alpha: float) -> tuple[float, float]:
    """Return the interval of values whose p-value exceeds ``alpha``; infinite unless some are rejected, or NaN."""
    if not step > 0:
        return (np.nan, np.nan)
    offsets = np.arange(33) / 4 * step
    near = (center + sign * offset for offset in offsets for sign in (-1.0, 1.0))
    accepted = next((value for value in near if p_of(value) > alpha), None)
    if accepted is None:
        return (np.nan, np.nan)
    center = float(accepted)
    ends = []
    for sign in (-1.0, 1.0):
        inside, outside = 0.0, 1.0
        while p_of(center + sign * step * outside) > alpha:
            inside, outside = outside, 2 * outside
            if outside > 2**12:
                break
        if outside > 2**12:
            ends.append(sign * np.inf)
            continue
        while outside - inside > PRECISION * max(1.0, inside):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if p_of(center + sign * step * middle) > alpha else (inside, middle)
        ends.append(center + sign * step * outside)
    return (ends[0], ends[1])


@dataclass(frozen=True, slots=True, eq=False)
class Break:
    """The break that fits best."""

    date: int  # first period after it
    statistic: float  # statistic, p: Largest F and its bootstrap p-value under no break
    p: float
    low: int  # low, high: Interval of the date
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
    """Search the date of a level and slope change (Andrews 1993; interval as in Bai 1997, by bootstrap)."""
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
    """Return how often the search finds a ``shift`` of the level from ``date`` on in series like this one."""
    residuals = fit_segmented(y, build_smooth_design(periods, seasons)).residuals
    series = y - residuals + shift * (periods >= date) + draw_ar_errors(residuals, rng, n_series)
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
    """Draw first-order autoregressive errors like the residuals, corrected for bias, (draws, n_periods)."""
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


# p-values of linear estimates of one series, from draws of autoregressive errors fitted under the null.

GRID = np.linspace(-0.5, 0.98, 60)
N_SERIES = 400


@dataclass(frozen=True, slots=True, eq=False)
class RestrictedSeries:
    """A regression of one series, and its errors' median-unbiased autocorrelation without effect (Andrews 1993)."""

    # basis, null: (n_periods, n_columns): orthonormal bases of the regressors, and of those that stay under the null
    basis: FloatArray
    null: FloatArray
    medians: FloatArray  # (n_grid,): median autocorrelation of the null's residuals under each coefficient of `GRID`
    lags: int  # of the Bartlett errors

    @classmethod
    def of(cls, columns: FloatArray, kept: FloatArray, lags: int, rng: np.random.Generator) -> "RestrictedSeries":
        """Tabulate medians for regressors, and for those of them that stay under the null."""
        basis, null = np.linalg.qr(columns)[0], np.linalg.qr(kept)[0]
        steps = rng.normal(size=(columns.shape[0], N_SERIES))
        medians = [_correlate(_take_off(_accumulate(rho, steps).T, null)) for rho in GRID]
        return cls(basis, null, np.maximum.accumulate(np.median(medians, axis=1)), lags)

    def draw_t(self, y: FloatArray, loadings: FloatArray, rng: np.random.Generator, draws: int) -> FloatArray:
        """Return |t| of ``y @ loadings`` in the series, first, and in draws without effect, far from Student's t."""
        left = _take_off(y[None], self.null)
        rho = float(np.interp(_correlate(left)[0], self.medians, GRID))
        series = np.vstack([y, draw_ar_errors(left[0], rng, draws, rho)])
        return np.asarray(np.abs(series @ loadings) / self._compute_errors(_take_off(series, self.basis), loadings))

    def _compute_errors(self, residuals: FloatArray, loadings: FloatArray) -> FloatArray:
        """Return Bartlett errors, shape (n_series, n_effects), but for a factor that all series share."""
        n = residuals.shape[1]
        total = np.zeros((residuals.shape[0], loadings.shape[1]))
        for lag in range(min(self.lags, n - 1) + 1):
            products = (residuals[:, lag:] * residuals[:, : n - lag]) @ (loadings[lag:] * loadings[: n - lag])
            total += (1 if lag == 0 else 2) * weigh_bartlett(lag, self.lags + 1) * products
        return np.sqrt(total)


def _take_off(series: FloatArray, basis: FloatArray) -> FloatArray:
    """Return the residuals of series, shape (n_series, n_periods), on an orthonormal basis."""
    return np.asarray(series - (series @ basis) @ basis.T)


def _correlate(residuals: FloatArray) -> FloatArray:
    """Return the first autocorrelation of each series; zero where nothing is left."""
    total = (residuals[:, :-1] ** 2).sum(axis=1)
    products = (residuals[:, 1:] * residuals[:, :-1]).sum(axis=1)
    return np.asarray(np.divide(products, total, out=np.zeros_like(total), where=total > 0))


def _accumulate(rho: float, steps: FloatArray) -> FloatArray:
    """Return stationary autoregressions of normal steps, shape (n_periods, n_series)."""
    out = np.empty_like(steps)
    out[0] = steps[0] / np.sqrt(1 - rho**2)
    for t in range(1, steps.shape[0]):
        out[t] = rho * out[t - 1] + steps[t]
    return out
