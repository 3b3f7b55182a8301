"""What the rows of one level of the largest effect share through a projection, level by level as full matrices.

With L the loadings of all rows, so that the projection is H W with H = L L', and K = L'WWL, a form is
(W H + H W - H W W H) / 2 among the rows of a level, H / 2 where all weights are one. A row's loadings are the
level's own, those inside its block (B), and what A and B leave of D: few columns of D, less B times E = B'WD of its
block. Products through C = (D'MD)^- therefore need C among those few columns, E C and E C E' alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import scipy

from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.elimination import Elimination, list_places, weigh_rows
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

# Sums of values times loadings by group: with them, groups' products through a projection are small matrices.

Matrix: TypeAlias = "scipy.sparse.csr_array | FloatArray"


@dataclass(frozen=True, slots=True, eq=False)
class LoadingSums:
    """Loadings times values summed by group, S: ``S S'`` are the values' products through H = Z (Z'WZ)^- Z'."""

    first: scipy.sparse.csr_array  # (n_groups, n_first): what the largest effect has of them
    inside: Matrix  # (n_groups, rank): what those inside blocks have
    # (n_groups, n_across): D'M times values; products are of one side's with the other's times (D'MD)^-
    rest: FloatArray

    def multiply(self, other: LoadingSums) -> FloatArray:
        """Return the products of these groups with the others, shape (n_groups, n_others)."""
        inside = self.inside @ other.inside.T
        near = (self.first @ other.first.T).toarray() + (
            inside.toarray() if scipy.sparse.issparse(inside) else inside
        )
        return np.asarray(near + self.rest @ other.rest.T)

    def less(self, other: LoadingSums) -> LoadingSums:
        """Return the difference of both."""
        return LoadingSums(
            scipy.sparse.csr_array(self.first - other.first), self.inside - other.inside, self.rest - other.rest
        )

    def solved(self, inverse: FloatArray) -> LoadingSums:
        """Return the sums with the rest times (D'MD)^-: one side of a product."""
        return LoadingSums(self.first, self.inside, self.rest @ inverse)

    def groups(self, part: slice) -> LoadingSums:
        """Return the sums of some groups."""
        return LoadingSums(self.first[part], self.inside[part], self.rest[part])


def sum_by_loading(q: Annihilator, values: scipy.sparse.csr_array) -> LoadingSums:
    """Return the sums for values by group, shape (n_groups, n_rows)."""
    return LoadingSums(*q.combine_loadings(values))


@dataclass(frozen=True, eq=False)
class LoadingSquares:
    """Products of all rows' loadings weighted by squared weights, K: ``S K S'`` are products through HWWH."""

    q: Annihilator
    squared: Elimination  # that of the annihilator, with sums of squared weights by level in place of weights
    near: scipy.sparse.csr_array  # (n_first + rank, n_first + rank)
    rest: FloatArray  # (n_across, n_across)

    @cached_property
    def first(self) -> scipy.sparse.csr_array:
        """A'WD times (A'WA)^-1/2, shape (n_first, n_across)."""
        e = self.q.elimination
        return scipy.sparse.csr_array(scipy.sparse.diags_array(np.sqrt(e.share)) @ e.sums)

    @cached_property
    def parts(self) -> tuple[scipy.sparse.csr_array, scipy.sparse.csr_array, scipy.sparse.csr_array]:
        """K of the largest effect (diagonal) and of those inside blocks, and between: with them, and among these."""
        n = self.q.elimination.share.size
        inside = self.near[n:]
        return (
            scipy.sparse.csr_array(self.near[:n, :n]),
            scipy.sparse.csr_array(inside[:, :n]),
            scipy.sparse.csr_array(inside[:, n:]),
        )

    def explain(self, blocks: IntArray) -> FloatArray:
        """Return products of B with D net of the largest effect, for some blocks, shape (n_columns, n_across)."""
        inner = self.parts[1][list_places(self.q.elimination.ends, blocks)]
        return np.asarray(self.squared.explain(blocks) - (inner @ self.first).toarray())

    @cached_property
    def explained(self) -> FloatArray | None:
        """The same of all blocks, None where that is large."""
        if self.q.elimination.explained is None:
            return None
        return np.vstack([self.explain(blocks) for blocks in self.q.elimination.list_blocks()])

    def halve(self, sums: LoadingSums) -> LoadingSums:
        """Return Y with ``Y S' + S Y' = S K S'`` for sums that are solved."""
        e, (diagonal, with_first, among) = self.q.elimination, self.parts
        along, across = sums.first @ with_first.T, sums.inside @ among
        first = scipy.sparse.csr_array(sums.first @ diagonal)
        rest = (
            sums.first @ scipy.sparse.diags_array(np.sqrt(e.share)) @ self.squared.sums - first @ self.first
        ).toarray()
        rest += self._multiply_explained(sums.inside) - e.multiply_explained(along + across)
        return LoadingSums(first * 0.5, along + across * 0.5, rest + sums.rest @ (0.5 * self.rest))

    def _multiply_explained(self, inside: Matrix) -> FloatArray:
        if self.explained is not None:
            return np.asarray(inside @ self.explained)
        near = inside @ self.parts[1] @ self.first
        return self.squared.multiply_explained(inside) - (near if isinstance(near, np.ndarray) else near.toarray())


def compute_loading_squares(q: Annihilator) -> LoadingSquares:
    """Return the products of loadings, weighted by the rows' squared weights."""
    e = q.elimination
    nested, by_first = e.layout.nested, q.first_dummies()
    weighted = weigh_rows(
        q.weights**2, scipy.sparse.csr_array(scipy.sparse.hstack([by_first, nested, e.across], format="csr"))
    )
    by_level, by_nested = scipy.sparse.csr_array(by_first.T @ weighted), scipy.sparse.csr_array(nested.T @ weighted)
    n_near = e.share.size + nested.shape[1]
    squared = replace(
        e, sums=scipy.sparse.csr_array(by_level[:, n_near:]), cross=scipy.sparse.csr_array(by_nested[:, n_near:])
    )
    # B = (E - AP) R, in columns of A and E.
    turn = scipy.sparse.block_array(
        [[scipy.sparse.diags_array(np.sqrt(e.share)), -e.means @ e.root], [None, e.root]], format="csr"
    )
    inner = scipy.sparse.vstack([by_level, by_nested], format="csr")[:, :n_near]
    some = LoadingSquares(q, squared, scipy.sparse.csr_array(turn.T @ inner @ turn), np.empty((0, 0)))
    return replace(some, rest=_square_rest(some, weighted[:, n_near:]))


def _square_rest(some: LoadingSquares, weighted: scipy.sparse.csr_array) -> FloatArray:
    """Return products of what A and B leave of D, weighted by squared weights, shape (n_across, n_across)."""
    e, (diagonal, _, among) = some.q.elimination, some.parts
    both = scipy.sparse.csr_array(scipy.sparse.diags_array(np.sqrt(e.share)) @ some.squared.sums)
    mixed = (some.first.T @ (diagonal @ some.first * 0.5 - both)).toarray()
    for blocks in e.list_blocks():
        places = list_places(e.ends, blocks)
        of_run = e.explain(blocks)
        mixed += of_run.T @ (0.5 * (among[places][:, places] @ of_run) - some.explain(blocks))
    return np.asarray((weighted.T @ e.across).toarray() + mixed + mixed.T)


MOST_NUMBERS = 60_000_000
LEVELS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class LevelForms:
    """Forms of the rows of every level."""

    first: IntArray  # (n_rows,): level of each row
    rows: IntArray  # (n_levels, most_rows): rows of each level; places beyond hold one of them again
    is_row: BoolArray  # (n_levels, most_rows)
    forms: FloatArray  # their upper triangles

    def holds(self, groups: IntArray) -> bool:
        """Whether each group lies within one level."""
        level = np.empty(int(groups.max()) + 1, dtype=np.int64)
        level[groups] = self.first
        return bool((level[groups] == self.first).all())

    def add_up(self, values: FloatArray, groups: IntArray) -> FloatArray:
        """Return the forms of each group's values, added up over groups, for each column, shape (k,)."""
        total, size = np.zeros(values.shape[1]), self.rows.shape[1]
        place = np.empty((size, size), dtype=np.int64)
        place[np.triu_indices(size)] = place.T[np.triu_indices(size)] = np.arange(self.forms.shape[1])
        for start in range(0, self.rows.shape[0], LEVELS_AT_ONCE):
            part = slice(start, start + LEVELS_AT_ONCE)
            rows, forms = self.rows[part], self.forms[part][:, place]
            of_rows = groups[rows]
            if (of_rows != of_rows[:, :1]).any():
                forms = forms * (of_rows[:, :, None] == of_rows[:, None, :])
            some = values[rows] * self.is_row[part][:, :, None]
            total += ((forms @ some) * some).sum(axis=(0, 1))
        return total


def compute_level_forms(q: Annihilator, squares: LoadingSquares | None) -> LevelForms | None:
    """Return the forms of every level of the largest effect, None where they are too large."""
    first = q.elimination.layout.first
    order, counts = np.argsort(first, kind="stable"), np.bincount(first)
    size = int(counts.max())
    if first.size * size > MOST_NUMBERS:
        return None
    place, is_row = np.arange(size), np.arange(size) < counts[:, None]
    rows = order[(np.cumsum(counts) - counts)[:, None] + np.where(is_row, place, 0)]
    upper = np.triu_indices(size)
    forms = np.empty((counts.size, upper[0].size))
    maker = _FormMaker.of(q, squares, rows)
    for levels, block in maker.list_runs():
        forms[levels] = maker.compute(levels, block)[:, upper[0], upper[1]]
    return LevelForms(first, rows, is_row, forms)


@dataclass(frozen=True, slots=True, eq=False)
class _FormMaker:
    """What the forms of all levels are made of; D's columns of a level are padded with its first."""

    q: Annihilator
    squares: LoadingSquares | None
    rows: IntArray
    inverse: FloatArray  # inverse, squared: (n_across, n_across): C, and C K C among what A and B leave of D
    squared: FloatArray | None
    columns: scipy.sparse.csr_array  # (n_first, n_across): columns of D that rows of each level have
    keys: IntArray  # (n_columns,): place of each of these in the matrix, ascending
    diagonal: FloatArray  # (n_first + rank,): diagonal of K

    @classmethod
    def of(cls, q: Annihilator, squares: LoadingSquares | None, rows: IntArray) -> _FormMaker:
        inverse = np.asarray(q.root @ q.root.T)
        squared = None if squares is None else np.asarray(inverse @ squares.rest @ inverse)
        columns = scipy.sparse.csr_array(q.first_dummies().T @ abs(q.elimination.across))
        columns.sort_indices()
        keys = np.repeat(np.arange(columns.shape[0]), np.diff(columns.indptr)) * columns.shape[1] + columns.indices
        diagonal = np.empty(0) if squares is None else squares.near.diagonal()
        return cls(q, squares, rows, inverse, squared, columns, keys, diagonal)

    def list_runs(self) -> Iterator[tuple[IntArray, _Block]]:
        """Yield levels with their block; an empty one, and many levels, where no effect is inside blocks."""
        e = self.q.elimination
        if not e.root.shape[1]:
            every, nothing = np.arange(e.share.size), np.empty((0, e.across.shape[1]))
            none = _Block(slice(0, 0), slice(0, 0), scipy.sparse.csr_array((0, self.near_width)), *[nothing] * 4)
            yield from ((every[k : k + LEVELS_AT_ONCE], none) for k in range(0, every.size, LEVELS_AT_ONCE))
            return
        home = np.empty(e.share.size, dtype=np.int64)
        home[e.layout.first] = e.layout.row_blocks()
        order = np.argsort(home, kind="stable")
        levels = np.split(order, np.flatnonzero(np.diff(home[order])) + 1)
        for run in e.list_blocks():
            begin, explained = e.ends[run[0]], e.explain(run)
            inner, through = scipy.sparse.csr_array((explained.shape[0], self.near_width)), explained @ self.inverse
            wide = explained, through, through, through
            if self.squares is not None and self.squared is not None:
                inner = self.squares.near[e.share.size + np.arange(begin, e.ends[run[-1] + 1])]
                wide = explained, through, explained @ self.squared, self.squares.explain(run) @ self.inverse
            for block in run:
                ranks = slice(e.ends[block] - begin, e.ends[block + 1] - begin)
                nested, columns = (
                    slice(int(ends[block]), int(ends[block + 1])) for ends in (e.layout.starts, e.ends)
                )
                yield levels[block], _Block(nested, columns, inner[ranks], *(part[ranks] for part in wide))

    @property
    def near_width(self) -> int:
        """Loadings of the largest effect and inside blocks."""
        return sum(int(n) for n in (self.q.elimination.share.size, self.q.elimination.root.shape[1]))

    def compute(self, levels: IntArray, block: _Block) -> FloatArray:
        """Return the forms of some levels of one block, (n_levels, most_rows, most_rows)."""
        e, rows, at = self.q.elimination, self.rows[levels], self._list_columns(levels)
        left = self._spread(e.across, rows.ravel(), levels, at).reshape(*rows.shape, at.shape[1])
        sums = self._spread(e.sums, levels, levels, at)
        left -= (e.share[levels, None] * sums)[:, None, :]
        inside = self._take_inside(rows, levels, block)
        through = _ColumnProducts.of(self.inverse, block.explained, block.through, at)
        shared = e.share[levels, None, None] + inside @ _turn(inside) + through.multiply(left, inside)
        if self.squares is None or self.squared is None:
            return np.asarray(shared / 2)
        weights = self.q.weights[rows]
        twice = (weights[:, :, None] + weights[:, None, :]) * shared
        twice -= _ColumnProducts.of(self.squared, block.explained, block.squared, at).multiply(left, inside)
        roots, diagonal = np.sqrt(e.share[levels]), self.diagonal[levels]
        direct = self._spread(self.squares.squared.sums, levels, levels, at) - diagonal[:, None] * sums
        to_own, square = block.inner[:, levels].toarray().T, block.square(e.share.size)
        # What both loadings have of K: their own part, and with what they leave of D through C.
        along = inside @ square @ _turn(inside) + (roots**2 * diagonal)[:, None, None]
        far = through.multiply_values(roots[:, None, None] * direct[:, None, :], left, inside)[:, 0]
        far -= (to_own[:, None, :] @ through.multiply_rows(left, inside))[:, 0]
        half = inside @ replace(through, product=block.crossed - square @ block.through).multiply_rows(left, inside)
        half += roots[:, None, None] * (far[:, None, :] + inside @ to_own[:, :, None])
        return np.asarray((twice - along - half - _turn(half)) / 2)

    def _list_columns(self, levels: IntArray) -> IntArray:
        """Return the columns of D of some levels, (n_levels, most_columns)."""
        starts, counts = self.columns.indptr[levels], np.diff(self.columns.indptr)[levels]
        place = np.arange(int(counts.max(initial=0)))
        at = starts[:, None] + np.where(place < counts[:, None], place, 0)
        return self.columns.indices[at].astype(np.int64) if place.size else np.empty((levels.size, 0), dtype=np.int64)

    def _spread(self, matrix: scipy.sparse.csr_array, taken: IntArray, levels: IntArray, at: IntArray) -> FloatArray:
        """Return some rows of a matrix, as many for each level, in the level's own columns."""
        some = scipy.sparse.csr_array(matrix[taken])
        row = np.repeat(np.arange(taken.size), np.diff(some.indptr))
        level = levels[row // max(1, taken.size // levels.size)]
        place = np.searchsorted(self.keys, level * self.columns.shape[1] + some.indices)
        out = np.zeros((taken.size, at.shape[1]))
        out[row, place - self.columns.indptr[level]] = some.data
        return out

    def _take_inside(self, rows: IntArray, levels: IntArray, block: _Block) -> FloatArray:
        """Return each row's loadings inside its block, (n_levels, most_rows, rank)."""
        e = self.q.elimination
        nested = e.layout.nested[rows.ravel()][:, block.nested].toarray().reshape(*rows.shape, -1)
        nested -= e.means[levels][:, block.nested].toarray()[:, None, :]
        return np.asarray(nested @ e.root[block.nested][:, block.columns].toarray())


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """A block of effects that meet the largest inside blocks."""

    nested: slice  # nested, columns: Its levels, and its columns of B
    columns: slice
    inner: scipy.sparse.csr_array  # (rank, n_near): its rows of K
    explained: FloatArray  # explained, through, squared: (rank, n_across): E, E C and E C K C
    through: FloatArray
    squared: FloatArray
    # (rank, n_across): products of B, weighted by squared weights, with D net of the largest effect, times C
    crossed: FloatArray

    def square(self, n_first: int) -> FloatArray:
        """Return K among its own columns."""
        among = slice(n_first + self.columns.start, n_first + self.columns.stop)
        return np.asarray(self.inner[:, among].toarray())


@dataclass(frozen=True, slots=True, eq=False)
class _ColumnProducts:
    """Products through a matrix C of what rows have of D: their few columns, less loadings in blocks times E."""

    explained: FloatArray  # explained, product: (rank, n_across): E, and E C
    product: FloatArray
    at: IntArray  # (n_levels, n_columns): columns of each level
    some: FloatArray  # (n_levels, n_columns, n_columns): C among the columns of each level

    @classmethod
    def of(cls, matrix: FloatArray, explained: FloatArray, product: FloatArray, at: IntArray) -> _ColumnProducts:
        return cls(explained, product, at, matrix[at[:, :, None], at[:, None, :]])

    def multiply_rows(self, left: FloatArray, inside: FloatArray) -> FloatArray:
        """Return the product's rows times what rows of levels have of D, (n_levels, rank, most_rows)."""
        of_columns = np.swapaxes(self.product[:, self.at], 0, 1)
        return np.asarray(of_columns @ _turn(left) - (self.product @ self.explained.T) @ _turn(inside))

    def multiply_values(self, values: FloatArray, left: FloatArray, inside: FloatArray) -> FloatArray:
        """Return values in the levels' columns times C times what rows have of D, (n_levels, n_values, most_rows)."""
        of_columns = np.swapaxes(self.product[:, self.at], 0, 1)
        return np.asarray(values @ self.some @ _turn(left) - (values @ _turn(of_columns)) @ _turn(inside))

    def multiply(self, left: FloatArray, inside: FloatArray) -> FloatArray:
        """Return the products of the rows of each level, (n_levels, most_rows, most_rows)."""
        return np.asarray(self.multiply_values(left, left, inside) - inside @ self.multiply_rows(left, inside))


def _turn(stack: FloatArray) -> FloatArray:
    return np.swapaxes(stack, 1, 2)
