"""Influence through the imputation beside a bootstrap of dyads: every refit draws the weights of whole dyads anew."""

from dataclasses import replace

import numpy as np
import pytest

from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.simulate import simulate

N_DRAWS = 300
WITHIN = 0.2
"""Two standard errors of a standard deviation from 300 draws are 8 %; the rest is of second order in 120 dyads."""

ESTIMATORS = {
    "linear": Imputation(),
    "log ratio": Imputation(family="poisson"),
    "ratio of totals": Imputation(family="poisson", measure="percent"),
    "difference": Imputation(family="poisson", measure="difference"),
    "etwfe": ETWFE(family="poisson"),
}


def panel(fixed_effects):
    options = {"n_cities": 12, "n_partners": 10, "n_periods": 7, "place_spread": 0.2, "unit_spread": 0.4}
    cohorts = {2003: 0.15, 2005: 0.15}
    made = simulate(
        np.random.default_rng(8), family="poisson", mean=30.0, noise=0.4, effect=0.3, cohorts=cohorts, **options
    )
    return made.design(fixed_effects=fixed_effects)


@pytest.mark.slow
@pytest.mark.parametrize("fixed_effects", ["gravity", "two_way"])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_errors_by_dyad_equal_those_of_a_bootstrap_of_dyads(name, fixed_effects):
    design, estimator = panel(fixed_effects), ESTIMATORS[name]
    plain = fit(estimator, design).view("overall")
    error = float(np.sqrt((plain.uncertainty.matrix() ** 2).sum()))
    rng = np.random.default_rng(9)
    drawn = []
    for _ in range(N_DRAWS):
        weight = rng.exponential(size=design.panel.n_units)[design.panel.unit]
        weighted = replace(design.panel, columns={**design.panel.columns, "w": weight})
        drawn.append(fit(estimator, replace(design, panel=weighted, weights="w")).view("overall").effects[0])
    assert error == pytest.approx(float(np.std(drawn)), rel=WITHIN)
