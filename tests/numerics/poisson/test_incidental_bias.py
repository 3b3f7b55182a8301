"""Weidner and Zylkin's bias and leverage against sums written out dyad by dyad."""

import numpy as np
from case_tables import loop_over

from twintrade.numerics.poisson.bias_correction import DyadPanel, compute_incidental_bias
from twintrade.numerics.poisson.fit import fit_poisson

DENSE = 1e-8
"""Pseudo-inverses of matrices with condition numbers of about 1e4, two routes."""


def fitted(seed, n=6, t=4, n_slopes=2, missing=0.0, dyads=True):
    rng = np.random.default_rng(seed)
    i, j, s = (a.ravel() for a in np.meshgrid(np.arange(n), np.arange(n + 1), np.arange(t), indexing="ij"))
    keep = rng.random(i.size) >= missing
    i, j, s = i[keep], j[keep], s[keep]
    x = rng.normal(size=(i.size, n_slopes)) + 0.3 * rng.normal(size=(n, t))[i, s][:, None]
    mean = np.exp(0.3 * x.sum(axis=1) + rng.normal(scale=0.4, size=(n, n + 1))[i, j])
    y = rng.poisson(3 * mean).astype(float)
    codes = [i * t + s, j * t + s, *([i * (n + 1) + j] if dyads else [])]
    codes = [np.unique(c, return_inverse=True)[1] for c in codes]
    fit = fit_poisson(y, x, codes)
    rows = fit.rows
    dyad = np.unique(i[rows] * (n + 1) + j[rows], return_inverse=True)[1]
    shape = (dyad.max() + 1, t)
    mean, score, regressors = np.zeros(shape), np.zeros(shape), np.zeros((*shape, n_slopes))
    mean[dyad, s[rows]] = fit.mu
    score[dyad, s[rows]] = y[rows] - fit.mu
    regressors[dyad, s[rows]] = fit.x_tilde
    first = np.unique(dyad, return_index=True)[1]
    return DyadPanel(i[rows][first], j[rows][first], mean, score, regressors, dyads)


def dense(panel):
    """The formulas, one dyad, one end and one slope at a time."""
    n_dyads, t = panel.mean.shape
    n_slopes = panel.regressors.shape[2]
    information, third = np.zeros((n_dyads, t, t)), np.zeros((n_slopes, n_dyads, t, t))
    for p in range(n_dyads):
        lam = panel.mean[p]
        total = lam.sum()
        for a in range(t):
            for b in range(t):
                information[p, a, b] = (a == b) * lam[a] - (lam[a] * lam[b] / total if panel.has_dyad_effects else 0)
                for c in range(t):
                    cumulant = (a == b == c) * lam[a]
                    if panel.has_dyad_effects:
                        cumulant -= (a == b) * lam[a] * lam[c] / total
                        cumulant -= (a == c) * lam[a] * lam[b] / total
                        cumulant -= (b == c) * lam[b] * lam[a] / total
                        cumulant += 2 * lam[a] * lam[b] * lam[c] / total**2
                    third[:, p, a, b] -= cumulant * panel.regressors[p, c]
    w = np.mean([panel.regressors[p].T @ information[p] @ panel.regressors[p] for p in range(n_dyads)], axis=0)
    bias = np.zeros(n_slopes)
    for ends in (panel.origin, panel.destination):
        size = ends.max() + 1
        per_end = n_dyads / size
        for k in range(n_slopes):
            trace = 0.0
            for e in range(size):
                members = np.flatnonzero(ends == e)
                inverse = np.linalg.pinv(sum(information[p] for p in members), rcond=1e-10)
                one = sum(np.outer(information[p] @ panel.regressors[p, :, k], panel.score[p]) for p in members)
                two = sum(np.outer(panel.score[p], panel.score[p]) for p in members)
                g = sum(third[k, p] for p in members)
                trace += -np.trace(inverse @ one) + 0.5 * np.trace(inverse @ g @ inverse @ two)
            bias[k] += size / (size - 1) * trace / size / per_end
    adjusted = np.zeros((n_dyads, n_slopes))
    n_origins = panel.origin.max() + 1
    full = np.zeros(((n_origins + panel.destination.max() + 1) * t,) * 2)
    pick = []
    for p in range(n_dyads):
        d = np.zeros((t, full.shape[0]))
        for a in range(t):
            d[a, panel.origin[p] * t + a] = d[a, (n_origins + panel.destination[p]) * t + a] = 1
        pick.append(d)
        full += d.T @ information[p] @ d
    inverse = np.linalg.pinv(full, rcond=1e-10)
    for p in range(n_dyads):
        x = panel.regressors[p]
        v = pick[p] @ inverse @ pick[p].T + x @ np.linalg.inv(w) @ x.T / n_dyads
        adjusted[p] = x.T @ np.linalg.solve(np.eye(t) - information[p] @ v, panel.score[p])
    return np.linalg.inv(w) @ bias, adjusted


@loop_over("dyads", [True, False])
@loop_over("missing", [0.0, 0.15])
@loop_over("n_slopes", [1, 2])
def test_bias_and_leverage_equal_the_written_out_sums(n_slopes, missing, dyads):
    panel = fitted(3, n_slopes=n_slopes, missing=missing, dyads=dyads)
    found = compute_incidental_bias(panel)
    bias, adjusted = dense(panel)
    np.testing.assert_allclose(found.bias, bias, rtol=DENSE, atol=1e-12)
    np.testing.assert_allclose(found.adjusted_scores, adjusted, rtol=1e-6, atol=1e-8)


def test_the_currency_unit_changes_neither_bias_nor_errors():
    panel = fitted(7)
    scaled = DyadPanel(panel.origin, panel.destination, 1e6 * panel.mean, 1e6 * panel.score, panel.regressors)
    one, many = compute_incidental_bias(panel), compute_incidental_bias(scaled)
    np.testing.assert_allclose(many.bias, one.bias, rtol=1e-9)
    np.testing.assert_allclose(many.adjusted_scores @ many.bread, one.adjusted_scores @ one.bread, rtol=1e-7)


def test_order_and_names_of_places_change_nothing():
    panel = fitted(8)
    rng = np.random.default_rng(0)
    shuffled = rng.permutation(panel.mean.shape[0])
    renamed = rng.permutation(panel.origin.max() + 1)
    other = DyadPanel(
        renamed[panel.origin[shuffled]],
        panel.destination[shuffled],
        panel.mean[shuffled],
        panel.score[shuffled],
        panel.regressors[shuffled],
    )
    np.testing.assert_allclose(compute_incidental_bias(other).bias, compute_incidental_bias(panel).bias, rtol=1e-9)
    np.testing.assert_allclose(
        compute_incidental_bias(other).adjusted_scores,
        compute_incidental_bias(panel).adjusted_scores[shuffled],
        rtol=1e-7,
    )


def test_exchanging_the_two_ends_changes_nothing():
    panel = fitted(9)
    other = DyadPanel(panel.destination, panel.origin, panel.mean, panel.score, panel.regressors)
    np.testing.assert_allclose(compute_incidental_bias(other).bias, compute_incidental_bias(panel).bias, rtol=1e-9)
