"""Poisson pseudo maximum likelihood with any fixed effects, on event-time dummies or one treatment dummy."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

import numpy as np

from twintrade.design import NOT_LOG, Design, Observations
from twintrade.effects import Estimate, EventStudy, Regression, UnitInfluence
from twintrade.effects.cohort_influence import CorrectedInfluence
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import Requires, describe_design
from twintrade.estimators.regression import event_terms
from twintrade.estimators.regression.cell_fit import Slopes, find_single_rows
from twintrade.estimators.regression.event_terms import FitShape, Later, Model, Shape
from twintrade.estimators.regression.slopes import build_effects, compute_mean_differences, sum_influence_by_unit
from twintrade.estimators.regression.split_panel import EventRegression
from twintrade.estimators.repeating.one_step import OneStep, list_dummy_regressions, prepare_one_step
from twintrade.numerics.arrays import IntArray
from twintrade.numerics.linear import pack_columns
from twintrade.numerics.poisson import DyadPanel, compute_incidental_bias, fit_poisson
from twintrade.text import Text, Words

Measure = Literal["coefficient", "difference"]


@dataclass(frozen=True, slots=True)
class PPML(EventRegression):
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
    later : {"comparison", "leads"}
        As in ``twfe``.
    """

    shape: FitShape = "event"
    measure: Measure = "coefficient"
    bins: bool = False
    second_reference: int | None = None
    later: Later = "comparison"

    name: ClassVar[str] = "ppml"
    citation: ClassVar[str] = "correia2020"
    takes_treated: ClassVar[bool] = True
    requires: ClassVar[Requires] = Requires(nonnegative=True, transforms=NOT_LOG, isolates_cohorts=False)
    is_poisson: ClassVar[bool] = True
    says: ClassVar[str] = "estimators.ppml-"

    def list_regressions(self) -> tuple[Model, ...]:
        """Return the regressions on single event times and on the treatment."""
        return event_terms.list_models(self.shape, False, self.second_reference, self.later)

    def estimate(self, design: Design) -> EventStudy | Estimate:
        """Return the event study or the static effect, in log points or in the outcome's unit."""
        if self.measure not in get_args(Measure):
            raise DesignError(f"ppml's measure is one of {', '.join(get_args(Measure))}, not {self.measure!r}")
        o = design.observations
        models = event_terms.list_models(self.shape, self.bins, self.second_reference, self.later)
        return event_terms.join_models([self.fit_model(o, model) for model in models])

    def fit_model(self, o: Observations, model: Model) -> EventStudy | Estimate:
        """Return one of the regressions that a shape is reported from."""
        terms = event_terms.build_terms(o, model)
        fit = fit_poisson(o.y, terms.columns, o.effect_codes(), o.weights, names=terms.names)
        net = pack_columns(fit.x_tilde, terms.columns, fit.levels.codes, fit.taken, fit.kept, fit.rows)
        slopes = Slopes(fit, fit.rows, fit.mu * o.row_weights[fit.rows], net)
        estimate = build_effects(o, terms, slopes, "log points", fit.singletons.size)
        if self.measure == "coefficient":
            return estimate
        # Log effects as mean differences of the outcome; the reference stays an exact zero.
        source = estimate.uncertainty.regression  # type: ignore[attr-defined]
        times = estimate.event_times if isinstance(estimate, EventStudy) else np.zeros(1, dtype=np.int64)
        effects, by_row = compute_mean_differences(
            estimate.effects,
            source.row_influence(),
            terms.clipped[source.rows, None] == times,
            o.y[source.rows],
            source.weights * source.residuals,
            o.row_weights[source.rows],
        )
        influence = UnitInfluence(*sum_influence_by_unit(o, source.rows, by_row))
        return replace(estimate, effects=effects, uncertainty=influence, scale="level")

    def one_step(self, design: Design) -> OneStep | None:
        """Return the model without treatment, for tests that need no refit."""
        if self.shape in ("dose", "covariates"):
            return None
        regressions = list_dummy_regressions(self.shape, self.bins, self.second_reference, self.later)
        return prepare_one_step(design, regressions, "log_ratio" if self.measure == "coefficient" else "difference")

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        if self.shape in ("dose", "covariates"):
            return Text(f"estimators.averages-{self.shape}")
        return Text("estimators.ppml-averages", shape=self.shape, measure=self.measure, **describe_design(design))

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        effect = event_terms.EQUATIONS.get(self.shape, "Σ_e β_e·1[t − g = e]")
        given = " + γ′x" if design.covariates else ""
        return f"E[y] = exp({effect}{given} + {' + '.join('α_' + n for n in design.effect_names)})"


# PPML with gravity effects, freed of its incidental-parameter bias (Weidner and Zylkin 2021).

TWO_SETS = ("city_period", "partner_period")


@dataclass(frozen=True, slots=True)
class PPMLCorrected(EventRegression):
    """Three-way PPML less its bias of order 1/cities + 1/partners; intervals with ``weidner_zylkin``.

    With three sets of effects the estimate is consistent, but its interval is off-centre, and clustered errors are
    too small, when cities or partners are few. Without dyad effects there is no bias to first order: what the formula
    gives is noise around zero and is not subtracted, and only the errors change.

    Attributes
    ----------
    shape : {"event", "static"}
    second_reference : int or None
        As in PPML; overall effect and path are corrected for their own biases.
    """

    shape: Shape = "event"
    bins: bool = False
    second_reference: int | None = None

    name: ClassVar[str] = "ppml_corrected"
    citation: ClassVar[str] = "weidner2021"
    is_poisson: ClassVar[bool] = True
    takes_treated: ClassVar[bool] = True
    requires: ClassVar[Requires] = Requires(
        nonnegative=True,
        transforms=NOT_LOG,
        fixed_effects=("gravity", TWO_SETS),
        dyadic=True,
        isolates_cohorts=False,
        weights=False,
    )

    def estimate(self, design: Design) -> EventStudy | Estimate:
        """Return the corrected event study or static effect, in log points; the bias stands in the statistics."""
        o = design.observations
        return event_terms.join_models(
            [_corrected(o, model) for model in event_terms.list_models(self.shape, self.bins, self.second_reference)]
        )

    def assumption(self, design: Design) -> Words:
        """Return the identifying assumption."""
        return PPML(self.shape).assumption(design)

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return PPML(self.shape).estimand(design)

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        return Text("estimators.less-bias", equation=PPML(self.shape).equation(design))


def _corrected(o: Observations, model: Model) -> EventStudy | Estimate:
    """Return one regression less its bias."""
    plain = PPML().fit_model(o, model)
    unit_influence = plain.uncertainty
    if not isinstance(unit_influence, UnitInfluence) or unit_influence.regression is None:
        raise EstimationError("ppml returned no regression to correct")
    source = unit_influence.regression
    used = np.flatnonzero(~find_single_rows(o, source.rows))
    panel = _panel(o, source, used)
    incidental = compute_incidental_bias(panel)
    bias = incidental.bias @ source.selector
    if not panel.has_dyad_effects:
        bias = np.zeros_like(bias)
    loading = incidental.bread @ source.selector
    scores = np.zeros((2, unit_influence.units.size, loading.shape[1]))
    scores[:, np.isin(unit_influence.units, o.unit_ids[o.unit[source.rows[used]]])] = (
        incidental.dyad_scores @ loading,
        incidental.adjusted_scores @ loading,
    )
    influence = CorrectedInfluence(unit_influence.units, scores[0], source, adjusted=scores[1])
    shown = {f"bias:{name}": float(b) for name, b in zip(plain.names, bias, strict=True)}
    sample = replace(plain.sample, statistics={**plain.sample.statistics, **shown})
    return replace(plain, effects=plain.effects - bias, uncertainty=influence, sample=sample)


def _panel(o: Observations, source: Regression, used: IntArray) -> DyadPanel:
    """Lay out some of the fit's rows dyad by period: a dyad with one row has no residual and counts at no end."""
    dyads, dyad = np.unique(o.unit[source.rows[used]], return_inverse=True)
    periods, period = np.unique(o.period[source.rows[used]], return_inverse=True)
    shape = (dyads.size, periods.size)
    mean, score = np.zeros(shape), np.zeros(shape)
    mean[dyad, period] = source.weights[used]
    score[dyad, period] = source.weights[used] * source.residuals[used]
    regressors = np.zeros((*shape, source.design.shape[1]))
    regressors[dyad, period] = source.design[used]
    panel = o.panel
    ends = [
        np.unique(side[o.unit_rows[dyads]], return_inverse=True) for side in (panel.unit_city, panel.unit_partner)
    ]
    for (values, _), name in zip(ends, ("city", "partner"), strict=True):
        if values.size < 2:
            raise EstimationError(f"the bias correction needs at least two of each end; one {name} is left")
    return DyadPanel(ends[0][1], ends[1][1], mean, score, regressors, "unit" in o.effect_names)
