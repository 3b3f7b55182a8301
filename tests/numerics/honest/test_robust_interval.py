"""Robust intervals against R's HonestDiD 0.2.6, and against properties the paper proves."""

from itertools import pairwise, product

import numpy as np
import pytest
from case_tables import loop_over
from reference_results import read_results, read_vectors

from twintrade.errors import InferenceError
from twintrade.numerics.honest.dual_vertices import DualPolytope
from twintrade.numerics.honest.intervals import (
    EventPath,
    Violation,
    compute_fixed_length,
    compute_folded_quantile,
    compute_least_favorable,
    compute_robust_interval,
    compute_truncated_quantile,
)

FIXED_LENGTH = 1.2e-3
"""Of the interval's length. R takes the folded normal's quantile from a million draws of seed 0: at M = 0, where it
must be 1.95996, that quantile is 1.16e-3 larger, and R's length differs by that share."""

SAME_QUANTILE = {"length": 1e-8, "end": 5e-4}
"""Of the interval's length, where the exact quantile is replaced by R's: lengths agree to how far both optimizers go,
centers to how flat the variance is around its optimum (R stops 4.4e-4 beside it at M = 0 with 33 effects)."""

GRID_STEP = {"smoothness": 1.1e-3, "relative": 0.81e-3}
"""One step of R's grid of 1,000 points over its default range (0.76e-3 when relative), of which R takes the inner
point, plus 0.05e-3 for least favorable critical values from 1,000 draws on each side."""

TRUNCATED = 0.379457737286147
"""R's own grid ends here for the first effect: an end equal to it is no end of the set."""


def path_of(name="BCdata_EventStudy", target=None):
    data = read_vectors(name)
    n_pre, n_post = len(data["prePeriodIndices"]), len(data["postPeriodIndices"])
    weights = np.eye(n_post)[0] if target is None else target
    return EventPath(np.ravel(data["betahat"]), np.array(data["sigma"]), n_pre, weights)


def simulated(seed=0, n_pre=4, n_post=3):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n_pre + n_post, n_pre + n_post)) * 0.05
    covariance = root @ root.T + 0.003 * np.eye(n_pre + n_post)
    estimates = np.concatenate([rng.normal(scale=0.05, size=n_pre), 0.5 + rng.normal(scale=0.05, size=n_post)])
    return EventPath(estimates, covariance, n_pre, np.full(n_post, 1 / n_post))


FIXED = {
    "BC_sd_flci": ("BCdata_EventStudy", None),
    "BC_sd_flci_avg_post": ("BCdata_EventStudy", np.full(4, 0.25)),
    "LW_sd_flci_female_l15": ("LWdata_EventStudy", np.eye(23)[16]),
}


@pytest.mark.parametrize("name", FIXED)
def test_fixed_length_equals_honestdid(name):
    path, result = path_of(*FIXED[name]), read_results("honestdid", name)
    for i, size in enumerate(result["M"]):
        found = compute_robust_interval(
            path, Violation("smoothness", size), "fixed_length", 0.95, np.random.default_rng(0)
        )
        length = result["ub"][i] - result["lb"][i]
        assert found.low == pytest.approx(result["lb"][i], abs=FIXED_LENGTH * length)
        assert found.high == pytest.approx(result["ub"][i], abs=FIXED_LENGTH * length)


def test_the_usual_interval_equals_honestdid():
    path, result = path_of(), read_results("honestdid", "BC_original")
    half = 1.959963984540054 * path.standard_error
    assert path.center - half == pytest.approx(result["lb"][0][0], rel=1e-6)
    assert path.center + half == pytest.approx(result["ub"][0][0], rel=1e-6)


def test_the_optimal_estimator_equals_honestdid():
    path, result = path_of(), read_results("honestdid", "BC_findOptimalFLCI")
    found = compute_fixed_length(path.covariance, path.n_pre, path.target, result["M"], 0.95)
    np.testing.assert_allclose(found.weights, result["optimalVec"], atol=1e-8)
    half = result["optimalHalfLength"][0][0]
    assert found.half_length == pytest.approx(half, rel=FIXED_LENGTH)
    center = float(found.weights @ path.estimates)
    assert center - found.half_length == pytest.approx(result["FLCI"][0], abs=2 * FIXED_LENGTH * half)
    assert center + found.half_length == pytest.approx(result["FLCI"][1], abs=2 * FIXED_LENGTH * half)


@pytest.fixture(scope="module")
def r_normals():
    """A million normals as R draws them after set.seed(0): Mersenne Twister, inversion of 53-bit uniforms."""
    from scipy.special import ndtri

    state, keys = 0, []
    for _ in range(675):
        state = (69069 * state + 1) % 2**32
        keys.append(state)
    twister = np.random.MT19937()
    twister.state = {"bit_generator": "MT19937", "state": {"key": np.array(keys[51:], dtype=np.uint32), "pos": 624}}
    uniform = twister.random_raw(2_000_000).astype(np.float64) * 2.3283064365386963e-10
    return ndtri((np.floor(2**27 * uniform[::2]) + uniform[1::2]) / 2**27)


def test_normals_of_r(r_normals):
    # set.seed(0); rnorm(4) in R.
    assert r_normals[:4] == pytest.approx([1.262954285, -0.326233361, 1.329799263, 1.272429321], abs=1e-9)


@pytest.mark.parametrize(("name", "places"), [("BC_sd_flci", (0, 2)), ("LW_sd_flci_female_l15", (0, 1))])
def test_with_the_quantile_of_r_fixed_length_equals_honestdid_to_rounding(name, places, r_normals, monkeypatch):
    monkeypatch.setattr(
        "twintrade.numerics.honest.intervals.compute_folded_quantile",
        lambda bias, level: float(np.quantile(np.abs(r_normals + abs(bias)), level)),
    )
    path, result = path_of(*FIXED[name]), read_results("honestdid", name)
    for i in places:
        found = compute_robust_interval(
            path, Violation("smoothness", result["M"][i]), "fixed_length", 0.95, np.random.default_rng(0)
        )
        length = result["ub"][i] - result["lb"][i]
        assert found.high - found.low == pytest.approx(length, rel=SAME_QUANTILE["length"])
        assert found.low == pytest.approx(result["lb"][i], abs=SAME_QUANTILE["end"] * length)
        assert found.high == pytest.approx(result["ub"][i], abs=SAME_QUANTILE["end"] * length)


def test_with_the_quantile_of_r_the_chain_differs_by_where_r_stops(r_normals, monkeypatch):
    """At M = 0.02 R's center is 1.6e-3 lengths away and its interval is no shorter: it stopped beside the optimum."""
    monkeypatch.setattr(
        "twintrade.numerics.honest.intervals.compute_folded_quantile",
        lambda bias, level: float(np.quantile(np.abs(r_normals + abs(bias)), level)),
    )
    result = read_results("honestdid_from_did", "mpdta_dr_lpop_universal")
    path = EventPath(np.array(result["betahat"]), np.array(result["vcov"]), 3, np.eye(4)[0])
    smooth = result["sd"]
    for i, size in enumerate(smooth["M"]):
        found = compute_robust_interval(
            path, Violation("smoothness", size), "fixed_length", 0.95, np.random.default_rng(0)
        )
        length = smooth["ub"][i] - smooth["lb"][i]
        assert length * (1 - 2e-5) <= found.high - found.low <= length * (1 + 1e-8)
        if size != 0.02:
            assert found.low == pytest.approx(smooth["lb"][i], abs=SAME_QUANTILE["end"] * length)


TESTS = {
    "BC_sd_conditional": ("smoothness", "conditional", {}),
    "BC_sd_clf": ("smoothness", "least_favorable", {}),
    "BC_sd_cf": ("smoothness", "conditional_fixed_length", {}),
    "BC_sdpb_clf": ("smoothness", "least_favorable", {"bias": "positive"}),
    "BC_sdmon_clf": ("smoothness", "least_favorable", {"monotone": "increasing"}),
    "BC_rm_clf": ("relative_magnitudes", "least_favorable", {}),
    "BC_rm_conditional": ("relative_magnitudes", "conditional", {}),
    "BC_sdrm_clf": ("relative_smoothness", "least_favorable", {}),
}


@loop_over("name", TESTS)
def test_tests_of_moment_inequalities_equal_honestdid(name):
    kind, method, options = TESTS[name]
    result = read_results("honestdid", name)
    step = GRID_STEP["smoothness" if kind == "smoothness" else "relative"]
    for i, size in enumerate(np.atleast_1d(result["M"])):
        found = compute_robust_interval(
            path_of(), Violation(kind, size, **options), method, 0.95, np.random.default_rng(0)
        )
        assert found.low == pytest.approx(result["lb"][i], abs=step)
        if result["ub"][i] == pytest.approx(TRUNCATED, abs=1e-9):
            assert found.high > TRUNCATED - step
        else:
            assert found.high == pytest.approx(result["ub"][i], abs=step)


@loop_over("bias", [0.0, 0.3, 1.0, 5.0, 20.0])
def test_folded_quantile_has_its_probability(bias):
    from scipy.stats import foldnorm

    assert foldnorm.cdf(compute_folded_quantile(bias, 0.95), bias) == pytest.approx(0.95, abs=1e-10)


def test_truncated_quantile_against_scipy():
    from scipy.stats import truncnorm

    for deviation, low, high in ((1.0, -1.0, 2.0), (0.3, 0.5, np.inf), (2.0, -np.inf, 1.0), (1.0, 5.0, 6.0)):
        expected = truncnorm.isf(0.05, low / deviation, high / deviation, scale=deviation)
        assert compute_truncated_quantile(deviation, low, high, 0.05) == pytest.approx(expected, rel=1e-8)


def test_fixed_length_is_shortest_against_a_dense_search():
    path = simulated(3, n_pre=3)
    found = compute_fixed_length(path.covariance, 3, path.target, 0.05, 0.95)
    drift = np.arange(1, 4) @ path.target
    steps = np.linspace(-1.5, 1.5, 121)
    best = np.inf
    for u1, u2 in product(steps, steps):
        # v_t = u_{t-1} - 2 u_t + u_{t+1} with u_0 = drift: nearest to the reference first.
        v = np.array([drift - 2 * u1 + u2, u1 - 2 * u2, u2])
        weights = np.concatenate([v[::-1], path.target])
        error = np.sqrt(weights @ path.covariance @ weights)
        fixed = abs(drift) + sum(abs(np.maximum(np.arange(1, 4) - j, 0) @ path.target) for j in (1, 2))
        bias = 0.05 * (fixed + abs(u1) + abs(u2))
        best = min(best, error * compute_folded_quantile(bias / error, 0.95))
    assert found.half_length <= best + 1e-9
    assert found.half_length == pytest.approx(best, rel=1e-3)


def test_listed_vertices_and_linear_programs_give_the_same(monkeypatch):
    path = simulated(5)
    listed = compute_robust_interval(
        path, Violation("relative_magnitudes", 1.0), "least_favorable", 0.95, np.random.default_rng(1)
    )
    monkeypatch.setattr("twintrade.numerics.honest.dual_vertices.VERTEX_LIMIT", 0)
    solved = compute_robust_interval(
        path, Violation("relative_magnitudes", 1.0), "least_favorable", 0.95, np.random.default_rng(1)
    )
    assert solved.low == pytest.approx(listed.low, abs=1e-6)
    assert solved.high == pytest.approx(listed.high, abs=1e-6)


def many_periods(n_pre, n_post):
    """Effects of an event study with errors that fade over event time around a shared one."""
    times = np.concatenate([np.arange(-n_pre, 0), np.arange(1, n_post + 1)])
    covariance = 0.0025 * (np.exp(-np.abs(times[:, None] - times) / 3) + 0.5)
    mean = np.where(times > 0, 0.2, 0.0)
    estimates = np.random.default_rng(1).multivariate_normal(mean, covariance)
    return EventPath(estimates, covariance, n_pre, np.full(n_post, 1 / n_post))


@pytest.mark.parametrize(
    ("kind", "n_pre", "n_post"),
    [
        ("relative_magnitudes", 6, 8),
        ("relative_smoothness", 3, 4),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (("relative_magnitudes", 3, 4), ("relative_smoothness", 6, 8))
        ),
        *(
            pytest.param(kind, 8, 10, marks=pytest.mark.slow)
            for kind in ("relative_magnitudes", "relative_smoothness")
        ),
    ],
)
def test_ends_move_by_less_than_a_hundredth_of_an_error_from_seed_to_seed(kind, n_pre, n_post):
    path = many_periods(n_pre, n_post)
    found = [
        compute_robust_interval(path, Violation(kind, 1.0), "least_favorable", 0.95, np.random.default_rng(seed))
        for seed in range(4)
    ]
    ends = np.array([(one.low, one.high) for one in found])
    assert (np.ptp(ends, axis=0) < 0.01 * path.standard_error).all()


@pytest.mark.parametrize("is_listed", [True, False])
def test_the_least_favorable_value_is_the_quantile_of_a_million_draws(monkeypatch, is_listed):
    if not is_listed:
        monkeypatch.setattr("twintrade.numerics.honest.dual_vertices.VERTEX_LIMIT", 0)
    rng = np.random.default_rng(3)
    nuisance, root = rng.normal(size=(9, 3)), rng.normal(size=(9, 9))
    polytope = DualPolytope(nuisance, np.sqrt((root**2).sum(axis=1)))
    found = compute_least_favorable(polytope, root, 0.005, np.random.default_rng(0))
    vertices = DualPolytope(nuisance, np.sqrt((root**2).sum(axis=1))).maximizers(root @ rng.normal(size=(9, 2000)))
    exceeded = np.mean(
        [((vertices @ (root @ rng.normal(size=(9, 50_000)))).max(axis=0) > found).mean() for _ in range(20)]
    )
    # four standard deviations of a share of one half percent among a million draws
    assert exceeded == pytest.approx(0.005, abs=4 * np.sqrt(0.005 / 1e6))


def test_vertices_satisfy_the_equations():
    rng = np.random.default_rng(2)
    nuisance, scale = rng.normal(size=(9, 2)), rng.uniform(0.5, 2, 9)
    gamma = DualPolytope(nuisance, scale).argmax(rng.normal(size=9))
    assert gamma @ scale == pytest.approx(1)
    np.testing.assert_allclose(gamma @ nuisance, 0, atol=1e-9)


@pytest.mark.parametrize("method", ["least_favorable", "conditional"])
def test_intervals_widen_with_the_bound(method):
    path = simulated(8)
    found = [
        compute_robust_interval(path, Violation("relative_magnitudes", m), method, 0.95, np.random.default_rng(0))
        for m in (0.25, 0.5, 1, 2)
    ]
    assert all(a.low >= b.low and a.high <= b.high for a, b in pairwise(found))


def test_scaling_the_effects_scales_the_interval():
    path = simulated(9)
    scaled = EventPath(1000 * path.estimates, 1e6 * path.covariance, path.n_pre, path.target)
    one, many = (
        compute_robust_interval(
            p, Violation("relative_magnitudes", 1.0), "least_favorable", 0.95, np.random.default_rng(0)
        )
        for p in (path, scaled)
    )
    assert many.low == pytest.approx(1000 * one.low, rel=1e-4)
    assert many.high == pytest.approx(1000 * one.high, rel=1e-4)


def test_what_does_not_fit_is_refused():
    path = simulated(1)
    with pytest.raises(InferenceError, match="fixed length exist for smoothness"):
        compute_robust_interval(
            path, Violation("relative_magnitudes", 1.0), "fixed_length", 0.95, np.random.default_rng(0)
        )
    short = EventPath(path.estimates[3:], path.covariance[3:, 3:], 1, path.target)
    with pytest.raises(InferenceError, match="needs 2 effects before"):
        compute_robust_interval(
            short, Violation("relative_smoothness", 1.0), "least_favorable", 0.95, np.random.default_rng(0)
        )


@pytest.mark.slow
def test_coverage_under_the_worst_allowed_trend():
    """The first violation is as large after onset as before: with M-bar = 1 the truth stays covered."""
    covariance = 0.01 * (np.eye(6) + 0.5)
    trend = np.array([-0.3, -0.2, -0.1, 0.1, 0.2, 0.3])
    effect = 0.4
    rng = np.random.default_rng(12)
    n_draws = 400
    covered = 0
    for _ in range(n_draws):
        estimates = (
            trend + np.array([0, 0, 0, effect, effect, effect]) + rng.multivariate_normal(np.zeros(6), covariance)
        )
        path = EventPath(estimates, covariance, 3, np.eye(3)[0])
        found = compute_robust_interval(path, Violation("relative_magnitudes", 1.0), "least_favorable", 0.95, rng)
        covered += found.low <= effect <= found.high
    assert covered / n_draws >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / n_draws)
