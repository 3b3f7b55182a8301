import numpy as np
import pytest

from twintrade.numerics.arrays import (
    compact,
    find_distinct,
    find_starts,
    intersect_codes,
    list_signed_subsets,
    number_values,
)


@pytest.mark.parametrize("n_dimensions", [1, 2, 3, 4])
def test_signed_subsets_count_every_pair_that_shares_some_group_once(n_dimensions: int) -> None:
    rng = np.random.default_rng(n_dimensions)
    dimensions = [compact(rng.integers(0, 5, 40) * 3) for _ in range(n_dimensions)]
    counted = np.zeros((40, 40))
    for sign, chosen in list_signed_subsets(dimensions):
        joint = intersect_codes(chosen)
        counted += sign * (joint[:, None] == joint)
    shared = np.logical_or.reduce([codes[:, None] == codes for codes in dimensions])
    assert np.array_equal(counted, shared)


@pytest.mark.parametrize("spread", [1, 7, 10**9])
def test_codes_without_gaps_keep_the_order_of_the_values(spread: int) -> None:
    values = np.random.default_rng(0).integers(-20, 20, 60) * spread
    assert np.array_equal(compact(values), np.unique(values, return_inverse=True)[1])
    assert compact(values[:0]).size == 0


@pytest.mark.parametrize("spread", [1, 7, 10**9])
def test_distinct_values_and_starts_of_runs_are_those_of_sorting(spread: int) -> None:
    values = np.sort(np.random.default_rng(0).integers(-20, 20, 60)) * spread
    codes, distinct = number_values(values)
    assert np.array_equal(distinct, np.unique(values))
    assert np.array_equal(find_distinct(values), distinct)
    assert np.array_equal(distinct[codes], values)
    assert np.array_equal(find_starts(values), np.unique(values, return_index=True)[1])
    assert find_distinct(values[:0]).size == find_starts(values[:0]).size == 0
