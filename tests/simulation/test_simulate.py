"""Simulated panels hold what they promise: cohorts, truth, zeros, gaps, and the same panel for the same seed."""

import numpy as np
import pytest

from twintrade.errors import DesignError
from twintrade.simulate import OUTCOME, simulate


def test_cohorts_have_the_shares_asked_for():
    made = simulate(np.random.default_rng(1), n_cities=50, cohorts={2003: 0.2, 2006: 0.1})
    onset = made.treatment.onset
    assert [(onset == 2003).sum(), (onset == 2006).sum(), np.isinf(onset).sum()] == [10, 5, 35]


def test_truth_has_one_row_for_every_treated_row_observed():
    made = simulate(np.random.default_rng(2), effect=lambda g, e: 0.1 * e, missing=0.2)
    o = made.design(always_treated="keep").observations
    assert len(made.truth) == o.is_treated.sum()
    np.testing.assert_allclose(made.truth.groupby("event_time")["effect"].mean(), 0.1 * np.arange(7))
    assert made.average() == pytest.approx(made.truth["event_time"].mean() * 0.1)


def test_without_noise_the_effect_is_what_is_left():
    options = {"n_cities": 6, "n_partners": 4, "noise": 0.0, "unit_spread": 0.0, "period_spread": 0.0}
    made = simulate(np.random.default_rng(3), effect=0.7, **options)
    y = made.panel.values(OUTCOME)
    after = made.panel.period >= made.treatment.onset[made.panel.unit]
    np.testing.assert_allclose(y, 0.7 * after)


def test_poisson_keeps_its_mean_when_zeros_are_set():
    options = {"n_cities": 2000, "cohorts": {}, "family": "poisson", "unit_spread": 0.0, "period_spread": 0.0}
    plain = simulate(np.random.default_rng(4), mean=4.0, noise=0.5, **options).panel.values(OUTCOME)
    zeros = simulate(np.random.default_rng(4), mean=4.0, noise=0.5, zeros=0.6, **options).panel.values(OUTCOME)
    assert plain.mean() == pytest.approx(4.0, rel=0.03)
    assert zeros.mean() == pytest.approx(4.0, rel=0.06)
    assert (zeros == 0).mean() > 0.6


def test_the_same_seed_gives_the_same_panel():
    one, other = (simulate(np.random.default_rng(5), n_partners=3, missing=0.3) for _ in range(2))
    assert one.panel.to_frame().equals(other.panel.to_frame())
    assert one.truth.equals(other.truth)


def test_shares_beyond_one_and_linear_zeros_are_refused():
    with pytest.raises(DesignError, match="add up to"):
        simulate(np.random.default_rng(6), cohorts={2003: 0.7, 2005: 0.7})
    with pytest.raises(DesignError, match="Poisson outcome only"):
        simulate(np.random.default_rng(6), zeros=0.2)
