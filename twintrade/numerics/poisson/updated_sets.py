"""Where exact updates of several sets of rows stand: row by row, or in a cube."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import scipy

from twintrade.numerics.absorption import Cube, EliminationOrder
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact, find_starts, sum_by_group

# Dummies of rows in several sets, and where rounds of exact updates begin.


@dataclass(frozen=True, slots=True, eq=False)
class RowDummies:
    """Rows with a dummy in several sets."""

    # rows, sets, columns: (n_entries,): the row, the set, ascending, and the dummy, numbered through all sets: a row
    # with a dummy of its own is left out
    rows: IntArray
    sets: IntArray
    columns: IntArray
    home: IntArray  # (n_columns,): set of each dummy, ascending from zero

    def part(self, sets: slice) -> tuple[RowDummies, slice]:
        """Return some of the sets, and which dummies are theirs."""
        entries, columns = (
            slice(*(int(end) for end in np.searchsorted(of, (sets.start, sets.stop))))
            for of in (self.sets, self.home)
        )
        of_entries = self.sets[entries] - sets.start, self.columns[entries] - columns.start
        return RowDummies(self.rows[entries], *of_entries, self.home[columns] - sets.start), columns

    @property
    def n_sets(self) -> int:
        """Number of sets."""
        return int(self.home[-1]) + 1 if self.home.size else 0

    @property
    def is_alone(self) -> BoolArray:
        """Dummies of a single row, shape (n_columns,)."""
        return np.asarray(np.bincount(self.columns, minlength=self.home.size) == 1)

    @property
    def number(self) -> IntArray:
        """Number of each dummy within its set, shape (n_columns,)."""
        return np.asarray(np.arange(self.home.size) - np.searchsorted(self.home, self.home))


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where rounds begin."""

    levels: FloatArray  # (n_sets, n_levels)
    dummies: FloatArray  # (n_columns,): log points that each level, and each dummy of several rows, adds
    means: FloatArray | None  # (n_rows, n_sets): what they add to, without dummies, where it differs between sets

    def part(self, sets: slice, columns: slice) -> Start:
        """Return that of some of the sets."""
        return Start(self.levels[sets], self.dummies[columns], None if self.means is None else self.means[:, sets])


LONGEST = 16.0  # lengths of a round that an extrapolation goes at most
GONE = 1e-30  # factor of a level without any outcome: small, with a log
SHORTER = 4.0  # what this is divided by for a set whose rounds move it farther after an extrapolation than before
FARTHEST = 30.0  # log points by which it moves a factor at most


@dataclass(frozen=True, eq=False)
class ExactUpdates:
    """Rows of a fit, the levels they are in, and what was observed."""

    # y, means: (n_rows,): outcomes, and the means that rounds begin with where no others are given
    y: FloatArray
    means: FloatArray
    weights: FloatArray  # (n_rows,): zero for rows that are not in the fit
    # (n_effects, n_rows): the level of each row in every effect, numbered through all effects: dyad, city-period and
    # partner-period where there is a cube
    levels: IntArray
    starts: IntArray  # (n_effects + 1,): where the levels of each effect begin
    # (n_levels,): place of each level among the coefficients of an elimination; any where no row is
    coefficients: IntArray
    cube: Cube | None

    @property
    def n_levels(self) -> int:
        """Number of levels of all effects."""
        return int(self.starts[-1])

    @cached_property
    def observed(self) -> tuple[FloatArray, FloatArray]:
        """Sums of outcomes, and numbers of rows with an outcome, by level."""
        seen, none = self.weights * self.y, np.zeros(self.y.size, dtype=np.int64)
        sums = [self._sum(of_row, self.levels, none, 1)[0] for of_row in (seen, (seen > 0).astype(float))]
        return sums[0], sums[1]

    @cached_property
    def adders(self) -> list[scipy.sparse.csc_array]:
        """For each effect the matrix whose product with rows are the sums by level, (n_levels, n_rows)."""
        ends, ones = np.arange(self.y.size + 1), np.ones(self.y.size)
        of_each = zip(self.levels, self.starts, np.diff(self.starts), strict=False)
        return [
            scipy.sparse.csc_array((ones, level - start, ends), shape=(n, ones.size)) for level, start, n in of_each
        ]

    def lay_out(self, means: FloatArray) -> FloatArray:
        """Return weighted means, (n_rows, n_sets), by cell of the cube, shape (n_sets, n_cells)."""
        assert self.cube is not None
        return self.cube.spread(means * self.weights[:, None])

    def observe_without(self, rows: IntArray, sets: IntArray, n_sets: int) -> FloatArray:
        """Return sums by level of each set without some rows, (n_sets, n_levels), zero where no outcome is left."""
        seen, levels = self.weights[rows] * self.y[rows], self.levels[:, rows]
        totals, counts = self.observed
        left = counts - self._sum((seen > 0).astype(float), levels, sets, n_sets)
        return np.where(left > 0, totals - self._sum(seen, levels, sets, n_sets), 0.0)

    def _sum(self, values: FloatArray, levels: IntArray, sets: IntArray, n_sets: int) -> FloatArray:
        codes = (sets * self.n_levels + levels).ravel()
        sums = sum_by_group(np.tile(values, levels.shape[0]), codes, n_sets * self.n_levels)
        return sums.reshape(n_sets, self.n_levels)


class UpdatedSets(ABC):
    """Where the updates of several sets stand: what each level and each dummy multiplies means by.

    ``goals, factors``: (n_sets, n_levels + n_dummies): observed sums, zero where nothing is to move. Dummies are
    those of the set that has most.; ``places, rows, sets``: (n_entries,); ``levels, columns``: (n_effects,
    n_entries): where in the two tables, row after row, the levels and the dummy of each entry are; ``begun,
    weights``: (n_entries,): means to begin with, and weights, zero for rows that are left out.
    """

    def __init__(self, of: ExactUpdates, dummies: RowDummies, start: Start | None) -> None:
        is_alone, number = dummies.is_alone, of.n_levels + dummies.number
        gone = is_alone[dummies.columns]
        self.of, self.rows, self.sets = of, dummies.rows, dummies.sets
        self.places = np.arange(self.rows.size)
        means = None if start is None else start.means
        self.begun = of.means[self.rows] if means is None else means[self.rows, self.sets]
        self.weights, self.is_joint = np.where(gone, 0.0, of.weights[self.rows]), not is_alone.all()
        self.factors = np.ones((dummies.n_sets, int(number.max(initial=of.n_levels - 1)) + 1))
        of_set = self.sets * self.factors.shape[1]
        self.levels, self.columns = of_set + of.levels[:, self.rows], of_set + number[dummies.columns]
        self.goals = self._sum_by_dummy(self.weights * of.y[self.rows])
        self.goals[:, : of.n_levels] = of.observe_without(self.rows[gone], self.sets[gone], dummies.n_sets)
        if start is not None:
            self.factors[:, : of.n_levels] = np.exp(start.levels)
            self.factors[dummies.home, number] = np.where(is_alone, 1.0, np.exp(start.dummies))
        # Rows of a level without any outcome have none in the fit.
        self.factors[:, : of.n_levels][self.goals[:, : of.n_levels] <= 0] = GONE
        self.lay_out(means)
        self.place_dummies()

    @abstractmethod
    def lay_out(self, means: FloatArray | None) -> None:
        """Lay the weighted means to begin with out for all sets, shape (n_rows, n_sets)."""

    @abstractmethod
    def place_dummies(self) -> None:
        """Multiply the means of the entries by their dummies, and leave rows out."""

    @abstractmethod
    def run_levels(self) -> None:
        """Give every level of each effect in turn the sum that was observed."""

    def keep(self, kept: BoolArray) -> None:
        """Go on with some of the sets."""
        entries, place = kept[self.sets], np.cumsum(kept) - 1
        for name in ("places", "rows", "sets", "columns", "begun", "weights"):
            setattr(self, name, getattr(self, name)[entries])
        back = (self.sets - place[self.sets]) * self.factors.shape[1]
        self.sets, self.levels, self.columns = place[self.sets], self.levels[:, entries] - back, self.columns - back
        self.goals, self.factors = self.goals[kept], self.factors[kept]

    def run_round(self) -> FloatArray:
        """Give every level of each effect in turn, and every dummy, the sum that was observed; return the means."""
        self.run_levels()
        means = self.read()
        if self.is_joint:
            part = slice(self.of.n_levels, None)
            self.move(part, self._sum_by_dummy(self.weights * means)[:, part])
            self.place_dummies()
        return means

    def move(self, part: slice, fitted: FloatArray) -> None:
        """Let factors of one effect bring sums, which leave them out, to what was observed."""
        goals, fitted = self.goals[:, part], fitted.reshape(self.goals.shape[0], -1)
        if part.start < self.of.n_levels and fitted.min() > 0:  # levels without outcomes stay where they are, gone
            np.maximum(goals / fitted, GONE, out=self.factors[:, part])
        else:
            np.divide(goals, fitted, out=self.factors[:, part], where=(goals > 0) & (fitted > 0))

    def read(self) -> FloatArray:
        """Return the means of the entries without their dummies, shape (n_entries,)."""
        out = self.begun.copy()
        for level in self.levels:
            out *= self.factors.take(level)
        return out

    def find_moving(self, before: FloatArray, after: FloatArray, share: float) -> BoolArray:
        """Return the sets in which means move by more than a share of their sum, or each on average, (n_sets,)."""
        change = np.abs(after - before)
        relative = np.divide(change, before, out=np.zeros(change.size), where=before > 0)
        starts, is_moving = find_starts(self.sets), np.zeros(self.factors.shape[0], dtype=bool)
        by_set = [np.add.reduceat(of, starts) for of in (change, before, relative)]
        counts = np.diff(starts, append=self.sets.size)
        is_moving[self.sets[starts]] = (by_set[0] > share * by_set[1]) | (by_set[2] > share * counts)
        return is_moving

    def _sum_by_dummy(self, values: FloatArray) -> FloatArray:
        return sum_by_group(values, self.columns, self.factors.size).reshape(self.factors.shape)


class RowSets(UpdatedSets):
    """Row by row."""

    def lay_out(self, means: FloatArray | None) -> None:
        """Keep weighted means."""
        of = self.of
        shared = np.broadcast_to(of.means[:, None], (of.y.size, self.factors.shape[0]))
        self.weighted = (shared if means is None else means) * of.weights[:, None]

    def place_dummies(self) -> None:
        """Write the entries anew."""
        self.weighted[self.rows, self.sets] = self.weights * self.begun * self.factors.take(self.columns)

    def run_levels(self) -> None:
        """Give every level its sum."""
        turned, out = self.factors.T.copy(), self.weighted
        for level in self.of.levels:
            out = out * turned.take(level, axis=0)
        for adder, level, start in zip(self.of.adders, self.of.levels, self.of.starts, strict=False):
            part = slice(start, start + adder.shape[0])
            before = turned[part].T
            self.move(part, (adder @ out).T / before)
            out *= np.ascontiguousarray((self.factors[:, part] / before).T).take(level - start, axis=0)

    def keep(self, kept: BoolArray) -> None:
        """Go on with some of the sets."""
        super().keep(kept)
        self.weighted = self.weighted[:, kept]


class CubeSets(UpdatedSets):
    """In a cube, with weighted means in two orders."""

    def lay_out(self, means: FloatArray | None) -> None:
        """Keep weighted means."""
        of, n_sets = self.of, self.factors.shape[0]
        assert of.cube is not None
        cells = of.lay_out(of.means[:, None] if means is None else means)
        by_city = cells.reshape(-1, *of.cube.shape)
        self.by_city = np.repeat(by_city, n_sets // len(cells), axis=0)
        self.net = np.empty_like(self.by_city)
        place = self.rows if of.cube.position is None else of.cube.position[self.rows]
        self.at = self.sets * cells.shape[1] + place

    def place_dummies(self) -> None:
        """Write the entries anew."""
        self.by_city.reshape(-1)[self.at] = self.weights * self.begun * self.factors.take(self.columns)

    def run_levels(self) -> None:
        """Give every level its sum."""
        n_sets, n_cities, n_partners, n_periods = self.by_city.shape
        sizes = (n_cities, n_partners), (n_cities, n_periods), (n_partners, n_periods)
        parts = [slice(low, high) for low, high in pairwise(self.of.starts)]
        dyads, cities, partners = (
            self.factors[:, part].reshape(n_sets, *size) for part, size in zip(parts, sizes, strict=True)
        )
        net = np.multiply(self.by_city, partners[:, None], out=self.net)
        self.move(parts[0], np.matmul(net, cities[..., None]))
        self.move(parts[1], np.matmul(dyads[:, :, None], net))
        net = np.multiply(self.by_city, cities[:, :, None], out=net).swapaxes(1, 2)
        self.move(parts[2], np.matmul(dyads.swapaxes(1, 2)[:, :, None], net))

    def keep(self, kept: BoolArray) -> None:
        """Go on with some of the sets."""
        gone = np.cumsum(~kept) * self.by_city[0].size
        self.at = (self.at - gone[self.sets])[kept[self.sets]]
        super().keep(kept)
        self.by_city = self.by_city[kept]
        self.net = self.net[: self.by_city.shape[0]]


def move_ahead(
    first: FloatArray, second: FloatArray, third: FloatArray, longest: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return where factors (n_sets, n_factors) tend that two rounds moved, and how far the first moved each set."""
    logs = [np.log(one) for one in (first, second, third)]
    step, bend = logs[1] - logs[0], logs[2] - 2 * logs[1] + logs[0]
    lengths = [np.sqrt(np.square(one).sum(axis=1)) for one in (step, bend)]
    far = np.clip(_divide(*lengths), 1.0, longest)[:, None]
    ahead = 2 * far * step + far**2 * bend
    return np.asarray(first * np.exp(np.clip(ahead, -FARTHEST, FARTHEST))), lengths[0]


def _divide(upper: FloatArray, lower: FloatArray) -> FloatArray:
    """Return ratios, one where the lower number is zero."""
    return np.divide(upper, lower, out=np.ones(lower.shape), where=lower > 0)


# Poisson means that follow from others once some rows are left out, by exact updates of one effect after another.
#
# Given all other effects, what a level's means are multiplied by has a closed form: its observed sum over the
# expected one. Where few rows leave, the other means move little, and a few rounds over the effects are the whole
# fit. What two rounds moved is extrapolated (SQUAREM; Varadhan and Roland 2008), since single effects approach
# slowly what several of them share.

SETTLED = 1e-5
"""Relative change of wanted means within a round at which the rounds of a set end: of their sum, and on average."""
NUMBERS_AT_ONCE = 60_000


def fit_with_dummies(
    of: ExactUpdates, dummies: RowDummies, n_rounds: int, start: Start | None = None
) -> tuple[FloatArray, BoolArray]:
    """Return what rows with a dummy would have without it, and whether each of their levels has an outcome left."""
    n_each = max(1, NUMBERS_AT_ONCE // of.y.size)
    parts = []
    for low in range(0, dummies.n_sets, n_each):
        sets = slice(low, low + n_each)
        part, columns = dummies.part(sets)
        parts.append(_fit_run(of, part, n_rounds, None if start is None else start.part(sets, columns)))
    means, is_known = zip(*parts, strict=True)
    return np.concatenate(means), np.concatenate(is_known)


def _fit_run(
    of: ExactUpdates, dummies: RowDummies, n_rounds: int, start: Start | None
) -> tuple[FloatArray, BoolArray]:
    state = (RowSets if of.cube is None else CubeSets)(of, dummies, start)
    is_known = np.logical_and.reduce(state.goals.take(state.levels) > 0)
    before, past = state.read(), [state.factors.copy()]
    out = before.copy()
    longest, last = np.full(dummies.n_sets, LONGEST), np.full(dummies.n_sets, np.inf)
    for _ in range(n_rounds):
        means = out[state.places] = state.run_round()
        going = state.find_moving(before, means, SETTLED)
        if not going.any():
            break
        past.append(state.factors.copy())
        before = means
        if not going.all():
            before = means[going[state.sets]]
            state.keep(going)
            past, longest, last = [one[going] for one in past], longest[going], last[going]
        if len(past) == 3:
            state.factors[:], length = move_ahead(past[0], past[1], past[2], longest)
            if state.is_joint:
                state.place_dummies()
            # Without this, sets go too far and back again for good.
            longest = np.where(length > last, np.maximum(longest / SHORTER, 1.0), longest)
            before, past, last = state.read(), [], length
    return out, is_known


def lay_out_updates(y: FloatArray, means: FloatArray, weights: FloatArray, order: EliminationOrder) -> ExactUpdates:
    """Lay rows out in a cube if there is one."""
    coefficients, cube = order.list_coefficients(), order.cube
    if cube is None:
        codes = [compact(code) for code in coefficients]
        sizes = [int(code.max(initial=-1)) + 1 for code in codes]
    else:
        n_cities, n_partners, n_periods = cube.shape
        cells = np.arange(y.size) if cube.position is None else cube.position
        dyad, period = np.divmod(cells, n_periods)
        city, partner = np.divmod(dyad, n_partners)
        codes = [dyad, city * n_periods + period, partner * n_periods + period]
        sizes = [n_cities * n_partners, n_cities * n_periods, n_partners * n_periods]
        coefficients = [coefficients[place] for place in cube.places]
    starts = np.cumsum([0, *sizes])
    levels = np.stack(codes) + starts[:-1, None]
    of_level = np.zeros(starts[-1], dtype=np.int64)
    of_level[levels] = coefficients
    return ExactUpdates(y, means, weights, levels, starts, of_level, cube)
