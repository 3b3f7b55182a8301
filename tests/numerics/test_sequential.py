"""A sequential placebo rank: exactly floor(alpha (J + 1)) labels ever ring, and sets hold at every look together."""

from itertools import combinations

import numpy as np
import pytest
import scipy

from twintrade.numerics.sequential import (
    build_sets,
    compute_asymptotic_widths,
    compute_left_out_residuals,
    compute_ring_share,
    count_allowed,
    find_bounds,
    find_bounds_without_each,
    find_crossings,
    find_rise_seen,
    remove_two_way,
    score_portfolios,
)

BOUNDARIES = ("linear", "obrien_fleming", "pocock")


def draw_scores(rng, n_labels: int, n_looks: int) -> np.ndarray:
    """Return paths with serial dependence, heavy tails, and shocks that all labels share."""
    own = rng.standard_t(3, (n_labels, n_looks)) + rng.normal(size=(n_labels, 1))
    return np.cumsum(own, axis=1) * np.exp(rng.normal()) + rng.normal(size=n_looks)


def rings(scores: np.ndarray, label: int, allowed: np.ndarray) -> bool:
    """Whether a label, taken for the watched one, exceeds the bound that all others draw."""
    return bool((np.abs(scores[label]) > find_bounds(np.delete(scores, label, axis=0), allowed)).any())


@pytest.mark.parametrize("share", [0.1, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_of_all_labels_exactly_the_share_that_is_allowed_ever_rings(boundary, share):
    """The proof of item 3: arrays in three shapes, every label, to the digit; 2,000 of them on the slow side."""
    rng = np.random.default_rng(20270101)
    for n_labels, n_looks, alpha, most in ((40, 8, 0.10, 400), (31, 12, 0.05, 200), (20, 3, 0.10, 67)):
        times = round(share * most)
        allowed = count_allowed(n_labels, alpha, boundary, n_looks)
        expected = np.floor(alpha * n_labels + 1e-9) / n_labels
        for _ in range(times):
            scores = draw_scores(rng, n_labels, n_looks)
            assert (find_crossings(scores, allowed) < n_looks).mean() == expected
            assert np.mean([rings(scores, label, allowed) for label in range(n_labels)]) == expected


def test_spending_ends_with_the_whole_share_and_orders_the_boundaries():
    linear, late, early = (count_allowed(1000, 0.10, name, 10) for name in BOUNDARIES)
    assert linear[-1] == late[-1] == early[-1] == 100
    assert linear.tolist() == list(range(10, 101, 10))
    assert late[0] == 0
    assert (late <= linear).all()
    assert (early >= linear).all()


def test_bounds_without_each_are_those_of_leaving_out_one_by_one():
    rng = np.random.default_rng(2)
    for _ in range(20):
        scores, allowed = draw_scores(rng, 30, 6), count_allowed(30, 0.2, "linear", 6)
        alone = [find_bounds(np.delete(scores, label, axis=0), allowed) for label in range(30)]
        np.testing.assert_array_equal(find_bounds_without_each(scores, allowed), alone)


def test_a_control_that_signed_counts_as_crossed_and_makes_no_alarm_likelier():
    rng = np.random.default_rng(3)
    allowed = count_allowed(40, 0.10, "linear", 8)
    for _ in range(100):
        scores = draw_scores(rng, 40, 8)
        signed = scores.copy()
        signed[5, 3:] = np.inf
        at = find_crossings(signed, allowed)
        assert at[5] < 8
        assert (at < 8).sum() == 4


def test_sets_hold_at_all_looks_together_whatever_the_path_of_the_effect():
    """Enumerated: of all labels the share whose effect path is ever left is the share that rings without effect."""
    rng = np.random.default_rng(4)
    allowed, path = count_allowed(40, 0.10, "linear", 8), np.linspace(0.3, -0.5, 8)
    scores = draw_scores(rng, 40, 8)
    bounds = find_bounds_without_each(scores, allowed)
    sets = [build_sets(scores[label] + path, bounds[label]) for label in range(40)]
    assert np.mean([((s["low"] <= path + 1e-9) & (path <= s["high"] + 1e-9)).all() for s in sets]) == 0.90


def test_the_intersection_is_empty_for_an_effect_that_cannot_have_been_constant():
    sets = build_sets(np.array([1.0, 0.2, -1.0]), np.array([np.inf, 0.5, 0.5]))
    assert sets["low"][0] == -np.inf
    np.testing.assert_allclose(sets["constant_high"], [np.inf, 0.7, -0.5])
    assert sets["constant_low"][2] > sets["constant_high"][2]


def test_the_share_that_rings_grows_from_alpha_with_the_effect():
    rng = np.random.default_rng(5)
    scores, allowed = rng.normal(size=(200, 8)).cumsum(axis=1) / np.arange(1, 9), count_allowed(200, 0.1, "linear", 8)
    bounds = find_bounds_without_each(scores, allowed)
    shares = [compute_ring_share(scores, bounds, effect)[-1] for effect in (0.0, 0.5, 1.0, 3.0)]
    assert shares[0] == 0.10
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    rise = find_rise_seen(scores, bounds)
    assert compute_ring_share(scores, bounds, rise[-1] + 1e-9)[-1] >= 0.8
    assert (np.diff(rise) <= 0).all()


@pytest.mark.parametrize("missing", [False, True])
def test_left_out_residuals_are_those_of_a_regression_without_the_portfolio(missing):
    rng = np.random.default_rng(6)
    city, partner = (codes.ravel() for codes in np.indices((4, 5)))
    y = rng.normal(size=(20, 3))
    if missing:
        y[rng.choice(20, 2, replace=False), 1] = np.nan
    portfolios = np.array([[0, 7, 12], [3, 4, 19]])
    fast = compute_left_out_residuals(remove_two_way(y, city, partner), portfolios)
    x = np.hstack([np.eye(4)[city], np.eye(5)[partner]])
    for b, portfolio in enumerate(portfolios):
        for t in range(3):
            rows = np.isfinite(y[:, t]) & ~np.isin(np.arange(20), portfolio)
            beta = np.linalg.lstsq(x[rows], y[rows, t], rcond=None)[0]
            np.testing.assert_allclose(fast[b, :, t], y[portfolio, t] - x[portfolio] @ beta, atol=1e-9)


def test_a_portfolio_that_is_all_of_a_city_has_no_residual():
    city, partner = (codes.ravel() for codes in np.indices((3, 3)))
    table = remove_two_way(np.random.default_rng(7).normal(size=(9, 2)), city, partner)
    assert np.isnan(compute_left_out_residuals(table, np.array([[0, 1, 2]]))).all()
    assert np.isfinite(compute_left_out_residuals(table, np.array([[0, 4]]))).all()


def test_the_score_is_the_mean_since_signing_less_the_season_before():
    """By hand: two pairs, of two seasons a year, the second signs a year later."""
    residuals = np.array([[[1.0, 3, 1, 3, 2, 4, 2, 4], [0, 0, 0, 0, 9, 9, 1, 3]]])
    scored = score_portfolios(residuals, 4, np.array([4, 6]), np.array([1.0, 3.0]), np.array([4, 5, 6, 7]), seasons=2)
    np.testing.assert_allclose(scored, [[1.0, 1.0, (1 + 3 * 1) / 4, (1 + 3 * 2) / 4]])


def test_the_asymptotic_sequence_is_the_papers_and_tightest_where_asked():
    n = np.arange(1, 401)

    def width(rho2: float, n: np.ndarray) -> np.ndarray:
        return np.sqrt(2 * (n * rho2 + 1) / (n**2 * rho2) * np.log(np.sqrt(n * rho2 + 1) / 0.10))

    best = scipy.optimize.minimize_scalar(lambda log: width(np.exp(log), np.array([60.0]))[0], bounds=(-12, 3))
    np.testing.assert_allclose(compute_asymptotic_widths(n, 1.0, 0.10, 60), width(np.exp(best.x), n), rtol=1e-6)
    np.testing.assert_allclose(compute_asymptotic_widths(n, 2.5, 0.10, 60), 2.5 * width(np.exp(best.x), n), rtol=1e-6)


def test_every_portfolio_of_a_small_table_rings_alike():
    """The watched portfolio is one of all: with each in its place, the share that rings is the nominal one."""
    rng = np.random.default_rng(8)
    city, partner = (codes.ravel() for codes in np.indices((3, 4)))
    table = remove_two_way(rng.normal(size=(12, 9)).cumsum(axis=1), city, partner)
    portfolios = np.array(list(combinations(range(12), 2)))
    residuals = compute_left_out_residuals(table, portfolios)
    scores = score_portfolios(residuals, 4, np.array([4, 4]), np.ones(2), np.arange(4, 9))
    allowed = count_allowed(len(portfolios), 0.10, "linear", 5)
    shares = np.mean([rings(scores, label, allowed) for label in range(len(portfolios))])
    assert shares == np.floor(6.6) / 66
