"""Conley-Taber and Ferman-Pinto against the definition, and what they refuse."""

import numpy as np
import pandas as pd
import pytest
from single_cases import factor_matrix, matrix_design

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import SyntheticControl
from twintrade.estimators.twfe import TWFE
from twintrade.inference.conley_taber import ConleyTaber
from twintrade.inference.ferman_pinto import FermanPinto, rescaled
from twintrade.inference.few_treated import GroupErrors, group_errors

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
    bands = ConleyTaber().infer(fitted, "overall", np.random.default_rng(1))
    change = values[:, 6:].mean(axis=1) - values[:, :6].mean(axis=1)
    errors = change[1:] - change[1:].mean()
    effect = change[0] - change[1:].mean()
    assert bands.estimate.effects[0] == pytest.approx(effect, abs=EXACT)
    found = group_errors(fitted, "overall", "unit", None).values[0, :, 0]
    np.testing.assert_allclose(np.sort(found), np.sort(errors), atol=EXACT)
    assert bands.p[0] == pytest.approx((1 + (np.abs(errors) >= abs(effect)).sum()) / 30)
    assert np.isnan(bands.low[0])
    assert {m.code for m in bands.messages} == {"no-interval"}
    assert np.isfinite(ConleyTaber(level=0.9).infer(fitted, "overall", np.random.default_rng(1)).low[0])


def test_several_treated_units_draw_as_many_controls():
    values = values_of(60)
    values[:3, 6:] += 5.0
    bands = ConleyTaber(draws=999).infer(
        fit(TWFE(shape="static"), panel_design(values, 2006, 3)), "overall", np.random.default_rng(1)
    )
    assert bands.low[0] < 5.0 < bands.high[0]
    assert bands.p[0] == pytest.approx(1 / 1000)


def test_equal_sizes_leave_conley_taber():
    fitted = fit(TWFE(shape="static"), panel_design(values_of(), 2006))
    one = ConleyTaber(level=0.9).infer(fitted, "overall", np.random.default_rng(1))
    other = FermanPinto(level=0.9, size="size").infer(fitted, "overall", np.random.default_rng(1))
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
    np.testing.assert_allclose(rescaled(errors)[0, :, 0], 0.5, atol=1e-9)


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
