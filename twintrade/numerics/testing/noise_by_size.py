"""How noisy each of several cases is, by its size and its own past, before gaps are ranked among them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy

from twintrade.numerics.arrays import BoolArray, FloatArray

DEGREE = 3
FEWEST_TO_FIT = 12
FEWEST_BEFORE = 3
OUTER = 0.97
"""Normal score in the middle of the smallest, and of the largest, third."""


@dataclass(frozen=True, slots=True, eq=False)
class GapNoise:
    """Errors by which gaps are divided."""

    scales: FloatArray  # (n_cases,): up to a common factor; ones where no case's past tells anything
    # How many times as noisy small cases are as large ones, NaN where too few are known
    small_over_large: float = float("nan")
    p: float = float("nan")  # of no dependence on size


def compute_gap_noise(squares: FloatArray, counts: FloatArray, sizes: FloatArray) -> GapNoise:
    """Return each case's scale: what cases of its size have, times the root of how much more or less it had itself.

    ``squares``, ``counts`` (n_cases,): mean square before the onset, and over how many periods; fewer than three tell
    nothing of a case; ``sizes`` (n_cases,): before the onset; only their order counts.
    """
    is_known = (counts >= FEWEST_BEFORE) & (squares > 1e-12 * np.nanmax(squares, initial=0.0)) & np.isfinite(sizes)
    if not is_known.any():
        return GapNoise(np.ones(squares.size))
    score = score_sizes(np.where(np.isfinite(sizes), sizes, np.nanmedian(sizes)))
    logs = np.where(is_known, np.log(np.where(is_known, squares, 1.0)), 0.0)
    fitted = fit_by_size(score, logs, is_known)
    scales = np.exp((fitted + np.where(is_known, (logs - fitted) / 2, 0.0)) / 2)
    return GapNoise(scales, *measure_dependence(score, logs, is_known))


def compute_two_way_squares(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each row's mean square around row and column means, freed of the row's own mean, and its periods.

    ``values`` (n_cases, n_periods): naN where nothing is observed.
    """
    seen = np.isfinite(values)
    net = values - _average(values, seen, 1)[:, None]
    net = net - _average(net, seen, 0)[None, :]
    counts = seen.sum(axis=1).astype(np.float64)
    squares = np.where(seen, net, 0.0) ** 2
    return squares.sum(axis=1) / np.maximum(counts - 1, 1), counts


def _average(values: FloatArray, seen: BoolArray, axis: int) -> FloatArray:
    total = np.where(seen, values, 0.0).sum(axis=axis)
    return np.asarray(total / np.maximum(seen.sum(axis=axis), 1), dtype=np.float64)


def score_sizes(sizes: FloatArray) -> FloatArray:
    """Return normal scores of the sizes' ranks, ties sharing theirs: zeros and extremes are no trouble then."""
    values, code, counts = np.unique(sizes, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2 if values.size else counts
    return np.asarray(scipy.special.ndtri((middle - 0.5) / sizes.size)[code])


def fit_by_size(score: FloatArray, logs: FloatArray, is_known: BoolArray) -> FloatArray:
    """Regress log variances on a cubic in the size's score; one level for all where few are known."""
    n = int(is_known.sum())
    if n < FEWEST_TO_FIT:
        return np.full(logs.size, float(logs[is_known].mean()) if n else 0.0)
    basis, inverse = _invert_basis(score.tobytes(), is_known.tobytes())
    return np.asarray(basis @ (inverse @ logs[is_known]))


@lru_cache(maxsize=64)
def _invert_basis(score: bytes, is_known: bytes) -> tuple[FloatArray, FloatArray]:
    """Return the cubic of all cases, and the pseudo-inverse of those known, for many variances of the same cases."""
    basis = np.vander(np.frombuffer(score), DEGREE + 1)
    some = basis[np.frombuffer(is_known, dtype=np.bool_)]
    return basis, np.asarray(np.linalg.pinv(some, rcond=np.finfo(np.float64).eps * max(some.shape)), dtype=np.float64)


def measure_dependence(score: FloatArray, logs: FloatArray, is_known: BoolArray) -> tuple[float, float]:
    """Return how many times as noisy small cases are as large ones, and p of no dependence; NaN if few are known."""
    if is_known.sum() < FEWEST_TO_FIT or np.ptp(score[is_known]) == 0 or np.ptp(logs[is_known]) == 0:
        return float("nan"), float("nan")
    x, y = score[is_known] - score[is_known].mean(), logs[is_known] - logs[is_known].mean()
    slope, degrees = float(x @ y / (x @ x)), x.size - 2
    residual = y - slope * x
    with np.errstate(divide="ignore"):
        t = slope * np.sqrt(degrees * (x @ x) / (residual @ residual))
    return float(np.exp(-slope * OUTER)), float(2 * scipy.special.stdtr(degrees, -abs(t)))
