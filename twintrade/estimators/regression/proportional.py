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

    ``effects`` (k,): log points; ``influence`` (n_rows, k): of the effects, by row; ``inside`` (n_rows, k): which
    rows an effect belongs to; ``y``, ``scores`` (n_rows,): outcome, and weighted residual; ``weights`` (n_rows,):
    sampling weights. Returns ``differences`` (k,); ``influence`` (n_rows, k).
    """
    sizes = weights @ inside
    mean, ratio = (weights * y) @ inside / sizes, np.exp(-effects)
    return mean * (1 - ratio), influence * (mean * ratio) + inside * scores[:, None] * ((1 - ratio) / sizes)
