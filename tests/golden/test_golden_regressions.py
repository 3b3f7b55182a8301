"""TWFE and PPML against R's fixest 0.14.2: coefficients and unit-clustered standard errors."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from reference_results import read_data, read_results

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE

CLOSED_FORM = 1e-8
"""Least squares: fixest ran with fixef.tol = 1e-11."""

ITERATED = 1e-6
"""fixest's Poisson stopped at fixef.tol = 1e-10; some of its standard errors carry 1e-7 of that."""

COLUMNS = {
    "castle": ("sid", "effyear", "l_homicide", "year"),
    "mpdta": ("countyreal", "first.treat", "lemp", "year"),
    "base_stagg": ("id", "year_treated", "y", "year"),
}


def design_of(dataset, **options):
    frame = read_data(dataset)
    unit, onset, outcome, period = COLUMNS[dataset]
    panel = Panel.from_frame(frame, unit=unit, period=period)
    onsets = frame.groupby(unit)[onset].first().reindex(panel.given_keys["unit"]).replace([0, 10000], np.nan)
    return Design(panel=panel, treatment=Treatment.from_series(onsets), outcome=outcome, **options)


def gravity_design(frame, onset, city, partner, outcome, **options):
    panel = Panel.from_frame(frame, city=city, partner=partner, period="year")
    labels = frame[city].astype(str) + "-" + frame[partner].astype(str)
    onsets = onset.groupby(labels).first().reindex(panel.given_keys["unit"])
    treatment = Treatment.from_series(onsets)
    return Design(panel=panel, treatment=treatment, outcome=outcome, fixed_effects="gravity", **options)


def clustered(estimate, want):
    """Return errors clustered by unit with fixest's factor, whose K the reference file gives as df_K."""
    influence = estimate.uncertainty.matrix()
    n_clusters = influence.shape[0]
    assert n_clusters == want["df_t"] + 1
    factor = n_clusters / (n_clusters - 1) * (want["nobs"] - 1) / (want["nobs"] - want["df_K"])
    return np.sqrt(factor * (influence**2).sum(axis=0))


def by_event_time(want):
    """Return estimate and standard error by event time from terms such as "rel::-3:ever"."""
    terms = pd.Series(want["term"]).str.extract(r"::(-?\d+)")[0]
    frame = pd.DataFrame({"estimate": want["estimate"], "se": want["se"]}, index=terms)
    frame = frame[frame.index.notna()]
    return frame.set_index(frame.index.astype(int)).sort_index()


def assert_event_study(estimate, want, tolerance):
    expected = by_event_time(want)
    places = np.searchsorted(estimate.event_times, expected.index)
    assert estimate.event_times[places].tolist() == expected.index.tolist()
    assert estimate.n_effects == len(expected) + 1
    np.testing.assert_allclose(estimate.effects[places], expected["estimate"], rtol=tolerance)
    np.testing.assert_allclose(clustered(estimate, want)[places], expected["se"], rtol=tolerance)
    assert estimate.effects[estimate.event_times == estimate.reference].tolist() == [0.0]


@pytest.mark.parametrize(("name", "weights"), [("castle_static_crv1", None), ("castle_static_weights_crv1", "popwt")])
def test_static_twfe(name, weights):
    want = read_results("fixest_twfe", name)
    estimate = fit(TWFE(shape="static"), design_of("castle", weights=weights)).estimate
    np.testing.assert_allclose(estimate.effects, want["estimate"], rtol=CLOSED_FORM)
    np.testing.assert_allclose(clustered(estimate, want), want["se"], rtol=CLOSED_FORM)
    assert estimate.sample.n_rows == want["nobs"]


@loop_over(
    ("name", "dataset", "options"),
    [
        ("castle_es_crv1", "castle", {"window": (-20, 20)}),
        ("castle_es_weights_crv1", "castle", {"window": (-20, 20), "weights": "popwt"}),
        ("castle_es_binned", "castle", {"window": (-5, 4)}),
        ("base_stagg_es_crv1", "base_stagg", {"window": (-20, 20), "covariates": ("x1",)}),
        ("mpdta_es_crv1", "mpdta", {"window": (-20, 20)}),
    ],
)
def test_event_study_twfe(name, dataset, options):
    want = read_results("fixest_twfe", name)
    estimate = fit(TWFE(bins=True), design_of(dataset, **options)).estimate
    assert_event_study(estimate, want, CLOSED_FORM)
    assert estimate.binned == ((True, True) if name == "castle_es_binned" else (False, False))


def test_covariance_between_event_times():
    want = read_results("fixest_twfe", "mpdta_es_vcov_matrix")
    sizes = read_results("fixest_twfe", "mpdta_es_crv1")
    estimate = fit(TWFE(), design_of("mpdta", window=(-20, 20))).estimate
    others = estimate.event_times != estimate.reference
    influence = estimate.uncertainty.matrix()[:, others]
    n_clusters, n_rows = influence.shape[0], estimate.sample.n_rows
    factor = n_clusters / (n_clusters - 1) * (n_rows - 1) / (n_rows - sizes["df_K"])
    np.testing.assert_allclose(factor * influence.T @ influence, np.array(want["vcov"]), rtol=1e-6, atol=1e-11)


def test_three_way_ppml_with_zeros():
    want = read_results("fepois", "sim_gravity_3way")
    frame = read_data("sim_gravity")
    design = gravity_design(frame, frame["g"].where(frame["g"] > 0), "orig", "dest", "exports", covariates=("lx",))
    estimate = fit(PPML(shape="static"), design).estimate
    np.testing.assert_allclose(estimate.effects, want["estimate"][0], rtol=ITERATED)
    np.testing.assert_allclose(clustered(estimate, want), want["se"][0], rtol=ITERATED)
    assert estimate.sample.n_rows == want["nobs"]
    assert estimate.sample.n_dropped("all-zero-level") == want["nobs_origin"] - want["nobs"]
    assert estimate.sample.statistics["deviance"] == pytest.approx(want["deviance"], rel=ITERATED)


def test_three_way_ppml_event_study():
    want = read_results("fepois", "sim_gravity_3way_es")
    frame = read_data("sim_gravity")
    options = {"covariates": ("lx",), "window": (-20, 20)}
    design = gravity_design(frame, frame["g"].where(frame["g"] > 0), "orig", "dest", "exports", **options)
    assert_event_study(fit(PPML(), design).estimate, want, ITERATED)


def test_categories_may_be_summed_before_a_ppml_on_pairs():
    want = read_results("fepois", "ppmlhdfe_fta_3way")
    frame = read_data("ppmlhdfe_trade_fta")
    cells = frame.groupby(["isoexp", "isoimp", "year"], as_index=False).agg(
        trade=("trade", "sum"), fta=("fta", "first")
    )
    onset = cells["year"].where(cells["fta"] == 1)
    design = gravity_design(cells, onset, "isoexp", "isoimp", "trade", always_treated="keep")
    estimate = fit(PPML(shape="static"), design).estimate
    np.testing.assert_allclose(estimate.effects, want["estimate"], rtol=ITERATED)
    np.testing.assert_allclose(clustered(estimate, want), want["se"], rtol=ITERATED)
