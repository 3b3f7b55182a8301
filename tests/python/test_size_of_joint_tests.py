"""Size and power of joint tests, and coverage of joint intervals, on few units with persistent heavy-tailed errors.

TWINTRADE_SIMULATIONS sets the number of panels a case.
"""

import os

import numpy as np
import pandas as pd
import pytest

import twintrade as tt

pytestmark = pytest.mark.slow
N = int(os.environ.get("TWINTRADE_SIMULATIONS", "200"))
UNITS, YEARS = 20, 12
LEADS = ["event_time::-3", "event_time::-2"]
FEW, HALF = 5, 12
"""Treated units of 20."""


def draw_errors(rng):
    steps = rng.standard_t(4, (UNITS, YEARS)) / np.sqrt(2)
    errors = steps.copy()
    for t in range(1, YEARS):
        errors[:, t] = 0.6 * errors[:, t - 1] + 0.8 * steps[:, t]
    return 0.3 * errors


def fit_draw(seed, n_treated, lead=0.0):
    """Return a fit to a panel without an effect, but for what moves three and two years before the agreement."""
    names = [f"u{i:02}" for i in range(UNITS)]
    onset = {name: 2006 + i % 3 for i, name in enumerate(names[:n_treated])}
    frame = pd.DataFrame({"unit": np.repeat(names, YEARS), "year": np.tile(range(2000, 2000 + YEARS), UNITS)})
    event_time = frame["year"] - frame["unit"].map(onset)
    errors = draw_errors(np.random.default_rng([7, seed])).ravel()
    frame["y"] = errors + lead * event_time.isin([-3, -2])
    return tt.fit("twfe", tt.compare(tt.panel(frame, unit="unit"), onset, "y", window=(-4, 3)))


def rejects(fit, **how):
    return fit.wald(LEADS, **how)["p.value"] <= 0.05


def holds(fit, *how):
    ends = fit.confint(*how, joint=True)
    return bool(((ends["conf.low"] <= 0) & (ends["conf.high"] >= 0)).all())


def bound(share):
    return 3 * np.sqrt(share * (1 - share) / N)


@pytest.mark.parametrize("n_treated", [FEW, 8, HALF])
def test_a_joint_test_keeps_its_size_and_joint_intervals_their_coverage(n_treated):
    fits = [fit_draw(seed, n_treated) for seed in range(N)]
    assert np.mean([rejects(fit) for fit in fits]) <= 0.05 + bound(0.05)
    assert np.mean([holds(fit) for fit in fits]) >= 0.95 - bound(0.95)


def test_what_is_not_the_default_errs_where_few_are_treated():
    fits = [fit_draw(seed, FEW) for seed in range(N)]
    assert np.mean([rejects(fit, reference="fixest") for fit in fits]) > 0.10
    assert np.mean([holds(fit, "clustered") for fit in fits]) < 0.90


@pytest.mark.parametrize(("n_treated", "least"), [(FEW, 0.6), (HALF, 0.9)])
def test_a_joint_test_finds_what_moved_before(n_treated, least):
    assert np.mean([rejects(fit_draw(seed, n_treated, lead=0.5)) for seed in range(N)]) >= least
