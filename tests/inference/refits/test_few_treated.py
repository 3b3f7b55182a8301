"""Conley-Taber and Ferman-Pinto against the definition, and what they refuse."""

import numpy as np
import pandas as pd
import pytest
from single_cases import factor_matrix, matrix_design

import twintrade.inference.refits.few_treated as few_treated
from twintrade.design import Design, Panel, Treatment
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import SyntheticControl
from twintrade.estimators.twfe import TWFE
from twintrade.inference.conley_taber import ConleyTaber, FermanPinto, estimate_position_variances, rescale_errors
from twintrade.inference.refits.few_treated import (
    GroupErrors,
    compute_reassigned_effects,
    draw_reassignments,
    group_residuals,
)

EXACT = 1e-9


def panel_design(values, onset, n_treated=1, size=None):
    n_units, n_periods = values.shape
    frame = pd.DataFrame(
        {
            "unit": np.repeat([f"u{i:03d}" for i in range(n_units)], n_periods),
            "year": np.tile(np.arange(2000, 2000 + n_periods), n_units),
            "y": values.ravel(),
            "size": np.repeat(np.ones(n_units) if size is None else size, n_periods),
        }
    )
    panel = Panel.from_frame(frame, unit="unit", period="year")
    onsets = np.where(np.arange(n_units) < n_treated, float(onset), np.inf)
    return Design(panel=panel, treatment=Treatment(units=panel.units, onset=onsets), outcome="y")


def values_of(n_units=30, n_periods=12, seed=4):
    return factor_matrix(np.random.default_rng(seed), n_units=n_units, n_periods=n_periods, factors=1)


def test_one_treated_unit_is_ranked_among_before_after_differences():
    values = values_of()
    fitted = fit(TWFE(shape="static"), panel_design(values, 2006))
    bands = ConleyTaber(null="free").infer(fitted, "overall", np.random.default_rng(1))
    change = values[:, 6:].mean(axis=1) - values[:, :6].mean(axis=1)
    errors = change[1:] - change[1:].mean()
    effect = change[0] - change[1:].mean()
    assert bands.estimate.effects[0] == pytest.approx(effect, abs=EXACT)
    found = group_residuals(fitted, "overall", "unit", None).errors().values[0, :, 0]
    np.testing.assert_allclose(np.sort(found), np.sort(errors), atol=EXACT)
    assert bands.p[0] == pytest.approx((1 + (np.abs(errors) >= abs(effect)).sum()) / 30)
    assert np.isnan(bands.low[0])
    assert {m.code for m in bands.messages} == {"no-interval"}
    assert np.isfinite(ConleyTaber(level=0.9, null="free").infer(fitted, "overall", np.random.default_rng(1)).low[0])


def test_several_treated_units_draw_as_many_controls():
    values = values_of(60)
    values[:3, 6:] += 5.0
    bands = ConleyTaber(draws=999, null="free").infer(
        fit(TWFE(shape="static"), panel_design(values, 2006, 3)), "overall", np.random.default_rng(1)
    )
    assert bands.low[0] < 5.0 < bands.high[0]
    assert bands.p[0] == pytest.approx(1 / 1000)


@pytest.mark.parametrize("null", ["imposed", "free"])
@pytest.mark.parametrize("n_treated", [1, 3])
def test_equal_sizes_leave_conley_taber(null, n_treated):
    fitted = fit(TWFE(shape="static"), panel_design(values_of(), 2006, n_treated))
    one = ConleyTaber(level=0.9, null=null).infer(fitted, "overall", np.random.default_rng(1))
    other = FermanPinto(level=0.9, size="size", null=null).infer(fitted, "overall", np.random.default_rng(1))
    np.testing.assert_allclose([one.low, one.high, one.p], [other.low, other.high, other.p], atol=EXACT)


def test_a_small_treated_group_gets_a_wider_interval():
    rng = np.random.default_rng(2)
    size = np.concatenate([[1.0], rng.uniform(20, 100, 59)])
    values = 1.0 + rng.normal(size=(60, 12)) / np.sqrt(size)[:, None]
    fitted = fit(TWFE(shape="static"), panel_design(values, 2006, size=size))
    plain = ConleyTaber(level=0.9).infer(fitted, "overall", rng)
    sized = FermanPinto(level=0.9, size="size").infer(fitted, "overall", rng)
    assert sized.high[0] - sized.low[0] > 2 * (plain.high[0] - plain.low[0])


def test_rescaling_follows_the_fitted_variance():
    sizes = np.array([1.0, 4.0, 16.0])
    errors = GroupErrors(1.0 / np.sqrt(sizes)[None, :, None], np.array([4.0]), sizes)
    np.testing.assert_allclose(rescale_errors(errors)[0, :, 0], 0.5, atol=1e-9)


def test_event_study_effects_are_ranked_too():
    fitted = fit(TWFE(), panel_design(values_of(), 2006))
    bands = ConleyTaber(level=0.9).infer(fitted, "event", np.random.default_rng(1))
    reference = bands.estimate.event_times == -1
    assert np.isnan(bands.p[reference]).all()
    assert np.isfinite(bands.p[~reference]).all()


def test_a_method_without_regression_is_refused():
    fitted = fit(SyntheticControl(), matrix_design(values_of(), 2006))
    with pytest.raises(InferenceError, match="carries no regression"):
        ConleyTaber().infer(fitted, "overall", np.random.default_rng(1))


def test_too_few_untreated_groups_are_refused():
    fitted = fit(TWFE(shape="static"), panel_design(values_of(3), 2006, 2))
    with pytest.raises(InferenceError, match="2 treated and 1 untreated"):
        ConleyTaber().infer(fitted, "overall", np.random.default_rng(1))


def relabelled(values, treated, onset=6):
    """The two-way effect with other units treated, by its closed form on a balanced panel."""
    change = values[:, onset:].mean(axis=1) - values[:, :onset].mean(axis=1)
    is_treated = np.isin(np.arange(len(values)), treated)
    return change[is_treated].mean() - change[~is_treated].mean()


@pytest.mark.parametrize("n_treated", [1, 3])
def test_residuals_under_the_null_that_change_places_are_units_treated_in_turn(n_treated):
    values = values_of()
    found = group_residuals(fit(TWFE(shape="static"), panel_design(values, 2006, n_treated)), "overall", "unit", None)
    orders = draw_reassignments(found, 40, np.random.default_rng(1), every=True)
    fixed_part, slope = compute_reassigned_effects(found, orders)
    effect = relabelled(values, np.arange(n_treated))
    for null in (0.0, 0.7):
        under = values.copy()
        under[:n_treated, 6:] -= null
        wanted = [relabelled(under, order[:n_treated]) for order in orders]
        np.testing.assert_allclose(fixed_part[:, 0] + (effect - null) * slope[:, 0], wanted, atol=EXACT)
    assert orders.shape[0] == (29 if n_treated == 1 else 40)


def test_the_interval_holds_the_effects_that_are_not_rejected():
    values = values_of(40)
    values[:2, 6:] += 0.8

    def inferred(null):
        under = values.copy()
        under[:2, 6:] -= null
        fitted = fit(TWFE(shape="static"), panel_design(under, 2006, 2))
        return ConleyTaber(draws=499, level=0.9).infer(fitted, "overall", np.random.default_rng(5))

    bands = inferred(0.0)
    for end, inward in ((bands.low[0], 1e-6), (bands.high[0], -1e-6)):
        assert inferred(end + inward).p[0] > 0.1
        assert inferred(end - inward).p[0] <= 0.1


@pytest.mark.parametrize("method", [ConleyTaber(), FermanPinto(size="size")])
def test_units_of_measure_and_a_shift_change_no_p_value(method):
    size = np.random.default_rng(3).uniform(1, 9, 30)
    values = values_of()
    first, second = (
        method.infer(fit(TWFE(shape="static"), panel_design(v, 2006, 2, size)), "overall", np.random.default_rng(2))
        for v in (values, 1000 * values + 7)
    )
    assert first.p[0] == second.p[0]
    np.testing.assert_allclose(1000 * first.low, second.low, rtol=1e-8)
    np.testing.assert_allclose(1000 * first.high, second.high, rtol=1e-8)


def test_an_effect_on_the_treated_hides_no_group_and_moves_no_fitted_variance():
    """The variance is fitted to untreated groups: a huge effect leaves it as it is."""
    size = np.random.default_rng(3).uniform(1, 9, 30)
    values, shifted = values_of(), values_of()
    shifted[:2, 6:] += 50.0
    for v in (values, shifted):
        found = group_residuals(fit(TWFE(shape="static"), panel_design(v, 2006, 2, size)), "overall", "unit", "size")
        variances = estimate_position_variances(found)[:2]
        if v is values:
            kept = variances
    np.testing.assert_allclose(variances, kept, rtol=1e-8)


def test_a_treated_group_with_a_gap_keeps_its_place_and_lends_no_residuals():
    values = values_of()
    design = panel_design(values, 2006, 2)
    frame = design.panel.to_frame()[["unit", "period", "y"]]
    frame = frame[~((frame["unit"] == "u000") & (frame["period"] == 2003))]
    panel = Panel.from_frame(frame, unit="unit", period="period")
    onset = np.where(np.arange(30) < 2, 2006.0, np.inf)
    gapped = Design(panel=panel, treatment=Treatment(units=panel.units, onset=onset), outcome="y")
    found = group_residuals(fit(TWFE(shape="static"), gapped), "overall", "unit", None)
    assert found.n_treated == 2
    np.testing.assert_array_equal(found.sources, np.arange(1, 30))
    orders = draw_reassignments(found, 50, np.random.default_rng(1), every=True)
    assert orders.shape == (50, 30)
    assert (orders != 0).all()
    assert ConleyTaber().infer(fit(TWFE(shape="static"), gapped), "overall", np.random.default_rng(1)).p[0] > 0


def test_blocks_of_groups_give_the_same_effects(monkeypatch):
    size = np.random.default_rng(3).uniform(1, 9, 30)
    found = group_residuals(fit(TWFE(), panel_design(values_of(), 2006, 3, size)), "event", "unit", "size")
    orders = draw_reassignments(found, 20, np.random.default_rng(1), every=False)
    whole = compute_reassigned_effects(found, orders, estimate_position_variances(found))
    monkeypatch.setattr(few_treated, "MOST_AT_ONCE", 100)
    np.testing.assert_allclose(
        compute_reassigned_effects(found, orders, estimate_position_variances(found)), whole, atol=1e-12
    )
