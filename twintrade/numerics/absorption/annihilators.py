"""The projection off fixed effects and covariates, held as a basis: for many small regressions on the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg
from scipy.linalg import lapack

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray, IntArray, compact

WORK_LIMIT = 2e10
"""Rows times squared levels up to which the dense factorization is worth its time (some seconds)."""
CELL_LIMIT = 2.5e7
"""Numbers that a basis may hold: 200 MB."""
DENSE_LIMIT = 3_000
RANK = 1e-10
DEPENDENT = 1e-10
CLEAR = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Annihilator:
    """Q = W - W Z (Z'WZ)^- Z'W for effects and covariates Z: D'QD and D'Qy are the normal equations of D given Z.

    The dummies of the largest effect are orthogonal and stay implicit.

    Attributes
    ----------
    basis : FloatArray, shape (n_rows, rank)
        What the other effects and the covariates add to the largest one.
    weights : FloatArray, shape (n_rows,)
    level : IntArray, shape (n_rows,)
        Level of the largest effect.
    share : FloatArray, shape (n_levels,)
        One over the sum of weights in each level, 0 where there is none.
    dense : FloatArray or None, shape (n_rows, n_rows)
        Q itself where it is small.
    """

    basis: FloatArray
    weights: FloatArray
    level: IntArray
    share: FloatArray
    dense: FloatArray | None = None

    def applied(self, columns: FloatArray) -> FloatArray:
        """Return Q times columns, shape (n_rows, k)."""
        weighted = self.weights[:, None] * columns
        means = self._sums(self.level, weighted) * self.share[:, None]
        net = weighted - self.weights[:, None] * means[self.level]
        return np.asarray(net - self.basis @ (self.basis.T @ columns))

    def block(self, left: IntArray, right: IntArray) -> FloatArray:
        """Return the block of Q for some rows, shape (n_left, n_right)."""
        entries = -self.basis[left] @ self.basis[right].T
        inside = self.level[left][:, None] == self.level[right]
        products = self.weights[left][:, None] * (self.weights[right] * self.share[self.level[right]])
        same = left[:, None] == right
        return np.asarray(
            entries - np.where(inside, products, 0.0) + np.where(same, self.weights[left][:, None], 0.0)
        )

    def gram(self, rows: IntArray, columns: FloatArray) -> FloatArray:
        """Return D'QD for columns that are zero outside the given rows, shape (k, k)."""
        if self.dense is not None:
            # Flat places are looked up some times faster than pairs of them.
            inner = self.dense.take((rows * self.dense.shape[0])[:, None] + rows)
            return np.asarray(columns.T @ (inner @ columns))
        weighted = self.weights[rows][:, None] * columns
        places, codes = np.unique(self.level[rows], return_inverse=True)
        sums = self._sums(codes, weighted)
        projected = self.basis[rows].T @ columns
        return np.asarray(
            columns.T @ weighted - sums.T @ (sums * self.share[places][:, None]) - projected.T @ projected
        )

    def crossed(self, rows: IntArray, columns: FloatArray, others: IntArray) -> FloatArray:
        """Return D'Q at rows where the columns D are zero, shape (k, n_others); only the given rows are not zero."""
        weighted = self.weights[rows][:, None] * columns
        sums = np.column_stack([np.bincount(self.level[rows], column, self.share.size) for column in weighted.T])
        places = self.level[others]
        inside = sums[places] * (self.share[places] * self.weights[others])[:, None]
        return np.asarray(-(inside + self.basis[others] @ (self.basis[rows].T @ columns)).T)

    def all_columns(self) -> FloatArray | None:
        """Return B with the largest effect written out, so that Q = W - B B'; None where that is too large."""
        if float(self.level.size) * (self.share.size + self.basis.shape[1]) > CELL_LIMIT:
            return None
        first = np.zeros((self.level.size, self.share.size))
        first[np.arange(self.level.size), self.level] = self.weights * np.sqrt(self.share)[self.level]
        return np.hstack([first, self.basis])

    @staticmethod
    def _sums(codes: IntArray, columns: FloatArray) -> FloatArray:
        n = int(codes.max()) + 1
        return np.column_stack([np.bincount(codes, column, n) for column in columns.T])


def build_annihilator(codes: Sequence[IntArray], covariates: FloatArray, weights: FloatArray) -> Annihilator | None:
    """Build it, or return None where the panel is too large for a dense factor.

    Parameters
    ----------
    codes : sequence of IntArray, each of shape (n_rows,)
    covariates : FloatArray, shape (n_rows, n_covariates)
    weights : FloatArray, shape (n_rows,)
    """
    n, w = codes[0].size, weights
    levels = sorted((compact(code) for code in codes), key=lambda v: -int(v.max()))
    sizes = [int(level.max()) + 1 for level in levels]
    rest = sum(sizes[1:]) + covariates.shape[1]
    if float(n) * rest**2 > WORK_LIMIT or float(n) * rest > CELL_LIMIT:
        return None
    root = np.sqrt(w)
    total = np.bincount(levels[0], w, sizes[0])
    share = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    others = np.zeros((n, rest))
    start = 0
    for level, size in zip(levels[1:], sizes[1:], strict=True):
        others[np.arange(n), start + level] = 1.0
        start += size
    others[:, start:] = covariates
    norms = np.sqrt((w[:, None] * others**2).sum(axis=0))
    others = others[:, norms > 0] / norms[norms > 0]
    for j in range(others.shape[1]):
        others[:, j] -= (np.bincount(levels[0], w * others[:, j], sizes[0]) * share)[levels[0]]
    basis, triangle, _ = linalg.qr(others * root[:, None], mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > RANK).sum())
    annihilator = Annihilator(basis[:, :rank] * root[:, None], w, levels[0].astype(np.int64), share)
    return replace(annihilator, dense=_written_out(annihilator)) if n <= DENSE_LIMIT else annihilator


def _written_out(q: Annihilator) -> FloatArray:
    """Return Q itself, shape (n_rows, n_rows)."""
    dense = -(q.basis @ q.basis.T)
    order = np.argsort(q.level, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(q.level[order])) + 1):
        w = q.weights[rows]
        dense[rows[:, None], rows] -= np.outer(w, w) * q.share[q.level[rows[0]]]
    dense[np.diag_indices_from(dense)] += q.weights
    return np.asarray(dense)


def solve_normal_equations(gram: FloatArray, right: FloatArray, norms: FloatArray) -> tuple[IntArray, FloatArray]:
    """Solve normal equations, leaving out each column that the ones before it explain.

    Parameters
    ----------
    gram : FloatArray, shape (k, k)
    right : FloatArray, shape (k, m)
    norms : FloatArray, shape (k,)
        Squared norms of the columns before projection.

    Returns
    -------
    kept : IntArray, shape (n_kept,)
    coefficients : FloatArray, shape (n_kept, m)

    Raises
    ------
    EstimationError
        No column is left.
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
    factor, info = lapack.dpotrf(gram * scale[:, None] * scale)
    if info != 0 or float(factor.diagonal().min()) ** 2 <= CLEAR:
        return None
    return np.asarray(lapack.dpotrs(factor, right * scale[:, None])[0] * scale[:, None], dtype=np.float64)
