"""Interactive effects and matrix completion: known factors, the additive special case, and first-order conditions."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.matrix_completion import InteractiveEffects, MatrixCompletion
from twintrade.numerics.factor_model import fit_factor_model
from twintrade.simulate import simulate

EXACT = 1e-8
"""Iterations stop at a relative change of 1e-12 a step; slow directions are off by some hundred times that."""

EFFECT = 1.5


def frame_of(seed=1, noise=0.0, n_units=60, n_periods=18, rank=2):
    """Factors whose loadings decide who is treated: unit and period effects alone are biased."""
    rng = np.random.default_rng(seed)
    factors, loadings = rng.normal(size=(n_periods, rank)).cumsum(axis=0) / 2, rng.normal(size=(n_units, rank))
    onset = np.where(
        loadings[:, 0] + 0.5 * rng.normal(size=n_units) > 0.8, 2000 + rng.integers(10, 14, n_units), np.inf
    )
    y = rng.normal(size=(n_units, 1)) + rng.normal(size=n_periods) + loadings @ factors.T
    y += noise * rng.normal(size=y.shape)
    period = np.arange(2000, 2000 + n_periods)
    y += EFFECT * (period >= onset[:, None])
    return pd.DataFrame(
        {
            "unit": np.repeat([f"u{i:02d}" for i in range(n_units)], n_periods),
            "period": np.tile(period, n_units),
            "y": y.ravel(),
            "g": np.repeat(onset, n_periods),
        }
    )


def design_of(frame, **options):
    panel = Panel.from_frame(frame, unit="unit")
    treatment = Treatment.from_series(frame.groupby("unit")["g"].first())
    return Design(panel=panel, treatment=treatment, outcome="y", **options)


def test_known_factors_are_taken_out():
    design = design_of(frame_of())
    assert abs(fit(Imputation(), design).view("overall").effects[0] - EFFECT) > 0.3
    estimate = fit(InteractiveEffects(rank=2), design).estimate
    np.testing.assert_allclose(estimate.effects, np.where(estimate.event_times >= 0, EFFECT, 0.0), atol=1e-6)


def test_hold_outs_find_the_number_of_factors():
    estimate = fit(InteractiveEffects(), design_of(frame_of(noise=0.2))).estimate
    assert estimate.sample.statistics["rank"] == 2
    assert estimate.average().effects[0] == pytest.approx(EFFECT, abs=0.15)


def test_hold_outs_measure_additive_effects_without_a_factor():
    noise = 0.2
    statistics = fit(InteractiveEffects(), design_of(frame_of(noise=noise, rank=1))).estimate.sample.statistics
    assert statistics["held_out_error_rank_1"] == pytest.approx(noise**2, rel=0.5)
    assert statistics["held_out_error_rank_0"] > 2 * statistics["held_out_error_rank_1"]


def test_matrix_completion_with_hold_outs_comes_closer_than_additive_effects():
    design = design_of(frame_of(noise=0.2))
    estimate = fit(MatrixCompletion(), design).estimate
    additive = fit(Imputation(), design).view("overall").effects[0]
    assert 0 < estimate.sample.statistics["penalty"] < 1
    assert abs(estimate.average().effects[0] - EFFECT) < abs(additive - EFFECT)


@pytest.mark.parametrize("estimator", [InteractiveEffects(rank=0), MatrixCompletion(penalty=1.0)])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_without_factors_they_are_imputation(estimator, missing):
    design = simulate(np.random.default_rng(2), n_cities=40, n_periods=9, missing=missing, covariate=0.5).design(
        covariates=("x",)
    )
    ours, theirs = fit(estimator, design), fit(Imputation(), design)
    after = ours.estimate.event_times >= 0
    others = theirs.estimate.event_times >= 0
    np.testing.assert_allclose(ours.estimate.effects[after], theirs.estimate.effects[others], atol=EXACT)
    np.testing.assert_allclose(ours.view("overall").effects, theirs.view("overall").effects, atol=EXACT)


@pytest.mark.parametrize(("rank", "penalty"), [(2, 0.0), (12, 1.5)])
def test_the_fit_meets_the_first_order_conditions(rank, penalty):
    rng = np.random.default_rng(3)
    y, observed = rng.normal(size=(25, 12)), rng.random((25, 12)) > 0.15
    x = rng.normal(size=(25, 12, 1))
    found = fit_factor_model(y, observed, x, rank, penalty)
    gap = np.where(observed, y - x @ found.slopes - found.effects, 0.0)
    np.testing.assert_allclose(gap.sum(axis=0), 0.0, atol=EXACT)
    np.testing.assert_allclose(gap.sum(axis=1), 0.0, atol=EXACT)
    np.testing.assert_allclose((gap[:, :, None] * x).sum(axis=(0, 1)), 0.0, atol=EXACT)
    low = (
        found.effects - found.effects.mean(axis=1, keepdims=True) - found.effects.mean(axis=0) + found.effects.mean()
    )
    u, s, v = np.linalg.svd(low, full_matrices=False)
    k = found.singular_values.size
    np.testing.assert_allclose(s[:k], found.singular_values, atol=EXACT)
    # On the factors' own rows and columns the gap is the penalty times the identity, beyond them it is no larger.
    np.testing.assert_allclose(u[:, :k].T @ gap, penalty * v[:k], atol=1e-6)
    np.testing.assert_allclose(gap @ v[:k].T, penalty * u[:, :k], atol=1e-6)
    assert penalty == 0 or np.linalg.norm(gap, 2) <= penalty * (1 + 1e-6)


def test_currency_and_order_of_units_do_not_matter_to_the_penalty():
    frame = frame_of(noise=0.2)
    one = fit(MatrixCompletion(penalty=0.2), design_of(frame)).estimate
    other = fit(MatrixCompletion(penalty=0.2), design_of(frame.assign(y=1000 * frame["y"]))).estimate
    np.testing.assert_allclose(other.effects, 1000 * one.effects, rtol=1e-6, atol=1e-6)


def test_ties_that_end_have_spells():
    frame = frame_of(noise=0.1)
    panel = Panel.from_frame(frame.drop(columns="g"), unit="unit")
    period, treated = panel.period, panel.unit % 3 == 0
    dose = (treated & (((period >= 2005) & (period < 2008)) | (period >= 2012))).astype(float)
    design = Design(panel=panel, treatment=Treatment.from_dose(panel, dose), outcome="y")
    estimate = fit(InteractiveEffects(rank=1), design).estimate
    assert set(estimate.cohorts) == {2005, 2012}
    assert estimate.event_times[(estimate.cohorts == 2005) & (estimate.event_times >= 0)].tolist() == [0, 1, 2]
    assert estimate.event_times[estimate.cohorts == 2012].min() == -4
    assert estimate.n_cells[estimate.event_times >= 0].sum() == dose.sum()


def test_units_with_too_few_untreated_rows_are_listed():
    frame = frame_of(noise=0.1)
    frame.loc[frame["unit"] == "u00", "g"] = 2002.0
    estimate = fit(InteractiveEffects(rank=2), design_of(frame)).estimate
    lost = next(d for d in estimate.sample.dropped if d.reason == "too-few-untreated")
    assert (lost.n_rows, lost.n_units) == (18, 1)
    assert lost.names[0] == "u00 2000"
    assert 2002 not in estimate.cohorts


def test_what_cannot_be_fitted_is_refused():
    frame = frame_of(noise=0.1)
    with pytest.raises(DesignError, match="no weights"):
        fit(InteractiveEffects(), design_of(frame.assign(w=1.0), weights="w"))
    with pytest.raises(DesignError, match="penalty"):
        fit(MatrixCompletion(penalty=0.0), design_of(frame))
    with pytest.raises(EstimationError, match="ask for fewer"):
        fit(InteractiveEffects(rank=30), design_of(frame))


def test_collinear_covariates_are_left_out_by_name():
    frame = frame_of(noise=0.1)
    spoiled = frame.assign(a=np.sin(np.arange(len(frame))), constant=2.0)
    spoiled["b"] = 2 * spoiled["a"]
    both = fit(InteractiveEffects(rank=1), design_of(spoiled, covariates=("a", "b", "constant"))).estimate
    assert {n for d in both.sample.dropped if d.reason == "collinear" for n in d.names} == {"b", "constant"}
    one = fit(InteractiveEffects(rank=1), design_of(spoiled, covariates=("a",))).estimate
    np.testing.assert_allclose(both.effects, one.effects, atol=EXACT)
