"""PPML with gravity effects, freed of its incidental-parameter bias (Weidner and Zylkin 2021)."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.design import NOT_LOG, Design, Observations
from twintrade.effects import Estimate, EventStudy, Regression, UnitInfluence
from twintrade.effects.corrected_influence import CorrectedInfluence
from twintrade.errors import EstimationError
from twintrade.estimators.base import Estimator, Requires, Target
from twintrade.estimators.ppml import PPML
from twintrade.estimators.regression.absorbed import find_single_rows
from twintrade.estimators.regression.both_shapes import EventAndStatic, fit_both
from twintrade.estimators.regression.event_terms import Model, Shape, join_models, list_models
from twintrade.numerics.arrays import IntArray
from twintrade.numerics.poisson import DyadPanel, compute_incidental_bias
from twintrade.text import Text

TWO_SETS = ("city_period", "partner_period")


@dataclass(frozen=True, slots=True)
class PPMLCorrected(Estimator):
    """Three-way PPML less its bias of order 1/cities + 1/partners; intervals with ``weidner_zylkin``.

    With three sets of effects the estimate is consistent, but its interval is off-centre, and clustered errors are
    too small, when cities or partners are few. Without dyad effects there is no bias to first order: what the formula
    gives is noise around zero and is not subtracted, and only the errors change.

    Attributes
    ----------
    shape : {"event", "static"}
    bins : bool
    second_reference : int or None
        As in PPML; overall effect and path are corrected for their own biases.
    """

    shape: Shape = "event"
    bins: bool = False
    second_reference: int | None = None

    name: ClassVar[str] = "ppml_corrected"
    title: ClassVar[Text] = Text("labels.estimator-ppml-corrected")
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
        return join_models(
            [_corrected(o, model) for model in list_models(self.shape, self.bins, self.second_reference)]
        )

    def both(self, design: Design) -> EventAndStatic:
        """Return the event study and the static effect of the same rows."""
        return fit_both(replace(self, shape="event"), replace(self, shape="static"), design)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return PPML(self.shape).assumption(design)

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return PPML(self.shape).estimand(design)

    @property
    def target(self) -> Target:
        """The treated units' total: by the score of the treatment dummy the fitted totals are the observed ones."""
        return "total"

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
    statistics = {**plain.sample.statistics, **shown}
    sample = replace(plain.sample, statistics=statistics)
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
    has_dyads = "unit" in o.effect_names
    return DyadPanel(ends[0][1], ends[1][1], mean, score, regressors, has_dyads)
