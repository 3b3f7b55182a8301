"""Singletons, nesting and components."""

import numpy as np

from twintrade.numerics.absorption import levels as module
from twintrade.numerics.absorption.levels import find_singletons, is_nested, label_components


def test_a_level_inside_another_is_nested():
    dyad = np.repeat(np.arange(6), 4)
    city = dyad // 2
    assert is_nested(dyad, city)
    assert not is_nested(city, dyad)


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
