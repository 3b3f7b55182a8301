"""Cohort-specific effects: averaged by cohort shares (Sun and Abraham 2021), or stacked on one clock."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Dropped, GroupedInfluence, Uncertainty, UnitInfluence
from twintrade.effects.regression import OutcomeWeights
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Requires, Target, describe_design
from twintrade.estimators.callaway_santanna import estimate_from_moments
from twintrade.estimators.cohort_means import group_time
from twintrade.estimators.cohort_means.collapsed import Collapse, SumsRows
from twintrade.estimators.cohort_means.group_time import GroupTime, Shares, Stack, StackFit
from twintrade.estimators.cohort_means.wide import Wide, widen
from twintrade.estimators.regression import event_terms
from twintrade.estimators.regression.cell_fit import Family
from twintrade.estimators.regression.cell_table import build_cell_dummies, fit_saturated
from twintrade.estimators.regression.slopes import list_second_reference
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Listed, Text, Value


@dataclass(frozen=True, slots=True)
class SunAbraham(SumsRows[CohortEffects]):
    """One effect per cohort and event time against the reference, compared with the never treated.

    Where every unit is treated in the end, the last cohort is the comparison and periods from its onset on are left
    out. By default cohort shares are fixed weights, as in fixest's ``sunab``. Linear, two-way, without covariates and
    weights the coefficients come from means of cohorts, or of units of a cohort that miss the same periods.

    Attributes
    ----------
    family : {"linear", "poisson"}
    shares : {"fixed", "estimated"}
        Whether cohort shares are taken as given or their sampling enters the aggregates, as in the authors' paper.
    second_reference : int or None
        Event time without effects beside the design's reference, as ``sunab(..., ref.p = c(-1, -5))`` in fixest; no
        average has it.
    """

    family: Family = "linear"
    shares: Shares = "fixed"
    second_reference: int | None = None

    name: ClassVar[str] = "sun_abraham"
    citation: ClassVar[str] = "sun2021"
    requires: ClassVar[Requires] = Requires(isolates_cohorts=False, cohort_statistics=True)
    says: ClassVar[str] = "estimators.sun-abraham-"

    def takes_means(self, design: Design) -> bool:
        """Return whether the panel has gaps, the model is additive, and shares and the one reference are fixed."""
        is_plain = self.family == "linear" and self.second_reference is None
        return is_plain and self.shares == "fixed" and not design.observations.is_complete

    def estimate_means(self, means: Collapse) -> CohortEffects:
        """Return effects by cohort and event time from dummies that are fitted to means of cohorts' parts."""
        small, o = means.small, means.o
        has_dummy = small.is_ever_treated[small.unit] & (small.event_time != o.reference)
        saturated = fit_saturated(small, build_cell_dummies(small, has_dummy), "linear", o.reference)
        sample = o.sample(
            n_slopes=saturated.sample.n_slopes,
            effects=o.effect_names,
            dropped=saturated.sample.dropped,
            statistics={"within_r2": means.within_r2(saturated.uncertainty.regression)},  # type: ignore[attr-defined]
        )
        return replace(means.expanded(saturated, sample), scale=o.scale)

    def estimate_rows(self, design: Design) -> CohortEffects:
        """Return effects by cohort and event time from differences of means, or from dummies by row."""
        o = design.observations
        is_plain = self.family == "linear" and not design.covariates and o.weights is None
        is_plain = is_plain and self.second_reference is None
        are_fixed = self.shares == "fixed"
        if is_plain and o.is_complete and design.fixed_effects == "two_way":
            return _from_moments(o, are_fixed)
        references = event_terms.list_references(design, self.second_reference)
        has_dummy = o.is_ever_treated[o.unit] & ~np.isin(o.event_time, references)
        saturated = fit_saturated(o, build_cell_dummies(o, has_dummy), self.family, design.reference)
        dropped = (*saturated.sample.dropped, *list_second_reference(self.second_reference))
        saturated = replace(saturated, sample=replace(saturated.sample, dropped=dropped))
        return saturated if are_fixed else replace(saturated, weight_influence=_membership(o, saturated))

    def narrowed(self, design: Design) -> Design:
        """Return the design without rows that have no comparison and units that have no reference."""
        design = event_terms.cut_before_last_onset(design)
        o = design.observations
        onset, cohort = np.unique(o.unit_onset, return_inverse=True)
        ever = np.flatnonzero((onset <= o.periods[-1])[cohort][o.unit])
        time = o.event_time[ever]
        node = cohort[o.unit[ever]] * (np.ptp(o.periods) + 1) + o.period[ever] - o.periods[0]
        is_joined = event_terms.find_joined_rows(event_terms.find_holders(o)[ever], node, time == design.reference)
        event_terms.require_reference(time, time[is_joined], design.reference)
        if is_joined.all():
            return design
        # Units that none of their cohort joins to the reference: their effects have nothing to start from.
        gone = np.unique(o.unit[ever[~is_joined]])
        names = tuple(Text("estimators.effect-cohort", cohort=f"{g:.0f}") for g in np.unique(o.unit_onset[gone]))
        sentence = Text("estimators.units-apart", reference=str(design.reference))
        why = Dropped("no-reference", sentence, int((~is_joined).sum()), gone.size, names)
        return design.without(o.unit_ids[gone], why)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.sun-abraham-assumes", family=self.family, **describe_design(design))

    @property
    def target(self) -> Target:
        """An average of rows, of cells' coefficients in a Poisson regression."""
        return "average cell" if self.family == "poisson" else "average unit"

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        effects = " + ".join("α_" + n for n in design.effect_names)
        return Text("estimators.sun-abraham-equation", family=self.family, effects=effects)


def _membership(o: Observations, effects: CohortEffects) -> GroupedInfluence:
    """Return the weight with which each unit of the influence is in each cell, shape (n_units, n_effects)."""
    rows = effects.uncertainty.regression.rows  # type: ignore[attr-defined]
    cells = pd.MultiIndex.from_arrays([effects.cohorts, effects.event_times])
    ever = rows[o.is_ever_treated[o.unit[rows]]]
    cell = cells.get_indexer(pd.MultiIndex.from_arrays([o.onset[ever].astype(np.int64), o.event_time[ever]]))
    units = np.unique(o.unit[rows])
    inside = cell >= 0
    out = np.zeros((units.size, cells.size))
    out[np.searchsorted(units, o.unit[ever[inside]]), cell[inside]] = o.row_weights[ever[inside]]
    return GroupedInfluence.of_units(out)


def _from_moments(o: Observations, are_fixed: bool) -> CohortEffects:
    wide = widen(o)
    untreated = np.isinf(wide.onset)
    plan: list[GroupTime] = []
    for g in np.flatnonzero(~untreated):
        base = int(np.searchsorted(wide.periods, wide.onset[g] + o.reference))
        plan += [GroupTime(int(g), at, base, untreated, is_reference=at == base) for at in range(wide.periods.size)]
    effects, influence = estimate_from_moments(wide.moments(), plan, wide)
    sizes = wide.counts[[c.cohort for c in plan]]
    return CohortEffects.of(
        o,
        group_time.locate_cells(plan, wide),
        effects,
        influence,
        sample=o.sample(n_slopes=sum(not c.is_reference for c in plan), effects=o.effect_names),
        n_units=sizes.astype(np.int64),
        cell_weights=sizes,
        reference=o.reference,
        unit_cohorts=None if are_fixed else wide.cohort,
        cohort_labels=None if are_fixed else wide.onset,
    )


# Each cohort with its own clean comparison, on one clock (Cengiz et al. 2019; Wing et al. 2024).


@dataclass(frozen=True, slots=True)
class Stacked(SumsRows[CohortEffects]):
    """One regression a cohort, on the span around its onset and units untreated throughout it, averaged over cohorts.

    With unit-by-stack and period-by-stack effects the stacked regression falls apart into its stacks, so each cohort
    is estimated alone and the table of cohorts is averaged with the weights that the stacked regression gives. On
    balanced panels the averages equal its coefficients. Weights count as fixed. Without covariates and weights the
    stacks are fitted to means of cohorts, in a panel with gaps to those of units of a cohort that miss the same
    periods.

    Attributes
    ----------
    weights : {"corrective", "variance"}
        Cohorts weigh by treated units, as with the weights of Wing, Freedman and Hollingsworth; or by treated times
        comparison units over their sum, as in an unweighted stacked regression, where large comparisons count more.
    trimmed : bool
        Only cohorts observed over the whole span, so that the same ones are averaged at every event time.
    span : (int, int)
        First and last event time of every stack: part of what is estimated, whatever the window shows.
    centered : {"stack", "pooled"}
        Errors count how units differ from their own stack's mean, as with unit-by-stack effects; or from the mean of
        all stacks, as in the regression of Wing, Freedman and Hollingsworth with effects of treatment and event time.
        Points are the same. "pooled" needs corrective weights, whole stacks, and no gaps, covariates or weights.
    """

    weights: Literal["corrective", "variance"] = "corrective"
    trimmed: bool = True
    span: tuple[int, int] = (-3, 3)
    centered: Literal["stack", "pooled"] = "stack"

    name: ClassVar[str] = "stacked"
    citation: ClassVar[str] = "wing2024"
    requires: ClassVar[Requires] = Requires(
        fixed_effects=("two_way",), isolates_cohorts=False, cohort_statistics=True
    )
    says: ClassVar[str] = "estimators.stacked-"
    formula: ClassVar = Text("estimators.stacked-equation")

    def check(self, design: Design) -> None:
        """Refuse errors around the mean of all stacks where the stacks differ in more than their cohort."""
        has_rows = design.statistics is None and (design.covariates or design.weights)
        is_plain = self.weights == "corrective" and self.trimmed and not has_rows
        if self.centered == "pooled" and not (is_plain and design.observations.is_complete):
            raise DesignError(Text("estimators.stacked-pooled"))

    def takes_means(self, design: Design) -> bool:
        """Return whether the panel has gaps; without, effects are differences of means."""
        return not design.observations.is_complete

    def estimate_means(self, means: Collapse) -> CohortEffects:
        """Return effects by cohort and event time within the span, from means of cohorts' parts."""
        stacks, dropped = self._stacks(means.panel, means.design)
        groups = widen(means.small)
        fits = [group_time.regress_stack(means.small, groups, stack) for stack in stacks]
        parts = [fit.by_group(*means.observed.shape) for fit in fits]
        influence = means.influence(np.concatenate([c for c, _ in parts], 2), np.hstack([k for _, k in parts]))
        return self._regressed(means.panel, means.o, stacks, fits, influence, dropped)

    def estimate_rows(self, design: Design) -> CohortEffects:
        """Return effects by cohort and event time within the span, from differences of means or from rows."""
        o = design.observations
        wide = widen(o)
        stacks, dropped = self._stacks(wide, design)
        if wide.is_complete and wide.weights is None and not design.covariates:
            plan = [cell for stack in stacks for cell in stack.cells]
            effects, influence = estimate_from_moments(wide.moments(), plan, wide)
            if self.centered == "pooled":
                influence = group_time.center_on_all_stacks(influence, plan, wide)
            return self._packed(wide, o, stacks, plan, effects, influence, dropped)
        fits = [group_time.regress_stack(o, wide, stack) for stack in stacks]
        by_row = np.hstack([fit.by_row(o.n_rows) for fit in fits])
        linear = OutcomeWeights(np.arange(o.n_rows), by_row, np.eye(by_row.shape[1]))
        by_unit = UnitInfluence(o.unit_ids, np.hstack([fit.by_unit(o.n_units) for fit in fits]), linear=linear)
        return self._regressed(wide, o, stacks, fits, by_unit, dropped)

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        low, high = min(self.span[0], design.reference), max(self.span[1], 0)
        values: dict[str, Value] = {"low": low, "high": high, "trimmed": self.trimmed, "by": self.weights}
        return Text("estimators.stacked-averages", **values, **describe_design(design))

    def _stacks(self, wide: Wide, design: Design) -> tuple[list[Stack], tuple[Dropped, ...]]:
        stacks, without_window, without_comparison = [], [], []
        for g in np.flatnonzero(np.isfinite(wide.onset)):
            stack = group_time.build_stack(int(g), wide, design, self.span)
            label = Text("estimators.effect-cohort", cohort=f"{wide.onset[g]:.0f}")
            if stack is None or (self.trimmed and not stack.is_whole):
                without_window.append(label)
            elif not stack.comparison.any():
                without_comparison.append(label)
            else:
                stacks.append(stack)
        reasons = [
            ("no-window", Text("estimators.cohorts-without-span"), without_window),
            ("no-comparison", Text("estimators.cohorts-without-untreated"), without_comparison),
        ]
        dropped = tuple(Dropped(code, text, 0, 0, tuple(names)) for code, text, names in reasons if names)
        if not stacks:
            named = (Text("design.left-out", what=d.text, names=Listed(d.labels, "comma")) for d in dropped)
            raise EstimationError(Text("estimators.nothing-stacked", why=Listed(tuple(named), "semicolon")))
        return stacks, dropped

    def _regressed(
        self,
        wide: Wide,
        o: Observations,
        stacks: list[Stack],
        fits: list[StackFit],
        uncertainty: Uncertainty,
        dropped: tuple[Dropped, ...],
    ) -> CohortEffects:
        """Put the cells that each stack's regression identifies into one table."""
        lost = tuple(d for fit in fits for d in fit.dropped)
        kept = [c for s, f in zip(stacks, fits, strict=True) for c, k in zip(s.cells, f.kept, strict=True) if k]
        effects = np.concatenate([fit.effects for fit in fits])
        return self._packed(wide, o, stacks, kept, effects, uncertainty, (*dropped, *lost))

    def _packed(
        self,
        wide: Wide,
        o: Observations,
        stacks: list[Stack],
        plan: list[GroupTime],
        effects: FloatArray,
        uncertainty: Uncertainty,
        dropped: tuple[Dropped, ...],
    ) -> CohortEffects:
        sizes = wide.sizes
        weight = {}
        for stack in stacks:
            treated, others = sizes[stack.cohort], sizes[stack.comparison].sum()
            weight[stack.cohort] = treated if self.weights == "corrective" else treated * others / (treated + others)
        members = [c.cohort for c in plan]
        return CohortEffects.of(
            o,
            group_time.locate_cells(plan, wide),
            effects,
            uncertainty,
            sample=o.sample(n_slopes=sum(not c.is_reference for c in plan), effects=o.effect_names, dropped=dropped),
            n_units=wide.counts[members].astype(np.int64),
            cell_weights=np.array([weight[g] for g in members]),
            reference=o.reference,
        )
