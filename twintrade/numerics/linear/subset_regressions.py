"""One coefficient under every subset of control variables, from cross-products made once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.numerics.arrays import FloatArray, IntArray, intersect_codes, list_signed_subsets


@dataclass(frozen=True, slots=True, eq=False)
class Grams:
    """Cross-products of treatment, controls and outcome, all net of fixed effects."""

    total: FloatArray  # (k + 2, k + 2): treatment first, controls, outcome last
    # (n_clusters, k + 2, k + 2): by cluster of each dimension, and of each intersection of dimensions with the sign
    # it enters with
    by_cluster: tuple[tuple[float, FloatArray], ...]
    sizes: tuple[int, ...]  # clusters by dimension


def compute_grams(columns: FloatArray, clusters: Sequence[IntArray], weights: FloatArray | None = None) -> Grams:
    """Sum cross-products within clusters.

    ``columns`` (n_rows, k + 2): net of the effects: treatment, controls, outcome; ``clusters`` (n_rows,): codes
    without gaps, by dimension; ``weights`` (n_rows,).
    """
    terms = [
        (float(sign), _within(columns, intersect_codes(chosen), weights))
        for sign, chosen in list_signed_subsets(clusters)
    ]
    return Grams(terms[0][1].sum(axis=0), tuple(terms), tuple(int(c.max()) + 1 for c in clusters))


def _within(columns: FloatArray, codes: IntArray, weights: FloatArray | None) -> FloatArray:
    order = np.argsort(codes, kind="stable")
    sorted_columns = columns[order]
    weighted = sorted_columns if weights is None else sorted_columns * weights[order][:, None]
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    k = columns.shape[1]
    out = np.empty((starts.size, k, k))
    for j in range(k):
        out[:, j] = np.add.reduceat(weighted[:, [j]] * sorted_columns, starts, axis=0)
    return out


def compute_coefficient(grams: Grams, controls: Iterable[int]) -> tuple[float, float]:
    """Return the treatment's coefficient and its clustered variance, without small-sample factor.

    ``controls``: which of the controls enter, from 0.
    """
    used = np.array([0, *(1 + c for c in controls)])
    last = grams.total.shape[0] - 1
    inner = grams.total[np.ix_(used, used)]
    beta = np.linalg.solve(inner, grams.total[used, last])
    direction, residual = np.zeros(last + 1), np.zeros(last + 1)
    direction[used] = np.linalg.solve(inner, np.eye(used.size)[0])
    residual[used], residual[last] = -beta, 1.0
    # One matrix product in place of a three-way sum: the pair of vectors is the same for all clusters.
    pair = np.outer(direction, residual).ravel()
    variance = 0.0
    for sign, products in grams.by_cluster:
        scores = products.reshape(products.shape[0], -1) @ pair
        variance += sign * float(scores @ scores)
    return float(beta[0]), variance
