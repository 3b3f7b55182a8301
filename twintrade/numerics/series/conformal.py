"""Conformal p-values for one series: how unusual the treated stretch is among all stretches of its length."""

from collections.abc import Callable

import numpy as np

from twintrade.numerics.arrays import FloatArray


def compute_moving_block_p(residuals: FloatArray, n_after: int, order: float = 1.0) -> float:
    """Return the p-value over all cyclic shifts of the residuals (Chernozhukov, Wüthrich and Zhu 2021, eq. 4).

    ``residuals`` (n_periods,): from a fit on all periods under the null hypothesis, the tested periods last;
    ``n_after``: tested periods; ``order``: norm of the statistic: 1 for lasting effects, larger for short large ones.
    Returns a multiple of 1 / n_periods, at least that.
    """
    doubled = np.concatenate([residuals, residuals])
    n = residuals.size
    powers = np.abs(doubled) ** order
    sums = np.array([powers[s : s + n_after].sum() for s in range(n)])
    observed = sums[n - n_after]
    return float((sums >= observed * (1 - 1e-9)).sum() / n)


def invert_p_values(
    p_of: Callable[[float], float], center: float, step: float, alpha: float, precision: float = 1e-4
) -> tuple[float, float]:
    """Return the interval around ``center`` of values whose p-value exceeds ``alpha``.

    Ends are found by doubling outward from ``center`` and bisection, to ``precision`` steps; values accepted
    beyond the first rejected one are not looked for. Where ``center`` itself is rejected the nearest accepted value
    on a grid of quarter steps, up to 8 steps away, takes its place. Infinite where nothing within 2^12 steps is
    rejected; NaN where nothing is accepted.
    """
    if not step > 0:
        return (np.nan, np.nan)
    offsets = np.arange(33) / 4 * step
    near = (center + sign * offset for offset in offsets for sign in (-1.0, 1.0))
    accepted = next((value for value in near if p_of(value) > alpha), None)
    if accepted is None:
        return (np.nan, np.nan)
    center = float(accepted)
    ends = []
    for sign in (-1.0, 1.0):
        inside, outside = 0.0, 1.0
        while p_of(center + sign * step * outside) > alpha:
            inside, outside = outside, 2 * outside
            if outside > 2**12:
                break
        if outside > 2**12:
            ends.append(sign * np.inf)
            continue
        while outside - inside > precision * max(1.0, inside):
            middle = (inside + outside) / 2
            if p_of(center + sign * step * middle) > alpha:
                inside = middle
            else:
                outside = middle
        ends.append(center + sign * step * outside)
    return (ends[0], ends[1])
