"""Products or months summed to city × partner × period before estimating: where exact, and where not."""

import numpy as np
import pytest

from twintrade.numerics.absorption.absorb import build_absorber
from twintrade.numerics.linear.regression import fit_least_squares
from twintrade.numerics.poisson.fit import fit_poisson

ITERATED = 1e-9
"""Two Poisson fits that stop at 1e-13 of the linear predictor."""

SHAPE = (9, 7, 6)
N_PRODUCTS = 5


@pytest.fixture(scope="module")
def long():
    """Flows by product, most of them zero, with everything that enters the model constant within a cell."""
    rng = np.random.default_rng(21)
    city, partner, period = (axis.ravel() for axis in np.indices(SHAPE))
    codes = [city * SHAPE[1] + partner, city * SHAPE[2] + period, partner * SHAPE[2] + period]
    onset = np.where(rng.random(SHAPE[0] * SHAPE[1]) < 0.4, rng.integers(2, 5, SHAPE[0] * SHAPE[1]), 99)
    X = np.column_stack([period >= onset[codes[0]], rng.normal(size=city.size)]).astype(float)
    index = sum(rng.normal(0, 0.5, int(code.max()) + 1)[code] for code in codes) + X @ [0.4, 0.2] - 1.5
    flows = rng.poisson(np.exp(index)[:, None] * rng.dirichlet(np.full(N_PRODUCTS, 0.5), city.size) * N_PRODUCTS)
    traded = rng.integers(1, N_PRODUCTS + 1, city.size)
    return flows.astype(float), X, codes, traded


def errors(fit, y, dyad, weights=None):
    """Standard errors by dyad."""
    residual = (y[fit.rows] - fit.mu) * (1.0 if weights is None else weights[fit.rows])
    sums = np.column_stack([np.bincount(dyad[fit.rows], residual * column) for column in fit.x_tilde.T])
    return np.sqrt(np.diag(fit.bread @ sums.T @ sums @ fit.bread))


def test_poisson_on_sums_is_poisson_on_products(long):
    """A dyad without trade, its rows dropped as separated, included."""
    flows, X, codes, _ = long
    flows = flows.copy()
    flows[codes[0] == 3] = 0.0
    summed = fit_poisson(flows.sum(axis=1), X, codes)
    rows = np.repeat(np.arange(X.shape[0]), N_PRODUCTS)
    by_product = fit_poisson(flows.ravel(), X[rows], [code[rows] for code in codes])
    np.testing.assert_allclose(summed.coefficients, by_product.coefficients, rtol=ITERATED)
    np.testing.assert_array_equal(np.unique(rows[by_product.rows]), summed.rows)
    assert summed.rows.size < X.shape[0]
    np.testing.assert_allclose(
        errors(summed, flows.sum(axis=1), codes[0]), errors(by_product, flows.ravel(), codes[0][rows]), rtol=1e-8
    )
    np.testing.assert_allclose(np.bincount(rows[by_product.rows], by_product.mu)[summed.rows], summed.mu, rtol=1e-7)


def test_unequal_numbers_of_products_enter_as_an_offset(long):
    """Cells with few products are small because few are counted: sums need the logarithm of their number."""
    flows, X, codes, traded = long
    kept = np.arange(N_PRODUCTS) < traded[:, None]
    rows = np.nonzero(kept)[0]
    by_product = fit_poisson(flows[kept], X[rows], [code[rows] for code in codes])
    sums = np.where(kept, flows, 0.0).sum(axis=1)
    with_offset = fit_poisson(sums, X, codes, offset=np.log(traded))
    np.testing.assert_allclose(with_offset.coefficients, by_product.coefficients, rtol=ITERATED)
    assert np.abs(fit_poisson(sums, X, codes).coefficients - by_product.coefficients).max() > 1e-3


def test_effects_by_product_and_period_stop_the_sums_from_being_exact(long):
    flows, X, codes, _ = long
    rows = np.repeat(np.arange(X.shape[0]), N_PRODUCTS)
    product = np.tile(np.arange(N_PRODUCTS), X.shape[0])
    separate = [codes[0][rows] * N_PRODUCTS + product, codes[1][rows], codes[2][rows] * N_PRODUCTS + product]
    by_product = fit_poisson(flows.ravel(), X[rows], separate)
    assert np.abs(by_product.coefficients - fit_poisson(flows.sum(axis=1), X, codes).coefficients).max() > 1e-3


def test_least_squares_on_weighted_means_is_least_squares_on_products(long):
    flows, X, codes, traded = long
    kept = np.arange(N_PRODUCTS) < traded[:, None]
    rows = np.nonzero(kept)[0]
    by_product = fit_least_squares(flows[kept], X[rows], build_absorber([code[rows] for code in codes]))
    means = np.where(kept, flows, 0.0).sum(axis=1) / traded
    weights = traded.astype(float)
    on_means = fit_least_squares(means, X, build_absorber(codes, weights))
    np.testing.assert_allclose(on_means.coefficients, by_product.coefficients, rtol=ITERATED)
    np.testing.assert_allclose(on_means.bread, by_product.bread, rtol=1e-8)
    within = (flows[kept] - means[rows]) @ (flows[kept] - means[rows])
    between = weights @ on_means.residuals**2
    assert between + within == pytest.approx(by_product.residuals @ by_product.residuals, rel=ITERATED)
