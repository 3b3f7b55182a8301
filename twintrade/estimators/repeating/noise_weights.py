"""What each row's noise weighs in the headline of many treatments under one null."""

from collections.abc import Sequence

import numpy as np

from twintrade.estimators.imputing.log_ratios import compute_log_ratios
from twintrade.estimators.repeating.one_step import NUMBERS_AT_ONCE, Null, OneStepRegression
from twintrade.estimators.repeating.placed_dummies import PlacedDummies, place_dummies
from twintrade.estimators.repeating.treatment_blocks import Block, JoinedBlocks, join_blocks
from twintrade.numerics.arrays import BoolArray, FloatArray, sum_by_group


def sum_squared_weights(null: Null, draws: Sequence[tuple[Block, ...]]) -> FloatArray:
    """Return the sums, by unit, of squared weights that rows' relative noise has in the overall effect.

    Returns (n_draws, n_units): up to a common factor; NaN where the equations cannot be solved.
    """
    o = null.model.design.observations
    k = next(k for k, one in enumerate(null.model.regressions) if "overall" in one.views)
    out = np.full((len(draws), o.n_units), np.nan)
    step = max(1, NUMBERS_AT_ONCE // o.n_rows)
    for start in range(0, len(draws), step):
        joined = join_blocks([blocks[k] for blocks in draws[start : start + step]])
        weights = _weigh_rows(null, joined, null.model.regressions[k])
        for place, column in enumerate(weights.T, start):
            out[place] = np.bincount(o.unit, column**2, o.n_units)
    return out


def _weigh_rows(null: Null, joined: JoinedBlocks, regression: OneStepRegression) -> FloatArray:
    """Return the weights of rows' relative noise in the overall effect of each draw, shape (n_rows, n_draws)."""
    o = null.model.design.observations
    out = np.full((o.n_rows, joined.n_sets), np.nan)
    if not (null.q.weights[joined.rows] > 0).any():
        return out
    placed = place_dummies(null.q, null.nested, joined, o.effect_codes())
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
