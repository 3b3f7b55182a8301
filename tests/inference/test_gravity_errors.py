"""Errors of gravity estimators by dyad, city, partner, both and between dyads, from their influence alone."""

from dataclasses import replace

import numpy as np
import pytest
from case_tables import loop_over
from reference_results import read_data, read_results

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import conventions
from twintrade.inference.dependence import Dyadic
from twintrade.inference.wild import Multiplier
from twintrade.simulate import simulate

EXACT = 1e-10
"""The same sums in another order, relative to the variance."""

GOLDEN = 1e-6
"""As the reference numbers promise."""

ESTIMATORS = {
    "ppml": PPML(),
    "ppml static": PPML("static"),
    "etwfe": ETWFE(family="poisson"),
    "etwfe percent": ETWFE(family="poisson", measure="percent"),
    "imputation": Imputation(family="poisson"),
    "imputation percent": Imputation(family="poisson", measure="percent"),
    "linear imputation": Imputation(),
    "linear etwfe": ETWFE(),
}


@pytest.fixture(scope="module")
def gravity():
    options = {"n_cities": 9, "n_partners": 7, "place_spread": 0.3, "mean": 20.0, "missing": 0.1}
    made = simulate(np.random.default_rng(7), family="poisson", cohorts={2003: 0.2, 2006: 0.2}, **options)
    return made.design(fixed_effects="gravity")


def by(labels, influence):
    return sum(np.outer(one, one) for one in (influence[labels == label].sum(axis=0) for label in np.unique(labels)))


@loop_over("name", ESTIMATORS)
def test_every_way_of_clustering_is_a_sum_of_influence(gravity, name):
    result = fit(ESTIMATORS[name], gravity)
    rng = np.random.default_rng(0)
    for view in ("overall", "event"):
        if view not in result.views:
            continue
        uncertainty = result.view(view).uncertainty
        influence, units = uncertainty.matrix(), uncertainty.units
        city, partner = (np.array([unit.split("-")[k] for unit in units]) for k in (0, 1))
        sums = {"unit": by(units, influence), "city": by(city, influence), "partner": by(partner, influence)}
        for dimension, want in sums.items():
            bands = Clustered(by=(dimension,), correction="none").infer(result, view, rng)
            np.testing.assert_allclose(bands.se**2, np.diag(want), rtol=EXACT, atol=1e-14)
        two_way = sums["city"] + sums["partner"] - sums["unit"]
        sandwich = Clustered(by=("city", "partner"), correction="none").sandwich(result, result.view(view))
        if not sandwich.negative.any():
            np.testing.assert_allclose(sandwich.covariance, two_way, rtol=1e-8, atol=1e-12 * np.abs(two_way).max())
        shared = (city[:, None] == city) | (partner[:, None] == partner)
        dyadic = influence.T @ (shared @ influence)
        np.testing.assert_allclose(Dyadic().covariance(result, result.view(view)).covariance, dyadic, atol=1e-10)
        np.testing.assert_allclose(dyadic, two_way, atol=1e-10)


@pytest.mark.parametrize("shape", ["static", "event"])
def test_ppml_of_a_design_has_fixest_s_effects_and_errors_by_dyad(shape):
    frame = read_data("sim_gravity")
    panel = Panel.from_frame(frame, city="orig", partner="dest", period="year")
    onset = frame.groupby(frame["orig"].astype(str) + "-" + frame["dest"].astype(str))["g"].first()
    treatment = Treatment.from_series(onset.replace(0, np.inf).reindex(panel.units))
    options = {"fixed_effects": "gravity", "covariates": ("lx",), "window": (-20, 20)}
    result = fit(PPML(shape), Design(panel=panel, treatment=treatment, outcome="exports", **options))
    view = "overall" if shape == "static" else "event"
    bands = Clustered(by=("unit",), correction="fixest").infer(result, view, np.random.default_rng(0))
    want = read_results("fepois", "sim_gravity_3way" if shape == "static" else "sim_gravity_3way_es")
    free = bands.se > 0
    n = int(free.sum())
    assert result.estimate.sample.n_rows == want["nobs"]
    np.testing.assert_allclose(bands.estimate.effects[free], want["estimate"][:n], rtol=GOLDEN)
    np.testing.assert_allclose(bands.se[free], want["se"][:n], rtol=GOLDEN)


SHORT = "short-coverage"


def warned(design, inference, method=ESTIMATORS["ppml static"]):
    """Return warnings of short coverage as sentences."""
    bands = inference.infer(fit(method, design), "overall", np.random.default_rng(0))
    return [str(m.text) for m in bands.messages if m.code == SHORT]


@pytest.mark.parametrize("inference", [Clustered(by=("unit",), draws=99), Multiplier(by=("unit",), draws=99)])
def test_pairs_as_clusters_are_too_few_to_trust_where_cities_and_partners_are_few(gravity, inference):
    (told,) = warned(gravity, inference)
    assert "9 cities and 7 partners" in told
    assert "ppml_corrected" in told
    assert "randomization" in told


def test_short_coverage_is_said_of_pairs_under_three_way_poisson_effects_alone(gravity):
    by_pair = Clustered(by=("unit",), draws=99)
    assert not warned(gravity, Clustered(by=("city", "partner"), draws=99))
    assert not warned(replace(gravity, fixed_effects="two_way"), by_pair)
    assert not warned(gravity, by_pair, TWFE("static"))


def test_as_many_cities_and_partners_as_were_tried_are_enough(gravity, monkeypatch):
    by_pair = Clustered(by=("unit",), draws=99)
    monkeypatch.setattr(conventions, "ENOUGH", 2 / (1 / 9 + 1 / 7))
    assert not warned(gravity, by_pair)
    monkeypatch.setattr(conventions, "ENOUGH", 8)
    assert warned(gravity, by_pair)
