"""Means of rows with a dummy in several sets, by exact updates of one effect after another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy

from twintrade.numerics.absorption import Annihilator
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact, find_starts, sum_by_group
from twintrade.numerics.poisson.margins import FlowTable, MarkedRows, fit_treated

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

    levels: FloatArray | None  # (n_sets, n_levels): log points that each level adds; None if all begin at zero
    dummies: FloatArray  # (n_columns,): the same of each dummy of several rows
    means: FloatArray | None  # (n_rows, n_sets): what they add to, without dummies, where it differs between sets

    def part(self, sets: slice, columns: slice) -> Start:
        """Return that of some of the sets."""
        levels = None if self.levels is None else self.levels[sets]
        return Start(levels, self.dummies[columns], None if self.means is None else self.means[:, sets])


LONGEST = 16.0  # lengths of a round that an extrapolation goes at most
GONE = 1e-30  # factor of a level without any outcome: small, with a log
SHORTER = 4.0  # what this is divided by for a set whose rounds move it farther after an extrapolation than before
FARTHEST = 30.0  # log points by which it moves a factor at most


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """Rows of a cube as a table of weighted flows: products of levels, as the rows of one weigh alike."""

    table: FlowTable
    cells: IntArray  # (n_rows,)
    # Factors of the means that rounds begin with, each of one draw: by dyad, by city and period, by partner and
    # period, and by each grouping and period
    factors: tuple[FloatArray, ...]


@dataclass(frozen=True, eq=False)
class ExactUpdates:
    """Rows of a fit, the levels they are in, and what was observed."""

    # y, means: (n_rows,): outcomes, and the means that rounds begin with where no others are given
    y: FloatArray
    means: FloatArray
    weights: FloatArray  # (n_rows,): zero for rows that are not in the fit
    # (n_effects, n_rows): the level of each row in every effect, numbered through all effects: dyad, city-period,
    # partner-period and those of groups of dyads where there is a cube
    levels: IntArray
    starts: IntArray  # (n_effects + 1,): where the levels of each effect begin
    # (n_levels,): place of each level among the coefficients of an elimination; any where no row is
    coefficients: IntArray
    product: Product | None = None

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


class UpdatedSets:
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
            self.factors[:, : of.n_levels] = 1.0 if start.levels is None else np.exp(start.levels)
            self.factors[dummies.home, number] = np.where(is_alone, 1.0, np.exp(start.dummies))
        # Rows of a level without any outcome have none in the fit.
        self.factors[:, : of.n_levels][self.goals[:, : of.n_levels] <= 0] = GONE
        shared = np.broadcast_to(of.means[:, None], (of.y.size, dummies.n_sets))
        self.weighted = (shared if means is None else means) * of.weights[:, None]
        self.place_dummies()

    def place_dummies(self) -> None:
        """Multiply the means of the entries by their dummies, and leave rows out."""
        self.weighted[self.rows, self.sets] = self.weights * self.begun * self.factors.take(self.columns)

    def run_levels(self) -> None:
        """Give every level of each effect in turn the sum that was observed."""
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
        entries, place = kept[self.sets], np.cumsum(kept) - 1
        for name in ("places", "rows", "sets", "columns", "begun", "weights"):
            setattr(self, name, getattr(self, name)[entries])
        back = (self.sets - place[self.sets]) * self.factors.shape[1]
        self.sets, self.levels, self.columns = place[self.sets], self.levels[:, entries] - back, self.columns - back
        self.goals, self.factors, self.weighted = self.goals[kept], self.factors[kept], self.weighted[:, kept]

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
"""Relative change of wanted means within a round at which the rounds of a set end: of their sum, and on average; as
products, of the sum of each dyad."""
NUMBERS_AT_ONCE = 60_000
HOLES_BY_ROW = 0.5  # cells without a row, for each row, up to which products take less time than rows
JOINT_GROUPS = 30  # of pairs alike in every grouping, up to which the same holds


def fit_with_dummies(
    of: ExactUpdates, dummies: RowDummies, n_rounds: int, start: Start | None = None
) -> tuple[FloatArray, BoolArray]:
    """Return what rows with a dummy would have without it, and whether each of their levels has an outcome left."""
    product = of.product
    n_each = max(1, NUMBERS_AT_ONCE // of.y.size) if product is None else product.table.draws_at_once
    parts = []
    for low in range(0, dummies.n_sets, n_each):
        sets = slice(low, low + n_each)
        part, columns = dummies.part(sets)
        begun = None if start is None else start.part(sets, columns)
        how = part, n_rounds, begun
        parts.append(_fit_rows(of, *how) if product is None else _fit_products(of, product, *how))
    means, is_known = zip(*parts, strict=True)
    return np.concatenate(means), np.concatenate(is_known)


def _fit_products(
    of: ExactUpdates, product: Product, dummies: RowDummies, n_rounds: int, start: Start | None
) -> tuple[FloatArray, BoolArray]:
    table, n_sets, cells = product.table, dummies.n_sets, product.cells[dummies.rows]
    used = table.is_observed.take(cells)
    cells, sets, columns = cells[used], dummies.sets[used], dummies.columns[used]
    # Rows of a dyad count as one sum, in each set by itself.
    dyads = np.cumsum(np.diff(sets * table.is_pair.size + cells // table.shape[2], prepend=-1) != 0)
    dyads -= dyads[np.searchsorted(sets, sets)]
    n_slots = int(dyads.max(initial=0)) + 1
    begun = [np.repeat(of_level, n_sets, axis=0) for of_level in product.factors]
    if start is not None and start.levels is not None:
        moved = np.split(np.exp(start.levels), of.starts[1:-1], axis=1)
        begun = [of_level * factor.reshape(of_level.shape) for of_level, factor in zip(begun, moved, strict=True)]
    rows, is_alone = MarkedRows(sets, cells, sets * n_slots + dyads, n_slots), dummies.is_alone
    if not is_alone.all():
        factors = np.exp(np.zeros(is_alone.size) if start is None else start.dummies)[~is_alone]
        rows = replace(rows, dummies=np.where(is_alone, -1, np.cumsum(~is_alone) - 1)[columns], factors=factors)
    means, is_known = np.zeros(used.size), np.zeros(used.size, dtype=bool)
    weighted, is_known[used] = fit_treated(table, rows, begun, SETTLED, n_rounds)
    means[used] = weighted / of.weights[dummies.rows[used]]
    return means, is_known


def _fit_rows(
    of: ExactUpdates, dummies: RowDummies, n_rounds: int, start: Start | None
) -> tuple[FloatArray, BoolArray]:
    state = UpdatedSets(of, dummies, start)
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


def lay_out_updates(y: FloatArray, means: FloatArray, weights: FloatArray, q: Annihilator) -> ExactUpdates:
    """Lay rows out, as a table of weighted flows if they are most of a cube's and those of a dyad weigh alike."""
    coefficients, cube, used = q.elimination.layout.list_coefficients(), q.elimination.layout.cube, weights > 0
    codes, table = [compact(code) for code in coefficients], None
    sizes = [int(code.max(initial=-1)) + 1 for code in codes]
    if cube is not None:
        cells = np.arange(y.size) if cube.position is None else cube.position
        flows, seen = cube.spread_each([np.where(used, weights * y, 0.0), used.astype(np.float64)])
        table = FlowTable(flows.reshape(cube.shape), seen.reshape(cube.shape) > 0, groupings=cube.groupings)
        of_cells = list(table.levels[:, cells])
        is_quick = table.holes.size <= HOLES_BY_ROW * y.size and table.joint[0].shape[1] <= JOINT_GROUPS
        if is_quick and any(_are_alike(weights[used], code[used]) for code in of_cells):
            codes, sizes = of_cells, [of.size for of in table.sums]
            coefficients = [coefficients[place] for place in cube.places]
        else:
            table = None
    starts = np.cumsum([0, *sizes])
    levels = np.stack(codes) + starts[:-1, None]
    of_level = np.zeros(starts[-1], dtype=np.int64)
    of_level[levels] = coefficients
    of = ExactUpdates(y, means, weights, levels, starts, of_level)
    if table is None:
        return of
    logs = np.log(means * weights, out=np.zeros(y.size), where=used)
    factors = np.split(np.exp(q.explain(logs[:, None])[of_level, 0]), starts[1:-1])
    parts = [
        np.where(of > 0, part.reshape(of.shape), 0.0)[None] for part, of in zip(factors, table.sums, strict=True)
    ]
    return replace(of, product=Product(table, cells, tuple(parts)))


def _are_alike(weights: FloatArray, code: IntArray) -> bool:
    of_level = np.zeros(int(code.max()) + 1)
    of_level[code] = weights
    return bool((of_level[code] == weights).all())
