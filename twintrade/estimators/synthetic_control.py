"""Synthetic control: the convex combination of donors closest to the treated unit before the onset."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case
from twintrade.estimators.base import Requires
from twintrade.estimators.weighted_case import DonorWeights, WeightedCase, refuse_few_periods
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.predictor_weights import nested, standardized, weigh
from twintrade.numerics.simplex import simplex_weights


@dataclass(frozen=True, slots=True)
class SyntheticControl(WeightedCase):
    """Abadie, Diamond and Hainmueller (2010); Abadie (2021).

    Without covariates the weights minimize the squared gap over the periods before the onset. With covariates they
    minimize the V-weighted distance of standardized predictors: the covariates' means before the onset and the
    outcome's.

    Attributes
    ----------
    v : {"nested", "equal"}
        With covariates: V chosen so that the outcome fits before the onset, or the same for every predictor.
    outcomes : {"mean", "all"}
        With covariates: the outcome enters as its mean before the onset, or period by period.
    demeaned : bool
        Fit and compare deviations from each unit's mean before the onset (Ferman and Pinto 2021): for a treated
        unit far larger than its donors.
    min_before : int
        Fewest periods before the onset.
    """

    v: Literal["nested", "equal"] = "nested"
    outcomes: Literal["mean", "all"] = "mean"
    demeaned: bool = False
    min_before: int = 4
    name = "synthetic_control"
    title = "Synthetic control"
    citation = "abadie2010"
    uses_covariates = True
    requires = Requires(single_treated_unit=True, weights=False)

    def weigh(self, case: Case) -> DonorWeights:
        """Return weights on the simplex, and the difference of means where the outcome is demeaned."""
        refuse_few_periods(case, self.min_before, self.name)
        before = case.values[:, case.is_before]
        fitted = before - before.mean(axis=1, keepdims=True) if self.demeaned else before
        weights = self._weights(case, fitted)
        level = before.mean(axis=1)
        return DonorWeights(weights, float(level[0] - weights @ level[1:]) if self.demeaned else 0.0)

    def _weights(self, case: Case, before: FloatArray) -> FloatArray:
        if case.predictors.shape[1] == 0:
            return simplex_weights(before[1:].T, before[0])
        lags = before if self.outcomes == "all" else before.mean(axis=1, keepdims=True)
        predictors = standardized(np.column_stack([case.predictors, lags]))
        if self.v == "equal":
            return weigh(predictors, before, np.ones(predictors.shape[1])).weights
        return nested(predictors, before).weights

    def assumption(self, design: Design) -> str:
        """Return the identifying assumption."""
        return (
            "The weights that reproduce the treated flow before the tie would have reproduced it afterwards as well, "
            f"had there been no tie, and none of {design.comparison.sentence} was touched by it."
        )

    def estimand(self, design: Design) -> str:
        """Return what the headline averages."""
        return "The mean gap between the treated flow and its synthetic control after the onset."

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        return "τₜ = Y₁ₜ − Σⱼ wⱼ Yⱼₜ,  w = argmin Σₜ₍before₎ (Y₁ₜ − Σⱼ wⱼ Yⱼₜ)²,  wⱼ ≥ 0, Σ wⱼ = 1"
