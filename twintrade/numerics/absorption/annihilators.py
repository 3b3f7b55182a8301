"""The projection off fixed effects and covariates, factored once: for many small regressions on the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import scipy

from twintrade.numerics.absorption.elimination import (
    Elimination,
    EliminationOrder,
    build_elimination,
    compute_root,
    fill_out,
    lay_out_elimination,
)
from twintrade.numerics.absorption.levels import compute_pivoted_cholesky
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

# The part of a projection on fixed effects and covariates that belongs to some rows, ready to be looked up.


@dataclass(frozen=True, slots=True, eq=False)
class Loadings:
    """Rows of a root of H = Z (Z'WZ)^- Z': the entry of two rows is the product of theirs."""

    weights: FloatArray  # (n_rows,)
    first: IntArray  # (n_rows,): level of the largest effect
    share: FloatArray  # (n_rows,): one over that level's weights
    block: IntArray  # (n_rows,)
    # (n_rows, largest_rank): what effects inside the row's block add to it; rows of two blocks have nothing in common
    # there
    inside: FloatArray
    across: FloatArray  # (n_rows, n_kept): what the other effects and covariates add

    def get_hat(self, left: IntArray, right: IntArray) -> FloatArray:
        """Return entries of H for places among the rows, (n_left, n_right), or one matrix for each of a stack."""
        entries = self.across[left] @ np.swapaxes(self.across[right], -1, -2)
        if self.inside.shape[1]:
            products = self.inside[left] @ np.swapaxes(self.inside[right], -1, -2)
            entries += np.where(self.block[left][..., None] == self.block[right][..., None, :], products, 0.0)
        is_same = self.first[left][..., None] == self.first[right][..., None, :]
        entries += np.where(is_same, self.share[right][..., None, :], 0.0)
        return np.asarray(entries)

    def get_block(self, left: IntArray, right: IntArray) -> FloatArray:
        """Return entries of Q = W - WHW for places among the rows, as `get_hat` does those of H."""
        if left is right and left.ndim == 1 and (np.diff(left) > 0).all() and (np.diff(self.block[left]) >= 0).all():
            return self._get_own_block(left)
        weights = self.weights[right][..., None, :]
        entries = -self.get_hat(left, right) * weights * self.weights[left][..., None]
        entries += np.where(left[..., None] == right[..., None, :], weights, 0.0)
        return np.asarray(entries)

    def _get_own_block(self, places: IntArray) -> FloatArray:
        """Return the entries of ascending places, block by block, among themselves."""
        # A product with its own transpose takes half the operations.
        across, inside, first, share = (one[places] for one in (self.across, self.inside, self.first, self.share))
        entries, ends = across @ across.T, np.flatnonzero(np.diff(self.block[places], append=-1)) + 1
        for start, end in zip([0, *ends], ends, strict=False):
            run = slice(start, end)
            entries[run, run] += inside[run] @ inside[run].T
            entries[run, run] += np.where(first[run, None] == first[run], share[run], 0.0)
        weights = self.weights[places]
        entries *= -weights
        entries *= weights[:, None]
        entries[np.arange(places.size), np.arange(places.size)] += weights
        return np.asarray(entries)

    def compute_leverage(self) -> FloatArray:
        """Return the diagonal of WH, shape (n_rows,)."""
        added = np.einsum("ij,ij->i", self.inside, self.inside) + np.einsum("ij,ij->i", self.across, self.across)
        return np.asarray(self.weights * (self.share + added))


CELLS_AT_ONCE = 1_000_000
N_PROBES = 4
PROBE_SEED = 7919
ZERO = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Annihilator:
    """Q = W - W Z (Z'WZ)^- Z'W for effects and covariates Z: X'QX and X'Qy are the normal equations of X given Z.

    Q = M - MD (D'MD)^- D'M, M and D as in `elimination`: with a block a city, what is kept is one matrix of
    partner-periods and the sums of rows by level. Nothing but the time it takes depends on the number of rows.
    """

    elimination: Elimination  # the largest effect, and those that meet it inside blocks only, taken out of the others
    root: FloatArray  # (n_across, n_kept): its product with its transpose is a generalized inverse of D'MD

    @property
    def weights(self) -> FloatArray:
        """Weights by row, shape (n_rows,)."""
        return self.elimination.weights

    @property
    def n_coefficients(self) -> int:
        """Number of levels and covariates."""
        return sum(int(n) for n in (*self.elimination.means.shape, self.elimination.across.shape[1]))

    def list_levels(self) -> list[tuple[IntArray, FloatArray]]:
        """Return the level of each row, (n_rows,), and the weights of each level, (n_levels,), in every effect."""
        return [(code, sum_by_group(self.weights, code)) for code in self.elimination.layout.list_codes()]

    def residualize(self, columns: FloatArray) -> FloatArray:
        """Return columns less what Z explains, rows of no weight less what the others predict, shape (n_rows, k)."""
        if columns.shape[1] == 0:
            return columns
        return np.asarray(self._explain(columns)[1])

    def explain(self, columns: FloatArray) -> FloatArray:
        """Return coefficients of A, E and D, of all they explain of columns, shape (n_coefficients, k)."""
        return self._explain(columns)[0]

    def _explain(self, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
        e, w, left = self.elimination, self.weights[:, None], columns
        coefficients = np.zeros((self.n_coefficients, columns.shape[1]))
        for _ in range(2):
            # The second round takes back what squaring the condition number cost the first.
            first, nested, across = levels = self.solve_levels(*e.reduce(w * left))
            explained = first[e.layout.first] + e.across @ across
            left = left - (explained + e.layout.nested @ nested if nested.size else explained)
            coefficients += np.vstack(levels)
        return coefficients, left

    def block(self, left: IntArray, right: IntArray) -> FloatArray:
        """Return the block of Q for some rows, shape (n_left, n_right)."""
        if left is right:
            rows, places = np.unique(left, return_inverse=True)
            return self.look_up(rows).get_block(places, places)
        rows, places = np.unique(np.concatenate([left, right]), return_inverse=True)
        return self.look_up(rows).get_block(places[: left.size], places[left.size :])

    def compute_leverage(self) -> FloatArray:
        """Return the share of itself in each row's projection on Z, the diagonal of W^-1 (W - Q), shape (n_rows,)."""
        out = np.empty(self.weights.size)
        for rows in self.list_rows():
            out[rows] = self.look_up(rows).compute_leverage()
        return out

    def iterate_blocks(self, members: Sequence[IntArray]) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
        """Yield places (n_sets,) among sets of rows of one size, the rows, and blocks (n_sets, size, size) of Q."""
        if not members:
            return
        home = self.elimination.layout.row_blocks()
        order = sorted(range(len(members)), key=lambda k: (home[members[k][0]], members[k].size))
        sizes = np.cumsum([members[k].size for k in order]) * max(1, self.root.shape[1])
        for batch in np.split(np.array(order), np.flatnonzero(np.diff(sizes // CELLS_AT_ONCE)) + 1):
            rows = np.sort(np.concatenate([members[k] for k in batch]))
            loadings = self.look_up(rows)
            size = np.array([members[k].size for k in batch])
            for one in np.unique(size):
                which = batch[size == one]
                some = np.stack([members[k] for k in which])
                places = np.searchsorted(rows, some)
                yield which, some, loadings.get_block(places, places)

    def list_rows(self) -> list[IntArray]:
        """Cut the rows into runs, block by block, whose loadings are of moderate size."""
        step = max(1, CELLS_AT_ONCE // max(1, self.root.shape[1]))
        order = np.argsort(self.elimination.layout.row_blocks(), kind="stable")
        return [order[start : start + step] for start in range(0, order.size, step)]

    def look_up(self, rows: IntArray) -> Loadings:
        """Return the loadings of some rows: with them, entries of Q among these are products."""
        e = self.elimination
        levels, place = np.unique(e.layout.first[rows], return_inverse=True)
        means = e.share[levels, None] * (e.sums[levels] @ self.root)
        across = e.across[rows] @ self.root - means[place]
        block, first = e.layout.row_blocks()[rows], e.layout.first[rows]
        inside = np.zeros((rows.size, int(np.diff(e.ends).max(initial=0))))
        if e.root.shape[1]:
            sparse = scipy.sparse.coo_array(e.layout.nested[rows] @ e.root - (e.means[levels] @ e.root)[place])
            at, column = sparse.coords
            inside[at, column - e.ends[block[at]]] = sparse.data
            columns = scipy.sparse.csr_array(sparse)
            across -= e.multiply_explained(columns) @ self.root
        return Loadings(self.weights[rows], first, e.share[first], block, inside, across)

    def sum_loadings(
        self, weighted: FloatArray, groups: IntArray, n_groups: int
    ) -> tuple[scipy.sparse.csr_array, scipy.sparse.csr_array | FloatArray, FloatArray]:
        """Return loadings times weighted values by group: their products are the values' through the projection."""
        by_group = scipy.sparse.csr_array(
            (weighted, (groups, np.arange(weighted.size))), shape=(n_groups, weighted.size)
        )
        first, inside, rest = self.combine_loadings(by_group)
        return first, inside, rest @ self.root

    def first_dummies(self) -> scipy.sparse.csr_array:
        """Return A, the dummies of the largest effect, shape (n_rows, n_first)."""
        n, first = self.weights.size, self.elimination.layout.first
        return scipy.sparse.csr_array((np.ones(n), first, np.arange(n + 1)), shape=(n, self.elimination.share.size))

    def combine_loadings(
        self, weighted: scipy.sparse.csr_array
    ) -> tuple[scipy.sparse.csr_array, scipy.sparse.csr_array | FloatArray, FloatArray]:
        """Return the same from values times weights by group, (n_groups, n_rows), the rest before the root."""
        e = self.elimination
        by_first = scipy.sparse.csr_array(weighted @ self.first_dummies())
        inside = fill_out(scipy.sparse.csr_array((weighted @ e.layout.nested - by_first @ e.means) @ e.root))
        first = scipy.sparse.csr_array(by_first @ scipy.sparse.diags_array(np.sqrt(e.share)))
        of_first = scipy.sparse.csr_array(first @ scipy.sparse.diags_array(np.sqrt(e.share))) @ e.sums
        explained = of_first.toarray() + e.multiply_explained(inside)
        return first, inside, (weighted @ e.across).toarray() - explained

    def solve_levels(
        self, first: FloatArray, inside: FloatArray, rest: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return coefficients of A, E and D."""
        e = self.elimination
        across = self.root @ (self.root.T @ rest)
        explained = e.sums @ across
        nested = e.root @ (inside - e.root.T @ (e.cross @ across - e.means.T @ explained))
        return e.share[:, None] * (first - explained) - e.means @ nested, nested, across


def build_annihilator(codes: Sequence[IntArray], covariates: FloatArray, weights: FloatArray) -> Annihilator:
    """Factor effects and covariates, (n_rows, n_covariates)."""
    return factor_order(lay_out_elimination(codes, covariates), weights)


def factor_order(order: EliminationOrder, weights: FloatArray) -> Annihilator:
    """Factor effects in an order found before."""
    elimination = build_elimination(order, weights)
    return Annihilator(elimination, compute_root(*elimination.complement()))


# Cross-products net of fixed effects without some of the rows, from what these rows alone add to the elimination.

CLEAR = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class CrossProducts:
    """Columns V with the largest effect and those inside blocks taken out: sums over rows."""

    squares: FloatArray  # (k, k): V'MV
    rest: FloatArray  # (n_across, k): D'MV
    complement: FloatArray  # (n_across, n_across): D'MD
    total: FloatArray  # (n_across,): diagonal of D'WD
    count: IntArray  # (n_across,): rows with weight and a number other than zero

    def plus(self, other: CrossProducts, sign: int) -> CrossProducts:
        """Return the sums over the rows of both, or over those of this less those of the other."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return CrossProducts(*(mine + sign * of_other for mine, of_other in pairs))

    def gram(self) -> FloatArray:
        """Return V'QV: the same with D taken out, shape (k, k)."""
        total = np.where(self.count > 0, self.total, 0.0)
        factor, pivots, rank = compute_pivoted_cholesky(self.complement, total)
        kept = pivots[:rank]
        scaled = self.rest[kept] / np.sqrt(total[kept])[:, None]
        half = scipy.linalg.solve_triangular(factor, scaled, trans=1, check_finite=False) if rank else scaled
        return np.asarray(self.squares - half.T @ half)


@dataclass(frozen=True, slots=True, eq=False)
class Remaining:
    """Columns on all rows, ready to be crossed without some."""

    elimination: Elimination
    columns: FloatArray  # (n_rows, k)
    whole: CrossProducts
    block: IntArray  # (n_rows,)
    order: IntArray  # order, starts: Rows sorted by block, and where each block begins among them
    starts: IntArray

    def gram(self, out: IntArray) -> FloatArray:
        """Return V'QV among all rows but some, shape (k, k)."""
        near = np.concatenate([self.order[self.starts[b] : self.starts[b + 1]] for b in np.unique(self.block[out])])
        if 2 * near.size <= self.block.size:
            sums, left = self.whole.plus(self._cross(near), -1), np.setdiff1d(near, out)
            sums = sums.plus(self._cross(left), 1) if left.size else sums
            # Where next to nothing is left of a level, a difference of sums is not precise.
            if (sums.total >= CLEAR * self.whole.total)[sums.count > 0].all():
                return sums.gram()
        return self._cross(np.setdiff1d(self.order, out)).gram()

    def _cross(self, rows: IntArray) -> CrossProducts:
        return _cross(self.elimination.restricted(rows), self.columns[rows])


def prepare_remaining(q: Annihilator, columns: FloatArray) -> Remaining:
    """Cross columns among all rows."""
    block = q.elimination.layout.row_blocks()
    order = np.argsort(block, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(block))])
    return Remaining(q.elimination, columns, _cross(q.elimination, columns), block, order, starts)


def _cross(e: Elimination, columns: FloatArray) -> CrossProducts:
    weighted = e.weights[:, None] * columns
    first, inside, rest = e.reduce(weighted)
    squares = columns.T @ weighted - first.T @ (first * e.share[:, None]) - inside.T @ inside
    count = np.bincount(e.across.indices[np.repeat(e.weights > 0, np.diff(e.across.indptr))], minlength=rest.shape[0])
    return CrossProducts(squares, rest, *e.complement(), count)
