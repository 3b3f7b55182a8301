"""Imputation: untreated rows give the counterfactual of treated ones (Borusyak, Jaravel and Spiess 2024)."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Estimate, EventStudy, Influence, Sample, UnitInfluence
from twintrade.effects.regression import OutcomeWeights
from twintrade.errors import DesignError
from twintrade.estimators.base import HeldOut, Requires, Views, describe_design
from twintrade.estimators.cohort_means.collapsed import CellMethod, Collapse, SumsRows
from twintrade.estimators.imputing import table
from twintrade.estimators.imputing.cells import (
    ImputedContributions,
    Leads,
    Measure,
    build_later_influence,
    build_no_leads,
    build_outcome_weights,
    compute_cell_differences,
    compute_cell_ratios,
    fit_leads,
    group_cells,
    list_empty_cells,
)
from twintrade.estimators.imputing.comparison_units import estimate_log_ratio, impute_log_ratio
from twintrade.estimators.imputing.table import build_leverage_report
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual, fit_counterfactual
from twintrade.estimators.regression.event_terms import Shape, find_affected_rows
from twintrade.estimators.regression.slopes import count_units_and_rows, sum_influence_by_unit, sum_row_weights
from twintrade.estimators.repeating.linear_null import LinearNull, prepare_linear_null
from twintrade.estimators.repeating.one_step import OneStep, OneStepRegression, prepare_one_step
from twintrade.estimators.repeating.treatment_blocks import build_affected_rows, build_leads
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group
from twintrade.numerics.linear import compute_projection_weights, find_leverage_one
from twintrade.text import Text

# Effects left after taking out fixed effects that were fitted on untreated rows alone (Gardner 2022).


@dataclass(frozen=True, slots=True)
class TwoStage(SumsRows[EventStudy | Estimate]):
    """Regress what the first stage leaves on event-time dummies, with both stages in the influence.

    From onset on the points equal imputation; the influence is the two-stage moment one, whose residuals are taken
    around the event-time effect, not around each cohort's. Before onset the effects are averages of first-stage
    residuals: they are small by construction where the first stage fits these rows, and no test of parallel trends
    in the sense of imputation leads. No small-sample factor, as in R's ``did2s``. A two-way panel without covariates
    and weights is computed from the means of its cohorts, or of units of a cohort that miss the same periods.

    Attributes
    ----------
    shape : {"event", "static"}
        One effect per event time, or one effect from onset on.
    """

    shape: Shape = "event"

    name: ClassVar[str] = "two_stage"
    citation: ClassVar[str] = "gardner2022"
    requires: ClassVar[Requires] = Requires(
        isolates_cohorts=False, influence_sums_to_zero=False, cohort_statistics=True
    )
    says: ClassVar[str] = "estimators.two-stage-"

    def estimate_means(self, means: Collapse) -> EventStudy | Estimate | None:
        """Return the event study or the static effect from means; None where one has no counterfactual."""
        stages = _stages(means.small, self.shape)
        if stages.first.statistics["n_unidentified"]:
            return None
        # A unit's own effect cancels: its weights add up to zero.
        size, small, first = means.moments.counts, means.small, stages.first
        coefficients = means.spread(stages.loadings) / size[:, None, None]
        constants = means.spread(stages.influence).sum(axis=1) / size[:, None]
        untreated = np.bincount(small.unit[first.fit_rows], minlength=size.size)
        # A row of leverage one: the only untreated row of its unit, or that of a unit alone in its period.
        lone = find_leverage_one(first.codes_fit) & (size[small.unit[first.fit_rows]] == 1)
        lone &= untreated[small.unit[first.fit_rows]] > 1
        statistics = {
            "n_untreated_rows": float(size @ untreated),
            "n_leverage_one": float(size[untreated == 1].sum() + lone.sum()),
            "n_unidentified": 0.0,
        }
        sample = means.o.sample(
            n_slopes=stages.labels.size, effects=means.o.effect_names, dropped=first.dropped, statistics=statistics
        )
        member = means.spread((stages.groups[:, None] == stages.labels).astype(np.float64)) > 0
        n_units = (size @ member.any(axis=1)).astype(np.int64)
        n_cells = np.einsum("h,htk->k", size, member).astype(np.int64)
        return self._packed(means.o, stages, means.influence(coefficients, constants), sample, n_units, n_cells)

    def estimate_rows(self, design: Design) -> EventStudy | Estimate:
        """Return the event study or the static effect from rows."""
        stages = _stages(design.observations, self.shape)
        o, rows = stages.first.o, stages.rows
        units, values = sum_influence_by_unit(o, rows, stages.influence[rows])
        n_units, n_cells = count_units_and_rows(o, rows, stages.groups, stages.labels)
        sample = o.sample(
            None if rows.size == o.n_rows else rows,
            n_slopes=stages.labels.size,
            effects=o.effect_names,
            dropped=stages.first.dropped,
            statistics=stages.first.statistics,
        )
        linear = OutcomeWeights(rows, stages.loadings[rows], np.eye(stages.labels.size))
        influence = UnitInfluence(units, values, linear=linear)
        return self._packed(o, stages, influence, sample, n_units, n_cells)

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        return Text("estimators.two-stage-equation", effects=" + ".join("α_" + n for n in design.effect_names))

    def _packed(
        self,
        o: Observations,
        stages: "_Stages",
        influence: Influence,
        sample: Sample,
        n_units: IntArray,
        n_cells: IntArray,
    ) -> EventStudy | Estimate:
        given: dict[str, Any] = {"sample": sample, "n_units": n_units, "n_cells": n_cells}
        if self.shape == "static":
            given |= {"effects": stages.effects, "uncertainty": influence, "scale": o.scale}
            return Estimate(names=(Text("estimators.effect-after-onset"),), **given)
        return EventStudy.of(
            o,
            stages.labels,
            stages.effects,
            influence,
            base="first-stage residuals",
            row_weights=sum_row_weights(stages.first.o, stages.rows, stages.groups, stages.labels),
            **given,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Stages:
    """Both stages by row, untreated and identified treated: weight in and influence on each effect."""

    first: Counterfactual
    rows: IntArray
    groups: IntArray
    labels: IntArray
    effects: FloatArray
    loadings: FloatArray
    influence: FloatArray


def _stages(o: Observations, shape: Shape) -> _Stages:
    first = fit_counterfactual(o, "linear")
    rows = np.sort(np.concatenate([first.fit_rows, first.rows]))
    left = np.empty(o.n_rows)
    left[first.fit_rows] = first.residuals
    left[first.rows] = o.y[first.rows] - first.predicted
    groups, labels = o.event_time, np.unique(o.event_time[find_affected_rows(o)])
    if shape == "static":
        groups, labels = np.where(o.is_treated, 0, -1).astype(np.int64), np.zeros(1, dtype=np.int64)
    columns = (groups[rows][:, None] == labels).astype(np.float64)
    labels, columns = labels[columns.any(axis=0)], columns[:, columns.any(axis=0)]
    shares = columns * o.row_weights[rows][:, None]
    shares = shares / shares.sum(axis=0)
    effects = shares.T @ left[rows]
    x = o.covariates
    omega = compute_projection_weights(
        first.codes_fit, [c[rows] for c in first.codes], shares, x[first.fit_rows], x[rows], weights=first.weights
    )
    loadings, influence = np.zeros((o.n_rows, labels.size)), np.zeros((o.n_rows, labels.size))
    loadings[rows] = shares
    influence[rows] = shares * (left[rows] - columns @ effects)[:, None]
    loadings[first.fit_rows] -= omega
    influence[first.fit_rows] -= omega * first.residuals[:, None]
    return _Stages(first, rows, groups, labels, effects, loadings, influence)


__all__ = ["Imputation", "build_leverage_report"]


@dataclass(frozen=True, slots=True)
class Imputation(CellMethod):
    """Outcomes of treated rows against what untreated rows predict for them, by cohort and event time.

    Works within any set of fixed effects, gravity effects included. Treated rows that untreated rows do not identify
    are listed in ``sample.dropped`` and never imputed. Leads come from a regression on untreated rows only and are
    pooled over cohorts. Treated rows enter the influence by their distance from their cell's mean effect, which is
    conservative: effects that differ within a cell widen the intervals.

    Attributes
    ----------
    family : {"linear", "poisson"}
        Proportional as in Moreau-Kastler (2025).
    measure : {"difference", "log_ratio", "percent"} or None
        Linear: the mean difference. Poisson: log ratios (the default), whose overall effect is the mean of the rows'
        own log ratios, or, where more than 5 % of the treated rows are zero, of the units' log ratios of totals,
        while effects by cell are logarithms of the cell's total over its imputed total; the cell's ratio in percent,
        averaged over imputed outcomes, so that the average is a ratio of totals (trade-weighted); or the mean
        difference.
    """

    measure: Measure | None = None

    name: ClassVar[str] = "imputation"
    citation: ClassVar[str] = "borusyak2024"

    @property
    def imputes_by(self) -> Literal["linear", "poisson"] | None:
        """Family of the model of untreated rows."""
        return self.family

    def estimate_means(self, means: Collapse) -> CohortEffects:
        """Return effects by cohort and event time, and pooled leads, from means."""
        return table.impute_means(means)

    def estimate_rows(self, design: Design) -> CohortEffects:
        """Return effects by cohort and event time, and pooled leads, from rows."""
        return self._from_rows(design, None)

    def estimate_views(self, design: Design, views: Views) -> CohortEffects:
        """Return effects without leads where no view shows them; then no rows of leverage one are counted either."""
        return self._estimated(design, partial(self._from_rows, views=views))

    def _from_rows(self, design: Design, views: Views) -> CohortEffects:
        """Put leads before the cells, in one influence over the units that have a row in the fit or are imputed."""
        c = fit_counterfactual(design.observations, self.family, is_refit=views is not None)
        cells = group_cells(c)
        is_ratio = self.family == "poisson" and self.measure != "difference"
        if is_ratio:
            cell_effects = compute_cell_ratios(c, cells, is_percent=self.measure == "percent")
        else:
            cell_effects = compute_cell_differences(c, cells, is_poisson=self.family == "poisson")
        before = fit_leads(c, self.family) if _shows_leads(views) else build_no_leads()
        o = c.o
        rows = np.union1d(c.fit_rows, c.rows)
        effects, by_row = self._lead_scale(before, o)
        by_unit = sum_by_group(by_row, o.unit[before.rows], o.n_units)
        contributions = ImputedContributions(c, cells, cell_effects, by_unit, np.unique(o.unit[rows]))
        influence, moved = build_later_influence(contributions)
        if self.family == "linear" or self.measure != "difference":
            early = 100 * np.exp(before.effects) if self.measure == "percent" else np.ones(effects.size)
            influence = replace(influence, linear=build_outcome_weights(c, cells, before, cell_effects, early))
        empty = np.flatnonzero(cells.sums(c.o.y[c.rows]) == 0) if is_ratio else np.empty(0, dtype=np.int64)
        listed = list_empty_cells(cells, empty, is_percent=self.measure == "percent")
        of_cells = cells.cohorts, cells.event_times, cells.n_units, cells.n_rows
        after_onset = table.Part(*of_cells, cell_effects.effects, cell_effects.weights)
        leads = table.Part.of_leads(before, effects, before.n_units, before.n_cells)
        parts = [leads, after_onset]
        statistics, logs = c.statistics, impute_log_ratio(c) if self._is_log_ratio else None
        if logs is not None:
            parts[1] = parts[1].without(empty)
            influence = influence.averaged(np.delete(np.eye(influence.n_effects), effects.size + empty, axis=1))
            after = c.o.is_treated[c.rows]
            statistics = statistics | {
                "is_by_unit": float(logs.is_by_unit[0]),
                "n_treated_zeros": float(np.count_nonzero(c.o.y[c.rows[after]] <= 0)),
                "n_without_log": float(np.count_nonzero(logs.weights[after] == 0)),
            }
        sample = o.sample(
            rows, effects=o.effect_names, statistics=statistics, dropped=(*c.dropped, *listed, *before.dropped)
        )
        overall = None if logs is None else estimate_log_ratio(c, logs, sample)
        return table.build_cohort_effects(parts, influence, sample, o, self.effect_scale(o), moved, overall)

    def linear_null(self, design: Design, outcomes: FloatArray, views: Views = None) -> LinearNull | None:
        """Return the model without treatment of the linear family; None where there are no rows."""
        if design.statistics is not None or self.family == "poisson":
            return None
        return prepare_linear_null(design, self._list_parts(has_leads=_shows_leads(views)), outcomes)

    def one_step(self, design: Design) -> OneStep | None:
        """Return the model without treatment of the Poisson family."""
        if design.statistics is not None or self.family == "linear":
            return None
        return prepare_one_step(design, self._list_parts(), self.measure or "log_ratio")

    def _list_parts(self, *, has_leads: bool = True) -> list[OneStepRegression]:
        """Return the regressions of affected rows and of leads."""
        imputed = OneStepRegression(
            ("overall", "event", "cohort", "calendar", "cell"),
            build_affected_rows,
            "outcome" if self.measure == "percent" else "rows",
            leaves_out_zeros=self._is_log_ratio,
            is_saturated=True,
            averages_log_ratios=self._is_log_ratio,
        )
        leads = OneStepRegression(("event", "cell"), build_leads, is_pruned=self.family == "linear")
        return [imputed, leads] if has_leads else [imputed]

    def hold_out(self, design: Design, time: int) -> HeldOut | None:
        """Return an event time before onset on the base of the effects after it; None for Poisson differences."""
        if design.statistics is not None or (self.family == "poisson" and self.measure == "difference"):
            return None
        return table.hold_out_rows(design.observations, self.family, time)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        values = {"family": self.family, "early": design.anticipation} | describe_design(design)
        return Text("estimators.imputation-assumes", **values)

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        if self.measure == "percent":
            return Text("estimators.imputation-percent", **describe_design(design))
        return Text("estimators.imputation-averages", ratio=self._is_log_ratio, **describe_design(design))

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        index = " + ".join("α_" + n for n in design.effect_names) + (" + γ′x" if design.covariates else "")
        if self.family == "poisson":
            forms = {"percent": "100·(Σy / Σŷ(0) − 1)", "difference": "y − ŷ(0)"}
            effect = forms.get(self.measure or "", "ln(y / ŷ(0))")
            return Text("estimators.imputation-equation", effect=effect, model=f"E[y(0)] = exp({index})")
        return Text("estimators.imputation-equation", effect="y − ŷ(0)", model=f"y(0) = {index} + ε")

    @property
    def _is_log_ratio(self) -> bool:
        return self.family == "poisson" and self.measure in (None, "log_ratio")

    def check(self, design: Design) -> None:
        """Refuse a family that does not fit the outcome's transform, and a measure that does not fit the family."""
        self.refuse_logarithms(design)
        if self.family == "linear" and self.measure not in (None, "difference"):
            raise DesignError(f"imputation with family = 'linear' gives differences, not {self.measure}")

    def _lead_scale(self, before: Leads, o: Observations) -> tuple[FloatArray, FloatArray]:
        """Bring leads, and their influence by row, to the scale of the effects."""
        if self.family == "linear" or self.measure in (None, "log_ratio"):
            return before.effects, before.influence
        if self.measure == "percent":
            return 100 * np.expm1(before.effects), 100 * np.exp(before.effects) * before.influence
        return before.in_levels(o)


def _shows_leads(views: Views) -> bool:
    """Whether some view has effects before onset."""
    return views is None or not {"overall", "cohort", "calendar"}.issuperset(views)
