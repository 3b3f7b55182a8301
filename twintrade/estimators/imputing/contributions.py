"""What units contribute to leads, cells and their weights: made for the combinations that somebody asks for."""

from dataclasses import dataclass

import numpy as np

from twintrade.effects import LaterInfluence
from twintrade.estimators.imputing.cells import CellEffects, ImputedCells
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group

COLUMNS_AT_ONCE = 16


@dataclass(frozen=True, slots=True, eq=False)
class ImputedContributions:
    """Contributions to leads, to cells by their own rows, and to cells by the predictions for their rows, in turn."""

    c: Counterfactual
    cells: ImputedCells
    cell_effects: CellEffects
    leads: FloatArray  # (o.n_units, n_leads)
    units: IntArray  # (n_units,): those that have a row in the fit or are imputed

    def along(self, directions: FloatArray) -> FloatArray:
        """Return contributions times ``directions``, shape (n_units, n_columns)."""
        first, second = self.leads.shape[1], self.leads.shape[1] + self.cells.size
        early, cell_directions, predicted = directions[:first], directions[first:second], directions[second:]
        out = self.leads @ early
        out += self._by_unit(self.c.rows, self.cell_effects.row_terms[:, None] * cell_directions[self.cells.code])
        used = np.flatnonzero(predicted.any(axis=0))
        for start in range(0, used.size, COLUMNS_AT_ONCE):
            some = used[start : start + COLUMNS_AT_ONCE]
            weighted = self.cell_effects.predictors[:, None] * predicted[self.cells.code[:, None], some]
            out[:, some] += self._by_unit(self.c.fit_rows, self.c.prediction_influence(weighted))
        return out[self.units]

    def _by_unit(self, rows: IntArray, values: FloatArray) -> FloatArray:
        o = self.c.o
        return sum_by_group(values, o.unit[rows], o.n_units)


def build_later_influence(contributions: ImputedContributions) -> tuple[LaterInfluence, LaterInfluence | None]:
    """Return the influence of leads and cells, and that of the cells' weights where these are estimated."""
    kept, n_leads, n_cells = contributions.cell_effects, contributions.leads.shape[1], contributions.cells.size
    nothing, each = np.zeros((n_cells, n_leads)), np.eye(n_cells)
    effects = np.block([[np.eye(n_leads), nothing.T], [nothing, each], [nothing, -kept.factor * each]])
    influence = LaterInfluence(contributions.c.o.unit_ids[contributions.units], contributions, effects)
    if not kept.has_estimated_weights:
        return influence, None
    weights = np.zeros_like(effects)
    weights[n_leads + n_cells :, n_leads:] = each
    return influence, LaterInfluence(influence.unit_ids, contributions, weights)
