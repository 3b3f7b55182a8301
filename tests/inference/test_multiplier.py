"""The multiplier bootstrap: its moments, its agreement with the plug-in, and its reproducibility."""

import numpy as np
import pytest

from twintrade.estimators.base import fit
from twintrade.inference.clustered import Clustered
from twintrade.inference.clusters import clusters_of
from twintrade.inference.multiplier import Multiplier, multipliers, studentized_draws

# Two simulated quantiles of the same law, 4,999 and 19,999 draws: their difference has a standard error below 0.03.
SIMULATION = 0.1


@pytest.mark.parametrize("weights", ["rademacher", "mammen", "normal"])
def test_weights_have_mean_zero_and_variance_one(rng, weights) -> None:
    drawn = multipliers(rng, 400, 997, weights)
    assert abs(drawn.mean()) < 5 / np.sqrt(drawn.size)
    assert drawn.var() == pytest.approx(1.0, abs=0.02)


def test_draws_have_the_covariance_of_the_clusters(dense, gravity_panel) -> None:
    fitted = fit(dense(), gravity_panel())
    estimate = fitted.view("event")
    clusters = clusters_of(fitted, estimate, ("unit",))
    covariance = clusters.covariance()
    usable = np.diag(covariance) > 0
    drawn = studentized_draws(clusters, usable, 20000, "normal", 3)
    se = np.sqrt(np.diag(covariance)[usable])
    expected = covariance[np.ix_(usable, usable)] / np.outer(se, se)
    assert np.corrcoef(drawn.T) == pytest.approx(expected, abs=0.03)
    assert drawn.std(axis=0) == pytest.approx(1.0, abs=0.03)


def test_critical_value_agrees_with_the_plug_in(dense, gravity_panel, rng) -> None:
    fitted = fit(dense(), gravity_panel(n_cities=12, n_partners=12, n_treated=40))
    simulated = Multiplier(by=("unit",)).infer(fitted, "event", rng)
    plug_in = Clustered(by=("unit",)).infer(fitted, "event", rng)
    assert simulated.facts["critical_value"] == pytest.approx(plug_in.facts["critical_value"], abs=SIMULATION)
    assert simulated.se == pytest.approx(plug_in.se, rel=1e-12)


def test_the_same_generator_gives_the_same_bands(dense, gravity_panel) -> None:
    fitted = fit(dense(), gravity_panel())
    first, second = (
        Multiplier(by=("city", "partner"), draws=199).infer(fitted, "event", np.random.default_rng(5)) for _ in "ab"
    )
    assert first.to_frame().equals(second.to_frame())
    assert first.facts["seed"] == second.facts["seed"]


def test_a_large_effect_reaches_the_floor(dense, gravity_panel, rng) -> None:
    fitted = fit(dense(static=True), gravity_panel(effect=50.0, n_treated=30))
    bands = Multiplier(by=("unit",), draws=199).infer(fitted, "overall", rng)
    assert bands.p[0] == bands.facts["floor"] == 1 / 200
