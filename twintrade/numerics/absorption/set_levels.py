"""What rows of many sets have in common within each set: their sums by level, and the projection made of these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy

from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.cube import Grid, find_grid, project_grid
from twintrade.numerics.absorption.elimination import Elimination, list_places
from twintrade.numerics.absorption.levels import recode_levels
from twintrade.numerics.arrays import FloatArray, IntArray, compact, find_starts, number_values, sum_by_group

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
            return np.asarray(self.elimination.root @ (self.elimination.root.T @ levels))
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
        rest -= e.sums.T @ (share * first)
        rest -= self.nested.transpose(levels)
        by_rest = self.nested.solve(rest)
        by_level = self.nested.invert(levels)
        by_level -= self.nested.explain(by_rest)
        first -= e.sums @ by_rest
        first *= share
        first -= e.means @ by_level
        return first, by_level, by_rest

    def cross_products(self, columns: IntArray, home: IntArray) -> FloatArray:
        """Return C'QC of each set's dummies C, (n_sets, size, size); ``home`` (n_columns,): set of each."""
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


def lay_out_by_set(matrix: scipy.sparse.csr_array, rows: IntArray, sets: IntArray, n_sets: int) -> ByLevel:
    """Return rows of a matrix whose columns are by set: each row has its own set's."""
    if matrix.nnz == matrix.shape[0] and (np.diff(matrix.indptr) == 1).all() and (matrix.data == 1).all():
        return ByLevel(matrix.indices[rows].astype(np.int64) * n_sets + sets, None)
    some = scipy.sparse.csr_array(matrix[rows])
    entries = np.repeat(np.arange(rows.size), np.diff(some.indptr))
    return ByLevel(some.indices.astype(np.int64) * n_sets + sets[entries], (entries, some.data))


# The projection off the effects of a complete panel, from sums over those rows alone where columns are not zero.

EXPLAINED = 1e-10  # share of a covariate's squares from which on effects and other covariates leave something of it
FILLED = 0.03  # share of columns by levels that have a sum from which on all are written out


@dataclass(frozen=True, slots=True, eq=False)
class _PeriodEffect:
    """An effect by period, of all units or of those of one city or partner."""

    code: IntArray  # (n_rows,): its level times the number of periods, plus the period
    n_levels: int
    n_units: int  # units with a row in each of its periods


@dataclass(frozen=True, eq=False)
class CompleteRows:
    """Effects and covariates of a complete two-way panel, or of a complete cube, without weights: Q = I - H."""

    grid: Grid
    first: IntArray  # (n_rows,): unit, or dyad
    sides: tuple[_PeriodEffect, ...]
    covariates: FloatArray  # (n_rows, rank): net of the effects, orthonormal

    @property
    def n_periods(self) -> int:
        """Rows of each unit."""
        return int(self.grid.shape[-1])

    @property
    def n_first(self) -> int:
        """Number of units."""
        return int(self.first.size // self.n_periods)

    @cached_property
    def weights(self) -> FloatArray:
        """A one for each row."""
        return np.ones(self.first.size)

    @property
    def n_coefficients(self) -> int:
        """Number of levels and covariates."""
        return int(self.n_first + self.n_periods * sum(s.n_levels for s in self.sides) + self.covariates.shape[1])

    def list_levels(self) -> list[tuple[IntArray, FloatArray]]:
        """Return the level of each row, (n_rows,), and the rows of each level, (n_levels,), in every effect."""
        sizes = [(side.code, side.n_levels * self.n_periods, side.n_units) for side in self.sides]
        every = [(self.first, self.n_first, self.n_periods), *sizes]
        return [(code, np.full(n_levels, float(n_rows))) for code, n_levels, n_rows in every]

    def residualize(self, columns: FloatArray) -> FloatArray:
        """Return columns less what effects and covariates explain, shape (n_rows, k)."""
        net = project_grid(self.grid, columns)[0]
        return np.asarray(net - self.covariates @ (self.covariates.T @ net))


def build_complete_rows(codes: Sequence[IntArray], covariates: FloatArray) -> CompleteRows | None:
    """Lay out the effects and covariates of a complete panel; None for others."""
    grid = find_grid(recode_levels(codes))
    if grid is None:
        return None
    position = np.arange(codes[0].size) if grid.position is None else grid.position
    *places, period = np.unravel_index(position, grid.shape)
    first, n_periods = position // grid.shape[-1], grid.shape[-1]
    if len(grid.shape) == 2:
        # Axes are in the order of the effects: either may be the one with fewer levels.
        sides = [_PeriodEffect(period, 1, grid.shape[0])]
    else:
        n_cities, n_partners, _ = grid.shape
        sides = [
            _PeriodEffect(places[0] * n_periods + period, n_cities, n_partners),
            _PeriodEffect(places[1] * n_periods + period, n_partners, n_cities),
        ]
    return CompleteRows(grid, first, tuple(sides), _orthonormalize(grid, covariates))


def _orthonormalize(grid: Grid, covariates: FloatArray) -> FloatArray:
    if not covariates.shape[1]:
        return covariates
    scale = np.linalg.norm(covariates, axis=0)
    net = project_grid(grid, project_grid(grid, covariates / np.where(scale > 0, scale, 1.0))[0])[0]
    values, vectors = np.linalg.eigh(net.T @ net)
    kept = values > EXPLAINED
    return np.asarray(net @ (vectors[:, kept] / np.sqrt(values[kept])))


@dataclass(frozen=True, eq=False)
class _Places:
    """Tables by level and period, of the levels alone that entries of a set have."""

    cell: IntArray  # (n_entries,): row of the table times the number of periods, plus the period
    sets: IntArray  # sets, levels: (n_table_rows,)
    levels: IntArray

    @cached_property
    def starts(self) -> IntArray:
        """The first row of each set."""
        return find_starts(self.sets)

    @cached_property
    def group(self) -> IntArray:
        """Which of the sets each row belongs to."""
        return compact(self.sets)


@dataclass(frozen=True, eq=False)
class CompleteLevels:
    """Entries of several sets, each a row with a weight of its own: rows of one cohort may stand as one."""

    q: CompleteRows
    rows: IntArray  # rows, sets, weights: (n_entries,)
    sets: IntArray
    n_sets: int
    weights: FloatArray

    @cached_property
    def pair(self) -> IntArray:
        """The unit of each entry in its set, without gaps, shape (n_entries,)."""
        return compact(self.sets * np.int64(self.q.n_first) + self.q.first[self.rows])

    @cached_property
    def share(self) -> FloatArray:
        """One over the weights of each unit's rows, shape (n_pairs,)."""
        weight = np.ones(int(self.pair.max(initial=-1)) + 1)
        weight[self.pair] = self.weights
        return np.asarray(1 / (weight * self.q.n_periods))

    @cached_property
    def places(self) -> list[_Places]:
        """Each entry's place in the tables of the sides."""
        size, out = self.q.n_periods, []
        for side in self.q.sides:
            code = side.code[self.rows]
            levels, keys = number_values(self.sets * np.int64(side.n_levels) + code // size)
            out.append(_Places(levels * size + code % size, *np.divmod(keys, side.n_levels)))
        return out

    @cached_property
    def covariates(self) -> FloatArray:
        """Covariates of the entries, shape (n_entries, rank)."""
        return self.q.covariates[self.rows]

    def project(self, weighted: FloatArray) -> FloatArray:
        """Return H times weighted entries, set by set, at the entries, shape (n_entries,)."""
        first, sides, slopes = self._solve(weighted)
        out = (first * self.share)[self.pair]
        for table, places in zip(sides, self.places, strict=True):
            out += table.ravel()[places.cell]
        for values, slope in zip(self.covariates.T, slopes, strict=True):
            out += values * slope[self.sets]
        return np.asarray(out)

    def project_to_all(self, weighted: FloatArray) -> FloatArray:
        """Return the same in every row of the data, shape (n_rows, n_sets)."""
        _, sides, slopes = self._solve(weighted)
        out = self.q.covariates @ slopes
        key = self.q.first[self.rows] * np.int64(self.n_sets) + self.sets
        first = sum_by_group(weighted / self.q.n_periods, key, self.q.n_first * self.n_sets)
        out += first.reshape(-1, self.n_sets)[self.q.first]
        off = np.zeros((self.n_sets, self.q.n_periods))
        for table, places, side in zip(sides, self.places, self.q.sides, strict=True):
            whole = np.repeat(-off[:, None], side.n_levels, axis=1)
            whole[places.sets, places.levels] = table
            out += whole.reshape(self.n_sets, -1).T[side.code]
            off = whole.mean(axis=1)
        return np.asarray(out)

    def _solve(self, weighted: FloatArray) -> tuple[FloatArray, list[FloatArray], FloatArray]:
        """Return sums by unit, tables of the sides, each net of those before it, and slopes of covariates."""
        sides: list[FloatArray] = []
        size, off = self.q.n_periods, None
        for side, places in zip(self.q.sides, self.places, strict=True):
            table = np.bincount(places.cell, weighted, places.sets.size * size).reshape(-1, size) / side.n_units
            table -= table.mean(axis=1, keepdims=True)
            if off is not None:
                table -= off[places.group]
            off = np.add.reduceat(table, places.starts, axis=0) / side.n_levels
            sides.append(table)
        slopes = sum_by_group(weighted[:, None] * self.covariates, self.sets, self.n_sets).T
        return sum_by_group(weighted, self.pair, self.share.size), sides, slopes

    def cross_products(self, columns: IntArray, home: IntArray) -> FloatArray:
        """Return C'QC of each set's dummies C, (n_sets, size, size); ``home`` (n_columns,): set of each."""
        sizes = np.bincount(home, minlength=self.n_sets)
        size = int(sizes.max(initial=0))
        column = (home * size + np.arange(home.size) - (np.cumsum(sizes) - sizes)[home])[columns]
        grams = np.zeros((self.n_sets, size, size))
        diagonal = sum_by_group(self.weights, column, self.n_sets * size).reshape(self.n_sets, size)
        grams[:, np.arange(size), np.arange(size)] = diagonal
        for level, root, sign in self._list_means():
            grams -= sign * _multiply_sums(grams.shape, column, level, self.weights * root)
        return grams

    def _list_means(self) -> Iterator[tuple[IntArray, FloatArray | float, int]]:
        """Yield means that add up to H: levels in their sets, roots of a row's share, -1 to take one off."""
        n_periods, ends = self.q.n_periods, np.zeros(self.n_sets + 1, dtype=np.int64)
        np.maximum.at(ends, self.sets + 1, self.pair + 1)
        yield self.pair - ends[self.sets], np.sqrt(self.share)[self.pair], 1
        n_units = 1
        for side in self.q.sides:
            code = side.code[self.rows]
            n_units *= side.n_units
            yield code, side.n_units**-0.5, 1
            yield code // n_periods, (side.n_units * n_periods) ** -0.5, -1
        if len(self.q.sides) > 1:
            yield code % n_periods, n_units**-0.5, -1
            yield np.zeros_like(code), (n_units * n_periods) ** -0.5, 1
        for values in self.covariates.T:
            yield np.zeros_like(self.pair), values, 1


def _multiply_sums(shape: tuple[int, ...], column: IntArray, level: IntArray, values: FloatArray) -> FloatArray:
    """Return products of columns' sums by level, set by set; a column's number tells its set."""
    n_sets, size, _ = shape
    n_levels = int(level.max(initial=0)) + 1
    if column.size > FILLED * n_sets * size * n_levels:
        sums = sum_by_group(values, column * np.int64(n_levels) + level, n_sets * size * n_levels)
        by_set = sums.reshape(n_sets, size, n_levels)
        return np.asarray(by_set @ by_set.swapaxes(1, 2))
    out = np.zeros(shape)
    places = column, column // size * np.int64(n_levels) + level
    by_level = scipy.sparse.csr_array((values, places), shape=(n_sets * size, n_sets * n_levels))
    products = scipy.sparse.coo_array(by_level @ by_level.T)
    left, right = products.coords
    out[left // size, left % size, right % size] = products.data
    return out
