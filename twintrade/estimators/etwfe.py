"""Extended two-way fixed effects: every cohort and period its own effect (Wooldridge 2021, 2023)."""

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Literal, get_args

import numpy as np

from twintrade.design import Design, NeverTreated, Observations
from twintrade.effects import CohortEffects, GroupedInfluence, UnitInfluence
from twintrade.effects.estimate import Scale
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import HeldOut, View, Views, describe_design
from twintrade.estimators.cohort_means.collapsed import CellMethod, Collapse
from twintrade.estimators.regression import cell_table
from twintrade.estimators.regression.cell_fit import fit_cells
from twintrade.estimators.regression.cell_table import Dummies, Enter, Measure
from twintrade.estimators.regression.event_terms import find_affected_rows, require_reference
from twintrade.estimators.regression.split_panel import correct_by_split_panel
from twintrade.estimators.repeating.linear_null import LinearNull, prepare_linear_null
from twintrade.estimators.repeating.one_step import OneStep, OneStepRegression, prepare_one_step
from twintrade.estimators.repeating.treatment_blocks import build_affected
from twintrade.numerics.arrays import BoolArray, FloatArray
from twintrade.text import Text


@dataclass(frozen=True, slots=True)
class ETWFE(CellMethod):
    """Regression with one coefficient per cohort and period, linear or Poisson, within any fixed effects.

    With not-yet-treated comparison only cells from onset on (less anticipation) get a coefficient; with never-treated
    comparison earlier ones as well, against the reference. Cells come first: a covariate that they determine is left
    out and named.
    ``fixed_effects = ["cohort", "period"]`` in the design has cohort effects in place of unit effects, as in R.

    Attributes
    ----------
    measure : {"coefficient", "difference", "percent"}
        What a cell's effect is: the coefficient; or, for Poisson, the mean difference of the outcome from what it
        would have been, or the same in percent of it, whose averages are ratios of totals (trade-weighted). Both
        hold the sample fixed, as R's ``emfx`` does.
    moderator : str or None
        One of the design's covariates: effects are those where it has the value ``at``, not those at its cohort's
        mean. Two fits at two values show how the effect differs (R's ``xvar``). For coefficients.
    moderator_alone : bool
        Whether the moderator has a slope in every cohort, the never treated among them. R's ``etwfe`` leaves theirs
        out beside cohort effects (False), so that cells take up a part of it; beside unit effects both are the same.
    covariates_enter : {"added", "by_cell"} or None
        One regressor each, as other policies enter a gravity equation (``exogvar`` of Stata's ``jwdid``); or as
        Wooldridge has them, in deviations from their cohort's mean with every cell, and with every cohort and period:
        a cell's effect is then the one at the cohort's mean. None: "added" for other policies, which are covariates
        that change within a pair and have two values, or one value in each treated cell; "by_cell" for all others.
        The moderator always enters by cell.
    n_splits : int
        Random splits of a split-panel jackknife that corrects the effects for incidental parameters; 0 for none.
    seed : int
        Of the splits.
    """

    measure: Measure = "coefficient"
    moderator: str | None = None
    at: float = 0.0
    moderator_alone: bool = True
    covariates_enter: Enter | None = None
    n_splits: int = 0
    seed: int = 20240501

    name: ClassVar[str] = "etwfe"
    citation: ClassVar[str] = "wooldridge2023"
    has_leads: ClassVar[bool] = False

    def estimate(self, design: Design) -> CohortEffects:
        """Return effects by cohort and event time."""
        effects = CellMethod.estimate(self, design)
        if not self.n_splits:
            return effects
        return correct_by_split_panel(design, effects, partial(CellMethod.estimate, self), self.n_splits, self.seed)

    def estimate_means(self, means: Collapse) -> CohortEffects:
        """Return effects without correction, from means."""
        effects = self._fitted(means.design, self.effect_scale(means.o))
        dropped, n_slopes = effects.sample.dropped, effects.sample.n_slopes
        sample = means.o.sample(n_slopes=n_slopes, effects=means.o.effect_names, dropped=dropped)
        return means.expanded(effects, sample)

    def estimate_rows(self, design: Design) -> CohortEffects:
        """Return effects without correction, from rows."""
        return self._fitted(design, self.effect_scale(design))

    def _fitted(self, design: Design, scale: Scale) -> CohortEffects:
        """Fit the cells on the rows of a design."""
        o = design.observations
        cells, reference = self._cells(design)
        fixed = {} if self.moderator is None else {self.moderator: self.at}
        bare = "" if self.moderator_alone else self.moderator
        given = cell_table.build_interactions(o, cells.of_row, self._find_added(o), fixed, bare)
        names = given.names(o.covariate_names)
        fit = fit_cells(o, cells.of_row, cells.names(), given.columns, self.family, names)
        fit = replace(fit, dropped=(*fit.dropped, *given.silent(fit.slopes, fit.given_up, o.covariate_names)))
        identified = cell_table.measure_cells(o, fit, cells.of_row, self.measure, self.family, given.deviations)
        units = np.unique(o.unit[fit.rows])
        reported, effects = cell_table.tabulate_cells(o, fit, cells, identified, reference)
        influence, moved = effects.influence, effects.weight_influence
        if units.size < o.n_units:
            influence, moved = influence[units], None if moved is None else moved[units]
        return CohortEffects.of(
            o,
            (reported.cohorts, reported.event_times),
            effects.effects,
            UnitInfluence(o.unit_ids[units], influence, effects.source, effects.linear),
            scale=scale,
            sample=o.sample(
                None if fit.rows.size == o.n_rows else fit.rows,
                n_slopes=fit.n_slopes,
                effects=o.effect_names,
                dropped=fit.dropped,
                statistics=fit.statistics,
            ),
            n_units=reported.n_units,
            n_cells=reported.n_rows,
            cell_weights=effects.weights,
            reference=reference,
            weight_influence=None if moved is None else GroupedInfluence.of_units(moved),
        )

    def linear_null(self, design: Design, outcomes: FloatArray, views: Views = None) -> LinearNull | None:
        """Return the model without treatment of the linear family; None as for draws in one step."""
        if self.family == "poisson" or self.n_splits or not _is_plain(design):
            return None
        return prepare_linear_null(design, [self._cell_regression], outcomes)

    def one_step(self, design: Design) -> OneStep | None:
        """Return the model without treatment; None where its cells are not those of affected rows alone."""
        if self.family == "linear" or self.n_splits or not _is_plain(design):
            return None
        measure = "log_ratio" if self.measure == "coefficient" else self.measure
        return prepare_one_step(design, [self._cell_regression], measure)

    @property
    def _cell_regression(self) -> OneStepRegression:
        views: tuple[View, ...] = ("overall", "event", "cohort", "calendar", "cell")
        weigh: Literal["outcome", "rows"] = "outcome" if self.measure == "percent" else "rows"
        return OneStepRegression(views, build_affected, weigh, leaves_out_zeros=True)

    def hold_out(self, design: Design, time: int) -> HeldOut | None:
        """Return an event time before onset on the base of the effects after it, or None where these have another."""
        if not _is_plain(design) or self.n_splits or self.measure == "difference":
            return None
        return cell_table.hold_out_cells(design.observations, self.family, time)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.etwfe-assumes", family=self.family, **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        less = not design.comparison.uses_not_yet_treated
        if self.measure == "percent":
            return Text("estimators.etwfe-percent", less=less, **describe_design(design))
        return Text(
            "estimators.etwfe-averages",
            less=less,
            moderated=self.moderator is not None,
            moderator=self.moderator or "",
            at=self.at,
            **describe_design(design),
        )

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        terms = ["α_" + n for n in design.effect_names]
        if design.covariates:
            o = design.observations
            terms = [*cell_table.list_terms(o.covariate_names, self._find_added(o)), *terms]
        return Text("estimators.etwfe-equation", family=self.family, effects=" + ".join(terms))

    def check(self, design: Design) -> None:
        """Refuse a family, a measure or a moderator that does not go with the design or the other options."""
        self.refuse_logarithms(design)
        if self.covariates_enter not in (None, *get_args(Enter)):
            known = " or ".join(map(repr, get_args(Enter)))
            raise DesignError(f"covariates_enter of etwfe is {known}, not {self.covariates_enter!r}")
        if self.family == "linear" and self.measure != "coefficient":
            raise DesignError(f"etwfe with family = 'linear' gives its coefficients, not {self.measure}")
        if self.moderator is None:
            return
        if self.moderator not in design.covariates:
            raise DesignError(f"moderator = {self.moderator!r} is no covariate of the design: add it to covariates")
        if self.measure != "coefficient":
            raise DesignError(f"etwfe gives coefficients at a moderator's value: remove measure = {self.measure!r}")

    def _find_added(self, o: Observations) -> BoolArray:
        is_added = cell_table.find_added(o, self.covariates_enter)
        is_added[[name == self.moderator for name in o.covariate_names]] = False
        return is_added

    def _cells(self, design: Design) -> tuple[Dummies, int | None]:
        o = design.observations
        if not isinstance(design.comparison, NeverTreated):
            return cell_table.build_cell_dummies(o, o.is_affected), None
        ever = find_affected_rows(o)
        if ever.all():
            raise EstimationError(
                "every unit is treated in the end, so nobody is never treated; compare with units not yet treated"
            )
        times = o.event_time[ever]
        require_reference(times, times, o.reference)
        return cell_table.build_cell_dummies(o, ever & (o.event_time != o.reference)), o.reference


def _is_plain(design: Design) -> bool:
    """Whether cells are those of affected rows, with nothing but effects beside them."""
    return design.statistics is None and not design.covariates and design.comparison.uses_not_yet_treated
