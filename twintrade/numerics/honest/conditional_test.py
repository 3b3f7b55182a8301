"""Conditional and hybrid tests of moment inequalities with nuisance parameters (Andrews, Roth and Pakes 2023)."""

from typing import Literal

import numpy as np
import scipy

from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.honest.dual_vertices import DualPolytope
from twintrade.numerics.honest.fixed_length import FixedLength
from twintrade.numerics.honest.least_favorable import compute_least_favorable
from twintrade.numerics.honest.trend_restrictions import Polyhedron

Hybrid = Literal["conditional", "least_favorable", "fixed_length"]

FIRST_STAGE = 0.1
"""Share of the size that a hybrid test spends on its first stage, as recommended by the authors."""


class ConditionalTest:
    """Test of target'effects = theta when the violation of trends lies in one polyhedron.

    Under the null some effects tau with target'tau = theta satisfy E[A (estimates - tau)] <= bound. The statistic is
    the smallest studentized slack eta over tau; it is compared with its distribution given the binding multiplier.

    ``estimates`` (n_pre + n_post,); ``covariance`` (n_pre + n_post, n_pre + n_post); ``target`` (n_post,); ``size``:
    1 - level; ``rng``: for the least favorable critical value; ``fixed``: interval of level 1 - size/10 for the
    hybrid with fixed length.
    """

    def __init__(
        self,
        estimates: FloatArray,
        covariance: FloatArray,
        n_pre: int,
        target: FloatArray,
        polyhedron: Polyhedron,
        hybrid: Hybrid,
        size: float,
        rng: np.random.Generator,
        fixed: FixedLength | None = None,
    ) -> None:
        # Rows on pre-periods alone do not depend on theta and only cost power (the authors' default).
        rows = np.abs(polyhedron.matrix[:, n_pre:]).max(axis=1) > 0
        matrix = polyhedron.matrix[rows]
        self._moments = matrix @ estimates - polyhedron.bound[rows]
        self._covariance = matrix @ covariance @ matrix.T
        self._scale = np.sqrt(np.maximum(np.diag(self._covariance), 0.0))
        target_rows, nuisance = _rotated(matrix[:, n_pre:], target)
        self._target_rows = target_rows
        self._polytope = DualPolytope(nuisance, self._scale)
        self._hybrid = hybrid
        self._size = size
        self._first = FIRST_STAGE * size if hybrid != "conditional" else 0.0
        self._critical = np.inf
        if hybrid == "least_favorable":
            values, vectors = np.linalg.eigh(covariance)
            root = matrix @ (vectors * np.sqrt(np.maximum(values, 0.0)))
            self._critical = compute_least_favorable(self._polytope, root, self._first, rng)
        self._fixed = fixed
        if fixed is not None:
            self._fixed_center = float(fixed.weights @ estimates)
            self._fixed_covariance = matrix @ covariance @ fixed.weights

    def accepts(self, theta: float) -> bool:
        """Return whether theta belongs to the confidence set."""
        if self._fixed is not None and abs(self._fixed_center - theta) > self._fixed.half_length:
            return False
        shifted = self._moments - self._target_rows * theta
        if self._polytope.passes(shifted, self._critical):
            return False
        gamma = self._polytope.argmax(shifted)
        eta = float(gamma @ shifted)
        if eta > self._critical:
            return False
        if eta <= 0:
            return True
        loaded = self._covariance @ gamma
        variance = float(gamma @ loaded)
        if variance <= 1e-14 * float(self._scale.max()) ** 2 * float(gamma @ gamma):
            return False
        slope = loaded / variance
        rest = shifted - slope * eta
        low, high = self._polytope.tangent_interval(gamma, rest, slope)
        high = min(high, self._critical)
        if self._fixed is not None:
            rate = float(gamma @ self._fixed_covariance) / variance
            low, high = self._within_first_stage(theta, eta, rate, low, high)
        tail = (self._size - self._first) / (1 - self._first)
        return eta <= max(0.0, compute_truncated_quantile(np.sqrt(variance), low, high, tail))

    def _within_first_stage(
        self, theta: float, eta: float, rate: float, low: float, high: float
    ) -> tuple[float, float]:
        """Truncate to where theta stays inside the fixed-length interval, whose center moves by ``rate``."""
        if self._fixed is None or rate == 0:
            return low, high
        gap = self._fixed_center - theta
        ends = sorted(eta + (side * self._fixed.half_length - gap) / rate for side in (-1.0, 1.0))
        return max(low, ends[0]), min(high, ends[1])


def compute_truncated_quantile(deviation: float, low: float, high: float, tail: float) -> float:
    """Return the point with probability ``tail`` above it under N(0, deviation²) truncated to [low, high]."""
    if not low < high:
        return high
    above_high = scipy.special.log_ndtr(-high / deviation)
    above_low = scipy.special.log_ndtr(-low / deviation)
    # log of S(high) + tail * (S(low) - S(high))
    log_tail = np.logaddexp(np.log1p(-tail) + above_high, np.log(tail) + above_low)
    return float(np.clip(-scipy.special.ndtri_exp(log_tail) * deviation, low, high))


def _rotated(after: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Split the columns on effects into that of theta and those of the nuisance directions.

    Any basis whose first row is the target serves; this one completes it with all unit vectors but its largest entry.
    """
    n_post = target.size
    basis = np.vstack([target, np.delete(np.eye(n_post), int(np.argmax(np.abs(target))), axis=0)])
    columns = after @ np.linalg.inv(basis)
    return columns[:, 0], columns[:, 1:]
