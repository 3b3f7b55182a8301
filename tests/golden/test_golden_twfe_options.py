"""What the other two files on regressions leave of fixest_twfe, fixest_sunab and did2s: errors by every convention,
unit trends, covariates by period, one onset for all, cohorts and cells of Sun-Abraham."""

import numpy as np
import pandas as pd
import pytest
from reference_results import read_data, read_results

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import TwoStage
from twintrade.estimators.sun_abraham import SunAbraham
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.dependence import EqualVariances

CLOSED_FORM = 1e-8
"""Least squares: fixest ran with fixef.tol = 1e-11."""

FIRST_STAGE = 1e-6
"""did2s leaves its first stage at about 1e-8."""

COLUMNS = {
    "castle": ("sid", "effyear", "l_homicide", "year"),
    "mpdta": ("countyreal", "first.treat", "lemp", "year"),
    "base_stagg": ("id", "year_treated", "y", "year"),
    "base_did": ("id", "g", "y", "period"),
}


def frame_of(dataset):
    frame = read_data(dataset)
    if dataset == "base_did":
        frame["g"] = np.where(frame["treat"] == 1, 6.0, np.nan)
    if dataset == "mpdta":
        for year in range(2004, 2008):
            frame[f"lpop{year}"] = frame["lpop"] * (frame["year"] == year)
    return frame


def design_of(dataset, **options):
    frame = frame_of(dataset)
    unit, onset, outcome, period = COLUMNS[dataset]
    panel = Panel.from_frame(frame, unit=unit, period=period)
    onsets = frame.groupby(unit)[onset].first().reindex(panel.given_keys["unit"]).replace([0, 10000], np.nan)
    options = {"window": (-99, 99)} | options
    return Design(panel=panel, treatment=Treatment.from_series(onsets), outcome=outcome, **options)


@pytest.fixture(scope="module")
def static():
    return fit(TWFE("static"), design_of("castle"))


FACTORS = ("castle_static_crv1_ssc_full", "castle_static_crv1_ssc_nonnested", "castle_static_crv1_ssc_fe_none")


@pytest.mark.parametrize("name", [*FACTORS, "castle_static_crv1_ssc_noG"])
def test_unit_clustered_errors_under_every_count_of_parameters(static, name):
    want = read_results("fixest_twfe", name)
    raw = Clustered(correction="none").infer(static, "overall", np.random.default_rng(1)).se[0]
    n_clusters, n = want["df_t"] + 1, want["nobs"]
    factor = (n - 1) / (n - want["df_K"]) * (1 if name.endswith("noG") else n_clusters / (n_clusters - 1))
    np.testing.assert_allclose(raw * np.sqrt(factor), want["se"], rtol=CLOSED_FORM)


@pytest.mark.parametrize("name", ["castle_static_twoway_Gdf_conventional", "castle_static_twoway_Gdf_min"])
def test_two_way_errors_with_a_factor_by_dimension_or_the_smallest(static, name):
    want = read_results("fixest_twfe", name)
    o = static.design.observations
    rows = static.estimate.uncertainty.regression.row_influence()[:, 0]
    dimensions = (o.unit, o.codes("period"), np.arange(o.n_rows))
    sizes = [int(code.max()) + 1 for code in dimensions]
    squares = [np.sum(np.bincount(code, rows) ** 2) for code in dimensions]
    least = [min(sizes)] * 3 if name.endswith("min") else sizes
    total = sum(s * v * g / (g - 1) for s, v, g in zip((1, 1, -1), squares, least, strict=True))
    factor = (want["nobs"] - 1) / (want["nobs"] - want["df_K"])
    np.testing.assert_allclose(np.sqrt(factor * total), want["se"], rtol=CLOSED_FORM)


@pytest.mark.parametrize(("name", "dataset"), [("castle_static_iid", "castle"), ("base_did_static_iid", "base_did")])
def test_errors_under_equal_variances(name, dataset):
    want = read_results("fixest_twfe", name)
    design = design_of(dataset, covariates=("x1",) if dataset == "base_did" else ())
    bands = EqualVariances().infer(fit(TWFE("static"), design), "overall", np.random.default_rng(1))
    at = -1 if dataset == "base_did" else 0
    found = {"estimate": bands.estimate.effects, "se": bands.se, "p": bands.p, "ci_low": bands.low}
    for name, values in found.items():
        np.testing.assert_allclose(values, np.atleast_1d(want[name])[at], rtol=CLOSED_FORM)
    assert bands.df[0] == want["df_t"]


def test_unit_trends():
    want = read_results("fixest_twfe", "castle_static_covariates_trends")
    names = ("l_police", "unemployrt", "poverty")
    result = fit(TWFE("static", unit_trends=True), design_of("castle", covariates=names))
    bands = Clustered(correction="fixest").infer(result, "overall", np.random.default_rng(1))
    np.testing.assert_allclose(bands.estimate.effects, want["estimate"][0], rtol=CLOSED_FORM)
    np.testing.assert_allclose(bands.se, want["se"][0], rtol=CLOSED_FORM)
    np.testing.assert_allclose(bands.p, want["p"][0], rtol=CLOSED_FORM)
    assert bands.facts["n_parameters"] == want["df_K"]


EVENTS = {
    "base_did_es_crv1": ("base_did", {"covariates": ("x1",)}, 6),
    "mpdta_es_cov_lpop_year": ("mpdta", {"covariates": tuple(f"lpop{y}" for y in range(2004, 2008))}, 0),
}


@pytest.mark.parametrize("name", EVENTS)
def test_event_studies_with_covariates(name):
    dataset, options, onset = EVENTS[name]
    want = read_results("fixest_twfe", name)
    terms = pd.Series(want["term"]).str.extract(r"^(?:rel|period)::(-?\d+)")[0]
    expected = pd.DataFrame({k: want[k] for k in ("estimate", "se")})[terms.notna()]
    expected.index = terms[terms.notna()].astype(int) - onset
    result = fit(TWFE(), design_of(dataset, **options))
    bands = Clustered(correction="fixest").infer(result, "event", np.random.default_rng(1))
    picked = np.searchsorted(bands.estimate.event_times, expected.index)
    np.testing.assert_allclose(bands.estimate.effects[picked], expected["estimate"], rtol=CLOSED_FORM)
    np.testing.assert_allclose(bands.se[picked], expected["se"], rtol=CLOSED_FORM)
    assert bands.facts["n_parameters"] == want["df_K"]


def test_two_stage_with_a_covariate_by_period():
    want = read_results("did2s", "mpdta_es_lpop_year")
    names = tuple(f"lpop{y}" for y in range(2004, 2008))
    result = fit(TwoStage(), design_of("mpdta", covariates=names))
    bands = Clustered(correction="none").infer(result, "event", np.random.default_rng(1))
    picked = np.searchsorted(bands.estimate.event_times, [int(t.split("::")[1]) for t in want["term"]])
    np.testing.assert_allclose(bands.estimate.effects[picked], want["estimate"], rtol=FIRST_STAGE)
    np.testing.assert_allclose(bands.se[picked], want["se"], rtol=FIRST_STAGE)


SUN_ABRAHAM = {
    "base_stagg_sunab_crv1": {"covariates": ("x1",)},
    "mpdta_sunab_crv1": {},
    "castle_sunab_weights": {"weights": "popwt"},
    "castle_sunab_crv1": {},
}


@pytest.mark.parametrize("name", SUN_ABRAHAM)
def test_cells_and_cohorts_of_sun_abraham(name):
    want = read_results("fixest_sunab", name)
    result = fit(SunAbraham(), design_of(name.rsplit("_sunab", 1)[0], **SUN_ABRAHAM[name]))
    rng = np.random.default_rng(1)
    cells = pd.DataFrame({k: want["no_agg"][k] for k in ("term", "estimate", "se")})
    keys = cells["term"].str.extract(r"::(-?\d+):cohort::(\d+)$").dropna().astype(int)
    bands = Clustered(correction="fixest").infer(result, "cell", rng)
    place = pd.MultiIndex.from_arrays([bands.estimate.event_times, bands.estimate.cohorts])
    picked = place.get_indexer(pd.MultiIndex.from_frame(keys))
    assert (picked >= 0).all()
    np.testing.assert_allclose(
        bands.estimate.effects[picked], cells["estimate"][keys.index], rtol=CLOSED_FORM, atol=1e-9
    )
    np.testing.assert_allclose(bands.se[picked], cells["se"][keys.index], rtol=CLOSED_FORM)
    cohorts = pd.DataFrame({k: np.atleast_1d(want["cohort"][k]) for k in ("term", "estimate", "se")})
    cohorts = cohorts[cohorts["term"].str.startswith("cohort::")]
    bands = Clustered(correction="fixest").infer(result, "cohort", rng)
    labels = cohorts["term"].str.split("::").str[1].astype(int)
    picked = np.searchsorted(bands.estimate.labels, labels)
    np.testing.assert_allclose(bands.estimate.effects[picked], cohorts["estimate"], rtol=CLOSED_FORM)
    np.testing.assert_allclose(bands.se[picked], cohorts["se"], rtol=CLOSED_FORM)


def test_sun_abraham_under_equal_variances():
    want = read_results("fixest_sunab", "base_stagg_sunab_iid")
    result = fit(SunAbraham(), design_of("base_stagg", covariates=("x1",)))
    event = pd.DataFrame({k: want["event"][k] for k in ("term", "estimate", "se")})
    event = event[event["term"].str.contains("::")]
    bands = EqualVariances().infer(result, "event", np.random.default_rng(1))
    picked = np.searchsorted(bands.estimate.event_times, event["term"].str.split("::").str[1].astype(int))
    np.testing.assert_allclose(bands.estimate.effects[picked], event["estimate"], rtol=CLOSED_FORM)
    np.testing.assert_allclose(bands.se[picked], event["se"], rtol=CLOSED_FORM)
