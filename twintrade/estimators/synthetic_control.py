"""Synthetic control: the convex combination of donors closest to the treated unit before the onset."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case, OutcomeMatrix, build_case, build_outcome_matrix
from twintrade.effects import CohortEffects, Estimate, RefitOnly
from twintrade.errors import EstimationError
from twintrade.estimators.base import Catalogued, Estimator, Requires
from twintrade.estimators.cases import DonorWeights, WeightedCase, explain_refusal, refuse_few_periods
from twintrade.numerics import simplex
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.simplex import PredictorFit
from twintrade.text import Text, Words

# Augmented synthetic control: a ridge regression takes up the imbalance the simplex leaves.


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
    citation = "benmichael2021"
    requires = Requires(single_treated_unit=True, weights=False, has_influence=False)
    says = "estimators.augmented-synthetic-control-"
    formula = "τₜ = Y₁ₜ − Σⱼ wⱼ Yⱼₜ,  w = w_sc + X₀(X₀′X₀ + λI)⁻¹(X₁ − X₀′w_sc)"

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
            covariates = simplex.standardize_covariates(case.predictors)
            fitted = self._weights(simplex.remove_covariates(values - values[1:].mean(axis=0), covariates))
            weights = simplex.balance_weights(fitted, covariates)
        return DonorWeights(weights, float(level[0] - weights @ level[1:]))

    def _weights(self, values: FloatArray) -> FloatArray:
        donors, treated = simplex.center_on_donors(values)
        base = simplex.fit_simplex_weights(donors.T, treated)
        if not donors.any():
            return base
        penalty = self.penalty
        if penalty is None:
            penalty = simplex.choose_penalty(donors, treated, one_se=self.one_se)
        return simplex.augment_weights(donors, treated, penalty, base)


# Elastic-net synthetic control: an intercept and free weights, shrunk, instead of weights on the simplex.


@dataclass(frozen=True, slots=True)
class ElasticNetSyntheticControl(WeightedCase):
    """Doudchenko and Imbens (2016).

    Penalty and mix are chosen by leaving out blocks of periods before the onset (the paper predicts donors instead),
    which costs the same for every placebo.

    Attributes
    ----------
    penalty : float or None
        None chooses it, and the mix among ``mixes``.
    mix : float
        Share of the absolute penalty when the penalty is given.
    n_blocks : int
        Blocks of consecutive periods left out in turn.
    min_before : int
        Fewest periods before the onset.
    """

    penalty: float | None = None
    mix: float = 0.5
    mixes: tuple[float, ...] = (0.1, 0.5, 0.9)
    n_blocks: int = 5
    min_before: int = 6
    name = "elastic_net_synthetic_control"
    citation = "doudchenko2016"
    requires = Requires(single_treated_unit=True, covariates=False, weights=False, has_influence=False)
    says = "estimators.elastic-net-"
    formula = "τₜ = Y₁ₜ − μ − Σⱼ wⱼ Yⱼₜ,  (μ, w) = argmin Σ (Y₁ₜ − μ − Σⱼ wⱼ Yⱼₜ)²/2T₀ + λ(α|w|₁ + (1−α)|w|²/2)"

    def weigh(self, case: Case) -> DonorWeights:
        """Return weights of any sign and the intercept."""
        refuse_few_periods(case, self.min_before, self.name)
        columns, target = case.donors[:, case.is_before].T, case.treated[case.is_before]
        if self.penalty is None:
            net = simplex.choose_net(columns, target, self.mixes, self.n_blocks)
        else:
            net = simplex.fit_elastic_net(columns, target, self.penalty, self.mix)
        return DonorWeights(net.weights, net.intercept)


# Partially pooled synthetic control: several cases with dates of their own, balanced one by one and on average.


@dataclass(frozen=True, slots=True)
class PartiallyPooledSyntheticControl(Catalogued):
    """Ben-Michael, Feller and Rothstein (2022), with unit intercepts.

    Outcomes are taken less each unit's mean before the case's onset, so weights balance movements and not levels.

    Attributes
    ----------
    pooling : float or None
        0 fits each case alone, 1 only their average; None takes the paper's heuristic, the ratio of the average to
        the separate imbalance of the separate fits.
    min_before : int
        Fewest periods before any onset.
    """

    pooling: float | None = None
    min_before: int = 4
    name = "partially_pooled_synthetic_control"
    citation = "benmichael2022"
    # Cases are balanced together, so one case's shock before its onset would move the others' weights.
    requires = Requires(
        never_treated=True, fixed_effects=("two_way",), covariates=False, weights=False, has_influence=False
    )

    compared_with = "synthetic outcome"
    says = "estimators.partially-pooled-"
    formula = Text("estimators.partially-pooled-equation")

    def unmet(self, design: Design) -> list[Words]:
        """Return why the design cannot be estimated: what it lacks, or too few periods before some onset."""
        return Estimator.unmet(self, design) or explain_refusal(self._cases, design)

    def _cases(self, design: Design) -> tuple[OutcomeMatrix, list[Case]]:
        matrix = build_outcome_matrix(design)
        cases = [build_case(design, matrix, int(row)) for row in np.flatnonzero(matrix.is_treated)]
        for case in cases:
            refuse_few_periods(case, self.min_before, self.name)
        return matrix, cases

    def estimate(self, design: Design) -> Estimate:
        """Return gaps by cohort and event time; cases that share an onset are averaged."""
        matrix, cases = self._cases(design)
        moved = [case.values - case.values[:, case.is_before].mean(axis=1, keepdims=True) for case in cases]
        moved = [values - values[1:].mean(axis=0) for values in moved]
        treated = [m[0, case.is_before][::-1] for m, case in zip(moved, cases, strict=True)]
        donors = [m[1:, case.is_before][:, ::-1] for m, case in zip(moved, cases, strict=True)]
        pooling = self.pooling
        if pooling is None:
            average, separate = simplex.compute_imbalances(
                treated, donors, simplex.fit_partially_pooled_weights(treated, donors, 0.0)
            )
            pooling = min(1.0, average / separate) if separate > 0 else 0.0
        weights = simplex.fit_partially_pooled_weights(treated, donors, pooling)
        gaps = np.vstack([m[0] - w @ m[1:] for m, w in zip(moved, weights, strict=True)])
        average, separate = simplex.compute_imbalances(treated, donors, weights)
        facts = {"pooling": pooling, "average_imbalance": average, "separate_imbalance": separate}
        return _table(design, matrix, np.array([case.onset for case in cases]), gaps, facts)


def _table(
    design: Design, matrix: OutcomeMatrix, onset: np.ndarray, gaps: FloatArray, facts: dict[str, float]
) -> CohortEffects:
    onsets, count = np.unique(onset, return_counts=True)
    n_periods = matrix.periods.size
    effects = np.concatenate([gaps[onset == g].mean(axis=0) for g in onsets])
    cohorts, n_units = np.repeat(onsets, n_periods), np.repeat(count, n_periods)
    return CohortEffects.of(
        design,
        (cohorts, np.concatenate([matrix.periods - g for g in onsets])),
        effects,
        RefitOnly(Text("estimators.few-cases-weights")),
        sample=design.observations.sample(matrix.used, dropped=matrix.dropped, statistics=facts),
        n_units=n_units,
        against=PartiallyPooledSyntheticControl.compared_with,
    )


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
    citation = "abadie2010"
    requires = Requires(single_treated_unit=True, weights=False, has_influence=False)
    says = "estimators.synthetic-control-"
    formula = "τₜ = Y₁ₜ − Σⱼ wⱼ Yⱼₜ,  w = argmin Σₜ₍before₎ (Y₁ₜ − Σⱼ wⱼ Yⱼₜ)²,  wⱼ ≥ 0, Σ wⱼ = 1"

    def weigh(self, case: Case) -> DonorWeights:
        """Return weights on the simplex, and the difference of means where the outcome is demeaned."""
        refuse_few_periods(case, self.min_before, self.name)
        before = case.values[:, case.is_before]
        solution = self._fitted(case, before - before.mean(axis=1, keepdims=True) if self.demeaned else before)
        level = before.mean(axis=1)
        return DonorWeights(
            solution.weights,
            float(level[0] - solution.weights @ level[1:]) if self.demeaned else 0.0,
            statistics=_search_spread(solution.start_losses),
        )

    def _fitted(self, case: Case, before: FloatArray) -> PredictorFit:
        if case.predictors.shape[1] == 0:
            weights = simplex.fit_simplex_weights(before[1:].T, before[0])
            return PredictorFit(weights, np.zeros(0), float(np.mean((before[0] - weights @ before[1:]) ** 2)))
        lags = before if self.outcomes == "all" else before.mean(axis=1, keepdims=True)
        predictors = simplex.standardize_predictors(np.column_stack([case.predictors, lags]))
        if self.v == "equal":
            return simplex.weigh(predictors, before, np.ones(predictors.shape[1]))
        return simplex.fit_predictor_weights(predictors, before)


def _search_spread(start_losses: FloatArray) -> dict[str, float]:
    if start_losses.size == 0:
        return {}
    return {
        "v_starts": float(start_losses.size),
        "v_best_mspe": float(start_losses.min()),
        "v_worst_mspe": float(start_losses.max()),
    }
