"""What a proportional model must not notice: the currency, and a deflator that the effects absorb."""

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.design import Panel
from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML, PPMLCorrected
from twintrade.simulate import OUTCOME, simulate

ITERATED = 1e-9
"""Iterations stop at 1e-13 of the linear predictor."""


@pytest.fixture(scope="module")
def made():
    options = {"n_cities": 10, "n_partners": 8, "n_periods": 10, "place_spread": 0.5, "zeros": 0.3}
    return simulate(np.random.default_rng(31), family="poisson", mean=20.0, **options)


def design_with(made, outcome):
    frame = made.panel.to_frame().assign(**{OUTCOME: outcome}).drop(columns="unit")
    panel = Panel.from_frame(frame, city="city", partner="partner")
    return type(made)(panel, made.treatment, made.truth).design(fixed_effects="gravity")


PROPORTIONAL = [
    PPML(),
    PPML(shape="static"),
    PPMLCorrected(shape="static"),
    ETWFE(family="poisson"),
    ETWFE(family="poisson", measure="percent"),
    Imputation(family="poisson"),
    Imputation(family="poisson", measure="percent"),
]


@loop_over("estimator", PROPORTIONAL, ids=str)
def test_the_currency_unit_changes_neither_effects_nor_influence(made, estimator):
    """Identity (d)."""
    y = made.panel.values(OUTCOME)
    one, other = (fit(estimator, design_with(made, factor * y)).estimate for factor in (1.0, 7.5e-7))
    size = np.abs(one.effects).max()
    np.testing.assert_allclose(other.effects, one.effects, atol=ITERATED * max(size, 1.0))
    np.testing.assert_allclose(other.uncertainty.matrix(), one.uncertainty.matrix(), atol=ITERATED * max(size, 1.0))


@pytest.mark.parametrize(
    "estimator", [PPML(shape="static"), ETWFE(family="poisson"), Imputation(family="poisson")], ids=str
)
def test_without_noise_city_year_and_partner_year_deflators_are_absorbed(estimator):
    """Identity (i)."""
    rng = np.random.default_rng(32)
    made = simulate(rng, n_cities=9, n_partners=7, n_periods=9, place_spread=0.5, noise=0.0, effect=0.3)
    y = np.exp(made.panel.values(OUTCOME))
    unit, period = made.panel.unit, made.panel.period - made.panel.first_period
    deflator = np.exp(rng.normal(size=(9, 9))[made.panel.unit_city[unit], period])
    deflator *= np.exp(rng.normal(size=(7, 9))[made.panel.unit_partner[unit], period])
    for outcome in (y, y * deflator):
        overall = fit(estimator, design_with(made, outcome)).view("overall")
        assert overall.effects[0] == pytest.approx(0.3, abs=1e-8)
