"""What every registered estimator must do, whichever it is; a new one is tested by being registered."""

import random

import numpy as np
import pandas as pd
import pytest
from chosen_designs import EFFECT, chosen, fit_chosen, fitted, names, of

from twintrade.effects import Draws, EventStudy, Influence
from twintrade.errors import InferenceError
from twintrade.estimators.base import ESTIMATORS
from twintrade.inference.clustered import Clustered
from twintrade.inference.wild import Multiplier, Wild
from twintrade.simulate import OUTCOME

EXACT = 1e-8
"""Same numbers by another order of operations; iterated fits stop at about 1e-12."""

SEARCHED = 1e-4
"""Single-case methods choose weights or variances by numerical search, which stops at a tolerance of its own."""

LOOSE = 0.2
"""Recovery for single cases: the pre-period fit is not perfect even with little noise."""

PANEL = [name for name in names() if not ESTIMATORS[name].requires.single_treated_unit]
SINGLE = [name for name in names() if ESTIMATORS[name].requires.single_treated_unit]
EVERY = PANEL + SINGLE


def tolerance(name):
    return SEARCHED if ESTIMATORS[name].requires.single_treated_unit else EXACT


def assert_same(name, one, other):
    keys = ["kind", "cohort", "event_time"]
    left, right = one.to_frame(), other.to_frame()
    pd.testing.assert_frame_equal(left[keys], right[keys])
    limit = tolerance(name)
    np.testing.assert_allclose(left["effect"], right["effect"], rtol=limit, atol=limit)


def noise_that_leaves_constants_harmless(name):
    """A proportional model weighs by the mean, so that multiplied noise is another problem."""
    return 0.0 if ESTIMATORS[name].requires.nonnegative else 0.5


def averaged(result):
    return float(result.view("overall").effects[0])


@pytest.mark.parametrize("name", PANEL)
def test_a_known_effect_is_recovered(name):
    result = fit_chosen(name, noise=0.0)
    assert averaged(result) == pytest.approx(EFFECT, abs=1e-7)
    if "event" in result.views:
        study = result.view("event")
        after = study.event_times >= 0
        np.testing.assert_allclose(study.effects[after], EFFECT, atol=1e-7)
        np.testing.assert_allclose(study.effects[~after], 0.0, atol=1e-7)


@pytest.mark.parametrize("name", SINGLE)
def test_a_known_effect_is_recovered_for_a_single_case(name):
    result = fitted(name, chosen(name, noise=0.05))
    assert averaged(result) == pytest.approx(EFFECT, abs=LOOSE)


@pytest.mark.parametrize("name", [name for name in PANEL if ESTIMATORS[name].requires.cancels_constants])
def test_unit_and_period_constants_change_nothing(name):
    noise = noise_that_leaves_constants_harmless(name)
    parts = chosen(name, noise)
    rng = np.random.default_rng(3)
    units = pd.Series(rng.normal(size=parts.onsets.size), index=parts.onsets.index).reindex(parts.unit).to_numpy()
    periods = rng.normal(size=100)[parts.frame["period"] - parts.frame["period"].min()]
    assert_same(name, fit_chosen(name, noise).estimate, fitted(name, parts.moved(units + periods)).estimate)


@pytest.mark.parametrize("name", EVERY)
def test_scaling_scales_levels_and_leaves_proportions(name):
    parts = chosen(name, noise=0.5)
    one, other = fit_chosen(name).estimate, fitted(name, parts.scaled(1000.0)).estimate
    factor = 1000.0 if one.scale == "level" else 1.0
    np.testing.assert_allclose(
        other.effects, factor * one.effects, rtol=tolerance(name), atol=factor * tolerance(name)
    )
    if isinstance(one.uncertainty, Influence):
        first, second = one.uncertainty.matrix(), other.uncertainty.matrix()
        np.testing.assert_allclose(second, factor * first, rtol=EXACT, atol=factor * EXACT)


@pytest.mark.parametrize("name", EVERY)
def test_row_order_labels_and_index_change_nothing(name):
    parts = chosen(name, noise=0.5)
    rng = np.random.default_rng(4)
    shuffled = parts.frame.sample(frac=1.0, random_state=rng)
    shuffled.index = rng.permutation(len(shuffled)) + 7
    relabeled = {
        city: f"Ort {k:03d}" for k, city in enumerate(np.roll(rng.permutation(parts.frame["city"].unique()), 1))
    }
    shuffled["city"] = shuffled["city"].map(relabeled)
    ends = parts.onsets.index.str.split("-", n=1)
    onsets = parts.onsets.set_axis(["-".join([relabeled[e[0]], *e[1:]]) for e in ends])
    other = type(parts)(shuffled, onsets, parts.is_multiplicative, parts.fixed_effects)
    assert_same(name, fit_chosen(name).estimate, fitted(name, other).estimate)


@pytest.mark.parametrize("name", [name for name in PANEL if ESTIMATORS[name].requires.isolates_cohorts])
def test_a_shock_to_one_cohort_moves_no_other(name):
    parts = chosen(name, noise=0.5)
    first = np.nanmin(np.where(np.isfinite(parts.onset), parts.onset, np.nan))
    hit = (parts.onset == first) & (parts.frame["period"] >= first)
    before, after = fit_chosen(name).view("cell"), fitted(name, parts.moved(3.0 * hit)).view("cell")
    others = before.cohorts != first
    np.testing.assert_allclose(after.effects[others], before.effects[others], atol=EXACT)
    moved = (before.cohorts == first) & (before.event_times >= 0)
    np.testing.assert_allclose(after.effects[moved] - before.effects[moved], 3.0, atol=EXACT)


def assert_refuses_clustered_errors(result):
    """Without influence every error made of it is refused with a reason, and the method says why it has none."""
    rng = np.random.default_rng(1)
    for method in (Clustered(), Multiplier(draws=19), Wild(draws=19)):
        with pytest.raises(InferenceError, match=r"needs? an influence function.* use randomization or placebo"):
            method.infer(result, "overall", rng)
    held = result.view("overall").uncertainty
    assert isinstance(held, Draws) or held.reason


@pytest.mark.parametrize("name", [name for name in EVERY if ESTIMATORS[name].requires.influence_sums_to_zero])
def test_influence_sums_to_zero(name):
    result = fit_chosen(name)
    estimate = result.estimate
    assert isinstance(estimate.uncertainty, Influence) == ESTIMATORS[name].requires.has_influence
    if not isinstance(estimate.uncertainty, Influence):
        assert_refuses_clustered_errors(result)
        return
    matrix = estimate.uncertainty.matrix()
    assert matrix.shape == (estimate.uncertainty.units.size, estimate.n_effects)
    np.testing.assert_allclose(matrix.sum(axis=0), 0.0, atol=EXACT)


@pytest.mark.parametrize("name", EVERY)
def test_inputs_stay_as_they_were_and_a_repeat_is_identical(name):
    parts = chosen(name, noise=0.5)
    frame, onsets = parts.frame.copy(deep=True), parts.onsets.copy(deep=True)
    design = parts.design()
    columns = {key: np.array(value, copy=True) for key, value in design.panel.columns.items()}
    one, other = of(name).estimate(design), of(name).estimate(parts.design())
    pd.testing.assert_frame_equal(parts.frame, frame)
    pd.testing.assert_series_equal(parts.onsets, onsets)
    for key, value in columns.items():
        np.testing.assert_array_equal(design.panel.columns[key], value)
    assert one.effects.tobytes() == other.effects.tobytes()
    if isinstance(one.uncertainty, Influence):
        assert one.uncertainty.matrix().tobytes() == other.uncertainty.matrix().tobytes()


@pytest.mark.parametrize("name", EVERY)
def test_the_global_random_state_is_neither_used_nor_moved(name):
    parts = chosen(name, noise=0.5)
    results = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        state, other = np.random.get_state(), random.getstate()  # noqa: NPY002
        results.append(fitted(name, parts).estimate.effects)
        assert all(np.array_equal(a, b) for a, b in zip(state, np.random.get_state(), strict=True))  # noqa: NPY002
        assert random.getstate() == other
    assert results[0].tobytes() == results[1].tobytes()


@pytest.mark.parametrize("name", EVERY)
def test_an_estimate_is_complete(name):
    result = fit_chosen(name)
    estimate = result.estimate
    assert np.isfinite(estimate.effects).all()
    assert len(estimate.names) == estimate.n_units.size == estimate.n_cells.size == estimate.n_effects
    assert estimate.sample.n_rows > 0
    assert estimate.sample.n_treated_units > 0
    for view in result.views:
        seen = result.view(view)
        assert list(seen.to_frame()["kind"].unique()) == [view]
        assert np.isfinite(seen.effects).all()
    if isinstance(estimate, EventStudy):
        assert (np.diff(estimate.event_times) > 0).all()
        assert estimate.reference is None or estimate.effects[estimate.event_times == estimate.reference] == [0.0]


@pytest.mark.parametrize("name", EVERY)
def test_assumption_and_estimand_are_sentences(name):
    design = chosen(name, noise=0.5).design()
    for text in (str(of(name).assumption(design)), str(of(name).estimand(design))):
        assert text[0].isupper()
        assert text.endswith(".")
    assert of(name).title


GRAVITY = [name for name in PANEL if not ESTIMATORS[name].requires.fixed_effects]


@pytest.mark.parametrize("name", GRAVITY)
def test_gravity_effects_absorb_what_happens_to_a_city_or_a_partner_in_a_period(name):
    parts = chosen(name, noise_that_leaves_constants_harmless(name), fixed_effects="gravity")
    rng = np.random.default_rng(5)
    period = parts.frame["period"].to_numpy() - parts.frame["period"].min()
    city = pd.factorize(parts.frame["city"])[0]
    partner = pd.factorize(parts.frame["partner"])[0]
    booms = rng.normal(size=(100, 100))[city, period] + rng.normal(size=(100, 100))[partner, period]
    assert_same(name, fitted(name, parts).estimate, fitted(name, parts.moved(booms)).estimate)
    assert OUTCOME in parts.frame
