"""Weights of several synthetic controls that balance each case and their average at once."""

import numpy as np
import scipy

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray

SUM_ROW = 1e4
"""Weight of the rows that make each case's weights sum to one, in units of the data's root mean square."""


def fit_partially_pooled_weights(
    treated: list[FloatArray], donors: list[FloatArray], pooling: float, ridge: float = 0.0
) -> list[FloatArray]:
    """Minimize ``pooling * |mean imbalance|^2 + (1 - pooling) * mean |imbalance|^2`` (Ben-Michael et al. 2022).

    Imbalances of different cases are aligned by event time, the last period before the onset first; where a case has
    fewer periods before it, the average is over the cases that have one.

    ``treated`` (n_before_k,): outcomes before the onset in the order of event time -1, -2, ; ``donors`` (n_donors_k,
    n_before_k); ``pooling``: 0 fits each case alone, 1 only the average; ``ridge``: penalty on squared weights.
    Returns (n_donors_k,).
    """
    if not 0 <= pooling <= 1:
        raise EstimationError(f"pooling lies between 0 and 1, not {pooling}")
    sizes = [d.shape[0] for d in donors]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    blocks, targets = _separate_rows(treated, donors, starts, pooling)
    mean_rows, mean_target = _average_rows(treated, donors, starts, pooling)
    data = np.vstack([*blocks, mean_rows])
    goal = np.concatenate([*targets, mean_target])
    scale = float(np.sqrt(np.mean(data**2))) or 1.0
    sums = np.zeros((len(sizes), starts[-1]))
    for k in range(len(sizes)):
        sums[k, starts[k] : starts[k + 1]] = SUM_ROW * scale
    data, goal = np.vstack([data, sums]), np.concatenate([goal, np.full(len(sizes), SUM_ROW * scale)])
    if pooling == 1:
        # Only the average is balanced: a little ridge picks one of many solutions.
        ridge = max(ridge, 1e-8 * scale**2)
    if ridge > 0:
        data = np.vstack([data, np.sqrt(ridge) * np.eye(starts[-1])])
        goal = np.concatenate([goal, np.zeros(starts[-1])])
    try:
        solution = scipy.optimize.nnls(data, goal, maxiter=50 * int(starts[-1]) + 1000)[0]
    except RuntimeError as error:
        raise EstimationError(f"partially pooled weights did not converge: {error}") from None
    parts = [solution[starts[k] : starts[k + 1]] for k in range(len(sizes))]
    return [w / w.sum() for w in parts]


def _separate_rows(
    treated: list[FloatArray], donors: list[FloatArray], starts: FloatArray, pooling: float
) -> tuple[list[FloatArray], list[FloatArray]]:
    blocks, targets = [], []
    for k, (target, others) in enumerate(zip(treated, donors, strict=True)):
        root = np.sqrt((1 - pooling) / (len(treated) * target.size))
        rows = np.zeros((target.size, int(starts[-1])))
        rows[:, starts[k] : starts[k + 1]] = root * others.T
        blocks.append(rows)
        targets.append(root * target)
    return blocks, targets


def _average_rows(
    treated: list[FloatArray], donors: list[FloatArray], starts: FloatArray, pooling: float
) -> tuple[FloatArray, FloatArray]:
    longest = max(outcomes.size for outcomes in treated)
    rows, target = np.zeros((longest, int(starts[-1]))), np.zeros(longest)
    counts = np.array([sum(outcomes.size > lag for outcomes in treated) for lag in range(longest)], dtype=np.float64)
    root = np.sqrt(pooling / longest) / counts
    for k, (outcomes, others) in enumerate(zip(treated, donors, strict=True)):
        rows[: outcomes.size, starts[k] : starts[k + 1]] = root[: outcomes.size, None] * others.T
        target[: outcomes.size] += root[: outcomes.size] * outcomes
    return rows, target


def compute_imbalances(
    treated: list[FloatArray], donors: list[FloatArray], weights: list[FloatArray]
) -> tuple[float, float]:
    """Return the root mean square of the average imbalance and of the separate ones."""
    gaps = [target - w @ others for target, others, w in zip(treated, donors, weights, strict=True)]
    longest = max(g.size for g in gaps)
    average = [np.mean([g[lag] for g in gaps if g.size > lag]) for lag in range(longest)]
    separate = np.mean([np.mean(g**2) for g in gaps])
    return float(np.sqrt(np.mean(np.square(average)))), float(np.sqrt(separate))
