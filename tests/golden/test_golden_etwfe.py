"""ETWFE against R: every aggregate of the reference file, linear and Poisson, with and without covariate."""

import numpy as np
import pandas as pd
from case_tables import loop_over
from reference_results import read_cases, read_data

from twintrade.design import Design, NeverTreated, NotYetTreated, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE

CLOSED_FORM = 1e-9
"""Coefficients: least squares, and Poisson stopped at glm.tol = 1e-12."""

SMALL = 1e-8
"""The smallest Poisson effect, 0.87 on outcomes of thousands, carries the iterations' last digits."""

NUMERIC_DERIVATIVE = 1e-5
"""emfx differentiates numerically for its delta method."""

COLUMNS = {"mpdta": ("countyreal", "first.treat", "year"), "castle": ("sid", "effyear", "year")}
VIEWS = {"simple": "overall", "group": "cohort", "calendar": "calendar", "event": "event"}
CASES = (
    "mpdta_lemp_never_cluster",
    "mpdta_lemp_notyet_cluster",
    "mpdta_lemp_lpop_notyet",
    "mpdta_lemp_lpop_ivar",
    "mpdta_emp_poisson_lpop",
    "mpdta_emp_poisson_nocov",
    "castle_notyet",
)


def fitted(case):
    frame = read_data(case["dataset"])
    if "lemp" in frame:
        frame["emp"] = np.exp(frame["lemp"])
    unit, onset, period = COLUMNS[case["dataset"]]
    panel = Panel.from_frame(frame, unit=unit, period=period)
    onsets = frame.groupby(unit)[onset].first().reindex(panel.given_keys["unit"]).replace(0, np.nan)
    call = case["call"]
    design = Design(
        panel=panel,
        treatment=Treatment.from_series(onsets),
        outcome=call.split("(")[1].split(" ~")[0],
        comparison=NeverTreated() if "never" in call else NotYetTreated(),
        fixed_effects="two_way" if "ivar" in call else ("cohort", "period"),
        covariates=("lpop",) if "~ lpop" in call else (),
        window=(-20, 20),
    )
    is_poisson = "poisson" in call
    estimator = ETWFE("poisson", "difference") if is_poisson else ETWFE()
    return fit(estimator, design)


def n_parameters(result):
    """Count as R does: cells and covariate terms, every cohort and period less one; units nest in clusters."""
    o = result.design.observations
    n_periods = o.periods.size
    if "unit" in result.design.effect_names:
        return result.estimate.sample.n_slopes + n_periods
    return result.estimate.sample.n_slopes + np.unique(o.unit_onset).size + n_periods - 1


@loop_over("name", CASES)
def test_every_aggregate_and_its_error(name):
    case = read_cases("etwfe")[name]
    result = fitted(case)
    n_units, n_rows = result.design.observations.n_units, case["results"]["nobs"]
    factor = n_units / (n_units - 1) * (n_rows - 1) / (n_rows - n_parameters(result))
    for theirs, ours in VIEWS.items():
        want = pd.DataFrame({k: np.atleast_1d(v) for k, v in case["results"][theirs].items()}).astype(float)
        want = want[want["se"].notna()]
        # The authors average effects against the reference where there is one.
        seen = result.view("path" if theirs == "simple" and "path" in result.views else ours)
        kept = np.isin(seen.event_times, want["event"]) if theirs == "event" else slice(None)
        se = np.sqrt(factor * (seen.uncertainty.matrix() ** 2).sum(axis=0))
        np.testing.assert_allclose(seen.effects[kept], want["estimate"], rtol=CLOSED_FORM, atol=SMALL)
        np.testing.assert_allclose(se[kept], want["se"], rtol=NUMERIC_DERIVATIVE)


@loop_over("name", [name for name in CASES if "poisson" not in name])
def test_every_coefficient_and_every_event_time(name):
    case = read_cases("etwfe")[name]
    result = fitted(case)
    n_units, n_rows = result.design.observations.n_units, case["results"]["nobs"]
    factor = n_units / (n_units - 1) * (n_rows - 1) / (n_rows - n_parameters(result))
    cells = pd.DataFrame({k: case["results"]["coefs"][k] for k in ("term", "estimate", "se")})
    keys = cells["term"].str.extract(r"::(\d+):(?:\w|\.)+::(\d+)$").dropna().astype(int)
    found = result.view("cell")
    place = pd.MultiIndex.from_arrays([found.cohorts, found.cohorts + found.event_times])
    picked = place.get_indexer(pd.MultiIndex.from_frame(keys))
    assert (picked >= 0).all()
    se = np.sqrt(factor * (found.uncertainty.matrix() ** 2).sum(axis=0))
    np.testing.assert_allclose(found.effects[picked], cells["estimate"][keys.index], rtol=CLOSED_FORM, atol=SMALL)
    np.testing.assert_allclose(se[picked], cells["se"][keys.index], rtol=1e-7)
    every = pd.DataFrame(case["results"]["event_all"]).dropna()
    study = result.view("event")
    every = every[every["event"].isin(study.event_times)]
    assert len(every) >= (study.event_times >= 0).sum()
    at = np.searchsorted(study.event_times, every["event"])
    se = np.sqrt(factor * (study.uncertainty.matrix() ** 2).sum(axis=0))
    np.testing.assert_allclose(study.effects[at], every["estimate"], rtol=CLOSED_FORM, atol=SMALL)
    np.testing.assert_allclose(se[at], every["se"].astype(float), rtol=NUMERIC_DERIVATIVE)
