"""Trends that are parallel only among pairs alike in growth before: recovered by strata, and what the check says."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.hazard_regression import PHReg

from twintrade.design import Design, Panel, Treatment, add_strata, measure_before
from twintrade.diagnostics.pre_period.selection import ConditionalTrends, build_conditioned, weigh_by_signing
from twintrade.errors import DesignError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.imputation import Imputation
from twintrade.inference.clustered import Clustered
from twintrade.numerics.testing import score_sizes

EFFECT = 0.5
POISSON = Imputation(family="poisson", measure="percent")


def make(method, *, selected=True, noise=0.0, onset=6):
    """Ninety units in three classes of growth; signing goes with growth, or does not."""
    rng = np.random.default_rng(7)
    growth = np.repeat([-0.06, 0.0, 0.06], 30) + 0.005 * noise * rng.normal(size=90)
    share = np.repeat([1, 4, 12] if selected else [6, 6, 6], 30)
    treated = np.tile(np.arange(30), 3) < share
    unit, period = np.repeat(np.arange(90), 12), np.tile(np.arange(12), 90)
    index = rng.normal(size=90)[unit] + 0.1 * rng.normal(size=12)[period] + growth[unit] * period
    index = index + EFFECT * (treated[unit] & (period >= onset)) + 0.1 * noise * rng.normal(size=unit.size)
    names = np.array([f"u{k:02d}" for k in range(90)])
    frame = pd.DataFrame({"unit": names[unit], "period": period, "y": np.exp(index)})
    return Design(
        panel=Panel.from_frame(frame, unit="unit"),
        treatment=Treatment.from_series(pd.Series(np.where(treated, onset, np.inf), index=names)),
        outcome="y",
        transform="level" if method.is_poisson else "log",
    )


def find_effect(method, design):
    effect = fit(method, design).view("overall").effects[0]
    return np.log1p(effect / 100) if method.is_poisson else effect


@pytest.mark.parametrize("method", [Imputation(), POISSON], ids=repr)
def test_strata_of_growth_recover_the_effect_where_signing_goes_with_growth(method):
    design = make(method)
    fitted = fit(method, design)
    assert find_effect(method, design) > EFFECT + 0.1
    assert find_effect(method, build_conditioned(fitted, ("growth",))) == pytest.approx(EFFECT, abs=1e-6)
    assert find_effect(method, build_conditioned(fitted, ("size", "growth"))) == pytest.approx(EFFECT, abs=1e-6)


def test_covariates_serve_methods_of_two_way_effects():
    method = CallawaySantAnna(method="regression")
    design = make(method, noise=0.2)
    fitted = fit(method, design)
    assert find_effect(method, build_conditioned(fitted, ("growth",))) == pytest.approx(EFFECT, abs=0.06)
    assert find_effect(method, design) > EFFECT + 0.1


def test_growth_is_that_before_the_first_agreement_alone():
    design = make(Imputation(), noise=1.0)
    size, growth = measure_before(design)
    y = design.panel.columns["y"].reshape(90, 12)
    np.testing.assert_allclose(size, y[:, :6].reshape(90, 2, 3).mean(axis=2).mean(axis=1))
    early, late = y[:, :3].mean(axis=1), y[:, 3:6].mean(axis=1)
    np.testing.assert_allclose(growth, 2 * (late - early) / (early + late))
    panel = replace(design.panel, columns={"y": np.where(design.panel.period < 6, design.panel.columns["y"], 99.0)})
    np.testing.assert_array_equal(measure_before(replace(design, panel=panel))[1], growth)


def test_units_without_an_outcome_before_are_a_stratum_of_their_own():
    design = make(POISSON)
    y = np.where((design.panel.unit == 0) & (design.panel.period < 6), 0.0, design.panel.columns["y"])
    changed = add_strata(replace(design, panel=replace(design.panel, columns={"y": y})), ("growth",))
    strata = changed.panel.columns["growth_stratum"].reshape(90, 12)[:, 0]
    assert np.flatnonzero(strata == 3).tolist() == [0]
    assert np.bincount(strata.astype(int)).tolist() == [30, 30, 29, 1]


def test_two_periods_before_are_needed():
    with pytest.raises(DesignError, match="two periods before"):
        measure_before(make(Imputation(), onset=1))
    finding = ConditionalTrends().check(
        fit(Imputation(), make(Imputation(), onset=1)), Clustered(), np.random.default_rng(0)
    )
    assert finding.sentence.startswith("Not available because")


@pytest.mark.parametrize("selected", [True, False])
@pytest.mark.parametrize("method", [Imputation(), POISSON], ids=repr)
def test_the_check_objects_where_signing_goes_with_growth(method, selected):
    fitted = fit(method, make(method, selected=selected, noise=0.3))
    finding = ConditionalTrends().check(fitted, Clustered(), np.random.default_rng(0))
    assert (finding.verdict == "objects") == selected
    assert "within thirds by growth before" in finding.sentence


def test_weights_are_the_odds_of_a_proportional_hazard():
    design = make(Imputation(), noise=1.0)
    weighed = weigh_by_signing(design)
    weights = weighed.panel.columns[weighed.weights].reshape(90, 12)[:, 0]
    o, (_, growth) = design.observations, measure_before(design)
    np.testing.assert_array_equal(weights[o.is_ever_treated], 1.0)
    x = score_sizes(growth)
    model = PHReg(np.where(o.is_ever_treated, 1.0, 2.0), x[:, None], status=o.is_ever_treated, ties="efron")
    rate = np.exp(model.fit().params[0] * x)
    odds = np.expm1(o.is_ever_treated.sum() / rate.sum() * rate)
    np.testing.assert_allclose(weights[~o.is_ever_treated], odds[~o.is_ever_treated], rtol=1e-6)


def test_weighed_comparison_pairs_grew_as_treated_ones():
    design = make(Imputation(), noise=1.0)
    weighed, (_, growth) = weigh_by_signing(design), measure_before(design)
    weights = weighed.panel.columns[weighed.weights].reshape(90, 12)[:, 0]
    treated = design.observations.is_ever_treated
    before = growth[treated].mean() - growth[~treated].mean()
    after = growth[treated].mean() - np.average(growth[~treated], weights=weights[~treated])
    assert abs(after) < 0.3 * before


def test_fewer_than_ten_agreements_have_no_weights():
    design = make(Imputation(), selected=False, noise=0.3)
    few = design.reassigned(np.where(np.arange(90) < 9, design.onset[0], np.inf))
    finding = ConditionalTrends().check(fit(Imputation(), few), Clustered(), np.random.default_rng(0))
    assert "need 10 agreements, and there are 9" in str(finding.messages[0].text)
