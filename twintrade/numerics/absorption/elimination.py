"""How fixed effects are eliminated one after another: the largest, those that meet it inside blocks only, the rest.

Z = [A E D]: A dummies of the largest effect (dyads), E of effects whose levels meet those of A in small blocks only
(city-periods; a block is a city), D of all others (partner-periods, covariates). With P = (A'WA)^- A'WE and R, block
by block, a root of a generalized inverse of E'WE - P'A'WAP, B = (E - AP) R is what E adds to A. Then
M = W - WA(A'WA)^-A'W - WBB'W takes both out, and D'MD is the Schur complement of what is left.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.linalg import solve_triangular
from scipy.linalg.blas import dsyrk

from twintrade.numerics.absorption.elimination_order import EliminationOrder, list_places
from twintrade.numerics.absorption.levels import compute_pivoted_cholesky
from twintrade.numerics.arrays import FloatArray, IntArray, compact, sum_by_group

CELLS_AT_ONCE = 300_000
NOTHING_LEFT = 1e-20
"""Share of a covariate's squares within levels of the largest effect below which it is constant there."""


@dataclass(frozen=True, slots=True, eq=False)
class Elimination:
    """The effects under given weights, with A and E taken out of D.

    Attributes
    ----------
    layout : EliminationOrder
    weights : FloatArray, shape (n_rows,)
    total, share : FloatArray, shape (n_first,)
        Sum of weights in each level of the largest effect, and one over it, 0 where there is none.
    means : sparse array, shape (n_first, n_nested)
        P.
    root : sparse array, shape (n_nested, rank)
        R.
    ends : IntArray, shape (n_blocks + 1,)
        First column of R of each block.
    across : sparse array, shape (n_rows, n_across)
        D; covariates are net of the largest effect.
    sums : sparse array, shape (n_first, n_across)
        A'WD.
    cross : sparse array, shape (n_nested, n_across)
        E'WD.
    """

    layout: EliminationOrder
    weights: FloatArray
    total: FloatArray
    share: FloatArray
    means: sp.csr_array
    root: sp.csr_array
    ends: IntArray
    across: sp.csr_array
    sums: sp.csr_array
    cross: sp.csr_array

    def restricted(self, rows: IntArray) -> "Elimination":
        """Return the elimination among some rows alone; those of disjoint sets of blocks add up."""
        layout = self.layout
        nested, starts = layout.nested[rows], layout.starts
        if nested.shape[1]:
            blocks = np.unique(layout.row_blocks()[rows])
            nested = sp.csr_array(nested[:, list_places(starts, blocks)])
            starts = np.concatenate([[0], np.cumsum(np.diff(starts)[blocks])])
        none = np.empty((rows.size, 0))
        order = np.empty(0, dtype=np.int64)
        some = EliminationOrder(
            compact(layout.first[rows]), nested, starts, sp.csr_array(self.across[rows]), none, order
        )
        return build_elimination(some, self.weights[rows])

    def compute_rest(self, first: FloatArray, inside: FloatArray, across: FloatArray) -> FloatArray:
        """Return D'Mv from A'Wv, B'Wv and D'Wv, shape (n_across, k)."""
        if not self.root.shape[1]:
            return np.asarray(across - self.sums.T @ (self.share[:, None] * first))
        levels = self.root @ inside
        left = self.share[:, None] * first - self.means @ levels
        return np.asarray(across - self.cross.T @ levels - self.sums.T @ left)

    def explain(self, blocks: IntArray) -> FloatArray:
        """Return B'WD for the columns of B of some blocks, shape (n_columns, n_across)."""
        levels, columns = list_places(self.layout.starts, blocks), list_places(self.ends, blocks)
        means = sp.csr_array(self.means[:, levels])
        touched = np.flatnonzero(np.diff(means.indptr))
        left = self.cross[levels] - means[touched].T @ self.sums[touched]
        return np.asarray(self.root[levels][:, columns].T @ left.toarray())

    def reduce(self, weighted: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return A'Wv, B'Wv and D'Mv from weighted values of all rows."""
        first = sum_by_group(weighted, self.layout.first, self.share.size)
        inside = np.asarray(self.root.T @ (self.layout.nested.T @ weighted - self.means.T @ first))
        return first, inside, self.compute_rest(first, inside, self.across.T @ weighted)

    def reduce_some(
        self, rows: IntArray, weighted: sp.csr_array
    ) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
        """Return the same from sparse values of some rows, A'Wv for levels that these touch, which come first."""
        levels, place = np.unique(self.layout.first[rows], return_inverse=True)
        by_level = sp.csr_array((np.ones(rows.size), (place, np.arange(rows.size))), shape=(levels.size, rows.size))
        first = (by_level @ weighted).toarray()
        across = (self.across[rows].T @ weighted).toarray()
        if not self.root.shape[1]:
            rest = across - self.sums[levels].T @ (self.share[levels, None] * first)
            return levels, first, np.empty((0, first.shape[1])), np.asarray(rest)
        nested = (self.layout.nested[rows].T @ weighted).toarray() - self.means[levels].T @ first
        inside = np.asarray(self.root.T @ nested)
        spread = self.root @ inside
        left = -(self.means @ spread)
        left[levels] += self.share[levels, None] * first
        return levels, first, inside, np.asarray(across - self.cross.T @ spread - self.sums.T @ left)

    def list_blocks(self, blocks: IntArray | None = None) -> list[IntArray]:
        """Cut some blocks, or all, into runs whose B'WD is of moderate size."""
        blocks = np.arange(self.layout.starts.size - 1) if blocks is None else blocks
        cells = np.cumsum(np.diff(self.layout.starts)[blocks]) * max(self.across.shape[1], 1)
        return list(np.split(blocks, np.flatnonzero(np.diff(cells // CELLS_AT_ONCE)) + 1)) if blocks.size else []

    def complement(self) -> tuple[FloatArray, FloatArray]:
        """Return D'MD, shape (n_across, n_across), and the diagonal of D'WD."""
        weighted = weigh_rows(self.weights, self.across)
        gram = (self.across.T @ weighted).toarray(order="F")
        diagonal = np.diag(gram).copy()
        gram -= (self.sums.T @ weigh_rows(self.share, self.sums)).toarray()
        if gram.shape[0]:
            for blocks in self.list_blocks():
                gram = dsyrk(-1.0, self.explain(blocks).T, 1.0, gram, lower=1, overwrite_c=1)
            gram = np.tril(gram) + np.tril(gram, -1).T
        return np.asarray(gram), diagonal


def build_elimination(layout: EliminationOrder, weights: FloatArray) -> Elimination:
    """Eliminate the largest effect, and then those inside blocks, under given weights."""
    first, n_first = layout.first, int(layout.first.max()) + 1
    total = np.bincount(first, weights, n_first).astype(np.float64)
    share = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    across = layout.across
    if layout.covariates.shape[1]:
        net = _net_covariates(layout, weights, share)
        across = sp.csr_array(sp.hstack([across, sp.csr_array(net)], format="csr"))
    by_first = sp.csr_array((weights, (first, np.arange(first.size))), shape=(n_first, first.size))
    nested, weighted = layout.nested, weigh_rows(weights, layout.nested)
    tables = sp.csr_array(by_first @ nested)
    means = weigh_rows(share, tables)
    gram = sp.csr_array(nested.T @ weighted - means.T @ tables)
    totals = np.asarray(weighted.sum(axis=0), dtype=np.float64).ravel()
    root, ends = _compute_block_roots(gram, totals, layout.starts)
    sums, cross = sp.csr_array(by_first @ across), sp.csr_array(weighted.T @ across)
    return Elimination(layout, weights, total, share, means, root, ends, across, sums, cross)


def _net_covariates(layout: EliminationOrder, weights: FloatArray, share: FloatArray) -> FloatArray:
    """Return the covariates less their means within the largest effect, zero where these explain them."""
    x, first = layout.covariates, layout.first
    out = x.astype(np.float64)
    for j in range(x.shape[1]):
        for _ in range(2):
            out[:, j] -= (np.bincount(first, weights * out[:, j], share.size) * share)[first]
        if weights @ out[:, j] ** 2 <= NOTHING_LEFT * (weights @ x[:, j] ** 2):
            out[:, j] = 0.0
    return out


def _compute_block_roots(gram: sp.csr_array, totals: FloatArray, starts: IntArray) -> tuple[sp.csr_array, IntArray]:
    """Return a root of a generalized inverse of a matrix of blocks, and where the columns of each block begin."""
    sizes = np.diff(starts)
    home = np.repeat(np.arange(sizes.size), sizes)
    areas = np.cumsum(sizes**2) - sizes**2
    row = np.repeat(np.arange(home.size), np.diff(gram.indptr))
    blocks = np.zeros(int((sizes**2).sum()))
    block = home[row]
    blocks[areas[block] + (row - starts[block]) * sizes[block] + gram.indices - starts[block]] = gram.data
    rows, columns, values, ends = [], [], [], [0]
    known: dict[tuple[bytes, bytes], FloatArray] = {}  # blocks of one shape are one work in a balanced panel
    for start, area, size in zip(starts, areas, sizes, strict=False):
        inner, total = blocks[area : area + size**2].reshape(size, size), totals[start : start + size]
        key = (inner.tobytes(), total.tobytes())
        root = known.get(key)
        if root is None:
            root = known[key] = compute_root(inner, total)
        rows.append(np.repeat(np.arange(start, start + size), root.shape[1]))
        columns.append(np.tile(np.arange(ends[-1], ends[-1] + root.shape[1]), size))
        values.append(root.ravel())
        ends.append(ends[-1] + root.shape[1])
    if not rows:
        return sp.csr_array((home.size, 0)), np.zeros(1, dtype=np.int64)
    where = (np.concatenate(rows), np.concatenate(columns))
    roots = sp.csr_array((np.concatenate(values), where), shape=(home.size, ends[-1]))
    return roots, np.array(ends, dtype=np.int64)


def compute_root(gram: FloatArray, total: FloatArray) -> FloatArray:
    """Return R with R R' a generalized inverse of a cross-product, judged by its diagonal before elimination."""
    factor, pivots, rank = compute_pivoted_cholesky(gram, total)
    kept = pivots[:rank]
    root = np.zeros((total.size, rank))
    root[kept] = solve_triangular(factor, np.eye(rank), check_finite=False) / np.sqrt(total[kept])[:, None]
    return root


def weigh_rows(weights: FloatArray, matrix: sp.csr_array) -> sp.csr_array:
    """Return the matrix with its rows multiplied by weights."""
    data = matrix.data * np.repeat(weights, np.diff(matrix.indptr))
    return sp.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
