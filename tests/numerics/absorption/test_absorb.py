"""Absorption against dense dummies: random, unbalanced, weighted, disconnected designs, and the closed forms."""

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.errors import EstimationError
from twintrade.numerics.absorption import normal_equations
from twintrade.numerics.absorption.absorb import build_absorber
from twintrade.numerics.absorption.cube import find_grid
from twintrade.numerics.absorption.levels import recode_levels

# Residuals are relative to the largest absolute value of the column; the solver promises 1e-10 on level sums.
ORTHOGONAL = 1e-10
# The dense twin itself (lstsq with an offset of 1e6) is good to about 1e-10.
DENSE = 1e-9


def random_design(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 200))
    codes = [rng.integers(0, rng.integers(1, n), n) for _ in range(rng.integers(1, 5))]
    weights = None if seed % 3 == 0 else rng.exponential(size=n) * (rng.random(n) > 0.1)
    return codes, weights, rng.normal(size=(n, 3)) + np.array([0.0, 1e6, 0.0]), rng


def dummies(codes):
    dense = np.hstack([np.eye(int(c.max()) + 1)[c] for c in codes])
    return dense[:, dense.any(axis=0)]


def dense_residuals(codes, weights, columns):
    root = np.ones(len(columns)) if weights is None else np.sqrt(weights)
    design = dummies(codes)
    return columns - design @ np.linalg.lstsq(root[:, None] * design, root[:, None] * columns, rcond=1e-12)[0]


@loop_over("seed", range(60))
def test_residuals_equal_dense_dummies(seed):
    codes, weights, columns, _ = random_design(seed)
    found = build_absorber(codes, weights).residualize(columns)
    used = slice(None) if weights is None else weights > 0
    scale = np.abs(columns).max(axis=0)
    np.testing.assert_allclose(
        found[used] / scale, dense_residuals(codes, weights, columns)[used] / scale, atol=DENSE
    )
    weighted = found if weights is None else found * weights[:, None]
    assert np.abs(dummies(codes).T @ weighted / scale).max() < ORTHOGONAL


@loop_over("seed", range(20))
def test_effect_coefficients_add_up_to_the_fitted_values(seed):
    codes, weights, columns, _ = random_design(seed)
    effects = build_absorber(codes, weights)
    coefficients = effects.effect_coefficients(columns[:, 1])
    total = sum(values[code] for values, code in zip(coefficients, codes, strict=True))
    used = slice(None) if weights is None else weights > 0
    np.testing.assert_allclose(total[used], (columns - effects.residualize(columns))[used, 1], rtol=1e-10)


def test_absent_codes_have_no_coefficient():
    unit, period = np.array([0, 0, 2, 2, 2]), np.array([1, 3, 1, 3, 3])
    first, second = build_absorber([unit, period]).effect_coefficients(np.arange(5.0))
    assert np.isnan(first[1])
    assert np.isnan(second[[0, 2]]).all()
    assert np.isfinite(first[[0, 2]]).all()


def gravity_codes(shape):
    city, partner, period = (axis.ravel() for axis in np.indices(shape))
    return [city * shape[1] + partner, city * shape[2] + period, partner * shape[2] + period]


@loop_over("scrambled", [False, True])
@loop_over("shape", [(4, 3), (5, 4, 3), (3, 2, 7), (4, 4, 4), (2, 6, 3)])
def test_complete_grids_have_a_closed_form_equal_to_dense(shape, scrambled):
    rng = np.random.default_rng(1)
    codes = [axis.ravel() for axis in np.indices(shape)] if len(shape) == 2 else gravity_codes(shape)
    if scrambled:
        order = rng.permutation(codes[0].size)
        codes = [rng.permutation(int(c.max()) + 1)[c][order] for c in codes]
        codes = codes[::-1]
    effects = build_absorber(codes)
    assert effects.grid is not None
    columns = rng.normal(size=(codes[0].size, 2)) + 100
    np.testing.assert_allclose(effects.residualize(columns), dense_residuals(codes, None, columns), atol=1e-11)
    found = [effects.effect_coefficients(columns[:, 0])[k][c] for k, c in enumerate(codes)]
    np.testing.assert_allclose(sum(found), (columns - effects.residualize(columns))[:, 0], atol=1e-11)


@pytest.mark.parametrize("fault", ["missing row", "doubled row", "wrong level", "swapped levels"])
def test_incomplete_grids_are_not_taken_for_complete(fault):
    codes = gravity_codes((4, 3, 5))
    if fault == "missing row":
        codes = [c[:-1] for c in codes]
    elif fault == "doubled row":
        codes = [np.append(c[:-1], c[0]) for c in codes]
    elif fault == "wrong level":
        codes[1] = codes[1].copy()
        codes[1][0] = codes[1][7]
    else:
        codes[2] = np.random.default_rng(0).permutation(codes[2])
    assert find_grid(recode_levels(codes)) is None
    columns = np.random.default_rng(2).normal(size=(codes[0].size, 2))
    np.testing.assert_allclose(
        build_absorber(codes).residualize(columns), dense_residuals(codes, None, columns), atol=1e-10
    )


def test_new_weights_equal_a_fresh_absorber():
    codes, _, columns, rng = random_design(7)
    first = build_absorber(codes, rng.exponential(size=len(columns)))
    first.residualize(columns)
    weights = rng.exponential(size=len(columns))
    np.testing.assert_array_equal(
        first.reweighted(weights).residualize(columns), build_absorber(codes, weights).residualize(columns)
    )


def test_a_warm_start_gives_the_same_residuals():
    rng = np.random.default_rng(3)
    codes = [c[rng.random(4800) < 0.8] for c in np.array(gravity_codes((30, 20, 8)))[:, None].repeat(1, axis=1)[:, 0]]
    codes = [c[: min(map(len, codes))] for c in codes]
    columns = rng.normal(size=(codes[0].size, 2))
    effects = build_absorber(codes, rng.exponential(size=columns.shape[0]))
    cold = effects.project(columns)
    warm = effects.project(columns, start=cold.stacked + 0.1)
    np.testing.assert_allclose(warm.residuals, cold.residuals, atol=1e-10)


def test_a_long_chain_of_levels_is_still_absorbed_exactly():
    n = 3_000
    unit, firm = np.repeat(np.arange(n), 2), (np.arange(2 * n) + 1) // 2
    columns = np.random.default_rng(4).normal(size=(2 * n, 1)).cumsum(axis=0)
    extra = np.arange(0, 2 * n, 50)
    unit, firm = np.append(unit, unit[extra]), np.append(firm, firm[extra])
    columns = np.vstack([columns, -columns[extra]])
    left = build_absorber([unit, firm]).residualize(columns)[:, 0]
    for code in (unit, firm):
        assert np.abs(np.bincount(code, left)).max() < ORTHOGONAL * np.abs(columns).max()


def test_many_columns_equal_one_at_a_time():
    codes, weights, _, rng = random_design(10)
    columns = rng.normal(size=(codes[0].size, 21))
    effects = build_absorber(codes, weights)
    together = effects.residualize(columns)
    alone = np.hstack([effects.residualize(columns[:, [j]]) for j in range(21)])
    np.testing.assert_allclose(together, alone, atol=1e-10)


@loop_over(
    ("codes", "weights", "message"),
    [
        ([], None, "No fixed effects"),
        ([np.array([0, 1]), np.array([0])], None, "different numbers of rows"),
        ([np.array([0, -1])], None, "number the levels from 0"),
        ([np.array([0.5, 1.0])], None, "integer codes"),
        ([np.array([0, 1])], np.array([1.0, -1.0]), "not negative"),
        ([np.array([0, 1])], np.array([1.0, np.nan]), "finite"),
        ([np.array([0, 1])], np.array([0.0, 0.0]), "All weights are zero"),
        ([np.array([0, 1])], np.array([1.0]), "one per row"),
    ],
)
def test_unusable_codes_and_weights_are_refused(codes, weights, message):
    with pytest.raises(EstimationError, match=message):
        build_absorber(codes, weights)


@pytest.mark.parametrize("weighted", [False, True])
def test_dummies_meet_as_in_a_product_of_tables(weighted, monkeypatch):
    rng = np.random.default_rng(3)
    city, partner, period = (part.ravel() for part in np.indices((7, 9, 8)))
    rows = rng.permutation(city.size)[:400]
    codes = [np.unique(pair[rows], return_inverse=True)[1] for pair in (city * 9 + partner, city * 8 + period)]
    codes.append(np.unique((partner * 8 + period)[rows], return_inverse=True)[1])
    weights = rng.exponential(size=rows.size) if weighted else None
    products = []
    for most in (normal_equations.MOST_MEETINGS, 0):
        monkeypatch.setattr(normal_equations, "MOST_MEETINGS", most)
        equations = build_absorber(codes, weights).equations
        assert not isinstance(equations.cross, np.ndarray)
        assert (equations.incidence.meetings is None) == (most == 0)
        products.append(equations._cross_products())
    np.testing.assert_allclose(products[0], products[1], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("seed", [1, 4, 5, 6])
def test_levels_of_weights_that_differ_by_many_powers_of_ten_are_solved(seed) -> None:
    """Refinement of what rounding leaves of them once went astray, and they were said not to be determined."""
    rng = np.random.default_rng(seed)
    city, partner, period = (part.ravel() for part in np.indices((20, 12, 12)))
    log = rng.normal(0, 4, (20, 12))[city, partner]
    log += (
        rng.normal(0, 0.3, (20, 12)).cumsum(1)[city, period] + rng.normal(0, 0.3, (12, 12)).cumsum(1)[partner, period]
    )
    codes, weights = [city * 12 + partner, city * 12 + period, partner * 12 + period], np.exp(log)
    wanted = rng.normal(size=city.size) * (rng.random(city.size) < 0.05)
    solved = build_absorber(codes, weights).solve([np.bincount(code, wanted)[:, None] for code in codes])
    net = wanted - weights * sum(part[code, 0] for part, code in zip(solved, codes, strict=True))
    assert max(np.abs(np.bincount(code, net)).max() for code in codes) < 1e-8
