"""Leaving groups of rows out of a fit, against fits without them."""

from itertools import combinations

import numpy as np
import pytest

from twintrade.numerics.absorption import build_annihilator
from twintrade.numerics.linear import compute_projection_weights, compute_single_removals, prepare_removals

UNITS, PERIODS = 9, 6


@pytest.fixture(scope="module", params=[False, True], ids=["unweighted", "weighted"])
def case(request):
    rng = np.random.default_rng(3)
    unit, period = np.repeat(np.arange(UNITS), PERIODS), np.tile(np.arange(PERIODS), UNITS)
    x, y = rng.normal(size=(unit.size, 1)), rng.normal(size=unit.size)
    w = rng.uniform(0.3, 3, unit.size) if request.param else np.ones(unit.size)
    is_new = (unit < 2) & (period > 3)
    return unit, period, x, y, w, is_new


def build_dummies(unit, period, x):
    return np.column_stack([np.eye(UNITS)[unit], np.eye(PERIODS)[period], x])


def predict(case, gone=()):
    """Return the sum of the predictions of new rows by least squares without some units."""
    unit, period, x, y, w, is_new = case
    z = build_dummies(unit, period, x)
    used = ~is_new & ~np.isin(unit, gone)
    root = np.sqrt(w[used])
    slopes = np.linalg.lstsq(z[used] * root[:, None], y[used] * root, rcond=None)[0]
    return float((z[is_new] @ slopes).sum())


@pytest.fixture(scope="module")
def parts(case):
    unit, period, x, y, w, is_new = case
    old = np.flatnonzero(~is_new)
    codes, new = [unit[old], period[old]], [unit[is_new], period[is_new]]
    v = np.ones((int(is_new.sum()), 1))
    weights = compute_projection_weights(codes, new, v, x[old], x[is_new], weights=w[old])[:, 0]
    z = build_dummies(unit, period, x)[old]
    root = np.sqrt(w[old])
    residuals = y[old] - z @ np.linalg.lstsq(z * root[:, None], y[old] * root, rcond=None)[0]
    members = [np.flatnonzero(unit[old] == u) for u in range(2, UNITS)]
    return build_annihilator(codes, x[old], w[old]), members, weights, residuals


def test_single_changes_are_those_of_fits_without_the_group(case, parts):
    changes = compute_single_removals(*parts)
    expected = [predict(case, (u,)) - predict(case) for u in range(2, UNITS)]
    np.testing.assert_allclose(changes, expected, atol=1e-9)


def test_the_extreme_pairs_are_those_of_all_fits_without_two(case, parts):
    all_pairs = {(i, j): predict(case, (i + 2, j + 2)) - predict(case) for i, j in combinations(range(UNITS - 2), 2)}
    low, high = prepare_removals(*parts).find_extreme_pairs()
    assert low.groups == min(all_pairs, key=all_pairs.get)
    assert high.groups == max(all_pairs, key=all_pairs.get)
    assert [low.change, high.change] == pytest.approx([min(all_pairs.values()), max(all_pairs.values())], abs=1e-9)


@pytest.mark.parametrize("sign", [-1, 1])
def test_greedy_sets_are_those_of_a_search_by_fits(case, parts, sign):
    chosen: tuple[int, ...] = ()
    removals = prepare_removals(*parts)
    steps = removals.remove_greedily(sign, 3)
    for one in steps:
        left = [g for g in range(UNITS - 2) if g not in chosen]
        changes = {g: predict(case, [2 + h for h in (*chosen, g)]) - predict(case) for g in left}
        chosen = (*chosen, max(changes, key=lambda g: sign * changes[g]))
        assert one.groups == chosen
        assert one.change == pytest.approx(changes[chosen[-1]], abs=1e-9)
        assert removals.leave_out(chosen).change == pytest.approx(one.change, abs=1e-9)
    assert len(steps) == 3


def test_a_sum_that_rests_on_one_group_alone_has_no_value_without_it():
    # Of the last period only the new row and one unit are seen.
    unit, period = np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4)
    old = ~((unit < 3) & (period == 2))
    new = (unit == 0) & (period == 2)
    codes, at = [unit[old], period[old]], [unit[new], period[new]]
    weights = compute_projection_weights(codes, at, np.ones((1, 1)))[:, 0]
    q = build_annihilator(codes, np.empty((int(old.sum()), 0)), np.ones(int(old.sum())))
    members = [np.flatnonzero(unit[old] == u) for u in (1, 2, 3)]
    changes = compute_single_removals(q, members, weights, np.zeros(int(old.sum())))
    assert np.isnan(changes[2])
    assert np.isfinite(changes[:2]).all()
    low, high = prepare_removals(q, members, weights, np.zeros(int(old.sum()))).find_extreme_pairs()
    assert 2 not in (*low.groups, *high.groups)
