"""Least squares over the simplex: non-negative weights that sum to one."""

import numpy as np
import scipy

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray

RELATIVE_ZERO = 1e-12
"""Weights below this share of the largest are rounding of the solver."""
LARGE_RIDGE = 1e-5
"""Against the mean squared distance: below it the dual would lose digits."""
MOST_ROUNDS = 50


def fit_simplex_weights(columns: FloatArray, target: FloatArray, ridge: float = 0.0) -> FloatArray:
    """Minimize ``|columns @ w - target|^2 + ridge * |w|^2`` over w >= 0 with sum one.

    On the simplex ``columns @ w - target`` equals ``D @ w`` with D the columns less the target. Non-negative least
    squares of ``[D; 1']`` on ``[0; 1]`` has the same direction: along any ray w = s v its value at the best s grows
    with ``|D v|`` alone, so normalizing its solution is exact and no penalty has to be large. The ridge is further
    rows of D (the sum row alone keeps the target).

    With more weights than rows and a ridge that is not tiny the dual with one unknown a row is far smaller, and is
    solved first.

    ``columns`` (n_rows, n_weights); ``target`` (n_rows,). Returns (n_weights,).
    """
    n_weights = columns.shape[1]
    if n_weights == 0:
        raise EstimationError("there is no donor to weigh")
    if not (np.isfinite(columns).all() and np.isfinite(target).all()):
        raise EstimationError("weights need finite outcomes before the onset; look for zeros under logs")
    if n_weights == 1:
        return np.ones(1)
    distances = columns - target[:, None]
    if n_weights > target.size and ridge >= LARGE_RIDGE * float((distances**2).sum(axis=0).mean()) > 0:
        by_dual = _by_dual(distances, ridge)
        if by_dual is not None:
            return by_dual
    if ridge > 0:
        distances = np.vstack([distances, np.sqrt(ridge) * np.eye(n_weights)])
    scale = float(np.sqrt((distances**2).sum(axis=0)).min())
    if scale == 0:
        return _exact(distances)
    stacked = np.vstack([distances / scale, np.ones((1, n_weights))])
    try:
        solution = scipy.optimize.nnls(
            stacked, np.append(np.zeros(distances.shape[0]), 1.0), maxiter=50 * n_weights + 1000
        )[0]
    except RuntimeError as error:
        raise EstimationError(f"simplex weights over {n_weights} donors did not converge: {error}") from None
    solution[solution < RELATIVE_ZERO * solution.max()] = 0.0
    return np.asarray(solution / solution.sum(), dtype=np.float64)


def _by_dual(distances: FloatArray, ridge: float) -> FloatArray | None:
    """Return the minimizer of ``|D w|^2 + ridge |w|^2`` on the simplex, None where the iteration circles.

    Up to scale the weights are ``v = max(1 - D'x, 0) / ridge`` with ``x = D v``. With the positive ones known x
    solves ``(ridge I + D_P D_P') x = D_P 1``, a system as large as there are rows; x says which are positive
    (principal pivoting in blocks). It ends at the optimum after a few rounds.
    """
    n_rows, n_weights = distances.shape
    positive = np.ones(n_weights, dtype=bool)
    for _ in range(MOST_ROUNDS):
        chosen = distances[:, positive]
        x = np.linalg.solve(chosen @ chosen.T + ridge * np.eye(n_rows), chosen.sum(axis=1))
        slack = 1.0 - x @ distances
        now = slack > 0
        if not now.any():
            return None
        if (now == positive).all():
            weights = np.where(now, slack, 0.0)
            return np.asarray(weights / weights.sum(), dtype=np.float64)
        positive = now
    return None


def _exact(distances: FloatArray) -> FloatArray:
    """Return all weight on the first column that equals the target."""
    weights = np.zeros(distances.shape[1])
    weights[int(np.argmin((distances**2).sum(axis=0)))] = 1.0
    return weights
