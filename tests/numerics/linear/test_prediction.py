"""Identified cells, leverage and projection weights against dense pseudo-inverses."""

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.absorb import build_absorber
from twintrade.numerics.absorption.annihilators import build_annihilator
from twintrade.numerics.linear.regression import (
    compute_projection_weights,
    find_identified,
    find_leverage_one,
    find_resting,
    fit_least_squares,
)

# Both sides are float64 least squares on small random designs.
CLOSE = 1e-7


def problem(seed):
    rng = np.random.default_rng(seed)
    n, m, k = int(rng.integers(20, 120)), 40, int(rng.integers(1, 5))
    sizes = [int(rng.integers(2, max(3, n // 3))) for _ in range(k)]
    fit = [rng.integers(0, size, n) for size in sizes]
    new = [rng.integers(0, size, m) for size in sizes]
    dense = [np.hstack([np.eye(s)[c] for s, c in zip(sizes, codes, strict=True)]) for codes in (fit, new)]
    return rng, fit, new, *dense


@loop_over("seed", range(60))
def test_identified_cells_lie_in_the_row_space(seed):
    _, fit, new, D, D_new = problem(seed)
    inside = np.abs(D_new - D_new @ np.linalg.pinv(D) @ D).max(axis=1) < 1e-8
    np.testing.assert_array_equal(find_identified(fit, new), inside)


def test_some_cells_with_known_levels_are_not_identified():
    """A cell that joins two components has both levels and still no prediction."""
    city, partner = np.array([0, 0, 1, 1]), np.array([0, 1, 2, 3])
    assert find_identified([city, partner], [np.array([0, 0, 5]), np.array([1, 2, 1])]).tolist() == [
        True,
        False,
        False,
    ]
    extra = [city, partner, np.zeros(4, dtype=np.int64)]
    cells = [np.array([0, 0, 5]), np.array([1, 2, 1]), np.zeros(3, dtype=np.int64)]
    assert find_identified(extra, cells).tolist() == [True, False, False]


@loop_over("seed", range(30))
def test_leverage_is_the_diagonal_of_the_projector(seed):
    rng, fit, _, D, _ = problem(seed)
    weights = rng.exponential(size=fit[0].size)
    want = np.diag(D @ np.linalg.pinv(D.T @ (weights[:, None] * D)) @ D.T) * weights
    none = np.empty((weights.size, 0))
    np.testing.assert_allclose(build_annihilator(fit, none, weights).compute_leverage(), want, atol=1e-8)
    plain = np.diag(D @ np.linalg.pinv(D))
    unweighted = build_annihilator(fit, none, np.ones(weights.size))
    np.testing.assert_allclose(unweighted.compute_leverage(), plain, atol=1e-8)
    np.testing.assert_array_equal(find_leverage_one(fit), plain > 1 - 1e-8)


@loop_over("seed", range(60))
def test_what_rests_on_a_row_is_lost_with_it(seed):
    """Delete each lone row in turn: the cells that are then no longer identified are those that rest on it."""
    rng, fit, new, D, D_new = problem(seed)
    alone = find_leverage_one(fit) & (rng.uniform(size=fit[0].size) < 0.8)
    own_resting, own_carrying = np.zeros(40, dtype=bool), np.zeros(alone.size, dtype=bool)

    def list_inside(rows):
        return np.abs(D_new - D_new @ np.linalg.pinv(rows) @ rows).max(axis=1) < 1e-8

    for row in np.flatnonzero(alone):
        lost = list_inside(D) & ~list_inside(np.delete(D, row, axis=0))
        own_resting |= lost
        own_carrying[row] = lost.any()
    resting, carrying = find_resting(fit, new, alone)
    np.testing.assert_array_equal(resting, own_resting)
    np.testing.assert_array_equal(carrying, own_carrying)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("with_covariates", [False, True])
def test_projection_weights_equal_the_pseudo_inverse(seed, with_covariates):
    rng, fit, new, D, D_new = problem(seed)
    weights = rng.exponential(size=fit[0].size)
    X, X_new = (rng.normal(size=(len(codes[0]), 2)) for codes in (fit, new))
    if D.shape[0] - np.linalg.matrix_rank(D) < 5:
        pytest.skip("too few rows for covariates")
    v = rng.normal(size=(40, 3)) * find_identified(fit, new)[:, None]
    Z, Z_new = (np.hstack([D, X]), np.hstack([D_new, X_new])) if with_covariates else (D, D_new)
    want = weights[:, None] * Z @ np.linalg.pinv(Z.T @ (weights[:, None] * Z)) @ Z_new.T @ v
    covariates = (X, X_new) if with_covariates else (None, None)
    found = compute_projection_weights(fit, new, v, *covariates, weights)
    np.testing.assert_allclose(found, want, atol=CLOSE * max(1.0, np.abs(want).max()))


def test_projection_weights_reproduce_predictions_from_coefficients():
    rng = np.random.default_rng(3)
    city, partner, period = (axis.ravel() for axis in np.indices((9, 7, 6)))
    codes = [city * 7 + partner, city * 6 + period, partner * 6 + period]
    fitted = rng.random(city.size) < 0.8
    fit, new = [c[fitted] for c in codes], [c[~fitted] for c in codes]
    X, y = rng.normal(size=(city.size, 1)), rng.normal(size=city.size)
    model = fit_least_squares(y[fitted], X[fitted], build_absorber(fit))
    rest = y[fitted] - X[fitted] @ model.coefficients
    known = find_identified(fit, new)
    assert known.sum() > 0
    effects = build_absorber(fit).effect_coefficients(rest)
    predicted = X[~fitted] @ model.coefficients + sum(a[c] for a, c in zip(effects, new, strict=True))
    v = rng.random((known.size, 2)) * known[:, None]
    omega = compute_projection_weights(fit, new, v, X[fitted], X[~fitted])
    np.testing.assert_allclose(omega.T @ y[fitted], v[known].T @ predicted[known], rtol=1e-9)


def test_unidentified_sums_are_refused():
    city, partner = np.array([0, 0, 1, 1]), np.array([0, 1, 2, 3])
    with pytest.raises(EstimationError, match="do not determine"):
        compute_projection_weights([city, partner], [np.array([0]), np.array([2])], np.ones((1, 1)))
    with pytest.raises(EstimationError, match="no fitting row has"):
        compute_projection_weights([city, partner], [np.array([3]), np.array([2])], np.ones((1, 1)))
