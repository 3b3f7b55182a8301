"""The multiplier bootstrap: its moments, its agreement with the plug-in, and its reproducibility."""

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.design import NotYetTreated
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.errors import InferenceError
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering.clusters import find_clusters
from twintrade.inference.wild import Multiplier, draw_studentized
from twintrade.numerics.testing import draw_multipliers
from twintrade.simulate import simulate

# Two simulated quantiles of the same law, 4,999 and 19,999 draws: their difference has a standard error below 0.03.
SIMULATION = 0.1

TWIN = 1e-10


@loop_over("weights", ["rademacher", "mammen", "normal"])
@loop_over("names", [("unit",), ("city", "partner")])
def test_draws_have_the_covariance_of_the_clusters(dense, gravity_panel, weights, names) -> None:
    fitted = fit(dense(), gravity_panel())
    estimate = fitted.view("event")
    clusters = find_clusters(fitted, estimate, names)
    covariance = sum(clusters.cross_product(codes) for codes in clusters.codes)
    usable = np.diag(covariance) > 0
    drawn = draw_studentized(clusters, usable, 20000, weights, 3)
    se = np.sqrt(np.diag(covariance)[usable])
    expected = covariance[np.ix_(usable, usable)] / np.outer(se, se)
    assert np.abs(drawn.mean(axis=0)).max() < 5 / np.sqrt(20000)
    assert np.corrcoef(drawn.T) == pytest.approx(expected, abs=0.03)
    assert drawn.std(axis=0) == pytest.approx(1.0, abs=0.03)


@loop_over("weights", ["rademacher", "mammen"])
@loop_over("name", ["callaway_santanna", "sun_abraham", "imputation"])
def test_draws_from_cohorts_equal_draws_from_units(weights, name) -> None:
    """The twin sums multiplier times influence unit by unit and draw by draw."""
    simulated = simulate(np.random.default_rng(4), n_cities=60, n_periods=8, cohorts={2003: 0.3, 2005: 0.3})
    fitted = fit(ESTIMATORS[name](), simulated.design(comparison=NotYetTreated(), window=(-4, 4)))
    estimate = fitted.estimate
    held = estimate.uncertainty
    assert isinstance(held, CohortInfluence)
    assert held.n_effects > 9
    clusters = find_clusters(fitted, estimate, ("unit",))
    matrix = held.matrix()
    usable = np.abs(matrix).max(axis=0) > 1e-9
    drawn = draw_studentized(clusters, usable, 700, weights, 11)
    blocks = draw_multipliers(np.random.default_rng(11), 700, matrix.shape[0], weights)
    slow = [sum(w * row for w, row in zip(m, matrix[:, usable], strict=True)) for b in blocks for m in b.dense()]
    assert np.abs(drawn - np.array(slow) / np.sqrt((matrix[:, usable] ** 2).sum(axis=0))).max() < TWIN


def test_unknown_weights_are_refused(dense, gravity_panel, rng) -> None:
    fitted = fit(dense(), gravity_panel())
    with pytest.raises(InferenceError, match="known: rademacher, mammen, normal"):
        Multiplier(by=("unit",), draws=19, weights="webb").infer(fitted, "event", rng)


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
