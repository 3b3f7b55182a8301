"""Each cohort with its own clean comparison, on one clock (Cengiz et al. 2019; Wing et al. 2024)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Dropped, Uncertainty, UnitInfluence
from twintrade.effects.regression import OutcomeWeights
from twintrade.errors import EstimationError
from twintrade.estimators.base import Requires, describe_design
from twintrade.estimators.callaway_santanna import estimate_from_moments
from twintrade.estimators.cohort_means.collapsed import Collapse, SumsRows
from twintrade.estimators.cohort_means.group_time import (
    GroupTime,
    Stack,
    StackFit,
    build_stack,
    locate_cells,
    regress_stack,
)
from twintrade.estimators.cohort_means.wide import Wide, widen
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Listed, Text, Value


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
    """

    weights: Literal["corrective", "variance"] = "corrective"
    trimmed: bool = True
    span: tuple[int, int] = (-3, 3)

    name: ClassVar[str] = "stacked"
    title: ClassVar[Text] = Text("labels.estimator-stacked")
    citation: ClassVar[str] = "wing2024"
    requires: ClassVar[Requires] = Requires(
        fixed_effects=("two_way",), isolates_cohorts=False, cohort_statistics=True
    )

    def takes_means(self, design: Design) -> bool:
        """Return whether the panel has gaps; without, effects are differences of means."""
        return not design.observations.is_complete

    def estimate_means(self, means: Collapse) -> CohortEffects:
        """Return effects by cohort and event time within the span, from means of cohorts' parts."""
        stacks, dropped = self._stacks(means.wide, means.design)
        groups = widen(means.small)
        fits = [regress_stack(means.small, groups, stack) for stack in stacks]
        parts = [fit.by_group(*means.observed.shape) for fit in fits]
        influence = means.influence(np.concatenate([c for c, _ in parts], 2), np.hstack([k for _, k in parts]))
        return self._regressed(means.wide, means.o, stacks, fits, influence, dropped)

    def estimate_rows(self, design: Design) -> CohortEffects:
        """Return effects by cohort and event time within the span, from differences of means or from rows."""
        o = design.observations
        wide = widen(o)
        stacks, dropped = self._stacks(wide, design)
        if wide.is_complete and wide.weights is None and not design.covariates:
            plan = [cell for stack in stacks for cell in stack.cells]
            effects, influence = estimate_from_moments(wide.moments(), plan, wide)
            return self._packed(wide, o, stacks, plan, effects, influence, dropped)
        fits = [regress_stack(o, wide, stack) for stack in stacks]
        by_row = np.hstack([fit.by_row(o.n_rows) for fit in fits])
        linear = OutcomeWeights(np.arange(o.n_rows), by_row, np.eye(by_row.shape[1]))
        by_unit = UnitInfluence(o.unit_ids, np.hstack([fit.by_unit(o.n_units) for fit in fits]), linear=linear)
        return self._regressed(wide, o, stacks, fits, by_unit, dropped)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.stacked-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        low, high = min(self.span[0], design.reference), max(self.span[1], 0)
        trimmed = "yes" if self.trimmed else "no"
        values: dict[str, Value] = {"low": low, "high": high, "trimmed": trimmed, "by": self.weights}
        return Text("estimators.stacked-averages", **values, **describe_design(design))

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        return Text("estimators.stacked-equation")

    def _stacks(self, wide: Wide, design: Design) -> tuple[list[Stack], tuple[Dropped, ...]]:
        stacks, without_window, without_comparison = [], [], []
        for g in np.flatnonzero(np.isfinite(wide.onset)):
            stack = build_stack(int(g), wide, design, self.span)
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
            locate_cells(plan, wide),
            effects,
            uncertainty,
            sample=o.sample(n_slopes=sum(not c.is_reference for c in plan), effects=o.effect_names, dropped=dropped),
            n_units=wide.counts[members].astype(np.int64),
            cell_weights=np.array([weight[g] for g in members]),
            reference=o.reference,
        )
