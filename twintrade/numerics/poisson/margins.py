"""Poisson means of a table of flows from its margins, for many choices of rows that are left out at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group

MOST_ROUNDS = 400
NUMBERS_AT_ONCE = 130_000  # factors that are updated at once
LEAP, MOST_SHARE = 4, 0.97
"""Rounds after which updates are extended, and the largest share of the last round that the next one may be."""
MOST_RATIO = 1e3  # how far an extension may take a factor
TINY = 1e-300
ROUNDING = 1e-12  # change of a table's largest relative mean below which the fit without left-out rows has converged


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

    @cached_property
    def sums(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Sums of flows by pair, by city and period, and by partner and period."""
        return self.y.sum(axis=2), self.y.sum(axis=1), self.y.sum(axis=0)

    @property
    def draws_at_once(self) -> int:
        """How many draws are fitted at once."""
        return max(1, NUMBERS_AT_ONCE // sum(of.size for of in self.sums))

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
            self.sums[0][None] / n_periods, np.ones((1, n_cities, n_periods)), np.ones((1, n_partners, n_periods))
        )
        none = np.zeros((1, 0), dtype=np.int64)
        return _Iteration(self, none, np.zeros(0, dtype=np.int64), start).run(ROUNDING, MOST_ROUNDS)

    def begin(self, n_draws: int, near: "MarginFactors | None") -> "MarginFactors":
        """Return factors of draws: those of a similar table, and where one is zero, or without any, of all rows."""
        whole = self.means
        pair = np.broadcast_to(whole.pair, (n_draws, *whole.pair.shape[1:]))
        sides = (whole.city, whole.partner) if near is None else (near.city, near.partner)
        city, partner = (
            np.where((side > 0) & (side < np.inf), side, np.broadcast_to(of, (n_draws, *of.shape[1:])))
            for side, of in zip(sides, (whole.city, whole.partner), strict=True)
        )
        return MarginFactors(pair, city, partner)


@dataclass(frozen=True, slots=True, eq=False)
class MarginFactors:
    """Means of draws as products: pair times city and period times partner and period."""

    pair: FloatArray  # (n_draws, n_cities, n_partners)
    city: FloatArray  # (n_draws, n_cities, n_periods)
    partner: FloatArray  # (n_draws, n_partners, n_periods)

    def take(self, draws: slice | BoolArray) -> "MarginFactors":
        """Return the factors of some draws."""
        return MarginFactors(self.pair[draws], self.city[draws], self.partner[draws])

    @classmethod
    def join(cls, parts: "Sequence[MarginFactors]") -> "MarginFactors":
        """Return the draws of all parts."""
        return cls(*(np.concatenate(of) for of in zip(*((f.pair, f.city, f.partner) for f in parts), strict=True)))

    def extend(self, other: "MarginFactors", share: float) -> "MarginFactors":
        """Return factors of cities and partners on the line, in logs, from these to others."""

        def move(start: FloatArray, end: FloatArray) -> FloatArray:
            ratio = np.divide(end, start, out=np.ones_like(start), where=(start > 0) & (end > 0))
            return np.asarray(start * np.clip(ratio, 1 / np.e, np.e) ** np.float32(share))

        return MarginFactors(self.pair, move(self.city, other.city), move(self.partner, other.partner))

    def put(self, draws: IntArray, some: "MarginFactors") -> None:
        """Set the factors of some draws, in place."""
        self.pair[draws], self.city[draws], self.partner[draws] = some.pair, some.city, some.partner

    def of_pairs(self, pairs: IntArray) -> FloatArray:
        """Return the means of some pairs of each draw, (n_draws, n); (n_draws, n, n_periods)."""
        draw, (n_cities, n_partners) = np.arange(pairs.shape[0])[:, None], self.pair.shape[1:]
        city, partner = np.divmod(pairs, n_partners)
        pair = self.pair.take(draw * n_cities * n_partners + pairs)
        by_city, by_partner = (of.reshape(-1, of.shape[2]) for of in (self.city, self.partner))
        means: FloatArray = by_city.take(draw * n_cities + city, axis=0)
        means *= by_partner.take(draw * n_partners + partner, axis=0)
        means *= pair[:, :, None]
        return means

    def of_all(self) -> FloatArray:
        """Return the means of every pair in the only draw, (n_pairs, n_periods)."""
        means = self.pair[0][:, :, None] * self.city[0][:, None] * self.partner[0][None]
        return np.asarray(means.reshape(-1, means.shape[2]))


@dataclass(frozen=True, slots=True, eq=False)
class LeftOutFit:
    """Tables fitted without some rows of each draw."""

    means: FloatArray  # (n_draws, n, n_periods): of the pairs whose rows are left out
    ends: MarginFactors  # of cities and partners alone, in single precision: where fits of similar tables may begin


def fit_left_out(
    table: FlowTable,
    pairs: IntArray,
    starts: IntArray,
    tolerance: float,
    rounds: int = MOST_ROUNDS,
    near: MarginFactors | None = None,
) -> LeftOutFit:
    """Fit each draw's table without its ``pairs`` (n_draws, n) from a period on, by exact updates of every effect."""
    n_draws = pairs.shape[0]
    out = np.empty((*pairs.shape, table.shape[2]))
    whole = table.means
    ends = MarginFactors(
        np.empty((n_draws, 0, 0)),
        np.empty((n_draws, *whole.city.shape[1:]), np.float32),
        np.empty((n_draws, *whole.partner.shape[1:]), np.float32),
    )
    for first in range(0, n_draws, table.draws_at_once):
        some = slice(first, min(first + table.draws_at_once, n_draws))
        start = table.begin(some.stop - first, None if near is None else near.take(some))
        factors = _Iteration(table, pairs[some], starts, start).run(tolerance, rounds)
        out[some] = factors.of_pairs(pairs[some])
        with np.errstate(over="ignore"):
            ends.city[some], ends.partner[some] = factors.city, factors.partner
    return LeftOutFit(out, ends)


class _Iteration:
    """Rounds of updates for some draws, as products of whole tables less the entries that each does not use."""

    def __init__(self, table: FlowTable, pairs: IntArray, starts: IntArray, start: MarginFactors) -> None:
        n_draws, (_, n_partners, n_periods) = pairs.shape[0], table.shape
        self.table, self.factors, self.n_pairs = table, start, pairs.shape[1]
        self.sizes = np.array([of[0].size for of in (start.pair, start.city, start.partner)])
        begins = np.multiply.outer(self.sizes, np.arange(n_draws))[:, :, None]
        is_out = table.is_observed.reshape(-1, n_periods).take(pairs, axis=0)
        is_out &= np.arange(n_periods) >= starts[:, None]
        counts = np.count_nonzero(is_out, axis=2).ravel()
        self.slot = np.repeat(np.arange(counts.size), counts)
        self.draw = np.repeat(np.arange(n_draws), counts.reshape(n_draws, -1).sum(axis=1))
        city, partner = np.divmod(pairs, n_partners)
        of_pairs = np.stack([pairs, city * n_periods, partner * n_periods]) + begins
        self.at = np.repeat(of_pairs.reshape(3, -1), counts, axis=1)
        self.at[1:] += np.flatnonzero(is_out) - n_periods * self.slot
        lost = table.by_pair.take(pairs, axis=0)[is_out]
        if table.holes[0].size:
            city, partner, period = table.holes
            places = np.stack([city * n_partners + partner, city * n_periods + period, partner * n_periods + period])
            self.at = np.concatenate([self.at, (places[:, None] + begins).reshape(3, -1)], axis=1)
            self.draw = np.concatenate([self.draw, np.repeat(np.arange(n_draws), period.size)])
            lost = np.concatenate([lost, np.zeros(n_draws * period.size)])
        # Rounding may leave less than nothing of a sum from which all was taken away.
        shapes = start.pair.shape, start.city.shape, start.partner.shape
        self.goals = [
            _clip(whole, sum_by_group(lost, at, n_draws * whole.size).reshape(shape))
            for at, whole, shape in zip(self.at, table.sums, shapes, strict=True)
        ]
        self.of_entries = self._read()
        self._update_pairs()

    def run(self, tolerance: float, rounds: int) -> MarginFactors:
        """Return the factors once no draw moves any more; those done leave when half are."""
        factors, last = self.factors, self._measure()
        left = np.arange(len(last))
        is_open = np.ones(left.size, dtype=bool)
        moved = np.zeros_like(last)
        for k in range(rounds):
            start, before = self.factors, moved
            self._update_sides()
            now = self._measure()
            with np.errstate(divide="ignore", invalid="ignore"):
                moved = np.log(now / last)
            is_open &= (np.abs(moved) > tolerance).any(axis=1)
            if k % LEAP == LEAP - 1:
                last_but_one, last_one = (np.nan_to_num(one, posinf=0.0, neginf=0.0) for one in (before, moved))
                self._leap(start, last_but_one, last_one, is_open)
            if 2 * is_open.sum() <= is_open.size:
                factors.put(left, self.factors)
                if not is_open.any():
                    return factors
                self._keep(is_open)
                left, now, moved, is_open = left[is_open], now[is_open], moved[is_open], is_open[is_open]
            self._update_pairs()
            last = now
        factors.put(left, self.factors)
        return factors

    def _leap(self, start: MarginFactors, before: FloatArray, moved: FloatArray, is_open: BoolArray) -> None:
        """Go on as far as further rounds would if each moved a draw by the same share of the one before (Aitken)."""
        share = (before * moved).sum(axis=1) / np.maximum((before**2).sum(axis=1), TINY)
        share, far = np.where(is_open, np.clip(share, 0.0, MOST_SHARE), 0.0)[:, None, None], np.log(MOST_RATIO)

        def extend(now: FloatArray, then: FloatArray) -> FloatArray:
            ratio = np.divide(now, then, out=np.ones_like(now), where=(now > 0) & (then > 0))
            return np.asarray(now * np.exp(np.clip(np.log(ratio) * (share / (1 - share)), -far, far)))

        f = self.factors
        self.factors = MarginFactors(f.pair, extend(f.city, start.city), extend(f.partner, start.partner))
        self.of_entries = self._read()

    def _keep(self, some: BoolArray) -> None:
        """Go on with some of the draws."""
        entries, gone = some[self.draw], np.cumsum(~some)
        self.slot -= gone[self.draw[: self.slot.size]] * self.n_pairs
        self.slot = self.slot[entries[: self.slot.size]]
        self.draw = self.draw[entries]
        self.at = self.at[:, entries] - gone[self.draw] * self.sizes[:, None]
        self.draw = self.draw - gone[self.draw]
        self.factors, self.goals = self.factors.take(some), [goal[some] for goal in self.goals]
        self.of_entries = self._read()

    def _measure(self) -> FloatArray:
        """Return what each pair would have had in the rows left out, (n_draws, n); of no pairs those of all rows."""
        if not self.n_pairs:
            return self.factors.of_all().reshape(1, -1)
        pair, city, partner = (of[: self.slot.size] for of in self.of_entries)
        n_draws = len(self.factors.pair)
        return sum_by_group(pair * city * partner, self.slot, n_draws * self.n_pairs).reshape(n_draws, -1)

    def _read(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the factors of the entries."""
        f = self.factors
        return f.pair.take(self.at[0]), f.city.take(self.at[1]), f.partner.take(self.at[2])

    def _update_sides(self) -> None:
        pair, city, partner = self.factors.pair, self.factors.city, self.factors.partner
        of_pair, of_city, of_partner = self.of_entries
        if self.table.by_city:
            city = self._divide(1, pair @ partner, of_pair * of_partner)
            of_city = city.take(self.at[1])
        if self.table.by_partner:
            partner = self._divide(2, pair.transpose(0, 2, 1) @ city, of_pair * of_city)
            of_partner = partner.take(self.at[2])
        self.factors = MarginFactors(pair, city, partner)
        self.of_entries = of_pair, of_city, of_partner

    def _update_pairs(self) -> None:
        f, (_, of_city, of_partner) = self.factors, self.of_entries
        pair = self._divide(0, f.city @ f.partner.transpose(0, 2, 1), of_city * of_partner)
        self.factors = MarginFactors(pair, f.city, f.partner)
        self.of_entries = pair.take(self.at[0]), of_city, of_partner

    def _divide(self, k: int, total: FloatArray, entries: FloatArray) -> FloatArray:
        """Return factors from products of whole tables; zero where nothing is left to compare with."""
        total -= sum_by_group(entries, self.at[k], total.size).reshape(total.shape)
        total[total <= 0] = np.inf
        return np.divide(self.goals[k], total, out=total)


def _clip(whole: FloatArray, lost: FloatArray) -> FloatArray:
    left = whole - lost
    left[left <= ROUNDING * whole] = 0.0
    return left
