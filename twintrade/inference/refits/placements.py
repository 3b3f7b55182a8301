"""How often a rule for verdicts would find an effect: every deal is a placement without any, and then with one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.inference.refits.dealt_cases import CaseReading, DealtBy, compute_tail_shares
from twintrade.inference.refits.pair_totals import PairTotals
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray


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
        error = self.totals.compute_errors(planted.noise.of_agreements(self.pairs, planted.case.timing))
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
