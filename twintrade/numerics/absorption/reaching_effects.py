"""What fixed effects that reach across clusters explain beyond those that lie inside them, from sums per level alone.

With N the effects inside clusters, D those that reach across and M the residual maker of N, the projection on all of
them is that on N plus MD (D'WMD)^- D'MW. N'WN is a block for each cluster, so D'WMD needs no row more than once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.linalg import solve_triangular

from twintrade.numerics.absorption.levels import compute_pivoted_cholesky, recode_levels
from twintrade.numerics.arrays import FloatArray, IntArray

MOST_LEVELS = 3_000
MOST_CELLS = 2.5e7
MOST_WORK = 1e10


@dataclass(frozen=True, slots=True, eq=False)
class _Eliminated:
    """The effects inside clusters: the one with the most levels by itself, the others by a factor for each cluster.

    Attributes
    ----------
    first : IntArray, shape (n_rows,)
    means : tuple of sparse arrays, shapes (n_first, n_others) and (n_first, n_reaching)
        Dummies of the others, and of those that reach across, summed by level of the first and over its total.
    others : sparse array, shape (n_rows, n_others)
    factor : sparse array, shape (n_others, rank)
        Its product with its transpose is a generalized inverse of the others' cross-product net of the first.
    explained : FloatArray, shape (rank, n_reaching)
    """

    first: IntArray
    means: tuple[sp.csr_array, sp.csr_array]
    others: sp.csr_array
    factor: sp.csr_array
    explained: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Reaching:
    """The part of a projection on fixed effects that reaches across clusters.

    Attributes
    ----------
    dummies : sparse array, shape (n_rows, n_reaching)
    root : FloatArray, shape (n_reaching, rank)
        Its product with its transpose is a generalized inverse of D'WMD.
    inside : _Eliminated or None
        None where no effect lies inside clusters.
    """

    dummies: sp.csr_array
    root: FloatArray
    inside: _Eliminated | None

    def sums(self, weighted: FloatArray, groups: IntArray, n_groups: int, is_net: bool) -> FloatArray:
        """Return for each group the coordinates of its rows' values, shape (n_groups, rank).

        The product of two groups' coordinates is their values' product through this part of the projection.

        Parameters
        ----------
        weighted : FloatArray, shape (n_rows,)
            Values times weights.
        groups : IntArray, shape (n_rows,)
        n_groups : int
        is_net : bool
            Whether values are, group by group, orthogonal to the effects inside clusters already.
        """
        rows = np.arange(weighted.size)
        by_group = sp.csr_array((weighted, (groups, rows)), shape=(n_groups, weighted.size))
        level_sums = (by_group @ self.dummies).toarray()
        if self.inside is not None and not is_net:
            known = self.inside
            shape = (n_groups, known.means[0].shape[0])
            by_first = sp.csr_array((weighted, (groups, known.first)), shape=shape)
            level_sums -= (by_first @ known.means[1]).toarray()
            net = by_group @ known.others - by_first @ known.means[0]
            level_sums -= (net @ known.factor) @ known.explained
        return np.asarray(level_sums @ self.root)


def build_reaching(
    inside: Sequence[IntArray], across: Sequence[IntArray], clusters: IntArray, weights: FloatArray
) -> Reaching | None:
    """Prepare the part that reaches across clusters; None where it has too many levels.

    Parameters
    ----------
    inside, across : sequence of IntArray, each of shape (n_rows,)
        Effects each level of which lies inside one cluster, and the others, at least one.
    clusters : IntArray, shape (n_rows,)
    weights : FloatArray, shape (n_rows,)
    """
    ordered = sorted(recode_levels(inside).codes, key=lambda code: -int(code.max())) if inside else []
    n_reaching = sum(int(code.max()) + 1 for code in recode_levels(across).codes)
    n_others = sum(int(code.max()) + 1 for code in ordered[1:])
    if n_reaching > MOST_LEVELS or float(n_reaching) * n_others > MOST_CELLS:
        return None
    dummies = _dummies(recode_levels(across).codes, weights.size)
    gram = (dummies.T @ _scaled(weights, dummies)).toarray()
    total = np.diag(gram).copy()
    if not ordered:
        return Reaching(dummies, _root(gram, total), None)
    known = _eliminated(ordered, dummies, clusters, weights)
    if known is None:
        return None
    sums = _totals(ordered[0], weights)
    gram -= (known.means[1].T @ _scaled(sums, known.means[1])).toarray()
    gram -= known.explained.T @ known.explained
    return Reaching(dummies, _root(gram, total), known)


def _eliminated(
    ordered: Sequence[IntArray], dummies: sp.csr_array, clusters: IntArray, weights: FloatArray
) -> _Eliminated | None:
    first = ordered[0]
    n, n_first = first.size, int(first.max()) + 1
    total = _totals(first, weights)
    share = np.divide(weights, total[first], out=np.zeros_like(weights), where=total[first] > 0)
    averaging = sp.csr_array((share, (first, np.arange(n))), shape=(n_first, n))
    others = _dummies(ordered[1:], n)
    means = (sp.csr_array(averaging @ others), sp.csr_array(averaging @ dummies))
    if not others.shape[1]:
        return _Eliminated(first, means, others, sp.csr_array((0, 0)), np.empty((0, dummies.shape[1])))
    weighted = _scaled(weights, others)
    totals = np.asarray(weighted.sum(axis=0), dtype=np.float64).ravel()
    summed = _scaled(total, means[0])
    gram = sp.csr_array(others.T @ weighted - means[0].T @ summed)
    cross = (weighted.T @ dummies).toarray()
    cross -= (summed.T @ means[1]).toarray()
    home = np.empty(others.shape[1], dtype=np.int64)
    home[others.indices] = np.repeat(clusters, np.diff(others.indptr))
    factor = _block_roots(gram, totals, home)
    return None if factor is None else _Eliminated(first, means, others, factor, factor.T @ cross)


def _block_roots(gram: sp.csr_array, totals: FloatArray, home: IntArray) -> sp.csr_array | None:
    """Return a root of a generalized inverse of a matrix of one block a cluster; None where blocks are too large."""
    order = np.argsort(home, kind="stable")
    sizes = np.bincount(home)
    if float((sizes.astype(np.float64) ** 3).sum()) > MOST_WORK:
        return None
    starts = np.cumsum(sizes) - sizes
    place = np.empty_like(order)
    place[order] = np.arange(order.size) - starts[home[order]]
    areas = np.cumsum(sizes**2) - sizes**2
    row = np.repeat(np.arange(home.size), np.diff(gram.indptr))
    blocks = np.zeros(int((sizes**2).sum()))
    blocks[areas[home[row]] + place[row] * sizes[home[row]] + place[gram.indices]] = gram.data
    rows, columns, values, rank = [], [], [], 0
    known: dict[tuple[bytes, bytes], FloatArray] = {}  # clusters of one shape are one work in a balanced panel
    for start, area, size in zip(starts, areas, sizes, strict=True):
        members = order[start : start + size]
        block, total = blocks[area : area + size**2].reshape(size, size), totals[members]
        key = (block.tobytes(), total.tobytes())
        root = known.get(key)
        if root is None:
            root = known[key] = _root(block, total)
        rows.append(np.repeat(members, root.shape[1]))
        columns.append(np.tile(np.arange(rank, rank + root.shape[1]), size))
        values.append(root.ravel())
        rank += root.shape[1]
    where = (np.concatenate(rows), np.concatenate(columns))
    return sp.csr_array((np.concatenate(values), where), shape=(home.size, rank))


def _root(gram: FloatArray, total: FloatArray) -> FloatArray:
    """Return R with R R' a generalized inverse of a cross-product, judged by its diagonal before elimination."""
    factor, pivots, rank = compute_pivoted_cholesky(gram, total)
    kept = pivots[:rank]
    root = np.zeros((total.size, rank))
    root[kept] = solve_triangular(factor, np.eye(rank)) / np.sqrt(total[kept])[:, None]
    return root


def _totals(code: IntArray, weights: FloatArray) -> FloatArray:
    return np.bincount(code, weights).astype(np.float64)


def _dummies(codes: Sequence[IntArray], n: int) -> sp.csr_array:
    """Return dummies of several effects side by side."""
    if not len(codes):
        return sp.csr_array((n, 0))
    sizes = [int(code.max()) + 1 for code in codes]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    columns = np.column_stack([code + start for code, start in zip(codes, starts, strict=True)])
    ends = np.arange(n + 1) * len(codes)
    return sp.csr_array((np.ones(columns.size), columns.ravel(), ends), shape=(n, sum(sizes)))


def _scaled(weights: FloatArray, matrix: sp.csr_array) -> sp.csr_array:
    """Return the matrix with its rows multiplied by weights."""
    data = matrix.data * np.repeat(weights, np.diff(matrix.indptr))
    return sp.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
