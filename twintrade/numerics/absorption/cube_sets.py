"""What rows of many sets have in common within each set: their sums by level, and the projection made of these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.elimination import Elimination, list_places
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

MOST_WRITTEN_OUT = 20_000_000  # numbers up to which JK is written out: 160 megabytes
MOST_ACROSS = 1_000  # levels up to which their inverse is written out


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """J and JK: with K = (E - AP)'WD what E, without A, has in common with D, and J = RR' for blocks of E."""

    elimination: Elimination
    blocks: FloatArray | None  # (n_blocks, size, size): J where all blocks are of one size
    # (n_nested, n_across): JK where it is small: its products with all sets are then products of matrices
    written_out: FloatArray | None
    root: FloatArray  # (n_across, n_kept)
    inverse: FloatArray | None  # (n_across, n_across): the root times its transpose where that is small

    def solve(self, across: FloatArray) -> FloatArray:
        """Return (D'MD)^- times columns, shape (n_across, k)."""
        return np.asarray(self.root @ (self.root.T @ across) if self.inverse is None else self.inverse @ across)

    def invert(self, levels: FloatArray) -> FloatArray:
        """Return J times columns, shape (n_nested, k)."""
        if self.blocks is None:
            return np.asarray(self.elimination.root @ (self.elimination.turned_root @ levels))
        stacked = levels.reshape(self.blocks.shape[0], -1, levels.shape[1])
        return np.asarray((self.blocks @ stacked).reshape(levels.shape))

    def explain(self, across: FloatArray) -> FloatArray:
        """Return JK times columns, shape (n_nested, k)."""
        if self.written_out is not None:
            return np.asarray(self.written_out @ across)
        e = self.elimination
        return self.invert(e.cross @ across - e.means.T @ (e.sums @ across))

    def transpose(self, levels: FloatArray) -> FloatArray:
        """Return K'J times columns, shape (n_across, k)."""
        if self.written_out is not None:
            return np.asarray(self.written_out.T @ levels)
        e = self.elimination
        inverse = self.invert(levels)
        return np.asarray(e.cross.T @ inverse - e.sums.T @ (e.means @ inverse))


def build_nested(q: Annihilator) -> Nested:
    """Multiply roots, and write JK out unless it is large."""
    e = q.elimination
    sizes, ranks = np.diff(e.layout.starts), np.diff(e.ends)
    blocks = written_out = None
    if sizes.size and (sizes == sizes[0]).all() and (ranks == ranks[0]).all():
        roots = e.root.data.reshape(sizes.size, sizes[0], ranks[0])
        blocks = roots @ np.swapaxes(roots, 1, 2)
    n_nested, n_across = e.cross.shape
    if n_nested * n_across <= MOST_WRITTEN_OUT:
        written_out = np.zeros((n_nested, n_across))
        for run in e.list_blocks():
            levels, columns = list_places(e.layout.starts, run), list_places(e.ends, run)
            written_out[levels] = e.root[levels][:, columns] @ e.explain(run)
    inverse = q.root @ q.root.T if n_across <= MOST_ACROSS else None
    return Nested(e, blocks, written_out, q.root, inverse)


@dataclass(frozen=True, slots=True, eq=False)
class ByLevel:
    """A matrix of entries by level whose columns are by set, each entry in its own set's."""

    places: IntArray  # (n_nonzero,): level times the number of sets, plus the set
    # (n_nonzero,): entry and value; None where each entry is a one in one level
    factors: tuple[IntArray, FloatArray] | None

    def sum(self, values: FloatArray, n_levels: int, n_sets: int) -> FloatArray:
        """Return sums of entries by level and set, shape (n_levels, n_sets)."""
        if self.factors is not None:
            values = values[self.factors[0]] * self.factors[1]
        return sum_by_group(values, self.places, n_levels * n_sets).reshape(n_levels, n_sets)

    def spread(self, levels: FloatArray, n_entries: int) -> FloatArray:
        """Return what levels by set are in each entry, shape (n_entries,)."""
        values = levels.ravel()[self.places]
        return values if self.factors is None else sum_by_group(values * self.factors[1], self.factors[0], n_entries)


@dataclass(frozen=True, slots=True, eq=False)
class SetLevels:
    """Entries, each a row of a set, and their levels; A, E, D and P as in `elimination`, all levels of all sets."""

    q: Annihilator
    nested: Nested
    rows: IntArray  # rows, sets: (n_entries,)
    sets: IntArray
    n_sets: int
    weights: FloatArray  # (n_entries,)
    pair: IntArray  # (n_entries,): level of the largest effect times the number of sets, plus the set
    inside: ByLevel  # inside, across: E and D
    across: ByLevel

    @property
    def total(self) -> FloatArray:
        """Weights of the largest effect's levels by set, shape (n_first * n_sets,)."""
        return np.repeat(self.q.elimination.total, self.n_sets)

    def project(self, weighted: FloatArray) -> FloatArray:
        """Return Z (Z'WZ)^- Z' times weighted entries, set by set, shape (n_entries,)."""
        by_first, by_level, by_rest = self.solve(weighted)
        inside, across = self.inside.spread(by_level, weighted.size), self.across.spread(by_rest, weighted.size)
        return np.asarray(by_first.ravel()[self.pair] + across + inside)

    def project_to_all(self, weighted: FloatArray) -> FloatArray:
        """Return the same in every row of the data, shape (n_rows, n_sets)."""
        e = self.q.elimination
        by_first, by_level, by_rest = self.solve(weighted)
        return np.asarray(by_first[e.layout.first] + e.layout.nested @ by_level + e.across @ by_rest)

    def solve(self, weighted: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the levels' coefficients by set: of the largest effect, of those inside blocks and of the rest."""
        e = self.q.elimination
        n_nested, n_across = e.cross.shape
        share = e.share[:, None]
        first = sum_by_group(weighted, self.pair, e.share.size * self.n_sets).reshape(-1, self.n_sets)
        levels = self.inside.sum(weighted, n_nested, self.n_sets)
        levels -= e.turned_means @ first
        rest = self.across.sum(weighted, n_across, self.n_sets)
        rest -= e.turned_sums @ (share * first)
        rest -= self.nested.transpose(levels)
        by_rest = self.nested.solve(rest)
        by_level = self.nested.invert(levels)
        by_level -= self.nested.explain(by_rest)
        first -= e.sums @ by_rest
        first *= share
        first -= e.means @ by_level
        return first, by_level, by_rest

    def cross_products(self, columns: IntArray, home: IntArray) -> FloatArray:
        """Return C'QC of each set's dummies C, shape (n_sets, size, size) with size that of the largest set.

        ``columns`` (n_entries,); ``home`` (n_columns,): set of each column, ascending.
        """
        e = self.q.elimination
        sizes = np.bincount(home, minlength=self.n_sets)
        size = int(sizes.max(initial=0))
        wide = home * size + np.arange(home.size) - (np.cumsum(sizes) - sizes)[home]
        column, n = wide[columns], size * self.n_sets
        by_column = scipy.sparse.csr_array((self.weights, (column, self.rows)), shape=(n, e.layout.first.size))
        first = e.layout.first[self.rows]
        by_first = scipy.sparse.csr_array((self.weights, (column, first)), shape=(n, e.share.size))
        grams = np.zeros((self.n_sets, size, size))
        grams[:, np.arange(size), np.arange(size)] = np.bincount(column, self.weights, n).reshape(-1, size)
        pairs, pair = np.unique(self.pair, return_inverse=True)
        by_pair = scipy.sparse.csr_array((self.weights, (column, pair)), shape=(n, pairs.size))
        products = scipy.sparse.coo_array(
            by_pair @ scipy.sparse.diags_array(e.share[pairs // self.n_sets]) @ by_pair.T
        )
        left, right = products.coords
        grams[left // size, left % size, right % size] -= products.data
        shared = by_first @ scipy.sparse.diags_array(e.share)
        levels = (by_column @ e.layout.nested - by_first @ e.means).toarray().T
        rest = (by_column @ e.across - shared @ e.sums).toarray().T - self.nested.transpose(levels)
        for one, other in ((levels, self.nested.invert(levels)), (kept := self.q.root.T @ rest, kept)):
            before, after = (np.ascontiguousarray(part.T).reshape(self.n_sets, size, -1) for part in (one, other))
            grams -= before @ np.swapaxes(after, 1, 2)
        return grams


def find_set_levels(q: Annihilator, nested: Nested, rows: IntArray, sets: IntArray, n_sets: int) -> SetLevels:
    """Find the levels of the entries of several sets.

    ``rows``, ``sets`` (n_entries,).
    """
    e = q.elimination
    pair = e.layout.first[rows] * np.int64(n_sets) + sets
    inside, across = (_lay_out_by_set(part, rows, sets, n_sets) for part in (e.layout.nested, e.across))
    return SetLevels(q, nested, rows, sets, n_sets, q.weights[rows], pair, inside, across)


def _lay_out_by_set(matrix: scipy.sparse.csr_array, rows: IntArray, sets: IntArray, n_sets: int) -> ByLevel:
    """Return rows of a matrix whose columns are by set: each row has its own set's."""
    if matrix.nnz == matrix.shape[0] and (np.diff(matrix.indptr) == 1).all() and (matrix.data == 1).all():
        return ByLevel(matrix.indices[rows].astype(np.int64) * n_sets + sets, None)
    some = scipy.sparse.csr_array(matrix[rows])
    entries = np.repeat(np.arange(rows.size), np.diff(some.indptr))
    return ByLevel(some.indices.astype(np.int64) * n_sets + sets[entries], (entries, some.data))
