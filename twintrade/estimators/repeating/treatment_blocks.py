"""A treatment's dummies, ready for many draws at once: which rows have them, and which effects they belong to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twintrade.design import Observations
from twintrade.effects.labels import POOLED
from twintrade.estimators.imputing.leads import find_lead_times
from twintrade.estimators.regression.event_terms import Model, build_terms, find_affected_rows
from twintrade.numerics.arrays import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One regression on a treatment's dummies: what one draw makes of it, or many draws one after the other."""

    # rows, columns: (n_entries,): rows with a dummy, and which
    rows: IntArray
    columns: IntArray
    cells: IntArray  # (n_columns,): the effect that a column belongs to, -1 for one that only takes its rows out
    # cohorts, event_times: (n_cells,)
    cohorts: IntArray
    event_times: IntArray


@dataclass(frozen=True, slots=True, eq=False)
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
        cells=np.where(cells >= 0, cells + np.repeat(first_cell, n_columns), -1),
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
        cells=np.concatenate([block.cells, np.full(lost.size, -1, dtype=np.int64)]),
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
        cells=np.concatenate([np.arange(times.size), np.full(affected.size, -1)]).astype(np.int64),
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
