"""Effects of single cells from the units' own rows, given covariates or under weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.effects import BlockInfluence, Factor
from twintrade.errors import EstimationError
from twintrade.estimators.cohort_means.group_time import GroupTime, name_units
from twintrade.estimators.cohort_means.wide import Wide
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.comparisons import Convention, Method, NoOverlapError, estimate_sections_effect, prepare_sides
from twintrade.text import Text

ALONE = 4
"""Cells up to which a pair of sides writes single columns: a block of its own would be put together cell by cell."""


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalCells:
    """What the cells of a plan gave."""

    kept: tuple[GroupTime, ...]
    effects: FloatArray  # (n_kept,)
    influence: BlockInfluence
    lost: tuple[tuple[GroupTime, str], ...]  # cells that are not identified, and why


def estimate_conditional_cells(
    wide: Wide, plan: Sequence[GroupTime], method: Method, sections: Convention | None = None
) -> ConditionalCells:
    """Estimate cells, fitting propensity and regression once for all cells with the same units and covariates.

    ``sections``: convention where each row counts as a draw of its own; None where a unit's change is used.
    """
    effects = np.zeros(len(plan))
    by_period = np.ascontiguousarray(wide.outcomes.T)
    lost: dict[int, str] = {}
    blocks: list[tuple[IntArray, IntArray, FloatArray]] = []
    singles: list[int] = []
    columns = np.zeros((wide.unit_ids.size, _n_single(wide, plan, sections)), order="F")
    for cells in _alike(wide, plan, sections):
        try:
            if sections is None:
                units, cell_effects, influence = _changes(wide, by_period, [plan[k] for k in cells], method)
            else:
                units, cell_effects, influence = _rows(wide, plan[cells[0]], method, sections)
        except EstimationError as error:
            lost |= dict.fromkeys(cells, str(error))
            continue
        effects[cells] = cell_effects
        if len(cells) > ALONE:
            blocks.append((units, np.array(cells), influence))
            continue
        for k, column in zip(cells, influence.T, strict=True):
            columns[units, len(singles)] = column
            singles.append(k)
    every = np.arange(wide.unit_ids.size)
    blocks.append((every, np.array(singles, dtype=np.int64), columns[:, : len(singles)]))
    kept = [k for k in range(len(plan)) if k not in lost]
    place = np.full(len(plan), -1)
    place[kept] = np.arange(len(kept))
    return ConditionalCells(
        kept=tuple(plan[k] for k in kept),
        effects=effects[kept],
        influence=BlockInfluence(wide.unit_ids, [Factor(u, v, _selector(place[c], len(kept))) for u, c, v in blocks]),
        lost=tuple((plan[k], lost[k]) for k in sorted(lost)),
    )


def _selector(columns: IntArray, n: int) -> FloatArray:
    out = np.zeros((columns.size, n))
    out[np.arange(columns.size), columns] = 1.0
    return out


def _alike(wide: Wide, plan: Sequence[GroupTime], sections: Convention | None) -> list[list[int]]:
    """Group the cells to estimate by the units and covariates that they share, in the order of the plan."""
    is_shared = sections is None and wide.is_complete
    varies = wide.weights is not None or bool(wide.covariates.size and np.ptp(wide.covariates, axis=1).any())
    groups: dict[tuple[object, ...], list[int]] = {}
    for k, cell in enumerate(plan):
        if not cell.is_reference:
            shared = (cell.cohort, cell.comparison.tobytes(), cell.base if varies else -1)
            groups.setdefault(shared if is_shared else (k,), []).append(k)
    return list(groups.values())


def _n_single(wide: Wide, plan: Sequence[GroupTime], sections: Convention | None) -> int:
    return sum(len(cells) for cells in _alike(wide, plan, sections) if len(cells) <= ALONE)


def _changes(
    wide: Wide, by_period: FloatArray, cells: Sequence[GroupTime], method: Method
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return the units of both sides that are observed in both periods, effects, and influence by unit."""
    w, first = wide, cells[0]
    seen = ~np.isnan(by_period[first.at] - by_period[first.base])
    units = np.flatnonzero(((w.cohort == first.cohort) | first.comparison[w.cohort]) & seen)
    d = (w.cohort[units] == first.cohort).astype(np.float64)
    refuse_empty(d)
    x = np.column_stack([np.ones(units.size), w.covariates[units, first.base]])
    weights = w.weights_at(units, first.base)
    try:
        sides = prepare_sides(d, x, weights, method)
    except NoOverlapError as error:
        raise EstimationError(
            Text("estimators.error-for", error=error.text, units=name_units(w.unit_ids[units[error.rows]]))
        ) from None
    changes = np.empty((len(cells), units.size))
    before = {base: by_period[base].take(units) for base in {c.base for c in cells}}
    for change, cell in zip(changes, cells, strict=True):
        np.subtract(by_period[cell.at].take(units), before[cell.base], out=change)
    effects = sides.effects(changes)
    return units, effects.effects, effects.influence.T


def _rows(
    wide: Wide, cell: GroupTime, method: Method, convention: Convention
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return all units, the effect with each row as a draw of its own, and influence by unit."""
    w = wide
    member = (w.cohort == cell.cohort) | cell.comparison[w.cohort]
    unit, period = np.nonzero(~np.isnan(w.outcomes[:, [cell.base, cell.at]]) & member[:, None])
    at: IntArray = np.array([cell.base, cell.at])[period]
    d = (w.cohort[unit] == cell.cohort).astype(np.float64)
    refuse_empty(d)
    x = np.column_stack([np.ones(unit.size), w.covariates[unit, at]])
    weights = w.weights_at(unit, at)
    after = period.astype(np.float64)
    result = estimate_sections_effect(w.outcomes[unit, at], after, d, x, weights, method, convention)
    influence: FloatArray = np.bincount(unit, result.influence, w.unit_ids.size).astype(np.float64)
    return np.arange(w.unit_ids.size), np.array([result.effect]), influence[:, None]


def refuse_empty(treated: FloatArray) -> None:
    """Refuse a comparison without units on one side."""
    if not treated.any() or treated.all():
        raise EstimationError(describe_empty_side(bool(treated.any())))


def describe_empty_side(has_treated: bool) -> Text:
    """Say which side has no unit."""
    return Text("estimators.empty-side", side="comparison" if has_treated else "treated")
