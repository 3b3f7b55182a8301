"""P-values of a family of tests by Holm's adjustment, for pages that are drawn again as for checks."""

import numpy as np

from twintrade.numerics.arrays import FloatArray


def adjust_holm(p: FloatArray) -> FloatArray:
    """Return step-down p-values that control the chance of any false rejection (Holm 1979). NaN stays NaN."""
    order = np.argsort(p, kind="stable")[: int((~np.isnan(p)).sum())]
    adjusted = np.full(p.shape, np.nan)
    adjusted[order] = np.maximum.accumulate(np.minimum(p[order] * np.arange(order.size, 0, -1), 1.0))
    return adjusted


def count_tests(p: FloatArray, level: float = 0.05) -> FloatArray:
    """Return what Holm's adjustment multiplies each p by; of those it does not reject, at least how many they are."""
    adjusted = adjust_holm(p)
    return np.maximum(adjusted / p, np.where(adjusted > level, float((adjusted > level).sum()), 1.0))
