"""Affected against unaffected flows of the same dyads: the difference of two differences in differences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from twintrade.design import Design
from twintrade.effects import CohortEffects, Dropped, Influence
from twintrade.errors import EstimationError
from twintrade.estimators.base import Estimator, Requires, describe_design
from twintrade.estimators.cohort_means.group_time import GroupTime, iterate_cells, locate_cells
from twintrade.estimators.cohort_means.triple_conditional import (
    TripleGroups,
    build_groups,
    estimate_conditional_contrasts,
    estimate_triple_contrasts,
)
from twintrade.estimators.cohort_means.wide import widen
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.comparisons import Method
from twintrade.text import Listed, Text


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
