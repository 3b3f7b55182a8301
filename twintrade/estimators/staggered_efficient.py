"""Efficient use of pre-treatment outcomes when the timing of treatment is as good as random."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from twintrade.design import Design
from twintrade.effects import Dropped, Estimate, EventStudy
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.errors import EstimationError
from twintrade.estimators.base import Estimator, Requires, describe_design
from twintrade.estimators.cohort_means.group_time import (
    GroupTime,
    find_last_before,
    iterate_cells,
    select_identified,
)
from twintrade.estimators.cohort_means.wide import Wide, widen
from twintrade.estimators.regression.event_terms import cut_before_last_onset
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.comparisons import CohortMoments, adjust_estimates, compute_timing_reduction
from twintrade.text import Listed, Text

Headline = Literal["simple", "cohort", "calendar"]
SINGLE = "single-unit-cohort"


@dataclass(frozen=True, slots=True)
class StaggeredEfficient(Estimator):
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
    title: ClassVar[Text] = Text("labels.estimator-staggered-efficient")
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

    def estimate(self, design: Design) -> EventStudy:
        """Return the event study, with the headline as its average."""
        design = self.narrowed(design)
        wide = widen(design.observations)
        every = list(iterate_cells(wide.onset, wide.periods, "universal", design.anticipation, design.comparison))
        plan, lost = select_identified(every, wide)
        if not any(self._is_after(c, wide) for c in plan):
            alone = [name for d in design.left_out if d.reason == SINGLE for name in d.labels]
            listed = Listed(tuple(alone), "comma")
            raise EstimationError(Text("estimators.no-cohort-compared", n=len(alone), alone=listed))
        moments = wide.moments()
        times = np.array([wide.periods[c.at] - int(wide.onset[c.cohort]) for c in plan])
        reference = find_last_before(design)
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

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.staggered-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.staggered-averages", headline=self.headline, **describe_design(design))

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        return Text("estimators.staggered-equation")

    def _is_after(self, cell: GroupTime, wide: Wide) -> bool:
        return not cell.is_reference and bool(wide.periods[cell.at] >= wide.onset[cell.cohort])

    def _adjusted(
        self, m: CohortMoments, plan: Sequence[GroupTime], weights: FloatArray, wide: Wide
    ) -> tuple[FloatArray, CohortInfluence, FloatArray]:
        raw, before = compute_loadings(m, plan, weights)
        fixed = np.ones(weights.shape[1]) if self.beta == "one" else None
        is_reference = np.array([c.is_reference for c in plan])
        pinned = (weights[~is_reference] == 0).all(axis=0)
        effects, coefficients = adjust_estimates(m, raw, before, fixed, pinned)
        influence = wide.influence(m, coefficients, np.zeros((m.onset.size, weights.shape[1])))
        # The Neyman variance divides by n - 1 where a mean divides by n.
        loadings = coefficients * np.sqrt((m.counts - 1) / m.counts)[:, None, None]
        return effects, replace(influence, loadings=loadings), compute_timing_reduction(m, raw)


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
    onset = np.where(o.unit_onset > o.periods[-1], np.inf, o.unit_onset)
    cohort = np.unique(onset, return_inverse=True)[1]
    size = np.ones(o.n_units) if design.statistics is None else design.statistics.moments.counts[o.unit_rows]
    alone = np.bincount(cohort, size)[cohort] == 1
    if not alone.any():
        return design
    if alone.all():
        raise EstimationError("every cohort has a single unit; their variances are not identified")
    names = tuple(str(u) for u in o.unit_ids[alone])
    sentence = Text("estimators.single-unit-cohorts")
    return design.without(names, Dropped(SINGLE, sentence, int(alone[o.unit].sum()), len(names), names))
