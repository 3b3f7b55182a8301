"""Fixed effects absorbed and imputed against regressions with every dummy written out."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.simulate import OUTCOME, simulate

EXACT = 1e-9
"""The dense side is a pseudo-inverse of a hundred columns."""

PANELS = {
    "two-way, balanced": {"n_cities": 20, "n_periods": 8},
    "two-way, unbalanced": {"n_cities": 25, "n_periods": 8, "missing": 0.2},
    "gravity, balanced": {"n_cities": 7, "n_partners": 6, "n_periods": 8, "place_spread": 0.4},
    "gravity, unbalanced": {"n_cities": 7, "n_partners": 6, "n_periods": 8, "place_spread": 0.4, "missing": 0.15},
}


@pytest.fixture(scope="module", params=PANELS, ids=PANELS.keys())
def design(request) -> Design:
    made = simulate(np.random.default_rng(21), effect=lambda g, e: 0.2 * e + 0.01 * g - 20, **PANELS[request.param])
    effects = "gravity" if "gravity" in request.param else "two_way"
    return made.design(fixed_effects=effects, covariates=("x",), window=(-2, 3))


def dummies(o):
    return np.hstack([pd.get_dummies(pd.Series(c)).to_numpy(float) for c in o.effect_codes()] + [o.covariates])


def test_imputation_is_the_regression_with_a_dummy_for_every_treated_row(design):
    """With a dummy of its own every treated row leaves the fit, so its coefficient is outcome less prediction."""
    o = design.observations
    result = fit(Imputation(), design).estimate
    imputed = [row for row in result.sample.rows if o.is_affected[row]]
    used = np.flatnonzero(~o.is_affected).tolist() + imputed
    own = np.zeros((o.n_rows, len(imputed)))
    own[imputed, np.arange(len(imputed))] = 1.0
    columns = np.hstack([own, dummies(o)])[used]
    effects = np.linalg.lstsq(columns, o.y[used], rcond=None)[0][: len(imputed)]
    cells = pd.Series(effects).groupby([o.onset[imputed].astype(int), o.event_time[imputed]]).mean()
    ours = pd.Series(result.effects, index=[result.cohorts, result.event_times])
    np.testing.assert_allclose(ours[cells.index], cells, atol=EXACT)


def test_influence_of_imputation_is_that_of_the_weights_on_every_outcome(design):
    """The effect is linear in the outcome: its weights, found by moving one outcome at a time, times residuals."""
    o = design.observations
    result = fit(Imputation(), design)
    overall = result.view("overall")
    rows = np.flatnonzero(~o.is_affected)
    z = dummies(o)
    hat = np.linalg.pinv(z[rows])
    imputed = np.array([row for row in result.estimate.sample.rows if o.is_affected[row]])
    weight = np.zeros(o.n_rows)
    weight[imputed] = 1.0 / imputed.size
    weight[rows] = -(weight[imputed] @ z[imputed]) @ hat
    gap = o.y - z @ (hat @ o.y[rows])
    in_cell = np.isin(np.arange(o.n_rows), imputed)
    keys = [o.onset[in_cell], o.event_time[in_cell]]
    center = np.zeros(o.n_rows)
    center[in_cell] = pd.Series(gap[in_cell]).groupby(keys).transform("mean")
    want = pd.Series(weight * np.where(in_cell, gap - center, gap)).groupby(o.unit).sum()
    units = pd.Series(overall.uncertainty.matrix()[:, 0], index=overall.uncertainty.units)
    np.testing.assert_allclose(units[o.unit_ids[want.index]], want, atol=EXACT)


def test_leads_are_a_regression_on_untreated_rows_only(design):
    o = design.observations
    study = fit(Imputation(), design).view("event")
    rows = np.flatnonzero(~o.is_affected)
    leads = study.event_times[study.event_times < 0]
    columns = np.hstack([(o.event_time[rows, None] == leads).astype(float), dummies(o)[rows]])
    slopes = np.linalg.lstsq(columns, o.y[rows], rcond=None)[0]
    assert leads.tolist() == [-2, -1]
    np.testing.assert_allclose(study.effects[study.event_times < 0], slopes[:2], atol=EXACT)


def test_twfe_is_the_regression_with_all_dummies(design):
    o = design.observations
    study = fit(TWFE(bins=True), design).estimate
    clipped = np.where(np.isfinite(o.onset), np.clip(o.event_time, -2, 3), -99)
    times = [e for e in range(-2, 4) if e != -1]
    columns = np.hstack([(clipped[:, None] == times).astype(float), dummies(o)])
    slopes = np.linalg.lstsq(columns, o.y, rcond=None)[0][: len(times)]
    np.testing.assert_allclose(study.effects[study.event_times != -1], slopes, atol=EXACT)
    assert study.binned == (True, True)


def test_effects_only_ppml_reproduces_the_sums_of_every_level(design):
    """Identity (f): fitted sums equal observed sums in every level, and over the treated rows."""
    positive = design.panel.values(OUTCOME)
    frame = design.panel.to_frame().assign(**{OUTCOME: np.exp(positive)})
    city = {"city": "city", "partner": "partner"} if design.panel.is_dyadic else {"city": "city"}
    panel = type(design.panel).from_frame(frame.drop(columns=["unit"]), **city)
    levels = Design(panel=panel, treatment=design.treatment, outcome=OUTCOME, fixed_effects=design.fixed_effects)
    o = levels.observations
    estimate = fit(PPML(shape="static"), levels).estimate
    source = estimate.uncertainty.regression
    difference = source.weights * source.residuals
    scale = o.y[source.rows].sum()
    for code in o.effect_codes():
        assert np.abs(np.bincount(code[source.rows], difference)).max() < EXACT * scale
    assert abs(difference[o.is_treated[source.rows]].sum()) < EXACT * scale
