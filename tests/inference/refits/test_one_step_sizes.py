"""Small panels with a large effect: one-step leads and differences keep their size, intervals hold the effect."""

from dataclasses import replace

import numpy as np
import pytest

from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits import deal_onsets, draw_headline

N_PANELS, DRAWS, EFFECT = 12, 19, 2.0
AT_MOST = 0.05 + 3 * np.sqrt(0.05 * 0.95 / N_PANELS)
METHODS = {
    "imputation": Imputation(family="poisson", measure="percent"),
    "cells": ETWFE(family="poisson", measure="percent"),
    "regression": PPML(),
}


def draw_design(gravity_panel, seed):
    return gravity_panel(seed=seed, effect=EFFECT, n_cities=5, n_partners=6, n_treated=5).with_outcome(
        "flow", "level"
    )


@pytest.mark.parametrize("method", METHODS)
def test_effects_by_event_time_keep_their_size_and_hold_a_constant_effect(gravity_panel, method) -> None:
    rejects, holds = [], []
    for seed in range(N_PANELS):
        fitted = fit(METHODS[method], draw_design(gravity_panel, seed))
        bands = Randomization(draws=DRAWS, across="units").infer(fitted, "event", np.random.default_rng(seed))
        after = bands.estimate.event_times >= 0
        truth = 100 * np.expm1(EFFECT) if bands.estimate.scale == "percent" else EFFECT
        rejects.append(bands.p[bands.estimate.pre_effects()] <= 0.05)
        holds.append(np.mean((bands.low[after] <= truth) & (truth <= bands.high[after])))
    assert np.mean(holds) >= 1 - AT_MOST
    if method != "cells":
        assert np.mean(np.concatenate(rejects)) <= AT_MOST


@pytest.mark.parametrize("method", ["imputation", "cells"])
def test_a_choice_that_changes_nothing_is_seldom_found_to_differ_in_one_step(gravity_panel, method) -> None:
    p = []
    for seed in range(N_PANELS):
        design, rng = draw_design(gravity_panel, seed), np.random.default_rng(seed)
        fitted = fit(METHODS[method], design)
        headline = draw_headline(fitted, deal_onsets(fitted, "units", DRAWS, rng).onsets, rng, has_noise_by_size=True)
        changed = replace(design, anticipation=1, reference=-2)
        p.append(headline.compare(fitted.refit(changed, "overall")).p)
    assert np.mean(np.array(p) <= 0.05) <= AT_MOST
