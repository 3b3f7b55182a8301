"""Rows that a method leaves out before it starts are gone from its fit, and so from its errors."""

from dataclasses import replace

import numpy as np
import pandas as pd
from case_tables import loop_over

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.sun_abraham import SunAbraham
from twintrade.inference.clustered import Clustered
from twintrade.simulate import OUTCOME, simulate

LAST = 2008


def frame_of(seed=8):
    made = simulate(
        np.random.default_rng(seed),
        n_cities=40,
        n_partners=0,
        n_periods=14,
        first_period=2000,
        cohorts={2005: 0.3, LAST: 0.7},
        effect=0.5,
        noise=0.5,
    )
    frame = made.panel.to_frame().drop(columns=["unit", "partner"])
    gone = np.random.default_rng(seed).random(len(frame)) < 0.1
    return frame.loc[~gone], pd.Series(made.treatment.onset, index=made.treatment.units)


def design_of(frame, onsets):
    panel = Panel.from_frame(frame, city="city")
    return Design(
        panel=panel,
        treatment=Treatment.from_series(onsets.reindex(panel.units)),
        outcome=OUTCOME,
        always_treated="keep",
        clusters=("period",),
    )


def by_hand(frame, onsets):
    """The same comparison as a design from which nothing has to be left out."""
    return design_of(frame[frame["period"] < LAST], onsets.replace(float(LAST), np.inf))


@loop_over(
    ("method", "by"),
    [
        (SunAbraham(), ("unit",)),
        (SunAbraham(), ("period",)),
        (SunAbraham(), ("unit", "period")),
        (SunAbraham(family="poisson"), ("period",)),
        (SunAbraham(shares="estimated"), ("unit",)),
    ],
)
def test_every_error_is_that_of_the_rows_that_are_left(method, by):
    frame, onsets = frame_of()
    if method.family == "poisson":
        frame = frame.assign(**{OUTCOME: np.exp(frame[OUTCOME])})
    fits = [fit(method, design_of(frame, onsets)), fit(method, by_hand(frame, onsets))]
    assert fits[0].estimate.sample.n_dropped("after-last-onset") == (frame["period"] >= LAST).sum()
    rng = np.random.default_rng(1)
    for view in ("event", "overall", "cell"):
        one, other = (Clustered(by=by).infer(f, view, rng) for f in fits)
        np.testing.assert_allclose(one.estimate.effects, other.estimate.effects, atol=1e-10)
        np.testing.assert_allclose(one.se, other.se, rtol=1e-8)
        assert one.facts["n_parameters"] == other.facts["n_parameters"]


def test_more_anticipation_leaves_out_more():
    """A refit with anticipation starts from the onsets as they are: the last cohort may not move before its own."""
    frame, onsets = frame_of()
    first = fit(SunAbraham(), design_of(frame, onsets))
    again = first.refit(replace(first.design, anticipation=2, reference=-3))
    assert again.design.observations.periods.max() == LAST - 3
    straight = fit(SunAbraham(), replace(design_of(frame, onsets), anticipation=2, reference=-3))
    np.testing.assert_array_equal(again.view("overall").effects, straight.view("overall").effects)
