"""Data of every fourth year give the numbers of the same data counted in steps of four years."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.pre_period.pretrends import Pretrends
from twintrade.diagnostics.pre_period.reference_year import Anticipation, PlaceboDates
from twintrade.diagnostics.sensitivity.specification_curve import Window
from twintrade.diagnostics.who_is_compared.balance import Balance
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.local_projections import LocalProjections
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.simulate import simulate

STEP = 4
EXACT = 1e-9


@pytest.fixture(scope="module")
def designs():
    """A design by year, and the same with four years from one period to the next."""
    made = simulate(np.random.default_rng(5), n_cities=12, n_partners=4, n_periods=12)
    frame = made.panel.to_frame()
    first = int(frame["period"].min())
    onset = pd.Series(made.treatment.onset, made.treatment.units)

    def build(step):
        panel = Panel.from_frame(
            frame.assign(period=first + (frame["period"] - first) * step).drop(columns="unit"),
            city="city", partner="partner",
        )  # fmt: skip
        treatment = Treatment.from_series(first + (onset - first) * step)
        return Design(
            panel=panel, treatment=treatment, outcome="exports", window=(-3 * step, 3 * step), reference=-step
        )

    return build(1), build(STEP)


@pytest.mark.parametrize("method", [LocalProjections(), LocalProjections(lags=1), LocalProjections(pooled=2), TWFE()])
def test_estimates_are_those_of_steps(designs, method):
    yearly, stepped = (fit(method, design).estimate for design in designs)
    np.testing.assert_array_equal(stepped.event_times, STEP * yearly.event_times)
    np.testing.assert_allclose(stepped.effects, yearly.effects, rtol=0, atol=EXACT)


@pytest.mark.parametrize("check", [Anticipation(), PlaceboDates(), Window(), Balance()])
def test_checks_are_those_of_steps(designs, check):
    inference = Clustered(by=("unit",))
    found = [check.check(fit(TWFE(), design), inference, np.random.default_rng(1)) for design in designs]
    assert [finding.reason for finding in found] == [found[0].reason] * 2
    yearly, stepped = (finding.table.select_dtypes("number") for finding in found)
    assert len(yearly)
    assert yearly.notna().any(axis=None)
    np.testing.assert_allclose(stepped, yearly, rtol=0, atol=EXACT)


@pytest.mark.parametrize("method", [TWFE(), Imputation(), CallawaySantAnna(base="varying"), CallawaySantAnna()])
def test_the_bias_of_a_trend_is_that_of_steps(designs, method):
    inference = Clustered(by=("unit",))
    found = [Pretrends().check(fit(method, design), inference, np.random.default_rng(1)) for design in designs]
    assert found[0].bound > 0
    assert found[1].bound == pytest.approx(found[0].bound, abs=EXACT)


def test_local_projections_ask_for_the_last_observed_period(designs):
    with pytest.raises(Exception, match="set reference = -4"):
        fit(LocalProjections(), replace(designs[1], reference=-1))
