import numpy as np
import pytest
from case_tables import loop_over
from scipy.optimize import minimize

from twintrade.errors import EstimationError
from twintrade.numerics.simplex import predictor_weights
from twintrade.numerics.simplex.predictor_weights import fit_simplex_weights

OPTIMAL = 1e-9  # of the largest slope: the optimality conditions of an exact active-set solution
SLOW = 1e-6  # a general-purpose optimizer stops here


def problem(n_rows, n_weights, seed):
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n_rows, 3)).cumsum(axis=0)
    values = factors @ rng.normal(0.5, 1, (3, n_weights + 1)) + 0.3 * rng.normal(size=(n_rows, n_weights + 1)) + 10
    return values[:, 1:], values[:, 0]


def slopes(columns, target, weights, ridge):
    return columns.T @ (columns @ weights - target) + ridge * weights


@loop_over("ridge", [0.0, 0.1, 50.0])
@loop_over(("n_rows", "n_weights"), [(3, 40), (12, 50), (60, 20), (20, 300)])
def test_no_direction_inside_the_simplex_improves(n_rows, n_weights, ridge):
    columns, target = problem(n_rows, n_weights, n_rows + n_weights)
    weights = fit_simplex_weights(columns, target, ridge)
    slope = slopes(columns, target, weights, ridge)
    level = slope @ weights
    size = np.abs(columns.T @ target).max()
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    assert (slope - level).min() >= -OPTIMAL * size
    assert np.abs((slope - level)[weights > 0]).max() <= OPTIMAL * size


def test_a_general_optimizer_finds_nothing_better():
    columns, target = problem(12, 15, 4)
    weights = fit_simplex_weights(columns, target)
    slow = minimize(
        lambda w: ((columns @ w - target) ** 2).sum(),
        np.full(15, 1 / 15),
        bounds=[(0, 1)] * 15,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    feasible = np.maximum(slow.x, 0) / np.maximum(slow.x, 0).sum()
    losses = [((columns @ w - target) ** 2).sum() for w in (weights, feasible)]
    assert losses[0] <= losses[1] * (1 + 1e-12)
    assert losses[0] == pytest.approx(losses[1], rel=SLOW)


@pytest.mark.parametrize("factor", [1e-6, 1e9])
def test_the_unit_of_money_does_not_matter(factor):
    columns, target = problem(12, 50, 5)
    weights = fit_simplex_weights(columns, target)
    np.testing.assert_allclose(fit_simplex_weights(factor * columns, factor * target), weights, atol=1e-9)


def test_adding_the_same_to_everyone_in_a_period_does_not_matter():
    columns, target = problem(12, 50, 6)
    shift = np.random.default_rng(1).normal(size=12) * 100
    moved = fit_simplex_weights(columns + shift[:, None], target + shift)
    np.testing.assert_allclose(moved, fit_simplex_weights(columns, target), atol=1e-9)


def test_a_perfect_twin_takes_all_the_weight():
    columns, target = problem(8, 10, 7)
    columns[:, 3] = target
    np.testing.assert_array_equal(fit_simplex_weights(columns, target), np.eye(10)[3])


def test_a_heavy_ridge_gives_equal_weights():
    columns, target = problem(8, 10, 8)
    np.testing.assert_allclose(fit_simplex_weights(columns, target, 1e12), 0.1, atol=1e-6)


def test_nothing_to_weigh_and_infinite_outcomes_are_refused():
    columns, target = problem(8, 10, 9)
    with pytest.raises(EstimationError, match="no donor"):
        fit_simplex_weights(columns[:, :0], target)
    columns[0, 0] = -np.inf
    with pytest.raises(EstimationError, match="zeros under logs"):
        fit_simplex_weights(columns, target)


@loop_over("seed", range(5))
def test_the_dual_and_the_rows_give_the_same_weights(seed, monkeypatch):
    columns, target = problem(20, 300, seed)
    for ridge in (1e-3, 0.1, 50.0) * np.array(((columns - target[:, None]) ** 2).sum(axis=0).mean()):
        dual = fit_simplex_weights(columns, target, ridge)
        with monkeypatch.context() as patched:
            patched.setattr(predictor_weights, "_by_dual", lambda distances, ridge: None)
            rows = fit_simplex_weights(columns, target, ridge)
        np.testing.assert_allclose(dual, rows, atol=1e-10)
        np.testing.assert_array_equal(dual > 0, rows > 0)
