"""Random multipliers that take two values, kept as bits until they meet what they multiply."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twintrade.numerics.arrays import ByteArray, FloatArray, IntArray

DRAWS_AT_ONCE = 512
ITEMS_AT_ONCE = 256
"""Items whose multipliers are written out at a time: with 512 draws they fill a second-level cache."""

GOLDEN = (1 + 5**0.5) / 2
TWO_POINTS = {"rademacher": (-1.0, 1.0, 0.5), "mammen": (GOLDEN, 1 - GOLDEN, GOLDEN / 5**0.5)}
"""The two values, and the probability of the second: mean zero, variance one."""


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """Some draws of one multiplier an item."""

    bits: ByteArray  # (n_items, n_bytes): one bit a draw, the highest first; one means the second value
    n_draws: int
    values: tuple[float, float]

    def dense(self) -> FloatArray:
        """Return the multipliers, shape (n_draws, n_items)."""
        bits = np.unpackbits(self.bits, axis=1, count=self.n_draws).T
        return np.where(bits == 1, self.values[1], self.values[0])

    def times(self, values: FloatArray, items: IntArray) -> FloatArray:
        """Return the sums over items of multiplier times value, shape (n_draws, n_columns).

        ``values`` (n_chosen, n_columns); ``items`` (n_chosen,): whose multipliers each row takes.
        """
        pattern = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1)
        table = np.where(pattern == 1, self.values[1], self.values[0])
        out = np.zeros((values.shape[1], 8 * self.bits.shape[1]))
        room = np.empty((ITEMS_AT_ONCE, self.bits.shape[1], 8))
        for start in range(0, items.size, ITEMS_AT_ONCE):
            chosen = slice(start, start + ITEMS_AT_ONCE)
            bits = self.bits[items[chosen]]
            drawn = np.take(table, bits, axis=0, out=room[: bits.shape[0]], mode="clip")
            out += values[chosen].T @ drawn.reshape(bits.shape[0], -1)
        return out[:, : self.n_draws].T


def draw_multipliers(rng: np.random.Generator, n_draws: int, n_items: int, weights: str) -> Iterator[Multipliers]:
    """Draw multipliers of mean zero and variance one, some draws at a time."""
    first, second, probability = TWO_POINTS[weights]
    for start in range(0, n_draws, DRAWS_AT_ONCE):
        n = min(DRAWS_AT_ONCE, n_draws - start)
        n_bytes = (n + 7) // 8
        if probability == 0.5:
            bits = rng.integers(0, 256, (n_items, n_bytes), dtype=np.uint8)
        else:
            bits = np.empty((n_items, n_bytes), dtype=np.uint8)
            for item in range(0, n_items, ITEMS_AT_ONCE):
                rows = bits[item : item + ITEMS_AT_ONCE]
                rows[:] = np.packbits(rng.random((rows.shape[0], 8 * n_bytes)) < probability, axis=1)
        yield Multipliers(bits, n, (first, second))
