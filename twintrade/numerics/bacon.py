"""Every two-by-two comparison inside a two-way fixed-effects coefficient, with its weight (Goodman-Bacon 2021)."""

from dataclasses import dataclass

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

EARLIER_LATER = "earlier against later treated"
LATER_EARLIER = "later against earlier treated"
LATER_ALWAYS = "later against always treated"
UNTREATED = "treated against untreated"


@dataclass(frozen=True, slots=True, eq=False)
class TwoByTwo:
    """One comparison of two cohorts.

    Attributes
    ----------
    treated, untreated : float
        Onsets; ``inf`` for never treated.
    kind : str
    estimate, weight : float
        Weights add up to one.
    """

    treated: float
    untreated: float
    kind: str
    estimate: float
    weight: float


def decompose(means: FloatArray, onset: FloatArray, counts: FloatArray, periods: IntArray) -> list[TwoByTwo]:
    """Decompose the coefficient of a treatment dummy with unit and period effects on a balanced panel.

    Parameters
    ----------
    means : FloatArray, shape (n_cohorts, n_periods)
        Mean outcome by cohort and period.
    onset, counts : FloatArray, shape (n_cohorts,)
    periods : IntArray, shape (n_periods,)
    """
    treated = periods >= onset[:, None]
    share = treated.mean(axis=1)
    size = counts / counts.sum()
    found = []
    for k in range(onset.size):
        for u in range(onset.size):
            if share[k] in (0.0, 1.0) or k == u:
                continue
            found += _pair(means, onset, treated, share, size, k, u)
    total = sum(one.weight for one in found)
    return [TwoByTwo(o.treated, o.untreated, o.kind, o.estimate, o.weight / total) for o in found]


def _pair(
    means: FloatArray, onset: FloatArray, treated: BoolArray, share: FloatArray, size: FloatArray, k: int, u: int
) -> list[TwoByTwo]:
    """Return the comparison in which cohort k changes and cohort u does not."""
    inside = size[k] / (size[k] + size[u])
    pair = (size[k] + size[u]) ** 2 * inside * (1 - inside)
    if share[u] == 0.0:
        weight, window, kind = pair * share[k] * (1 - share[k]), np.ones(treated.shape[1], dtype=bool), UNTREATED
    elif share[u] < share[k]:
        rest = 1 - share[u]
        weight = pair * rest**2 * ((share[k] - share[u]) / rest) * ((1 - share[k]) / rest)
        window, kind = ~treated[u], EARLIER_LATER
    else:
        weight = pair * share[u] ** 2 * (share[k] / share[u]) * ((share[u] - share[k]) / share[u])
        window, kind = treated[u], LATER_ALWAYS if share[u] == 1.0 else LATER_EARLIER
    after, before = window & treated[k], window & ~treated[k]
    if weight <= 0 or not after.any() or not before.any():
        return []
    change = means[k, after].mean() - means[k, before].mean()
    other = means[u, after].mean() - means[u, before].mean()
    return [TwoByTwo(float(onset[k]), float(onset[u]), kind, float(change - other), float(weight))]
