"""Distinct orderings of onsets among units: how many there are, and each of them."""

from collections.abc import Iterator
from math import lgamma

import numpy as np

from twintrade.numerics.arrays import FloatArray


def count_arrangements(onset: FloatArray) -> float:
    """Return the logarithm of the number of distinct orderings of a multiset."""
    counts = np.unique(onset, return_counts=True)[1]
    return lgamma(counts.sum() + 1) - sum(lgamma(c + 1) for c in counts)


def list_arrangements(onset: FloatArray) -> Iterator[FloatArray]:
    """Yield the distinct orderings of a multiset."""
    values, left = np.unique(onset, return_counts=True)
    out = np.empty(onset.size)

    def place(at: int) -> Iterator[FloatArray]:
        if at == out.size:
            yield out.copy()
            return
        for k in np.flatnonzero(left):
            left[k] -= 1
            out[at] = values[k]
            yield from place(at + 1)
            left[k] += 1

    yield from place(0)
