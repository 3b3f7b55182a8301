"""Every two-by-two comparison inside a two-way fixed-effects coefficient, with its weight (Goodman-Bacon 2021)."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

Kind = Literal[
    "earlier against later treated",
    "later against earlier treated",
    "later against always treated",
    "treated against untreated",
    "both treated",
]
EARLIER_LATER, LATER_EARLIER, LATER_ALWAYS, UNTREATED, BOTH_TREATED = get_args(Kind)


@dataclass(frozen=True, slots=True, eq=False)
class TwoByTwo:
    """One comparison of two cohorts."""

    # treated, untreated: Onsets; `inf` for never treated
    treated: float
    untreated: float
    kind: str
    # estimate, weight: Weights add up to one
    estimate: float
    weight: float


def decompose(means: FloatArray, onset: FloatArray, counts: FloatArray, periods: IntArray) -> list[TwoByTwo]:
    """Decompose the coefficient of a treatment dummy with unit and period effects on a balanced panel.

    ``means`` (n_cohorts, n_periods): mean outcome by cohort and period; ``onset``, ``counts`` (n_cohorts,);
    ``periods`` (n_periods,).
    """
    treated = periods >= onset[:, None]
    share = treated.mean(axis=1)
    size = counts / counts.sum()
    comparisons = []
    for k in range(onset.size):
        for u in range(onset.size):
            if share[k] in (0.0, 1.0) or k == u:
                continue
            comparisons += _pair(means, onset, treated, share, size, k, u)
    total = sum(one.weight for one in comparisons)
    return [TwoByTwo(o.treated, o.untreated, o.kind, o.estimate, o.weight / total) for o in comparisons]


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


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A decomposition given covariates (Goodman-Bacon 2021, section V)."""

    # Coefficient from covariates that differ within cohort and period, which no comparison of cohorts explains
    within: float
    within_weight: float  # its weight in the whole coefficient; the comparisons share the rest
    comparisons: tuple[TwoByTwo, ...]  # of two cohorts at a time; their weights add up to one

    @property
    def total(self) -> float:
        """The coefficient of the regression."""
        between = sum(one.weight * one.estimate for one in self.comparisons)
        return self.within_weight * self.within + (1 - self.within_weight) * between


def decompose_given(
    y: FloatArray, covariates: FloatArray, cohort: IntArray, onset: FloatArray, periods: IntArray
) -> Given:
    """Decompose the coefficient of a treatment dummy with unit and period effects and covariates.

    The treatment net of effects and covariates varies within cohorts and periods, by covariates alone, and between
    them; the latter part compares each two cohorts, with the same slopes of the covariates for all of them.

    ``y`` (n_units, n_periods); ``covariates`` (n_units, n_periods, n_covariates); ``cohort`` (n_units,): codes into
    ``onset``; ``onset`` (n_cohorts,); ``periods`` (n_periods,).
    """
    treated = (periods >= onset[:, None])[cohort].astype(np.float64)
    size = np.ones(cohort.size)
    columns = np.stack([_centred(x, size) for x in np.moveaxis(covariates, 2, 0)], axis=2)
    treated_part = _centred(treated, size)
    slopes = np.linalg.lstsq(columns.reshape(treated_part.size, -1), treated_part.ravel(), rcond=None)[0]
    net = treated_part - columns @ slopes
    counts = np.bincount(cohort).astype(np.float64)

    def by_cohort(values: FloatArray) -> FloatArray:
        sums = np.zeros((counts.size, values.shape[1]))
        np.add.at(sums, cohort, values)
        return np.asarray(sums / counts[:, None])

    between, means = by_cohort(net), by_cohort(y)
    inside = net - between[cohort]
    spread = float((inside**2).sum())
    comparisons = [
        one
        for k in range(onset.size)
        for u in range(k + 1, onset.size)
        if (one := _pair_given(means, between, counts, onset, k, u)) is not None
    ]
    total = sum(one.weight for one in comparisons)
    scaled = tuple(TwoByTwo(o.treated, o.untreated, o.kind, o.estimate, o.weight / total) for o in comparisons)
    within = float((inside * y).sum()) / spread if spread > 0 else 0.0
    return Given(within, spread / float((net**2).sum()), scaled)


def _pair_given(
    means: FloatArray, net: FloatArray, counts: FloatArray, onset: FloatArray, k: int, u: int
) -> TwoByTwo | None:
    pair = [k, u]
    moved = _centred(net[pair], counts[pair])
    spread = float((counts[pair, None] * moved**2).sum())
    if spread <= 1e-12 * float((counts[:, None] * net**2).sum()):
        return None
    estimate = float((counts[pair, None] * moved * means[pair]).sum()) / spread
    kind = UNTREATED if np.isinf(onset[u]) else BOTH_TREATED
    return TwoByTwo(float(onset[k]), float(onset[u]), kind, estimate, float(counts[pair].sum() * spread))


def _centred(values: FloatArray, size: FloatArray) -> FloatArray:
    """Return a matrix net of row and column means, rows weighted."""
    out = values - values.mean(axis=1, keepdims=True)
    return np.asarray(out - (size @ out / size.sum()))
