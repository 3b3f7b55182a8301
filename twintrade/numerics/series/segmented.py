"""Segmented regression of one series: level and trend before, and their change at a date."""

from dataclasses import dataclass

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class SegmentedFit:
    """Least squares of a series on level, trend, season and their change."""

    # (n_periods, n_slopes): constant, trend, level change, slope change (where fitted), seasonal dummies
    design: FloatArray
    coefficients: FloatArray  # (n_slopes,)
    residuals: FloatArray  # (n_periods,)
    bread: FloatArray  # (n_slopes, n_slopes)


def build_segmented_design(
    periods: IntArray, onset: int, *, slope_change: bool = True, seasons: int = 1, trend: bool = True
) -> FloatArray:
    """Return the regressors of a level and slope change at ``onset``.

    Time counts from the onset, so the level change is the jump in the first treated period.
    """
    time = (periods - onset).astype(np.float64)
    after = (time >= 0).astype(np.float64)
    columns = [np.ones_like(time), *([time] if trend else []), after, *([after * time] if slope_change else [])]
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
    """Return the F statistic of a level and slope change at every date inside the trimmed range (Andrews 1993).

    ``y`` (n_series, n_periods); ``periods`` (n_periods,); ``trim``: share of periods that must lie on either side.
    Returns (n_series, n_dates): statistics and the first period after each break.
    """
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
    basis = np.linalg.qr(design)[0]
    residuals = y - (y @ basis) @ basis.T
    return np.asarray((residuals**2).sum(axis=1))
