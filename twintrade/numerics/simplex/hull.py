"""How far a path lies outside what its donors can reproduce."""

import numpy as np

from twintrade.numerics.arrays import FloatArray


def compute_distance_outside(target: FloatArray, donors: FloatArray) -> tuple[float, int]:
    """Return the largest distance outside the donors' range in a period, in standard deviations, and how often.

    ``target`` (n_periods,); ``donors`` (n_donors, n_periods). Returns largest distance over the standard deviation
    across donors in that period; 0 inside; number of periods outside.
    """
    spread = donors.std(axis=0)
    beyond = np.maximum(target - donors.max(axis=0), donors.min(axis=0) - target)
    outside = beyond > 1e-12 * np.maximum(np.abs(target), 1e-300)
    if not outside.any():
        return 0.0, 0
    scaled = np.where(spread > 0, beyond / np.where(spread > 0, spread, 1.0), np.inf)
    return float(scaled[outside].max()), int(outside.sum())
