"""Singletons, nesting, components and the exact count of parameters."""

import numpy as np
from case_tables import loop_over

from twintrade.numerics.absorption import levels as module
from twintrade.numerics.absorption.absorb import compute_dummy_rank, find_singletons, is_nested, label_components


@loop_over("seed", range(60))
def test_number_of_parameters_is_the_rank_of_the_dummies(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 120))
    codes = [rng.integers(0, rng.integers(1, n), n) for _ in range(rng.integers(1, 5))]
    dense = np.hstack([np.eye(int(c.max()) + 1)[c] for c in codes])
    counted = compute_dummy_rank(codes)
    assert counted.is_exact
    assert counted.count == np.linalg.matrix_rank(dense, tol=1e-8)


def test_a_large_three_way_set_says_that_its_count_is_an_upper_one(monkeypatch):
    monkeypatch.setattr(module, "EXACT_RANK_LIMIT", 3)
    city, partner, period = (axis.ravel() for axis in np.indices((4, 3, 5)))
    codes = [city * 3 + partner, city * 5 + period, partner * 5 + period]
    counted = compute_dummy_rank(codes)
    assert not counted.is_exact
    # city × partner × period cube: CP + CT + PT - C - P - T + 1 = 36 parameters
    assert counted.count >= 36


def test_the_cube_has_the_textbook_number_of_parameters():
    city, partner, period = (axis.ravel() for axis in np.indices((4, 3, 5)))
    codes = [city * 3 + partner, city * 5 + period, partner * 5 + period]
    assert compute_dummy_rank(codes).count == 12 + 20 + 15 - 4 - 3 - 5 + 1


def test_a_nested_effect_adds_no_parameters():
    dyad, period = np.repeat(np.arange(6), 4), np.tile(np.arange(4), 6)
    city = dyad // 2
    assert is_nested(dyad, city)
    assert not is_nested(city, dyad)
    assert compute_dummy_rank([dyad, period]).count == compute_dummy_rank([dyad, period, city]).count == 9


def test_singletons_are_found_again_after_each_removal():
    # row 3 is alone in unit 2; without it row 2 is alone in period 2; without that row 1 is alone in unit 1
    unit = np.array([0, 1, 1, 2, 0])
    period = np.array([0, 0, 2, 2, 0])
    assert find_singletons([unit, period]).tolist() == [False, True, True, True, False]


def test_components_follow_the_graph_of_levels():
    unit, period = np.array([0, 0, 1, 2, 3]), np.array([0, 1, 1, 2, 2])
    found = label_components(unit, period)
    assert found[0] == found[1] == found[2]
    assert found[3] == found[4] != found[0]


def test_rows_by_level_sorts_stably():
    code = np.array([2, 0, 1, 0, 2, 2])
    order, pointer = module.sort_rows_by_level(code, 3)
    assert order.tolist() == [1, 3, 2, 0, 4, 5]
    assert pointer.tolist() == [0, 2, 3, 6]
