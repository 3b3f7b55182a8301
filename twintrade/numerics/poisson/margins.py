"""Poisson means of a table of flows from its margins, for many choices of rows that are left out at once."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group

MOST_ROUNDS = 400
DRAWS_AT_ONCE = 64
LEAP, MOST_SHARE = 4, 0.97
"""Rounds after which updates are extended, and the largest share of the last round that the next one may be."""
TINY = 1e-300
ROUNDING = 1e-12
"""Change of a table's largest relative mean below which the fit without left-out rows has converged."""


@dataclass(frozen=True, eq=False)
class FlowTable:
    """Flows of cities with partners by period, and the effects that their means have beside those of pairs."""

    y: FloatArray  # (n_cities, n_partners, n_periods): not negative; zero where nothing is observed
    is_observed: BoolArray  # same shape
    # by_city, by_partner: whether the city, and the partner, have an effect in each period. A table with one row a
    # unit and one partner for all has effects of periods by the latter.
    by_city: bool = True
    by_partner: bool = True

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of cities, partners and periods."""
        n_cities, n_partners, n_periods = self.y.shape
        return n_cities, n_partners, n_periods

    @property
    def by_pair(self) -> FloatArray:
        """Flows of each pair, (n_pairs, n_periods); pair c * n_partners + p is that of city c and partner p."""
        return self.y.reshape(-1, self.shape[2])

    @cached_property
    def is_pair(self) -> BoolArray:
        """Whether anything is observed of each pair, (n_pairs,)."""
        return np.asarray(self.is_observed.any(axis=2).ravel())

    def replace_flows(self, by_pair: FloatArray) -> "FlowTable":
        """Return the table with other flows, (n_pairs, n_periods)."""
        return replace(self, y=by_pair.reshape(self.shape))

    @cached_property
    def holes(self) -> tuple[IntArray, IntArray, IntArray]:
        """City, partner and period of the rows that pairs of the table lack, (n_holes,) each."""
        city, partner, period = np.nonzero(~self.is_observed & self.is_pair.reshape(*self.shape[:2], 1))
        return city, partner, period

    @cached_property
    def means(self) -> "MarginFactors":
        """Factors of the means of all rows."""
        n_cities, n_partners, n_periods = self.shape
        start = MarginFactors(
            self.y.sum(axis=2)[None] / n_periods,
            np.ones((1, n_cities, n_periods)),
            np.ones((1, n_partners, n_periods)),
        )
        none = np.zeros((1, 0), dtype=np.int64)
        return _Iteration(self, none, np.zeros(0, dtype=np.int64), start).run(ROUNDING, MOST_ROUNDS)


@dataclass(frozen=True, slots=True, eq=False)
class MarginFactors:
    """Means of draws as products: pair times city and period times partner and period."""

    pair: FloatArray  # (n_draws, n_cities, n_partners)
    city: FloatArray  # (n_draws, n_cities, n_periods)
    partner: FloatArray  # (n_draws, n_partners, n_periods)

    def put(self, draws: IntArray, some: "MarginFactors") -> None:
        """Set the factors of some draws, in place."""
        self.pair[draws], self.city[draws], self.partner[draws] = some.pair, some.city, some.partner

    def of_pairs(self, pairs: IntArray) -> FloatArray:
        """Return the means of some pairs of each draw, (n_draws, n); (n_draws, n, n_periods)."""
        draw = np.arange(pairs.shape[0])[:, None]
        city, partner = np.divmod(pairs, self.pair.shape[2])
        return np.asarray(
            self.pair[draw, city, partner][:, :, None] * self.city[draw, city] * self.partner[draw, partner]
        )

    def of_all(self) -> FloatArray:
        """Return the means of every pair in the only draw, (n_pairs, n_periods)."""
        means = self.pair[0][:, :, None] * self.city[0][:, None] * self.partner[0][None]
        return np.asarray(means.reshape(-1, means.shape[2]))


def fit_left_out(
    table: FlowTable, pairs: IntArray, starts: IntArray, tolerance: float, rounds: int = MOST_ROUNDS
) -> FloatArray:
    """Return the means of some pairs, fitted to each draw's table without their rows from a period on.

    Each round updates the effects of pairs, cities and partners exactly, one after the other, from the fit to all
    rows on. Returns (n_draws, n, n_periods).

    ``pairs`` (n_draws, n): distinct within a draw; ``starts`` (n,): position of the first period that is left out of
    each; ``tolerance``: a draw is done when no logarithm of what a pair would have had in the rows left out moves by
    more in a round, or after so many ``rounds``.
    """
    out = np.empty((*pairs.shape, table.shape[2]))
    for first in range(0, pairs.shape[0], DRAWS_AT_ONCE):
        some = pairs[first : first + DRAWS_AT_ONCE]
        factors = _Iteration(table, some, starts, table.means).run(tolerance, rounds)
        out[first : first + DRAWS_AT_ONCE] = factors.of_pairs(some)
    return out


class _Iteration:
    """Rounds of updates for some draws."""

    def __init__(self, table: FlowTable, pairs: IntArray, starts: IntArray, start: MarginFactors) -> None:
        n_draws, (n_cities, n_partners, n_periods) = pairs.shape[0], table.shape
        self.table, self.pairs = table, pairs
        self.draw = np.arange(n_draws)[:, None]
        self.c, self.p = np.divmod(pairs, n_partners)
        seen = table.is_observed.reshape(-1, n_periods)[pairs]
        self.is_out = seen & (np.arange(n_periods) >= starts[:, None])
        self.in_city = (self.c[:, None] == np.arange(n_cities)[:, None]).astype(np.float64)
        self.in_partner = (self.p[:, None] == np.arange(n_partners)[:, None]).astype(np.float64)
        lost = table.by_pair[pairs] * self.is_out
        y_pair = np.repeat(table.y.sum(axis=2)[None], n_draws, axis=0)
        y_pair[self.draw, self.c, self.p] -= lost.sum(axis=2)
        # Rounding may leave less than nothing of a sum from which all was taken away.
        self.y_pair = np.where(y_pair > ROUNDING * table.y.sum(axis=2), y_pair, 0.0)
        self.y_city = _clip(table.y.sum(axis=1), self.in_city @ lost)
        self.y_partner = _clip(table.y.sum(axis=0), self.in_partner @ lost)
        pair, city, partner = (
            np.repeat(values, n_draws // values.shape[0], axis=0)
            for values in (start.pair, start.city, start.partner)
        )
        self.factors = MarginFactors(pair, city, partner)

    def run(self, tolerance: float, rounds: int) -> MarginFactors:
        """Return the factors once no draw moves any more; those done leave when half are."""
        factors, last = self.factors, self._measure()
        left, is_open = np.arange(self.pairs.shape[0]), np.ones(self.pairs.shape[0], dtype=bool)
        moved = np.zeros_like(last)
        for k in range(rounds):
            start, before = self.factors, moved
            self._update()
            now = self._measure()
            with np.errstate(divide="ignore", invalid="ignore"):
                moved = np.log(now / last)
            is_open &= (np.abs(moved) > tolerance).any(axis=1)
            if k % LEAP == LEAP - 1:
                self._leap(start, *(np.nan_to_num(one, posinf=0.0, neginf=0.0) for one in (before, moved)))
            if 2 * is_open.sum() <= is_open.size:
                factors.put(left, self.factors)
                if not is_open.any():
                    return factors
                self._keep(is_open)
                left, now, moved, is_open = left[is_open], now[is_open], moved[is_open], is_open[is_open]
            last = now
        factors.put(left, self.factors)
        return factors

    def _leap(self, start: MarginFactors, before: FloatArray, moved: FloatArray) -> None:
        """Go on as far as further rounds would if each moved a draw by the same share of the one before (Aitken)."""
        share = (before * moved).sum(axis=1) / np.maximum((before**2).sum(axis=1), TINY)
        share = np.clip(share, 0.0, MOST_SHARE)[:, None, None]

        def extend(now: FloatArray, then: FloatArray) -> FloatArray:
            ratio = np.divide(now, then, out=np.ones_like(now), where=(now > 0) & (then > 0))
            return np.asarray(now * ratio ** (share / (1 - share)))

        f = self.factors
        self.factors = MarginFactors(f.pair, extend(f.city, start.city), extend(f.partner, start.partner))

    def _keep(self, some: BoolArray) -> None:
        """Go on with some of the draws."""
        f = self.factors
        self.factors = MarginFactors(f.pair[some], f.city[some], f.partner[some])
        for name in ("pairs", "c", "p", "is_out", "in_city", "in_partner", "y_pair", "y_city", "y_partner"):
            setattr(self, name, getattr(self, name)[some])
        self.draw = np.arange(self.pairs.shape[0])[:, None]

    def _measure(self) -> FloatArray:
        if not self.pairs.shape[1]:
            return np.asarray(self.factors.of_all().sum(axis=0)[None])
        values: FloatArray = (self.factors.of_pairs(self.pairs) * self.is_out).sum(axis=2)
        return values

    def _update(self) -> None:
        f = self.factors
        pair, city, partner = f.pair, f.city, f.partner
        city_left, partner_left = city[self.draw, self.c] * self.is_out, partner[self.draw, self.p]
        total = city @ partner.transpose(0, 2, 1) - self._sum_holes("pair", pair, city, partner)
        total[self.draw, self.c, self.p] -= (city_left * partner_left).sum(axis=2)
        pair = _divide(self.y_pair, total)
        levels = pair[self.draw, self.c, self.p][:, :, None]
        if self.table.by_city:
            total = pair @ partner - self.in_city @ (levels * partner_left * self.is_out)
            city = _divide(self.y_city, total - self._sum_holes("city", pair, city, partner))
        if self.table.by_partner:
            city_left = city[self.draw, self.c] * self.is_out
            total = pair.transpose(0, 2, 1) @ city - self.in_partner @ (levels * city_left)
            partner = _divide(self.y_partner, total - self._sum_holes("partner", pair, city, partner))
        self.factors = MarginFactors(pair, city, partner)

    def _sum_holes(
        self, over: Literal["pair", "city", "partner"], pair: FloatArray, city: FloatArray, partner: FloatArray
    ) -> FloatArray | float:
        """Return what rows that are not observed add to sums over whole pairs, cities or partners."""
        c, p, t = self.table.holes
        if not c.size:
            return 0.0
        n_cities, n_partners, n_periods = self.table.shape
        values = np.ones((self.pairs.shape[0], c.size))
        for kind, factor in (("pair", pair[:, c, p]), ("city", city[:, c, t]), ("partner", partner[:, p, t])):
            values = values if kind == over else values * factor
        cell, shape = {
            "pair": (c * n_partners + p, (n_cities, n_partners)),
            "city": (c * n_periods + t, (n_cities, n_periods)),
            "partner": (p * n_periods + t, (n_partners, n_periods)),
        }[over]
        n = shape[0] * shape[1]
        return sum_by_group(values.ravel(), (self.draw * n + cell).ravel(), len(values) * n).reshape(-1, *shape)


def _clip(whole: FloatArray, lost: FloatArray) -> FloatArray:
    left = whole - lost
    return np.asarray(np.where(left > ROUNDING * whole, left, 0.0))


def _divide(y: FloatArray, total: FloatArray) -> FloatArray:
    """Return factors; zero where nothing is left to compare with."""
    return np.asarray(np.divide(y, total, out=np.zeros_like(total), where=(total > 0) & (y > 0)))
