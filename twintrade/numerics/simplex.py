"""Least squares over the simplex: non-negative weights that sum to one."""

import numpy as np
from scipy.optimize import nnls

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray

RELATIVE_ZERO = 1e-12
"""Weights below this share of the largest are rounding of the solver."""


def simplex_weights(columns: FloatArray, target: FloatArray, ridge: float = 0.0) -> FloatArray:
    """Minimize ``|columns @ w - target|^2 + ridge * |w|^2`` over w >= 0 with sum one.

    On the simplex ``columns @ w - target`` equals ``D @ w`` with D the columns less the target. Non-negative least
    squares of ``[D; 1']`` on ``[0; 1]`` has the same direction: along any ray w = s v its value at the best s grows
    with ``|D v|`` alone, so normalizing its solution is exact and no penalty has to be large. The ridge is further
    rows of D (the sum row alone keeps the target).

    Parameters
    ----------
    columns : FloatArray, shape (n_rows, n_weights)
    target : FloatArray, shape (n_rows,)
    ridge : float

    Returns
    -------
    FloatArray, shape (n_weights,)

    Raises
    ------
    EstimationError
        There is nothing to weigh, a value is not finite, or the solver does not converge.
    """
    n_weights = columns.shape[1]
    if n_weights == 0:
        raise EstimationError("there is no donor to weigh")
    if not (np.isfinite(columns).all() and np.isfinite(target).all()):
        raise EstimationError("weights need finite outcomes before the onset; look for zeros under logs")
    if n_weights == 1:
        return np.ones(1)
    distances = columns - target[:, None]
    if ridge > 0:
        distances = np.vstack([distances, np.sqrt(ridge) * np.eye(n_weights)])
    scale = float(np.sqrt((distances**2).sum(axis=0)).min())
    if scale == 0:
        return _exact(distances)
    stacked = np.vstack([distances / scale, np.ones((1, n_weights))])
    try:
        solution = nnls(stacked, np.append(np.zeros(distances.shape[0]), 1.0), maxiter=50 * n_weights + 1000)[0]
    except RuntimeError as error:
        raise EstimationError(f"simplex weights over {n_weights} donors did not converge: {error}") from None
    solution[solution < RELATIVE_ZERO * solution.max()] = 0.0
    return np.asarray(solution / solution.sum(), dtype=np.float64)


def _exact(distances: FloatArray) -> FloatArray:
    """Return all weight on the first column that equals the target."""
    weights = np.zeros(distances.shape[1])
    weights[int(np.argmin((distances**2).sum(axis=0)))] = 1.0
    return weights
