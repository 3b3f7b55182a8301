"""Large city × partner × period panels laid out as a cube: the same numbers as row by row, complete or not."""

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.numerics.absorption import absorb
from twintrade.numerics.absorption.absorb import build_absorber
from twintrade.numerics.absorption.cube import complete_grid, find_cube, find_grid
from twintrade.numerics.absorption.levels import recode_levels
from twintrade.numerics.poisson.fit import fit_poisson

SHAPE = (12, 9, 8)
# Both ways stop at level sums of 1e-12 of the column's norm, 1e-10 at worst.
SAME = 1e-10
# Converged Poisson fits from two solvers; means of cells near zero carry the larger error.
SAME_SLOPE, SAME_MEAN = 1e-10, 1e-8


def panel(share, seed, scrambled=False):
    rng = np.random.default_rng(seed)
    city, partner, period = (axis.ravel() for axis in np.indices(SHAPE))
    rows = np.flatnonzero(rng.random(city.size) < share)
    if scrambled:
        rows = rng.permutation(rows)
    codes = [(city * SHAPE[1] + partner)[rows], (city * SHAPE[2] + period)[rows], (partner * SHAPE[2] + period)[rows]]
    if scrambled:
        codes = [rng.permutation(int(code.max()) + 1)[code] for code in codes]
    return codes, rng


def without_cubes(monkeypatch):
    monkeypatch.setattr(absorb, "CUBES_FROM", 10**9)


def with_cubes(monkeypatch):
    monkeypatch.setattr(absorb, "CUBES_FROM", 1)


@loop_over("weighted", [False, True])
@loop_over(("share", "scrambled"), [(1.0, False), (1.0, True), (0.7, False), (0.7, True), (0.45, True)])
def test_residuals_and_coefficients_equal_those_row_by_row(share, scrambled, weighted, monkeypatch):
    codes, rng = panel(share, 5, scrambled)
    columns = rng.normal(size=(codes[0].size, 3)) + np.array([0.0, 1e3, 0.0])
    weights = rng.exponential(size=codes[0].size) * (rng.random(codes[0].size) > 0.05) if weighted else None
    before = columns.copy()
    without_cubes(monkeypatch)
    wanted = build_absorber(codes, weights).residualize(columns)
    with_cubes(monkeypatch)
    effects = build_absorber(codes, weights)
    assert effects.cube is not None
    found = effects.project(columns)
    np.testing.assert_array_equal(columns, before)
    used = slice(None) if weights is None else weights > 0
    scale = np.abs(columns).max(axis=0)
    np.testing.assert_allclose(found.residuals[used] / scale, wanted[used] / scale, atol=SAME)
    explained = sum(found.coefficients[k][effects.levels.codes[k]] for k in range(3))
    np.testing.assert_allclose((columns - explained)[used] / scale, wanted[used] / scale, atol=SAME)
    own = np.ones(codes[0].size) if weights is None else weights
    for code in codes:
        sums = np.column_stack([np.bincount(code, own * column) for column in (found.residuals / scale).T])
        assert np.abs(sums).max() < SAME * np.sqrt(codes[0].size)


@loop_over("weighted", [False, True])
@loop_over("share", [1.0, 0.7])
@loop_over("cubes", [with_cubes, without_cubes])
def test_columns_that_are_not_in_one_array_are_projected_alike(cubes, share, weighted, monkeypatch):
    codes, rng = panel(share, 6)
    columns = rng.normal(size=(3, codes[0].size))
    weights = rng.exponential(size=codes[0].size) if weighted else None
    cubes(monkeypatch)
    before = columns.copy()
    found = build_absorber(codes, weights).project_each(list(columns))
    wanted = build_absorber(codes, weights).project(columns.T)
    np.testing.assert_array_equal(columns, before)
    np.testing.assert_allclose(found.residuals, wanted.residuals, atol=SAME)
    for ours, theirs in zip(found.coefficients, wanted.coefficients, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=SAME)


@pytest.mark.parametrize("scrambled", [False, True])
def test_a_complete_cube_is_the_grid_found_directly(scrambled):
    codes, rng = panel(1.0, 1, scrambled)
    known = recode_levels(codes)
    direct, derived = find_grid(known), complete_grid(find_cube(known))
    columns = rng.normal(size=(codes[0].size, 2))
    found = [absorb.project_grid(grid, columns)[0] for grid in (direct, derived)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-13)


@loop_over("fault", ["doubled row", "wrong level", "shuffled effect", "few rows", "two effects"])
def test_other_designs_are_not_taken_for_a_cube(fault):
    codes, rng = panel(0.3 if fault == "few rows" else 0.9, 2)
    if fault == "doubled row":
        codes = [np.append(code, code[0]) for code in codes]
    elif fault == "wrong level":
        codes[1] = codes[1].copy()
        codes[1][0] = codes[1][-1]
    elif fault == "shuffled effect":
        codes[2] = rng.permutation(codes[2])
    elif fault == "two effects":
        codes = codes[:2]
    assert find_cube(recode_levels(codes)) is None


def test_the_sample_of_dyads_finds_the_same_cube(monkeypatch):
    codes, _ = panel(0.8, 3)
    whole = find_cube(recode_levels(codes))
    monkeypatch.setattr("twintrade.numerics.absorption.cube.SAMPLED_ABOVE", 10)
    sampled = find_cube(recode_levels(codes))
    assert sampled.shape == whole.shape
    table = {tuple(cell) for cell in zip(whole.position, sampled.position, strict=True)}
    assert len(table) == codes[0].size


@loop_over(("share", "level"), [(1.0, 1.0), (1.0, -1.0), (0.8, -1.0), (0.6, -1.0), (0.6, -2.0)])
@loop_over("weighted", [False, True])
def test_poisson_on_cells_equals_poisson_on_rows(share, level, weighted, monkeypatch):
    codes, rng = panel(share, 7, scrambled=share < 0.8)
    n = codes[0].size
    X = rng.normal(size=(n, 2))
    drawn = [
        rng.normal(0, spread, int(code.max()) + 1)[code] for code, spread in zip(codes, (1.3, 0.5, 0.5), strict=True)
    ]
    y = rng.poisson(np.exp(sum(drawn) + 0.2 * X[:, 0] + level)).astype(float)
    weights = rng.exponential(size=n) * (rng.random(n) > 0.05) if weighted else None
    offset = 0.1 * X[:, 1] if weighted else None
    without_cubes(monkeypatch)
    wanted = fit_poisson(y, X, codes, weights=weights, offset=offset)
    with_cubes(monkeypatch)
    found = fit_poisson(y, X, codes, weights=weights, offset=offset)
    np.testing.assert_array_equal(found.rows, wanted.rows)
    assert [(s.cause, s.effect, list(s.rows)) for s in found.separated] == [
        (s.cause, s.effect, list(s.rows)) for s in wanted.separated
    ]
    np.testing.assert_array_equal(found.singletons, wanted.singletons)
    np.testing.assert_allclose(found.coefficients, wanted.coefficients, atol=SAME_SLOPE)
    np.testing.assert_allclose(found.bread, wanted.bread, rtol=1e-7)
    np.testing.assert_allclose(found.mu, wanted.mu, rtol=SAME_MEAN, atol=SAME_MEAN)
    for name in ("deviance", "loglik", "null_deviance", "pseudo_r2"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-9)
    own = np.ones(n) if weights is None else weights
    for code in codes:
        sums = np.bincount(code[found.rows], (own[found.rows] * (y[found.rows] - found.mu)))
        assert np.abs(sums).max() < 1e-8 * y.sum()


def test_a_regressor_that_separates_is_found_on_cells_as_well(monkeypatch):
    codes, rng = panel(1.0, 11)
    n = codes[0].size
    y = rng.poisson(3.0, n).astype(float)
    only_zeros = np.zeros(n)
    hit = np.flatnonzero(y == 0)[:6]
    only_zeros[hit] = 1.0
    X = np.column_stack([rng.normal(size=n), only_zeros])
    without_cubes(monkeypatch)
    wanted = fit_poisson(y, X, codes)
    with_cubes(monkeypatch)
    found = fit_poisson(y, X, codes)
    gone = np.concatenate([s.rows for s in found.separated])
    assert set(hit) <= set(gone)
    np.testing.assert_array_equal(found.rows, wanted.rows)
    assert [c.name for c in found.collinear] == [c.name for c in wanted.collinear] == ["x1"]
