"""Callaway-Sant'Anna against R's did 2.5.1: every cell, standard error and aggregate of the reference file."""

import re

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from reference_results import read_cases, read_data
from scipy.stats import chi2, norm

from twintrade.design import Design, NeverTreated, NotYetTreated, Panel, Treatment
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna

CLOSED_FORM = 1e-8
"""Means and least squares: both programs are exact to rounding; a logit stops at R's own tolerance of 1e-8."""

METHODS = {"dr": "doubly_robust", "reg": "regression", "ipw": "ipw"}
COLUMNS = {
    "mpdta": ("countyreal", "first.treat", "lemp", "year"),
    "castle": ("sid", "effyear", "l_homicide", "year"),
    "sim_balanced": ("id", "g", "y", "t"),
}
VIEWS = {"simple": "overall", "dynamic": "event", "group": "cohort", "calendar": "calendar"}


def fitted(case: dict) -> Fit:
    call = case["call"]
    frame = read_data(case["dataset"])
    unit, onset, outcome, period = COLUMNS[case["dataset"]]
    is_section = "panel=FALSE" in call
    if is_section:
        frame = frame.assign(row=np.arange(len(frame)))
        unit = "row"
    panel = Panel.from_frame(frame, unit=unit, period=period)
    onsets = frame.groupby(unit)[onset].first().reindex(panel.given_keys["unit"]).replace(0, np.nan)
    anticipation = int(found[1]) if (found := re.search(r"anticipation=(\d)", call)) else 0
    covariates = re.search(r"xformla=~([\w+]+)", call)
    names = tuple(covariates[1].split("+")) if covariates and covariates[1] != "1" else ()
    design = Design(
        panel=panel,
        treatment=Treatment.from_series(onsets),
        outcome=outcome,
        window=(-99, 99),
        comparison=NotYetTreated() if "notyettreated" in call else NeverTreated(),
        anticipation=anticipation,
        reference=-1 - anticipation,
        covariates=names,
        weights="w" if "weightsname" in call else None,
        always_treated="keep" if is_section else "exclude",
    )
    estimator = CallawaySantAnna(
        method=METHODS[re.search(r"est_method='(\w+)'", call)[1]],
        base="universal" if "universal" in call else "varying",
        rows="cross_sections" if is_section else "panel",
        convention="drdid",
    )
    return fit(estimator, design)


def standard_errors(estimate) -> np.ndarray:
    influence = estimate.uncertainty
    return np.sqrt(np.diag(influence.cross_product(np.arange(influence.units.size))))


def case_names(name: str) -> list[str]:
    # The bootstrapped case has Monte Carlo error; it belongs to the inference tests.
    return [case for case in read_cases(name) if "boot" not in case and "balance" not in case]


@loop_over("name", case_names("did_att_gt"))
def test_cells_and_standard_errors_equal_did(name):
    cases = read_cases("did_att_gt")
    result = cases[name]["results"]
    fitted_case = fitted(cases[name])
    estimate = fitted_case.estimate
    expected = pd.DataFrame({k: result[k] for k in ("group", "t", "att", "se")}).set_index(["group", "t"])
    keys = pd.MultiIndex.from_arrays([estimate.cohorts, estimate.cohorts + estimate.event_times])
    assert set(expected.index) == set(keys)
    expected = expected.reindex(keys).astype(float)
    np.testing.assert_allclose(estimate.effects, expected["att"], rtol=CLOSED_FORM, atol=1e-9)
    has_error = expected["se"].notna().to_numpy()
    np.testing.assert_allclose(standard_errors(estimate)[has_error], expected["se"][has_error], rtol=CLOSED_FORM)
    assert estimate.sample.n_units == result["n"]


@loop_over("kind", VIEWS)
@loop_over("name", case_names("did_aggte"))
def test_aggregates_equal_aggte(name, kind):
    cases, aggregates = read_cases("did_att_gt"), read_cases("did_aggte")
    result = aggregates[name]["results"][kind]
    view = fitted(cases[name]).view(VIEWS[kind])
    if kind == "simple":
        np.testing.assert_allclose(view.effects, result["overall_att"], rtol=CLOSED_FORM)
        np.testing.assert_allclose(standard_errors(view), result["overall_se"], rtol=CLOSED_FORM)
        return
    labels = view.event_times if kind == "dynamic" else view.labels
    assert labels.tolist() == result["egt"]
    np.testing.assert_allclose(view.effects, result["att"], rtol=CLOSED_FORM, atol=1e-10)
    expected = np.array(result["se"], dtype=float)
    has_error = ~np.isnan(expected)
    np.testing.assert_allclose(standard_errors(view)[has_error], expected[has_error], rtol=CLOSED_FORM)


OVERALL = {
    "group": lambda e: e.average_of_cohorts(),
    "dynamic": lambda e: e.average_of_event_times(),
    "calendar": lambda e: e.average_of_periods(),
    "dynamic_m2_2": lambda e: e.average_of_event_times((-2, 2)),
}


@loop_over("name", case_names("did_aggte"))
def test_overall_averages_equal_aggte(name):
    results = read_cases("did_aggte")[name]["results"]
    assert {"simple", "group", "dynamic", "calendar"} <= set(results)
    for kind in [kind for kind in OVERALL if kind in results]:
        overall = OVERALL[kind](fitted(read_cases("did_att_gt")[name]).estimate)
        np.testing.assert_allclose(overall.effects, results[kind]["overall_att"], rtol=CLOSED_FORM, err_msg=kind)
        np.testing.assert_allclose(
            standard_errors(overall), results[kind]["overall_se"], rtol=CLOSED_FORM, err_msg=kind
        )


def test_balanced_window_keeps_cohorts_seen_that_long():
    expected = read_cases("did_aggte")["mpdta_balance_e1"]["results"]["dynamic_balance_e1"]
    estimate = fitted(read_cases("did_att_gt")["mpdta_x1_dr_nevertreated_varying_a0"]).estimate
    study = estimate.event_study(balance=1)
    assert study.event_times.tolist() == expected["egt"]
    np.testing.assert_allclose(study.effects, expected["att"], rtol=CLOSED_FORM)
    np.testing.assert_allclose(standard_errors(study), expected["se"], rtol=CLOSED_FORM)
    overall = estimate.average_of_event_times(balance=1)
    np.testing.assert_allclose(standard_errors(overall), expected["overall_se"], rtol=CLOSED_FORM)


def test_covariance_and_wald_test_of_all_cells_equal_did():
    case = read_cases("did_att_gt")["mpdta_dr_vcov_wald"]
    expected, estimate = case["results"], fitted(case).estimate
    keys = pd.MultiIndex.from_arrays([estimate.cohorts, estimate.cohorts + estimate.event_times])
    picked = keys.get_indexer(pd.MultiIndex.from_arrays([expected["group"], expected["t"]]))
    covariance = estimate.uncertainty.cross_product(np.arange(expected["n"]))[np.ix_(picked, picked)]
    # The reference value is n times the covariance.
    np.testing.assert_allclose(expected["n"] * covariance, expected["vcov"], rtol=CLOSED_FORM, atol=1e-12)
    pre = np.flatnonzero(np.array(expected["group"]) > np.array(expected["t"]))
    effects = estimate.effects[picked][pre]
    wald = effects @ np.linalg.solve(covariance[np.ix_(pre, pre)], effects)
    np.testing.assert_allclose(wald, np.ravel(expected["wald_pretest"])[0], rtol=CLOSED_FORM)
    assert round(float(chi2.sf(wald, pre.size)), 5) == np.ravel(expected["wald_p"])[0]


def test_errors_clustered_by_state_equal_the_bootstrap_of_did():
    """R drew 20,000 times: the file allows 3 %. Its error is the distance of the quartiles, in normal units."""
    case = read_cases("did_att_gt")["mpdta_cluster_state_boot"]
    expected, tolerance = case["results"], case["tolerance_rel"]
    frame = read_data("mpdta")
    frame["state"] = (frame["countyreal"] // 1000).astype(str)
    panel = Panel.from_frame(frame, unit="countyreal", period="year", city="state")
    onsets = frame.groupby("countyreal")["first.treat"].first().reindex(panel.given_keys["unit"]).replace(0, np.nan)
    treatment = Treatment.from_series(onsets)
    options = {"window": (-99, 99), "comparison": NeverTreated(), "clusters": ("city",)}
    design = Design(panel=panel, treatment=treatment, outcome="lemp", **options)
    result = fit(CallawaySantAnna(base="varying"), design)
    estimate = result.estimate
    keys = pd.MultiIndex.from_arrays([estimate.cohorts, estimate.cohorts + estimate.event_times])
    picked = keys.get_indexer(pd.MultiIndex.from_arrays([expected["group"], expected["t"]]))
    np.testing.assert_allclose(estimate.effects[picked], expected["att"], rtol=CLOSED_FORM, atol=1e-9)
    sums = estimate.uncertainty.cluster_sums(design.observations.unit_clusters("city"))[:, picked]
    draws = np.random.default_rng(3).choice([-1.0, 1.0], (200_000, sums.shape[0])) @ sums
    low, high = np.quantile(draws, [0.25, 0.75], axis=0)
    se = (high - low) / (2 * norm.ppf(0.75))
    np.testing.assert_allclose(se, expected["se"], rtol=tolerance)
    critical = np.quantile(np.abs(draws / se).max(axis=1), 0.95)
    np.testing.assert_allclose(critical, expected["crit_val"], rtol=tolerance)


BLOCKS = {"mpdta_drdid_panel": "doubly_robust", "mpdta_reg_did_panel": "regression", "mpdta_std_ipw_did_panel": "ipw"}


@pytest.mark.parametrize("name", BLOCKS)
def test_two_periods_and_two_groups_equal_drdid(name):
    expected = read_cases("drdid_two_period")[name]["results"]
    frame = read_data("mpdta")
    frame = frame[frame["year"].isin([2003, 2004]) & frame["first.treat"].isin([0, 2004])]
    panel = Panel.from_frame(frame, unit="countyreal", period="year")
    onsets = frame.groupby("countyreal")["first.treat"].first().reindex(panel.given_keys["unit"]).replace(0, np.nan)
    treatment = Treatment.from_series(onsets)
    design = Design(panel=panel, treatment=treatment, outcome="lemp", covariates=("lpop",), comparison=NeverTreated())
    overall = fit(CallawaySantAnna(method=BLOCKS[name]), design).view("overall")
    np.testing.assert_allclose(overall.effects, expected["att"], rtol=CLOSED_FORM)
    np.testing.assert_allclose(standard_errors(overall), expected["se"], rtol=CLOSED_FORM)
    low = overall.effects - 1.96 * standard_errors(overall)
    np.testing.assert_allclose(low, expected["lci"], rtol=CLOSED_FORM)
