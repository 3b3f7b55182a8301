"""Counterfactuals from weighted donors: synthetic control in its forms, synthetic DiD, and the double ratio."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case, OutcomeMatrix, build_case, build_outcome_matrix, remove_seasons
from twintrade.effects import CohortEffects, Estimate, RefitOnly
from twintrade.effects.estimate import Against, Scale
from twintrade.errors import EstimationError
from twintrade.estimators.base import Catalogued, Estimator, Requires
from twintrade.estimators.cases import DonorWeights, SingleCase, WeightedCase, explain_refusal, refuse_few_periods
from twintrade.numerics import simplex
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.simplex import DidWeights, Pinned, PredictorFit, Solver, compute_did_weights
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
        onset = np.array([case.onset for case in cases])
        onsets, n_treated = np.unique(onset, return_counts=True)
        return _stack_gaps(
            design,
            matrix,
            onsets,
            n_treated,
            [gaps[onset == g].mean(axis=0) for g in onsets],
            Text("estimators.few-cases-weights"),
            self.compared_with,
            pooling=pooling,
            average_imbalance=average,
            separate_imbalance=separate,
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
        level, ends = before.mean(axis=1), solution.start_losses
        best, worst = float(ends.min(initial=np.inf)), float(ends.max(initial=-np.inf))
        searched = {"v_starts": float(ends.size), "v_best_mspe": best, "v_worst_mspe": worst}
        return DonorWeights(
            solution.weights,
            float(level[0] - solution.weights @ level[1:]) if self.demeaned else 0.0,
            statistics=searched if ends.size else {},
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
        counts = {"city": int(same_city.sum()), "partner": int(same_partner.sum()), "neither": int(rest.sum())}
        raise EstimationError(Text("estimators.margins", **counts))
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
            path = case.treated - weights.omega @ case.donors
            gaps.append(path - weights.lambda_ @ path[case.is_before])
        why = Text("estimators.weights-chosen")
        return _stack_gaps(design, matrix, onsets, n_treated, gaps, why, self.compared_with)

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


def _stack_gaps(
    design: Design,
    matrix: OutcomeMatrix,
    onsets: IntArray,
    n_treated: IntArray,
    gaps: Sequence[FloatArray],
    why: Text,
    against: Against,
    **facts: float,
) -> CohortEffects:
    """Return gaps by period of several onsets as the cohort table; cells weigh by treated units."""
    n_periods = matrix.periods.size
    times = np.concatenate([matrix.periods - g for g in onsets])
    if not (times >= 0).any():
        raise EstimationError("no treated unit is observed after its onset")
    return CohortEffects.of(
        design,
        (np.repeat(onsets, n_periods), times),
        np.concatenate(gaps),
        RefitOnly(why),
        sample=design.observations.sample(matrix.used, dropped=matrix.dropped, statistics=facts),
        n_units=np.repeat(n_treated, n_periods),
        against=against,
    )
