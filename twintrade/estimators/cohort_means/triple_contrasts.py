"""Cells of a triple difference as weighted changes of group means, with their influence."""

from collections.abc import Sequence

import numpy as np

from twintrade.effects import Influence, UnitInfluence
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.estimators.cohort_means.group_time import GroupTime
from twintrade.estimators.cohort_means.triple_groups import TripleGroups
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.comparisons import compute_cohort_moments


def estimate_triple_contrasts(
    groups: TripleGroups, plan: Sequence[GroupTime]
) -> tuple[list[GroupTime], FloatArray, Influence]:
    """Return the identified cells, their effects and their influence.

    Complete panels go through group moments; otherwise a unit enters the cells for which it is observed twice.
    """
    return _from_moments(groups, plan) if groups.wide.is_complete else _from_rows(groups, plan)


def compute_loading(cell: GroupTime, count: FloatArray) -> FloatArray | None:
    """Return the weight of each group's mean change; None where a side lacks affected or unaffected units.

    ``count`` (2, n_cohorts): units observed at both periods, unaffected and affected. Returns (2 * n_cohorts,).
    """
    if cell.is_reference:
        return np.zeros(count.size)
    both = np.asarray(count.min(axis=0) > 0)
    comparison = cell.comparison & both
    if cell.base < 0 or not both[cell.cohort] or not comparison.any():
        return None
    share = np.where(comparison, count.sum(axis=0), 0.0)
    share = -share / share.sum()
    share[cell.cohort] = 1.0
    return np.concatenate([-share, share])


def _from_moments(groups: TripleGroups, plan: Sequence[GroupTime]) -> tuple[list[GroupTime], FloatArray, Influence]:
    wide = groups.wide
    loadings = [(cell, loading) for cell in plan if (loading := compute_loading(cell, groups.counts)) is not None]
    present, code = np.unique(groups.code, return_inverse=True)
    code = code.astype(np.int64)
    m = compute_cohort_moments(wide.outcomes, code, present.astype(np.float64), wide.periods)
    coefficients = np.zeros((present.size, wide.periods.size, len(loadings)))
    for k, (cell, loading) in enumerate(loadings):
        coefficients[:, cell.at, k] += loading[present]
        coefficients[:, cell.base, k] -= loading[present]
    effects = np.einsum("gtk,gt->k", coefficients, m.means)
    constants = np.zeros((present.size, len(loadings)))
    scaled = coefficients / m.counts[:, None, None]
    influence = CohortInfluence(m, scaled, constants, wide.unit_ids, code, wide.outcomes)
    return [cell for cell, _ in loadings], effects, influence


def _from_rows(groups: TripleGroups, plan: Sequence[GroupTime]) -> tuple[list[GroupTime], FloatArray, Influence]:
    kept: list[GroupTime] = []
    effects: list[float] = []
    columns: list[FloatArray] = []
    for cell in plan:
        change = groups.wide.outcomes[:, cell.at] - groups.wide.outcomes[:, cell.base]
        seen = np.flatnonzero(~np.isnan(change))
        effect, column = _cell_from_rows(groups, cell, seen, change)
        if effect is not None:
            kept.append(cell)
            effects.append(effect)
            columns.append(column)
    return kept, np.array(effects), UnitInfluence(groups.wide.unit_ids, np.column_stack(columns))


def _cell_from_rows(
    groups: TripleGroups, cell: GroupTime, seen: IntArray, change: FloatArray
) -> tuple[float | None, FloatArray]:
    code, size = groups.code[seen], groups.counts.size
    count = np.bincount(code, minlength=size).astype(np.float64)
    loading = compute_loading(cell, count.reshape(groups.counts.shape))
    column = np.zeros(change.size)
    if loading is None:
        return None, column
    some = np.maximum(count, 1.0)
    mean = np.bincount(code, change[seen], minlength=size) / some
    column[seen] = (loading / some)[code] * (change[seen] - mean[code])
    return float(loading @ mean), column
