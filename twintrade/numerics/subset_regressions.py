"""One coefficient under every subset of control variables, from cross-products made once."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Grams:
    """Cross-products of treatment, controls and outcome, all net of fixed effects.

    Attributes
    ----------
    total : FloatArray, shape (k + 2, k + 2)
        Treatment first, controls, outcome last.
    by_cluster : FloatArray, shape (n_clusters, k + 2, k + 2)
    """

    total: FloatArray
    by_cluster: FloatArray


def grams(columns: FloatArray, codes: IntArray, weights: FloatArray | None = None) -> Grams:
    """Sum cross-products within clusters.

    Parameters
    ----------
    columns : FloatArray, shape (n_rows, k + 2)
        Net of the effects: treatment, controls, outcome.
    codes : IntArray, shape (n_rows,)
    weights : FloatArray, optional, shape (n_rows,)
    """
    order = np.argsort(codes, kind="stable")
    sorted_columns = columns[order]
    weighted = sorted_columns if weights is None else sorted_columns * weights[order][:, None]
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    k = columns.shape[1]
    out = np.empty((starts.size, k, k))
    for j in range(k):
        out[:, j] = np.add.reduceat(weighted[:, [j]] * sorted_columns, starts, axis=0)
    return Grams(out.sum(axis=0), out)


def coefficient(held: Grams, controls: Iterable[int]) -> tuple[float, float]:
    """Return the treatment's coefficient and its clustered standard error, without small-sample factor.

    Parameters
    ----------
    held : Grams
    controls : iterable of int
        Which of the controls enter, from 0.
    """
    used = np.array([0, *(1 + c for c in controls)])
    last = held.total.shape[0] - 1
    inner = held.total[np.ix_(used, used)]
    beta = np.linalg.solve(inner, held.total[used, last])
    direction = np.zeros(last + 1)
    direction[used] = np.linalg.solve(inner, np.eye(used.size)[0])
    residual = np.zeros(last + 1)
    residual[used], residual[last] = -beta, 1.0
    scores = np.einsum("gij,i,j->g", held.by_cluster, direction, residual, optimize=True)
    return float(beta[0]), float(np.sqrt(scores @ scores))
