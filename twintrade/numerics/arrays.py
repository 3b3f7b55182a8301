"""The array types that every room shares, and what every room does with integer codes."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
ByteArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]
ObjectArray = npt.NDArray[Any]

T = TypeVar("T")
Scalar = TypeVar("Scalar", bound=np.generic)


def compact(values: IntArray) -> IntArray:
    """Return codes 0, 1, ... in the order of the values, by counting where the range is small."""
    if values.size == 0:
        return values
    low, high = int(values.min()), int(values.max())
    if high - low > 20 * values.size + 1000:
        return np.unique(values, return_inverse=True)[1].astype(np.int64)
    present = np.zeros(high - low + 1, dtype=bool)
    present[values - low] = True
    if present.all():
        return values - low
    position = np.cumsum(present) - 1
    return position[values - low].astype(np.int64)


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
    """Yield each non-empty subset of the dimensions with its sign in inclusion and exclusion.

    Cameron, Gelbach and Miller (2011), equation 2.13: dimensions are added, intersections of two subtracted, of three
    added, and so on.
    """
    for size in range(1, len(dimensions) + 1):
        for chosen in combinations(dimensions, size):
            yield (-1) ** (size + 1), chosen
