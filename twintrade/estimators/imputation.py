"""Imputation: untreated rows give the counterfactual of treated ones (Borusyak, Jaravel and Spiess 2024)."""

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects
from twintrade.errors import DesignError
from twintrade.estimators.base import HeldOut, Repeater, RowWeigher, View, Views
from twintrade.estimators.cohort_means.cell_method import CellMethod
from twintrade.estimators.cohort_means.collapsed import Collapse
from twintrade.estimators.imputing.cells import (
    CellEffects,
    ImputedCells,
    Measure,
    compute_cell_differences,
    compute_cell_ratios,
    find_empty_cells,
    group_cells,
    list_empty_cells,
)
from twintrade.estimators.imputing.contributions import ImputedContributions, build_later_influence
from twintrade.estimators.imputing.held_out import hold_out_rows
from twintrade.estimators.imputing.leads import Leads, build_no_leads, fit_leads
from twintrade.estimators.imputing.leverage import build_leverage_report
from twintrade.estimators.imputing.log_ratios import count_log_ratios, estimate_log_ratio, impute_log_ratio
from twintrade.estimators.imputing.outcome_weights import build_outcome_weights
from twintrade.estimators.imputing.table import (
    build_cell_part,
    build_cohort_effects,
    build_lead_part,
    impute_means,
)
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual, fit_counterfactual
from twintrade.estimators.repeating.one_step import OneStep, OneStepRegression, prepare_one_step
from twintrade.estimators.repeating.repeated import prepare_repeated
from twintrade.estimators.repeating.repeated_imputation import estimate_imputations, weigh_imputed
from twintrade.estimators.repeating.repeated_means import compute_means
from twintrade.estimators.repeating.treatment_blocks import build_affected_rows, build_leads
from twintrade.estimators.sentences import describe_design
from twintrade.numerics.arrays import FloatArray, sum_by_group
from twintrade.text import Text

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
    title: ClassVar[Text] = Text("labels.estimator-imputation")
    citation: ClassVar[str] = "borusyak2024"

    def estimate_means(self, means: Collapse) -> CohortEffects:
        """Return effects by cohort and event time, and pooled leads, from means."""
        return impute_means(means)

    def estimate_rows(self, design: Design) -> CohortEffects:
        """Return effects by cohort and event time, and pooled leads, from rows."""
        return self._from_rows(design, None)

    def estimate_views(self, design: Design, views: Views) -> CohortEffects:
        """Return effects without leads where no view shows them; then no rows of leverage one are counted either."""
        return self._estimated(design, partial(self._from_rows, views=views))

    def _from_rows(self, design: Design, views: Views) -> CohortEffects:
        c = fit_counterfactual(design.observations, self.family, is_refit=views is not None)
        cells = group_cells(c)
        before = fit_leads(c, self.family) if _shows_leads(views) else build_no_leads()
        return self._assembled(c, cells, self._effects(c, cells), before)

    def repeater(self, design: Design, outcomes: FloatArray, views: Views = None) -> Repeater | None:
        """Return the fast path for resampling; None where there are no rows, or a Poisson fit bears none."""
        if design.statistics is not None or self.family == "poisson":
            return None
        shared = prepare_repeated(design, outcomes)
        means = compute_means(shared, outcomes)
        estimate = partial(estimate_imputations, shared) if means is None else means.imputed
        return partial(estimate, has_leads=_shows_leads(views))

    def row_weigher(self, design: Design) -> RowWeigher | None:
        """Return the rows' weights from one factor of the effects; None for Poisson, and without rows."""
        if design.statistics is not None or self.family == "poisson":
            return None
        return partial(weigh_imputed, prepare_repeated(design, design.observations.y[:, None]))

    def one_step(self, design: Design) -> OneStep | None:
        """Return the model without treatment of the Poisson family."""
        if design.statistics is not None or self.family == "linear":
            return None
        views: tuple[View, ...] = ("overall", "event", "cohort", "calendar", "cell")
        imputed = OneStepRegression(
            views,
            build_affected_rows,
            "outcome" if self.measure == "percent" else "rows",
            leaves_out_zeros=self._is_log_ratio,
            is_saturated=True,
            averages_log_ratios=self._is_log_ratio,
        )
        return prepare_one_step(
            design, [imputed, OneStepRegression(("event", "cell"), build_leads)], self.measure or "log_ratio"
        )

    def hold_out(self, design: Design, time: int) -> HeldOut | None:
        """Return an event time before onset on the base of the effects after it; None for Poisson differences."""
        if design.statistics is not None or (self.family == "poisson" and self.measure == "difference"):
            return None
        return hold_out_rows(design.observations, self.family, time)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        values = {"family": self.family, "early": design.anticipation} | describe_design(design)
        return Text("estimators.imputation-assumes", **values)

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        if self.measure == "percent":
            return Text("estimators.imputation-percent", **describe_design(design))
        ratio = "yes" if self._is_log_ratio else "no"
        return Text("estimators.imputation-averages", ratio=ratio, **describe_design(design))

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

    def _effects(self, c: Counterfactual, cells: ImputedCells) -> CellEffects:
        if self.family == "linear":
            return compute_cell_differences(c, cells)
        if self.measure == "difference":
            return compute_cell_differences(c, cells, is_poisson=True)
        return compute_cell_ratios(c, cells, is_percent=self.measure == "percent")

    def _assembled(
        self, c: Counterfactual, cells: ImputedCells, cell_effects: CellEffects, before: Leads
    ) -> CohortEffects:
        """Put leads before the cells, in one influence over the units that have a row in the fit or are imputed."""
        o = c.o
        rows = np.union1d(c.fit_rows, c.rows)
        effects, by_row = self._lead_scale(before, o)
        by_unit = sum_by_group(by_row, o.unit[before.rows], o.n_units)
        contributions = ImputedContributions(c, cells, cell_effects, by_unit, np.unique(o.unit[rows]))
        influence, moved = build_later_influence(contributions)
        if self.family == "linear" or self.measure != "difference":
            early = 100 * np.exp(before.effects) if self.measure == "percent" else np.ones(effects.size)
            influence = replace(influence, linear=build_outcome_weights(c, cells, before, cell_effects, early))
        is_ratio = self.family == "poisson" and self.measure != "difference"
        empty = find_empty_cells(c, cells) if is_ratio else np.empty(0, dtype=np.int64)
        listed = list_empty_cells(cells, empty, is_percent=self.measure == "percent")
        parts = [build_lead_part(before, effects), build_cell_part(cells, cell_effects.effects, cell_effects.weights)]
        statistics, logs = c.statistics, impute_log_ratio(c) if self._is_log_ratio else None
        if logs is not None:
            parts[1] = parts[1].without(empty)
            influence = influence.averaged(np.delete(np.eye(influence.n_effects), effects.size + empty, axis=1))
            statistics = statistics | count_log_ratios(c, logs)
        sample = o.sample(
            rows, effects=o.effect_names, statistics=statistics, dropped=(*c.dropped, *listed, *before.dropped)
        )
        overall = None if logs is None else estimate_log_ratio(c, logs, sample)
        return build_cohort_effects(parts, influence, sample, o, self.effect_scale(o), moved, overall)

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
