"""Poisson effects of cohort-period cells on the same rows under many treatments, from the fit without any."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Estimate
from twintrade.effects.estimate import Scale
from twintrade.errors import EstimationError
from twintrade.estimators.base import Repeater
from twintrade.estimators.regression.cell_table import Measure
from twintrade.estimators.repeating.repeated import WITHOUT
from twintrade.estimators.repeating.repeated_poisson import (
    AllRows,
    fit_without_treatment,
    join_outcomes,
    number_cells,
)
from twintrade.numerics.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RepeatedCells(AllRows):
    """One coefficient a cell of affected rows, under many treatments.

    Attributes
    ----------
    measure : {"coefficient", "difference", "percent"}
    scale : Scale
    """

    measure: Measure
    scale: Scale

    def estimated(self, design: Design) -> Estimate | None:
        """Return the cells; None where some may be separated or not identified, which a refit tells."""
        affected = self.shared.affected(design)
        if affected is None:
            return None
        places, part = self.place[affected[0]], affected[1]
        inside = np.flatnonzero(part.is_affected & (places >= 0))
        if inside.size == 0:
            return None
        keys, code = number_cells(part, inside)
        earned = np.bincount(code, self.whole.weights[places[inside]] * self.outcome(places[inside])) > 0
        if not earned.any():
            return None
        # Cells without any trade are separated: their rows leave the fit.
        out = places[inside[~earned[code]]]
        inside, keys, code = inside[earned[code]], keys[:, earned], (np.cumsum(earned) - 1)[code[earned[code]]]
        left = self.whole.without(out, places[places >= 0], is_predicted=False)
        if left is None or not left.weights[places[inside]].all() or _has_single_rows(part, places, left.weights):
            return None
        try:
            fitted = left.refit(self.whole.eta, places[inside], np.eye(keys.shape[1])[code])
        except EstimationError:
            return None
        return self._table(part, places[inside], part.row_weights[inside], keys, code, fitted.coefficients)

    def _table(
        self,
        part: Observations,
        rows: IntArray,
        row_weights: FloatArray,
        keys: IntArray,
        code: IntArray,
        coefficients: FloatArray,
    ) -> CohortEffects:
        # A cell's fitted sum is the sum of its outcomes.
        sizes, sums = (np.bincount(code, row_weights * v).astype(np.float64) for v in (1.0, self.outcome(rows)))
        effects, weights, counts = coefficients, sizes, np.bincount(code)
        if self.measure == "percent":
            effects, weights = 100 * np.expm1(coefficients), sums * np.exp(-coefficients)
        elif self.measure == "difference":
            effects = -sums * np.expm1(-coefficients) / sizes
        return CohortEffects.of(
            part,
            (keys[0], keys[1]),
            effects,
            WITHOUT,
            scale=self.scale,
            sample=self.shared.sample,
            n_units=counts,
            n_cells=counts,
            base="none",
            cell_weights=weights,
            against="all before",
        )


def _has_single_rows(part: Observations, places: IntArray, weights: FloatArray) -> bool:
    """Say whether some unit has one row in the fit, which says nothing of its cell."""
    used = (places >= 0) & (weights[places] > 0)
    return bool((np.bincount(part.unit[used], minlength=part.n_units) == 1).any())


def prepare_repeated_cells(design: Design, outcomes: FloatArray, measure: Measure, scale: Scale) -> Repeater | None:
    """Prepare cells under many treatments; None where refits from the fit of all rows are not possible.

    Each column of ``outcomes`` (n_rows, n_outcomes) takes the place of the design's outcome.
    """
    if design.covariates or not design.comparison.uses_not_yet_treated:
        return None
    fits = [fit_without_treatment(design, outcome) for outcome in outcomes.T]
    return join_outcomes(
        [None if one is None else RepeatedCells(one.shared, one.whole, one.place, measure, scale) for one in fits]
    )
