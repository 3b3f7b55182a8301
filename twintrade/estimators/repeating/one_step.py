"""Estimates of Poisson models from their fit without any treatment, without a refit for each assignment.

From the fit of all rows to the outcome that a null leaves, one Newton step adds a treatment's dummies, or ratios of
sums where rows fill a cube, and rounds of exact updates of one effect after another follow. They move what treated
rows would have had; cells compare outcomes with that. Where each treated row has a dummy of its own, as in
imputation, updates begin at that fit and end where untreated rows alone would be fitted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Literal, TypeAlias

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Estimate, EventStudy
from twintrade.effects.estimate import Kind
from twintrade.estimators.imputing.comparison_units import compute_log_ratios
from twintrade.estimators.regression.event_terms import FitShape, Later, list_models
from twintrade.estimators.repeating import treatment_blocks
from twintrade.estimators.repeating.repeated import SameRows, find_unit_rows
from twintrade.estimators.repeating.treatment_blocks import Block, JoinedBlocks, PlacedDummies
from twintrade.fanout import report_loop
from twintrade.numerics import absorption
from twintrade.numerics.absorption import Annihilator, EliminationOrder, Nested
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group
from twintrade.numerics.poisson import ExactUpdates, RowDummies, fit_poisson, fit_with_dummies, lay_out_updates

# Averages of the effects of many draws' cells, as a view shows them.


def compute_averages(
    joined: JoinedBlocks, effects: FloatArray, weights: FloatArray, view: Kind, shown: Estimate
) -> FloatArray:
    """Return a view's averages of cells in every draw, shape (n_draws, n_effects).

    Cells without any outcome to compare leave an average of totals; any other average does not exist without them.
    """
    labels, wanted = _label(joined, view, shown)
    place = np.full(labels.size, -1)
    order = np.argsort(wanted, kind="stable")
    at = np.minimum(np.searchsorted(wanted[order], labels), max(wanted.size - 1, 0))
    is_shown = wanted[order][at] == labels if wanted.size else np.zeros(labels.size, dtype=bool)
    place[is_shown] = order[at[is_shown]]
    kept = (place >= 0) & (weights > 0)
    flat = joined.of_cell[kept] * wanted.size + place[kept]
    w = np.ones(flat.size) if view == "cohort" else weights[kept]
    with np.errstate(invalid="ignore"):
        total, weight = (sum_by_group(values, flat, joined.n_sets * wanted.size) for values in (w * effects[kept], w))
        return np.asarray(np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan)).reshape(
            joined.n_sets, wanted.size
        )


def _label(joined: JoinedBlocks, view: Kind, shown: Estimate) -> tuple[IntArray, IntArray]:
    """Return each cell's label in a view, and the labels of the effects shown."""
    if view in ("overall", "path"):
        return np.where(joined.event_times >= 0, 0, -1), np.zeros(1, dtype=np.int64)
    if view == "event":
        assert isinstance(shown, EventStudy)
        return joined.event_times, shown.event_times
    if view == "cell":
        assert isinstance(shown, CohortEffects)
        low = min(int(joined.event_times.min(initial=0)), int(shown.event_times.min(initial=0)))
        span = 1 + max(int(joined.event_times.max(initial=0)), int(shown.event_times.max(initial=0))) - low
        pairs = [one.cohorts * span + one.event_times - low for one in (joined, shown)]
        return pairs[0], pairs[1]
    assert shown.labels is not None
    after = joined.event_times >= 0
    labels = joined.cohorts if view == "cohort" else joined.cohorts + joined.event_times
    return np.where(after, labels, np.iinfo(np.int64).min), shown.labels


NUMBERS_AT_ONCE = 250_000
MOST_ROUNDS = 1000
Measure: TypeAlias = Literal["log_ratio", "percent", "difference"]


@dataclass(frozen=True, slots=True, eq=False)
class OneStepRegression:
    """How a regression's dummies are made from a treatment, and which views show its effects."""

    views: tuple[Kind, ...]
    # From the observations of treated units to the block; rows are places among these
    build: Callable[[Observations], Block]
    # What effects are averaged with: the number of rows, or what these would have had
    weigh: Literal["rows", "outcome"] = "rows"
    # Whether dummies that others determine are left out, the last first, as in a regression with few of them
    is_pruned: bool = False
    # Whether cells without any outcome are no effects, as where a regression separates them
    leaves_out_zeros: bool = False
    # Whether every row with a dummy has one of its own under every treatment: the rows then leave
    is_saturated: bool = False
    # Whether the overall effect averages log ratios of rows or units, and not the effects of cells
    averages_log_ratios: bool = False


@dataclass(frozen=True, eq=False)
class OneStep:
    """The model without treatment, fitted once for each null and then asked about any number of treatments."""

    design: Design
    regressions: tuple[OneStepRegression, ...]
    measure: Measure
    shared: SameRows
    order: EliminationOrder
    # Rounds at most of exact updates of one effect after another: where rows are left out and nothing else changes in
    # place of the step, else after it, which misleads where few rows decide
    n_rounds: int = MOST_ROUNDS

    def build_blocks(self, design: Design) -> tuple[Block, ...] | None:
        """Return a treatment's blocks; None where it observes rows that the fit does not.

        Rows that it does not observe get dummies of their own.
        """
        taken = self.shared.find_rows(design) or self.shared.find_observed(design)
        if taken is None:
            return None
        places, part, lost = taken
        return tuple(treatment_blocks.place_block(one.build(part), places, lost) for one in self.regressions)

    @cached_property
    def under_none(self) -> "Null":
        """The model where treatment is without effect, fitted once for the design."""
        workings = self.design.workings
        if ("null",) not in workings:
            null = self.under(np.ones(self.design.observations.n_rows))
            workings["null",] = null.y, null.means, null.q  # not the null, which would keep the design alive
        return Null(self, *workings["null",])

    def under(self, factor: FloatArray) -> "Null":
        """Return the model under the null that treatment multiplied outcomes by ``factor``, shape (n_rows,)."""
        o, workings = self.design.observations, self.design.workings
        y = o.y / factor
        fit = fit_poisson(y, o.covariates, o.effect_codes(), o.weights, rows=workings.get(("rows",)))
        means = np.zeros(o.n_rows)
        means[workings.setdefault(("rows",), fit.rows)] = fit.mu
        return Null(self, y, means, absorption.factor_order(self.order, means * o.row_weights))


@dataclass(frozen=True, eq=False)
class Null:
    """The model without treatment, fitted."""

    model: OneStep
    # y, means: (n_rows,): the outcome that the null leaves, and fitted means, zero for rows not in the fit
    y: FloatArray
    means: FloatArray
    q: Annihilator
    # (n_rows,): by how much a first step moves the linear predictor, before any treatment
    moved: FloatArray | float = 0.0

    @cached_property
    def nested(self) -> Nested:
        """What effects inside blocks have in common with others, once for all draws."""
        return absorption.build_nested(self.q)

    @cached_property
    def updates(self) -> ExactUpdates:
        """What exact updates begin with, once for all draws."""
        weights = np.where(self.q.weights > 0, self.model.design.observations.row_weights, 0.0)
        return lay_out_updates(self.y, self.means * np.exp(self.moved), weights, self.q)

    def without(self, rows: IntArray) -> "Null":
        """Return the model for treatments that all leave out some rows, which then need no dummies.

        The others move it by one step of their own.
        """
        weights = self.q.weights.copy()
        weights[rows] = 0.0
        q = absorption.factor_order(self.model.order, weights)
        working = np.divide(self.residuals, self.means, out=np.zeros(weights.size), where=self.means > 0)
        return replace(self, q=q, moved=working - q.residualize(working[:, None])[:, 0])

    @property
    def observed(self) -> FloatArray:
        """Weighted outcomes of rows in the fit, shape (n_rows,)."""
        return np.where(self.q.weights > 0, self.model.design.observations.row_weights * self.y, 0.0)

    @property
    def residuals(self) -> FloatArray:
        """Outcomes less means, zero for rows not in the fit, shape (n_rows,)."""
        return np.where(self.means > 0, self.y - self.means, 0.0)

    def estimate(
        self, draws: Sequence[tuple[Block, ...]], views: Mapping[Kind, Estimate], *, has_leads: bool = True
    ) -> dict[Kind, FloatArray]:
        """Return the effects of several treatments that some views of an estimate show.

        ``has_leads``: else regressions of leads alone are left out. Returns (n_draws, n_effects): naN where a
        treatment does not have an effect, or its equations cannot be solved.
        """
        out = {view: np.full((len(draws), one.n_effects), np.nan) for view, one in views.items()}
        runs = [
            (k, some, {view: one for view, one in views.items() if view in regression.views})
            for k, regression in enumerate(self.model.regressions)
            if has_leads or draws[-1][k].event_times.max(initial=-1) >= 0
            for some in self._cut([blocks[k] for blocks in draws], regression)
            if not views.keys().isdisjoint(regression.views)
        ]
        n_each = max(len({k for k, *_ in runs}), 1)
        sizes = [(some.stop - some.start) / n_each for _, some, _ in runs]
        for k, some, shown in report_loop("randomization", runs, sizes):
            joined, regression = (
                treatment_blocks.join_blocks([blocks[k] for blocks in draws[some]]),
                self.model.regressions[k],
            )
            imputed_rows = self._impute(joined, regression)
            effects, weights = self._measure_cells(joined, regression, imputed_rows)
            for view, one in shown.items():
                if view == "overall" and regression.averages_log_ratios:
                    values = self._average_log_ratios(joined, imputed_rows)
                else:
                    values = compute_averages(joined, effects, weights, view, one)
                out[view][some] = np.where(np.isnan(values), out[view][some], values)
        return out

    def _cut(self, blocks: Sequence[Block], regression: OneStepRegression) -> list[slice]:
        """Return runs of draws whose sums by level are of moderate size: of each draw, or of each of its columns."""
        is_pruned = regression.is_pruned
        widest = max((block.cells.size for block in blocks), default=1) if is_pruned else 1
        each = self.q.n_coefficients * max(widest, 1) + max((block.rows.size for block in blocks), default=1)
        step = max(1, (4 if is_pruned else 1) * NUMBERS_AT_ONCE // each)
        return [slice(start, min(start + step, len(blocks))) for start in range(0, len(blocks), step)]

    def _impute(self, joined: JoinedBlocks, regression: OneStepRegression) -> "_Imputed":
        """Return what the rows that effects are measured in would have had."""
        if not (self.q.weights[joined.rows] > 0).any():
            none = np.empty(0, dtype=np.int64)
            return _Imputed(none, none, np.empty(0), np.empty(0, dtype=bool))
        is_quick = self.model.n_rounds > 0 and regression.is_saturated and not self.model.order.covariates.shape[1]
        return self._follow(joined) if is_quick else self._add_dummies(joined, regression)

    def _measure_cells(
        self, joined: JoinedBlocks, regression: OneStepRegression, imputed_rows: "_Imputed"
    ) -> tuple[FloatArray, FloatArray]:
        """Return the effect of each cell, and what it is averaged with."""
        n, weights = joined.cohorts.size, self.model.design.observations.row_weights
        if not imputed_rows.rows.size:
            return np.full(n, np.nan), np.ones(n)
        rows, cells, is_solved = imputed_rows.rows, imputed_rows.cells, imputed_rows.is_solved
        totals, observed, imputed = (
            sum_by_group(weights[rows] * values, cells, n)
            for values in (np.ones(rows.size), self.y[rows], imputed_rows.means)
        )
        is_known = np.zeros(n, dtype=bool)
        is_known[cells] = is_solved
        if regression.leaves_out_zeros:
            totals, imputed = (np.where(observed > 0, values, 0.0) for values in (totals, imputed))
        effects = self._measure(observed, imputed, totals)
        effects[(totals > 0) & ~is_known] = np.nan
        return effects, imputed if regression.weigh == "outcome" else totals

    def _average_log_ratios(self, joined: JoinedBlocks, imputed_rows: "_Imputed") -> FloatArray:
        """Return the average of log ratios in every draw, shape (n_draws, 1)."""
        o = self.model.design.observations
        used = joined.event_times[imputed_rows.cells] >= 0
        rows, sets = imputed_rows.rows[used], joined.of_cell[imputed_rows.cells[used]]
        logs = compute_log_ratios(
            self.y[rows], imputed_rows.means[used], o.row_weights[rows], o.unit[rows], sets, joined.n_sets
        )
        is_lost = np.bincount(sets, ~imputed_rows.is_solved[used], joined.n_sets) > 0
        return np.where(is_lost, np.nan, logs.effects)[:, None]

    def _follow(self, joined: JoinedBlocks) -> "_Imputed":
        """Follow the means from the null to those that they have with dummies."""
        used = np.flatnonzero(self.q.weights[joined.rows] > 0)
        rows, cells, sets = joined.rows[used], joined.cells[joined.columns[used]], joined.sets[used]
        home = np.cumsum(np.diff(sets, prepend=sets[0]) > 0, dtype=np.int64)
        left_out = RowDummies(rows, home, np.arange(rows.size), home)
        means, is_known = fit_with_dummies(self.updates, left_out, self.model.n_rounds)
        inside = is_known & (cells >= 0)
        return _Imputed(rows[inside], cells[inside], means[inside], np.ones(np.count_nonzero(inside), dtype=bool))

    def _add_dummies(self, joined: JoinedBlocks, regression: OneStepRegression) -> "_Imputed":
        """Take one step that adds dummies, and follow the means from there; products need none to begin with."""
        o, n_rounds = self.model.design.observations, self.model.n_rounds
        placed = treatment_blocks.place_dummies(self.q, self.nested, joined, o.effect_codes(), self.observed)
        dummies, inside = placed.dummies, placed.inside
        rows, columns = dummies.rows, dummies.columns
        solution, is_solved = None, np.ones(dummies.home.size, dtype=bool)
        if regression.is_pruned or not n_rounds or self.updates.product is None:
            score = o.row_weights[rows] * (self.residuals - self.means * self.moved)[rows]
            right = sum_by_group(score, columns, dummies.home.size)
            solution, is_solved = placed.solve(right, is_pruned=regression.is_pruned)
        if n_rounds or solution is None:
            means = treatment_blocks.compute_means(placed, solution, self.updates, n_rounds)
        else:
            moved = np.broadcast_to(self.moved, self.means.shape)[rows]
            means = self.means[rows] * np.exp(moved - dummies.fit(solution))
        return _Imputed(rows[inside], placed.cells[inside], means[inside], is_solved[columns[inside]])

    def _measure(self, observed: FloatArray, imputed: FloatArray, totals: FloatArray) -> FloatArray:
        """Return cells' effects, zero where a cell has no row and NaN where there is no such number."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = observed / imputed
            if self.model.measure == "percent":
                effects = 100 * (ratio - 1)
            elif self.model.measure == "difference":
                effects = (observed - imputed) / totals
            else:
                effects = np.where(ratio > 0, np.log(ratio), np.nan)
        return np.where(totals > 0, effects, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Imputed:
    """What rows that an effect is measured in would have had, each of shape (n_rows,)."""

    rows: IntArray
    cells: IntArray
    means: FloatArray
    is_solved: BoolArray


def list_dummy_regressions(
    shape: FitShape, bins: bool, second_reference: int | None = None, later: Later = "comparison"
) -> list[OneStepRegression]:
    """Return the regressions of a shape on event-time dummies and the treatment dummy."""
    shown: dict[str, tuple[Kind, ...]] = {"static": ("overall",), "binned": ("event",)}
    shown["event"] = ("path",) if bins else ("event", "path")
    return [
        OneStepRegression(shown[model.kind], partial(treatment_blocks.build_dummies, model=model), is_pruned=True)
        for model in list_models(shape, bins, second_reference, later)
    ]


def prepare_one_step(design: Design, regressions: Sequence[OneStepRegression], measure: Measure) -> OneStep | None:
    """Lay the effects out for all nulls; None where effects change with treatment."""
    o = design.observations
    if "cohort" in o.effect_names:
        return None
    order = absorption.lay_out_elimination(o.effect_codes(), o.covariates)
    return OneStep(design, tuple(regressions), measure, find_unit_rows(design), order)


# What each row's noise weighs in the headline of many treatments under one null.


def sum_squared_weights(null: Null, draws: Sequence[tuple[Block, ...]]) -> FloatArray:
    """Return the sums, by unit, of squared weights that rows' relative noise has in the overall effect.

    Returns (n_draws, n_units): up to a common factor; NaN where the equations cannot be solved.
    """
    o = null.model.design.observations
    k = next(k for k, one in enumerate(null.model.regressions) if "overall" in one.views)
    out = np.full((len(draws), o.n_units), np.nan)
    step = max(1, NUMBERS_AT_ONCE // o.n_rows)
    for start in range(0, len(draws), step):
        joined = treatment_blocks.join_blocks([blocks[k] for blocks in draws[start : start + step]])
        for place, column in enumerate(_weigh_rows(null, joined, null.model.regressions[k]).T, start):
            out[place] = np.bincount(o.unit, column**2, o.n_units)
    return out


def _weigh_rows(null: Null, joined: JoinedBlocks, regression: OneStepRegression) -> FloatArray:
    """Return the weights of rows' relative noise in the overall effect of each draw, shape (n_rows, n_draws)."""
    o = null.model.design.observations
    out = np.full((o.n_rows, joined.n_sets), np.nan)
    if not (null.q.weights[joined.rows] > 0).any():
        return out
    placed = treatment_blocks.place_dummies(null.q, null.nested, joined, o.effect_codes(), null.observed)
    dummies, rows, cells = placed.dummies, placed.dummies.rows, placed.cells
    inside = placed.inside & (joined.event_times[cells] >= 0)
    if regression.averages_log_ratios:
        share, at = np.zeros(rows.size), rows[inside]
        facts = null.y[at], null.means[at], o.row_weights[at], o.unit[at]
        share[inside] = compute_log_ratios(*facts, joined.of_cell[cells[inside]], joined.n_sets).shares
    else:
        share = _share_cells(null, joined, regression, placed, inside)
    right = sum_by_group(share, dummies.columns, dummies.home.size)
    solution, is_solved = placed.solve(right, is_pruned=regression.is_pruned)
    is_lost = np.ones(joined.n_sets, dtype=bool)
    is_lost[dummies.home[right != 0]] = False
    is_lost[dummies.home[(right != 0) & ~is_solved]] = True
    out[:, : dummies.n_sets] = dummies.weigh_rows(solution)
    out[:, is_lost] = np.nan
    return out


def _share_cells(
    null: Null, joined: JoinedBlocks, regression: OneStepRegression, placed: PlacedDummies, inside: BoolArray
) -> FloatArray:
    """Return what rows with a dummy weigh in an average of the effects of cells, shape (n_entries,)."""
    o, n = null.model.design.observations, joined.cohorts.size
    rows, cells = placed.dummies.rows, placed.cells
    counts, means, observed = (
        sum_by_group((o.row_weights[rows] * values)[inside], cells[inside], n)
        for values in (np.ones(rows.size), null.means[rows], null.y[rows])
    )
    weight = means if regression.weigh == "outcome" else counts
    if regression.leaves_out_zeros:
        weight = np.where(observed > 0, weight, 0.0)
    total = sum_by_group(weight, joined.of_cell, joined.n_sets)[joined.of_cell]
    over = total * (counts if null.model.measure == "difference" else means)
    of_cell = np.divide(weight, over, out=np.zeros(n), where=over > 0)
    return np.where(inside, null.q.weights[rows] * of_cell[cells], 0.0)
