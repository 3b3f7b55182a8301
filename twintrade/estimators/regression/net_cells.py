"""Dummies of cells net of the fixed effects, a few at a time: all of them at once take rows times cells numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from twintrade.numerics.absorption import Absorber
from twintrade.numerics.arrays import FloatArray, IntArray

CELLS_AT_ONCE = 4
NUMBERS_AT_ONCE = 400_000
"""More cells at once where there are few rows: for forty columns a step takes little longer than for ten."""


@dataclass(frozen=True, slots=True, eq=False)
class NetCells:
    """One dummy a cell, then further regressors, all net of the fixed effects, made when asked for."""

    effects: Absorber  # with the weights of the fit
    cell: IntArray  # (n_rows,): cell of each row, -1 outside
    n_cells: int
    columns: FloatArray  # (n_rows, n_columns): further regressors
    _dense: list[FloatArray] = field(default_factory=list, repr=False, compare=False)

    @property
    def size(self) -> int:
        """Number of cells and further regressors."""
        return self.n_cells + int(self.columns.shape[1])

    def blocks(self) -> Iterator[tuple[IntArray, FloatArray]]:
        """Return positions of a few regressors and these net of the effects, block by block."""
        step = max(CELLS_AT_ONCE, NUMBERS_AT_ONCE // max(1, self.cell.size))
        for start in range(0, self.size, step):
            block = np.arange(start, min(start + step, self.size))
            yield block, self._net(block)

    def dense(self) -> FloatArray:
        """Return every regressor net of the effects, shape (n_rows, size); made once and then kept."""
        if not self._dense:
            dummies = np.empty((self.cell.size, self.size))
            for block, net in self.blocks():
                dummies[:, block] = net
            self._dense.append(dummies)
        return self._dense[0]

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``dense() @ directions``: combinations are made before effects are taken out of them."""
        if self._dense:
            return np.asarray(self._dense[0] @ directions, dtype=np.float64)
        if directions.shape[1] >= self.size:
            return self._combined(directions)
        of_cell = np.vstack([np.zeros((1, directions.shape[1])), directions[: self.n_cells]])
        return self.effects.residualize(of_cell[self.cell + 1] + self.columns @ directions[self.n_cells :])

    def _combined(self, directions: FloatArray) -> FloatArray:
        out = np.zeros((self.cell.size, directions.shape[1]))
        for block, net in self.blocks():
            out += net @ directions[block]
        return out

    def _net(self, block: IntArray) -> FloatArray:
        raw = np.empty((self.cell.size, block.size), order="F")
        for column, k in zip(raw.T, block, strict=True):
            column[:] = self.cell == k if k < self.n_cells else self.columns[:, k - self.n_cells]
        return self.effects.residualize(raw)
