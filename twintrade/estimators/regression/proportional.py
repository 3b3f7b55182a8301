"""Proportional effects as mean differences of the outcome, by the delta method with the sample held fixed."""

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray


def compute_mean_differences(
    effects: FloatArray,
    influence: FloatArray,
    inside: BoolArray,
    y: FloatArray,
    scores: FloatArray,
    weights: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return how far the outcomes of each effect's rows lie, on average, from what they would be without it.

    In a Poisson regression these outcomes add up to their fitted sum; without the effect they would be exp(-effect)
    of it.

    Parameters
    ----------
    effects : FloatArray, shape (k,)
        Log points.
    influence : FloatArray, shape (n_rows, k)
        Of the effects, by row.
    inside : BoolArray, shape (n_rows, k)
        Which rows an effect belongs to.
    y, scores : FloatArray, shape (n_rows,)
        Outcome, and weighted residual.
    weights : FloatArray, shape (n_rows,)
        Sampling weights.

    Returns
    -------
    differences : FloatArray, shape (k,)
    influence : FloatArray, shape (n_rows, k)
    """
    sizes = weights @ inside
    mean, ratio = (weights * y) @ inside / sizes, np.exp(-effects)
    return mean * (1 - ratio), influence * (mean * ratio) + inside * scores[:, None] * ((1 - ratio) / sizes)
