"""Dummies of many draws under one model, and means that follow from them by exact updates of one effect at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twintrade.estimators.repeating.treatment_blocks import Block, JoinedBlocks, join_blocks
from twintrade.numerics.absorption import Annihilator, DummySets, Nested
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group
from twintrade.numerics.poisson import ExactUpdates, RowDummies, Start, fit_with_dummies

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


def place_dummies(q: Annihilator, nested: Nested, joined: JoinedBlocks, codes: Sequence[IntArray]) -> PlacedDummies:
    """Return the dummies of several draws, without rows that the fit has no mean of."""
    used = q.weights[joined.rows] > 0
    present, columns = np.unique(joined.columns[used], return_inverse=True)
    dummies = DummySets(q, joined.rows[used], joined.sets[used], columns, joined.home[present], nested)
    cells = joined.cells[joined.columns[used]]
    return PlacedDummies(dummies, cells, (cells >= 0) & ~_find_absorbed(dummies, codes))


def take_out_undetermined(q: Annihilator, nested: Nested, block: Block, codes: Sequence[IntArray]) -> Block:
    """Return a draw's block where no effect is measured in rows whose mean the other rows do not determine."""
    used = np.unique(block.columns[q.weights[block.rows] > 0])
    if not used.size:
        return block
    cells, placed = block.cells.copy(), place_dummies(q, nested, join_blocks([block]), codes)
    cells[used[placed.dummies.find_undetermined()]] = -1
    return replace(block, cells=cells)


def _find_absorbed(dummies: DummySets, codes: Sequence[IntArray]) -> BoolArray:
    """Return entries of levels in which every row has a dummy: of its own, or the same dummy."""
    w, out = dummies.q.weights, np.zeros(dummies.rows.size, dtype=bool)
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
        of_column = np.bincount(dummies.columns, ~is_full, dummies.home.size) == 0
        out |= of_column[dummies.columns]
    return out


def compute_means(placed: PlacedDummies, solution: FloatArray, updates: ExactUpdates, n_rounds: int) -> FloatArray:
    """Return what rows with a dummy would have had without it, from one step and exact updates after it.

    ``solution`` (n_columns,): of one step; ``updates``: with means before the step; ``n_rounds``: at most. Returns
    (n_entries,).
    """
    dummies, q = placed.dummies, placed.dummies.q
    levels, means = -dummies.explain(solution)[updates.coefficients].T, None
    farthest = np.maximum.reduceat(np.abs(levels), updates.starts[:-1], axis=1).sum(axis=1)
    by_rows = (farthest > LARGEST_STEP) | bool(q.elimination.layout.covariates.shape[1])
    if by_rows.any():
        # Covariates move too, or levels of a set so far that their sums alone are exact.
        effect = np.zeros((q.weights.size, dummies.n_sets))
        effect[dummies.rows, dummies.sets] = solution[dummies.columns]
        used = q.weights[:, None] > 0
        net = np.divide(dummies.weigh_rows(solution), q.weights[:, None], out=effect.copy(), where=used)
        moved = np.clip(net - effect, -LARGEST_STEP, LARGEST_STEP)
        means = updates.means[:, None] * np.exp(np.where(by_rows, moved, 0.0))
        levels = np.where(by_rows[:, None], 0.0, levels)
    left_out = RowDummies(dummies.rows, dummies.sets, dummies.columns, dummies.home)
    start = Start(levels, np.clip(solution, -LARGEST_STEP, LARGEST_STEP), means)
    return fit_with_dummies(updates, left_out, n_rounds, start)[0]
