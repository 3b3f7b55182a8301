"""Size of scaled errors in gravity panels: dependent, heavy-tailed, noisier where small, agreements few or clustered.

TWINTRADE_SIMULATIONS sets the number of panels a case; docs/lab/size_of_tests.md has the rates.
"""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.crv2 import Scaled

pytestmark = pytest.mark.slow
N_SIMULATIONS = int(os.environ.get("TWINTRADE_SIMULATIONS", "160"))
N_ERRORS = 8
"""Error draws of each assignment of agreements."""
CITIES, PARTNERS, YEARS = 30, 20, 12


def draw_persistent(rng, shape, rho, is_heavy=False):
    """Stationary autoregression of unit variance along the last axis."""
    steps = rng.standard_t(4, shape) / np.sqrt(2) if is_heavy else rng.standard_normal(shape)
    out = steps.copy()
    for t in range(1, shape[-1]):
        out[..., t] = rho * out[..., t - 1] + np.sqrt(1 - rho**2) * steps[..., t]
    return out


def draw_errors(rng, size):
    """Log noise of pairs, 2.4 times as large in the smallest third as in the largest, and shocks of both ends."""
    scale = np.exp(-0.4 * size)
    own = 0.4 * scale / np.sqrt((scale**2).mean())
    u = own[..., None] * draw_persistent(rng, (CITIES, PARTNERS, YEARS), 0.6, is_heavy=True)
    u += 0.20 * draw_persistent(rng, (CITIES, 1, YEARS), 0.8)
    return u + 0.12 * draw_persistent(rng, (1, PARTNERS, YEARS), 0.8)


def assign_agreements(rng, n, n_cities):
    """Scatter agreements over all pairs, or spread them over the partners of a few cities."""
    onset = np.full((CITIES, PARTNERS), np.inf)
    if n_cities is None:
        places = rng.choice(CITIES * PARTNERS, n, replace=False)
    else:
        cities = rng.choice(CITIES, n_cities, replace=False)
        parts = np.array_split(np.arange(n), n_cities)
        places = np.concatenate(
            [c * PARTNERS + rng.choice(PARTNERS, p.size, replace=False) for c, p in zip(cities, parts, strict=True)]
        )
    onset.flat[places] = 2000 + rng.permutation(np.resize([4, 6, 8], n))
    return onset.ravel()


def draw_panels(rng, n, n_cities, is_level):
    index = pd.MultiIndex.from_product([range(CITIES), range(PARTNERS), range(2000, 2000 + YEARS)])
    frame = index.set_names(["city", "partner", "period"]).to_frame(index=False)
    frame["city"], frame["partner"] = frame["city"].map("c{:02d}".format), frame["partner"].map("p{:02d}".format)
    for _ in range(-(-N_SIMULATIONS // N_ERRORS)):
        size = rng.normal(size=(CITIES, 1)) + rng.normal(size=(1, PARTNERS)) + rng.normal(0, 0.7, (CITIES, PARTNERS))
        size = (size - size.mean()) / size.std()
        onset = assign_agreements(rng, n, n_cities)
        for _ in range(N_ERRORS):
            y = draw_errors(rng, size).ravel()
            y = np.exp(3 + 1.5 * np.repeat(size.ravel(), YEARS) + y) if is_level else y
            panel = Panel.from_frame(frame.assign(y=y), city="city", partner="partner")
            yield Design(
                panel=panel, treatment=Treatment(panel.units, onset), outcome="y", clusters=("city", "partner")
            )


CASES = [
    pytest.param(Imputation(), 15, None, "two_way", id="imputation-15-scattered"),
    pytest.param(Imputation(), 15, 3, "two_way", id="imputation-15-in-3-cities"),
    pytest.param(Imputation(), 5, 5, "gravity", id="imputation-5-in-5-cities"),
    pytest.param(CallawaySantAnna(), 40, None, "two_way", id="callaway-santanna-40-scattered"),
    pytest.param(TWFE(shape="static"), 40, 8, "gravity", id="twfe-40-in-8-cities"),
    pytest.param(PPML(shape="static"), 40, None, "two_way", id="ppml-40-scattered"),
    pytest.param(Imputation(family="poisson"), 40, None, "gravity", id="poisson-imputation-40-scattered"),
]


def measure_rates(estimator, n, n_cities, effects):
    """Return how often scaled and clustered errors reject a true null, and how often the former give no p-value."""
    rng, p = np.random.default_rng(16), []
    for design in draw_panels(rng, n, n_cities, estimator.is_poisson):
        fitted = fit(estimator, replace(design, fixed_effects=effects))
        p.append([m(draws=1).infer(fitted, "overall", rng).p[0] for m in (Scaled, Clustered)])
    scaled, clustered = np.array(p).T
    return (scaled <= 0.05).mean(), (clustered <= 0.05).mean(), np.isnan(scaled).mean()


@pytest.mark.parametrize(("estimator", "n", "n_cities", "effects"), CASES)
def test_scaled_errors_keep_their_size(estimator, n, n_cities, effects) -> None:
    scaled, clustered, missing = measure_rates(estimator, n, n_cities, effects)
    assert missing == 0
    assert scaled <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / N_SIMULATIONS)
    assert scaled <= clustered
