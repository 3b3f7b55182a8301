"""One-step estimates of Poisson models from their fit without any treatment: for tests that need no refit.

From the fit of all rows to the outcome that a null leaves, one Newton step adds a treatment's dummies. It moves the
effects' part of the linear predictor, and with it what treated rows would have had; cells compare outcomes with that.
Where each treated row has a dummy of its own, untreated rows alone move it, as in imputation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import Estimate
from twintrade.effects.estimate import Kind
from twintrade.estimators.repeating.cell_averages import compute_averages
from twintrade.estimators.repeating.placed_dummies import compute_means, place_dummies
from twintrade.estimators.repeating.repeated import SameRows, find_unit_rows
from twintrade.estimators.repeating.treatment_blocks import Block, JoinedBlocks, join_blocks, place_block
from twintrade.fanout import report_loop
from twintrade.numerics.absorption import (
    Annihilator,
    EliminationOrder,
    Nested,
    build_nested,
    factor_order,
    lay_out_elimination,
)
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group
from twintrade.numerics.poisson import fit_poisson

NUMBERS_AT_ONCE = 250_000
Measure: TypeAlias = Literal["log_ratio", "percent", "difference"]


@dataclass(frozen=True, slots=True, eq=False)
class OneStepRegression:
    """How a regression's dummies are made from a treatment, and which views show its effects.

    Attributes
    ----------
    views : tuple of Kind
    build : callable
        From the observations of treated units to the block; rows are places among these.
    weigh : {"rows", "outcome"}
        What effects are averaged with: the number of rows, or what these would have had.
    is_pruned : bool
        Whether dummies that others determine are left out, the last first, as in a regression with few of them.
    leaves_out_zeros : bool
        Whether cells without any outcome are no effects, as where a regression separates them.
    """

    views: tuple[Kind, ...]
    build: Callable[[Observations], Block]
    weigh: Literal["rows", "outcome"] = "rows"
    is_pruned: bool = False
    leaves_out_zeros: bool = False


@dataclass(frozen=True, eq=False)
class OneStep:
    """The model without treatment, fitted once for each null and then asked about any number of treatments.

    Attributes
    ----------
    design : Design
    regressions : tuple of OneStepRegression
    measure : {"log_ratio", "percent", "difference"}
    shared : SameRows
    order : EliminationOrder
    n_rounds : int
        Rounds of exact updates of one effect after another that follow the step: it takes what a row adds to a level
        for linear, which misleads where single rows decide.
    """

    design: Design
    regressions: tuple[OneStepRegression, ...]
    measure: Measure
    shared: SameRows
    order: EliminationOrder
    n_rounds: int = 0

    def build_blocks(self, design: Design) -> tuple[Block, ...] | None:
        """Return a treatment's blocks; None where it observes rows that the fit does not.

        Rows that it does not observe get dummies of their own.
        """
        taken = self.shared.find_rows(design) or self.shared.find_observed(design)
        if taken is None:
            return None
        places, part, lost = taken
        return tuple(place_block(one.build(part), places, lost) for one in self.regressions)

    @cached_property
    def under_none(self) -> "Null":
        """The model where treatment is without effect."""
        return self.under(np.ones(self.design.observations.n_rows))

    def under(self, factor: FloatArray) -> "Null":
        """Return the model under the null that treatment multiplied outcomes by ``factor``, shape (n_rows,)."""
        o, workings = self.design.observations, self.design.workings
        y = o.y / factor
        fit = fit_poisson(y, o.covariates, o.effect_codes(), o.weights, rows=workings.get(("rows",)))
        means = np.zeros(o.n_rows)
        means[workings.setdefault(("rows",), fit.rows)] = fit.mu
        return Null(self, y, means, factor_order(self.order, means * o.row_weights))


@dataclass(frozen=True, eq=False)
class Null:
    """The model without treatment, fitted.

    Attributes
    ----------
    model : OneStep
    y, means : FloatArray, shape (n_rows,)
        The outcome that the null leaves, and fitted means, zero for rows not in the fit.
    q : Annihilator
    moved : FloatArray, shape (n_rows,), or float
        By how much a first step moves the linear predictor, before any treatment.
    """

    model: OneStep
    y: FloatArray
    means: FloatArray
    q: Annihilator
    moved: FloatArray | float = 0.0

    @cached_property
    def nested(self) -> Nested:
        """What effects inside blocks have in common with others, once for all draws."""
        return build_nested(self.q)

    def without(self, rows: IntArray) -> "Null":
        """Return the model for treatments that all leave out some rows, which then need no dummies.

        The others move it by one step of their own.
        """
        weights = self.q.weights.copy()
        weights[rows] = 0.0
        q = factor_order(self.model.order, weights)
        working = np.divide(self.residuals, self.means, out=np.zeros(weights.size), where=self.means > 0)
        return replace(self, q=q, moved=working - q.residualize(working[:, None])[:, 0])

    @property
    def residuals(self) -> FloatArray:
        """Outcomes less means, zero for rows not in the fit, shape (n_rows,)."""
        return np.where(self.means > 0, self.y - self.means, 0.0)

    def estimate(
        self, draws: Sequence[tuple[Block, ...]], views: Mapping[Kind, Estimate], *, has_leads: bool = True
    ) -> dict[Kind, FloatArray]:
        """Return the effects of several treatments that some views of an estimate show.

        Parameters
        ----------
        draws : sequence of tuple of Block
        views : mapping of Kind to Estimate
        has_leads : bool
            Else regressions of leads alone are left out.

        Returns
        -------
        dict of Kind to FloatArray, each of shape (n_draws, n_effects)
            NaN where a treatment does not have an effect, or its equations cannot be solved.
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
            joined = join_blocks([blocks[k] for blocks in draws[some]])
            effects, weights = self._solve(joined, self.model.regressions[k])
            for view, one in shown.items():
                values = compute_averages(joined, effects, weights, view, one)
                out[view][some] = np.where(np.isnan(values), out[view][some], values)
        return out

    def _cut(self, blocks: Sequence[Block], regression: OneStepRegression) -> list[slice]:
        """Return runs of draws whose sums by level are of moderate size: of each draw, or of each of its columns."""
        is_pruned = regression.is_pruned
        widest = max((block.cells.size for block in blocks), default=1) if is_pruned else 1
        each = self.q.n_coefficients * max(widest, 1) + max((block.rows.size for block in blocks), default=1)
        each += self.means.size if self.model.n_rounds else 0
        step = max(1, (4 if is_pruned else 1) * NUMBERS_AT_ONCE // each)
        return [slice(start, min(start + step, len(blocks))) for start in range(0, len(blocks), step)]

    def weigh_units(self, draws: Sequence[tuple[Block, ...]]) -> FloatArray:
        """Return the sums, by unit, of squared weights that rows' relative noise has in the overall effect.

        Parameters
        ----------
        draws : sequence of tuple of Block

        Returns
        -------
        FloatArray, shape (n_draws, n_units)
            Up to a common factor; NaN where the equations cannot be solved.
        """
        o = self.model.design.observations
        k = next(k for k, one in enumerate(self.model.regressions) if "overall" in one.views)
        out = np.full((len(draws), o.n_units), np.nan)
        step = max(1, NUMBERS_AT_ONCE // o.n_rows)
        for start in range(0, len(draws), step):
            joined = join_blocks([blocks[k] for blocks in draws[start : start + step]])
            weights = self._weigh_rows(joined, self.model.regressions[k])
            for place, column in enumerate(weights.T, start):
                out[place] = np.bincount(o.unit, column**2, o.n_units)
        return out

    def _weigh_rows(self, joined: JoinedBlocks, regression: OneStepRegression) -> FloatArray:
        """Return the weights of rows' relative noise in the overall effect of each draw, shape (n_rows, n_draws)."""
        o = self.model.design.observations
        out = np.full((o.n_rows, joined.n_sets), np.nan)
        if not (self.q.weights[joined.rows] > 0).any():
            return out
        placed = place_dummies(self.q, self.nested, joined, o.effect_codes())
        dummies, n = placed.dummies, joined.cohorts.size
        rows, cells = dummies.rows, placed.cells
        inside = placed.inside & (joined.event_times[cells] >= 0)
        counts, means, observed = (
            sum_by_group((o.row_weights[rows] * values)[inside], cells[inside], n)
            for values in (np.ones(rows.size), self.means[rows], self.y[rows])
        )
        weight = means if regression.weigh == "outcome" else counts
        if regression.leaves_out_zeros:
            weight = np.where(observed > 0, weight, 0.0)
        total = sum_by_group(weight, joined.of_cell, joined.n_sets)[joined.of_cell]
        over = total * (counts if self.model.measure == "difference" else means)
        of_cell = np.divide(weight, over, out=np.zeros(n), where=over > 0)
        share = np.where(inside, self.q.weights[rows] * of_cell[cells], 0.0)
        right = sum_by_group(share, dummies.columns, dummies.home.size)
        solution, is_solved = placed.solve(right, is_pruned=regression.is_pruned)
        is_lost = np.ones(joined.n_sets, dtype=bool)
        is_lost[dummies.home[right != 0]] = False
        is_lost[dummies.home[(right != 0) & ~is_solved]] = True
        out[:, : dummies.n_sets] = dummies.weigh_rows(solution)
        out[:, is_lost] = np.nan
        return out

    def _solve(self, joined: JoinedBlocks, regression: OneStepRegression) -> tuple[FloatArray, FloatArray]:
        """Return the effect of each cell, and what it is averaged with."""
        o = self.model.design.observations
        if not (self.q.weights[joined.rows] > 0).any():
            return np.full(joined.cohorts.size, np.nan), np.ones(joined.cohorts.size)
        placed = place_dummies(self.q, self.nested, joined, o.effect_codes())
        dummies, cells, inside = placed.dummies, placed.cells, placed.inside
        rows, columns = dummies.rows, dummies.columns
        score = o.row_weights[rows] * (self.residuals - self.means * self.moved)[rows]
        solution, is_solved = placed.solve(
            sum_by_group(score, columns, dummies.home.size), is_pruned=regression.is_pruned
        )
        given = np.broadcast_to(self.moved, self.means.shape), self.means, self.y, o.row_weights, o.effect_codes()
        expected = compute_means(placed, solution, *given, self.model.n_rounds)
        n = joined.cohorts.size
        totals, observed, imputed = (
            sum_by_group((o.row_weights[rows] * values)[inside], cells[inside], n)
            for values in (np.ones(rows.size), self.y[rows], expected)
        )
        is_known = np.zeros(n, dtype=bool)
        is_known[cells[inside]] = is_solved[columns[inside]]
        if regression.leaves_out_zeros:
            totals, imputed = (np.where(observed > 0, values, 0.0) for values in (totals, imputed))
        effects = self._measure(observed, imputed, totals)
        effects[(totals > 0) & ~is_known] = np.nan
        return effects, imputed if regression.weigh == "outcome" else totals

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


def prepare_one_step(design: Design, regressions: Sequence[OneStepRegression], measure: Measure) -> OneStep:
    """Lay the effects out for all nulls."""
    o = design.observations
    order = lay_out_elimination(o.effect_codes(), o.covariates)
    return OneStep(design, tuple(regressions), measure, find_unit_rows(design), order)
