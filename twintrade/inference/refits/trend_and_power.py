"""The trend before agreements, as it would go on, and how often a rule for verdicts would find an effect."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twintrade.inference.refits.dealt_cases import CaseReading, DealtBy, DealtCase, compute_tail_shares
from twintrade.inference.refits.pair_totals import PairTotals, compute_errors
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

STEPS = 5
LEAST_TREND, LARGEST_TREND, LEAST_SHARE = 0.001, 1.0, 0.1
"""Trends that are tried first, in logs a period, and at most; smallest share that a step is taken to find."""
CLOSE = 1e-4


def fit_trend(case: DealtCase) -> tuple[float, float]:
    """Return the common trend, in logs a period, that leaves none if divided out, and the share that one step finds.

    City and partner effects take up part of a trend, so that one step falls short of it.
    """
    flows, t = case.table.by_pair, np.arange(case.table.shape[2])
    is_before = np.zeros(flows.shape, dtype=bool)
    is_before[case.pairs] = t < case.timing.out[:, None]

    def measure(trend: float) -> float:
        left = np.where(is_before, flows * np.exp(-trend * (t - t.mean())), flows)
        reading = CaseReading(replace(case, table=case.table.replace_flows(left)), 0.0, 1, 1)
        return float(reading.totals(None).slope[0])

    tried, left, share = 0.0, measure(0.0), 1.0
    if not left:  # no pair has two earlier periods
        return 0.0, share
    trend = left if abs(left) > LEAST_TREND else LEAST_TREND
    for _ in range(STEPS):
        before, left = left, measure(trend)
        share = min(max((before - left) / (trend - tried), LEAST_SHARE), 1.0)
        tried, trend = trend, min(max(trend + left / share, -LARGEST_TREND), LARGEST_TREND)
        if abs(trend - tried) < CLOSE:
            break
    return trend, share


# Every deal is a placement without an effect, and then with one.


@dataclass(frozen=True, eq=False)
class Placements:
    """Deals on data without an effect as placements of agreements, and what a rule asks of each."""

    pairs: IntArray  # (n_draws, n)
    totals: PairTotals
    carried: FloatArray  # (n_draws,): by how much the trend before, going on, would have moved the total, in logs
    is_fine: BoolArray  # (n_draws,): whether no check of the periods before objects

    def measure_power(
        self, effect: float, planted: CaseReading, dealings: Sequence[DealtBy], bounds: tuple[float, float]
    ) -> float:
        """Return the share of placements that the rule calls evidence if their pairs' trade moves by an effect.

        ``planted``: the real agreements with such an effect, whose noise and deals each placement is compared with;
        ``bounds``: largest p of the total, and of the other statistics.
        """
        is_found, is_kept = self.is_fine.copy(), np.zeros(self.is_fine.size, dtype=bool)
        values = np.column_stack([self.totals.total, self.totals.row_average, self.totals.without_largest]) + effect
        sign, p = np.sign(values[:, 0]), np.zeros((is_found.size, 4))
        variance = planted.noise.of_agreements(self.pairs, planted.case.timing)
        error = compute_errors(self.totals.expected, self.totals.counts, variance)
        for one in (planted.compare(by) for by in dealings):
            apart, center = values - one.center, float(one.center[0])
            w = self.totals.nearest_zero(center, effect) / error[:, 0]
            tested = zip((*one.z[:-1].T, one.nearest[:-1]), (*(apart / error).T, w), strict=True)
            p = np.maximum(p, np.column_stack([compute_tail_shares(dealt, at) for dealt, at in tested]))
            is_found &= (np.sign(apart) == sign[:, None]).all(axis=1)
            is_kept |= compute_tail_shares(one.z[:-1, 0], (apart[:, 0] - self.carried) / error[:, 0]) > bounds[0]
        is_found &= (p[:, 0] <= bounds[0]) & (p[:, 1:] <= bounds[1]).all(axis=1)
        is_found &= (self.carried * sign <= 0) | ((np.abs(self.carried) < np.abs(values[:, 0])) & ~is_kept)
        return float((is_found & (sign == np.sign(effect))).mean())
