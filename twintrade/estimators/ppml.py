"""Poisson pseudo maximum likelihood with any fixed effects, on event-time dummies or one treatment dummy."""

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Literal, get_args

import numpy as np

from twintrade.design import NOT_LOG, Design, Observations
from twintrade.effects import Estimate, EventStudy, UnitInfluence
from twintrade.errors import DesignError
from twintrade.estimators.base import Estimator, Requires, Target, View
from twintrade.estimators.regression.both_shapes import EventAndStatic, fit_both
from twintrade.estimators.regression.event_terms import (
    EQUATIONS,
    FitShape,
    Model,
    Terms,
    build_terms,
    join_models,
    list_models,
)
from twintrade.estimators.regression.proportional import compute_mean_differences
from twintrade.estimators.regression.separated import list_separated_rows
from twintrade.estimators.regression.slopes import Slopes, build_effects, sum_influence_by_unit
from twintrade.estimators.repeating.one_step import OneStep, OneStepRegression, prepare_one_step
from twintrade.estimators.repeating.treatment_blocks import build_dummies
from twintrade.estimators.sentences import describe_design
from twintrade.numerics.linear import pack_columns
from twintrade.numerics.poisson import PoissonFit, fit_poisson
from twintrade.text import Text, Words

Measure = Literal["coefficient", "difference"]


@dataclass(frozen=True, slots=True)
class PPML(Estimator):
    """Poisson regression of levels, zeros included; consistent whatever the variance of the outcome.

    Rows that the effects or a regressor predict perfectly at zero are left out and listed with the reason.

    Attributes
    ----------
    shape : {"event", "static", "dose", "covariates"}
        One effect per event time, with the static effect of the same rows as overall effect; or the static one alone.
        "dose" takes the treatment's own column, which may be a dose and may end; "covariates" has no treatment.
    measure : {"coefficient", "difference"}
        Log points; or the mean difference of the outcome from what it would be without the effect, in its own unit,
        for leads as for lags.
    bins : bool
        Whether the event times shown end in bins, which collect rows beyond the window. Averages never use bins.
    second_reference : int or None
        Event time that counts as zero beside the design's reference, as in ``twfe``.
    """

    shape: FitShape = "event"
    measure: Measure = "coefficient"
    bins: bool = False
    second_reference: int | None = None

    name: ClassVar[str] = "ppml"
    title: ClassVar[Text] = Text("labels.estimator-ppml")
    citation: ClassVar[str] = "correia2020"
    takes_treated: ClassVar[bool] = True
    requires: ClassVar[Requires] = Requires(nonnegative=True, transforms=NOT_LOG, isolates_cohorts=False)
    is_poisson: ClassVar[bool] = True

    def estimate(self, design: Design) -> EventStudy | Estimate:
        """Return the event study or the static effect, in log points or in the outcome's unit."""
        if self.measure not in get_args(Measure):
            raise DesignError(f"ppml's measure is one of {', '.join(get_args(Measure))}, not {self.measure!r}")
        o = design.observations
        return join_models(
            [self.fit_model(o, model) for model in list_models(self.shape, self.bins, self.second_reference)]
        )

    def fit_model(self, o: Observations, model: Model) -> EventStudy | Estimate:
        """Return one of the regressions that a shape is reported from."""
        terms = build_terms(o, model)
        fit = fit_poisson(o.y, terms.columns, o.effect_codes(), o.weights, names=terms.names)
        statistics = {
            "pseudo_r2": fit.pseudo_r2,
            "deviance": fit.deviance,
            "iterations": float(fit.iterations),
            "n_singletons": float(fit.singletons.size),
        }
        estimate = build_effects(
            o, terms, _slopes(o, fit, terms), "log points", list_separated_rows(o, fit.separated), statistics
        )
        return estimate if self.measure == "coefficient" else _in_levels(o, terms, estimate)

    def both(self, design: Design) -> EventAndStatic:
        """Return the event study and the static effect of the same rows."""
        return fit_both(replace(self, shape="event"), replace(self, shape="static"), design)

    def one_step(self, design: Design) -> OneStep | None:
        """Return the model without treatment, for tests that need no refit."""
        if self.shape in ("dose", "covariates"):
            return None
        shown: dict[str, tuple[View, ...]] = {"static": ("overall",), "binned": ("event",)}
        shown["event"] = ("path",) if self.bins else ("event", "path")
        models = list_models(self.shape, self.bins, self.second_reference)
        regressions = [
            OneStepRegression(shown[model.kind], partial(build_dummies, model=model), is_pruned=True)
            for model in models
        ]
        return prepare_one_step(design, regressions, "log_ratio" if self.measure == "coefficient" else "difference")

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.ppml-assumes", **describe_design(design))

    def unmet(self, design: Design) -> list[Words]:
        """Return why the design cannot be estimated; a dose and covariates need no onset."""
        return self.requires.adapted(self.shape).unmet(design)

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        if self.shape in ("dose", "covariates"):
            return Text(f"estimators.averages-{self.shape}")
        return Text("estimators.ppml-averages", shape=self.shape, measure=self.measure, **describe_design(design))

    @property
    def target(self) -> Target:
        """The treated units' total: by the score of the treatment dummy the fitted totals are the observed ones."""
        return "total"

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        effect = EQUATIONS.get(self.shape, "Σ_e β_e·1[t − g = e]")
        given = " + γ′x" if design.covariates else ""
        return f"E[y] = exp({effect}{given} + {' + '.join('α_' + n for n in design.effect_names)})"


def _slopes(o: Observations, fit: PoissonFit, terms: Terms) -> Slopes:
    weights = fit.mu * o.row_weights[fit.rows]
    net = pack_columns(fit.x_tilde, terms.columns, fit.levels.codes, fit.taken, fit.kept, fit.rows)
    return Slopes(fit.rows, fit.coefficients, fit.kept, fit.collinear, net, fit.residuals, weights, fit.bread)


def _in_levels(o: Observations, model: Terms, estimate: EventStudy | Estimate) -> EventStudy | Estimate:
    """Return log effects as mean differences of the outcome; the reference stays an exact zero."""
    influence = estimate.uncertainty
    assert isinstance(influence, UnitInfluence)
    source = influence.regression
    assert source is not None
    times = estimate.event_times if isinstance(estimate, EventStudy) else np.zeros(1, dtype=np.int64)
    rows = source.rows
    effects, by_row = compute_mean_differences(
        estimate.effects,
        source.row_influence(),
        model.clipped[rows, None] == times,
        o.y[rows],
        source.weights * source.residuals,
        o.row_weights[rows],
    )
    return replace(
        estimate, effects=effects, uncertainty=UnitInfluence(*sum_influence_by_unit(o, rows, by_row)), scale="level"
    )
