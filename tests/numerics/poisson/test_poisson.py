"""Poisson with absorbed effects against dense maximum likelihood, its invariances, and what bad input says."""

import tracemalloc

import numpy as np
import pytest
from case_tables import loop_over
from scipy.special import gammaln, xlogy

from twintrade.errors import EstimationError
from twintrade.numerics.poisson import fit, steps
from twintrade.numerics.poisson.fit import fit_poisson
from twintrade.text import Text

# Coefficients are promised to 1e-9; the dense twin iterates to about the same.
COEFFICIENTS = 1e-8
# Score equations relative to the total outcome, computed in float64 over some hundred rows.
SCORES = 1e-9


def panel(seed, n_cities=12, n_partners=8, n_periods=6, level=0.5):
    rng = np.random.default_rng(seed)
    city, partner, period = (axis.ravel() for axis in np.indices((n_cities, n_partners, n_periods)))
    kept = rng.random(city.size) < 0.85
    city, partner, period = city[kept], partner[kept], period[kept]
    codes = [city * n_partners + partner, city * n_periods + period, partner * n_periods + period]
    X = np.column_stack([rng.random(city.size) < 0.3, rng.normal(size=city.size)]).astype(float)
    shift = sum(rng.normal(0, 0.5, int(code.max()) + 1)[code] for code in codes)
    y = rng.poisson(np.exp(level + shift + X @ [0.25, 0.1])).astype(float)
    return rng, y, X, codes


def dense_fit(y, X, codes, weights=None, offset=None):
    """Newton steps on all dummies; returns coefficients of X, means, and the log-likelihood less its constant."""
    design = np.hstack([X, *[np.eye(int(c.max()) + 1)[c] for c in codes]])
    weights = np.ones(y.size) if weights is None else weights
    offset = np.zeros(y.size) if offset is None else offset
    mu = 0.5 * (y + y.mean())
    eta = np.log(mu)
    for _ in range(40):
        root = np.sqrt(weights * mu)
        working = eta - offset + (y - mu) / mu
        b = np.linalg.lstsq(root[:, None] * design, root * working, rcond=1e-9)[0]
        eta = design @ b + offset
        mu = np.exp(eta)
    return b[: X.shape[1]], mu, weights @ (y * eta - mu)


@pytest.mark.parametrize("variant", ["plain", "weights", "offset", "both"])
def test_coefficients_means_and_deviance_equal_the_dense_fit(variant):
    rng, y, X, codes = panel(0)
    weights = rng.exponential(size=y.size) + 0.1 if variant in ("weights", "both") else None
    offset = rng.normal(size=y.size) if variant in ("offset", "both") else None
    fit = fit_poisson(y, X, codes, weights, offset)
    rows = fit.rows
    part = (None if weights is None else weights[rows], None if offset is None else offset[rows])
    coefficients, mu, _ = dense_fit(y[rows], X[rows], [c[rows] for c in codes], *part)
    np.testing.assert_allclose(fit.coefficients, coefficients, rtol=COEFFICIENTS)
    np.testing.assert_allclose(fit.mu, mu, rtol=1e-6)
    weight = fit.mu if weights is None else fit.mu * weights[rows]
    design = np.hstack([np.eye(int(c.max()) + 1)[c[rows]] for c in codes])
    assert np.abs(design.T @ (weight[:, None] * fit.x_tilde)).max() < 1e-6 * weight.sum()
    np.testing.assert_allclose(np.linalg.inv((fit.x_tilde * weight[:, None]).T @ fit.x_tilde), fit.bread, rtol=1e-6)
    np.testing.assert_allclose(fit.residuals, (y[rows] - fit.mu) / fit.mu)
    np.testing.assert_allclose(np.exp(fit.eta), fit.mu)


def test_mcfadden_measure_equals_the_dense_likelihoods():
    _, y, X, codes = panel(1)
    fit = fit_poisson(y, X, codes)
    kept = y[fit.rows]
    constant = gammaln(kept + 1).sum()
    loglik = dense_fit(kept, X[fit.rows], [c[fit.rows] for c in codes])[2] - constant
    mean = kept.mean()
    null = (kept * np.log(mean) - mean).sum() - constant
    np.testing.assert_allclose(fit.loglik, loglik, rtol=1e-9)
    np.testing.assert_allclose(fit.null_deviance, 2 * (xlogy(kept, kept) - kept * np.log(mean)).sum(), rtol=1e-9)
    np.testing.assert_allclose(fit.pseudo_r2, 1 - loglik / null, rtol=1e-8)
    np.testing.assert_allclose(fit.deviance, 2 * (xlogy(kept, kept) - kept - gammaln(kept + 1)).sum() - 2 * loglik)


@pytest.mark.parametrize("k", [0, 2])
def test_fitted_means_reproduce_the_sums_of_every_level(k):
    _, y, X, codes = panel(2)
    fit = fit_poisson(y, X[:, :k], codes)
    for code in codes:
        want, found = np.bincount(code[fit.rows], y[fit.rows]), np.bincount(code[fit.rows], fit.mu)
        np.testing.assert_allclose(found, want, atol=SCORES * y.sum())
    np.testing.assert_allclose(X[fit.rows, :k].T @ (y[fit.rows] - fit.mu), 0, atol=SCORES * y.sum())


@pytest.mark.parametrize("unit", [1e-9, 1e3, 1e12])
def test_the_currency_unit_does_not_matter(unit):
    _, y, X, codes = panel(3)
    plain, scaled = fit_poisson(y, X, codes), fit_poisson(y * unit, X, codes)
    np.testing.assert_allclose(scaled.coefficients, plain.coefficients, rtol=1e-9)
    np.testing.assert_allclose(scaled.mu, plain.mu * unit, rtol=1e-7)
    np.testing.assert_allclose(scaled.bread * unit, plain.bread, rtol=1e-8)


def test_a_deflator_by_city_period_or_partner_period_does_not_matter_without_noise():
    rng, _, X, codes = panel(4)
    mean = np.exp(X @ [0.25, 0.1] + rng.normal(size=int(codes[0].max()) + 1)[codes[0]])
    deflated = mean * rng.lognormal(0, 1, int(codes[1].max()) + 1)[codes[1]]
    deflated *= rng.lognormal(0, 1, int(codes[2].max()) + 1)[codes[2]]
    np.testing.assert_allclose(fit_poisson(mean, X, codes).coefficients, [0.25, 0.1], rtol=1e-9)
    np.testing.assert_allclose(fit_poisson(deflated, X, codes).coefficients, [0.25, 0.1], rtol=1e-9)


def test_row_order_and_labels_do_not_matter():
    rng, y, X, codes = panel(5)
    order = rng.permutation(y.size)
    relabeled = [rng.permutation(int(c.max()) + 1)[c][order] for c in codes]
    first, second = fit_poisson(y, X, codes), fit_poisson(y[order], X[order], relabeled)
    np.testing.assert_allclose(second.coefficients, first.coefficients, rtol=1e-9)
    assert np.array_equal(np.sort(order[second.rows]), first.rows)


def test_repeating_is_bit_identical_and_leaves_the_input_alone():
    _, y, X, codes = panel(6)
    before = (y.copy(), X.copy(), [c.copy() for c in codes])
    first, second = fit_poisson(y, X, codes), fit_poisson(y, X, codes)
    assert np.array_equal(first.coefficients, second.coefficients)
    assert np.array_equal(first.mu, second.mu)
    assert np.array_equal(y, before[0])
    assert np.array_equal(X, before[1])
    assert all(np.array_equal(a, b) for a, b in zip(codes, before[2], strict=True))


def test_dummies_of_large_fits_take_a_byte_each_and_move_no_number(monkeypatch):
    rng, y, _, codes = panel(6, n_cities=40, n_partners=30)
    dummies = (rng.integers(0, 45, y.size)[:, None] == np.arange(30)).astype(float)
    for columns, is_less in ((dummies, True), (dummies * 0.5, False)):
        fits, peaks = [], []
        for most in (10**9, 0):
            monkeypatch.setattr(fit, "MOST_WHOLE", most)
            tracemalloc.start()
            fits.append(fit_poisson(y, columns, codes))
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert np.array_equal(fits[0].coefficients, fits[1].coefficients)
        assert np.array_equal(fits[0].x_tilde, fits[1].x_tilde)
        assert (peaks[1] < peaks[0] - 0.5 * columns.nbytes) == is_less


def test_effect_coefficients_predict_cells_that_were_not_fitted():
    rng, _, X, codes = panel(7)
    mean = np.exp(X @ [0.25, 0.1] + sum(rng.normal(size=int(c.max()) + 1)[c] for c in codes))
    fitted = rng.random(mean.size) < 0.8
    fit = fit_poisson(mean[fitted], X[fitted], [c[fitted] for c in codes])
    total = sum(values[code] for values, code in zip(fit.effect_coefficients, codes, strict=True))
    predicted = np.exp(X @ fit.coefficients + total)
    np.testing.assert_allclose(predicted[fitted], fit.mu, rtol=1e-9)
    known = np.isfinite(predicted)
    assert known[~fitted].sum() > 50
    np.testing.assert_allclose(predicted[known], mean[known], rtol=1e-7)


def test_cells_summed_over_months_give_the_same_fit():
    rng, _, X, codes = panel(8)
    months = rng.poisson(1.0, size=(X.shape[0], 4)).astype(float)
    long = fit_poisson(months.ravel(), np.repeat(X, 4, axis=0), [np.repeat(c, 4) for c in codes])
    np.testing.assert_allclose(
        fit_poisson(months.sum(axis=1), X, codes).coefficients, long.coefficients, rtol=COEFFICIENTS
    )


def test_integer_weights_equal_repeated_rows_and_zero_weights_equal_absent_ones():
    rng, y, X, codes = panel(9)
    times = rng.integers(0, 4, y.size)
    weighted = fit_poisson(y, X, codes, times.astype(float))
    repeated = fit_poisson(np.repeat(y, times), np.repeat(X, times, axis=0), [np.repeat(c, times) for c in codes])
    np.testing.assert_allclose(weighted.coefficients, repeated.coefficients, rtol=COEFFICIENTS)
    assert np.array_equal(weighted.separated[0].rows, np.flatnonzero(times == 0))
    assert weighted.separated[0].cause == "weight of zero"


def test_singletons_are_listed_and_change_no_coefficient():
    _, y, X, codes = panel(10)
    codes = [np.append(code, code.max() + 1) for code in codes]
    y, X = np.append(y, 7.0), np.vstack([X, [[1.0, 3.0]]])
    kept, dropped = fit_poisson(y, X, codes), fit_poisson(y[:-1], X[:-1], [code[:-1] for code in codes])
    assert y.size - 1 in kept.singletons
    np.testing.assert_allclose(dropped.coefficients, kept.coefficients, rtol=COEFFICIENTS)
    np.testing.assert_allclose(kept.mu[kept.rows == y.size - 1], 7.0)


def test_a_regressor_that_the_effects_absorb_is_listed():
    rng, y, X, codes = panel(11)
    columns = np.column_stack([X[:, 0], rng.normal(size=int(codes[1].max()) + 1)[codes[1]], X[:, 1]])
    fit = fit_poisson(y, columns, codes, names=["twinned", "city boom", "distance"])
    assert fit.kept.tolist() == [0, 2]
    assert fit.collinear[0].name == "city boom"
    assert fit.collinear[0].explained_by == Text("numerics.fixed-effects")
    np.testing.assert_allclose(fit.coefficients, fit_poisson(y, X, codes).coefficients, rtol=COEFFICIENTS)


def test_flows_over_many_orders_of_magnitude_converge():
    rng, _, X, codes = panel(12)
    mean = np.exp(X @ [0.25, 0.1] + sum(rng.normal(0, 3, int(c.max()) + 1)[c] for c in codes))
    y = mean * rng.gamma(0.5, 2.0, mean.size) * (rng.random(mean.size) < 0.6)
    fit = fit_poisson(y, X, codes)
    for code in codes:
        found = np.bincount(code[fit.rows], fit.mu)
        np.testing.assert_allclose(found, np.bincount(code[fit.rows], y[fit.rows]), atol=SCORES * y.sum())


@loop_over(
    ("fault", "message"),
    [
        ("negative", r"negative in 1 rows \(first: row 5, -2\)"),
        ("missing", r"missing or infinite in 1 rows \(first: row 5\)"),
        ("infinite", r"missing or infinite in 1 rows \(first: row 5\)"),
        ("zero", "zero in every row"),
        ("weights", "Weights must not be negative"),
        ("offset", "offset must be finite"),
        ("no weight", "with a positive weight"),
    ],
)
def test_bad_input_is_named(fault, message):
    _, y, X, codes = panel(13)
    bad = {"negative": -2.0, "missing": np.nan, "infinite": np.inf}
    weights = offset = None
    if fault in bad:
        y[5] = bad[fault]
    elif fault == "zero":
        y[:] = 0.0
    elif fault == "weights":
        weights = np.full(y.size, -1.0)
    elif fault == "no weight":
        weights = np.zeros(y.size)
    else:
        offset = np.full(y.size, np.nan)
    with pytest.raises(EstimationError, match=message):
        fit_poisson(y, X, codes, weights, offset)


@pytest.mark.parametrize(("weighted", "most"), [(False, 5), (True, 6)])
def test_a_first_guess_with_the_sums_of_effects_saves_steps_and_moves_nothing(weighted, most, monkeypatch):
    rng = np.random.default_rng(0)
    c, p, t = (a.ravel() for a in np.meshgrid(np.arange(7), np.arange(24), np.arange(10), indexing="ij"))
    eta = rng.normal(10, 2.0, (7, 24))[c, p] + rng.normal(0, 0.5, (7, 10))[c, t] + rng.normal(0, 0.5, (24, 10))[p, t]
    y = np.exp(eta + rng.normal(0, 0.4, c.size)) * (rng.random(c.size) > 0.2)
    rows = rng.random(c.size) > 0.3
    codes = [one[rows] for one in (c * 24 + p, c * 10 + t, p * 10 + t)]
    X = (rng.random((c.size, 3)) < 0.05)[rows].astype(float)
    weights, offset = (rng.uniform(0.5, 2, X.shape[0]), rng.normal(0, 1, X.shape[0])) if weighted else (None, None)
    quick = fit_poisson(y[rows], X, codes, weights, offset)
    monkeypatch.setattr(steps, "_guess_means", lambda problem: 0.5 * (problem.y + problem.y.mean()))
    slow = fit_poisson(y[rows], X, codes, weights, offset)
    assert quick.iterations <= most < slow.iterations
    np.testing.assert_allclose(quick.coefficients, slow.coefficients, atol=1e-11)
    np.testing.assert_allclose(quick.eta, slow.eta, atol=1e-10)


def test_too_few_iterations_raise():
    _, y, X, codes = panel(14)
    with pytest.raises(EstimationError, match="did not converge in 2 iterations"):
        fit_poisson(y, X, codes, max_iterations=2)
