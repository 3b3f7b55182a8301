"""Leads of the imputation estimator: a regression on untreated rows only, so that effects cannot leak into it."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Dropped
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual
from twintrade.estimators.regression.event_terms import find_affected_rows
from twintrade.estimators.regression.families import Family
from twintrade.estimators.regression.proportional import compute_mean_differences
from twintrade.estimators.regression.slopes import count_units_and_rows
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.linear import Collinear, fit_least_squares
from twintrade.numerics.poisson import fit_poisson
from twintrade.text import Listed, Text, Words


@dataclass(frozen=True, slots=True, eq=False)
class Leads:
    """Pre-period effects by event time, pooled over cohorts."""

    event_times: IntArray  # (n_leads,)
    effects: FloatArray  # (n_leads,)
    rows: IntArray  # (n_rows,): positions in the observations
    loadings: FloatArray  # (n_rows, n_leads): what a row's weighted residual moves
    scores: FloatArray  # (n_rows,): weighted residuals
    weights: FloatArray  # (n_rows,)
    # n_units, n_cells: (n_leads,)
    n_units: IntArray
    n_cells: IntArray
    dropped: tuple[Dropped, ...]

    @property
    def influence(self) -> FloatArray:
        """Influence by row, shape (n_rows, n_leads)."""
        return self.loadings * self.scores[:, None]

    def in_levels(self, o: Observations) -> tuple[FloatArray, FloatArray]:
        """Return Poisson leads as mean differences of the outcome, (n_leads,), and their influence by row."""
        weights = o.row_weights[self.rows]
        inside = _event_times(o)[self.rows, None] == self.event_times
        return compute_mean_differences(self.effects, self.influence, inside, o.y[self.rows], self.scores, weights)


def fit_leads(c: Counterfactual, family: Family) -> Leads:
    """Regress untreated outcomes on dummies for the window's event times before onset less anticipation.

    Every earlier event time is the base, so the earliest observed one never gets a dummy.
    """
    o = c.o
    times, notes = find_lead_times(o, c.fit_rows)
    rows = c.fit_rows
    event_time = _event_times(o)
    dummies = (event_time[rows, None] == times).astype(np.float64)
    columns = np.hstack([dummies, o.covariates[rows]])
    names: tuple[Words, ...] = (*(Text("estimators.lead", time=f"{e:+d}") for e in times), *o.covariate_names)
    rows, kept, coefficients, loadings, scores, row_weights, collinear = _fitted(c, family, rows, columns, names)
    reported = np.flatnonzero(kept < times.size)
    order = reported[np.argsort(times[kept[reported]])]
    lead_times = times[kept[order]]
    n_units, n_cells = count_units_and_rows(o, rows, event_time, lead_times)
    notes += tuple(_collinear(one, names) for one in collinear if one.column < times.size)
    return Leads(
        lead_times, coefficients[order], rows, loadings[:, order], scores, row_weights, n_units, n_cells, notes
    )


def build_no_leads() -> Leads:
    """Return no leads, for refits of which nobody asks for any."""
    no_times, nothing = np.empty(0, dtype=np.int64), np.empty(0)
    return Leads(no_times, nothing, no_times, np.empty((0, 0)), nothing, nothing, no_times, no_times, ())


def _event_times(o: Observations) -> IntArray:
    """Event time of each row; zero, which no untreated row has, for units that are comparison throughout."""
    return np.where(find_affected_rows(o), o.event_time, 0)


def find_lead_times(o: Observations, rows: IntArray) -> tuple[IntArray, tuple[Dropped, ...]]:
    """Return the event times that get a dummy, the latest first, and what had to be left out."""
    treated = find_affected_rows(o)[rows]
    observed = np.unique(o.event_time[rows][treated])
    if observed.size == 0:
        return observed, ()
    times = observed[observed >= o.window[0]]
    notes: tuple[Dropped, ...] = ()
    if times.size and times[0] == observed[0]:
        time = f"{observed[0]:+d}"
        notes = (
            Dropped(
                "lead-base", Text("estimators.lead-base", time=time), 0, 0, (Text("estimators.lead", time=time),)
            ),
        )
        times = times[1:]
    return times[::-1], notes


def _fitted(
    c: Counterfactual, family: Family, rows: IntArray, columns: FloatArray, names: tuple[Words, ...]
) -> tuple[IntArray, IntArray, FloatArray, FloatArray, FloatArray, FloatArray, tuple[Collinear, ...]]:
    o = c.o
    weights = o.weights_of(rows)
    if family == "poisson":
        fit = fit_poisson(o.y[rows], columns, c.codes_fit, weights, names=names)
        row_weights, kept_rows = fit.mu * o.row_weights[rows[fit.rows]], rows[fit.rows]
        loadings, scores = fit.x_tilde @ fit.bread, row_weights * fit.residuals
        return kept_rows, fit.kept, fit.coefficients, loadings, scores, row_weights, fit.collinear
    linear = fit_least_squares(o.y[rows], columns, build_absorber(c.codes_fit, weights), names=names)
    row_weights = o.row_weights[rows]
    loadings, scores = linear.x_tilde @ linear.bread, linear.residuals * row_weights
    return rows, linear.kept, linear.coefficients, loadings, scores, row_weights, linear.collinear


def _collinear(one: Collinear, names: tuple[Words, ...]) -> Dropped:
    by = Text(
        "estimators.effects-and", n=len(one.columns), rest=Listed(tuple(names[k] for k in one.columns), "comma")
    )
    return Dropped("collinear", Text("estimators.determined-base", name=one.name, by=by), 0, 0, (one.name,))
