"""What every estimator is: options as fields, one method, and a statement of what it needs and assumes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np

from twintrade.design import Design, count_always_compared, describe_untreated
from twintrade.effects import CohortEffects, Estimate, EventStudy
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.effects.estimate import Against, Kind
from twintrade.errors import DesignError, EstimationError
from twintrade.methods import Registry
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Listed, Text, Value, Words

if TYPE_CHECKING:
    from twintrade.estimators.regression.event_terms import Model
    from twintrade.estimators.repeating.linear_null import LinearNull
    from twintrade.estimators.repeating.one_step import OneStep


# What a design must offer before a method may run.


@dataclass(frozen=True, slots=True)
class Requires:
    """What a design must offer before an estimator may run, and which contract tests apply to it."""

    treated: bool = True  # at least one unit treated within the sample
    balanced: bool = False  # every unit observed in every period
    never_treated: bool = False  # at least one unit without an agreement
    single_onset: bool = False  # all treated units share one onset
    single_treated_unit: bool = False  # made for one treated unit (or a few that are averaged)
    nonnegative: bool = False  # outcomes must not be negative
    absorbing: bool = True  # treatment never ends
    # transforms, fixed_effects: Transforms of the outcome, and sets of fixed effects, that it accepts; empty for any
    transforms: tuple[str, ...] = ()
    fixed_effects: tuple[str | tuple[str, ...], ...] = ()
    dyadic: bool = False  # needs city-partner units
    isolates_cohorts: bool = True  # a shock to one cohort moves no other cohort's effects (contract test)
    influence_sums_to_zero: bool = True
    # Constants added to every outcome of a unit or of a period change nothing (contract test)
    cancels_constants: bool = True
    third_difference: bool = False  # a column must say which units an agreement can affect (contract test)
    cohort_statistics: bool = False  # runs on cohort statistics made elsewhere, where its options allow that
    covariates: bool = True  # covariates, weights: Takes covariates; takes sampling weights
    weights: bool = True
    # has_influence, influence_sums_to_zero: Effects come with influence, or say why they have none; it sums to zero
    # over units (contract tests)
    has_influence: bool = True
    # Influence gives the weight of every row in an effect (contract test); `auto` else judges it by its units
    has_row_weights: bool = True

    def adapted(self, shape: str) -> "Requires":
        """Return what a regression of a shape requires: its own column and covariates need no onset."""
        return replace(self, treated=False, absorbing=False) if shape in ("dose", "covariates") else self

    def unmet(self, design: Design) -> list[Words]:
        """Return, in sentences, what the design lacks; empty when the estimator may run."""
        lacking: list[Words] = []
        if self.transforms and design.transform not in self.transforms:
            lacking.append(
                Text("estimators.needs-transform", taken=Listed(self.transforms, "or"), transform=design.transform)
            )
        if self.fixed_effects and design.fixed_effects not in self.fixed_effects:
            accepted = Listed(tuple(map(str, self.fixed_effects)), "or")
            lacking.append(Text("estimators.needs-effects", accepted=accepted, effects=design.effects_label))
        if self.absorbing and not design.treatment.is_absorbing:
            lacking.append(Text("estimators.needs-absorbing"))
        if design.covariates and not self.covariates:
            lacking.append(Text("estimators.takes-no-covariates", covariates=Listed(design.covariates, "comma")))
        if design.weights is not None and not self.weights:
            lacking.append(Text("estimators.takes-no-weights", weights=design.weights))
        if design.statistics is not None and not self.cohort_statistics:
            lacking.append(Text("estimators.needs-rows", units=design.panel.unit_kind))
        if self.dyadic and not design.panel.is_dyadic:
            lacking.append(Text("estimators.needs-dyads"))
        if lacking:  # nobody looks at the observations then
            return lacking
        o, units = design.observations, design.panel.unit_kind
        onsets = np.unique(o.unit_onset[o.is_ever_treated])
        if onsets.size == 0 and self.treated:
            lacking.append(describe_untreated(o))
        if self.never_treated and o.is_ever_treated.all():
            lacking.append(Text("estimators.needs-never-treated", units=units))
        if self.single_onset and onsets.size > 1:
            lacking.append(Text("estimators.needs-one-onset", n=onsets.size))
        if self.single_treated_unit and o.is_ever_treated.sum() != 1:
            lacking.append(Text("estimators.needs-one-treated", n=o.is_ever_treated.sum(), units=units))
        if self.balanced and not o.is_complete:
            lacking.append(Text("estimators.needs-balance", n=o.n_units * o.periods.size - o.n_rows, units=units))
        if self.nonnegative and (o.y < 0).any():
            lacking.append(Text("estimators.negative-outcomes", n=(o.y < 0).sum()))
        return lacking


# What the sentences of every method may name of a design.


def describe_design(design: Design) -> dict[str, Value]:
    """Return who is compared within which effects, and the covariates and sampling weights with it."""
    return {
        "units": design.panel.unit_kind,
        "compared": design.comparison.describe(design.panel.unit_kind),
        "effects": design.effects_label,
        "given": len(design.covariates),
        "covariates": Listed(design.covariates, "comma"),
        "weighted": "no" if design.weights is None else "yes",
        "weights": design.weights or "",
    }


View = Kind
Views = Collection[View] | None
Target = Literal["total", "average unit", "average cell"]
"""Whose change the overall number is: the treated units' total, their average, each row counting alike, or that of
cells of cohort and period, each by its sums and counting by its rows."""


class Estimator(ABC):
    """A method: a frozen dataclass whose fields are its options.

    Attributes
    ----------
    name, citation : str
        Key in TOML, CLI and tables; key in references.bib.
    title : Words
        Head of a table's column.
    compared_with : str
        What the overall effect of the default options is compared with.
    takes_treated : bool
        Whether rows of units treated already serve as comparison for units treated later.
    has_leads : bool
        Whether effects before the agreement are estimated too.
    formula : Words
        Estimating equation, where options and design do not change it; empty for none.
    """

    name: ClassVar[str] = ""
    title: ClassVar[Words] = ""
    citation: ClassVar[str] = ""
    requires: ClassVar[Requires] = Requires()
    compared_with: ClassVar[Against] = "all before"
    takes_treated: ClassVar[bool] = False
    has_leads: ClassVar[bool] = True
    formula: ClassVar[Words] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("name"):
            ESTIMATORS.add(cls.name, cls)

    def unmet(self, design: Design) -> list[Words]:
        """Return, in sentences, why the design cannot be estimated, as far as the data tell before."""
        return self.requires.unmet(design)

    @abstractmethod
    def estimate(self, design: Design) -> Estimate:
        """Return an EventStudy, CohortEffects or Estimate with its influence, and no standard error."""

    def estimate_views(self, design: Design, views: Views) -> Estimate:
        """Return an estimate from which what only other views need may be missing (None: nothing is)."""
        return self.estimate(design)

    def narrowed(self, design: Design) -> Design:
        """Return the design on the rows that the method takes, which list what was left out; all, by default."""
        return design

    def name_comparison(self, design: Design) -> Text:
        """Return who is compared, for a row of a table; a method may take rows that the design would not name."""
        o = design.observations
        is_staggered = np.unique(o.onset[o.is_treated]).size > 1
        return Text("design.label-with-treated") if self.takes_treated and is_staggered else design.comparison.label

    @abstractmethod
    def assumption(self, design: Design) -> Words:
        """Return the identifying assumption as one sentence."""

    @abstractmethod
    def estimand(self, design: Design) -> Words:
        """Return what the headline averages, with which weights, as one sentence."""

    @property
    def target(self) -> Target:
        """Whose change the overall number is."""
        return "average unit"

    def equation(self, design: Design) -> Words:
        """Return the estimating equation as one line, ``formula`` where it is always the same."""
        return self.formula

    def list_regressions(self) -> "tuple[Model, ...]":
        """Return the regressions that the effects are coefficients of, the static one last; none by default."""
        return ()

    @property
    def imputes_by(self) -> Literal["linear", "poisson"] | None:
        """Family of the model of untreated rows that predicts treated ones row by row; None for other methods."""
        return None

    def linear_null(self, design: Design, outcomes: FloatArray, views: Views = None) -> "LinearNull | None":
        """Return the linear model without treatment, for estimates under many treatments of the same rows, or None.

        None means that every treatment and outcome is refitted. Columns of ``outcomes`` (n_rows, n_outcomes) take the
        place of ``design.observations.y``. What ``views`` do not show may be left out (None: nothing).
        """
        return None

    def one_step(self, design: Design) -> "OneStep | None":
        """Return the model without treatment, for tests of nonlinear methods that would else refit; or None."""
        return None

    def hold_out(self, design: Design, time: int) -> "HeldOut | None":
        """Return one event time before onset against what all other untreated rows predict, or None.

        For leads on the base of the effects after onset; None where the method has no such base.
        """
        return None

    def options(self) -> dict[str, Any]:
        """Return the options as a mapping, for hashes and tables."""
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]

    @property
    def is_poisson(self) -> bool:
        """Whether the outcome's mean is exponential in the effects, fitted by Poisson quasi-likelihood."""
        return self.options().get("family") == "poisson"


class Catalogued(Estimator):
    """A method of the catalogue: its title is named after it, assumption and estimand by what ``says`` begins."""

    says: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if cls.__dict__.get("name") and "title" not in cls.__dict__:
            cls.title = Text(f"labels.estimator-{cls.name.replace('_', '-')}")
        super().__init_subclass__(**kwargs)

    def assumption(self, design: Design) -> Words:
        """Return the identifying assumption as one sentence."""
        return Text(f"{self.says}assumes", **describe_design(design))

    def estimand(self, design: Design) -> Words:
        """Return what the headline averages, with which weights, as one sentence."""
        return Text(f"{self.says}averages", **describe_design(design))


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """Outcomes at one event time before onset, by cohort, against a prediction on the base of all years before."""

    cohorts: IntArray  # (n_cohorts,)
    effects: FloatArray  # (n_cohorts,): mean differences; for Poisson ratios of totals
    weights: FloatArray  # (n_cohorts,): rows by sampling weight; for Poisson predicted totals
    # (n_cohorts,): what is left of a prediction from the other years on the base of all: (K - 1) / K of K like years
    kept_shares: FloatArray
    is_by_row: bool  # whether each row is predicted by itself, not a cohort's rows together
    # Returns the influence of the observations' units, shape (n_units, n_cohorts)
    find_influence: Callable[[], FloatArray]


ESTIMATORS: Registry[Estimator] = Registry("estimators", "estimator")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fit:
    """An estimate with all that a refit needs.

    Attributes
    ----------
    design : Design
        As it was estimated, without rows that the method leaves out before; rows of the estimate are positions in it.
    """

    estimator: Estimator
    design: Design
    estimate: Estimate

    def __repr__(self) -> str:
        design, o = self.design, self.design.observations
        is_named = isinstance(design.fixed_effects, str)
        try:
            overall = f"{self.view('overall').effects[0]:+.3g} {self.estimate.scale}"
        except EstimationError:
            overall = ""
        text = Text(
            "estimators.fit",
            method=self.estimator.title or self.estimator.name,
            effects=str(design.fixed_effects) if is_named else design.effects_label,
            is_named="yes" if is_named else "no",
            n=str(o.n_units),
            n_treated=str(int(o.is_ever_treated.sum())),
            first=design.panel.label(int(o.periods[0])),
            last=design.panel.label(int(o.periods[-1])),
            has_overall="yes" if overall else "no",
            overall=overall,
        )
        return str(text)

    @property
    def views(self) -> tuple[View, ...]:
        """Which views this fit offers; a path only where effects are measured against one reference."""
        path: tuple[View, ...] = ("path",) if self.estimate.against == "reference" else ()
        if isinstance(self.estimate, CohortEffects):
            return ("event", "overall", *path, "cohort", "calendar", "cell")
        if isinstance(self.estimate, EventStudy):
            return ("event", "overall", *path)
        return ("coefficient",) if self.estimate.kind == "coefficient" else ("overall",)

    def view(self, view: View) -> Estimate:
        """Return the estimate by event time, by cohort, by period, by cell, or as one average.

        "overall" is the effect after the agreement; "path" is the average of the event-time effects from onset on
        against their reference. Neither depends on the window, which chooses the event times that "event" shows.
        """
        if view not in get_args(View):
            raise EstimationError(f"no view is called {view!r}; known: {', '.join(get_args(View))}")
        if view not in self.views:
            offered = ", ".join(self.views)
            raise EstimationError(f"{self.estimator.name} does not provide effects by {view}; it offers {offered}")
        estimate = self.estimate
        if isinstance(estimate, EventStudy | CohortEffects) and view in ("overall", "path"):
            return estimate.average() if view == "overall" else estimate.average_path()
        if isinstance(estimate, CohortEffects):
            if view == "event":
                return estimate.event_study(self.design.window)
            if view == "cohort":
                return estimate.by_cohort()
            return estimate.by_period() if view == "calendar" else estimate
        if isinstance(estimate, EventStudy) and not self.estimator.requires.single_treated_unit:
            return estimate.within(self.design.window)
        return estimate

    def refit(self, design: Design, *views: View) -> "Fit":
        """Return the same method on another design; if views are named, what only others need may be missing."""
        return fit(self.estimator, design, views or None)


def describe_assumption(estimator: Estimator, design: Design) -> Words:
    """Return what is assumed: the estimator's own, and that of units treated throughout that are comparison."""
    assumption, n = estimator.assumption(design), count_always_compared(design.panel, design.treatment, design.onset)
    return Listed((assumption, Text("design.always-compared", n=n)), "sentences") if n else assumption


def fit(estimator: Estimator, design: Design, views: Views = None) -> Fit:
    """Check what the estimator requires, estimate the views named, and keep what a refit needs."""
    lacking = estimator.unmet(design)
    if lacking:
        listed = Listed(tuple(lacking), "semicolon")
        raise DesignError(Text("estimators.cannot-run", method=estimator.name, lacking=listed))
    design = estimator.narrowed(design)
    estimate = estimator.estimate_views(design, views)
    if design.statistics is not None and not isinstance(estimate.uncertainty, CohortInfluence):
        raise EstimationError(f"{estimator.name} with these options needs the units' own rows, not cohort statistics")
    return Fit(estimator, design, estimate)
