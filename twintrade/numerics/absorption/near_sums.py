"""Sums of loadings of groups within one level of the largest effect each, block by block as full matrices."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.elimination import Elimination
from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class NearSums:
    """What the largest effect and those inside blocks have of some groups' values.

    Attributes
    ----------
    levels, blocks : IntArray, shape (n_groups,)
        Level of the largest effect, and its block.
    first : FloatArray, shape (n_groups,)
    inside : FloatArray, shape (n_groups, largest_rank)
        In the columns of the block, zero beyond them.
    """

    levels: IntArray
    blocks: IntArray
    first: FloatArray
    inside: FloatArray

    def compute_product(self, other: "NearSums") -> float:
        """Return the products of each group with the same group of the other, added up."""
        return float(np.vdot(self.first, other.first) + np.vdot(self.inside, other.inside))

    def compute_form(self, e: Elimination, near: sp.csr_array) -> float:
        """Return each group's sums times a matrix, sparse and inside blocks, times its sums, added up."""
        n, begins = e.share.size, e.ends[:-1]
        mixed = _spread_inside(near[self.levels][:, n:], begins[self.blocks], self.inside.shape[1])
        total = float(near.diagonal()[:n][self.levels] @ self.first**2)
        total += 2 * float(np.vdot(self.first[:, None] * mixed, self.inside))
        squares = _spread_inside(near[n:, n:], np.repeat(begins, np.diff(e.ends)), self.inside.shape[1])
        for block, places in _list_members(self.blocks):
            some, square = self.inside[places], squares[e.ends[block] : e.ends[block + 1]]
            total += float(np.vdot(some[:, : square.shape[0]].T @ some, square))
        return total


def trace_near(
    q: Annihilator, values: sp.csr_array, weighted: sp.csr_array | None, squares: sp.csr_array | None
) -> float:
    """Return what the largest effect and those inside blocks add to the trace of S T', S sums of values by loading.

    Parameters
    ----------
    q : Annihilator
    values, weighted : sparse array, shape (n_groups, n_rows)
        Values, and the same times weights; none where all weights are one.
    squares : sparse array or None
        Products of loadings weighted by squared weights: T is what is weighted less half of S times these.
    """
    one = _sum_by_block(q, values)
    if one is None:
        near = sp.csr_array(sp.hstack(q.combine_near(values)))
        mixed = near if weighted is None else sp.csr_array(sp.hstack(q.combine_near(weighted)))
        form = near.power(2).sum() if squares is None else (near.T @ near).multiply(squares).sum()
        return float(near.multiply(mixed).sum() - form / 2)
    other = one if weighted is None else _sum_by_block(q, weighted)
    assert other is not None
    form = one.compute_product(one) if squares is None else one.compute_form(q.elimination, squares)
    return one.compute_product(other) - form / 2


def _sum_by_block(q: Annihilator, values: sp.csr_array) -> NearSums | None:
    """Return the sums of values by group, (n_groups, n_rows); None where blocks or groups are not of that kind."""
    e = q.elimination
    values = sp.csr_array(values[np.diff(values.indptr) > 0])
    by_first = sp.csr_array(values @ q.first_dummies())
    if not e.root.shape[1] or (np.diff(by_first.indptr) != 1).any():
        return None
    levels, first = by_first.indices.astype(np.int64), by_first.data
    home = np.zeros(e.share.size, dtype=np.int64)
    home[e.layout.first] = e.layout.row_blocks()
    blocks, sizes, ranks = home[levels], np.diff(e.layout.starts), np.diff(e.ends)
    begins, width = e.layout.starts[blocks], int(sizes.max())
    nested = _spread_inside(values @ e.layout.nested, begins, width)
    nested -= first[:, None] * _spread_inside(e.means[levels], begins, width)
    inside, areas = np.zeros((levels.size, int(ranks.max()))), np.concatenate([[0], np.cumsum(sizes * ranks)])
    for block, places in _list_members(blocks):
        root = e.root.data[areas[block] : areas[block + 1]].reshape(sizes[block], ranks[block])
        inside[places, : ranks[block]] = nested[places, : sizes[block]] @ root
    return NearSums(levels, blocks, first * np.sqrt(e.share[levels]), inside)


def _spread_inside(matrix: sp.csr_array, begins: IntArray, width: int) -> FloatArray:
    """Return a sparse array whose rows each have their entries within a few columns, as these, (n_rows, width)."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    out = np.zeros((matrix.shape[0], width))
    out[rows, matrix.indices - begins[rows]] = matrix.data
    return out


def _list_members(codes: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Yield each code with the places that have it."""
    order = np.argsort(codes, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        if places.size:
            yield int(codes[places[0]]), places
