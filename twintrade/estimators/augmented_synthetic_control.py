"""Augmented synthetic control: a ridge regression takes up the imbalance the simplex leaves."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case
from twintrade.errors import EstimationError
from twintrade.estimators.base import Requires
from twintrade.estimators.cases.weighted_case import DonorWeights, WeightedCase, refuse_few_periods
from twintrade.estimators.sentences import describe_design
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.simplex import (
    augment_weights,
    balance_weights,
    center_on_donors,
    choose_penalty,
    fit_simplex_weights,
    remove_covariates,
    standardize_covariates,
)
from twintrade.text import Text


@dataclass(frozen=True, slots=True)
class AugmentedSyntheticControl(WeightedCase):
    """Ben-Michael, Feller and Rothstein (2021), ridge version.

    Weights sum to one and may be negative: extrapolation, kept small by the penalty. Covariates, averaged over the
    periods before the onset, are regressed out of the outcomes first and then balanced exactly (their section 5).

    Attributes
    ----------
    penalty : float or None
        Ridge penalty, in squared units of the outcome; None chooses it by leaving out one period at a time.
    one_se : bool
        The largest penalty within one standard error of the best, not the best itself.
    demeaned : bool
        Fit and compare deviations from each unit's mean before the onset (their fixed-effects version).
    min_before : int
        Fewest periods before the onset.
    """

    penalty: float | None = None
    one_se: bool = True
    demeaned: bool = False
    min_before: int = 4
    name = "augmented_synthetic_control"
    title = Text("labels.estimator-augmented-synthetic-control")
    citation = "benmichael2021"
    requires = Requires(single_treated_unit=True, weights=False, has_influence=False)

    def weigh(self, case: Case) -> DonorWeights:
        """Return simplex weights plus their ridge correction."""
        refuse_few_periods(case, self.min_before, self.name)
        if self.penalty is not None and not self.penalty > 0:
            raise EstimationError(f"a ridge penalty is positive, not {self.penalty}")
        values = case.values[:, case.is_before]
        level = values.mean(axis=1) if self.demeaned else np.zeros(values.shape[0])
        values = values - level[:, None]
        if case.predictors.shape[1] == 0:
            weights = self._weights(values)
        else:
            covariates = standardize_covariates(case.predictors)
            fitted = self._weights(remove_covariates(values - values[1:].mean(axis=0), covariates))
            weights = balance_weights(fitted, covariates)
        return DonorWeights(weights, float(level[0] - weights @ level[1:]))

    def _weights(self, values: FloatArray) -> FloatArray:
        donors, treated = center_on_donors(values)
        base = fit_simplex_weights(donors.T, treated)
        if not donors.any():
            return base
        penalty = self.penalty
        if penalty is None:
            penalty = choose_penalty(donors, treated, base, one_se=self.one_se)
        return augment_weights(donors, treated, penalty, base)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.augmented-synthetic-control-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.augmented-synthetic-control-averages", **describe_design(design))

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        return "τₜ = Y₁ₜ − Σⱼ wⱼ Yⱼₜ,  w = w_sc + X₀(X₀′X₀ + λI)⁻¹(X₁ − X₀′w_sc)"
