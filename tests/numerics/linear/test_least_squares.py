"""Least squares after absorption against dense dummies, and the naming of collinear regressors."""

import numpy as np
import pytest

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.absorb import build_absorber
from twintrade.numerics.linear.regression import fit_least_squares

# Both sides solve well-conditioned problems in float64.
CLOSE = 1e-9


def panel(seed, n=300):
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, 40, n), rng.integers(0, 8, n), rng.integers(0, 5, n)]
    return rng, codes, rng.normal(size=(n, 3)), rng.exponential(size=n)


@pytest.mark.parametrize("weighted", [False, True])
def test_coefficients_equal_dense_dummies(weighted):
    rng, codes, X, weights = panel(0)
    y = X @ [1.0, -2.0, 0.5] + codes[0] + rng.normal(size=len(X))
    root = np.sqrt(weights) if weighted else np.ones(len(X))
    dense = np.hstack([X, *[np.eye(int(c.max()) + 1)[c] for c in codes]])
    want = np.linalg.lstsq(root[:, None] * dense, root * y, rcond=1e-12)[0]
    fit = fit_least_squares(y, X, build_absorber(codes, weights if weighted else None))
    np.testing.assert_allclose(fit.coefficients, want[:3], rtol=CLOSE)
    np.testing.assert_allclose(fit.residuals, y - dense @ want, atol=1e-8)
    gram = (fit.x_tilde * (root**2)[:, None]).T @ fit.x_tilde
    np.testing.assert_allclose(fit.bread @ gram, np.eye(3), atol=1e-10)
    assert 0 < fit.within_r2 < 1
    assert fit.collinear == ()


def test_collinear_columns_are_named_with_what_explains_them():
    rng, codes, X, _ = panel(1)
    by_level = rng.normal(size=40)[codes[0]]
    columns = np.column_stack([X[:, 0], by_level, X[:, 1], 2 * X[:, 0] - 3 * X[:, 1] + by_level, X[:, 2]])
    fit = fit_least_squares(
        rng.normal(size=len(X)), columns, build_absorber(codes), names=["a", "level", "b", "mix", "c"]
    )
    assert fit.kept.tolist() == [0, 2, 4]
    first, second = fit.collinear
    assert (first.column, first.name, first.columns, str(first.explained_by)) == (1, "level", (), "the fixed effects")
    assert (second.column, second.columns, str(second.explained_by)) == (3, (0, 2), "a, b")


def test_nearly_collinear_columns_are_kept():
    rng, codes, X, _ = panel(2)
    columns = np.column_stack([X[:, 0], X[:, 0] + 1e-6 * X[:, 1]])
    y = columns @ [1.0, 1.0] + rng.normal(size=len(X)) * 1e-9
    fit = fit_least_squares(y, columns, build_absorber(codes))
    assert fit.kept.tolist() == [0, 1]
    np.testing.assert_allclose(fit.coefficients.sum(), 2.0, rtol=1e-8)


def test_scales_of_columns_do_not_matter():
    rng, codes, X, _ = panel(3)
    y = rng.normal(size=len(X))
    plain = fit_least_squares(y, X, build_absorber(codes))
    scaled = fit_least_squares(y * 1e12, X * [1e-9, 1.0, 1e9], build_absorber(codes))
    np.testing.assert_allclose(scaled.coefficients, plain.coefficients * 1e12 / np.array([1e-9, 1.0, 1e9]), rtol=1e-8)


def test_no_regressors_leaves_the_residuals_of_the_effects():
    rng, codes, X, _ = panel(4)
    y = rng.normal(size=len(X))
    fit = fit_least_squares(y, np.empty((len(y), 0)), build_absorber(codes))
    assert fit.coefficients.shape == (0,)
    assert fit.bread.shape == (0, 0)
    np.testing.assert_allclose(fit.residuals, build_absorber(codes).residualize(y[:, None])[:, 0])


def test_missing_values_are_named():
    rng, codes, X, _ = panel(5)
    y = rng.normal(size=len(X))
    y[17] = np.nan
    with pytest.raises(EstimationError, match="first: row 17"):
        fit_least_squares(y, X, build_absorber(codes))
    X[3, 1] = np.inf
    with pytest.raises(EstimationError, match="Regressor 1"):
        fit_least_squares(np.ones(len(X)), X, build_absorber(codes))
    with pytest.raises(EstimationError, match="do not match"):
        fit_least_squares(np.ones(3), X, build_absorber(codes))
