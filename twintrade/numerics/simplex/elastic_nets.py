"""Elastic-net weights, solved exactly as non-negative least squares, and their penalty by blocks of periods."""

from dataclasses import dataclass

import numpy as np
import scipy

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray

N_PENALTIES = 8
SMALLEST_PENALTY = 1e-3
"""Smallest penalty tried, as a share of the one that empties the weights."""


@dataclass(frozen=True, slots=True, eq=False)
class NetFit:
    """Weights and intercept under one penalty."""

    weights: FloatArray  # (n_weights,)
    intercept: float
    penalty: float
    mix: float


def fit_elastic_net(columns: FloatArray, target: FloatArray, penalty: float, mix: float) -> NetFit:
    """Minimize ``|y - m - X w|^2 / 2n + penalty (mix |w|_1 + (1 - mix) |w|^2 / 2)``.

    Positive and negative parts of w are separate non-negative unknowns; the ridge rows' target carries the linear
    term by completing the square, so the problem is one NNLS. It needs a ridge part, hence ``mix < 1``.

    ``columns`` (n_rows, n_weights); ``target`` (n_rows,); ``penalty``: positive; ``mix``: share of the absolute
    penalty, in [0, 1).
    """
    if not (penalty > 0 and 0 <= mix < 1):
        raise EstimationError(f"an elastic net needs penalty > 0 and mix in [0, 1), not {penalty} and {mix}")
    n_rows, n_weights = columns.shape
    middle = columns.mean(axis=0)
    x, y = columns - middle, target - target.mean()
    # In units of the ridge, so that the second block has the scale of the first.
    ridge, absolute = n_rows * penalty * (1 - mix), n_rows * penalty * mix
    stacked = np.vstack([np.hstack([x, -x]), np.sqrt(ridge) * np.eye(2 * n_weights)])
    aimed = np.concatenate([y, np.full(2 * n_weights, -absolute / np.sqrt(ridge))])
    try:
        parts = scipy.optimize.nnls(stacked, aimed, maxiter=100 * n_weights + 1000)[0]
    except RuntimeError as error:
        raise EstimationError(f"elastic-net weights over {n_weights} donors did not converge: {error}") from None
    weights = parts[:n_weights] - parts[n_weights:]
    return NetFit(weights, float(target.mean() - weights @ middle), penalty, mix)


def compute_emptying_penalty(columns: FloatArray, target: FloatArray, mix: float) -> float:
    """Return the smallest penalty under which every weight is zero."""
    x, y = columns - columns.mean(axis=0), target - target.mean()
    return float(np.abs(x.T @ y).max() / (columns.shape[0] * max(mix, 0.05)))


def choose_net(columns: FloatArray, target: FloatArray, mixes: tuple[float, ...], n_blocks: int) -> NetFit:
    """Choose penalty and mix by leaving out consecutive blocks of rows, and refit on all of them."""
    blocks = np.array_split(np.arange(target.size), min(n_blocks, target.size))
    best, least = None, np.inf
    for mix in mixes:
        top = compute_emptying_penalty(columns, target, mix)
        if top == 0:
            raise EstimationError("the treated unit or its donors do not vary before the onset: nothing to fit")
        for penalty in top * SMALLEST_PENALTY ** (np.arange(N_PENALTIES) / (N_PENALTIES - 1)):
            error = sum(_left_out(columns, target, float(penalty), mix, block) for block in blocks)
            if error < least:
                best, least = (float(penalty), mix), error
    if best is None:
        raise EstimationError("no penalty could be evaluated; give penalty and mix")
    return fit_elastic_net(columns, target, *best)


def _left_out(columns: FloatArray, target: FloatArray, penalty: float, mix: float, block: np.ndarray) -> float:
    rest = np.setdiff1d(np.arange(target.size), block)
    net = fit_elastic_net(columns[rest], target[rest], penalty, mix)
    return float(((target[block] - net.intercept - columns[block] @ net.weights) ** 2).sum())
