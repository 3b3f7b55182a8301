"""Synthetic control: the convex combination of donors closest to the treated unit before the onset."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case
from twintrade.estimators.base import Requires
from twintrade.estimators.cases.weighted_case import DonorWeights, WeightedCase, refuse_few_periods
from twintrade.estimators.sentences import describe_design
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.simplex import (
    PredictorFit,
    fit_predictor_weights,
    fit_simplex_weights,
    standardize_predictors,
    weigh,
)
from twintrade.text import Text


@dataclass(frozen=True, slots=True)
class SyntheticControl(WeightedCase):
    """Abadie, Diamond and Hainmueller (2010); Abadie (2021).

    Without covariates the weights minimize the squared gap over the periods before the onset. With covariates they
    minimize the V-weighted distance of standardized predictors: the covariates' means before the onset and the
    outcome's.

    Attributes
    ----------
    v : {"nested", "equal"}
        With covariates: V chosen so that the outcome fits before the onset, or the same for every predictor. The
        search has several starts; the sample's statistics hold how many, and the best and the worst mean squared
        gap before the onset at which they ended: far apart, V and with it the weights hang on the search.
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
    title = Text("labels.estimator-synthetic-control")
    citation = "abadie2010"
    requires = Requires(single_treated_unit=True, weights=False, has_influence=False)

    def weigh(self, case: Case) -> DonorWeights:
        """Return weights on the simplex, and the difference of means where the outcome is demeaned."""
        refuse_few_periods(case, self.min_before, self.name)
        before = case.values[:, case.is_before]
        fitted = before - before.mean(axis=1, keepdims=True) if self.demeaned else before
        solution = self._fitted(case, fitted)
        level = before.mean(axis=1)
        return DonorWeights(
            solution.weights,
            float(level[0] - solution.weights @ level[1:]) if self.demeaned else 0.0,
            statistics=_search_spread(solution.start_losses),
        )

    def _fitted(self, case: Case, before: FloatArray) -> PredictorFit:
        if case.predictors.shape[1] == 0:
            weights = fit_simplex_weights(before[1:].T, before[0])
            return PredictorFit(weights, np.zeros(0), float(np.mean((before[0] - weights @ before[1:]) ** 2)))
        lags = before if self.outcomes == "all" else before.mean(axis=1, keepdims=True)
        predictors = standardize_predictors(np.column_stack([case.predictors, lags]))
        if self.v == "equal":
            return weigh(predictors, before, np.ones(predictors.shape[1]))
        return fit_predictor_weights(predictors, before)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.synthetic-control-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.synthetic-control-averages", **describe_design(design))

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        return "τₜ = Y₁ₜ − Σⱼ wⱼ Yⱼₜ,  w = argmin Σₜ₍before₎ (Y₁ₜ − Σⱼ wⱼ Yⱼₜ)²,  wⱼ ≥ 0, Σ wⱼ = 1"


def _search_spread(start_losses: FloatArray) -> dict[str, float]:
    if start_losses.size == 0:
        return {}
    return {
        "v_starts": float(start_losses.size),
        "v_best_mspe": float(start_losses.min()),
        "v_worst_mspe": float(start_losses.max()),
    }
