"""Partially pooled synthetic control: several cases with dates of their own, balanced one by one and on average."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case, build_case
from twintrade.design.outcome_matrix import OutcomeMatrix, build_outcome_matrix
from twintrade.effects import CohortEffects, Estimate, RefitOnly
from twintrade.estimators.base import Estimator, Requires
from twintrade.estimators.cases.weighted_case import explain_refusal, refuse_few_periods
from twintrade.estimators.sentences import describe_design
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.simplex import compute_imbalances, fit_partially_pooled_weights
from twintrade.text import Text, Words


@dataclass(frozen=True, slots=True)
class PartiallyPooledSyntheticControl(Estimator):
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
    title = Text("labels.estimator-partially-pooled-synthetic-control")
    citation = "benmichael2022"
    # Cases are balanced together, so one case's shock before its onset would move the others' weights.
    requires = Requires(
        never_treated=True, fixed_effects=("two_way",), covariates=False, weights=False, has_influence=False
    )

    compared_with = "synthetic outcome"

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
        moved = [_less_mean(case) for case in cases]
        treated = [m[0, case.is_before][::-1] for m, case in zip(moved, cases, strict=True)]
        donors = [m[1:, case.is_before][:, ::-1] for m, case in zip(moved, cases, strict=True)]
        pooling = self.pooling
        if pooling is None:
            average, separate = compute_imbalances(
                treated, donors, fit_partially_pooled_weights(treated, donors, 0.0)
            )
            pooling = min(1.0, average / separate) if separate > 0 else 0.0
        weights = fit_partially_pooled_weights(treated, donors, pooling)
        gaps = np.vstack([m[0] - w @ m[1:] for m, w in zip(moved, weights, strict=True)])
        average, separate = compute_imbalances(treated, donors, weights)
        facts = {"pooling": pooling, "average_imbalance": average, "separate_imbalance": separate}
        return _table(design, matrix, np.array([case.onset for case in cases]), gaps, facts)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.partially-pooled-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.partially-pooled-averages", **describe_design(design))

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        return Text("estimators.partially-pooled-equation")


def _less_mean(case: Case) -> FloatArray:
    """Return deviations from each unit's mean before the onset, and from the donors' mean in each period."""
    values = case.values - case.values[:, case.is_before].mean(axis=1, keepdims=True)
    return np.asarray(values - values[1:].mean(axis=0))


def _table(
    design: Design, matrix: OutcomeMatrix, onset: np.ndarray, gaps: FloatArray, facts: dict[str, float]
) -> CohortEffects:
    onsets, count = np.unique(onset, return_counts=True)
    n_periods = matrix.periods.size
    effects = np.concatenate([gaps[onset == g].mean(axis=0) for g in onsets])
    cohorts, n_units = np.repeat(onsets, n_periods), np.repeat(count, n_periods)
    times = np.concatenate([matrix.periods - g for g in onsets])
    return CohortEffects.of(
        design,
        (cohorts, times),
        effects,
        RefitOnly(Text("estimators.few-cases-weights")),
        sample=design.observations.sample(matrix.used, dropped=matrix.dropped, statistics=facts),
        n_units=n_units,
        against=PartiallyPooledSyntheticControl.compared_with,
    )
