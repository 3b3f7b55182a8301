"""The third difference given covariates and under sampling weights."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over_pairs

from twintrade.design import Design, NeverTreated, NotYetTreated, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import TripleDifference

EXACT = 1e-10
"""Means and least squares in another order."""

EFFECT = 0.8


def frame_of(seed, noise=1.0, n_units=80, trend=0.0, missing=0.0, slope=lambda x: x):
    """Affected units of tied cohorts have a larger covariate, on which trends depend."""
    rng = np.random.default_rng(seed)
    onset = rng.choice([2003.0, 2005.0, np.inf], n_units)
    affected = rng.integers(0, 2, n_units).astype(float)
    x = rng.normal(size=n_units) + 0.8 * affected * np.isfinite(onset)
    unit, t = np.repeat(np.arange(n_units), 7), np.tile(np.arange(7), n_units)
    g, a = onset[unit], affected[unit]
    y = rng.normal(size=n_units)[unit] + trend * slope(x[unit]) * t + 0.3 * a * t + 0.2 * np.isfinite(g) * t
    y = y + EFFECT * a * (2000 + t >= g) + noise * rng.normal(size=t.size)
    weight = rng.integers(1, 4, n_units).astype(float)
    frame = pd.DataFrame({"u": unit, "period": 2000 + t, "y": y, "x": x[unit], "affected": a, "g": g})
    frame = frame.assign(w=weight[unit], one=1.0)
    return frame[rng.random(t.size) >= missing].reset_index(drop=True)


def estimate(frame, comparison=None, covariates=(), weights=None, **options):
    panel = Panel.from_frame(frame.drop(columns="g"), unit="u")
    treatment = Treatment.from_series(frame.groupby("u")["g"].first())
    given = {"comparison": comparison or NotYetTreated(), "covariates": covariates, "weights": weights}
    design = Design(panel=panel, treatment=treatment, outcome="y", window=(-2, 2), **given)
    return fit(TripleDifference(**options), design)


@loop_over_pairs(
    method=["doubly_robust", "regression", "ipw"], missing=[0.0, 0.08], comparison=[NeverTreated(), NotYetTreated()]
)
def test_without_covariates_three_comparisons_are_eight_means(method, missing, comparison):
    frame = frame_of(1, missing=missing)
    plain = estimate(frame, comparison)
    conditional = estimate(frame, comparison, weights="one", method=method)
    for view in plain.views:
        one, other = plain.view(view), conditional.view(view)
        np.testing.assert_allclose(other.effects, one.effects, atol=EXACT)
        np.testing.assert_allclose(other.uncertainty.matrix(), one.uncertainty.matrix(), atol=EXACT)


def test_whole_weights_are_units_that_many_times():
    frame = frame_of(2)
    copies = [frame[frame["w"] > k].assign(u=lambda f, k=k: f["u"] + 1000 * k) for k in range(3)]
    weighted = estimate(frame, covariates=("x",), weights="w")
    repeated = estimate(pd.concat(copies), covariates=("x",))
    for view in ("cell", "event", "overall", "cohort"):
        np.testing.assert_allclose(weighted.view(view).effects, repeated.view(view).effects, atol=EXACT)
    unit = pd.concat(copies).groupby("u").size().index.to_numpy() % 1000
    sums = repeated.view("event").uncertainty.cluster_sums(np.unique(unit, return_inverse=True)[1])
    np.testing.assert_allclose(weighted.view("event").uncertainty.matrix(), sums, atol=EXACT)


def test_regression_by_hand():
    frame = frame_of(3, trend=0.4)
    found = estimate(frame, NeverTreated(), covariates=("x",), method="regression").estimate
    wide = frame.pivot(index="u", columns="period", values="y")
    unit = frame.groupby("u")[["x", "affected", "g"]].first()
    change = wide[2005] - wide[2002]
    own = (unit["g"] == 2003) & (unit["affected"] == 1)
    by_hand = 0.0
    for sign, g, a in ((1, 2003.0, 0), (1, np.inf, 1), (-1, np.inf, 0)):
        other = (unit["g"] == g) & (unit["affected"] == a)
        slope, level = np.polyfit(unit.loc[other, "x"], change[other], 1)
        by_hand += sign * (change[own] - level - slope * unit.loc[own, "x"]).mean()
    at = (found.cohorts == 2003) & (found.event_times == 2)
    np.testing.assert_allclose(found.effects[at], by_hand, atol=EXACT)


@pytest.mark.parametrize("method", ["doubly_robust", "regression"])
def test_trends_that_follow_a_covariate_are_taken_out(method):
    frame = frame_of(4, noise=0.0, trend=0.5, n_units=400)
    given = estimate(frame, covariates=("x",), method=method).estimate
    np.testing.assert_allclose(given.effects, np.where(given.event_times >= 0, EFFECT, 0.0), atol=EXACT)
    plain = estimate(frame).view("overall").effects[0]
    assert abs(plain - EFFECT) > 0.3


def test_weighting_takes_out_trends_of_any_shape_up_to_noise():
    errors = []
    for seed in range(12):
        frame = frame_of(seed, noise=0.2, n_units=600, trend=0.3)
        found = estimate(frame, NeverTreated(), covariates=("x",), method="ipw").view("event")
        at = int(np.flatnonzero(found.event_times == 1)[0])
        errors.append((found.effects[at] - EFFECT) / np.sqrt(found.uncertainty.cross_product(np.arange(600))[at, at]))
    assert abs(np.mean(errors)) < 3 / np.sqrt(12)
    assert 0.4 < np.std(errors) < 1.8


def test_cells_without_overlap_are_named():
    frame = frame_of(5)
    frame["x"] = frame["x"] + 30 * ((frame["g"] == 2003) & (frame["affected"] == 1))
    found = estimate(frame, covariates=("x",)).estimate
    assert set(found.cohorts[found.event_times >= 0]) == {2005}
    lost = [d for d in found.sample.dropped if d.reason == "not-identified"]
    assert all("overlap for" in d.sentence for d in lost)
    assert {n.split()[1] for d in lost for n in d.names} == {"2003"}
