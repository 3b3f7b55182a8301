"""Dummies of many draws under one model, and means that follow from them by exact updates of one effect at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from twintrade.estimators.repeating.treatment_blocks import Block, JoinedBlocks, join_blocks
from twintrade.numerics.absorption import Annihilator, DummySets, Nested
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group

LARGEST_STEP = 30.0
FAR, FARTHEST, ROUNDS_BEYOND = 4.0, 6.0, 3
"""Log points up to which one step is taken as it is, those from which on it is not, and rounds of exact updates then.

Where a level has a single row left, whose outcome is 1 + s times its mean, the step is s: a step of five stands for
six times as much there, not 148 times. Between the two, logs of means are mixed, so that no effect jumps.
"""


@dataclass(frozen=True, slots=True, eq=False)
class PlacedDummies:
    """Dummies of several draws.

    Attributes
    ----------
    dummies : DummySets
    cells : IntArray, shape (n_entries,)
    inside : BoolArray, shape (n_entries,)
        Entries that an effect is measured in.
    """

    dummies: DummySets
    cells: IntArray
    inside: BoolArray

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


def compute_means(
    placed: PlacedDummies,
    solution: FloatArray,
    moved: FloatArray,
    means: FloatArray,
    y: FloatArray,
    row_weights: FloatArray,
    codes: Sequence[IntArray],
    n_rounds: int,
) -> FloatArray:
    """Return what rows with a dummy would have had without it, shape (n_entries,), from one step and rounds after it.

    Parameters
    ----------
    placed : PlacedDummies
    solution : FloatArray, shape (n_columns,)
        Of one step.
    moved, means, y, row_weights : FloatArray, shape (n_rows,)
        By how much the linear predictor moves before any treatment, and means before that.
    codes : sequence of IntArray, each of shape (n_rows,)
    n_rounds : int
        Zero takes one step as it is, unless it is too far for a line.
    """
    dummies = placed.dummies
    rows, sets, farthest = dummies.rows, dummies.sets, np.zeros(dummies.n_sets)
    step = moved[rows] - dummies.fit(solution)
    out = means[rows] * np.exp(np.clip(step, -LARGEST_STEP, LARGEST_STEP))
    np.maximum.at(farthest, sets[placed.inside], np.abs(step[placed.inside]))
    exact = np.clip((farthest - FAR) / (FARTHEST - FAR), float(n_rounds > 0), 1.0)
    is_far = exact[dummies.home] > 0
    if is_far.any():
        far, entries = dummies.restricted(is_far), is_far[dummies.columns]
        given = means * np.exp(moved), y, row_weights, codes, n_rounds or ROUNDS_BEYOND
        fitted, share = fit_levels(far, solution[is_far], *given)[far.rows, far.sets], exact[sets[entries]]
        out[entries] = out[entries] ** (1 - share) * fitted**share
    return np.asarray(out)


def fit_levels(
    dummies: DummySets,
    solution: FloatArray,
    means: FloatArray,
    y: FloatArray,
    row_weights: FloatArray,
    codes: Sequence[IntArray],
    n_rounds: int,
) -> FloatArray:
    """Return means without dummies once each level has had the sum that was observed, given all other levels.

    A row with a dummy of its own has its sum already and is left out.

    Parameters
    ----------
    dummies : DummySets
    solution : FloatArray, shape (n_columns,)
        Of one step.
    means, y, row_weights : FloatArray, shape (n_rows,)
        Means before the step, zero where there are none.
    codes : sequence of IntArray, each of shape (n_rows,)
    n_rounds : int

    Returns
    -------
    FloatArray, shape (n_rows, n_sets)
    """
    entries, is_fitted = (dummies.rows, dummies.sets), means[:, None] > 0
    effect = np.zeros((means.size, dummies.n_sets))
    effect[entries] = solution[dummies.columns]
    net = np.divide(dummies.weigh_rows(solution), dummies.q.weights[:, None], out=effect.copy(), where=is_fitted)
    out = means[:, None] * np.exp(np.clip(net - effect, -LARGEST_STEP, LARGEST_STEP))
    factor = np.exp(np.clip(effect, -LARGEST_STEP, LARGEST_STEP))
    weights = np.where(is_fitted, row_weights[:, None], np.zeros(effect.shape))
    weights[dummies.rows[dummies.is_single], dummies.sets[dummies.is_single]] = 0.0
    seen = weights * y[:, None]
    of_dummy = sum_by_group(seen[entries], dummies.columns, solution.size)
    levels = [sp.csc_array((np.ones(code.size), code, np.arange(code.size + 1))) for code in codes]
    of_level = [np.asarray(level @ seen) for level in levels]
    for _ in range(n_rounds):
        for code, level, observed in zip(codes, levels, of_level, strict=True):
            out *= _divide_sums(observed, np.asarray(level @ (weights * out * factor)))[code]
        fitted = sum_by_group((weights * out)[entries], dummies.columns, solution.size)
        factor[entries] = _divide_sums(of_dummy, fitted)[dummies.columns]
    return out


def _divide_sums(observed: FloatArray, fitted: FloatArray) -> FloatArray:
    """Return by how much sums are to move, one where nothing was observed."""
    return np.divide(observed, fitted, out=np.ones(fitted.shape), where=(fitted > 0) & (observed > 0))
