"""What rows of many sets have in common within each set: their sums by level, and the projection made of these."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.elimination import Elimination
from twintrade.numerics.absorption.elimination_order import list_places
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

MOST_WRITTEN_OUT = 20_000_000
"""Numbers up to which JK is written out: 160 megabytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """J and JK: with K = (E - AP)'WD what E, without A, has in common with D, and J = RR' for blocks of E.

    Attributes
    ----------
    elimination : Elimination
    blocks : FloatArray or None, shape (n_blocks, size, size)
        J where all blocks are of one size.
    written_out : FloatArray or None, shape (n_nested, n_across)
        JK where it is small: its products with all sets are then products of matrices.
    """

    elimination: Elimination
    blocks: FloatArray | None
    written_out: FloatArray | None

    def invert(self, levels: FloatArray) -> FloatArray:
        """Return J times columns, shape (n_nested, k)."""
        if self.blocks is None:
            root = self.elimination.root
            return np.asarray(root @ (root.T @ levels))
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


def build_nested(e: Elimination) -> Nested:
    """Multiply roots of blocks, and write JK out unless it is large."""
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
    return Nested(e, blocks, written_out)


@dataclass(frozen=True, slots=True, eq=False)
class SetLevels:
    """Entries, each a row of a set, and the levels that they touch; A, E, D and P as in `elimination`.

    A pair is a level of the largest effect in a set. Levels of E and D by set are places in a matrix of all of them.

    Attributes
    ----------
    q : Annihilator
    nested : Nested
    n_sets : int
    weights : FloatArray, shape (n_entries,)
    pair : IntArray, shape (n_entries,)
    share, total : FloatArray, shape (n_pairs,)
        One over the weights of a pair's level, and these.
    inside, means : sparse array, shape (n_entries, n_nested * n_sets) and (n_pairs, n_nested * n_sets)
        E and P by set.
    across, sums : sparse array, shape (n_entries, n_across * n_sets) and (n_pairs, n_across * n_sets)
        D and A'WD by set.
    """

    q: Annihilator
    nested: Nested
    n_sets: int
    weights: FloatArray
    pair: IntArray
    share: FloatArray
    total: FloatArray
    inside: sp.csr_array
    means: sp.csr_array
    across: sp.csr_array
    sums: sp.csr_array

    def project(self, weighted: FloatArray) -> FloatArray:
        """Return Z (Z'WZ)^- Z' times weighted entries, set by set, shape (n_entries,)."""
        first = sum_by_group(weighted, self.pair, self.share.size)
        levels = self.inside.T @ weighted - self.means.T @ first
        levels = levels.reshape(-1, self.n_sets)
        rest = self.across.T @ weighted - self.sums.T @ (self.share * first)
        rest = rest.reshape(-1, self.n_sets) - self.nested.transpose(levels)
        solved = self.q.root @ (self.q.root.T @ rest)
        by_level = (self.nested.invert(levels) - self.nested.explain(solved)).ravel()
        by_pair = self.share * (first - self.sums @ solved.ravel()) - self.means @ by_level
        return np.asarray(by_pair[self.pair] + self.across @ solved.ravel() + self.inside @ by_level)

    def cross_products(self, columns: IntArray, home: IntArray) -> FloatArray:
        """Return C'QC of each set's dummies C, shape (n_sets, size, size) with size that of the largest set.

        Parameters
        ----------
        columns : IntArray, shape (n_entries,)
        home : IntArray, shape (n_columns,)
            Set of each column, ascending.
        """
        sizes = np.bincount(home, minlength=self.n_sets)
        size = int(sizes.max(initial=0))
        wide = home * size + np.arange(home.size) - (np.cumsum(sizes) - sizes)[home]
        column, n = wide[columns], size * self.n_sets
        by_column = sp.csr_array((self.weights, (column, np.arange(column.size))), shape=(n, column.size))
        by_pair = sp.csr_array((self.weights, (column, self.pair)), shape=(n, self.share.size))
        shared = sp.csr_array(by_pair @ sp.diags_array(self.share))
        grams = np.zeros((self.n_sets, size, size))
        grams[:, np.arange(size), np.arange(size)] = np.bincount(column, self.weights, n).reshape(-1, size)
        products = sp.coo_array(shared @ by_pair.T)
        left, right = products.coords
        grams[left // size, left % size, right % size] -= products.data
        levels = self._merge(by_column, self.inside) - self._merge(by_pair, self.means)
        rest = self._merge(by_column, self.across) - self._merge(shared, self.sums) - self.nested.transpose(levels)
        for one, other in ((levels, self.nested.invert(levels)), (kept := self.q.root.T @ rest, kept)):
            first, second = (np.ascontiguousarray(part.T).reshape(self.n_sets, size, -1) for part in (one, other))
            grams -= first @ np.swapaxes(second, 1, 2)
        return grams

    def _merge(self, by_column: sp.csr_array, by_set: sp.csr_array) -> FloatArray:
        """Return sums by column over entries or pairs of what is laid out by set, shape (n_levels, n_columns)."""
        shape = by_set.shape[0], by_set.shape[1] // self.n_sets
        plain = sp.csr_array((by_set.data, by_set.indices // self.n_sets, by_set.indptr), shape=shape)
        return np.asarray((by_column @ plain).toarray().T)


def find_set_levels(q: Annihilator, nested: Nested, rows: IntArray, sets: IntArray, n_sets: int) -> SetLevels:
    """Find the levels that the entries of several sets touch.

    Parameters
    ----------
    q : Annihilator
    nested : Nested
    rows, sets : IntArray, shape (n_entries,)
    n_sets : int
    """
    e = q.elimination
    pairs, pair = np.unique(e.layout.first[rows] * np.int64(n_sets) + sets, return_inverse=True)
    levels, of_pair = np.divmod(pairs, n_sets)
    return SetLevels(
        q=q,
        nested=nested,
        n_sets=n_sets,
        weights=q.weights[rows],
        pair=pair,
        share=e.share[levels],
        total=e.total[levels],
        inside=_lay_out_by_set(e.layout.nested[rows], sets, n_sets),
        means=_lay_out_by_set(e.means[levels], of_pair, n_sets),
        across=_lay_out_by_set(e.across[rows], sets, n_sets),
        sums=_lay_out_by_set(e.sums[levels], of_pair, n_sets),
    )


def _lay_out_by_set(matrix: sp.csr_array, sets: IntArray, n_sets: int) -> sp.csr_array:
    """Return a matrix whose columns are by set: each row has its own set's."""
    n_places = matrix.shape[1] * n_sets
    places = matrix.indices.astype(np.int64) * n_sets + np.repeat(sets, np.diff(matrix.indptr))
    short = places.astype(np.int32) if n_places < np.iinfo(np.int32).max else places
    return sp.csr_array((matrix.data, short, matrix.indptr), shape=(matrix.shape[0], n_places))
