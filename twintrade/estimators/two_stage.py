"""Effects left after taking out fixed effects that were fitted on untreated rows alone (Gardner 2022)."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import Estimate, EventStudy, Influence, Sample, UnitInfluence
from twintrade.effects.outcome_weights import OutcomeWeights
from twintrade.estimators.base import Requires
from twintrade.estimators.cohort_means.collapsed import Collapse
from twintrade.estimators.cohort_means.sums_rows import SumsRows
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual, fit_counterfactual
from twintrade.estimators.regression.event_terms import Shape, find_affected_rows
from twintrade.estimators.regression.slopes import count_units_and_rows, sum_influence_by_unit, sum_row_weights
from twintrade.estimators.sentences import describe_design
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.linear import compute_projection_weights, find_leverage_one
from twintrade.text import Text


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
    title: ClassVar[Text] = Text("labels.estimator-two-stage")
    citation: ClassVar[str] = "gardner2022"
    requires: ClassVar[Requires] = Requires(
        isolates_cohorts=False, influence_sums_to_zero=False, cohort_statistics=True
    )

    def estimate_means(self, means: Collapse) -> EventStudy | Estimate | None:
        """Return the event study or the static effect from means; None where one has no counterfactual."""
        stages = _stages(means.small, self.shape)
        if stages.first.statistics["n_unidentified"]:
            return None
        return self._packed(means.o, stages, *_of_cohorts(means, stages))

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

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.two-stage-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.two-stage-averages", **describe_design(design))

    def equation(self, design: Design) -> Text:
        """Return the estimating equation."""
        effects = " + ".join("α_" + n for n in design.effect_names)
        return Text("estimators.two-stage-equation", effects=effects)

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
    """Both stages, row by row; ``rows`` are the untreated and the identified treated ones.

    ``loadings`` is the weight of a row's outcome in each effect, ``influence`` its contribution; (n_rows, n_effects).
    """

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
    groups, labels = _groups(o, shape)
    columns = (groups[rows][:, None] == labels).astype(np.float64)
    labels, columns = labels[columns.any(axis=0)], columns[:, columns.any(axis=0)]
    weights = o.row_weights[rows]
    shares = columns * weights[:, None]
    shares = shares / shares.sum(axis=0)
    effects = shares.T @ left[rows]
    x = o.covariates
    codes_new = [c[rows] for c in first.codes]
    omega = compute_projection_weights(
        first.codes_fit, codes_new, shares, x[first.fit_rows], x[rows], weights=first.weights
    )
    loadings, influence = np.zeros((o.n_rows, labels.size)), np.zeros((o.n_rows, labels.size))
    loadings[rows] = shares
    influence[rows] = shares * (left[rows] - columns @ effects)[:, None]
    loadings[first.fit_rows] -= omega
    influence[first.fit_rows] -= omega * first.residuals[:, None]
    return _Stages(first, rows, groups, labels, effects, loadings, influence)


def _groups(o: Observations, shape: Shape) -> tuple[IntArray, IntArray]:
    """Event time of each row (0 after onset when static), and the labels that get an effect."""
    if shape == "static":
        return np.where(o.is_treated, 0, -1).astype(np.int64), np.zeros(1, dtype=np.int64)
    return o.event_time, np.unique(o.event_time[find_affected_rows(o)])


def _of_cohorts(means: Collapse, stages: _Stages) -> tuple[Influence, Sample, IntArray, IntArray]:
    """Turn both stages on cohort means into influence by unit, the sample and the counts of the panel.

    The weights of a unit's rows add up to zero, so that its own effect cancels and its influence is affine in its
    deviation from its cohort's means.
    """
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
    return means.influence(coefficients, constants), sample, n_units, n_cells
