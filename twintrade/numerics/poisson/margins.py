"""Poisson means of a table of flows from its margins, for many choices of rows that are left out at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import NamedTuple

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group

MOST_ROUNDS = 400
NUMBERS_AT_ONCE = 130_000  # factors that are updated at once
LEAP, MOST_SHARE, SLOWEST = 4, 0.97, 0.99
"""Rounds after which updates are extended, and the largest share of the last round that the next one may be: where
they are extended, and where it is asked how far they have to go."""
MOST_RATIO = 1e3  # how far an extension may take a factor
TINY = 1e-300
FINE = 1e-4  # tolerance below which they are extended in double precision
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
    # Groupings of the pairs that have effects by period too, each the group of every pair: (n_pairs,). Only with
    # effects of both sides, and where treated rows are fitted
    groupings: Sequence[IntArray] = ()

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
    def sums(self) -> tuple[FloatArray, ...]:
        """Sums of flows by pair, by city and period, by partner and period, and by groups of pairs and period."""
        by_group = ((of == np.unique(of)[:, None]) @ self.by_pair for of in self.groupings)
        return self.y.sum(axis=2), self.y.sum(axis=1), self.y.sum(axis=0), *by_group

    @cached_property
    def joint(self) -> tuple[IntArray, IntArray]:
        """Groups of pairs alike in all groupings, (n_groupings, n_joint), and places by city, these and partner."""
        of_pair = np.reshape(self.groupings, (len(self.groupings), self.is_pair.size))
        groups, joint = np.unique(of_pair, axis=1, return_inverse=True)
        city, partner = np.divmod(np.arange(joint.size), self.shape[1])
        return groups, (city * groups.shape[1] + joint.ravel()) * self.shape[1] + partner

    @property
    def draws_at_once(self) -> int:
        """How many draws are fitted at once."""
        return max(1, NUMBERS_AT_ONCE // sum(of.size for of in self.sums))

    def replace_flows(self, by_pair: FloatArray) -> "FlowTable":
        """Return the table with other flows, (n_pairs, n_periods)."""
        return replace(self, y=by_pair.reshape(self.shape))

    @cached_property
    def holes(self) -> IntArray:
        """Cells without a row where the pair, and each side that has an effect, have others, (n_holes,)."""
        is_hole = ~self.is_observed
        for axis, is_effect in ((2, True), (1, self.by_city), (0, self.by_partner)):
            if is_effect:
                is_hole &= self.is_observed.any(axis=axis, keepdims=True)
        return np.flatnonzero(is_hole)

    @cached_property
    def levels(self) -> IntArray:
        """The pair, and with the period the city, the partner and each group, of each cell, (n_effects, n_cells)."""
        pair, period = np.divmod(np.arange(self.y.size), self.shape[2])
        sides = *np.divmod(pair, self.shape[1]), *(of[pair] for of in self.groupings)
        return np.stack([pair, *(side * self.shape[2] + period for side in sides)])

    @cached_property
    def means(self) -> "MarginFactors":
        """Factors of the means of all rows."""
        pair, *sides = self.sums
        are_effects = self.by_city, self.by_partner
        city, partner = (
            np.where(side > 0, 1.0, float(not is_effect))[None]
            for side, is_effect in zip(sides, are_effects, strict=True)
        )
        start = MarginFactors(pair[None] / self.shape[2], city, partner)
        none = np.zeros(0, dtype=np.int64)
        fit = _Iteration(self, MarkedRows(none, none, none, 0), start)
        fit.update_pairs()
        return MarginFactors(*fit.run(ROUNDING, MOST_ROUNDS))

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


class MarginFactors(NamedTuple):
    """Means of draws as products: pair times city and period times partner and period."""

    pair: FloatArray  # (n_draws, n_cities, n_partners)
    city: FloatArray  # (n_draws, n_cities, n_periods)
    partner: FloatArray  # (n_draws, n_partners, n_periods)

    def take(self, draws: slice | BoolArray) -> "MarginFactors":
        """Return the factors of some draws."""
        return MarginFactors(*(of[draws] for of in self))

    @classmethod
    def join(cls, parts: "Sequence[MarginFactors]") -> "MarginFactors":
        """Return the draws of all parts."""
        return cls(*(np.concatenate(of) for of in zip(*parts, strict=True)))

    def extend(self, other: "MarginFactors", share: float) -> "MarginFactors":
        """Return factors of cities and partners on the line, in logs, from these to others."""

        def move(start: FloatArray, end: FloatArray) -> FloatArray:
            with np.errstate(over="ignore", invalid="ignore"):  # what single precision cannot hold is not begun with
                ratio = np.divide(end, start, out=np.ones_like(start), where=(start > 0) & (end > 0))
                return np.asarray(start * np.clip(ratio, 1 / np.e, np.e) ** np.float32(share))

        return MarginFactors(self.pair, move(self.city, other.city), move(self.partner, other.partner))

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
        fit = _Iteration(table, _leave_out(table, pairs[some], starts), start)
        fit.update_pairs()
        factors = MarginFactors(*fit.run(tolerance, rounds))
        out[some] = factors.of_pairs(pairs[some])
        with np.errstate(over="ignore"):
            ends.city[some], ends.partner[some] = factors.city, factors.partner
    return LeftOutFit(out, ends)


@dataclass(frozen=True, slots=True, eq=False)
class MarkedRows:
    """Rows of draws with a dummy, of their own, or one that others share."""

    # draws, cells, slots: (n_rows,): the draw, ascending, the cell of the table, and rows of the same draw whose
    # means count as one sum when it is asked whether they still move: ``n_slots`` a draw
    draws: IntArray
    cells: IntArray
    slots: IntArray
    n_slots: int
    # (n_rows,), (n_dummies,): the dummy of rows that share one, ascending by draw, else -1; None where none does; and
    # what each multiplies means by to begin with
    dummies: IntArray | None = None
    factors: FloatArray | None = None

    def take(self, draws: BoolArray) -> "MarkedRows":
        """Return the rows of some draws."""
        rows, gone = draws[self.draws], np.cumsum(~draws)
        back = gone[self.draws[rows]]
        some = self.draws[rows] - back, self.cells[rows], self.slots[rows] - back * self.n_slots, self.n_slots
        if self.dummies is None or self.factors is None:
            return MarkedRows(*some)
        dummies, is_used = self.dummies[rows], np.zeros(self.factors.size + 1, dtype=bool)
        is_used[dummies] = True
        dummies = np.where(dummies < 0, -1, np.cumsum(is_used)[dummies] - 1)
        return MarkedRows(*some, dummies, self.factors[is_used[:-1]])


def _leave_out(table: FlowTable, pairs: IntArray, starts: IntArray) -> MarkedRows:
    """Return the rows of each draw's pairs (n_draws, n) from a period on."""
    n_draws, n_periods = pairs.shape[0], table.shape[2]
    is_out = table.is_observed.reshape(-1, n_periods).take(pairs, axis=0)
    is_out &= np.arange(n_periods) >= starts[:, None]
    counts = np.count_nonzero(is_out, axis=2).ravel()
    slots = np.repeat(np.arange(counts.size), counts)
    cells = np.flatnonzero(is_out) + np.repeat(pairs.ravel() - np.arange(counts.size), counts) * n_periods
    draws = np.repeat(np.arange(n_draws), counts.reshape(n_draws, -1).sum(axis=1))
    return MarkedRows(draws, cells, slots, pairs.shape[1])


def fit_treated(
    table: FlowTable, treated: MarkedRows, start: Sequence[FloatArray], tolerance: float, rounds: int = MOST_ROUNDS
) -> tuple[FloatArray, BoolArray]:
    """Return what treated rows would have without their dummies, and whether each of their levels has other flows.

    ``start``: factors of pairs, cities, partners and groups of pairs, of every draw.
    """
    fit = _Iteration(table, treated, start)
    at = fit.at[:, : treated.cells.size]
    is_known = np.logical_and.reduce([goal.take(place) > 0 for goal, place in zip(fit.goals, at, strict=True)])
    factors = fit.run(tolerance, rounds)
    return reduce(np.multiply, _read(factors, at)), is_known


class _Iteration:
    """Rounds of updates for some draws, as products of whole tables less the entries that each does not use."""

    def __init__(self, table: FlowTable, treated: MarkedRows, start: Sequence[FloatArray]) -> None:
        n_draws, n_rows = len(start[0]), treated.cells.size
        self.table, self.treated, self.factors = table, treated, list(start)
        self.sizes = np.array([of.size for of in table.sums])
        self.draw = np.concatenate([treated.draws, np.repeat(np.arange(n_draws), table.holes.size)])
        self.at = np.concatenate(
            [table.levels.take(treated.cells, axis=1), np.tile(table.levels[:, table.holes], n_draws)], axis=1
        )
        self.at += np.multiply.outer(self.sizes, self.draw)
        self.means = lost = table.y.take(treated.cells)
        if treated.dummies is not None:
            lost = np.where(treated.dummies < 0, lost, 0.0)
        # Rounding may leave less than nothing of a sum from which all was taken away.
        self.goals = [
            _clip(whole, sum_by_group(lost, at[:n_rows], n_draws * whole.size).reshape(n_draws, *whole.shape))
            for at, whole in zip(self.at, table.sums, strict=True)
        ]
        self.of_entries = _read(self.factors, self.at)
        self._place_dummies()

    def run(self, tolerance: float, rounds: int) -> list[FloatArray]:
        """Return the factors once no draw moves any more; those done leave when half are."""
        factors, last, left = list(self.factors), self._measure(), np.arange(len(self.factors[0]))
        precision = np.float32 if tolerance >= FINE else np.float64
        is_open, share = np.ones(left.size, dtype=bool), np.zeros(left.size)
        moved = np.zeros_like(last)
        for k in range(rounds):
            start, before = list(self.factors), moved
            dummies = None if self.treated.factors is None else self.treated.factors.copy()
            self._update_sides()
            now = self._measure()
            self._update_dummies()
            with np.errstate(divide="ignore", invalid="ignore"):
                moved = np.log(now / last)
            if k == 1 or k % LEAP >= LEAP - 2:  # two rounds without a leap between them
                regular, after = (np.nan_to_num(one, posinf=0.0, neginf=0.0) for one in (before, moved))
                share = (regular * after).sum(axis=1) / np.maximum((regular**2).sum(axis=1), TINY)
            # What a draw has to go, in lengths of its last round, of which every leap spares all but one.
            rest = np.maximum((1 / (1 - np.clip(share, 0.0, SLOWEST)) - 1) / LEAP, 1.0)
            was_open = is_open
            is_open = was_open & ((k == 0) | (np.abs(moved) > (tolerance / rest)[:, None]).any(axis=1))
            done = was_open & ~is_open
            self._put(factors, left, done)
            if k % LEAP == LEAP - 1:
                times = 1 / (1 - np.where(is_open, np.clip(share, 0.0, MOST_SHARE), 0.0)) - 1
                self._leap(start, dummies, times.astype(precision))
            if 2 * is_open.sum() <= is_open.size:
                if not is_open.any():
                    return factors
                self._keep(is_open)
                left, now, moved, share = left[is_open], now[is_open], moved[is_open], share[is_open]
                is_open = is_open[is_open]
            self.update_pairs()
            last = now
        self._put(factors, left, is_open)
        return factors

    def _put(self, out: Sequence[FloatArray], left: IntArray, some: BoolArray) -> None:
        """Set the factors of some of the draws that are left."""
        for of, now in zip(out, self.factors, strict=True):
            of[left[some]] = now[some]

    def _leap(self, start: Sequence[FloatArray], dummies: FloatArray | None, times: FloatArray) -> None:
        """Go on as far as further rounds would if each moved a draw by the same share of the one before (Aitken)."""
        far = float(np.log(MOST_RATIO))

        def extend(now: FloatArray, then: FloatArray, times: FloatArray) -> FloatArray:
            ratio = np.divide(now, then, out=np.ones_like(now), where=(now > 0) & (then > 0))
            logs = np.log(np.clip(ratio, 1 / MOST_RATIO, MOST_RATIO).astype(times.dtype))
            return np.asarray(now * np.exp(np.clip(logs * times, -far, far)))

        sides = zip(self.factors[1:], start[1:], strict=True)
        self.factors[1:] = [extend(*side, times[:, None, None]) for side in sides]
        self.of_entries = _read(self.factors, self.at)
        if dummies is not None and self.treated.factors is not None:
            home = np.zeros(dummies.size + 1, dtype=np.int64)
            home[self.treated.dummies] = self.treated.draws
            self.treated.factors[:] = extend(self.treated.factors, dummies, times[home[:-1]])
            self._place_dummies()

    def _keep(self, some: BoolArray) -> None:
        """Go on with some of the draws."""
        entries, gone = some[self.draw], np.cumsum(~some)
        self.means = self.means[entries[: self.means.size]]
        self.draw = self.draw[entries]
        self.at = self.at[:, entries] - gone[self.draw] * self.sizes[:, None]
        self.draw, self.treated = self.draw - gone[self.draw], self.treated.take(some)
        self.factors, self.goals = ([of[some] for of in each] for each in (self.factors, self.goals))
        self.of_entries = _read(self.factors, self.at)
        self._place_dummies()

    def _measure(self) -> FloatArray:
        """Return the sums of means by slot, (n_draws, n_slots); where there are none the means of all rows."""
        if not self.treated.n_slots:
            return MarginFactors(*self.factors).of_all().reshape(1, -1)
        self.means = reduce(np.multiply, (of[: self.treated.cells.size] for of in self.of_entries))
        n_draws = len(self.factors[0])
        return sum_by_group(self.means, self.treated.slots, n_draws * self.treated.n_slots).reshape(n_draws, -1)

    def _place_dummies(self) -> None:
        """Say what share of its mean each entry leaves out: all of it, but for rows that share a dummy."""
        if self.treated.dummies is not None and self.treated.factors is not None:
            self.share = np.ones(self.draw.size)
            self.share[: self.means.size] -= np.append(self.treated.factors, 0.0)[self.treated.dummies]

    def _update_dummies(self) -> None:
        """Give the rows of each dummy the sum that was observed, if there is one."""
        of, factors = self.treated.dummies, self.treated.factors
        if of is None or factors is None:
            return
        observed, fitted = (
            sum_by_group(values, of + 1, factors.size + 1)[1:]
            for values in (self.table.y.take(self.treated.cells), self.means)
        )
        np.divide(observed, fitted, out=factors, where=(observed > 0) & (fitted > 0))
        self._place_dummies()

    def _update_sides(self) -> None:
        """Give every city, partner and group of pairs its sums by period."""
        pair = self.factors[0]
        if not self.table.groupings:
            if self.table.by_city:
                self._move(1, pair @ self.factors[2])
            if self.table.by_partner:
                self._move(2, pair.transpose(0, 2, 1) @ self.factors[1])
            return
        groups, place = self.table.joint
        split = np.zeros((*pair.shape[:2], groups.shape[1] * pair.shape[2]))
        split.reshape(len(pair), -1)[:, place] = pair.reshape(len(pair), -1)
        self._move(1, split @ self._spread_partners())
        total = split.transpose(0, 2, 1) @ self.factors[1]
        total = total.reshape(len(pair), -1, *self.factors[2].shape[1:])
        self._move(2, np.einsum("djpt,djt->dpt", total, self._multiply_groups()))
        by_joint = np.einsum("djpt,dpt->djt", total, self.factors[2])
        for k, of in enumerate(groups):
            self._move(3 + k, (of == np.unique(of)[:, None]) @ (by_joint * self._multiply_groups(k)))

    def update_pairs(self) -> None:
        """Give every pair its sum."""
        total = self.factors[1] @ self._spread_partners().transpose(0, 2, 1)
        if self.table.groupings:
            total = total.reshape(len(total), -1).take(self.table.joint[1], axis=1).reshape(self.goals[0].shape)
        self._move(0, total)

    def _spread_partners(self) -> FloatArray:
        """Return the factors of partners, with those of each joint group of pairs where there are any."""
        partner = self.factors[2]
        return (self._multiply_groups()[:, :, None] * partner[:, None]).reshape(len(partner), -1, partner.shape[2])

    def _multiply_groups(self, but: int = -1) -> FloatArray:
        """Return the products of groupings' factors, but for one, in joint groups, (n_draws, n_joint, n_periods)."""
        pairs = enumerate(zip(self.factors[3:], self.table.joint[0], strict=True))
        return reduce(np.multiply, (of.take(g, axis=1) for k, (of, g) in pairs if k != but), np.ones((1, 1, 1)))

    def _move(self, k: int, total: FloatArray) -> None:
        """Give the levels of an effect their sums, with those of whole tables at hand."""
        entries = reduce(np.multiply, (of for j, of in enumerate(self.of_entries) if j != k))
        self.factors[k] = self._divide(k, total, entries)
        self.of_entries[k] = self.factors[k].take(self.at[k])

    def _divide(self, k: int, total: FloatArray, entries: FloatArray) -> FloatArray:
        """Return factors from products of whole tables; zero where nothing is left to compare with."""
        if self.treated.dummies is not None:
            entries = entries * self.share
        total -= sum_by_group(entries, self.at[k], total.size).reshape(total.shape)
        total[total <= 0] = np.inf
        return np.divide(self.goals[k], total, out=total)


def _read(factors: Sequence[FloatArray], at: IntArray) -> list[FloatArray]:
    return [of.take(place) for of, place in zip(factors, at, strict=True)]


def _clip(whole: FloatArray, lost: FloatArray) -> FloatArray:
    left = whole - lost
    left[left <= ROUNDING * whole] = 0.0
    return left
