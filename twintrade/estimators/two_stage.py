"""Effects left after taking out fixed effects that were fitted on untreated rows alone (Gardner 2022)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.design import Design
from twintrade.effects import Estimate, EventStudy, UnitInfluence
from twintrade.estimators.base import Estimator, Requires
from twintrade.estimators.counterfactual import Counterfactual, counterfactual
from twintrade.estimators.event_terms import Shape, follows_event_time
from twintrade.estimators.slopes import counts, influence_by_unit
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.prediction import projection_weights


@dataclass(frozen=True, slots=True)
class TwoStage(Estimator):
    """Regress what the first stage leaves on event-time dummies, with both stages in the influence.

    From onset on the points equal imputation; the influence is the two-stage moment one, whose residuals are taken
    around the event-time effect, not around each cohort's. Before onset the effects are averages of first-stage
    residuals: they are small by construction where the first stage fits these rows, and no test of parallel trends
    in the sense of imputation leads. No small-sample factor, as in R's ``did2s``.

    Attributes
    ----------
    shape : {"event", "static"}
        One effect per event time of the window, or one effect from onset on.
    """

    shape: Shape = "event"

    name: ClassVar[str] = "two_stage"
    title: ClassVar[str] = "Two-stage"
    citation: ClassVar[str] = "gardner2022"
    requires: ClassVar[Requires] = Requires(isolates_cohorts=False, influence_sums_to_zero=False)

    def estimate(self, design: Design) -> EventStudy | Estimate:
        """Return the event study or the static effect.

        Raises
        ------
        EstimationError
            No untreated row, or no treated row whose effects these identify.
        """
        o = design.observations
        first = counterfactual(o, "linear")
        rows = np.sort(np.concatenate([first.fit_rows, first.rows]))
        left = np.empty(o.n_rows)
        left[first.fit_rows] = first.residuals
        left[first.rows] = o.y[first.rows] - first.predicted
        groups, labels = self._groups(design)
        columns = (groups[rows][:, None] == labels).astype(np.float64)
        n_units, n_cells = counts(o, rows, groups, labels)
        labels, columns = labels[n_cells > 0], columns[:, n_cells > 0]
        n_units, n_cells = n_units[n_cells > 0], n_cells[n_cells > 0]
        weights = np.ones(rows.size) if o.weights is None else o.weights[rows]
        bread = np.diag(1.0 / (columns * weights[:, None]).sum(axis=0))
        effects = bread @ (columns.T @ (weights * left[rows]))
        units, values = _influence(first, rows, columns, weights, left[rows] - columns @ effects, bread)
        sample = o.sample(
            None if rows.size == o.n_rows else rows,
            n_slopes=labels.size,
            effects=design.effect_names,
            dropped=first.dropped,
            statistics=first.statistics,
        )
        given = {
            "effects": effects,
            "uncertainty": UnitInfluence(units, values),
            "scale": design.scale,
            "sample": sample,
            "n_units": n_units,
            "n_cells": n_cells,
        }
        if self.shape == "static":
            return Estimate(names=("after onset",), **given)
        return EventStudy(
            names=tuple(f"{e:+d}" for e in labels),
            base="first-stage residuals",
            event_times=labels,
            reference=None,
            anticipation=design.anticipation,
            **given,
        )

    def assumption(self, design: Design) -> str:
        """Return the identifying assumption."""
        given = f" and the same {', '.join(design.covariates)}" if design.covariates else ""
        return (
            f"Without the tie, outcomes would have followed the {design.effects_label} effects{given} that untreated "
            "rows show."
        )

    def estimand(self, design: Design) -> str:
        """Return what the headline averages."""
        return "Average effect over all treated rows, each weighing the same."

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        effects = " + ".join("α_" + n for n in design.effect_names)
        return f"y − ({effects}), fitted on untreated rows, = Σ_e β_e·1[t − g = e] + ε"

    def _groups(self, design: Design) -> tuple[IntArray, IntArray]:
        """Event time of each row (0 after onset when static), and the labels that get an effect."""
        o = design.observations
        treated = follows_event_time(o)
        if self.shape == "static":
            return np.where(o.is_treated, 0, -1).astype(np.int64), np.zeros(1, dtype=np.int64)
        inside = treated & (o.event_time >= design.window[0]) & (o.event_time <= design.window[1])
        return o.event_time, np.unique(o.event_time[inside])


def _influence(
    first: Counterfactual,
    rows: IntArray,
    columns: FloatArray,
    weights: FloatArray,
    residuals: FloatArray,
    bread: FloatArray,
) -> tuple[np.ndarray, FloatArray]:
    """Second-stage influence less that of the first stage's fit, summed by unit."""
    o = first.o
    x = o.covariates
    loading = (columns * weights[:, None]) @ bread
    codes_new = [c[rows] for c in first.codes]
    omega = projection_weights(first.codes_fit, codes_new, loading, x[first.fit_rows], x[rows], weights=first.weights)
    by_row = np.zeros((o.n_rows, columns.shape[1]))
    by_row[rows] = loading * residuals[:, None]
    by_row[first.fit_rows] -= omega * first.residuals[:, None]
    return influence_by_unit(o, rows, by_row[rows])
