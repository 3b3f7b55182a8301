"""The directional test, its bound, and the power of the two tests that the page prints."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from twintrade.diagnostics.pre_period.pretrends import PreEffects
from twintrade.inference.clustering import compute_joint_test

ROUNDING = 1e-10
TIMES = np.array([-5.0, -4.0, -3.0, -2.0])


def made(slope: float = 0.0, df: float = 29.0, fewest: float = 12.0) -> PreEffects:
    x = TIMES + 1
    root = np.tril(np.full((4, 4), 0.3)) + 0.5 * np.eye(4)
    covariance = 0.01 * root @ root.T
    return PreEffects(slope * x, covariance, float(x @ covariance @ x / (x @ x) ** 2), x, df, fewest)


@pytest.mark.parametrize(("df", "fewest"), [(29.0, 12.0), (np.inf, np.inf), (29.0, np.inf)])
def test_the_joint_p_is_that_of_the_printed_test(df, fewest):
    tested = replace(made(0.05, df, fewest), effects=np.array([0.1, -0.2, 0.05, 0.12]))
    printed = compute_joint_test(tested.effects, tested.covariance, df, fewest)
    assert tested.compute_joint_p(tested.effects[None, :])[0] == pytest.approx(printed.p, abs=ROUNDING)


def test_a_straight_line_has_its_slope_and_its_t_test():
    tested = made(0.07)
    assert tested.slope == pytest.approx(0.07, abs=ROUNDING)
    t = 0.07 / np.sqrt(tested.slope_variance)
    assert tested.slope_p == pytest.approx(2 * stats.t.sf(t, 29), abs=ROUNDING)
    assert tested.bound_slope() == pytest.approx(0.07 + stats.t.ppf(0.975, 29) * np.sqrt(tested.slope_variance))


def test_without_a_trend_the_verdict_objects_no_more_often_than_it_says():
    normal = np.random.default_rng(1).standard_normal((40_000, 4))
    known = made(df=np.inf, fewest=np.inf)
    size = known.compute_power(0.0, normal)
    assert 0.03 < size < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 40_000)


def test_power_grows_with_the_trend_and_its_inverse_finds_it():
    normal = np.random.default_rng(2).standard_normal((4_000, 4))
    tested = made()
    powers = [tested.compute_power(slope, normal) for slope in (0.0, 0.02, 0.05, 0.1)]
    assert powers == sorted(powers)
    assert tested.compute_power(tested.find_slope(0.8, normal), normal) == pytest.approx(0.8, abs=0.01)


def test_what_passes_looks_flatter_than_it_is():
    normal = np.random.default_rng(3).standard_normal((20_000, 4))
    tested = made()
    slope = tested.find_slope(0.5, normal)
    passed = tested.average_passed(slope, normal)
    assert 0 < passed @ tested.regressor / (tested.regressor @ tested.regressor) < slope
