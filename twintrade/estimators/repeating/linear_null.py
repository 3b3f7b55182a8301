"""Linear estimates under many treatments: effects are taken out once, and a draw is made from sums over few rows.

Every estimate is a regression on dummies C of the rows that a treatment touches: C'QCx = C'Qy. Imputing rows from the
others is a dummy for each of them, and so is leaving a row out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import Estimate, EventStudy
from twintrade.effects.estimate import Kind
from twintrade.errors import EstimationError
from twintrade.estimators.regression.cell_fit import find_single_rows, invert_gram
from twintrade.estimators.repeating.one_step import OneStepRegression, compute_averages
from twintrade.estimators.repeating.repeated import SameRows, find_unit_rows, take_units
from twintrade.estimators.repeating.treatment_blocks import TAKEN_OUT, Block, JoinedBlocks, join_blocks, place_block
from twintrade.numerics import absorption
from twintrade.numerics.absorption import Annihilator, CompleteRows, DummySets, Nested
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group

KNOWN = 1e-6  # distance from a made-up solution from which on a row's effect is not determined
PROBE_SEED = 7919
NUMBERS_AT_ONCE = 250_000


@dataclass(frozen=True, eq=False)
class _DrawnColumns:
    """Some of the dummies of several draws, numbered anew."""

    rows: IntArray  # rows, sets, columns, weights: (n_entries,)
    sets: IntArray
    columns: IntArray
    weights: FloatArray
    home: IntArray  # (n_columns,): draw of each column
    cells: IntArray  # (n_columns,)

    @property
    def size(self) -> int:
        """Number of columns."""
        return int(self.cells.size)

    @property
    def norms(self) -> FloatArray:
        """Squared norms of the columns, shape (n_columns,)."""
        return sum_by_group(self.weights, self.columns, self.size)

    def list_slices(self, n_sets: int) -> list[slice]:
        """Return where the columns of each draw stand."""
        return [slice(low, high) for low, high in pairwise(np.searchsorted(self.home, np.arange(n_sets + 1)))]


@dataclass(frozen=True, eq=False)
class _Draws:
    """The dummies of one regression under several draws, with what each entry's rows have of the outcomes."""

    joined: JoinedBlocks
    single: _DrawnColumns  # rows with an effect of their own, and rows that are taken out
    joint: _DrawnColumns
    of_single: FloatArray  # of_single, of_joint: C'Qy, (n_columns, n_outcomes)
    of_joint: FloatArray


@dataclass(frozen=True, eq=False)
class LinearNull:
    """The model without treatment, from which effects and covariates are taken out once for all draws."""

    design: Design
    regressions: tuple[OneStepRegression, ...]
    shared: SameRows
    q: Annihilator | CompleteRows
    applied: FloatArray  # (n_rows, n_outcomes): Qy

    @cached_property
    def nested(self) -> Nested | None:
        """What effects inside blocks have in common with others."""
        return absorption.build_nested(self.q) if isinstance(self.q, Annihilator) else None

    @cached_property
    def counted(self) -> FloatArray:
        """Weights with which rows' effects are averaged: none where a row is its unit's only one, (n_rows,)."""
        o = self.design.observations
        return np.where(find_single_rows(o, np.arange(o.n_rows)), 0.0, o.row_weights)

    @cached_property
    def is_summable(self) -> bool:
        """Whether rows of a cohort say as much summed as one by one: in complete two-way panels."""
        if not isinstance(self.q, CompleteRows) or len(self.q.sides) > 1 or self.q.covariates.shape[1]:
            return False
        return np.array_equal(self.q.first, self.design.observations.unit)

    def build_blocks(self, design: Design, *, is_summed: bool = True) -> tuple[Block, ...] | None:
        """Return a treatment's blocks; None where the treatment needs a refit.

        ``is_summed``: sum rows of a cohort where they say as much so.
        """
        taken = self.shared.find_rows(design)
        if taken is None:
            return None
        try:
            if is_summed and self.is_summable and not taken[2].size:
                return self._sum_cohorts(*taken[:2])
            return tuple(place_block(one.build(taken[1]), taken[0], taken[2]) for one in self.regressions)
        except EstimationError:
            return None

    def _sum_cohorts(self, places: IntArray, part: Observations) -> tuple[Block, ...]:
        """Return blocks in which the rows of a cohort stand as those of its first unit."""
        n = part.periods.size
        _, first, cohort, sizes = np.unique(
            part.unit_onset, return_index=True, return_inverse=True, return_counts=True
        )
        by_unit, ascending = self.applied[places].reshape(cohort.size, -1), np.argsort(first)
        by_cohort = np.add.reduceat(by_unit[np.argsort(cohort, kind="stable")], np.cumsum(sizes) - sizes, axis=0)
        firsts = first[ascending]
        rows = (firsts[:, None] * n + np.arange(n)).ravel()
        small = take_units(part, rows, firsts, part.unit_onset[firsts])
        counts = np.repeat(sizes[ascending].astype(np.float64), n)
        sums = by_cohort[ascending].reshape(rows.size, -1)
        blocks = [one.build(small) for one in self.regressions]
        return tuple(
            replace(one, rows=places[rows[one.rows]], counts=counts[one.rows], sums=sums[one.rows]) for one in blocks
        )

    def estimate(self, draws: Sequence[tuple[Block, ...]], views: Mapping[Kind, Estimate]) -> dict[Kind, FloatArray]:
        """Return the effects of several treatments that some views of an estimate show.

        Returns (n_draws, n_effects, n_outcomes): NaN where a treatment does not have an effect.
        """
        n_outcomes = self.applied.shape[1]
        out = {view: np.full((len(draws), one.n_effects, n_outcomes), np.nan) for view, one in views.items()}
        runs = [
            (k, some)
            for k, regression in enumerate(self.regressions)
            if not views.keys().isdisjoint(regression.views)
            for some in self._cut([blocks[k] for blocks in draws])
        ]
        for k, some in runs:
            regression = self.regressions[k]
            one = self._lay_out([blocks[k] for blocks in draws[some]], regression)
            effects, weights = self._regress(one, regression)
            for view in views.keys() & set(regression.views):
                for j in range(n_outcomes):
                    values = compute_averages(one.joined, effects[:, j], weights, view, views[view])
                    before = out[view][some, :, j]
                    out[view][some, :, j] = np.where(np.isnan(values), before, values)
        for view, estimate in views.items():
            if isinstance(estimate, EventStudy) and estimate.reference is not None:
                out[view][:, (estimate.event_times == estimate.reference) & (estimate.effects == 0)] = 0.0
        return out

    def _cut(self, blocks: Sequence[Block]) -> list[slice]:
        """Return runs of draws whose sums by level are of moderate size."""
        each = self.q.n_coefficients + max((block.rows.size for block in blocks), default=1)
        step = max(1, NUMBERS_AT_ONCE // (each * (1 + self.applied.shape[1])))
        return [slice(start, min(start + step, len(blocks))) for start in range(0, len(blocks), step)]

    def _lay_out(self, blocks: Sequence[Block], regression: OneStepRegression) -> _Draws:
        """Part the dummies of several draws."""
        joined = join_blocks(blocks)
        counts = [np.ones(one.rows.size) if one.counts is None else one.counts for one in blocks]
        weights = self.q.weights[joined.rows] * np.concatenate(counts)
        sums = np.concatenate([self.applied[one.rows] if one.sums is None else one.sums for one in blocks])
        is_single = (joined.cells == TAKEN_OUT) | regression.is_saturated
        parts, rights = [], []
        for chosen in (is_single, ~is_single):
            entries = np.flatnonzero((weights > 0) & chosen[joined.columns])
            present = np.bincount(joined.columns[entries], minlength=joined.cells.size) > 0
            columns = (np.cumsum(present) - 1)[joined.columns[entries]]
            kept = joined.home[present], joined.cells[present]
            parts.append(_DrawnColumns(joined.rows[entries], joined.sets[entries], columns, weights[entries], *kept))
            rights.append(sum_by_group(sums[entries], columns, parts[-1].size))
        return _Draws(joined, parts[0], parts[1], rights[0], rights[1])

    def _regress(self, draws: _Draws, regression: OneStepRegression) -> tuple[FloatArray, FloatArray]:
        """Return the effects of cells, (n_cells, n_outcomes), NaN where there is none, and what they weigh."""
        n, n_outcomes = draws.joined.cohorts.size, self.applied.shape[1]
        effects, weights = np.full((n, n_outcomes), np.nan), np.zeros(n)
        single, joint = draws.single, draws.joint
        crossed = self._cross(draws)
        solved, is_known = self._solve_single(single, np.hstack([draws.of_single, crossed]), regression.is_saturated)
        for part, values, is_kept in (
            (single, solved[:, :n_outcomes], is_known),
            (joint, *self._solve_joint(draws, crossed, solved, regression)),
        ):
            shown = (part.cells >= 0) & is_kept
            weight = sum_by_group(self._count(part, single), part.columns, part.size)[shown]
            cells = part.cells[shown]
            total = sum_by_group(weight, cells, n)
            averages = sum_by_group(weight[:, None] * values[shown], cells, n)
            effects[total > 0] = averages[total > 0] / total[total > 0, None]
            weights += total
        return effects, weights

    def _count(self, part: _DrawnColumns, single: _DrawnColumns) -> FloatArray:
        """Return what entries weigh in averages: nothing where others leave a unit one row, shape (n_entries,)."""
        o, gone = self.design.observations, single.cells[single.columns] == TAKEN_OUT
        weights = np.where(self.counted[part.rows] > 0, part.weights, 0.0)
        if not gone.any() or "unit" not in o.effect_names:
            return weights
        begins, n = part.sets * np.int64(o.n_units), (int(part.sets.max(initial=-1)) + 1) * o.n_units
        lost = np.bincount(single.sets[gone] * np.int64(o.n_units) + o.unit[single.rows[gone]], minlength=n)
        unit = o.unit[part.rows]
        return np.where(self.shared.sizes[unit] - lost[begins + unit] > 1, weights, 0.0)

    def _place(self, some: _DrawnColumns) -> DummySets:
        weights = some.weights if isinstance(self.q, CompleteRows) else None
        return DummySets(
            self.q, some.rows, some.sets, some.columns, some.home, self.nested, weights, absorption.EXACT
        )

    def _solve_single(self, single: _DrawnColumns, right: FloatArray, is_shown: bool) -> tuple[FloatArray, BoolArray]:
        """Solve for effects of rows, (n_columns, k), and say which of them are determined if they are shown."""
        if not single.size:
            return right, np.zeros(0, dtype=bool)
        placed, probe = self._place(single), np.empty((single.size, 0))
        if is_shown:
            probe = np.random.default_rng(PROBE_SEED).uniform(0.5, 1.5, (single.size, 1))
            right = np.column_stack([right, placed.multiply(probe[:, 0])])
        solved, is_solved = placed.solve_many(right)
        is_near = np.abs(solved[:, right.shape[1] - probe.shape[1] :] - probe).max(axis=1, initial=0.0) < KNOWN
        return solved, is_near & is_solved

    def _cross(self, draws: _Draws) -> FloatArray:
        """Return L'QK of rows' own dummies L and the others K of their draw, (n_own, largest number of others)."""
        single, joint, n = draws.single, draws.joint, draws.joined.n_sets
        sizes = np.bincount(joint.home, minlength=n)
        k = int(sizes.max(initial=0))
        if not k or not single.size:
            return np.empty((single.size, k))
        place = np.arange(joint.size) - (np.cumsum(sizes) - sizes)[joint.home]
        sets = (np.arange(k)[:, None] * n + single.sets).ravel()
        levels = absorption.find_levels(
            self.q,
            self.nested,
            np.concatenate([joint.rows, np.tile(single.rows, k)]),
            np.concatenate([place[joint.columns] * n + joint.sets, sets]),
            k * n,
            np.concatenate([joint.weights, np.tile(single.weights, k)]),
        )
        projected = levels.project(np.append(joint.weights, np.zeros(sets.size)))[joint.rows.size :]
        crossed = np.zeros((single.size, k))
        crossed[single.columns] = -(projected.reshape(k, -1) * single.weights).T
        return crossed

    def _solve_joint(
        self, draws: _Draws, crossed: FloatArray, solved: FloatArray, regression: OneStepRegression
    ) -> tuple[FloatArray, BoolArray]:
        """Return coefficients of the other dummies, (n_columns, n_outcomes), and which of them are determined."""
        joint, n_outcomes = draws.joint, self.applied.shape[1]
        out, is_kept = np.zeros((joint.size, n_outcomes)), np.zeros(joint.size, dtype=bool)
        if not joint.size:
            return out, is_kept
        grams, n = self._place(joint).levels.cross_products(joint.columns, joint.home), draws.joined.n_sets
        for of_set, others, gram in zip(joint.list_slices(n), draws.single.list_slices(n), grams, strict=False):
            of_outcomes, of_columns = np.split(solved[others], [n_outcomes], axis=1)
            k = of_set.stop - of_set.start
            right = draws.of_joint[of_set] - crossed[others, :k].T @ of_outcomes
            equations = gram[:k, :k] - crossed[others, :k].T @ of_columns[:, :k]
            out[of_set], is_kept[of_set] = _solve_small(equations, right, joint.norms[of_set], regression.is_pruned)
        return out, is_kept

    # What each row weighs in the headline: the same equations with the averages' weights on the right side.

    def sum_squared_weights(self, draws: Sequence[tuple[Block, ...]]) -> FloatArray:
        """Return the sums, by unit, of squared weights of rows in overall effects, shape (n_draws, n_units)."""
        o = self.design.observations
        return np.stack([sum_by_group(one**2, o.unit, o.n_units) for one in self.weigh_rows(draws)])

    def weigh_rows(self, draws: Sequence[tuple[Block, ...]]) -> Iterator[FloatArray]:
        """Yield the weight of every row's outcome in the overall effect of each treatment, shape (n_rows,).

        ``draws``: blocks of rows one by one. NaN where the equations cannot be solved.
        """
        k = next(k for k, one in enumerate(self.regressions) if "overall" in one.views)
        blocks = [one[k] for one in draws]
        for some in self._cut(blocks):
            yield from self._weigh_run(self._lay_out(blocks[some], self.regressions[k]), self.regressions[k])

    def _weigh_run(self, draws: _Draws, regression: OneStepRegression) -> FloatArray:
        """Return the weights of rows in each draw, (n_draws, n_rows)."""
        n, is_shown = draws.joined.n_sets, regression.is_saturated
        part, others = (draws.single, draws.joint) if is_shown else (draws.joint, draws.single)
        out = np.full((n, self.applied.shape[0]), np.nan)
        if not part.size:
            return out
        placed = self._place(part)
        if is_shown:
            is_known = self._solve_single(part, np.empty((part.size, 0)), True)[1]
            share = self._share(draws, part, is_known)
            solved, is_solved = placed.solve(share)
            is_known &= is_solved
        else:
            grams = placed.levels.cross_products(part.columns, part.home)
            slices = [one for one in part.list_slices(n) if one.stop > one.start]
            solved, is_known, inverses = np.zeros(part.size), np.zeros(part.size, dtype=bool), []
            for of_set, gram in zip(slices, grams[np.unique(part.home)], strict=True):
                size = of_set.stop - of_set.start
                right = gram[:size, :size], np.eye(size), part.norms[of_set]
                inverse, is_known[of_set] = _solve_small(*right, regression.is_pruned)
                inverses.append(inverse)
            share = self._share(draws, part, is_known)
            for of_set, inverse in zip(slices, inverses, strict=True):
                solved[of_set] = inverse @ share[of_set]
        weights = placed.weigh_rows(solved).T
        out[: len(weights)] = weights
        is_lost = np.bincount(part.home, share != 0, n) == 0
        is_lost[part.home[(share != 0) & ~is_known]] = True
        is_lost[others.home] = True
        out[is_lost] = np.nan
        return out

    def _share(self, draws: _Draws, part: _DrawnColumns, is_known: BoolArray) -> FloatArray:
        """Return what each column weighs in the average effect after onset of its draw, (n_columns,)."""
        after = (part.cells >= 0) & is_known
        after[after] = draws.joined.event_times[part.cells[after]] >= 0
        size = np.where(after, sum_by_group(self._count(part, part), part.columns, part.size), 0.0)
        total = sum_by_group(size, part.home, draws.joined.n_sets)[part.home]
        return np.divide(size, total, out=np.zeros(part.size), where=total > 0)


def _solve_small(
    gram: FloatArray, right: FloatArray, norms: FloatArray, is_pruned: bool
) -> tuple[FloatArray, BoolArray]:
    """Solve normal equations: without columns that earlier ones determine, or for those that none determines."""
    out, is_kept = np.zeros(right.shape), np.zeros(norms.size, dtype=bool)
    clear = absorption.solve_clear_equations(gram, right, norms)
    if clear is not None:
        return clear, ~is_kept
    if not is_pruned:
        inverse, is_kept = invert_gram(gram, norms)
        return inverse @ right, is_kept
    try:
        kept, coefficients = absorption.solve_normal_equations(gram, right, norms)
    except EstimationError:
        return out, is_kept
    out[kept], is_kept[kept] = coefficients, True
    return out, is_kept


def prepare_linear_null(
    design: Design, regressions: Sequence[OneStepRegression], outcomes: FloatArray
) -> LinearNull | None:
    """Take effects and covariates out of outcomes, (n_rows, n_outcomes); None where effects change with treatment."""
    o = design.observations
    if "cohort" in o.effect_names:
        return None
    codes = o.effect_codes()
    complete = absorption.build_complete_rows(codes, o.covariates) if o.weights is None else None
    q = complete or absorption.factor_order(absorption.lay_out_elimination(codes, o.covariates), o.row_weights)
    applied = q.weights[:, None] * q.residualize(outcomes)
    return LinearNull(design, tuple(regressions), find_unit_rows(design), q, applied)
