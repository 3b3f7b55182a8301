"""Roth's test of the effects before the agreement, as his package makes it, to compare the numbers of both."""

from dataclasses import dataclass

import numpy as np
import scipy

from twintrade.inference.clustering import compute_t_quantile
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.testing import lay_lattice

POINTS = 20_000
SHIFTS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """Probability, and conditional mean of shape (k,)."""

    probability: float
    mean: FloatArray


def integrate_normal_box(mean: FloatArray, covariance: FloatArray, low: FloatArray, high: FloatArray) -> Box:
    """Integrate a normal density over a box by Genz's separation of variables, to about 1e-5.

    Coordinates are conditional on those before, at the points of a fixed Richtmyer lattice with the baker's
    transformation.
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


TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class PreTest:
    """Roth's test: some pre-period effect is individually significant. For comparison with his package."""

    covariance: FloatArray  # (n_effects, n_effects): of all effects, the reference left out
    pre: IntArray  # (n_pre,): positions of the pre-period effects
    level: float = 0.95

    def passed(self, trend: FloatArray) -> Box:
        """Return the probability of passing, and the mean of the pre-period effects given that, under a trend."""
        block = self.covariance[np.ix_(self.pre, self.pre)]
        bound = compute_t_quantile((1 + self.level) / 2, np.inf) * np.sqrt(np.diag(block))
        return integrate_normal_box(trend[self.pre], block, -bound, bound)

    def power(self, trend: FloatArray) -> float:
        """Return the probability that the test objects to a trend."""
        return 1 - self.passed(trend).probability

    def after_passing(self, trend: FloatArray) -> FloatArray:
        """Return the expected effects given that the test was passed, shape (n_effects,)."""
        block = self.covariance[np.ix_(self.pre, self.pre)]
        moved = np.linalg.solve(block, self.passed(trend).mean - trend[self.pre])
        return np.asarray(trend + self.covariance[:, self.pre] @ moved)

    def slope_for(self, power: float, distance: FloatArray) -> float:
        """Return the slope times ``distance`` (n_effects,) that the test finds with the given power, by bisection."""
        low, high = 0.0, float(np.sqrt(np.diag(self.covariance)[self.pre]).max())
        while self.power(high * distance) < power:
            low, high = high, 2 * high
        while high - low > TOLERANCE * high:
            middle = (low + high) / 2
            low, high = (middle, high) if self.power(middle * distance) < power else (low, middle)
        return high
