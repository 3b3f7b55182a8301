"""One coefficient under every subset of control variables, from cross-products made once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy

from twintrade.numerics.absorption import Annihilator
from twintrade.numerics.absorption.projection import remove_levels
from twintrade.numerics.arrays import FloatArray, IntArray, intersect_codes, list_signed_subsets

# Columns net of fixed effects, kept as what levels take out of them where rows times columns are many numbers.

MOST_DENSE, FEWEST_COLUMNS = 2_000_000, 8
"""Numbers up to which net columns are kept as they are, 16 megabytes, and columns from which on they are not."""


@dataclass(frozen=True, slots=True, eq=False)
class NetColumns:
    """Columns less what each level of each effect takes out of them, made when asked for and not kept."""

    columns: scipy.sparse.csr_array  # (n_rows, k): before
    codes: tuple[np.ndarray, ...]  # (n_rows,)
    taken: tuple[FloatArray, ...]  # (n_levels, k)

    def dense(self) -> FloatArray:
        """Return the columns, shape (n_rows, k)."""
        return self._subtract(self.columns.toarray(), self.taken)

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``dense() @ directions``: combinations are made before levels are taken out of them."""
        return self._subtract(self.columns @ directions, [levels @ directions for levels in self.taken])

    def _subtract(self, out: FloatArray, taken: Sequence[FloatArray]) -> FloatArray:
        for code, levels in zip(self.codes, taken, strict=True):
            remove_levels(out, levels, code)
        return out


def pack_columns(
    net: FloatArray,
    columns: FloatArray,
    codes: Sequence[IntArray],
    taken: Sequence[FloatArray],
    kept: IntArray,
    rows: IntArray | None = None,
) -> FloatArray | NetColumns:
    """Return net columns as they are, or as sparse ones and what levels took, if that is much less to keep."""
    n, k = net.shape
    if n * k <= MOST_DENSE or k < FEWEST_COLUMNS:
        return net
    before = scipy.sparse.csr_array(columns)[:, kept]
    if rows is not None and rows.size < before.shape[0]:
        before, codes = before[rows], [code if code.size == n else code[rows] for code in codes]
    small = tuple(code.astype(np.int32) for code in codes)
    return NetColumns(scipy.sparse.csr_array(before), small, tuple(np.ascontiguousarray(levels) for levels in taken))


# What a sum of predictions becomes when whole groups of rows leave the fit behind it: one, two, or many of them.

NULL = 1e-9
LOST = 1e-6  # size of a weight, over the largest of its group, on a direction that rows of the group alone determine


@dataclass(frozen=True, slots=True)
class Removed:
    """Groups left out together."""

    groups: tuple[int, ...]  # in the order in which they were left out
    change: float  # of the sum, NaN where it cannot be predicted without them


@dataclass(frozen=True, slots=True, eq=False)
class Removals:
    """Groups of rows that may leave a fit on which predictions rest.

    With Q the annihilator of the fit and W its weights, A = W^-1/2 Q W^-1/2, a the weights of the rows' outcomes in
    the sum over root weights, b the residuals times root weights: without the rows C the sum changes by
    -a_C' A_CC^- b_C. Exact for least squares; for Poisson, with working residuals, one Newton step.
    """

    annihilator: FloatArray  # (n_rows, n_rows)
    loadings: FloatArray  # loadings, errors: (n_rows,): a and b
    errors: FloatArray
    members: tuple[IntArray, ...]  # rows of each group

    def leave_out(self, groups: Sequence[int]) -> Removed:
        """Leave some groups out together."""
        rows = np.concatenate([self.members[g] for g in groups])
        block = self.annihilator[np.ix_(rows, rows)]
        return Removed(tuple(groups), _change(block, self.loadings[rows], self.errors[rows]))

    def find_extreme_pairs(self) -> tuple[Removed, Removed]:
        """Return the two groups that together lower the sum most, and those that raise it most."""
        n = len(self.members)
        changes = np.full((n, n), np.nan)
        for i in range(n - 1):
            rest = self._without(i)
            for j in range(i + 1, n):
                rows = self.members[j]
                changes[i, j] = rest.change + _change(rest.block(rows), rest.loadings[rows], rest.errors[rows])
        if np.isnan(changes).all():
            return Removed((), np.nan), Removed((), np.nan)
        ends = (int(np.nanargmin(changes)), int(np.nanargmax(changes)))
        low, high = (Removed((k // n, k % n), float(changes.ravel()[k])) for k in ends)
        return low, high

    def remove_greedily(self, sign: int, most: int) -> list[Removed]:
        """Leave out, in turn, the group that moves the sum farthest one way; return the growing sets."""
        left, out, now = list(range(len(self.members))), [Removed((), 0.0)], self
        while left and len(out) <= most:
            ones = np.array([now.leave_out((g,)).change for g in left])
            if not np.nanmax(sign * ones, initial=0.0) > 0:
                break
            g = left.pop(int(np.nanargmax(sign * ones)))
            rest = now._without(g)
            now = Removals(rest.block(np.arange(self.errors.size)), rest.loadings, rest.errors, self.members)
            out.append(Removed((*out[-1].groups, g), out[-1].change + rest.change))
        return [last for _, last in pairwise(out)]

    def _without(self, group: int) -> _Rest:
        rows = self.members[group]
        block = self.annihilator[np.ix_(rows, rows)]
        across = self.annihilator[:, rows] @ np.linalg.pinv(block, rcond=NULL, hermitian=True)
        return _Rest(
            self.annihilator,
            across,
            rows,
            self.loadings - across @ self.loadings[rows],
            self.errors - across @ self.errors[rows],
            _change(block, self.loadings[rows], self.errors[rows]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Rest:
    """What is left of the annihilator and its products when a group's rows have dummies of their own."""

    annihilator: FloatArray
    across: FloatArray
    gone: IntArray
    loadings: FloatArray
    errors: FloatArray
    change: float

    def block(self, rows: IntArray) -> FloatArray:
        """Return what is left of the rows' block."""
        less = self.across[rows] @ self.annihilator[np.ix_(self.gone, rows)]
        return np.asarray(self.annihilator[np.ix_(rows, rows)] - less)


def _change(block: FloatArray, loadings: FloatArray, errors: FloatArray) -> float:
    values, vectors = np.linalg.eigh(block)
    kept = values > NULL
    along = vectors.T @ loadings
    if np.abs(along[~kept]).max(initial=0.0) > LOST * np.abs(loadings).max(initial=0.0):
        return float("nan")
    return -float((along[kept] / values[kept]) @ (vectors[:, kept].T @ errors))


def compute_single_removals(
    q: Annihilator, members: Sequence[IntArray], weights: FloatArray, residuals: FloatArray
) -> FloatArray:
    """Return how a sum of predictions changes without each group; ``residuals`` are working ones for Poisson."""
    root = np.sqrt(q.weights)
    out = np.full(len(members), np.nan)
    for which, rows, blocks in q.iterate_blocks(members):
        scaled = blocks / (root[rows][:, :, None] * root[rows][:, None, :])
        for g, one, block in zip(which, rows, scaled, strict=True):
            out[g] = _change(block, weights[one] / root[one], root[one] * residuals[one])
    return out


def prepare_removals(
    q: Annihilator, members: Sequence[IntArray], weights: FloatArray, residuals: FloatArray
) -> Removals:
    """Return the groups ready to be left out together; parameters as in ``compute_single_removals``."""
    rows = np.concatenate(list(members)) if members else np.empty(0, dtype=np.int64)
    root = np.sqrt(q.weights[rows])
    ends = np.cumsum([m.size for m in members])
    places = tuple(np.arange(end - m.size, end) for end, m in zip(ends, members, strict=True))
    scaled = q.block(rows, rows) / (root[:, None] * root)
    return Removals(scaled, weights[rows] / root, root * residuals[rows], places)


@dataclass(frozen=True, slots=True, eq=False)
class Grams:
    """Cross-products of treatment, controls and outcome, all net of fixed effects."""

    total: FloatArray  # (k + 2, k + 2): treatment first, controls, outcome last
    # (n_clusters, k + 2, k + 2): by cluster of each dimension, and of each intersection of dimensions with the sign
    # it enters with
    by_cluster: tuple[tuple[float, FloatArray], ...]
    sizes: tuple[int, ...]  # clusters by dimension


def compute_grams(columns: FloatArray, clusters: Sequence[IntArray], weights: FloatArray | None = None) -> Grams:
    """Sum cross-products of net treatment, controls and outcome, (n_rows, k + 2), within clusters by dimension."""
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
    """Return the coefficient with some controls, and its clustered variance, without small-sample factor."""
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
