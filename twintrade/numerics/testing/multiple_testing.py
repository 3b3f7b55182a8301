"""P-values of a family of tests: sharpened q-values, and Romano-Wolf from joint draws."""

from collections.abc import Callable

import numpy as np

from twintrade.numerics.arrays import FloatArray


def adjust_sharpened_q(p: FloatArray) -> FloatArray:
    """Return two-stage sharpened q-values on a grid of 0.001 (Benjamini, Krieger, Yekutieli 2006)."""
    return _on_known(p, _sharpened)


def adjust_romano_wolf(observed: FloatArray, drawn: FloatArray) -> FloatArray:
    """Return step-down p-values from the joint distribution of statistics under the null (Romano and Wolf 2005).

    ``observed`` (k,): absolute, or signed, statistics; ``drawn`` (n_draws, k): the same under the null, jointly
    drawn.
    """
    size, draws = np.abs(observed), np.abs(drawn)
    order = np.argsort(-size, kind="stable")
    out, floor = np.empty(size.size), 0.0
    for step, k in enumerate(order):
        largest = draws[:, order[step:]].max(axis=1)
        floor = max(floor, float((1 + (largest >= size[k] * (1 - 1e-10)).sum()) / (draws.shape[0] + 1)))
        out[k] = floor
    return out


def _on_known(p: FloatArray, adjust: Callable[[FloatArray], FloatArray]) -> FloatArray:
    known = ~np.isnan(p)
    out = np.full(p.size, np.nan)
    if known.any():
        out[known] = adjust(p[known])
    return out


def _sharpened(p: FloatArray) -> FloatArray:
    """Go down the grid; a test's q is the smallest level at which both stages still reject it."""
    order = np.argsort(p, kind="stable")
    rank = np.empty(p.size)
    rank[order] = np.arange(1, p.size + 1)
    q = np.ones(p.size)
    for level in np.arange(1000, 0, -1) / 1000:
        first = level / (1 + level)
        rejected = rank[p <= first * rank / p.size].max(initial=0)
        if rejected < p.size:
            second = first * p.size / (p.size - rejected)
            rejected = rank[p <= second * rank / p.size].max(initial=0)
        q[rank <= rejected] = level
    return q
