"""Imputation against R's didimputation 0.5.0, and against a dense calculation where that program errs."""

import re

import numpy as np
import pandas as pd
from case_tables import loop_over
from reference_results import read_cases, read_data

from twintrade.design import Design, Panel, Treatment
from twintrade.design.panel import name_keys
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.imputation import Imputation

CLOSED_FORM = 1e-6
"""didimputation's first stage is feols at its default tolerance; differences of up to 1.5e-7 were seen."""

DENSE = 1e-9
"""The dense calculation inverts by pseudo-inverse."""

COLUMNS = {
    "castle": ("sid", "effyear", "l_homicide", "year"),
    "mpdta": ("countyreal", "first.treat", "lemp", "year"),
    "df_het": ("unit", "g", "dep_var", "year"),
    "sim_balanced": ("id", "g", "y", "t"),
}
UNWEIGHTED = (
    "castle_static",
    "castle_es",
    "castle_es_pre5",
    "mpdta_static",
    "mpdta_es",
    "df_het_es",
    "df_het_static_unit",
    "sim_balanced_cov",
)


def fitted(case) -> tuple[Fit, pd.DataFrame]:
    frame = read_data(case["dataset"])
    unit, onset, outcome, period = COLUMNS[case["dataset"]]
    panel = Panel.from_frame(frame, unit=unit, period=period)
    onsets = frame.groupby(unit)[onset].first().reindex(panel.given_keys["unit"]).replace(0, np.nan)
    first_lead = re.search(r"pretrends=(-\d)", case["call"])
    design = Design(
        panel=panel,
        treatment=Treatment.from_series(onsets),
        outcome=outcome,
        window=(int(first_lead[1]) if first_lead else -1, 99),
        weights="popwt" if "popwt" in case["call"] else None,
        covariates=("xt",) if "xt" in case["call"] else (),
    )
    return fit(Imputation(), design), frame


def errors(estimate, clusters):
    sums = pd.DataFrame(estimate.uncertainty.matrix()).groupby(clusters).sum().to_numpy()
    return np.sqrt((sums**2).sum(axis=0))


@loop_over("name", UNWEIGHTED)
def test_effects_leads_and_errors(name):
    case = read_cases("did_imputation")[name]
    want = case["results"]
    result, frame = fitted(case)
    is_event_study = "horizon" in case["call"]
    estimate = result.view("event" if is_event_study else "overall")
    clusters = np.arange(estimate.uncertainty.units.size)
    if "cluster_var" in case["call"]:
        states = frame.groupby("unit")["state"].first()
        clusters = states.set_axis(name_keys(states.index)).reindex(estimate.uncertainty.units).to_numpy()
    places, is_lead = np.array([0]), np.array([False])
    if is_event_study:
        times = np.array(want["term"], dtype=int)
        places = np.searchsorted(estimate.event_times, times)
        assert estimate.event_times[places].tolist() == times.tolist()
        is_lead = times < 0
    np.testing.assert_allclose(estimate.effects[places], want["estimate"], rtol=CLOSED_FORM)
    se, theirs = errors(estimate, clusters)[places], np.atleast_1d(want["se"])
    np.testing.assert_allclose(se[~is_lead], theirs[~is_lead], rtol=CLOSED_FORM)
    assert_lead_errors(se[is_lead], theirs[is_lead], np.unique(clusters).size)


def assert_lead_errors(ours, theirs, n_clusters):
    """Leads are a feols regression there: the same factor G/(G-1) (N-1)/(N-K) lies between all of them."""
    if ours.size == 0:
        return
    factor = (theirs / ours) ** 2
    np.testing.assert_allclose(factor, factor[0], rtol=CLOSED_FORM)
    assert factor[0] > n_clusters / (n_clusters - 1)
    assert factor[0] < 1.1


def test_weighted_errors_use_the_weights_of_the_weighted_fit():
    """didimputation weights Z by w on both sides, so that its v* has w squared; the fit it describes has w.

    The dense calculation reproduces its number with squared weights and ours with the fit's own.
    """
    case = read_cases("did_imputation")["castle_static_weights"]
    result, frame = fitted(case)
    overall = result.view("overall")
    np.testing.assert_allclose(overall.effects, case["results"]["estimate"], rtol=CLOSED_FORM)
    np.testing.assert_allclose(dense_error(frame, power=2), case["results"]["se"], rtol=CLOSED_FORM)
    ours = np.sqrt((overall.uncertainty.matrix() ** 2).sum())
    np.testing.assert_allclose(ours, dense_error(frame, power=1), rtol=DENSE)


def dense_error(frame, power):
    weight = frame["popwt"].to_numpy() / frame["popwt"].mean()
    treated = (frame["year"] >= frame["effyear"]).to_numpy()
    dummies = pd.get_dummies(frame[["sid", "year"]].astype(str)).to_numpy(float)
    before, after = dummies[~treated], dummies[treated]
    root = np.sqrt(weight[~treated])
    y = frame["l_homicide"].to_numpy()
    slopes = np.linalg.lstsq(before * root[:, None], y[~treated] * root, rcond=None)[0]
    gap = y - dummies @ slopes
    v = np.where(treated, weight, 0.0) / weight[treated].sum()
    gram = before.T @ (before * weight[~treated, None] ** power)
    scale = weight[treated] ** (power - 1)
    v[~treated] = -weight[~treated] * (before @ np.linalg.pinv(gram) @ (after.T @ (scale * v[treated])))
    cell = frame["effyear"].astype(str) + frame["year"].astype(str)
    center = pd.Series(v**2 * gap).groupby(cell).transform("sum") / pd.Series(v**2).groupby(cell).transform("sum")
    residual = np.where(treated, gap - center, gap)
    return np.sqrt((pd.Series(v * residual).groupby(frame["sid"]).sum() ** 2).sum())


def test_a_cohort_with_one_untreated_period_is_kept():
    """The reference file keeps the number of fixest's default, which loses the 2004 cohort, to document the trap."""
    trap = read_cases("did_imputation")["mpdta_static_singletons_dropped"]["results"]["estimate"]
    result, _ = fitted(read_cases("did_imputation")["mpdta_static"])
    assert abs(result.view("overall").effects[0] - trap) > 0.01
    assert 2004 in result.view("cohort").labels
    assert result.estimate.sample.statistics["n_leverage_one"] > 0
