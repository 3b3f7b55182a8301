"""Cohort shares as given or as estimated: both readings of both methods that differ in nothing else."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, NeverTreated, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.sun_abraham import SunAbraham
from twintrade.simulate import simulate

EXACT = 1e-10


def design_of(weights=None, missing=0.0):
    made = simulate(
        np.random.default_rng(61),
        n_cities=60,
        cohorts={2003: 0.3, 2006: 0.2},
        effect=lambda g, e: 0.4 * (g - 2002) + 0.1 * e,
        missing=missing,
    )
    frame = made.panel.to_frame().drop(columns=["unit", "partner"]).assign(one=1.0)
    panel = Panel.from_frame(frame, city="city")
    treatment = Treatment.from_series(pd.Series(made.treatment.onset, made.treatment.units))
    options = {"window": (-9, 9), "comparison": NeverTreated(), "weights": weights}
    return Design(panel=panel, treatment=treatment, outcome="exports", **options)


@pytest.mark.parametrize("shares", ["fixed", "estimated"])
def test_sun_abraham_and_callaway_santanna_agree_once_they_read_shares_alike(shares):
    ours = fit(SunAbraham(shares=shares), design_of())
    theirs = fit(CallawaySantAnna(shares=shares), design_of())
    for view, of_path in (("event", "event"), ("overall", "path"), ("calendar", "calendar")):
        one, other = ours.view(of_path), theirs.view(view)
        np.testing.assert_allclose(one.effects, other.effects, atol=EXACT)
        np.testing.assert_allclose(one.uncertainty.matrix(), other.uncertainty.matrix(), atol=EXACT)


@pytest.mark.parametrize("estimator", [SunAbraham, CallawaySantAnna])
def test_the_reading_matters_where_cohorts_differ(estimator):
    fixed, estimated = (
        fit(estimator(shares=s), design_of()).view("overall").uncertainty for s in ("fixed", "estimated")
    )
    assert np.abs(fixed.matrix() - estimated.matrix()).max() > 1e-3


def test_shares_from_rows_are_those_from_moments():
    moments, rows = (fit(SunAbraham(shares="estimated"), design_of(w)).view("event") for w in (None, "one"))
    np.testing.assert_allclose(moments.uncertainty.matrix(), rows.uncertainty.matrix(), atol=EXACT)


def test_with_gaps_a_unit_counts_where_it_is_observed():
    design = design_of(missing=0.1)
    fixed, estimated = (fit(SunAbraham(shares=s), design) for s in ("fixed", "estimated"))
    o, cells = design.observations, fixed.estimate
    at = 1
    members = cells.event_times == at
    weights = cells.cell_weights * members
    average = cells.effects @ weights / weights.sum()
    extra = np.zeros(o.n_units)
    for g, effect in zip(cells.cohorts[members], cells.effects[members], strict=True):
        seen = (o.onset == g) & (o.event_time == at)
        extra[o.unit[seen]] += (effect - average) / weights.sum()
    k = int(np.flatnonzero(fixed.view("event").event_times == at)[0])
    gap = (estimated.view("event").uncertainty.matrix() - fixed.view("event").uncertainty.matrix())[:, k]
    np.testing.assert_allclose(gap, extra, atol=EXACT)


def test_estimated_shares_move_the_average_as_its_derivative_says():
    design = design_of(missing=0.1)
    fixed, estimated = (fit(SunAbraham(shares=s), design) for s in ("fixed", "estimated"))
    o, cells = design.observations, fixed.estimate
    step = 1e-4 * np.eye(cells.n_effects)
    ends = [
        [replace(cells, cell_weights=cells.cell_weights + sign * one).average().effects[0] for one in step]
        for sign in (1, -1)
    ]
    slopes = (np.array(ends[0]) - ends[1]) / 2e-4
    extra = np.zeros(o.n_units)
    for g, e, slope in zip(cells.cohorts, cells.event_times, slopes, strict=True):
        extra[o.unit[(o.onset == g) & (o.event_time == e)]] += slope
    gap = estimated.view("overall").uncertainty.matrix() - fixed.view("overall").uncertainty.matrix()
    np.testing.assert_allclose(gap[:, 0], extra, atol=1e-8)
