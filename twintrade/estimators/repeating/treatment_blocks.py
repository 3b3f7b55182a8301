"""A treatment's dummies, ready for many draws at once: which rows have them, and which effects they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twintrade.design import Observations
from twintrade.effects.regression import POOLED
from twintrade.estimators.imputing.cells import find_lead_times
from twintrade.estimators.regression.event_terms import Model, build_terms, find_affected_rows
from twintrade.numerics.absorption import Annihilator, DummySets, Nested
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group
from twintrade.numerics.poisson import ExactUpdates, RowDummies, Start, fit_with_dummies

TAKEN_OUT = -2  # cell of a column that takes one row out


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One regression on a treatment's dummies: what one draw makes of it, or many draws one after the other."""

    rows: IntArray  # rows, columns: (n_entries,): rows with a dummy, and which
    columns: IntArray
    cells: IntArray  # (n_columns,): the effect that a column belongs to, negative for one of no effect
    cohorts: IntArray  # cohorts, event_times: (n_cells,)
    event_times: IntArray
    # Where an entry stands for rows of several units: how many, (n_entries,), and their outcomes in total, net of
    # effects, (n_entries, n_outcomes)
    counts: FloatArray | None = None
    sums: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class JoinedBlocks(Block):
    """Blocks of several draws: columns and cells numbered through."""

    sets: IntArray  # (n_entries,)
    home: IntArray  # (n_columns,)
    of_cell: IntArray  # (n_cells,): the draw of each
    n_sets: int


def join_blocks(blocks: Sequence[Block]) -> JoinedBlocks:
    """Put the blocks of several draws one after the other."""
    n_columns, n_cells = (
        np.array([getattr(block, name).size for block in blocks], dtype=np.int64) for name in ("cells", "cohorts")
    )
    first_column, first_cell = np.cumsum(n_columns) - n_columns, np.cumsum(n_cells) - n_cells
    sizes = np.array([block.rows.size for block in blocks], dtype=np.int64)
    numbers = np.arange(len(blocks))
    cells = np.concatenate([block.cells for block in blocks])
    return JoinedBlocks(
        rows=np.concatenate([block.rows for block in blocks]),
        columns=np.concatenate([block.columns for block in blocks]) + np.repeat(first_column, sizes),
        cells=np.where(cells >= 0, cells + np.repeat(first_cell, n_columns), cells),
        cohorts=np.concatenate([block.cohorts for block in blocks]),
        event_times=np.concatenate([block.event_times for block in blocks]),
        sets=np.repeat(numbers, sizes),
        home=np.repeat(numbers, n_columns),
        of_cell=np.repeat(numbers, n_cells),
        n_sets=len(blocks),
    )


def place_block(block: Block, places: IntArray, lost: IntArray) -> Block:
    """Return the block with rows at other places, and with rows that the treatment does not observe taken out."""
    rows, n = places[block.rows], block.cells.size
    if not lost.size:
        return replace(block, rows=rows)
    return replace(
        block,
        rows=np.concatenate([rows, lost]),
        columns=np.concatenate([block.columns, n + np.arange(lost.size)]),
        cells=np.concatenate([block.cells, np.full(lost.size, TAKEN_OUT)]),
    )


def build_affected(o: Observations) -> Block:
    """Return a block of the rows that a treatment affects, with a dummy for each cohort and period."""
    return _build_cells(o, is_saturated=False)


def build_affected_rows(o: Observations) -> Block:
    """Return the same with a dummy for each row."""
    return _build_cells(o, is_saturated=True)


def _build_cells(o: Observations, *, is_saturated: bool) -> Block:
    rows = np.flatnonzero(o.is_affected)
    cohort, event_time = o.onset[rows].astype(np.int64), o.event_time[rows]
    low = int(event_time.min(initial=0))
    span = int(event_time.max(initial=0)) - low + 1
    keys, code = np.unique(cohort * span + event_time - low, return_inverse=True)
    columns, cells = (np.arange(rows.size), code) if is_saturated else (code, np.arange(keys.size))
    return Block(rows, columns.astype(np.int64), cells.astype(np.int64), keys // span, keys % span + low)


def build_leads(o: Observations) -> Block:
    """Return a block of leads: affected rows are taken out, and event times before have a dummy each."""
    affected, before = np.flatnonzero(o.is_affected), np.flatnonzero(~o.is_affected)
    times = find_lead_times(o, before)[0]
    early = before[np.isin(o.event_time[before], times) & find_affected_rows(o)[before]]
    order = np.argsort(times)
    code = order[np.searchsorted(times[order], o.event_time[early])] if times.size else np.empty(0, dtype=np.int64)
    return Block(
        rows=np.concatenate([affected, early]),
        columns=np.concatenate([times.size + np.arange(affected.size), code]).astype(np.int64),
        cells=np.concatenate([np.arange(times.size), np.full(affected.size, TAKEN_OUT)]).astype(np.int64),
        cohorts=np.full(times.size, POOLED, dtype=np.int64),
        event_times=times.astype(np.int64),
    )


def build_dummies(o: Observations, model: Model) -> Block:
    """Return the block of a regression on the dummies of a model."""
    terms = build_terms(o, model)
    n = terms.columns.shape[1] - o.covariates.shape[1]
    codes = replace(terms, columns=terms.columns[:, :n]).find_dummies()
    rows = np.flatnonzero(codes >= 0)
    times = np.zeros(1, dtype=np.int64) if terms.event_times is None else terms.event_times
    cells = np.where(np.arange(n) < times.size, np.arange(n), -1)
    return Block(rows, codes[rows].astype(np.int64), cells, np.zeros(times.size, dtype=np.int64), times)


# Dummies of many draws under one model, and means that follow from them by exact updates of one effect at a time.

LARGEST_STEP = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class PlacedDummies:
    """Dummies of several draws."""

    dummies: DummySets
    cells: IntArray  # (n_entries,)
    inside: BoolArray  # (n_entries,): entries that an effect is measured in

    def solve(self, right: FloatArray, *, is_pruned: bool) -> tuple[FloatArray, BoolArray]:
        """Solve C'QC x = right for the dummies C of each draw."""
        return self.dummies.solve_pruned(right) if is_pruned else self.dummies.solve(right)


def place_dummies(
    q: Annihilator,
    nested: Nested,
    joined: JoinedBlocks,
    codes: Sequence[IntArray],
    observed: FloatArray | None = None,
) -> PlacedDummies:
    """Return the dummies of several draws, without rows that the fit has no mean of.

    ``observed`` (n_rows,): weighted outcomes: where other rows of a level have none, what a row would have had is not
    determined.
    """
    used = q.weights[joined.rows] > 0
    present, columns = np.unique(joined.columns[used], return_inverse=True)
    dummies = DummySets(q, joined.rows[used], joined.sets[used], columns, joined.home[present], nested)
    cells = joined.cells[joined.columns[used]]
    inside = (cells >= 0) & ~_find_absorbed(dummies, codes, q.weights)
    if observed is not None:
        inside &= ~(_find_absorbed(dummies, codes, observed) | _find_emptied(dummies, codes, observed))
    return PlacedDummies(dummies, cells, inside)


def take_out_undetermined(q: Annihilator, nested: Nested, block: Block, codes: Sequence[IntArray]) -> Block:
    """Return a draw's block where no effect is measured in rows whose mean the other rows do not determine."""
    used = np.unique(block.columns[q.weights[block.rows] > 0])
    if not used.size:
        return block
    cells, placed = block.cells.copy(), place_dummies(q, nested, join_blocks([block]), codes)
    cells[used[placed.dummies.find_undetermined()]] = -1
    return replace(block, cells=cells)


def _find_emptied(dummies: DummySets, codes: Sequence[IntArray], w: FloatArray) -> BoolArray:
    """Return entries of levels of which rows with a dummy of their own, which leave, have the whole weight."""
    out, alone = np.zeros(dummies.rows.size, dtype=bool), np.where(dummies.is_single, w[dummies.rows], 0.0)
    for code in codes:
        total, level = np.bincount(code, w), code[dummies.rows]
        pair = level * np.int64(dummies.n_sets) + dummies.sets
        gone = sum_by_group(alone, pair, total.size * dummies.n_sets)[pair]
        out |= gone >= (1 - 1e-9) * total[level]
    return out


def _find_absorbed(dummies: DummySets, codes: Sequence[IntArray], w: FloatArray) -> BoolArray:
    """Return entries of levels in which every row with a weight has a dummy: of its own, or the same dummy."""
    out = np.zeros(dummies.rows.size, dtype=bool)
    owner = np.where(dummies.is_single, dummies.sets, dummies.n_sets + dummies.columns)
    n = dummies.n_sets + dummies.home.size
    for code in codes:
        total, level = np.bincount(code, w), code[dummies.rows]
        pair = level * np.int64(dummies.n_sets) + dummies.sets
        by_set = sum_by_group(w[dummies.rows], pair, total.size * dummies.n_sets)
        inside = np.flatnonzero(by_set[pair] >= (1 - 1e-8) * total[level])  # few: only these are sorted
        keys, at = np.unique(level[inside] * np.int64(n) + owner[inside], return_inverse=True)
        left = total[keys // n] - sum_by_group(w[dummies.rows[inside]], at, keys.size)
        is_full = np.zeros(level.size, dtype=bool)
        is_full[inside] = (left <= 1e-9 * total[keys // n])[at]
        out |= (np.bincount(dummies.columns, ~is_full, dummies.home.size) == 0)[dummies.columns]
    return out


def compute_means(
    placed: PlacedDummies, solution: FloatArray | None, updates: ExactUpdates, n_rounds: int
) -> FloatArray:
    """Return what rows with a dummy would have had without it, by exact updates after one step, if there is one.

    ``solution`` (n_columns,): of one step; ``updates``: with means before the step; ``n_rounds``: at most. Returns
    (n_entries,).
    """
    dummies, q, levels, means = placed.dummies, placed.dummies.q, None, None
    observed, fitted = (
        sum_by_group((updates.weights * of)[dummies.rows], dummies.columns, dummies.home.size)
        for of in (updates.y, updates.means)
    )
    has_outcome = (observed > 0) & (fitted > 0)
    if solution is None:
        solution = np.log(np.divide(observed, fitted, out=np.ones(fitted.size), where=has_outcome))
    else:
        assert isinstance(q, Annihilator)
        levels = -dummies.explain(solution)[updates.coefficients].T
        farthest = np.maximum.reduceat(np.abs(levels), updates.starts[:-1], axis=1).sum(axis=1)
        by_rows = (farthest > LARGEST_STEP) | bool(q.elimination.layout.covariates.shape[1])
        if updates.product is not None:
            levels, solution = np.where(by_rows[:, None], 0.0, levels), np.where(by_rows[dummies.home], 0.0, solution)
        elif by_rows.any():
            # Covariates move too, or levels of a set so far that their sums alone are exact.
            effect = np.zeros((q.weights.size, dummies.n_sets))
            effect[dummies.rows, dummies.sets] = solution[dummies.columns]
            used = q.weights[:, None] > 0
            net = np.divide(dummies.weigh_rows(solution), q.weights[:, None], out=effect.copy(), where=used)
            moved = np.clip(net - effect, -LARGEST_STEP, LARGEST_STEP)
            means = updates.means[:, None] * np.exp(np.where(by_rows, moved, 0.0))
            levels = np.where(by_rows[:, None], 0.0, levels)
    # Rows of a dummy without any outcome leave, as a regression separates them.
    begun = np.where(has_outcome, np.clip(solution, -LARGEST_STEP, LARGEST_STEP), -LARGEST_STEP)
    left_out = RowDummies(dummies.rows, dummies.sets, dummies.columns, dummies.home)
    return fit_with_dummies(updates, left_out, n_rounds, Start(levels, begun, means))[0]
