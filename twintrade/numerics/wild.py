"""The wild cluster bootstrap of one coefficient: every draw, and every null, from cluster-level sums."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.errors import InferenceError
from twintrade.numerics.arrays import FloatArray, IntArray

WildWeights = Literal["rademacher", "webb", "mammen", "normal"]
GOLDEN = (1 + 5**0.5) / 2
CELLS_AT_ONCE = 16_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What a draw needs: residuals are affine in the distance d of the estimate from the null, u = u0 + d u1.

    A draw v (one weight a drawing group) moves the coefficient by v's = v'(s0 + d s1) and leaves cluster g the
    residual score q_g = (J v)_g with J = J0 + d J1.

    Attributes
    ----------
    s0, s1 : FloatArray, shape (n_groups,)
    j0, j1 : FloatArray, shape (n_clusters, n_groups)
    factor : float
        Of the variance: the small-sample correction.
    """

    s0: FloatArray
    s1: FloatArray
    j0: FloatArray
    j1: FloatArray
    factor: float


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Numerators and squared errors of all draws as polynomials in the distance d.

    Attributes
    ----------
    numerator : FloatArray, shape (2, n_draws)
    variance : FloatArray, shape (3, n_draws)
    """

    numerator: FloatArray
    variance: FloatArray

    def statistics(self, distance: float) -> FloatArray:
        """Return the t statistics of all draws under the null at this distance, shape (n_draws,)."""
        above = self.numerator[0] + distance * self.numerator[1]
        below = self.variance[0] + distance * (self.variance[1] + distance * self.variance[2])
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(above / np.sqrt(np.maximum(below, 0.0)))


def simulate(sums: Sums, weights: FloatArray) -> Draws:
    """Return the polynomials of all draws.

    Parameters
    ----------
    sums : Sums
    weights : FloatArray, shape (n_draws, n_groups)
    """
    numerator = np.stack([weights @ sums.s0, weights @ sums.s1])
    variance = np.empty((3, weights.shape[0]))
    step = max(1, CELLS_AT_ONCE // max(1, sums.j0.shape[0]))
    is_flat = not sums.j1.any()
    for start in range(0, weights.shape[0], step):
        part = slice(start, start + step)
        first = weights[part] @ sums.j0.T
        variance[0, part] = np.einsum("bg,bg->b", first, first)
        if is_flat:
            variance[1:, part] = 0.0
            continue
        second = weights[part] @ sums.j1.T
        variance[1, part] = 2 * np.einsum("bg,bg->b", first, second)
        variance[2, part] = np.einsum("bg,bg->b", second, second)
    return Draws(numerator, sums.factor * variance)


def wild_weights(rng: np.random.Generator, n_draws: int, n_groups: int, kind: WildWeights) -> tuple[FloatArray, bool]:
    """Return weights, shape (n_draws, n_groups), and whether they are all sign vectors there are.

    Rademacher signs are enumerated where there are no more than ``n_draws`` of them.
    """
    if kind == "rademacher":
        if n_groups < 31 and 2**n_groups <= n_draws:
            codes = np.arange(2**n_groups)[:, None]
            return np.asarray((codes >> np.arange(n_groups) & 1) * 2.0 - 1.0, dtype=np.float64), True
        packed = rng.integers(0, 256, (n_draws, (n_groups + 7) // 8), dtype=np.uint8)
        signs = np.unpackbits(packed, axis=1, count=n_groups)
        return np.asarray(signs * 2.0 - 1.0, dtype=np.float64), False
    if kind == "webb":
        values = np.sqrt(np.array([0.5, 1.0, 1.5]))
        six = np.concatenate([-values, values]).astype(np.float64)
        return six[rng.integers(0, 6, (n_draws, n_groups))], False
    if kind == "mammen":
        is_low = rng.random((n_draws, n_groups)) < GOLDEN / 5**0.5
        return np.where(is_low, 1 - GOLDEN, GOLDEN), False
    if kind == "normal":
        return rng.standard_normal((n_draws, n_groups)), False
    raise InferenceError(f"no wild bootstrap weights are called {kind!r}; known: rademacher, webb, mammen, normal")


def share_as_large(statistics: FloatArray, observed: float) -> float:
    """Return the share of draws at least as large in absolute value; ties count."""
    usable = statistics[np.isfinite(statistics)]
    if usable.size == 0:
        return float("nan")
    return float((np.abs(usable) >= abs(observed) * (1 - 1e-10)).mean())


def grouped_products(left: FloatArray, right: FloatArray, codes: IntArray, n_groups: int) -> FloatArray:
    """Return for each group the sum over its rows of left_i right_i', shape (n_groups, k)."""
    out = np.empty((n_groups, right.shape[1]))
    for j in range(right.shape[1]):
        out[:, j] = np.bincount(codes, left * right[:, j], n_groups)
    return out
