"""Regressions on many sets of dummies at once, against dense normal equations set by set."""

import numpy as np
import pytest

from twintrade.numerics.absorption import DummySets, build_annihilator, build_nested, dummy_sets
from twintrade.numerics.absorption.annihilators import factor_order
from twintrade.numerics.absorption.elimination import lay_out_elimination

N_CITIES, N_PARTNERS, N_PERIODS = 5, 4, 7


def make_panel(rng, has_city_periods):
    city, partner, period = (a.ravel() for a in np.indices((N_CITIES, N_PARTNERS, N_PERIODS)))
    kept = rng.random(city.size) > 0.05
    city, partner, period = city[kept], partner[kept], period[kept]
    codes = [city * N_PARTNERS + partner, partner * N_PERIODS + period]
    codes += [city * N_PERIODS + period] if has_city_periods else []
    return codes, rng.normal(size=(city.size, 1)), rng.uniform(0.2, 3.0, city.size)


def draw_sets(rng, n_rows, n_sets=9):
    """Return rows, sets, columns and homes: some columns of one row, some of several."""
    rows, sets, columns, home = [], [], [], []
    for k in range(n_sets):
        some = rng.choice(n_rows, 12, replace=False)
        code = np.arange(12) if k % 3 else np.repeat(np.arange(3), 4)
        rows.append(some)
        sets.append(np.full(12, k))
        columns.append(code + len(home))
        home += [k] * (code.max() + 1)
    return (*(np.concatenate(part) for part in (rows, sets, columns)), np.array(home))


@pytest.mark.parametrize("has_city_periods", [False, True])
@pytest.mark.parametrize("is_pruned", [False, True])
@pytest.mark.parametrize("has_covariate", [False, True])
def test_each_set_is_solved_as_if_alone(monkeypatch, has_city_periods, is_pruned, has_covariate) -> None:
    monkeypatch.setattr(dummy_sets, "PRECISION", 1e-11)
    rng = np.random.default_rng(1)
    codes, covariates, weights = make_panel(rng, has_city_periods)
    covariates = covariates[:, : int(has_covariate)]
    q = factor_order(lay_out_elimination(codes, covariates), weights)
    rows, sets, columns, home = draw_sets(rng, weights.size)
    dense = build_annihilator(codes, covariates, weights).block(np.arange(weights.size), np.arange(weights.size))
    u = dense @ rng.normal(size=weights.size)
    right = np.bincount(columns, u[rows], home.size)
    made = DummySets(q, rows, sets, columns, home, build_nested(q))
    x, is_solved = made.solve_pruned(right) if is_pruned else made.solve(right)
    assert is_solved.all()
    fitted = made.fit(x)
    for k in range(home.max() + 1):
        of_set, entries = home == k, sets == k
        c = np.zeros((weights.size, int(of_set.sum())))
        c[rows[entries], columns[entries] - np.flatnonzero(of_set)[0]] = 1.0
        np.testing.assert_allclose(c.T @ dense @ c @ x[of_set], right[of_set], rtol=1e-6, atol=1e-8)
        explained = (c @ x[of_set]) - (dense @ (c @ x[of_set])) / weights
        np.testing.assert_allclose(fitted[entries], explained[rows[entries]], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("effect", range(3))
def test_equations_without_a_solution_are_told_from_others(effect) -> None:
    """A set that takes out every row of a level says nothing of their sum; the others are solved all the same."""
    rng = np.random.default_rng(2)
    codes, covariates, weights = make_panel(rng, True)
    q = factor_order(lay_out_elimination(codes, covariates[:, :0]), weights)
    dyad = np.flatnonzero(codes[effect] == 3)
    rows, sets, columns, home = draw_sets(rng, weights.size, 4)
    rows, sets = np.append(rows, dyad), np.append(sets, np.full(dyad.size, 4))
    columns, home = np.append(columns, home.size + np.arange(dyad.size)), np.append(home, np.full(dyad.size, 4))
    made = DummySets(q, rows, sets, columns, home, build_nested(q))
    right = np.ones(home.size)
    is_solved = made.solve(right)[1]
    assert is_solved[home < 4].all()
    assert not is_solved[home == 4].any()
    right[home == 4] -= right[home == 4].mean()
    assert made.solve(right)[1].all()


@pytest.mark.parametrize("seed", range(6))
def test_columns_that_other_rows_do_not_determine_are_those_of_the_dense_null_space(seed) -> None:
    rng = np.random.default_rng(seed)
    city, partner, period = (a.ravel() for a in np.indices((5, 5, 6)))
    kept = rng.random(city.size) < 0.6
    city, partner, period = (np.unique(code[kept], return_inverse=True)[1] for code in (city, partner, period))
    pairs = (city * 5 + partner, partner * 6 + period, city * 6 + period)
    codes = [np.unique(code, return_inverse=True)[1] for code in pairs]
    weights = np.exp(rng.normal(0, 3, city.size))
    q = factor_order(lay_out_elimination(codes, np.empty((city.size, 0))), weights)
    rows, sets, columns, home = draw_sets(rng, city.size, 6)
    undetermined = DummySets(q, rows, sets, columns, home, build_nested(q)).find_undetermined()
    z = np.hstack([np.eye(code.max() + 1)[code] for code in codes])
    for k in range(home.max() + 1):
        of_set, entries = np.flatnonzero(home == k), sets == k
        c = np.zeros((city.size, of_set.size))
        c[rows[entries], columns[entries] - of_set[0]] = 1.0
        whole = np.linalg.matrix_rank(np.hstack([z, c]))
        without = [np.linalg.matrix_rank(np.hstack([z, np.delete(c, j, axis=1)])) for j in range(of_set.size)]
        np.testing.assert_array_equal(undetermined[of_set], np.array(without) == whole)
    assert undetermined.any()
    assert not undetermined.all()
