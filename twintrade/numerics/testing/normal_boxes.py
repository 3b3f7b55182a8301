"""Probability that a normal vector lies in a box, and its mean given that it does, by a fixed lattice."""

from dataclasses import dataclass

import numpy as np
import scipy

from twintrade.numerics.arrays import FloatArray

POINTS = 20_000
SHIFTS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """Probability, and conditional mean of shape (k,)."""

    probability: float
    mean: FloatArray


def integrate_normal_box(mean: FloatArray, covariance: FloatArray, low: FloatArray, high: FloatArray) -> Box:
    """Integrate a normal density over a box by Genz's separation of variables.

    Coordinates are taken in turn, each conditional on those before it, at the points of a Richtmyer lattice with the
    baker's transformation; the lattice is fixed, so results repeat. Errors are about 1e-5.

    ``mean``, ``low``, ``high`` (k,); ``covariance`` (k, k).
    """
    k = mean.size
    root = np.linalg.cholesky(covariance + 1e-14 * np.trace(covariance) / k * np.eye(k))
    total, weighted = 0.0, np.zeros(k)
    for shift in range(SHIFTS):
        u = lay_lattice(POINTS, k, (shift + 0.5) / SHIFTS)
        z = np.zeros((POINTS, k))
        weight = np.ones(POINTS)
        for j in range(k):
            center = mean[j] + z[:, :j] @ root[j, :j]
            below = scipy.special.ndtr((low[j] - center) / root[j, j])
            above = scipy.special.ndtr((high[j] - center) / root[j, j])
            weight *= above - below
            z[:, j] = scipy.special.ndtri(np.clip(below + u[:, j] * (above - below), 1e-300, 1 - 1e-16))
        total += float(weight.mean())
        weighted += weight @ (mean + z @ root.T) / POINTS
    return Box(total / SHIFTS, weighted / total if total > 0 else np.full(k, np.nan))


def lay_lattice(n_points: int, n_columns: int, shift: FloatArray | float) -> FloatArray:
    """Return a shifted Richtmyer lattice in the unit cube under the baker's transformation, (n_points, n_columns)."""
    index = np.arange(1, n_points + 1)[:, None]
    points: FloatArray = np.mod(index * np.sqrt(_primes(n_columns)) + shift, 1.0)
    return np.asarray(np.abs(2 * points - 1), dtype=np.float64)


def _primes(n: int) -> FloatArray:
    primes: list[int] = []
    candidate = 2
    while len(primes) < n:
        if all(candidate % p for p in primes):
            primes.append(candidate)
        candidate += 1
    return np.array(primes, dtype=np.float64)
