"""Conformal, prediction intervals, synthetic DiD errors: against hand counts, golden numbers and truth."""

import numpy as np
import pandas as pd
import pytest
from reference_results import read_data, read_results
from single_cases import dyad_design, factor_matrix, matrix_design, rectangle_frame

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import DoubleRatio, SyntheticControl, SyntheticDid
from twintrade.inference.conformal import Conformal, PredictionIntervals, SyntheticDidVariance, compute_null_residuals
from twintrade.inference.placebo import refit_donor_placebos
from twintrade.inference.randomization import Randomization
from twintrade.numerics.series import compute_moving_block_p, invert_p_values

JACKKNIFE = 1e-3  # tests/golden/data/README: weights of the reference software stop early
PLACEBO = 0.15  # 400 against 400 random assignments


def case(effect=0.0, n_periods=26, onset=2020, seed=5):
    values = factor_matrix(np.random.default_rng(seed), n_units=16, n_periods=n_periods)
    values[0, onset - 2000 :] += effect
    return fit(SyntheticControl(), matrix_design(values, onset))


def test_moving_block_p_counts_shifts():
    residuals = np.array([1.0, -1.0, 2.0, 0.5, 3.0, -3.0])
    # sums of two neighbors, cyclic: 2, 3, 2.5, 3.5, 6, 4
    assert compute_moving_block_p(residuals, 2) == pytest.approx(1 / 6)
    assert compute_moving_block_p(np.roll(residuals, 2), 2) == pytest.approx(5 / 6)


def test_a_large_effect_reaches_the_floor_and_says_how_long_the_pre_period_is():
    bands = Conformal().infer(case(effect=8.0), "event", np.random.default_rng(1))
    after = bands.estimate.event_times >= 0
    np.testing.assert_allclose(bands.p[after], 1 / 21)
    assert np.isnan(bands.p[~after]).all()
    assert "20 periods before" in str(bands.note)
    assert ((bands.low < bands.estimate.effects) & (bands.estimate.effects < bands.high))[after].all()


def test_ends_of_the_interval_are_where_the_test_turns():
    fitted = case()
    bands = Conformal(level=0.8).infer(fitted, "overall", np.random.default_rng(1))
    estimator, single = SyntheticControl(), SyntheticControl().case(fitted.design)
    untreated = single.dated(2026)

    def p_of(value):
        return compute_moving_block_p(compute_null_residuals(estimator, untreated, single.is_after, value), 6)

    width = bands.high[0] - bands.low[0]
    for end, inward in ((bands.low[0], 1), (bands.high[0], -1)):
        assert p_of(end + inward * 0.01 * width) > 0.2 >= p_of(end - inward * 0.01 * width)


def test_an_interval_needs_enough_periods_before():
    bands = Conformal().infer(case(n_periods=16, onset=2010), "event", np.random.default_rng(1))
    assert np.isnan(bands.low).all()
    assert {m.code for m in bands.messages} == {"short-pre-period", "no-interval"}


def test_conformal_refuses_what_cannot_be_fitted_as_untreated():
    fitted = fit(SyntheticDid(), matrix_design(factor_matrix(np.random.default_rng(1)), 2015))
    with pytest.raises(InferenceError, match="take placebo"):
        Conformal().infer(fitted, "event", np.random.default_rng(1))


def test_conformal_works_for_a_double_ratio():
    frame = rectangle_frame(n_periods=24, noise=0.1)
    hit = (frame["city"] == "c0") & (frame["partner"] == "p0") & (frame["year"] >= 2020)
    frame.loc[hit, "exports"] *= np.exp(1.0)
    bands = Conformal().infer(fit(DoubleRatio(), dyad_design(frame, {"c0-p0": 2020})), "overall", None)
    assert bands.p[0] == pytest.approx(1 / 24)
    assert bands.low[0] < 1.0 < bands.high[0]


def test_inversion_finds_known_ends_and_says_when_there_are_none():
    low, high = invert_p_values(lambda x: float(abs(x - 3) < 2), 3.0, 0.5, 0.05)
    assert (low, high) == pytest.approx((1.0, 5.0), abs=1e-3)
    assert invert_p_values(lambda x: 1.0, 0.0, 1.0, 0.05) == (-np.inf, np.inf)
    assert np.isnan(invert_p_values(lambda x: 0.0, 0.0, 1.0, 0.05)).all()


def test_prediction_intervals_have_two_parts():
    fitted = case(effect=2.0)
    normal, safe = (
        PredictionIntervals(noise=noise).infer(fitted, "event", np.random.default_rng(1))
        for noise in ("normal", "subgaussian")
    )
    after = normal.estimate.event_times >= 0
    assert np.isnan(normal.low[~after]).all()
    assert (safe.high - safe.low > normal.high - normal.low)[after].all()
    assert ((normal.low < 2.0) & (normal.high > 2.0))[after].mean() > 0.8


def test_prediction_intervals_need_weights():
    fitted = fit(DoubleRatio(), dyad_design(rectangle_frame(), {"c0-p0": 2006}))
    with pytest.raises(InferenceError, match="donor weights"):
        PredictionIntervals().infer(fitted, "event", np.random.default_rng(1))


def golden_design(frame, unit, period, outcome, treated):
    panel = Panel.from_frame(frame, unit=unit, period=period)
    onset = frame[frame[treated] == 1].groupby(unit)[period].min()
    return Design(panel=panel, treatment=Treatment.from_series(onset.reindex(panel.units)), outcome=outcome)


@pytest.mark.parametrize(("kind", "key"), [("sdid", "synthdid"), ("did", "did")])
def test_jackknife_of_the_reference(kind, key):
    frame = read_data("sim_balanced").query("g in [0, 8]")
    frame = frame.assign(id=frame["id"].astype(str), d=((frame["g"] == 8) & (frame["t"] >= 8)).astype(int))
    reference = read_results("synthdid", f"sim_balanced_block_{key}_jackknife")
    fitted = fit(SyntheticDid(kind=kind), golden_design(frame, "id", "t", "y", "d"))
    bands = SyntheticDidVariance(method="jackknife").infer(fitted, "overall", np.random.default_rng(1))
    assert bands.se[0] == pytest.approx(reference["jackknife_se"], rel=JACKKNIFE)


@pytest.mark.parametrize(("kind", "key"), [("sdid", "synthdid"), ("did", "did"), ("sc", "sc")])
def test_placebo_errors_of_the_reference(kind, key):
    frame = read_data("california_prop99")
    reference = read_results("synthdid", f"prop99_{key}_placebo_se")
    fitted = fit(SyntheticDid(kind=kind), golden_design(frame, "State", "Year", "PacksPerCapita", "treated"))
    bands = SyntheticDidVariance(draws=400).infer(fitted, "overall", np.random.default_rng(1))
    assert bands.se[0] == pytest.approx(reference["se"], rel=PLACEBO)


def block(n_treated=6):
    values = factor_matrix(np.random.default_rng(11), n_units=40, n_periods=16)
    frame = pd.DataFrame(
        {"unit": np.repeat([f"u{i:02d}" for i in range(40)], 16), "year": np.tile(range(2000, 2016), 40)}
    ).assign(y=values.ravel())
    panel = Panel.from_frame(frame, unit="unit", period="year")
    onset = np.where(np.arange(40) < n_treated, 2010.0, np.inf)
    return Design(panel=panel, treatment=Treatment(units=panel.units, onset=onset), outcome="y")


def test_three_errors_are_of_one_size():
    fitted = fit(SyntheticDid(), block())
    se = {
        m: SyntheticDidVariance(method=m).infer(fitted, "overall", np.random.default_rng(2)).se[0]
        for m in ("placebo", "bootstrap", "jackknife")
    }
    assert max(se.values()) < 2 * min(se.values())


def test_event_errors_come_with_the_overall_one():
    bands = SyntheticDidVariance(draws=50).infer(fit(SyntheticDid(), block()), "event", np.random.default_rng(2))
    assert np.isfinite(bands.se).all()
    assert bands.covariance.shape == (bands.se.size, bands.se.size)


@pytest.mark.parametrize("method", ["bootstrap", "jackknife"])
def test_one_treated_unit_bears_placebo_errors_only(method):
    fitted = fit(SyntheticDid(), block(1))
    with pytest.raises(InferenceError, match="one treated unit; take placebo"):
        SyntheticDidVariance(method=method).infer(fitted, "overall", np.random.default_rng(2))
    assert SyntheticDidVariance(draws=20).infer(fitted, "overall", np.random.default_rng(2)).se[0] > 0


def test_placebos_by_arrays_are_placebos_by_refitted_designs():
    fitted = fit(DoubleRatio(), dyad_design(rectangle_frame(noise=0.2), {"c0-p0": 2006}))
    by_arrays = refit_donor_placebos(fitted, ["event"])
    design, onset = fitted.design.without(["c0-p0"]), fitted.design.onset
    for donor, found in zip(by_arrays.donors, by_arrays.effects["event"], strict=True):
        moved = np.where(design.panel.units == donor, 2006.0, np.inf)
        refit = fitted.refit(design.reassigned(moved))
        np.testing.assert_allclose(found, refit.estimate.effects, atol=1e-10)
    assert len(by_arrays.donors) == 29
    assert np.isfinite(onset).sum() == 1


def test_weights_chosen_from_the_outcome_have_no_interval_by_inversion():
    fitted = fit(SyntheticDid(), block(3))
    bands = Randomization(draws=19).infer(fitted, "overall", np.random.default_rng(2))
    assert 0 < bands.p[0] <= 1
    assert np.isnan(bands.low).all()
    assert np.isnan(bands.high).all()
    assert "no-interval" in {m.code for m in bands.messages}
