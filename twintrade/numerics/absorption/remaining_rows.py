"""Cross-products net of fixed effects without some of the rows, from what these rows alone add to the elimination."""

from dataclasses import dataclass, fields

import numpy as np
import scipy

from twintrade.numerics.absorption.annihilators import Annihilator
from twintrade.numerics.absorption.elimination import Elimination
from twintrade.numerics.absorption.levels import compute_pivoted_cholesky
from twintrade.numerics.arrays import FloatArray, IntArray

CLEAR = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class CrossProducts:
    """Columns V with the largest effect and those inside blocks taken out: sums over rows."""

    squares: FloatArray  # (k, k): V'MV
    rest: FloatArray  # (n_across, k): D'MV
    complement: FloatArray  # (n_across, n_across): D'MD
    total: FloatArray  # (n_across,): diagonal of D'WD
    count: IntArray  # (n_across,): rows with weight and a number other than zero

    def plus(self, other: "CrossProducts", sign: int) -> "CrossProducts":
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
