"""A mean over several cases that differ, with an interval that says so, and p-values put together."""

from dataclasses import dataclass

import numpy as np
import scipy

from twintrade.errors import InferenceError
from twintrade.numerics.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class RandomEffects:
    """A random-effects mean."""

    # mean, se, low, high, p: With the Hartung-Knapp variance and t quantiles of n - 1 degrees of freedom
    mean: float
    se: float
    low: float
    high: float
    p: float
    heterogeneity: float  # standard deviation of the true effects (Paule-Mandel)
    # q, q_p: Cochran's statistic and its p-value
    q: float
    q_p: float
    factor: float  # the Hartung-Knapp factor of the variance, before it is kept from falling below one


def fit_random_effects(
    effects: FloatArray, variances: FloatArray, level: float = 0.95, *, is_truncated: bool = True
) -> RandomEffects:
    """Return the random-effects mean with the Hartung-Knapp interval (Knapp and Hartung 2003).

    ``effects``, ``variances`` (n_cases,); ``is_truncated``: never below the variance without the Hartung-Knapp
    factor: effects that happen to lie closer together than their own variances allow are no reason for a short
    interval.
    """
    n = effects.size
    if n < 2:
        raise InferenceError(f"a mean over cases needs two of them; there is {n}")
    if not (np.isfinite(effects).all() and np.isfinite(variances).all() and (variances > 0).all()):
        raise InferenceError("every case needs a finite effect and a positive variance")
    tau2 = _paule_mandel(effects, variances)
    weights = 1 / (variances + tau2)
    mean = float(weights @ effects / weights.sum())
    factor = float(weights @ (effects - mean) ** 2 / (n - 1))
    se = float(np.sqrt(max(factor, 1.0) if is_truncated else factor) / np.sqrt(weights.sum()))
    critical = float(-scipy.special.stdtrit(n - 1, (1 - level) / 2))
    fixed = 1 / variances
    q = float(fixed @ (effects - fixed @ effects / fixed.sum()) ** 2)
    p = float(2 * scipy.special.stdtr(n - 1, -abs(mean) / se)) if se > 0 else float(mean == 0)
    half, q_p = critical * se, float(scipy.special.chdtrc(n - 1, q))
    return RandomEffects(mean, se, mean - half, mean + half, p, float(np.sqrt(tau2)), q, q_p, factor)


def _paule_mandel(effects: FloatArray, variances: FloatArray) -> float:
    """Solve for the variance of true effects at which the weighted squares equal their expectation, n - 1.

    By bisection: the iteration of ``combine_effects`` in statsmodels takes the variance to be zero where rounding
    puts the weighted squares just below their expectation, the more often the closer it is asked to come.
    """

    def excess(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        return float(weights @ (effects - weights @ effects / weights.sum()) ** 2) - (effects.size - 1)

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, float(np.var(effects) + variances.max())
    while excess(high) > 0:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2


def combine_fisher(p: FloatArray) -> float:
    """Return Fisher's combined p-value of independent tests.

    With discrete rank p-values it is conservative; with shared donors the tests are dependent and it is not exact.
    """
    return float(scipy.special.chdtrc(2 * p.size, -2 * np.log(p).sum()))


def bound_best_p(p_best: float, n_best: int, n_all: int) -> float:
    """Bound the p-value of ``n_best`` cases chosen as the best of ``n_all``, all without effect.

    The chance that at least ``n_best`` of ``n_all`` independent uniform p-values fall at or below the largest of the
    chosen ones: what a reader must allow for who does not know how the cases were picked.

    ``p_best``: largest p-value among the chosen cases.
    """
    if n_best > n_all:
        raise InferenceError(f"{n_best} cases cannot be the best of {n_all}")
    return float(scipy.special.bdtrc(n_best - 1, n_all, min(p_best, 1.0)))
