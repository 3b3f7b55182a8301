"""Synthetic difference-in-differences: donors and periods weighted so that trends are parallel where it matters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case, build_case
from twintrade.design.outcome_matrix import OutcomeMatrix, build_outcome_matrix
from twintrade.effects import CohortEffects, Estimate, RefitOnly
from twintrade.errors import EstimationError
from twintrade.estimators.base import Requires
from twintrade.estimators.cases.single_case import SingleCase
from twintrade.estimators.cases.weighted_case import DonorWeights, WeightedCase, explain_refusal, refuse_few_periods
from twintrade.estimators.sentences import describe_design
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.simplex import DidWeights, Pinned, Solver, compute_did_gaps, compute_did_weights
from twintrade.text import Text, Words


@dataclass(frozen=True, slots=True)
class SyntheticDid(WeightedCase):
    """Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Algorithm 1.

    Treated units that share an onset are averaged; onsets are estimated one by one against the units that are never
    treated, and averaged by treated cells.

    Attributes
    ----------
    kind : {"sdid", "sc", "did"}
        "sc" and "did" pin the weights so that the same code is synthetic control or difference-in-differences.
    solver : {"exact", "published"}
        The optimal weights, or the stopping point of the reference software.
    min_before : int
        Fewest periods before an onset.
    """

    kind: Pinned = "sdid"
    solver: Solver = "exact"
    min_before: int = 2
    name = "synthetic_did"
    compared_with = "weighted before"
    title = Text("labels.estimator-synthetic-did")
    citation = "arkhangelsky2021"
    fits_whole_path = False
    requires = Requires(
        never_treated=True,
        fixed_effects=("two_way",),
        cancels_constants=False,
        covariates=False,
        weights=False,
        has_influence=False,
    )

    def unmet(self, design: Design) -> list[Words]:
        """Return why the design cannot be estimated: what it lacks, or that treated units share no periods."""
        return WeightedCase.unmet(self, design) or explain_refusal(build_outcome_matrix, design)

    def weigh(self, case: Case) -> DonorWeights:
        """Return unit weights, and the level the gap is measured from."""
        refuse_few_periods(case, self.min_before, self.name)
        did_weights = self.cohort_weights(case, 1)
        gaps = case.treated - did_weights.omega @ case.donors
        periods = np.zeros(case.periods.size)
        periods[case.is_before] = did_weights.lambda_
        return DonorWeights(did_weights.omega, float(periods @ gaps))

    def estimate(self, design: Design) -> Estimate:
        """Return the gap of one treated unit by event time, or effects by cohort where there are several."""
        matrix = build_outcome_matrix(design)
        if matrix.is_treated.sum() == 1:
            return SingleCase.estimate(self, design)
        return self.by_cohort(design, matrix)

    def by_cohort(
        self, design: Design, matrix: OutcomeMatrix, fixed: Mapping[int, DidWeights] | None = None
    ) -> CohortEffects:
        """Return effects by cohort and event time on a matrix of outcomes.

        ``matrix``: of the design, or a resample of its rows; ``fixed``: weights by onset to be used as they are (the
        jackknife of Algorithm 3).
        """
        onsets = np.unique(matrix.onset[matrix.is_treated]).astype(np.int64)
        n_treated = np.array([(matrix.onset == g).sum() for g in onsets])
        gaps = []
        for onset, n in zip(onsets, n_treated, strict=True):
            case = build_cohort_case(design, matrix, int(onset))
            refuse_few_periods(case, self.min_before, self.name)
            weights = self.cohort_weights(case, int(n)) if fixed is None else fixed[int(onset)]
            gaps.append(compute_did_gaps(case.treated, case.donors, case.is_before, weights))
        return _stacked(design, matrix, onsets, n_treated, gaps)

    def cohort_weights(self, case: Case, n_treated: int) -> DidWeights:
        """Return the weights of one onset, whose treated units are averaged in the case's first row."""
        return compute_did_weights(
            case.treated,
            case.donors,
            case.is_before,
            case.is_after,
            n_treated=n_treated,
            kind=self.kind,
            solver=self.solver,
        )

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.synthetic-did-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.synthetic-did-averages", **describe_design(design))

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        return "(τ, μ, α, β) = argmin Σᵢₜ (Yᵢₜ − μ − αᵢ − βₜ − Wᵢₜτ)² ωᵢ λₜ"


def build_cohort_case(design: Design, matrix: OutcomeMatrix, onset: int) -> Case:
    """Return the mean of the treated units of one onset as a case."""
    rows = np.flatnonzero(matrix.onset == onset)
    case = build_case(design, matrix, int(rows[0]))
    values = np.vstack([matrix.values[rows].mean(axis=0), case.donors])
    return replace(
        case,
        values=values,
        units=np.concatenate([[str(Text("estimators.effect-cohort", cohort=str(onset)))], case.units[1:]]),
    )


def _stacked(
    design: Design, matrix: OutcomeMatrix, onsets: IntArray, n_treated: IntArray, gaps: list[FloatArray]
) -> CohortEffects:
    """Return gaps of several onsets as the cohort table; cells weigh by treated units."""
    n_periods = matrix.periods.size
    cohorts, times = np.repeat(onsets, n_periods), np.concatenate([matrix.periods - g for g in onsets])
    if not (times >= 0).any():
        raise EstimationError("no treated unit is observed after its onset")
    n_units = np.repeat(n_treated, n_periods)
    return CohortEffects.of(
        design,
        (cohorts, times),
        np.concatenate(gaps),
        RefitOnly(Text("estimators.weights-chosen")),
        sample=design.observations.sample(matrix.used, dropped=matrix.dropped),
        n_units=n_units,
        against="weighted before",
    )
