"""Stacked estimation against the stacked regression itself, rows repeated and every dummy written out."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import NeverTreated, NotYetTreated, Panel
from twintrade.errors import EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.sun_abraham import Stacked
from twintrade.simulate import OUTCOME, simulate

EXACT = 1e-9
"""The dense side is a least-squares problem of hundreds of columns."""

COHORTS = {2003: 0.15, 2005: 0.25, 2007: 0.2}


SPAN = (-2, 2)


def made(seed=3, **options):
    options = {
        "n_cities": 60,
        "n_periods": 11,
        "cohorts": COHORTS,
        "effect": lambda g, e: 0.3 * e + g - 2003,
    } | options
    return simulate(np.random.default_rng(seed), **options)


def design_of(comparison, simulated=None, **options):
    return (simulated or made()).design(comparison=comparison, window=(-2, 2), **options)


def stacks(design):
    """Return the stacked frame: for each cohort its span, its units and those untreated through the span."""
    o = design.observations
    frame = pd.DataFrame({"unit": o.unit, "t": o.period, "g": o.onset, "y": o.y, "e": o.period.astype(float)})
    parts = []
    for g in COHORTS:
        clean = frame["g"] > (g + 2 if design.comparison.uses_not_yet_treated else 9999)
        part = frame[((frame["g"] == g) | clean) & frame["t"].between(g - 2, g + 2)]
        parts.append(part.assign(stack=g, treated=part["g"] == g, e=part["t"] - g))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("comparison", [NeverTreated(), NotYetTreated()], ids=["never", "not yet"])
@pytest.mark.parametrize("weights", ["corrective", "variance"])
def test_it_is_the_stacked_regression(comparison, weights):
    design = design_of(comparison)
    frame = stacks(design)
    weight = np.ones(len(frame))
    if weights == "corrective":
        treated = frame[frame["treated"]].groupby("stack")["unit"].nunique()
        others = frame[~frame["treated"]].groupby("stack")["unit"].nunique()
        shares = (treated / treated.sum()) / (others / others.sum())
        weight = np.where(frame["treated"], 1.0, frame["stack"].map(shares))
    times = [-2, 0, 1, 2]
    columns = [(frame["treated"] & (frame["e"] == e)).to_numpy(float)[:, None] for e in times]
    for key in ("unit", "t"):
        label = frame["stack"].astype(str) + "/" + frame[key].astype(str)
        columns.append(pd.get_dummies(label).to_numpy(float))
    root = np.sqrt(weight)
    slopes = np.linalg.lstsq(np.hstack(columns) * root[:, None], frame["y"] * root, rcond=None)[0][:4]
    study = fit(Stacked(weights, span=SPAN), design).view("event")
    np.testing.assert_allclose(study.effects[study.event_times != -1], slopes, atol=EXACT)


@pytest.mark.parametrize("comparison", [NeverTreated(), NotYetTreated()], ids=["never", "not yet"])
def test_cohort_moments_equal_the_regressions_by_stack(comparison):
    """A column of weights, all one, sends the same design through the regressions."""
    simulated = made()
    frame = simulated.panel.to_frame().assign(one=1.0).drop(columns=["unit", "partner"])
    weighted = simulated.design(comparison=comparison, window=(-2, 2))
    weighted = type(weighted)(
        panel=Panel.from_frame(frame, city="city"),
        treatment=simulated.treatment,
        outcome=OUTCOME,
        comparison=comparison,
        window=(-2, 2),
        weights="one",
    )
    fast, slow = fit(Stacked(span=SPAN), design_of(comparison)).estimate, fit(Stacked(span=SPAN), weighted).estimate
    np.testing.assert_allclose(fast.effects, slow.effects, atol=EXACT)
    np.testing.assert_allclose(fast.uncertainty.matrix(), slow.uncertainty.matrix(), atol=EXACT)


def test_constant_effects_are_recovered_with_gaps_and_covariates():
    simulated = made(effect=0.7, noise=0.0, missing=0.1, covariate=0.4)
    study = fit(Stacked(span=SPAN), design_of(NeverTreated(), simulated, covariates=("x",))).view("event")
    np.testing.assert_allclose(study.effects, np.where(study.event_times >= 0, 0.7, 0.0), atol=EXACT)


def test_trimmed_means_the_same_cohorts_at_every_event_time():
    simulated = made(cohorts={2001: 0.2, 2005: 0.2, 2009: 0.2})
    trimmed = fit(Stacked(span=SPAN), design_of(NeverTreated(), simulated)).estimate
    assert set(trimmed.cohorts) == {2005}
    lost = next(d for d in trimmed.sample.dropped if d.reason == "no-window")
    assert lost.names == ("cohort 2001", "cohort 2009")
    whole = fit(Stacked(trimmed=False, span=SPAN), design_of(NeverTreated(), simulated)).estimate
    assert set(whole.cohorts) == {2001, 2005, 2009}


def test_no_clean_comparison_is_named():
    simulated = made(cohorts={2004: 0.5, 2005: 0.5})
    with pytest.raises(EstimationError, match="cohort 2004, cohort 2005"):
        fit(Stacked(span=SPAN), design_of(NotYetTreated(), simulated))


def test_the_overall_effect_is_the_average_after_less_the_average_before_whatever_the_window_shows():
    design = design_of(NeverTreated())
    result = fit(Stacked(span=SPAN), design)
    cells = result.estimate
    after, before = (
        np.average(cells.effects[m], weights=cells.n_cells[m])
        for m in (cells.event_times >= 0, cells.event_times < 0)
    )
    assert result.view("overall").effects[0] == pytest.approx(after - before, abs=EXACT)
    assert result.view("path").effects[0] == pytest.approx(after, abs=EXACT)
    wide = fit(Stacked(span=SPAN), design.within((-9, 9)))
    np.testing.assert_array_equal(wide.estimate.effects, cells.effects)
