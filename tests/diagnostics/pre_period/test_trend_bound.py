"""How far a trend would bias the overall effect: the same estimate on a trend alone, whatever the picture shows."""

from dataclasses import replace

import numpy as np
import pytest
from case_tables import loop_over_pairs

from twintrade.diagnostics.pre_period.pretrends import Pretrends, compute_lever, find_clean_leads
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.inference.crv2 import Scaled
from twintrade.inference.refits import replace_outcome
from twintrade.simulate import simulate

WINDOWS = ((-3, 3), (-5, 5), (-12, 20))
ROUNDING = 1e-9


def made(window, **options):
    panel = simulate(np.random.default_rng(1), n_cities=40, n_periods=18, cohorts={2008: 0.4}, noise=0.3)
    return panel.design(window=window, clusters=("city",), **options)


@loop_over_pairs(
    method=[
        ("twfe", {}),
        ("twfe", {"bins": True}),
        ("etwfe", {}),
        ("imputation", {}),
        ("two_stage", {}),
        ("callaway_santanna", {}),
        ("callaway_santanna", {"base": "varying"}),
        ("sun_abraham", {}),
        ("stacked", {}),
        ("local_projections", {}),
        ("chaisemartin_dhaultfoeuille", {}),
    ],
    window=WINDOWS,
    anticipation=[0, 1],
)
def test_the_lever_is_the_estimate_on_a_trend_of_one_a_period(method, window, anticipation):
    name, options = method
    design = made(window, anticipation=anticipation, reference=-1 - anticipation)
    estimated = fit(ESTIMATORS[name](**options), design)
    o = estimated.design.observations
    trend = np.where(o.is_ever_treated[o.unit], o.period, 0).astype(float)
    alone = fit(ESTIMATORS[name](**options), replace_outcome(estimated.design, trend))
    assert compute_lever(estimated) == pytest.approx(alone.view("overall").effects[0], abs=ROUNDING)


def test_sampling_weights_weigh_in_the_lever():
    design = made((-5, 5))
    rng = np.random.default_rng(2)
    weight = rng.uniform(0.5, 3.0, design.panel.n_units)[design.panel.unit]
    panel = replace(design.panel, columns={**design.panel.columns, "w": weight})
    estimated = fit(ESTIMATORS["imputation"](), replace(design, panel=panel, weights="w"))
    o = estimated.design.observations
    trend = np.where(o.is_ever_treated[o.unit], o.period, 0).astype(float)
    alone = fit(ESTIMATORS["imputation"](), replace_outcome(estimated.design, trend))
    assert compute_lever(estimated) == pytest.approx(alone.view("overall").effects[0], abs=ROUNDING)


@pytest.mark.parametrize(("measure", "scale"), [("percent", "percent"), ("coefficient", "log points")])
def test_the_bias_of_a_trend_is_on_the_scale_of_the_interval_that_it_is_held_against(measure, scale):
    panel = simulate(
        np.random.default_rng(1), n_cities=16, n_partners=10, n_periods=14, cohorts={2006: 0.15, 2009: 0.15},
        effect=0.3, noise=0.5, family="poisson", mean=50,
    )  # fmt: skip
    estimated = fit(ESTIMATORS["etwfe"](family="poisson", measure=measure), panel.design(clusters=("city",)))
    assert find_clean_leads(estimated).estimate.scale == estimated.estimate.scale == scale
    found = Pretrends().check(estimated, Scaled(), np.random.default_rng(0))
    assert found.verdict == "note"
    assert found.power < 0.1
    assert found.bound > found.tolerance
