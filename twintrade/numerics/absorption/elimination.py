"""How fixed effects are eliminated one after another: the largest, those that meet it inside blocks only, the rest.

Z = [A E D]: A dummies of the largest effect (dyads), E of effects whose levels meet those of A in small blocks only
(city-periods; a block is a city), D of all others (partner-periods, covariates). With P = (A'WA)^- A'WE and R, block
by block, a root of a generalized inverse of E'WE - P'A'WAP, B = (E - AP) R is what E adds to A. Then
M = W - WA(A'WA)^-A'W - WBB'W takes both out, and D'MD is the Schur complement of what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np
import scipy

from twintrade.numerics.absorption.cube import Cube, find_cube, find_grouping
from twintrade.numerics.absorption.levels import compute_pivoted_cholesky, drop_nested, recode_levels
from twintrade.numerics.arrays import FloatArray, IntArray, compact, sum_by_group

SPARSEST = 12.0  # cells of a cube for each row up to which products of its tables take less time than sums of rows

# In which order fixed effects are eliminated: the largest, those that meet it inside blocks only, the rest.


@dataclass(frozen=True, eq=False)
class EliminationOrder:
    """In which order effects are eliminated: what no weights change."""

    first: IntArray  # (n_rows,): level of the largest effect
    nested: scipy.sparse.csr_array  # (n_rows, n_nested): E, its levels sorted by block
    starts: IntArray  # (n_blocks + 1,): first level of each block
    across: scipy.sparse.csr_array  # (n_rows, n_levels): D without covariates
    covariates: FloatArray  # (n_rows, n_covariates)

    def list_codes(self) -> list[IntArray]:
        """Return the level of each row in every effect, each of shape (n_rows,)."""
        parts = [part.indices.reshape(self.first.size, -1).T for part in (self.nested, self.across)]
        return [self.first, *(np.asarray(code, dtype=np.int64) for part in parts for code in part)]

    def list_coefficients(self) -> list[IntArray]:
        """Return the place of each row's coefficient among those of A, E and D, in every effect, (n_rows,) each."""
        begins = np.cumsum([0, int(self.first.max()) + 1, self.nested.shape[1]])
        counts = 1, self.nested.indices.size // self.first.size, self.across.indices.size // self.first.size
        return [code + begin for code, begin in zip(self.list_codes(), np.repeat(begins, counts), strict=True)]

    @cached_property
    def cube(self) -> Cube | None:
        """The cube of the three largest effects, if any others are of groups of its dyads by period; else None."""
        if self.covariates.shape[1]:
            return None
        codes = recode_levels(self.list_codes()).codes
        by_size = sorted(range(len(codes)), key=lambda k: -codes[k].max(initial=0))
        largest, others = sorted(by_size[:3]), by_size[3:]
        levels = recode_levels([codes[k] for k in largest])
        for dyad in map(largest.index, by_size[:3]):
            cube = find_cube(levels, SPARSEST, dyad)
            if cube is None:
                break
            groupings = [find_grouping(cube, codes[k]) for k in others]
            if all(of.size for of in groupings):
                places = *(largest[k] for k in cube.places), *others
                return replace(cube, places=places, groupings=groupings)
        return None

    def row_blocks(self) -> IntArray:
        """Return the block of each row, shape (n_rows,); its level of the largest effect where no other is inside."""
        if not self.nested.shape[1]:
            return self.first
        level = self.nested.indices[self.nested.indptr[:-1]]
        return np.asarray(np.searchsorted(self.starts, level, side="right") - 1)


def lay_out_elimination(codes: Sequence[IntArray], covariates: FloatArray) -> EliminationOrder:
    """Choose the order that costs least."""
    known = recode_levels(codes)
    kept = drop_nested(known)
    begin = max(kept, key=lambda k: known.sizes[k])
    others = [k for k in kept if k != begin]
    first, sizes = known.codes[begin], [known.sizes[k] for k in others]
    inside, blocks = _choose_nested(first, [known.codes[k] for k in others], sizes)
    sorted_by_block = np.argsort(blocks, kind="stable")
    position = np.empty_like(sorted_by_block)
    position[sorted_by_block] = np.arange(sorted_by_block.size)
    ends = np.cumsum([0, *(sizes[k] for k in inside)])
    nested = [position[known.codes[others[k]] + start] for k, start in zip(inside, ends, strict=False)]
    rest = [k for k in range(len(others)) if k not in inside]
    ends = np.cumsum([0, *(sizes[k] for k in rest)])
    across = [known.codes[others[k]] + start for k, start in zip(rest, ends, strict=False)]
    return EliminationOrder(
        first=first,
        nested=_build_dummies(nested, first.size, blocks.size),
        starts=np.concatenate([[0], np.cumsum(np.bincount(blocks))]) if blocks.size else np.zeros(1, dtype=np.int64),
        across=_build_dummies(across, first.size, int(ends[-1])),
        covariates=covariates,
    )


def _choose_nested(
    first: IntArray, codes: Sequence[IntArray], sizes: Sequence[int]
) -> tuple[tuple[int, ...], IntArray]:
    """Return the effects to eliminate inside blocks, and the block of each of their levels, one after the other."""
    total = sum(sizes)
    best: tuple[int, ...] = ()
    blocks, least = np.empty(0, dtype=np.int64), float(total) ** 3
    for count in range(1, len(codes) + 1):
        for chosen in combinations(range(len(codes)), count):
            n_across = total - sum(sizes[k] for k in chosen)
            block_of_level = _find_blocks(first, [codes[k] for k in chosen], [sizes[k] for k in chosen])
            block_sizes = np.bincount(block_of_level).astype(np.float64)
            cost = 3 * float((block_sizes**3).sum() + block_sizes.sum() * n_across**2) + float(n_across) ** 3
            if cost < least:
                best, blocks, least = chosen, block_of_level, cost
    return best, blocks


def _find_blocks(first: IntArray, codes: Sequence[IntArray], sizes: Sequence[int]) -> IntArray:
    """Number the connected components of the levels of some effects and the largest one."""
    n_first = int(first.max()) + 1
    ends = np.cumsum([n_first, *sizes])
    graph = scipy.sparse.coo_array(
        (
            np.ones(first.size * len(codes), dtype=np.int8),
            (np.tile(first, len(codes)), np.concatenate([c + e for c, e in zip(codes, ends, strict=False)])),
        ),
        shape=(int(ends[-1]), int(ends[-1])),
    )
    labels = scipy.sparse.csgraph.connected_components(graph, directed=False)[1][n_first:]
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _build_dummies(codes: Sequence[IntArray], n_rows: int, n_levels: int) -> scipy.sparse.csr_array:
    """Return dummies of several effects side by side; codes are places among their columns."""
    if not codes:
        return scipy.sparse.csr_array((n_rows, n_levels))
    columns = np.column_stack(codes).astype(np.int32)
    ends = np.arange(n_rows + 1, dtype=np.int32 if columns.size < 2**31 else np.int64) * len(codes)
    return scipy.sparse.csr_array((np.ones(columns.size), columns.ravel(), ends), shape=(n_rows, n_levels))


def list_places(starts: IntArray, blocks: IntArray) -> IntArray:
    """Return the places of some blocks one after the other."""
    sizes = np.diff(starts)[blocks]
    return np.repeat(starts[blocks] - (np.cumsum(sizes) - sizes), sizes) + np.arange(int(sizes.sum()))


CELLS_AT_ONCE = 300_000
FILLED = 0.05
MOST_KEPT = 6_000_000  # numbers up to which B'WD is kept: 48 megabytes
NOTHING_LEFT = 1e-20
"""Share of a covariate's squares within levels of the largest effect below which it is constant there."""
NO_RANK = 1e-13
CLEAR = 1e-6
"""Sums of a block's rows, in its largest total, up to which they are zero, and pivots from which on it has rank."""


@dataclass(frozen=True, eq=False)
class Elimination:
    """The effects under given weights, with A and E taken out of D."""

    layout: EliminationOrder
    weights: FloatArray  # (n_rows,)
    # total, share: (n_first,): sum of weights in each level of the largest effect, and one over it, 0 where there is
    # none
    total: FloatArray
    share: FloatArray
    means: scipy.sparse.csr_array  # (n_first, n_nested): P
    root: scipy.sparse.csr_array  # (n_nested, rank): R
    ends: IntArray  # (n_blocks + 1,): first column of R of each block
    across: scipy.sparse.csr_array  # (n_rows, n_across): D; covariates are net of the largest effect
    sums: scipy.sparse.csr_array  # (n_first, n_across): A'WD
    cross: scipy.sparse.csr_array  # (n_nested, n_across): E'WD

    def restricted(self, rows: IntArray) -> Elimination:
        """Return the elimination among some rows alone; those of disjoint sets of blocks add up."""
        layout = self.layout
        nested, starts = layout.nested[rows], layout.starts
        if nested.shape[1]:
            blocks = np.unique(layout.row_blocks()[rows])
            nested = scipy.sparse.csr_array(nested[:, list_places(starts, blocks)])
            starts = np.concatenate([[0], np.cumsum(np.diff(starts)[blocks])])
        across, none = scipy.sparse.csr_array(self.across[rows]), np.empty((rows.size, 0))
        some = EliminationOrder(compact(layout.first[rows]), nested, starts, across, none)
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
        levels = list_places(self.layout.starts, blocks)
        return self._turn(blocks, (self.cross[levels] - self.turned_means[levels] @ self.sums).toarray())

    @cached_property
    def turned_means(self) -> scipy.sparse.csr_array:
        """P', shape (n_nested, n_first); a transpose takes as long as a product with it."""
        return scipy.sparse.csr_array(self.means.T)

    def multiply_explained(self, inside: scipy.sparse.csr_array | FloatArray) -> FloatArray:
        """Return values of B times B'WD, shape (k, n_across): through levels where B'WD of all blocks is large."""
        if self.explained is not None:
            return np.asarray(inside @ self.explained)
        levels = self.root @ inside.T
        out = (self.cross.T @ levels - self.sums.T @ (self.means @ levels)).T
        return out if isinstance(out, np.ndarray) else np.asarray(out.toarray())

    @cached_property
    def explained(self) -> FloatArray | None:
        """B'WD of all blocks, None where that is large."""
        if self.root.shape[1] * self.across.shape[1] > MOST_KEPT or not self.root.shape[1]:
            return None
        return np.vstack([self.explain(blocks) for blocks in self.list_blocks()])

    def _turn(self, blocks: IntArray, values: FloatArray) -> FloatArray:
        """Return R'v for values of the levels of some blocks: as one product where all blocks have one shape."""
        sizes, ranks = np.diff(self.layout.starts), np.diff(self.ends)
        size, rank = int(sizes[0]), int(ranks[0])
        if (sizes == size).all() and (ranks == rank).all():
            roots = self.root.data.reshape(sizes.size, size, rank)[blocks]
            turned = np.swapaxes(roots, 1, 2) @ values.reshape(blocks.size, size, values.shape[1])
            return np.asarray(turned.reshape(blocks.size * rank, values.shape[1]))
        root = self.root[list_places(self.layout.starts, blocks)][:, list_places(self.ends, blocks)]
        return np.asarray(root.T @ values)

    def reduce(self, weighted: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return A'Wv, B'Wv and D'Mv from weighted values of all rows."""
        first = sum_by_group(weighted, self.layout.first, self.share.size)
        inside = np.asarray(self.root.T @ (self.layout.nested.T @ weighted - self.means.T @ first))
        return first, inside, self.compute_rest(first, inside, self.across.T @ weighted)

    def list_blocks(self) -> list[IntArray]:
        """Cut the blocks into runs whose B'WD is of moderate size."""
        blocks = np.arange(self.layout.starts.size - 1)
        cells = np.cumsum(np.diff(self.layout.starts)[blocks]) * max(self.across.shape[1], 1)
        return list(np.split(blocks, np.flatnonzero(np.diff(cells // CELLS_AT_ONCE)) + 1)) if blocks.size else []

    def complement(self, explained: list[FloatArray] | None = None) -> tuple[FloatArray, FloatArray]:
        """Return D'MD, shape (n_across, n_across), and the diagonal of D'WD; add B'WD, run by run, to a list."""
        weighted = weigh_rows(self.weights, self.across)
        gram = (self.across.T @ weighted).toarray(order="F")
        diagonal = np.diag(gram).copy()
        gram -= (self.sums.T @ weigh_rows(self.share, self.sums)).toarray()
        if gram.shape[0]:
            for blocks in self.list_blocks():
                of_run = self.explain(blocks)
                if explained is not None:
                    explained.append(of_run)
                gram = scipy.linalg.blas.dsyrk(-1.0, of_run.T, 1.0, gram, lower=1, overwrite_c=1)
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
        across = scipy.sparse.csr_array(scipy.sparse.hstack([across, scipy.sparse.csr_array(net)], format="csr"))
    by_first = scipy.sparse.csr_array((weights, (first, np.arange(first.size))), shape=(n_first, first.size))
    nested, weighted = layout.nested, weigh_rows(weights, layout.nested)
    tables = scipy.sparse.csr_array(by_first @ nested)
    means = weigh_rows(share, tables)
    gram = scipy.sparse.csr_array(nested.T @ weighted - means.T @ tables)
    root, ends = _compute_block_roots(gram, np.asarray(weighted.sum(axis=0), dtype=np.float64).ravel(), layout.starts)
    sums, cross = scipy.sparse.csr_array(by_first @ across), scipy.sparse.csr_array(weighted.T @ across)
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


def _compute_block_roots(
    gram: scipy.sparse.csr_array, totals: FloatArray, starts: IntArray
) -> tuple[scipy.sparse.csr_array, IntArray]:
    """Return a root of a generalized inverse of a matrix of blocks, and where the columns of each block begin."""
    sizes = np.diff(starts)
    home = np.repeat(np.arange(sizes.size), sizes)
    areas = np.cumsum(sizes**2) - sizes**2
    row = np.repeat(np.arange(home.size), np.diff(gram.indptr))
    blocks = np.zeros(int((sizes**2).sum()))
    block = home[row]
    blocks[areas[block] + (row - starts[block]) * sizes[block] + gram.indices - starts[block]] = gram.data
    roots: list[FloatArray] = [np.empty((0, 0))] * sizes.size
    for size in np.unique(sizes):
        which = np.flatnonzero(sizes == size)
        inner = blocks[areas[which, None] + np.arange(size**2)].reshape(-1, size, size)
        total = totals[starts[which, None] + np.arange(size)]
        # Blocks of one shape are one work in a balanced panel.
        keys = [one.tobytes() for one in np.concatenate([inner, total[:, None]], axis=1)]
        firsts = list({key: k for k, key in reversed(list(enumerate(keys)))}.values())
        known = dict(zip([keys[k] for k in firsts], _compute_roots(inner[firsts], total[firsts]), strict=True))
        for k, key in zip(which, keys, strict=True):
            roots[k] = known[key]
    ranks = np.array([root.shape[1] for root in roots], dtype=np.int64)
    ends = np.concatenate([[0], np.cumsum(ranks)])
    pointer = np.concatenate([[0], np.cumsum(ranks[home])])
    columns = np.arange(pointer[-1]) + np.repeat(ends[home] - pointer[:-1], ranks[home])
    data = np.concatenate([np.empty(0), *(root.ravel() for root in roots)])
    return scipy.sparse.csr_array((data, columns, pointer), shape=(home.size, int(ends[-1]))), ends


def _compute_roots(grams: FloatArray, totals: FloatArray) -> Sequence[FloatArray]:
    """Return roots as `compute_root` does, of several blocks at once where each lacks rank by one at most.

    Levels of an effect that meets the largest one add up to a sum of that one's, so the root of the totals is in the
    null space of the scaled block; its product with itself is added, which leaves a generalized inverse.
    """
    root = np.sqrt(totals)
    if not (root > 0).all():
        return [compute_root(gram, total) for gram, total in zip(grams, totals, strict=True)]
    scaled = grams / root[:, :, None] / root[:, None, :]
    null = root / np.linalg.norm(root, axis=1)[:, None]
    scaled += null[:, :, None] * null[:, None, :]
    try:
        factors = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        return [compute_root(gram, total) for gram, total in zip(grams, totals, strict=True)]
    is_null = np.abs(grams.sum(axis=2)).max(axis=1) <= NO_RANK * totals.max(axis=1)
    is_clear = np.diagonal(factors, axis1=1, axis2=2).min(axis=1) ** 2 > CLEAR
    inverses = np.swapaxes(np.linalg.inv(factors), 1, 2) / root[:, :, None]
    return [
        inverse if fits else compute_root(gram, total)
        for inverse, fits, gram, total in zip(inverses, is_null & is_clear, grams, totals, strict=True)
    ]


def compute_root(gram: FloatArray, total: FloatArray) -> FloatArray:
    """Return R with R R' a generalized inverse of a cross-product, judged by its diagonal before elimination."""
    factor, pivots, rank = compute_pivoted_cholesky(gram, total)
    kept = pivots[:rank]
    root = np.zeros((total.size, rank))
    inverse = scipy.linalg.solve_triangular(factor, np.eye(rank), check_finite=False)
    root[kept] = inverse / np.sqrt(total[kept])[:, None]
    return root


def fill_out(matrix: scipy.sparse.csr_array | FloatArray) -> scipy.sparse.csr_array | FloatArray:
    """Return a sparse array as a full one where so many of its numbers are not zero that this is faster."""
    if isinstance(matrix, np.ndarray) or matrix.nnz <= FILLED * matrix.shape[0] * matrix.shape[1]:
        return matrix
    return matrix.toarray()


def weigh_rows(weights: FloatArray, matrix: scipy.sparse.csr_array) -> scipy.sparse.csr_array:
    """Return the matrix with its rows multiplied by weights."""
    data = matrix.data * np.repeat(weights, np.diff(matrix.indptr))
    return scipy.sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
