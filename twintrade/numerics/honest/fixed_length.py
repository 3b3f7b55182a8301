"""The shortest interval of fixed length around an affine estimator when slopes may change by at most M a period."""

from dataclasses import dataclass

import numpy as np
import scipy

from twintrade.numerics.arrays import FloatArray

GRID = 48
"""Points of the bias-variance frontier tried before the search around the best of them."""


@dataclass(frozen=True, slots=True, eq=False)
class FixedLength:
    """An interval ``weights @ estimates ± half_length``."""

    weights: FloatArray  # (n_pre + n_post,)
    half_length: float
    bias: float  # largest bias that the restriction allows
    standard_error: float


def compute_fixed_length(
    covariance: FloatArray, n_pre: int, target: FloatArray, size: float, level: float
) -> FixedLength:
    """Return the shortest fixed-length interval under the smoothness restriction (Armstrong and Kolesar 2018).

    An estimator with weights v before and the target's weights after is unbiased for linear trends if
    u_0 = sum of t·v_t equals that sum after; its worst bias is M times the absolute sums u_i = sum over t > i of
    (t - i)·v_t. So the frontier of variance against bias is a lasso in u_1, u_2, ...

    ``covariance`` (n_pre + n_post, n_pre + n_post); ``target`` (n_post,): weights of the effects after the reference;
    ``size``: M, the largest change of slope.
    """
    n_post = target.size
    after = np.arange(1, n_post + 1)
    drift = float(after @ target)
    later = np.maximum(after - np.arange(1, n_post)[:, None], 0) @ target
    fixed_bias = abs(drift) + float(np.abs(later).sum())
    frontier = _Frontier(covariance, n_pre, target, drift)

    def interval(budget: float) -> FixedLength:
        u = frontier.best(budget)
        weights = frontier.weights(u)
        error = float(np.sqrt(max(float(weights @ covariance @ weights), 0.0)))
        bias = size * (fixed_bias + float(np.abs(u).sum()))
        return FixedLength(weights, error * compute_folded_quantile(bias / error, level), bias, error)

    if size == 0 or n_pre == 1:
        return interval(np.inf)
    budgets = np.linspace(0, frontier.free_budget, GRID)
    lengths = [interval(b).half_length for b in budgets]
    k = int(np.argmin(lengths))
    low, high = budgets[max(k - 1, 0)], budgets[min(k + 1, GRID - 1)]
    shortest = scipy.optimize.fminbound(
        lambda b: interval(float(b)).half_length, low, high, xtol=1e-10 * (1 + float(high))
    )
    best = interval(float(shortest))
    return best if best.half_length <= lengths[k] else interval(budgets[k])


def compute_folded_quantile(bias: float, level: float) -> float:
    """Return c with P(|Z + bias| <= c) = level, for a standard normal Z."""
    bias = abs(bias)
    if bias > 8:
        return bias + float(scipy.special.ndtri(level))
    low, high = bias + float(scipy.special.ndtri(level)) - 1e-12, bias + float(scipy.special.ndtri(0.5 + level / 2))
    for _ in range(200):
        middle = 0.5 * (low + high)
        if scipy.special.ndtr(middle - bias) - scipy.special.ndtr(-middle - bias) < level:
            low = middle
        else:
            high = middle
        if high - low < 1e-14 * (1 + high):
            break
    return 0.5 * (low + high)


class _Frontier:
    """Smallest standard error for each bound on the sum of absolute u."""

    def __init__(self, covariance: FloatArray, n_pre: int, target: FloatArray, drift: float) -> None:
        # v_t for t = 1 (nearest) .. n_pre as second differences of u: u_{t-1} - 2 u_t + u_{t+1}.
        padded = np.vstack([np.eye(n_pre), np.zeros((2, n_pre))])
        v = padded[:-2] - 2 * padded[1:-1] + padded[2:]
        from_u = np.zeros((covariance.shape[0], n_pre))
        from_u[:n_pre] = v[::-1]
        self._start = np.concatenate([np.zeros(n_pre), target]) + from_u[:, 0] * drift
        self._from_u = from_u[:, 1:]
        values, vectors = np.linalg.eigh(covariance)
        root = (vectors * np.sqrt(np.maximum(values, 0))).T
        self._design = root @ self._from_u
        self._outcome = -root @ self._start
        scale = np.sqrt((self._outcome**2).sum()) or 1.0
        self._design, self._outcome = self._design / scale, self._outcome / scale
        self._free: FloatArray = np.linalg.lstsq(self._design, self._outcome, rcond=None)[0]
        self.free_budget = float(np.abs(self._free).sum())

    def best(self, budget: float) -> FloatArray:
        """Return u with absolute sum at most ``budget`` and the smallest variance."""
        if budget >= self.free_budget:
            return self._free
        k = self._free.size
        heavy = 1e4 * max(np.abs(self._design).max(), 1.0) / max(budget, 1e-8)
        stacked = np.hstack([self._design, -self._design, np.zeros((self._design.shape[0], 1))])
        row = np.full((1, 2 * k + 1), heavy)
        x, _ = scipy.optimize.nnls(
            np.vstack([stacked, row]), np.append(self._outcome, heavy * budget), maxiter=100 * (2 * k + 1)
        )
        return np.asarray(x[:k] - x[k : 2 * k], dtype=np.float64)

    def weights(self, u: FloatArray) -> FloatArray:
        """Return the weights of the estimates for given u."""
        return np.asarray(self._start + self._from_u @ u, dtype=np.float64)
