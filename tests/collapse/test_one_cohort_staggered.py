"""With one cohort every staggered estimator is one comparison of four means; with one period before, all are (h)."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import NeverTreated, NotYetTreated
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.estimators.callaway_santanna import StaggeredEfficient
from twintrade.estimators.chaisemartin_dhaultfoeuille import ChaisemartinDHaultfoeuille
from twintrade.estimators.local_projections import LocalProjections
from twintrade.estimators.sun_abraham import Stacked
from twintrade.simulate import simulate

EXACT = 1e-10
"""Closed forms against sums by hand."""

LAST_PERIOD = {
    "callaway_santanna": ESTIMATORS["callaway_santanna"](),
    "sun_abraham": ESTIMATORS["sun_abraham"](),
    "etwfe": ESTIMATORS["etwfe"](),
    "chaisemartin_dhaultfoeuille": ChaisemartinDHaultfoeuille(),
    "stacked": Stacked(span=(-3, 3)),
    "stacked, variance": Stacked("variance", span=(-3, 3)),
    "local_projections": LocalProjections(),
    "local_projections, equal": LocalProjections("equal"),
    "staggered_efficient, one": StaggeredEfficient("one"),
}

ALL_PERIODS = {name: ESTIMATORS[name]() for name in ("imputation", "two_stage")}


def made(onset):
    return simulate(np.random.default_rng(12), n_cities=30, n_periods=8, cohorts={onset: 0.4}, effect=lambda g, e: e)


def against(design, before):
    """Return the change since the given periods, treated less untreated, at each event time from 0 on."""
    o = design.observations
    mean = pd.Series(o.y).groupby([np.isfinite(o.onset), o.period]).mean()
    onset = int(o.unit_onset.min())
    gap = mean[True] - mean[False]
    return np.array([gap[t] - gap[before(onset)].mean() for t in o.periods if t >= onset])


def after(estimator, design):
    study = fit(estimator, design).view("event")
    return study.effects[study.event_times >= 0]


@pytest.mark.parametrize("comparison", [NeverTreated(), NotYetTreated()], ids=["never", "not yet"])
@pytest.mark.parametrize("name", LAST_PERIOD)
def test_against_the_last_period_before(name, comparison):
    if name == "etwfe" and comparison.uses_not_yet_treated:
        pytest.skip("with not yet treated comparison it uses all periods before, see the next test")
    design = made(2004).design(comparison=comparison, window=(-3, 3))
    np.testing.assert_allclose(after(LAST_PERIOD[name], design), against(design, lambda g: [g - 1]), atol=EXACT)


@pytest.mark.parametrize("name", [*ALL_PERIODS, "etwfe"])
def test_against_all_periods_before(name):
    design = made(2004).design(comparison=NotYetTreated(), window=(-3, 3))
    estimator = ESTIMATORS[name]()
    np.testing.assert_allclose(after(estimator, design), against(design, lambda g: range(2000, g)), atol=EXACT)


@loop_over("name", [*LAST_PERIOD, *ALL_PERIODS, "twfe"])
def test_with_one_period_before_all_are_one(name):
    design = made(2001).design(comparison=NeverTreated(), window=(-1, 6))
    estimator = (LAST_PERIOD | ALL_PERIODS).get(name) or ESTIMATORS[name]()
    if isinstance(estimator, Stacked):
        estimator = replace(estimator, span=(-1, 6))
    np.testing.assert_allclose(after(estimator, design), against(design, lambda g: [g - 1]), atol=EXACT)
