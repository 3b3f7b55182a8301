"""The projection off fixed effects and covariates, factored once: for many small regressions on the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import scipy

from twintrade.numerics.absorption.conjugate_gradients import WrittenOut
from twintrade.numerics.absorption.elimination import (
    Elimination,
    EliminationOrder,
    build_elimination,
    compute_root,
    fill_out,
    lay_out_elimination,
    weigh_rows,
)
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group

# The part of a projection on fixed effects and covariates that belongs to some rows, ready to be looked up.


@dataclass(frozen=True, slots=True, eq=False)
class ColumnSums:
    """Weighted columns summed with the loadings of their rows."""

    squares: FloatArray  # (k, k): X'WX
    first: FloatArray  # (k, n_first): by level of the largest effect
    inside: FloatArray  # (k, n_blocks, largest_rank)
    across: FloatArray  # (k, n_kept)


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

    def take(self, rows: IntArray) -> Loadings:
        """Return those of some rows."""
        return Loadings(*(getattr(self, field.name)[rows] for field in fields(self)))

    def sum_columns(self, rows: IntArray, columns: scipy.sparse.csr_array) -> ColumnSums:
        """Sum weighted columns that are zero outside the given rows.

        ``rows`` (n,); ``columns`` (n, k).
        """
        sparse = scipy.sparse.coo_array(columns)
        at, column = sparse.coords
        weighted, row = sparse.data * self.weights[rows[at]], rows[at]
        by_column = scipy.sparse.csr_array((weighted, (column, at)), shape=columns.shape[::-1])
        keys, home = np.unique(column * np.int64(self.block.max() + 1) + self.block[row], return_inverse=True)
        by_block = scipy.sparse.csr_array((weighted, (home, np.arange(home.size))), shape=(keys.size, home.size))
        k, n_blocks, rank = columns.shape[1], int(self.block.max()) + 1, self.inside.shape[1]
        inside = np.zeros((k * n_blocks, rank))
        inside[keys] = by_block @ self.inside[row]
        n_first = int(self.first.max()) + 1
        first = sum_by_group(weighted, column * n_first + self.first[row], k * n_first).reshape(k, n_first)
        squares = by_column @ columns
        return ColumnSums(
            squares.toarray(), first, inside.reshape(k, n_blocks, rank), np.asarray(by_column @ self.across[rows])
        )

    def compute_gram(self, sums: ColumnSums) -> FloatArray:
        """Return X'QX of columns X from their sums, (k, k)."""
        by_level = np.zeros(sums.first.shape[1])
        by_level[self.first] = self.share
        inside = sums.inside.reshape(len(sums.inside), -1)
        return np.asarray(
            sums.squares - (sums.first * by_level) @ sums.first.T - inside @ inside.T - sums.across @ sums.across.T
        )

    def cross(self, sums: ColumnSums, others: IntArray) -> FloatArray:
        """Return X'Q at rows where the columns X are zero from their sums, shape (k, n_others)."""
        hat = sums.across @ self.across[others].T + sums.first[:, self.first[others]] * self.share[others]
        hat += np.einsum("kij,ij->ki", sums.inside[:, self.block[others]], self.inside[others])
        return np.asarray(-hat * self.weights[others])

    def compute_leverage(self) -> FloatArray:
        """Return the diagonal of WH, shape (n_rows,)."""
        added = np.einsum("ij,ij->i", self.inside, self.inside) + np.einsum("ij,ij->i", self.across, self.across)
        return np.asarray(self.weights * (self.share + added))


CELLS_AT_ONCE = 1_000_000
DENSE_LIMIT = 3_000
"""Rows up to which the projection is written out."""
MOST_KEPT = 6_000_000
"""Numbers up to which the loadings of all rows are kept: 48 megabytes."""
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
    dense: WrittenOut | None = None  # Q itself where it is small
    loadings: Loadings | None = None  # of all rows, where many questions about some rows are worth keeping them

    @property
    def weights(self) -> FloatArray:
        """Weights by row, shape (n_rows,)."""
        return self.elimination.weights

    @property
    def n_coefficients(self) -> int:
        """Number of levels and covariates."""
        return sum(int(n) for n in (*self.elimination.means.shape, self.elimination.across.shape[1]))

    def reweighted(self, weights: FloatArray) -> Annihilator:
        """Return that of other weights of the same rows."""
        return _write_out_small(factor_order(self.elimination.layout, weights))

    def with_loadings(self) -> Annihilator:
        """Return the same with the loadings of all rows kept, where these are not many."""
        if self.dense is not None or self.weights.size * self.root.shape[1] > MOST_KEPT:
            return self
        return replace(self, loadings=self.look_up(np.arange(self.weights.size)))

    def applied(self, columns: FloatArray) -> FloatArray:
        """Return Q times columns, shape (n_rows, k)."""
        return np.asarray(self.weights[:, None] * self.residualize(columns))

    def residualize(self, columns: FloatArray) -> FloatArray:
        """Return columns less what Z explains, rows of no weight less what the others predict, shape (n_rows, k)."""
        if columns.shape[1] == 0:
            return columns
        e = self.elimination
        w, left = self.weights[:, None], columns
        for _ in range(2):
            # The second round takes back what squaring the condition number cost the first.
            left = left - self._spread_over(slice(None), *self.solve_levels(*e.reduce(w * left)))
        return np.asarray(left)

    def block(self, left: IntArray, right: IntArray) -> FloatArray:
        """Return the block of Q for some rows, shape (n_left, n_right)."""
        if self.dense is not None:
            return self.dense.block(left, right)
        if self.loadings is not None:
            return self.loadings.get_block(left, right)
        if left is right:
            rows, places = np.unique(left, return_inverse=True)
            return self.look_up(rows).get_block(places, places)
        rows, places = np.unique(np.concatenate([left, right]), return_inverse=True)
        return self.look_up(rows).get_block(places[: left.size], places[left.size :])

    def gram(self, rows: IntArray, columns: FloatArray | scipy.sparse.csr_array) -> FloatArray:
        """Return X'QX for columns X that are zero outside the given rows, dummies best as a sparse array, (k, k)."""
        if self.dense is not None:
            return self.dense.gram(
                rows, columns.toarray() if isinstance(columns, scipy.sparse.csr_array) else columns
            )
        if self.loadings is not None:
            return self.loadings.compute_gram(self.loadings.sum_columns(rows, scipy.sparse.csr_array(columns)))
        weighted = self._weigh(rows, columns)
        return self._multiply_levels(columns, weighted, *self.elimination.reduce_some(rows, weighted))

    def _multiply_levels(
        self,
        columns: FloatArray | scipy.sparse.csr_array,
        weighted: scipy.sparse.csr_array,
        levels: IntArray,
        first: FloatArray,
        inside: FloatArray,
        rest: FloatArray,
    ) -> FloatArray:
        across = self.root.T @ rest
        shared = first.T @ (first * self.elimination.share[levels, None])
        squares = (scipy.sparse.csr_array(columns).T @ weighted).toarray()
        return np.asarray(squares - shared - inside.T @ inside - across.T @ across)

    def cross(self, rows: IntArray, columns: FloatArray, others: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return X'QX, (k, k), and X'Q at other rows, (k, n_others); X is zero but in the given rows."""
        if self.dense is not None:
            return self.dense.cross(rows, columns, others)
        if self.loadings is not None:
            of_columns = self.loadings.sum_columns(rows, scipy.sparse.csr_array(columns))
            return self.loadings.compute_gram(of_columns), self.loadings.cross(of_columns, others)
        weighted = self._weigh(rows, columns)
        levels, first, inside, rest = self.elimination.reduce_some(rows, weighted)
        sums = np.zeros((self.elimination.share.size, first.shape[1]))
        sums[levels] = first
        crossed = -(self._spread_over(others, *self.solve_levels(sums, inside, rest)) * self.weights[others][:, None])
        return self._multiply_levels(columns, weighted, levels, first, inside, rest), np.asarray(crossed.T)

    def compute_leverage(self) -> FloatArray:
        """Return the share of itself in each row's projection on Z, the diagonal of W^-1 (W - Q), shape (n_rows,)."""
        out = np.empty(self.weights.size)
        for rows in self.list_rows():
            out[rows] = self.look_up(rows).compute_leverage()
        return out

    def find_determined(self, rows: IntArray) -> BoolArray:
        """Say for which of some rows without weight the others determine the sum of effects and covariates.

        The others predict a generic sum of both exactly, with probability one, if and only if they do.
        """
        e, rng = self.elimination, np.random.default_rng(PROBE_SEED)
        first = rng.standard_normal((e.share.size, N_PROBES))[e.layout.first]
        largest = np.asarray(abs(e.across).max(axis=0).toarray()).ravel()
        scale = np.divide(1.0, largest, out=np.ones_like(largest), where=largest > 0)
        drawn = [rng.standard_normal((part.shape[1], N_PROBES)) for part in (e.layout.nested, e.across)]
        generic = first + e.layout.nested @ drawn[0] + e.across @ (scale[:, None] * drawn[1])
        return np.asarray(np.abs(self.residualize(generic)[rows]).max(axis=1, initial=0.0) < ZERO)

    def iterate_blocks(self, members: Sequence[IntArray]) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
        """Yield the blocks of Q of disjoint sets of rows, some of one size at a time.

        Yields ``which`` (n_sets,): places among the sets; ``rows`` (n_sets, size); ``blocks`` (n_sets, size, size).
        """
        if not members:
            return
        home = self.elimination.layout.row_blocks()
        order = sorted(range(len(members)), key=lambda k: (home[members[k][0]], members[k].size))
        sizes = np.cumsum([members[k].size for k in order]) * max(1, self.root.shape[1])
        for batch in np.split(np.array(order), np.flatnonzero(np.diff(sizes // CELLS_AT_ONCE)) + 1):
            rows = np.sort(np.concatenate([members[k] for k in batch]))
            loadings = None if self.dense is not None else self.look_up(rows)
            size = np.array([members[k].size for k in batch])
            for one in np.unique(size):
                which = batch[size == one]
                some = np.stack([members[k] for k in which])
                if self.dense is not None:
                    yield which, some, self.dense.block(some, some)
                elif loadings is not None:
                    places = np.searchsorted(rows, some)
                    yield which, some, loadings.get_block(places, places)

    def list_rows(self) -> list[IntArray]:
        """Cut the rows into runs, block by block, whose loadings are of moderate size."""
        step = max(1, CELLS_AT_ONCE // max(1, self.root.shape[1]))
        order = np.argsort(self.elimination.layout.row_blocks(), kind="stable")
        return [order[start : start + step] for start in range(0, order.size, step)]

    def look_up(self, rows: IntArray) -> Loadings:
        """Return the loadings of some rows: with them, entries of Q among these are products."""
        if self.loadings is not None:
            return self.loadings.take(rows)
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
        """Return loadings times values summed by group: what the largest effect, blocks and the rest have of them.

        The product of two groups' sums is their values' product through the projection.

        ``weighted`` (n_rows,): values times weights; ``groups`` (n_rows,). Returns (n_groups, n_first), sparse;
        (n_groups, rank), sparse unless that is slower; and (n_groups, n_kept).
        """
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
        return first, inside, (weighted @ e.across).toarray() - e.multiply_near(first, inside)

    def _weigh(self, rows: IntArray, columns: FloatArray | scipy.sparse.csr_array) -> scipy.sparse.csr_array:
        sparse = columns if isinstance(columns, scipy.sparse.csr_array) else scipy.sparse.csr_array(columns)
        return weigh_rows(self.weights[rows], sparse)

    def solve_levels(
        self, first: FloatArray, inside: FloatArray, rest: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return coefficients of A, E and D."""
        e = self.elimination
        across = self.root @ (self.root.T @ rest)
        explained = e.sums @ across
        nested = e.root @ (inside - e.root.T @ (e.cross @ across - e.means.T @ explained))
        return e.share[:, None] * (first - explained) - e.means @ nested, nested, across

    def _spread_over(
        self, rows: IntArray | slice, first: FloatArray, nested: FloatArray, across: FloatArray
    ) -> FloatArray:
        e = self.elimination
        values = first[e.layout.first[rows]] + e.across[rows] @ across
        return np.asarray(values + e.layout.nested[rows] @ nested if nested.size else values)


def build_annihilator(codes: Sequence[IntArray], covariates: FloatArray, weights: FloatArray) -> Annihilator:
    """Factor effects and covariates.

    ``codes`` (n_rows,); ``covariates`` (n_rows, n_covariates); ``weights`` (n_rows,).
    """
    return _write_out_small(factor_order(lay_out_elimination(codes, covariates), weights))


def _write_out_small(q: Annihilator) -> Annihilator:
    if q.weights.size > DENSE_LIMIT:
        return q
    rows = np.arange(q.weights.size)
    return replace(q, dense=WrittenOut(q.weights, q.look_up(rows).get_block(rows, rows)))


def factor_order(order: EliminationOrder, weights: FloatArray) -> Annihilator:
    """Factor effects in an order found before; never written out."""
    elimination = build_elimination(order, weights)
    return Annihilator(elimination, compute_root(*elimination.complement()))
