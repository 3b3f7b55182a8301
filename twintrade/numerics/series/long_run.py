"""Long-run covariance of a sum over time: Bartlett weights, with or without prewhitening."""

from typing import TypeVar

import numpy as np

from twintrade.numerics.arrays import FloatArray

Distance = TypeVar("Distance", float, FloatArray)


def choose_lags(n_periods: int) -> int:
    """Return floor(4 (T/100)^(2/9))."""
    return int(np.floor(4 * (n_periods / 100) ** (2 / 9)))


def compute_long_run_covariance(scores: FloatArray, lags: int, *, is_prewhitened: bool = False) -> FloatArray:
    """Return the covariance of the column sums of serially correlated rows.

    ``scores`` (n_periods, n_effects): in the order of time; scaled so that their sum is the error of the estimate;
    ``lags``: bartlett weights 1 - l / (lags + 1); ``is_prewhitened``: fit ``s_t = A s_{t-1} + u_t`` with the roots of
    A held below 0.97, and recolor the covariance of u.
    """
    if not is_prewhitened:
        return sum_bartlett(scores, lags)
    keep, scores = _basis(scores)
    slope = np.linalg.lstsq(scores[:-1], scores[1:], rcond=None)[0].T
    left, values, right = np.linalg.svd(slope)
    slope = left @ np.diag(np.minimum(values, 0.97)) @ right
    inner = sum_bartlett(scores[1:] - scores[:-1] @ slope.T, lags) * scores.shape[0] / (scores.shape[0] - 1)
    recolor = np.linalg.inv(np.eye(slope.shape[0]) - slope)
    return np.asarray(keep.T @ (recolor @ inner @ recolor.T) @ keep)


def _basis(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the row space of the scores, shape (rank, n_effects), and the scores in it."""
    _, values, right = np.linalg.svd(scores, full_matrices=False)
    rank = int((values > 1e-10 * values[0]).sum()) if values.size and values[0] > 0 else 0
    keep = right[:rank]
    return keep, scores @ keep.T


def weigh_bartlett(distance: Distance, cutoff: float) -> Distance:
    """Return weights that fall in a line from one at no distance to zero at the cutoff, for distances up to it."""
    return 1 - distance / cutoff


def sum_bartlett(scores: FloatArray, lags: int) -> FloatArray:
    """Return the Bartlett long-run sum of outer products, shape (n_effects, n_effects).

    ``scores`` (..., n_periods, n_effects): in the order of time; series of an earlier axis are summed and have no
    products with one another.
    """
    n_effects = scores.shape[-1]
    total = np.zeros((n_effects, n_effects))
    for lag in range(min(lags, scores.shape[-2] - 1) + 1):
        late = scores[..., lag:, :].reshape(-1, n_effects)
        early = scores[..., : scores.shape[-2] - lag, :].reshape(-1, n_effects)
        cross = weigh_bartlett(lag, lags + 1) * (late.T @ early)
        total += cross if lag == 0 else cross + cross.T
    return total
