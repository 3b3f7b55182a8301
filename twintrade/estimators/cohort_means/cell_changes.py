"""With which weight every row's outcome enters cells that are differences of mean changes, of units seen in both."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.effects.outcome_weights import OutcomeWeights
from twintrade.estimators.cohort_means.group_time import GroupTime
from twintrade.estimators.cohort_means.wide import Wide
from twintrade.numerics.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class CellChanges:
    """Columns of cells by row of the observations, unit by unit, made for one average at a time."""

    wide: Wide
    cells: Sequence[GroupTime]

    def dense(self) -> FloatArray:
        """Return all columns, shape (n_rows, n_cells)."""
        return self.along(np.eye(len(self.cells)))

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``dense() @ directions``, shape (n_rows, n_directions)."""
        w = self.wide
        seen = ~np.isnan(w.outcomes)
        out = np.zeros((*w.outcomes.shape, directions.shape[1]))
        for cell, direction in zip(self.cells, directions, strict=True):
            if cell.is_reference or not direction.any():
                continue
            both = seen[:, cell.at] & seen[:, cell.base]
            size = w.weights_at(np.arange(both.size), cell.base)
            share = np.zeros(both.size)
            for sign, members in ((1.0, w.cohort == cell.cohort), (-1.0, cell.comparison[w.cohort])):
                side = members & both
                share[side] = sign * size[side] / size[side].sum()
            change = share[:, None] * direction
            out[:, cell.at] += change
            out[:, cell.base] -= change
        return out[seen]


def build_change_weights(wide: Wide, cells: Sequence[GroupTime]) -> OutcomeWeights:
    """Return the weights of rows in cells that take no covariates."""
    n_rows = int((~np.isnan(wide.outcomes)).sum())
    return OutcomeWeights(np.arange(n_rows), CellChanges(wide, cells), np.eye(len(cells)))
