"""Interrupted and structural series against statsmodels and against truth."""

import numpy as np
import pandas as pd
import pytest
from single_cases import factor_matrix, matrix_design

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.single_case.known_shocks import StructuralSensitivity
from twintrade.errors import EstimationError, InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.interrupted_series import (
    InterruptedSeries,
    StructuralSeries,
    compute_forecast_covariance,
    compute_principal_components,
)
from twintrade.estimators.synthetic_control import SyntheticControl
from twintrade.inference.dependence import Hac
from twintrade.inference.placebo import Posterior
from twintrade.numerics.series import build_segmented_design

EXACT = 1e-9


@pytest.fixture
def values():
    return factor_matrix(np.random.default_rng(3), n_units=11, n_periods=30)


def test_level_and_slope_change_are_least_squares(sm, values):
    study = fit(InterruptedSeries(), matrix_design(values, 2018)).estimate
    periods = np.arange(2000, 2030)
    ols = sm.OLS(values[0], build_segmented_design(periods, 2018)).fit()
    np.testing.assert_allclose(study.effects, ols.params[2] + ols.params[3] * np.arange(12), atol=EXACT)
    assert study.sample.statistics["slope_change"] == pytest.approx(ols.params[3])


@pytest.mark.parametrize("lags", [0, 1, 4])
def test_hac_errors_are_those_of_statsmodels(sm, values, lags):
    design = matrix_design(values, 2018)
    bands = Hac(lags=lags).infer(fit(InterruptedSeries(), design), "event", np.random.default_rng(1))
    options = {"maxlags": lags, "use_correction": True}
    ols = sm.OLS(values[0], build_segmented_design(np.arange(2000, 2030), 2018)).fit(
        cov_type="HAC", cov_kwds=options, use_t=True
    )
    contrasts = np.column_stack([np.zeros((12, 2)), np.ones(12), np.arange(12)])
    test = ols.t_test(contrasts)
    np.testing.assert_allclose(bands.se, test.sd, rtol=1e-8)
    np.testing.assert_allclose(bands.p, test.pvalue, rtol=1e-6, atol=1e-12)


def test_the_headline_has_the_error_of_the_mean(values):
    design = matrix_design(values, 2018)
    fitted = fit(InterruptedSeries(), design)
    event = Hac().infer(fitted, "event", np.random.default_rng(1))
    overall = Hac().infer(fitted, "overall", np.random.default_rng(1))
    assert overall.se[0] == pytest.approx(np.sqrt(event.covariance.mean()))


def test_prewhitening_widens_under_strong_serial_correlation():
    rng = np.random.default_rng(1)
    ratio = []
    for _ in range(20):
        values = np.vstack([factor_matrix(rng, 1, 60, rho=0.8, factors=1), rng.normal(size=(1, 60))])
        fitted = fit(InterruptedSeries(), matrix_design(values, 2030))
        plain, white = (Hac(is_prewhitened=w).infer(fitted, "event", rng).se[0] for w in (False, True))
        ratio.append(white / plain)
    assert np.median(ratio) > 1.05


def test_arma_errors_come_as_draws(values):
    fitted = fit(InterruptedSeries(arma=(1, 0)), matrix_design(values, 2018))
    bands = Posterior().infer(fitted, "event", np.random.default_rng(1))
    assert (bands.low < bands.estimate.effects).all()
    assert (bands.estimate.effects < bands.high).all()
    with pytest.raises(InferenceError, match="needs the regression"):
        Hac().infer(fitted, "event", np.random.default_rng(1))


@pytest.mark.parametrize(("onset", "text"), [(2006, "has 6 and 24"), (2027, "has 27 and 3")])
def test_short_series_are_sent_back_to_the_raw_path(values, onset, text):
    with pytest.raises(EstimationError, match=text):
        fit(InterruptedSeries(), matrix_design(values, onset))


def test_donors_do_not_enter_an_interrupted_series(values):
    base = fit(InterruptedSeries(), matrix_design(values, 2018)).estimate
    values[1:] *= 100
    moved = fit(InterruptedSeries(), matrix_design(values, 2018)).estimate
    np.testing.assert_array_equal(moved.effects, base.effects)
    assert base.sample.n_dropped("not-used") == 300


def test_forecast_spread_is_that_of_statsmodels_without_regressors(sm, values):
    case = StructuralSeries(n_components=0).case(matrix_design(values, 2018))
    found = sm.tsa.UnobservedComponents(case.treated[:18], level="local level").fit(disp=False)
    spread = np.sqrt(np.diag(compute_forecast_covariance(found, 12, np.empty((12, 0)))))
    np.testing.assert_allclose(spread, found.get_forecast(12).se_mean, rtol=1e-8)


def test_months_have_seasons():
    rng = np.random.default_rng(4)
    season = np.tile(rng.normal(size=12), 6) * 3
    values = 10 + season + 0.1 * rng.normal(size=(6, 72))
    frame = pd.DataFrame(
        {"unit": np.repeat(list("abcdef"), 72), "month": np.tile(np.arange(24000, 24072), 6), "y": values.ravel()}
    )
    panel = Panel.from_frame(frame, unit="unit", period="month", frequency="month")
    treatment = Treatment(units=panel.units, onset=np.where(panel.units == "a", 24048.0, np.inf))
    design = Design(panel=panel, treatment=treatment, outcome="y")
    for estimator in (StructuralSeries(n_components=0), InterruptedSeries(slope_change=False)):
        study = fit(estimator, design).estimate
        assert np.abs(study.effects[study.event_times >= 0]).max() < 0.5


def test_structural_series_recovers_a_jump_of_a_series_that_follows_its_donors():
    rng = np.random.default_rng(8)
    common = rng.normal(size=40).cumsum()
    values = 10 + np.outer(rng.uniform(0.5, 1.5, 11), common) + 0.1 * rng.normal(size=(11, 40))
    values[0, 30:] += 2.0
    fitted = fit(StructuralSeries(), matrix_design(values, 2030))
    bands = Posterior().infer(fitted, "overall", rng)
    assert bands.low[0] < 2.0 < bands.high[0]
    assert bands.high[0] - bands.low[0] < 1.0
    again = fit(StructuralSeries(), matrix_design(values, 2030))
    np.testing.assert_array_equal(again.estimate.uncertainty.values, fitted.estimate.uncertainty.values)


def test_a_level_free_to_drift_is_less_sure(values):
    design = matrix_design(values, 2018)
    widths = []
    for factor in (1.0, 100.0):
        bands = Posterior().infer(fit(StructuralSeries(variance_factor=factor), design), "overall", None)
        widths.append(bands.high[0] - bands.low[0])
    assert widths[1] > widths[0]


def test_components_come_from_the_periods_before(values):
    before = np.arange(30) < 18
    base = compute_principal_components(values, before, 2)
    values[:, 18:] += 5.0
    np.testing.assert_allclose(compute_principal_components(values, before, 2)[:18], base[:18], atol=EXACT)


def test_posterior_needs_draws(values):
    fitted = fit(SyntheticControl(), matrix_design(values, 2018))
    with pytest.raises(InferenceError, match="posterior needs draws"):
        Posterior().infer(fitted, "event", np.random.default_rng(1))


def test_sensitivity_shows_every_variant_with_its_interval(values):
    values[0, 18:] += 6.0
    fitted = fit(StructuralSeries(), matrix_design(values, 2018))
    finding = StructuralSensitivity().check(fitted, None, np.random.default_rng(1))
    assert len(finding.table) == 1 + 4 + 2 + 2
    assert finding.table["variant"].iloc[0] == "as chosen"
    known = finding.table.dropna(subset=["effect"])
    assert (known["low"] <= known["effect"]).all()
    moves = np.abs(known["effect"] - known["effect"].iloc[0])
    assert finding.bound == pytest.approx(moves.max())
    half = (known["high"].iloc[0] - known["low"].iloc[0]) / 2
    assert (finding.verdict == "objects") == (moves.max() > half)
    other = StructuralSensitivity().check(fit(SyntheticControl(), matrix_design(values, 2018)), None, None)
    assert other.sentence.startswith("Not available")
