"""How far a path lies outside what its donors can reproduce."""

import numpy as np

from twintrade.numerics.arrays import FloatArray


def compute_distance_outside(own: FloatArray, donors: FloatArray) -> tuple[float, int]:
    """Return the largest distance outside the donors' range in a period, in standard deviations, and how often.

    Parameters
    ----------
    own : FloatArray, shape (n_periods,)
    donors : FloatArray, shape (n_donors, n_periods)

    Returns
    -------
    float
        Largest distance over the standard deviation across donors in that period; 0 inside.
    int
        Number of periods outside.
    """
    spread = donors.std(axis=0)
    beyond = np.maximum(own - donors.max(axis=0), donors.min(axis=0) - own)
    outside = beyond > 1e-12 * np.maximum(np.abs(own), 1e-300)
    if not outside.any():
        return 0.0, 0
    scaled = np.where(spread > 0, beyond / np.where(spread > 0, spread, 1.0), np.inf)
    return float(scaled[outside].max()), int(outside.sum())
