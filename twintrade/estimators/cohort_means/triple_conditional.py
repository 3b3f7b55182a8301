"""Cells of a triple difference given covariates or under weights: three comparisons with the affected treated units.

Ortiz-Villavicencio and Sant'Anna (2025): the effect is the sum of two differences in differences of the affected
treated units, against their own unaffected ones and against affected comparison units, less a third, against
unaffected comparison units. Each is made for the covariates of the affected treated units.
"""

from collections.abc import Sequence

import numpy as np

from twintrade.effects import Dropped, UnitInfluence
from twintrade.errors import EstimationError
from twintrade.estimators.cohort_means.group_time import GroupTime, name_units
from twintrade.estimators.cohort_means.triple_groups import TripleGroups
from twintrade.numerics.arrays import BoolArray, FloatArray
from twintrade.numerics.comparisons import Method, NoOverlapError, estimate_change_effect
from twintrade.text import Text


def estimate_conditional_contrasts(
    groups: TripleGroups, plan: Sequence[GroupTime], method: Method
) -> tuple[list[GroupTime], FloatArray, UnitInfluence, tuple[Dropped, ...]]:
    """Return the identified cells, their effects and influence, and why others are not identified.

    Comparison cohorts are used one at a time and averaged by (weighted) size, which counts as fixed.
    """
    wide = groups.wide
    kept: list[GroupTime] = []
    effects: list[float] = []
    dropped: list[Dropped] = []
    values = np.zeros((wide.unit_ids.size, len(plan)), order="F")
    for cell in plan:
        if cell.base < 0 and not cell.is_reference:
            continue
        column = values[:, len(kept)]
        try:
            effect = 0.0 if cell.is_reference else _cell(groups, cell, method, column)
        except EstimationError as error:
            column[:] = 0.0
            label = cell.label(wide.onset, wide.periods)
            dropped.append(Dropped("not-identified", error.text, 0, 0, (label,)))
            continue
        if effect is not None:
            kept.append(cell)
            effects.append(effect)
    influence = UnitInfluence(wide.unit_ids, values[:, : len(kept)])
    return kept, np.array(effects), influence, tuple(dropped)


def _cell(groups: TripleGroups, cell: GroupTime, method: Method, column: FloatArray) -> float | None:
    wide = groups.wide
    change = wide.outcomes[:, cell.at] - wide.outcomes[:, cell.base]
    seen = ~np.isnan(change)
    weights = wide.weights_at(np.arange(change.size), cell.base)
    size = np.bincount(groups.code[seen], weights[seen], 2 * groups.n_cohorts).reshape(2, -1)
    both: BoolArray = np.asarray(size.min(axis=0) > 0)
    others = np.flatnonzero(cell.comparison & both)
    if not both[cell.cohort] or not others.size:
        return None
    share = size.sum(axis=0)[others] / size.sum(axis=0)[others].sum()
    affected = groups.n_cohorts
    terms = [(1.0, cell.cohort)]
    for s, c in zip(share, others, strict=True):
        terms += [(s, int(c) + affected), (-s, int(c))]
    x = np.column_stack([np.ones(change.size), wide.covariates[:, cell.base]])
    is_treated = groups.code == cell.cohort + affected
    effect = 0.0
    for factor, other in terms:
        units = np.flatnonzero(seen & (is_treated | (groups.code == other)))
        try:
            part = estimate_change_effect(
                change[units], is_treated[units].astype(float), x[units], weights[units], method
            )
        except NoOverlapError as error:
            raise EstimationError(
                Text("estimators.error-for", error=error.text, units=name_units(wide.unit_ids[units[error.rows]]))
            ) from None
        effect += factor * part.effect
        column[units] += factor * part.influence
    return effect
