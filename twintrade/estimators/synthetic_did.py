"""Synthetic difference-in-differences: donors and periods weighted so that trends are parallel where it matters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case, OutcomeMatrix, build_case, build_outcome_matrix, remove_seasons
from twintrade.effects import CohortEffects, Estimate, RefitOnly
from twintrade.effects.estimate import Scale
from twintrade.errors import EstimationError
from twintrade.estimators.base import Requires
from twintrade.estimators.cases import DonorWeights, SingleCase, WeightedCase, explain_refusal, refuse_few_periods
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.simplex import DidWeights, Pinned, Solver, compute_did_gaps, compute_did_weights
from twintrade.text import Text, Words

# How one flow moved against its city's other flows and its destination's other flows at once.

LARGEST = 600.0  # largest effect taken out of a flow, in log points: beyond it the flow would no longer be a number


@dataclass(frozen=True, slots=True)
class DoubleRatio(SingleCase):
    """The log double ratio of one treated dyad, before and after.

    With X of city c, partner j, period t, and every sum over the design's untreated dyads that leave the dyad out,

        d_t = ln X_cjt - ln sum_k≠j X_ckt - ln sum_i≠c X_ijt + ln sum_i≠c,k≠j X_ikt.

    Where the design holds donors of one margin only (donor set A or B), the other margin drops out and d_t is a
    single log ratio. In quarters and months its seasonal means before the onset are taken out. Nothing is
    estimated, so nothing but placebo refits can say how unusual a move is.

    Attributes
    ----------
    relative_to : {"pre_mean", "reference"}
        What the path is measured from: its mean before the onset, or a single period.
    base_period : int
        Event time of that period.
    """

    relative_to: Literal["pre_mean", "reference"] = "pre_mean"
    base_period: int = -1
    fits_before = False
    name = "double_ratio"
    title = Text("labels.estimator-double-ratio")
    citation = "balassa1965"
    requires = Requires(
        single_treated_unit=True,
        nonnegative=True,
        transforms=("level",),
        dyadic=True,
        covariates=False,
        weights=False,
        has_influence=False,
    )
    says = "estimators.double-ratio-"
    formula = Text("estimators.double-ratio-equation")

    def gaps(self, case: Case) -> FloatArray:
        """Return the log double ratio less its base, in log points; NaN where a part of it is not positive."""
        ratio = compute_log_double_ratio(case.values, case.city, case.partner)
        is_whole = bool(np.isfinite(ratio[case.is_before]).all())
        if case.seasons > 1 and is_whole and int(case.is_before.sum()) >= 2 * case.seasons:
            ratio = remove_seasons(ratio[None], case.periods % case.seasons, case.is_before)[0]
        base = case.is_before if self.relative_to == "pre_mean" else case.event_times == self.base_period
        if not np.isfinite(ratio[base]).any():
            raise EstimationError(f"{case.units[0]} has no positive flow in the period it is measured from")
        return ratio - np.nanmean(ratio[base])

    def removed(self, case: Case, periods: BoolArray, effect: float) -> Case:
        """Return the case with the flow divided by the effect, which is in log points."""
        values = case.values.copy()
        values[0, periods] *= np.exp(-np.clip(effect, -LARGEST, LARGEST))
        return replace(case, values=values)

    def reference(self, design: Design) -> int | None:
        """Return the event time the path is measured from, if it is a single one."""
        return None if self.relative_to == "pre_mean" else self.base_period

    def effect_scale(self, design: Design) -> Scale:
        """Return the scale: a ratio is taken in logarithms whatever the outcome's transform."""
        return "log points"


def compute_log_double_ratio(values: FloatArray, city: IntArray, partner: IntArray) -> FloatArray:
    """Return the log double ratio by period of the first of the flows (n_units, n_periods), NaN if not positive."""
    others = np.arange(city.size) > 0
    same_city, same_partner = others & (city == city[0]), others & (partner == partner[0])
    rest = (city != city[0]) & (partner != partner[0])
    less, plus = [same_city, same_partner], [rest]
    if not rest.any() and same_city.any() != same_partner.any():
        less, plus = [same_city if same_city.any() else same_partner], []
    elif not (same_city.any() and same_partner.any() and rest.any()):
        raise EstimationError(
            Text(
                "estimators.margins",
                city=int(same_city.sum()),
                partner=int(same_partner.sum()),
                neither=int(rest.sum()),
            )
        )
    ratio = _log(values[0])
    for members in less:
        ratio = ratio - _log(values[members].sum(axis=0))
    for members in plus:
        ratio = ratio + _log(values[members].sum(axis=0))
    return ratio


def _log(values: FloatArray) -> FloatArray:
    """Return the logarithm, NaN where it does not exist."""
    return np.log(np.where(values > 0, values, np.nan))


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
    says = "estimators.synthetic-did-"
    formula = "(τ, μ, α, β) = argmin Σᵢₜ (Yᵢₜ − μ − αᵢ − βₜ − Wᵢₜτ)² ωᵢ λₜ"

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
        """Return effects by cohort and event time of a matrix; ``fixed``: the jackknife's weights (Algorithm 3)."""
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
        given = case.treated, case.donors, case.is_before, case.is_after
        return compute_did_weights(*given, n_treated=n_treated, kind=self.kind, solver=self.solver)


def build_cohort_case(design: Design, matrix: OutcomeMatrix, onset: int) -> Case:
    """Return the mean of the treated units of one onset as a case."""
    rows = np.flatnonzero(matrix.onset == onset)
    case = build_case(design, matrix, int(rows[0]))
    return replace(
        case,
        values=np.vstack([matrix.values[rows].mean(axis=0), case.donors]),
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
