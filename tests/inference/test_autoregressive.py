"""One series against its own serial correlation: a hand computation, ends of the interval, size where HAC fails."""

import numpy as np
import pytest
from single_cases import matrix_design

from benchmarks.agreement_panels import draw_errors
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.interrupted_series import InterruptedSeries
from twintrade.estimators.twfe import TWFE
from twintrade.inference.dependence import Autoregressive, Hac
from twintrade.numerics.series import GRID, RestrictedSeries, draw_ar_errors

ONSET = 2016


def draw_series(seed, effect=0.0, rho=0.6, n_periods=31):
    values = 3 + draw_errors(np.random.default_rng(seed), (2, 1), rho, True, n_periods)[:, 0]
    values[0, ONSET - 2000 :] += effect
    return values


def infer(values, view="overall", **options):
    return Autoregressive(**options).infer(
        fit(InterruptedSeries(), matrix_design(values, ONSET)), view, np.random.default_rng(5)
    )


def test_p_counts_series_without_an_effect_that_are_as_far_from_zero():
    values, draws = draw_series(1, 2.0), 199
    found = infer(values, draws=draws, lags=1)
    time = np.arange(31.0) - 16
    after = (time >= 0) * 1.0
    x = np.column_stack([np.ones(31), time, after, after * time])
    null = x[:, :2]
    left = values[0] - null @ np.linalg.lstsq(null, values[0], rcond=None)[0]
    seed = int(np.random.default_rng(5).integers(2**31))
    medians = RestrictedSeries.of(x, null, 1, np.random.default_rng(seed)).medians
    rho = np.interp(left[1:] @ left[:-1] / (left[:-1] @ left[:-1]), medians, GRID)
    errors = draw_ar_errors(left, np.random.default_rng(seed), draws, rho)

    def t(y):
        slopes = np.linalg.lstsq(x, y, rcond=None)[0]
        score = np.linalg.pinv(x).T @ [0, 0, 1, 7] * (y - x @ slopes)
        return abs(slopes[2] + 7 * slopes[3]) / np.sqrt(score @ score + score[1:] @ score[:-1])

    count = sum(t(e) >= t(values[0]) for e in errors)
    assert found.p[0] == pytest.approx((1 + count) / (draws + 1))


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.9])
def test_the_autoregression_is_as_large_as_it_is_in_half_of_the_series(rho):
    time = np.arange(20.0)
    null = np.column_stack([np.ones(20), time])
    series = RestrictedSeries.of(null, null, 2, np.random.default_rng(1))
    drawn = draw_errors(np.random.default_rng(2), (1, 1000), rho, False, 20)[0]
    left = drawn - drawn @ series.null @ series.null.T
    found = (left[:, 1:] * left[:, :-1]).sum(axis=1) / (left[:, :-1] ** 2).sum(axis=1)
    above = np.mean(np.interp(found, series.medians, GRID) > rho)
    assert abs(above - 0.5) <= 3 * np.sqrt(0.25 / 1000) + 0.02


def test_the_interval_holds_what_is_not_rejected():
    values = draw_series(2, 4.0)
    found, step = infer(values), (np.arange(2000, 2031) >= ONSET)
    for end, inward in ((found.low[0], 1), (found.high[0], -1)):
        shift = 0.05 * (found.high[0] - found.low[0])
        for value, holds in ((end + inward * shift, True), (end - inward * shift, False)):
            assert (infer(values - np.outer([1, 0], value * step)).p[0] > 0.05) == holds


def test_every_event_time_from_the_onset_has_a_number():
    found = infer(draw_series(3), "event", draws=49)
    assert found.p.shape == (15,)
    assert ((found.low < found.estimate.effects) & (found.estimate.effects < found.high)).all()


def test_a_series_that_its_line_fits_exactly_has_no_number():
    values = np.vstack([np.arange(31.0) + 2 * (np.arange(31) >= 16), np.ones(31)])
    assert np.isnan(infer(values).p).all()


@pytest.mark.parametrize("draws", [39, 9])
def test_interval_and_p_agree_about_zero(draws):
    for seed in range(12):
        found = infer(draw_series(seed, 0.3 * seed), "event", draws=draws)
        assert ((found.p <= 0.05 + 1e-9) == ((found.low > 0) | (found.high < 0))).all()


def test_a_panel_is_refused():
    fitted = fit(TWFE(shape="static"), matrix_design(draw_series(4), ONSET))
    with pytest.raises(InferenceError, match="one series"):
        Autoregressive().infer(fitted, "overall", np.random.default_rng(1))


def test_true_nulls_are_kept_where_errors_over_time_reject_them():
    rejected = np.zeros(2)
    for seed in range(60):
        fitted = fit(InterruptedSeries(), matrix_design(draw_series(seed, rho=0.8), ONSET))
        methods = (Hac(draws=1), Autoregressive(draws=39))
        rejected += [m.infer(fitted, "overall", np.random.default_rng(seed)).p[0] <= 0.05 for m in methods]
    assert rejected[0] / 60 > 0.2
    assert rejected[1] / 60 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
