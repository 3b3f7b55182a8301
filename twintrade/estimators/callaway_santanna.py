"""Group-time effects (Callaway and Sant'Anna 2021), their differences between flows, and with random timing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from twintrade.design import Design
from twintrade.effects import CohortEffects, Dropped, Estimate, EventStudy, Influence
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.effects.regression import OutcomeWeights
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Catalogued, Requires, describe_design
from twintrade.estimators.cohort_means import group_time
from twintrade.estimators.cohort_means.group_time import Base, GroupTime, Shares
from twintrade.estimators.cohort_means.triple_conditional import (
    build_groups,
    describe_empty_side,
    estimate_conditional_cells,
    estimate_conditional_contrasts,
    estimate_triple_contrasts,
)
from twintrade.estimators.cohort_means.wide import Wide, widen
from twintrade.estimators.regression.event_terms import cut_before_last_onset
from twintrade.numerics import comparisons
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.comparisons import CohortMoments, Convention, Method
from twintrade.text import Listed, Text, Words

SMALL = 2_000  # groups of a panel with gaps, times periods, up to which their means are quicker than cells one by one


@dataclass(frozen=True, slots=True)
class CallawaySantAnna(Catalogued):
    """Average effects on the treated by cohort and period.

    By default the sampling of cohort shares enters the aggregates and pre-period effects have a universal base; the
    influence carries no small-sample factor. R's ``did`` differs in the base alone, which is varying there. Without
    covariates and weights everything comes from cohort means and second moments, in a panel with gaps by cohort and
    missing pattern.

    Attributes
    ----------
    method : {"doubly_robust", "doubly_robust_improved", "regression", "ipw", "ipw_unnormalized"}
        How covariates enter; without covariates all coincide. Covariates are taken in the base period. "improved" is
        the form of Sant'Anna and Zhao whose errors need no correction for estimated nuisances (R's ``drdid_imp``);
        "unnormalized" divides the comparison's weights by the number of treated (Horvitz and Thompson), so that a
        common shock does not cancel exactly. Both need ``rows = "panel"``.
    base : {"universal", "varying"}
        Pre-period effects against the last period before onset less anticipation, or as one-period changes.
    rows : {"panel", "cross_sections"}
        Whether a unit's change is used (a unit enters the comparisons for which it is observed in both periods),
        or each row counts as a draw of its own.
    convention : {"exact", "drdid"}
        Influence of doubly robust effects from cross-sections; see ``numerics.two_period_sections``.
    shares : {"estimated", "fixed"}
        Whether the sampling of cohort sizes enters the aggregates, or sizes are taken as given, as fixest's ``sunab``
        does.
    """

    method: Method = "doubly_robust"
    base: Base = "universal"
    rows: Literal["panel", "cross_sections"] = "panel"
    convention: Convention = "exact"
    shares: Shares = "estimated"

    name: ClassVar[str] = "callaway_santanna"
    citation: ClassVar[str] = "callaway2021"
    compared_with = "last before"
    requires: ClassVar[Requires] = Requires(
        fixed_effects=("two_way",), isolates_cohorts=False, cohort_statistics=True
    )
    says: ClassVar[str] = "estimators.callaway-santanna-"
    formula: ClassVar = Text("estimators.callaway-santanna-equation")

    def estimate(self, design: Design) -> CohortEffects:
        """Return effects by cohort and event time."""
        if self.rows == "cross_sections" and self.method in comparisons.PANEL_ONLY:
            raise DesignError(
                f"callaway_santanna with method = {self.method!r} compares changes of units: set rows = 'panel', or "
                "method = 'doubly_robust', 'regression' or 'ipw'"
            )
        effects = self._estimated(design)
        if self.shares == "estimated":
            return effects
        return replace(effects, unit_cohorts=None, cohort_labels=None, unit_weights=None)

    def _estimated(self, design: Design) -> CohortEffects:
        wide = replace(widen(design.observations), are_sections=self.rows == "cross_sections")
        every = list(group_time.iterate_cells(wide, self.base, design.anticipation, design.comparison))
        plan, dropped = group_time.select_identified(every, wide)
        _require_treated(plan, wide, dropped)
        is_plain = self.rows == "panel" and wide.weights is None and not design.covariates
        if is_plain and wide.is_complete:
            effects, influence = estimate_from_moments(wide.moments(), plan, wide)
            return group_time.pack(plan, effects, influence, wide, design, self.base, dropped)
        groups = group_time.group_by_pattern(wide, SMALL) if is_plain else None
        if groups is not None:
            kept, lost, effects, influence = group_time.estimate_from_patterns(groups, plan)
            seen = ~np.isnan(wide.outcomes)
            for cell in lost:
                treated = (wide.cohort == cell.cohort) & seen[:, cell.at] & seen[:, cell.base]
                dropped = (*dropped, _not_identified(cell, wide, describe_empty_side(bool(treated.any()))))
            _require_treated(kept, wide, dropped)
            return group_time.pack(kept, effects, influence, wide, design, self.base, dropped)
        sections = self.convention if self.rows == "cross_sections" else None
        cells = estimate_conditional_cells(wide, plan, self.method, sections)
        dropped += tuple(_not_identified(cell, wide, why) for cell, why in cells.lost)
        _require_treated(cells.kept, wide, dropped)
        by_row = cells.influence
        if sections is None and not design.covariates:
            rows, changes = np.arange(design.observations.n_rows), group_time.CellChanges(wide, cells.kept)
            by_row = replace(by_row, linear=OutcomeWeights(rows, changes, np.eye(len(cells.kept))))
        return group_time.pack(cells.kept, cells.effects, by_row, wide, design, self.base, dropped)


def estimate_from_moments(m: CohortMoments, plan: list[GroupTime], wide: Wide) -> tuple[FloatArray, CohortInfluence]:
    """Return the effects of the cells, and their influence, from cohort statistics alone."""
    effects = np.zeros(len(plan))
    coefficients = np.zeros((m.onset.size, m.periods.size, len(plan)))
    constants = np.zeros((m.onset.size, len(plan)))
    measured = np.array([k for k, cell in enumerate(plan) if not cell.is_reference], dtype=np.int64)
    cohort, at, base = np.array([(plan[k].cohort, plan[k].at, plan[k].base) for k in measured], dtype=np.int64).T
    is_comparison = np.array([plan[k].comparison for k in measured]).T
    change, place = m.means[:, at] - m.means[:, base], np.arange(measured.size)
    n_comparison = m.counts @ is_comparison
    average = np.where(is_comparison, m.counts[:, None] * change, 0.0).sum(axis=0) / n_comparison
    effects[measured] = change[cohort, place] - average
    loading = np.where(is_comparison, -1.0 / n_comparison, 0.0)
    loading[cohort, place] = 1.0 / m.counts[cohort]
    coefficients[:, at, measured] = loading
    coefficients[:, base, measured] = -loading
    # Pooled comparison cohorts differ in their mean change: the between-cohort part of the influence.
    constants[:, measured] = np.where(is_comparison, (average - change) / n_comparison, 0.0)
    return effects, wide.influence(m, coefficients, constants)


def _require_treated(plan: Sequence[GroupTime], wide: Wide, dropped: tuple[Dropped, ...]) -> None:
    if not any(wide.periods[c.at] >= wide.onset[c.cohort] for c in plan):
        why = Listed(tuple(sorted({d.text for d in dropped}, key=str)), "semicolon")
        raise EstimationError(Text("estimators.no-cell-from-onset", why=why))


def _not_identified(cell: GroupTime, wide: Wide, sentence: Words) -> Dropped:
    return Dropped("not-identified", sentence, 0, 0, (cell.label(wide.onset, wide.periods),))


# Affected against unaffected flows of the same dyads: the difference of two differences in differences.


@dataclass(frozen=True, slots=True)
class TripleDifference(Catalogued):
    """By cohort and period: the change of affected less that of unaffected units, against the same in the comparison.

    A unit is one product or one flow of a dyad; the column says whether an agreement can affect it. Every product of
    a treated dyad has the dyad's onset, the unaffected ones too. Comparison cohorts are used one at a time and
    averaged by size: pooled, they would compare affected and unaffected units of different cohorts, which the
    assumption does not allow (Ortiz-Villavicencio and Sant'Anna 2025). Units of one dyad move together: cluster by
    city and partner.

    Attributes
    ----------
    affected : str
        Column of the panel, 1 where an agreement can affect the unit and 0 where it cannot; constant within unit.
    base : {"universal", "varying"}
        As for Callaway and Sant'Anna.
    method : {"doubly_robust", "doubly_robust_improved", "regression", "ipw", "ipw_unnormalized"}
        How covariates enter, for the affected treated units against each other group; taken in the base period.
        Without covariates all coincide.
    """

    affected: str = "affected"
    base: Literal["universal", "varying"] = "universal"
    method: Method = "doubly_robust"

    name: ClassVar[str] = "triple_difference"
    citation: ClassVar[str] = "olden2022"
    compared_with = "last before"
    requires: ClassVar[Requires] = Requires(fixed_effects=("two_way",), isolates_cohorts=False, third_difference=True)
    says: ClassVar[str] = "estimators.triple-difference-"
    formula: ClassVar = Text("estimators.triple-difference-equation")

    def estimate(self, design: Design) -> CohortEffects:
        """Return effects on affected units by cohort and event time."""
        wide = widen(design.observations)
        groups = build_groups(wide, design.observations, self.affected)
        plan = list(group_time.iterate_cells(wide, self.base, design.anticipation, design.comparison))
        influence: Influence
        why: tuple[Dropped, ...] = ()
        if design.covariates or wide.weights is not None:
            kept, effects, influence, why = estimate_conditional_contrasts(groups, plan, self.method)
        else:
            kept, effects, influence = estimate_triple_contrasts(groups, plan)
        if all(c.is_reference for c in kept):
            reasons = tuple(sorted({d.text for d in why}, key=str))
            because = Listed(reasons, "semicolon") if reasons else groups.lacking()
            raise EstimationError(Text("estimators.no-cell-because", why=because))
        named = {name for d in why for name in d.labels}
        lost = [label for c in plan if c not in kept and (label := c.label(wide.onset, wide.periods)) not in named]
        sentence = Text("estimators.one-sided-cells")
        dropped = (*why, Dropped("no-comparison", sentence, 0, 0, tuple(lost))) if lost else why
        members = [c.cohort for c in kept]
        return CohortEffects.of(
            design,
            group_time.locate_cells(kept, wide),
            effects,
            influence,
            sample=design.observations.sample(dropped=dropped),
            n_units=groups.counts[1][members].astype(np.int64),
            base=self.base,
            cell_weights=groups.sizes[1][members],
            reference=group_time.find_last_before(design) if self.base == "universal" else None,
            against=self.compared_with,
            unit_cohorts=groups.code,
            cohort_labels=np.concatenate([np.full(wide.onset.size, np.nan), wide.onset]),
            unit_weights=wide.unit_weights,
        )


# Efficient use of pre-treatment outcomes when the timing of treatment is as good as random.

Headline = Literal["simple", "cohort", "calendar"]
SINGLE = "single-unit-cohort"


@dataclass(frozen=True, slots=True)
class StaggeredEfficient(Catalogued):
    """Compare outcomes of cohorts, less beta times their difference before onset; beta minimizes the variance.

    Every event time and the headline have a beta of their own, so the headline is no average of the event times.
    Influence gives the Neyman variance. The design-based variance is smaller by the statistic "timing_reduction" of
    the headline, the part of effect heterogeneity that earlier outcomes predict. Before onset a cohort is compared
    with the later ones, and shares and adjustment are those of the cohorts observed; R's ``staggered`` 1.2.3 counts
    cohorts that are not observed then as well, so that its weights of pre-period outcomes do not add up to one.

    Timing that is as good as random needs no covariates, and the authors define neither these nor sampling weights.

    Attributes
    ----------
    beta : {"efficient", "one"}
        "one" is the difference in differences: of Callaway and Sant'Anna where the comparison is the not yet treated,
        of Sun and Abraham where it is the never treated.
    headline : {"simple", "cohort", "calendar"}
        Cells weighted by cohort size; or averaged within cohort first; or within period first.
    """

    beta: Literal["efficient", "one"] = "efficient"
    headline: Headline = "simple"

    name: ClassVar[str] = "staggered_efficient"
    citation: ClassVar[str] = "rothsantanna2023"
    compared_with = "last before"
    requires: ClassVar[Requires] = Requires(
        balanced=True,
        fixed_effects=("two_way",),
        isolates_cohorts=False,
        cancels_constants=False,
        cohort_statistics=True,
        covariates=False,
        weights=False,
    )
    says: ClassVar[str] = "estimators.staggered-"
    formula: ClassVar = Text("estimators.staggered-equation")

    def estimate(self, design: Design) -> EventStudy:
        """Return the event study, with the headline as its average."""
        design = self.narrowed(design)
        wide = widen(design.observations)
        every = list(group_time.iterate_cells(wide, "universal", design.anticipation, design.comparison))
        plan, lost = group_time.select_identified(every, wide)
        if not any(self._is_after(c, wide) for c in plan):
            alone = [name for d in design.left_out if d.reason == SINGLE for name in d.labels]
            listed = Listed(tuple(alone), "comma")
            raise EstimationError(Text("estimators.no-cohort-compared", n=len(alone), alone=listed))
        moments = wide.moments()
        times = np.array([wide.periods[c.at] - int(wide.onset[c.cohort]) for c in plan])
        reference = group_time.find_last_before(design)
        inside = (times >= min(design.window[0], reference)) & (times <= max(design.window[1], 0))
        labels = np.unique(times[inside])
        sizes = wide.counts[[c.cohort for c in plan]]
        shares = np.column_stack([np.where(times == e, sizes, 0.0) / sizes[times == e].sum() for e in labels])
        effects, influence = self._adjusted(moments, plan, shares, wide)[:2]
        headline_weights = compute_headline_weights(self.headline, times, wide.onset[[c.cohort for c in plan]], sizes)
        overall, overall_influence, reduction = self._adjusted(moments, plan, headline_weights[:, None], wide)
        n_units = np.array([sizes[times == e].sum() for e in labels]).astype(np.int64)
        sample = design.observations.sample(dropped=lost, statistics={"timing_reduction": reduction[0]})
        average = Estimate(
            effects=overall,
            uncertainty=overall_influence,
            scale=design.scale,
            sample=sample,
            names=(Text("estimators.effect-average-cells"),),
            n_units=np.array(
                [int(wide.counts[np.unique([c.cohort for c in plan if self._is_after(c, wide)])].sum())]
            ),
            n_cells=np.array([int(sizes[times >= 0].sum())]),
            against=self.compared_with,
        )
        return EventStudy.of(
            design,
            labels,
            effects,
            influence,
            sample=sample,
            n_units=n_units,
            reference=reference,
            overall=average,
            against=self.compared_with,
        )

    def narrowed(self, design: Design) -> Design:
        """Return the design without cohorts of one unit and without periods in which no unit is untreated."""
        design = _without_single_units(design)
        return cut_before_last_onset(design) if design.comparison.uses_not_yet_treated else design

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.staggered-averages", headline=self.headline, **describe_design(design))

    def _is_after(self, cell: GroupTime, wide: Wide) -> bool:
        return not cell.is_reference and bool(wide.periods[cell.at] >= wide.onset[cell.cohort])

    def _adjusted(
        self, m: CohortMoments, plan: Sequence[GroupTime], weights: FloatArray, wide: Wide
    ) -> tuple[FloatArray, CohortInfluence, FloatArray]:
        raw, before = compute_loadings(m, plan, weights)
        fixed = np.ones(weights.shape[1]) if self.beta == "one" else None
        is_reference = np.array([c.is_reference for c in plan])
        pinned = (weights[~is_reference] == 0).all(axis=0)
        effects, coefficients = comparisons.adjust_estimates(m, raw, before, fixed, pinned)
        influence = wide.influence(m, coefficients, np.zeros((m.onset.size, weights.shape[1])))
        # The Neyman variance divides by n - 1 where a mean divides by n.
        loadings = coefficients * np.sqrt((m.counts - 1) / m.counts)[:, None, None]
        return effects, replace(influence, loadings=loadings), comparisons.compute_timing_reduction(m, raw)


def compute_headline_weights(
    headline: Headline, times: IntArray, cohorts: FloatArray, sizes: FloatArray
) -> FloatArray:
    """Return the weight of each cell in the headline, shape (n_cells,)."""
    after = times >= 0
    if headline == "simple":
        return np.asarray(np.where(after, sizes, 0.0) / sizes[after].sum())
    groups = cohorts if headline == "cohort" else cohorts + times
    labels = np.unique(groups[after])
    weights = np.zeros(times.size)
    for label in labels:
        members = after & (groups == label)
        within = np.full(members.sum(), 1 / members.sum()) if headline == "cohort" else sizes[members]
        of_group = sizes[members][0] if headline == "cohort" else 1.0
        weights[members] = of_group * within / within.sum()
    return np.asarray(weights / weights.sum())


def compute_loadings(
    m: CohortMoments, plan: Sequence[GroupTime], weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return weights of cohort means in the comparison after, and in the one before, (n_cohorts, n_periods, k)."""
    raw = np.zeros((m.onset.size, m.periods.size, weights.shape[1]))
    before = np.zeros_like(raw)
    for cell, weight in zip(plan, weights, strict=True):
        loading = np.zeros(m.onset.size)
        members = cell.comparison & (np.arange(m.onset.size) != cell.cohort)
        loading[members] = -m.counts[members] / m.counts[members].sum() if members.any() else 0.0
        loading[cell.cohort] = 1.0
        raw[:, cell.at] += loading[:, None] * weight
        before[:, cell.base if cell.base >= 0 else cell.at] += loading[:, None] * weight
    return raw, before


def _without_single_units(design: Design) -> Design:
    """Leave out cohorts of one unit: they have no variance to weigh."""
    o = design.observations
    cohort = np.unique(np.where(o.unit_onset > o.periods[-1], np.inf, o.unit_onset), return_inverse=True)[1]
    size = np.ones(o.n_units) if design.statistics is None else design.statistics.moments.counts[o.unit_rows]
    alone = np.bincount(cohort, size)[cohort] == 1
    if not alone.any():
        return design
    if alone.all():
        raise EstimationError("every cohort has a single unit; their variances are not identified")
    names = tuple(str(u) for u in o.unit_ids[alone])
    sentence = Text("estimators.single-unit-cohorts")
    return design.without(names, Dropped(SINGLE, sentence, int(alone[o.unit].sum()), len(names), names))
