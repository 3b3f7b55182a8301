"""Normal equations of which some columns may depend on those before them."""

import numpy as np
import scipy

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray, IntArray

DEPENDENT = 1e-10
CLEAR = 1e-6


def solve_normal_equations(gram: FloatArray, right: FloatArray, norms: FloatArray) -> tuple[IntArray, FloatArray]:
    """Solve normal equations, leaving out each column that the ones before it explain.

    ``gram`` (k, k); ``right`` (k, m); ``norms`` (k,): squared norms of the columns before projection. Returns
    ``kept`` (n_kept,); ``coefficients`` (n_kept, m).
    """
    clear = _solved_at_once(gram, right, norms)
    if clear is not None:
        return np.arange(gram.shape[0]), clear
    kept: list[int] = []
    for j in range(gram.shape[0]):
        left = gram[j, j]
        if kept:
            inner = gram[np.ix_(kept, kept)]
            left = left - gram[j, kept] @ np.linalg.solve(inner, gram[kept, j])
        if left > DEPENDENT * norms[j]:
            kept.append(j)
    if not kept:
        raise EstimationError("the treatment is not identified: the fixed effects absorb it")
    index = np.array(kept, dtype=np.int64)
    return index, np.asarray(np.linalg.solve(gram[np.ix_(index, index)], right[index]), dtype=np.float64)


def _solved_at_once(gram: FloatArray, right: FloatArray, norms: FloatArray) -> FloatArray | None:
    """Solve where every pivot of the scaled Gram matrix is far from zero, so that no column needs a closer look."""
    if gram.shape[0] == 0 or not (norms > 0).all():
        return None
    scale = 1 / np.sqrt(norms)
    factor, info = scipy.linalg.lapack.dpotrf(gram * scale[:, None] * scale)
    if info != 0 or float(factor.diagonal().min()) ** 2 <= CLEAR:
        return None
    return np.asarray(
        scipy.linalg.lapack.dpotrs(factor, right * scale[:, None])[0] * scale[:, None], dtype=np.float64
    )
