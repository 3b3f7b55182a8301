"""Bias and coverage of the regression and imputation estimators on panels whose effect is known.

|bias| must stay within 1 % of the effect or three simulation errors, coverage of 95 % intervals within three binomial
errors. Where a method's assumption fails, its bias must show.
"""

import numpy as np
import pytest

from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.simulate import simulate

pytestmark = pytest.mark.slow

DRAWS = 400
BINOMIAL = 3 * np.sqrt(0.95 * 0.05 / DRAWS)
POISSON = {"family": "poisson", "mean": 20.0, "noise": 0.3, "unit_spread": 0.5}
GRAVITY = {"n_cities": 20, "n_partners": 15, "place_spread": 0.3}


def growing(cohort, event_time):
    return 0.2 * event_time


def constant(cohort, event_time):
    return np.full(cohort.size, 0.5)


CASES = {
    "imputation": (Imputation(), growing, {"n_cities": 200}),
    "imputation, gravity": (Imputation(), growing, GRAVITY),
    "etwfe": (ETWFE(), growing, {"n_cities": 200}),
    "twfe, constant effect": (TWFE(shape="static"), constant, {"n_cities": 200}),
    "ppml, constant effect": (PPML(shape="static"), constant, {"n_cities": 200, **POISSON}),
    "imputation, poisson": (Imputation(family="poisson"), growing, {"n_cities": 200, **POISSON}),
    "imputation, percent": (Imputation(family="poisson", measure="percent"), constant, {"n_cities": 200, **POISSON}),
    "etwfe, poisson": (ETWFE(family="poisson"), growing, {"n_cities": 200, **POISSON}),
}


def simulated(estimator, effect, options):
    """Return errors of the average effect, and whether intervals hold the truth."""
    errors, covered = np.empty(DRAWS), np.empty(DRAWS, dtype=bool)
    for draw in range(DRAWS):
        made = simulate(np.random.default_rng(draw), effect=effect, **options)
        effects = "gravity" if "n_partners" in options else "two_way"
        result = fit(estimator, made.design(fixed_effects=effects))
        is_percent = result.estimate.scale == "percent"
        truth = 100 * np.expm1(made.average()) if is_percent else made.average()
        bands = Clustered(by=("unit",)).infer(result, "overall", np.random.default_rng(draw))
        errors[draw] = (bands.estimate.effects[0] - truth) / truth
        covered[draw] = bands.low[0] <= truth <= bands.high[0]
    return errors, covered


@pytest.mark.parametrize("name", CASES)
def test_bias_and_coverage(name):
    errors, covered = simulated(*CASES[name])
    assert abs(errors.mean()) <= max(0.01, 3 * errors.std() / np.sqrt(DRAWS))
    assert abs(covered.mean() - 0.95) <= BINOMIAL


def test_static_twfe_is_biased_when_effects_grow():
    errors, covered = simulated(TWFE(shape="static"), growing, {"n_cities": 200})
    assert errors.mean() < -10 * errors.std() / np.sqrt(DRAWS)
    assert covered.mean() < 0.9
