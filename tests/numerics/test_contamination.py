"""The weights of other policies' effects in a coefficient, against the paper's example and dense formulas."""

import numpy as np
import pytest

from twintrade.numerics.contamination import decompose_coefficient, estimate_alone, mark_absorbed
from twintrade.numerics.poisson import fit_poisson

EXACT = 1e-8  # what the paper's package and its formulas are to agree by


def dummies(codes):
    return (np.asarray(codes)[:, None] == np.unique(codes)).astype(float)


def drawn_strata(seed, n=400, n_strata=5, k=3):
    """Strata with propensities and effects of their own, at most one of k treatments a row."""
    rng = np.random.default_rng(seed)
    stratum = rng.integers(n_strata, size=n)
    chances = rng.dirichlet(np.ones(k + 1), size=n_strata) + 0.1
    arm = np.array([rng.choice(k + 1, p=chances[s] / chances[s].sum()) for s in stratum])
    effects = np.column_stack([np.zeros(n_strata), rng.normal(size=(n_strata, k))])
    y = rng.normal(size=n_strata)[stratum] + effects[stratum, arm] + 0.3 * rng.normal(size=n)
    return y, stratum, arm, rng.uniform(0.5, 2.0, size=n)


def drawn_panel(seed, n_units=30, n_periods=12):
    """A policy from dates of its own, and one that every unit gets in the same period."""
    rng = np.random.default_rng(seed)
    unit, period = np.divmod(np.arange(n_units * n_periods), n_periods)
    starts = rng.choice([3, 5, 8, 99], size=(n_units, 1), p=[0.2, 0.2, 0.2, 0.4])
    since = period[:, None] - starts[unit]
    policies = np.column_stack([since >= 0, period >= 6]).astype(float)
    cells = np.column_stack([np.where(since >= 0, since, 0), period])
    y = rng.normal(size=n_units)[unit] + rng.normal(size=n_periods)[period] + 0.2 * rng.normal(size=unit.size)
    y += policies[:, 0] * (0.2 + 0.05 * cells[:, 0]) + policies[:, 1] * 0.1 * cells[:, 1]
    return y, policies, cells, [unit, period]


def test_the_papers_example_has_weights_of_99_106ths():
    """Half the sample is in each stratum; shares of no treatment and of two are .5, .05, .45 and .1, .45, .45."""
    counts = {(0, 0): 50, (0, 1): 5, (0, 2): 45, (1, 0): 10, (1, 1): 45, (1, 2): 45}
    stratum, arm = np.repeat(np.array(list(counts)), list(counts.values()), axis=0).T
    policies = np.column_stack([arm == 1, arm == 2]).astype(float)
    found = decompose_coefficient(np.zeros(arm.size), policies, stratum[:, None].repeat(2, axis=1), [stratum])
    per_stratum = [[100 * 2 * found.weights[(stratum == s) & (arm == k)].sum() / 100 for s in (0, 1)] for k in (1, 2)]
    np.testing.assert_allclose(per_stratum, [[41 / 106, 171 / 106], [99 / 106, -99 / 106]], atol=1e-12)
    assert found.absolute[0] == pytest.approx(99 / 106, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("weighted", [False, True])
def test_strata_agree_with_the_formulas_of_the_paper(seed, weighted):
    y, stratum, arm, weights = drawn_strata(seed)
    w = weights if weighted else np.ones(y.size)
    arms = dummies(arm)[:, 1:]
    found = decompose_coefficient(
        y, arms, stratum[:, None].repeat(3, axis=1), [stratum], None, w if weighted else None
    )
    # The treatment less its regression on the others and the strata; effects are differences of means by stratum.
    Z, root = np.hstack([dummies(stratum), arms[:, 1:]]), np.sqrt(w)
    twice = arms[:, 0] - Z @ np.linalg.lstsq(Z * root[:, None], arms[:, 0] * root, rcond=None)[0]
    parts = np.zeros(3)
    for k in range(3):
        for s in range(5):
            inside, treated, none = stratum == s, arm == k + 1, arm == 0
            share = w[inside].sum() / w.sum()
            product = np.average((twice * arms[:, k])[inside], weights=w[inside])
            weight = product / np.average(twice**2, weights=w)
            tau = np.average(y[inside & treated], weights=w[inside & treated])
            parts[k] += share * weight * (tau - np.average(y[inside & none], weights=w[inside & none]))
    np.testing.assert_allclose([found.own_part, *found.bias], parts, atol=EXACT)
    X = np.hstack([arms, dummies(stratum)])
    plain = np.linalg.lstsq(X * root[:, None], y * root, rcond=None)[0]
    assert found.coefficient == pytest.approx(plain[0], abs=EXACT)
    assert found.own_part + found.bias.sum() == pytest.approx(found.coefficient, abs=EXACT)
    rows = arm < 2
    one = np.linalg.lstsq((X * root[:, None])[rows][:, [0, *range(3, 8)]], (y * root)[rows], rcond=None)[0][0]
    alone = estimate_alone(y, arms, [stratum], None, w if weighted else None)
    assert alone == pytest.approx(one, abs=EXACT)


@pytest.mark.parametrize("seed", range(3))
def test_a_panel_with_overlaps_agrees_with_dense_regressions(seed):
    y, policies, cells, codes = drawn_panel(seed)
    x = np.random.default_rng(9).normal(size=(y.size, 1))
    policies, cells = policies[:, [0, 0]].copy(), cells[:, [0, 0]].copy()
    policies[:, 1] = np.roll(policies[:, 0].reshape(30, 12), 3, axis=0).ravel()
    cells[:, 1] = np.roll(cells[:, 0].reshape(30, 12), 3, axis=0).ravel()
    found = decompose_coefficient(y, policies, cells, codes, x)
    effects = np.hstack([dummies(codes[0]), dummies(codes[1]), x])
    Z = np.hstack([policies[:, 1:], effects])
    twice = policies[:, 0] - Z @ np.linalg.lstsq(Z, policies[:, 0], rcond=None)[0]
    omega = twice / (twice @ twice)
    blocks = [dummies(cells[:, k]) * policies[:, [k]] for k in (0, 1)]
    saturated = np.hstack([*blocks, effects])
    tau = np.linalg.lstsq(saturated, y, rcond=None)[0]
    cut = blocks[0].shape[1]
    parts = [omega @ blocks[0] @ tau[:cut], omega @ blocks[1] @ tau[cut : cut + blocks[1].shape[1]]]
    np.testing.assert_allclose([found.own_part, *found.bias], parts, atol=EXACT)
    assert found.weights @ policies[:, 0] == pytest.approx(1, abs=1e-12)
    assert found.weights @ policies[:, 1] == pytest.approx(0, abs=1e-12)
    assert found.own_part + found.bias[0] == pytest.approx(found.coefficient, abs=EXACT)


def test_one_policy_and_constant_effects_have_no_contamination():
    y, policies, cells, codes = drawn_panel(5)
    one = decompose_coefficient(y, policies[:, :1], cells[:, :1], codes)
    assert one.own_part == pytest.approx(one.coefficient, abs=1e-10)
    assert one.bias.size == 0
    other = np.roll(policies[:, 0].reshape(30, 12), 1, axis=0).ravel()
    both = np.column_stack([policies[:, 0], other])
    clean = codes[0] + 0.1 * codes[1] + 0.3 * both[:, 0] - 2 * other
    since = np.column_stack([cells[:, 0], np.roll(cells[:, 0].reshape(30, 12), 1, axis=0).ravel()])
    found = decompose_coefficient(clean, both, since, codes)
    np.testing.assert_allclose([found.coefficient, found.own_part, found.bias[0]], [0.3, 0.3, 0], atol=1e-9)
    assert found.absolute[0] > 0.01


def test_a_poisson_coefficient_is_decomposed_exactly():
    y, policies, cells, codes = drawn_panel(2)
    policies[:, 1] = np.roll(policies[:, 0].reshape(30, 12), 3, axis=0).ravel()
    cells[:, 1] = np.roll(cells[:, 0].reshape(30, 12), 3, axis=0).ravel()
    flow = np.random.default_rng(0).poisson(np.exp(1 + y)).astype(float)
    found = decompose_coefficient(flow, policies, cells, codes, is_poisson=True)
    assert found.coefficient == pytest.approx(fit_poisson(flow, policies, codes).coefficients[0], abs=EXACT)
    assert found.own_part + found.bias[0] == pytest.approx(found.coefficient, abs=EXACT)
    rows = policies[:, 1] == 0
    alone = fit_poisson(flow[rows], policies[rows, :1], [c[rows] for c in codes]).coefficients[0]
    assert estimate_alone(flow, policies, codes, is_poisson=True) == pytest.approx(alone, abs=EXACT)


def test_the_order_of_policies_and_of_rows_moves_nothing():
    y, stratum, arm, weights = drawn_strata(7)
    arms, cells = dummies(arm)[:, 1:], stratum[:, None].repeat(3, axis=1)
    first = decompose_coefficient(y, arms, cells, [stratum], None, weights)
    order = np.random.default_rng(1).permutation(y.size)
    again = decompose_coefficient(
        y[order], arms[order][:, [0, 2, 1]], cells[order], [stratum[order]], None, weights[order]
    )
    np.testing.assert_allclose(
        [again.own_part, *again.bias], [first.own_part, first.bias[1], first.bias[0]], atol=1e-11
    )


def test_what_effects_absorb_and_what_is_never_apart():
    y, policies, cells, codes = drawn_panel(4)
    np.testing.assert_array_equal(mark_absorbed(policies, codes), [False, True])
    both = policies[:, [0, 0]]
    assert np.isnan(decompose_coefficient(y, both, cells[:, [0, 0]], codes).coefficient)
    # Beside the agreement the other begins with it in all but one unit, whose effects are not the others'.
    both = both.copy()
    unit = codes[0]
    lone = unit == np.flatnonzero(policies[:, 0].reshape(30, 12).any(axis=1) == 0)[0]
    both[lone & (codes[1] >= 8), 1] = 1.0
    since = np.where(lone, codes[1] - 8, cells[:, 0])
    found = decompose_coefficient(y, both, np.column_stack([cells[:, 0], since]), codes)
    assert np.isnan(found.own_part)
