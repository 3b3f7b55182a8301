"""The array types that every room shares, and what every room does with integer codes."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import prod
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from twintrade.errors import EstimationError

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ByteArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]
ObjectArray = npt.NDArray[Any]

ROWS_AT_ONCE = 1 << 15  # rows of which what is computed stays in the cache
PLACES_PER_ROW = 4  # places up to which rows are sorted by counting
T = TypeVar("T")
Scalar = TypeVar("Scalar", bound=np.generic)


def compact(values: IntArray) -> IntArray:
    """Return codes 0, 1, ... in the order of the values."""
    return number_values(values)[0]


def number_values(values: IntArray) -> tuple[IntArray, IntArray]:
    """Return codes 0, 1, ... in the order of the values, (n,), and the distinct values."""
    low, size = measure_range(values)
    if not is_countable(size, values):
        distinct, codes = np.unique(values, return_inverse=True)
        return codes.astype(np.int64), distinct.astype(np.int64)
    distinct = _list_present(values, low, size)
    codes = values - low
    if distinct.size < size:
        position = np.empty(size, dtype=np.int64)
        position[distinct - low] = np.arange(distinct.size)
        np.take(position, codes, out=codes, mode="clip")
    return codes, distinct


def find_distinct(values: IntArray) -> IntArray:
    """Return the distinct values, ascending."""
    low, size = measure_range(values)
    return _list_present(values, low, size) if is_countable(size, values) else np.unique(values).astype(np.int64)


def find_step(values: IntArray) -> int:
    """Return the largest step by which every value lies from the first: 4 for 1972, 1976, 1984; 1 for one value."""
    distinct = find_distinct(values)
    return int(np.gcd.reduce(distinct - distinct[0])) if distinct.size > 1 else 1


def measure_range(values: IntArray) -> tuple[int, int]:
    """Return the smallest value and how many numbers lie from it to the largest; zeros where there are none."""
    if not values.size:
        return 0, 0
    low = int(values.min())
    return low, int(values.max()) - low + 1


def is_countable(size: int, values: IntArray) -> bool:
    """Say whether the range is so small that one mark for each number in it is quicker than sorting."""
    return size <= 20 * values.size + 1001


def _list_present(values: IntArray, low: int, size: int) -> IntArray:
    present = np.zeros(size, dtype=bool)
    for start in range(0, values.size, ROWS_AT_ONCE):
        part = values[start : start + ROWS_AT_ONCE]
        present[part - low if low else part] = True
    return np.flatnonzero(present) + low


def find_starts(codes: IntArray) -> IntArray:
    """Return the first row of each run of equal codes."""
    begins = np.ones(codes.size, dtype=np.bool_)
    np.not_equal(codes[1:], codes[:-1], out=begins[1:])
    return np.flatnonzero(begins)


def join_keys(keys: Sequence[IntArray], sizes: Sequence[int]) -> IntArray:
    """Return one code for several keys, each from 0 to its size less one; it orders by the first, then the next."""
    joint = keys[0].astype(np.int64)
    for key, size in zip(keys[1:], sizes[1:], strict=True):
        joint *= size
        joint += key
    return joint


def sort_distinct(keys: Sequence[IntArray], sizes: Sequence[int]) -> IntArray | None:
    """Return the order of rows by distinct keys, a place each; None for equal keys or too many places."""
    n, n_places = keys[0].size, prod(sizes)
    if n_places > PLACES_PER_ROW * n:
        return None
    row_of = np.full(n_places, -1, dtype=np.int64)
    row_of[join_keys(keys, sizes)] = np.arange(n)
    order = row_of[row_of >= 0]
    return order if order.size == n else None


def take_rows(values: npt.NDArray[Scalar], rows: IntArray) -> npt.NDArray[Scalar]:
    """Return the values of some rows, ascending; the array itself where these are all."""
    return values if rows.size == values.shape[0] else values[rows]


def sum_by_group(values: FloatArray, codes: IntArray, n_groups: int | None = None) -> FloatArray:
    """Return the sums of rows within groups, shape (n_groups,) or (n_groups, n_columns); groups begin at 0."""
    size = int(codes.max()) + 1 if n_groups is None else n_groups
    if values.ndim == 1:
        return np.bincount(codes, values, size).astype(np.float64, copy=False)
    if not values.shape[1]:
        return np.empty((size, 0))
    # Sums of no rows come as whole numbers.
    return np.column_stack([np.bincount(codes, column, size) for column in values.T]).astype(np.float64, copy=False)


def intersect_codes(codes: Sequence[IntArray]) -> IntArray:
    """Return the codes of the joint groups of several dimensions, each coded without gaps."""
    joint = codes[0]
    for other in codes[1:]:
        joint = compact(joint * (int(other.max()) + 1) + other)
    return joint


def list_signed_subsets(dimensions: Sequence[T]) -> Iterator[tuple[int, tuple[T, ...]]]:
    """Yield non-empty subsets with signs of inclusion and exclusion (Cameron, Gelbach and Miller 2011, eq. 2.13)."""
    for size in range(1, len(dimensions) + 1):
        for chosen in combinations(dimensions, size):
            yield (-1) ** (size + 1), chosen


# The smallest and largest ratio of sums when each group may also give any number of its last optional rows.

MOST_STEPS = 100
CLOSE = 1e-13


def bound_ratio(
    numerator: FloatArray, denominator: FloatArray, group: IntArray, is_optional: BoolArray
) -> tuple[float, float]:
    """Bound sum(numerator) / sum(denominator) over the choices of which optional rows count.

    A group's optional rows, together and in order of time, count from some one on. Each end is found exactly by
    Dinkelbach's (1967) iteration: at a trial ratio r a group takes those of its last rows whose sum of numerator - r
    denominator is largest, and the ratio of what was taken is the next trial.
    """
    if numerator.size == 0:
        raise EstimationError("no row is left to take a ratio of")
    sure = ~is_optional
    top, bottom = float(numerator[sure].sum()), float(denominator[sure].sum())
    upper, lower, groups = numerator[is_optional], denominator[is_optional], group[is_optional]
    return -_largest(-top, bottom, -upper, lower, groups), _largest(top, bottom, upper, lower, groups)


def _largest(top: float, bottom: float, numerator: FloatArray, denominator: FloatArray, group: IntArray) -> float:
    if numerator.size == 0:
        return top / bottom
    starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    ends = np.append(starts[1:], group.size)
    sizes = ends - starts
    ratio = float((top + numerator.sum()) / (bottom + denominator.sum()))
    for _ in range(MOST_STEPS):
        before = np.concatenate([[0.0], np.cumsum(numerator - ratio * denominator)])
        gains = np.repeat(before[ends], sizes) - before[:-1]
        best = np.maximum.reduceat(gains, starts)
        is_best = (gains == np.repeat(best, sizes)) & (np.repeat(best, sizes) > 0)
        count = np.cumsum(is_best)
        earlier: IntArray = np.repeat(count[starts] - is_best[starts], sizes)
        taken = np.asarray(count > earlier)
        new_bottom = bottom + float(denominator[taken].sum())
        if new_bottom == 0:
            break
        new = (top + float(numerator[taken].sum())) / new_bottom
        if new <= ratio + CLOSE * (1 + abs(ratio)):
            return max(new, ratio)
        ratio = new
    return ratio


FEW, FEW_IN = 8, 16
"""Numbers up to which the smallest are taken one after the other, which is quicker: so many, or one in so many."""


def find_smallest(values: npt.NDArray[np.floating], n: int) -> IntArray:
    """Return the places of the n smallest in each row, (n_rows, n), in any order."""
    if n > max(FEW, values.shape[1] // FEW_IN):
        return np.asarray(np.argpartition(values, n - 1, axis=1)[:, :n])
    left, places, row = values.copy(), np.empty((values.shape[0], n), dtype=np.int64), np.arange(values.shape[0])
    for k in range(n):
        places[:, k] = left.argmin(axis=1)
        left[row, places[:, k]] = np.inf
    return places
