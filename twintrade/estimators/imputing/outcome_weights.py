"""With which weight every row's outcome enters leads and imputed cells, made for one average at a time."""

from dataclasses import dataclass

import numpy as np

from twintrade.effects.outcome_weights import OutcomeWeights
from twintrade.estimators.imputing.cells import CellEffects, ImputedCells
from twintrade.estimators.imputing.leads import Leads
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual
from twintrade.numerics.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ImputedColumns:
    """Columns of leads and sums over cells: what treated rows add, and what untreated rows predict of it."""

    counterfactual: Counterfactual
    cells: ImputedCells
    leads: Leads
    # (n_new,): what each imputed row adds to its cell's sum: its weight, for Poisson times its mean
    values: FloatArray

    def dense(self) -> FloatArray:
        """Return all columns."""
        return self.along(np.eye(self.leads.effects.size + self.cells.size))

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``dense() @ directions``, by one solution of the normal equations a direction."""
        c, early, n_leads = self.counterfactual, self.leads, self.leads.effects.size
        out = np.zeros((c.o.n_rows, directions.shape[1]))
        added = self.values[:, None] * directions[n_leads + self.cells.code]
        if added.any():
            out[c.rows] = added
            out[c.fit_rows] = -c.projection_weights(added)
        out[early.rows] += early.weights[:, None] * (early.loadings @ directions[:n_leads])
        return out


def build_outcome_weights(
    c: Counterfactual, cells: ImputedCells, leads: Leads, cell_effects: CellEffects, slopes: FloatArray
) -> OutcomeWeights:
    """Return the weights of leads and cells; ``slopes`` are the derivatives of leads by their columns."""
    columns = ImputedColumns(c, cells, leads, cell_effects.predictors)
    return OutcomeWeights(np.arange(c.o.n_rows), columns, np.diag(np.concatenate([slopes, cell_effects.factor])))
