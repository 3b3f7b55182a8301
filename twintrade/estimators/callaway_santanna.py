"""Group-time effects: each cohort's change against a clean comparison's change (Callaway and Sant'Anna 2021)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from twintrade.design import Design
from twintrade.effects import CohortEffects, Dropped, Influence
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Estimator, Requires, describe_design
from twintrade.estimators.cohort_means.group_time import (
    Base,
    GroupTime,
    PatternGroups,
    Shares,
    build_change_weights,
    estimate_from_patterns,
    group_by_pattern,
    iterate_cells,
    locate_cells,
    pack,
    select_identified,
)
from twintrade.estimators.cohort_means.triple_conditional import (
    TripleGroups,
    build_groups,
    describe_empty_side,
    estimate_conditional_cells,
    estimate_conditional_contrasts,
    estimate_triple_contrasts,
)
from twintrade.estimators.cohort_means.wide import Wide, widen
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.comparisons import PANEL_ONLY, CohortMoments, Convention, Method
from twintrade.text import Listed, Text, Words

SMALL = 2_000
"""Groups of a panel with gaps, times periods, up to which their means are quicker than cells one by one."""


@dataclass(frozen=True, slots=True)
class CallawaySantAnna(Estimator):
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
    title: ClassVar[Text] = Text("labels.estimator-callaway-santanna")
    citation: ClassVar[str] = "callaway2021"
    compared_with = "last before"
    requires: ClassVar[Requires] = Requires(
        fixed_effects=("two_way",), isolates_cohorts=False, cohort_statistics=True
    )

    def estimate(self, design: Design) -> CohortEffects:
        """Return effects by cohort and event time."""
        if self.rows == "cross_sections" and self.method in PANEL_ONLY:
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
        every = list(iterate_cells(wide.onset, wide.periods, self.base, design.anticipation, design.comparison))
        plan, dropped = select_identified(every, wide)
        _require_treated(plan, wide, dropped)
        is_plain = self.rows == "panel" and wide.weights is None and not design.covariates
        if is_plain and wide.is_complete:
            effects, influence = estimate_from_moments(wide.moments(), plan, wide)
            return pack(plan, effects, influence, wide, design, self.base, dropped)
        groups = group_by_pattern(wide, SMALL) if is_plain else None
        if groups is not None:
            return self._by_pattern(groups, wide, plan, design, dropped)
        return self._by_cell(wide, plan, design, dropped)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.callaway-santanna-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.callaway-santanna-averages", **describe_design(design))

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        return Text("estimators.callaway-santanna-equation")

    def _by_pattern(
        self, groups: PatternGroups, wide: Wide, plan: list[GroupTime], design: Design, dropped: tuple[Dropped, ...]
    ) -> CohortEffects:
        kept, lost, effects, influence = estimate_from_patterns(groups, plan)
        seen = ~np.isnan(wide.outcomes)
        for cell in lost:
            treated = (wide.cohort == cell.cohort) & seen[:, cell.at] & seen[:, cell.base]
            dropped = (*dropped, _not_identified(cell, wide, describe_empty_side(bool(treated.any()))))
        _require_treated(kept, wide, dropped)
        return pack(kept, effects, influence, wide, design, self.base, dropped)

    def _by_cell(
        self, wide: Wide, plan: list[GroupTime], design: Design, dropped: tuple[Dropped, ...]
    ) -> CohortEffects:
        sections = self.convention if self.rows == "cross_sections" else None
        cells = estimate_conditional_cells(wide, plan, self.method, sections)
        dropped += tuple(_not_identified(cell, wide, why) for cell, why in cells.lost)
        _require_treated(cells.kept, wide, dropped)
        influence = cells.influence
        if sections is None and not design.covariates:
            influence = replace(influence, linear=build_change_weights(wide, cells.kept))
        return pack(cells.kept, cells.effects, influence, wide, design, self.base, dropped)


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
class TripleDifference(Estimator):
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
    title: ClassVar[Text] = Text("labels.estimator-triple-difference")
    citation: ClassVar[str] = "olden2022"
    compared_with = "last before"
    requires: ClassVar[Requires] = Requires(fixed_effects=("two_way",), isolates_cohorts=False, third_difference=True)

    def estimate(self, design: Design) -> CohortEffects:
        """Return effects on affected units by cohort and event time."""
        wide = widen(design.observations)
        groups = build_groups(wide, design.observations, self.affected)
        plan = list(iterate_cells(wide.onset, wide.periods, self.base, design.anticipation, design.comparison))
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
        return self._packed(design, groups, kept, effects, influence, dropped)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.triple-difference-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.triple-difference-averages", **describe_design(design))

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        return Text("estimators.triple-difference-equation")

    def _packed(
        self,
        design: Design,
        groups: TripleGroups,
        kept: Sequence[GroupTime],
        effects: FloatArray,
        influence: Influence,
        dropped: tuple[Dropped, ...],
    ) -> CohortEffects:
        wide, members = groups.wide, [c.cohort for c in kept]
        counts = groups.counts[1][members].astype(np.int64)
        return CohortEffects.of(
            design,
            locate_cells(kept, wide),
            effects,
            influence,
            sample=design.observations.sample(dropped=dropped),
            n_units=counts,
            base=self.base,
            cell_weights=groups.sizes[1][members],
            reference=-1 - design.anticipation if self.base == "universal" else None,
            against=self.compared_with,
            unit_cohorts=groups.code,
            cohort_labels=np.concatenate([np.full(wide.onset.size, np.nan), wide.onset]),
            unit_weights=wide.unit_weights,
        )
