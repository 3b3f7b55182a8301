"""One-step tests of effects by event time: true leads of zero beside large effects, and intervals after the onset.

Panels of ``agreement_panels``, 39 draws. TWINTRADE_SIMULATIONS sets the number of panels.
"""

import os

import numpy as np
import pytest

from benchmarks.agreement_panels import YEARS, Cell, assign, draw_flows
from twintrade.errors import EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.inference.randomization import Randomization

pytestmark = pytest.mark.slow
N_PANELS = int(os.environ.get("TWINTRADE_SIMULATIONS", "40"))
METHODS = {
    "imputation": Imputation(family="poisson", measure="percent"),
    "cells": ETWFE(family="poisson", measure="percent"),
    "regression": PPML(),
}
CELLS = {
    "5 scattered, by size": Cell(5, "scattered", "by size", 0.6, 10, "two_way"),
    "15 in few cities, zeros": Cell(15, "few cities", "heavy, zeros", 0.6, 10, "gravity"),
}


def multiply(made, effect, growth):
    """Return what treated rows are multiplied by: in logs an effect that grows with every year since the onset."""
    since = np.where(made.is_treated, np.arange(YEARS) - np.where(made.is_treated, made.onset[..., None], 0), 0)
    return np.exp((effect + growth * since) * made.is_treated)


def measure(cell, method, effect, n, growth=0.0, draws=39):
    """Return rejections of each effect before and after, of all before together, and how often intervals hold.

    Rates by event time are stacked: shares of (rejects, holds the estimate, holds the truth) and their number.
    """
    seen, joint = {}, []
    for panel in range(n):
        rng = cell.seed(23, panel)
        made = assign(cell, rng)
        flows = draw_flows(made, rng) * multiply(made, effect, growth)
        try:
            fitted = fit(METHODS[method], made.design(flows, "level"))
        except EstimationError:
            continue
        bands = Randomization(draws=draws).infer(fitted, "event", rng)
        shown = bands.estimate
        joint.append(bands.facts.get("pretrend_p", np.nan))
        for k, e in enumerate(shown.event_times.tolist()):
            if e == shown.reference or np.isnan(bands.p[k]):
                continue
            truth = effect + growth * e if e >= 0 else 0.0
            truth = 100 * np.expm1(truth) if shown.scale == "percent" else truth
            holds = [bool(bands.low[k] <= value <= bands.high[k]) for value in (shown.effects[k], truth)]
            assert ((bands.low[k] > 0) or (bands.high[k] < 0)) == (bands.p[k] <= 0.05)
            seen.setdefault(e, []).append([bands.p[k] <= 0.05, *holds])
    return {e: np.append(np.mean(one, axis=0), len(one)) for e, one in sorted(seen.items())}, np.array(joint) <= 0.05


def bound(n, size=0.05):
    """Return the largest share of rejections that three binomial errors allow."""
    return size + 3 * np.sqrt(size * (1 - size) / n)


@pytest.mark.parametrize(("effect", "growth"), [(2.0, 0.0), (0.5, 0.3)])
@pytest.mark.parametrize("method", ["imputation", "regression"])
@pytest.mark.parametrize("cell", CELLS)
def test_leads_of_zero_are_seldom_rejected_whatever_the_effect_after(cell, method, effect, growth) -> None:
    rates, joint = measure(CELLS[cell], method, effect, N_PANELS, growth)
    before = np.array([one for e, one in rates.items() if e < 0])
    assert before[:, 1].min() == 1.0
    assert (before[:, 0] <= [bound(n) for n in before[:, 3]]).all()
    assert joint.mean() <= bound(joint.size)


@pytest.mark.parametrize("effect", [0.0, 2.0])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cell", CELLS)
def test_intervals_by_event_time_hold_the_estimate_and_a_constant_effect(cell, method, effect) -> None:
    rates, _ = measure(CELLS[cell], method, effect, N_PANELS)
    after = np.array([one for e, one in rates.items() if e >= 0])
    assert after[:, 1].min() == 1.0
    assert (1 - after[:, 2] <= [bound(n, 0.07) for n in after[:, 3]]).all()
    if not effect:
        assert (after[:, 0] <= [bound(n) for n in after[:, 3]]).all()
