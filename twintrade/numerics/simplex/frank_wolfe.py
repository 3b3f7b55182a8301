"""Simplex weights by conditional gradients, stopped as the reference software of synthetic DiD stops."""

import numpy as np

from twintrade.numerics.arrays import FloatArray

FIRST_STEPS, STEPS = 100, 10_000
KEPT_SHARE = 0.25
"""Between the two passes, weights up to this share of the largest are set to zero."""


def fit_frank_wolfe_weights(columns: FloatArray, target: FloatArray, zeta: float, least_gain: float) -> FloatArray:
    """Approximate ``fit_simplex_weights`` with ridge ``zeta^2 n_rows`` (Arkhangelsky et al. 2021, their software).

    A short pass from equal weights, thinning, and a long pass from there. It stops when the objective gains less
    than ``least_gain^2``, visibly short of the optimum where the objective is flat: use it to reproduce published
    numbers, and ``fit_simplex_weights`` for the optimum itself.

    ``columns`` (n_rows, n_weights); ``target`` (n_rows,).
    """
    start = np.full(columns.shape[1], 1.0 / columns.shape[1])
    rough = _descend(columns, target, start, zeta, least_gain, FIRST_STEPS)
    thinned = np.where(rough <= KEPT_SHARE * rough.max(), 0.0, rough)
    return _descend(columns, target, thinned / thinned.sum(), zeta, least_gain, STEPS)


def _descend(
    columns: FloatArray, target: FloatArray, weights: FloatArray, zeta: float, least_gain: float, n_steps: int
) -> FloatArray:
    n_rows = columns.shape[0]
    eta = n_rows * zeta**2
    fitted, before = columns @ weights, np.inf
    for step in range(n_steps):
        slope = (fitted - target) @ columns + eta * weights
        best = int(np.argmin(slope))
        move = -weights
        move[best] += 1.0
        moved = columns[:, best] - fitted
        curvature = moved @ moved + eta * (move @ move)
        if curvature == 0:
            break
        length = min(1.0, max(0.0, float(-(slope @ move) / curvature)))
        weights = weights + length * move
        fitted = fitted + length * moved
        value = float(zeta**2 * (weights @ weights) + ((fitted - target) ** 2).sum() / n_rows)
        if step > 0 and before - value <= least_gain**2:
            break
        before = value
    return weights
