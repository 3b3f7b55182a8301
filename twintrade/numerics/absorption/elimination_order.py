"""In which order fixed effects are eliminated: the largest, those that meet it inside blocks only, the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import scipy

from twintrade.numerics.absorption.cube import Cube, find_cube
from twintrade.numerics.absorption.levels import drop_nested, recode_levels
from twintrade.numerics.arrays import FloatArray, IntArray


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
        """The cube whose cells rows are; None where there is none, or a covariate beside the effects."""
        return None if self.covariates.shape[1] else find_cube(recode_levels(self.list_codes()))

    def row_blocks(self) -> IntArray:
        """Return the block of each row, shape (n_rows,); its level of the largest effect where no other is inside."""
        if not self.nested.shape[1]:
            return self.first
        level = self.nested.indices[self.nested.indptr[:-1]]
        return np.asarray(np.searchsorted(self.starts, level, side="right") - 1)


def lay_out_elimination(codes: Sequence[IntArray], covariates: FloatArray) -> EliminationOrder:
    """Choose the order that costs least.

    ``codes`` (n_rows,); ``covariates`` (n_rows, n_covariates).
    """
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
