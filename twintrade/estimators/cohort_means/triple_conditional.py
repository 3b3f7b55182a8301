"""Cells of a triple difference given covariates or under weights: three comparisons with the affected treated units.

Ortiz-Villavicencio and Sant'Anna (2025): the effect is the sum of two differences in differences of the affected
treated units, against their own unaffected ones and against affected comparison units, less a third, against
unaffected comparison units. Each is made for the covariates of the affected treated units.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.design import Observations
from twintrade.effects import BlockInfluence, Dropped, Factor, Influence, UnitInfluence
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.cohort_means.group_time import GroupTime, name_units
from twintrade.estimators.cohort_means.wide import Wide
from twintrade.numerics import comparisons
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.comparisons import Convention, Method, NoOverlapError
from twintrade.text import Listed, Text, Words

# Effects of single cells from the units' own rows, given covariates or under weights.

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
    """Estimate cells, one propensity and regression for all with the same units; ``sections``: rows are draws."""
    effects = np.zeros(len(plan))
    by_period = np.ascontiguousarray(wide.outcomes.T)
    lost: dict[int, str] = {}
    blocks: list[tuple[IntArray, IntArray, FloatArray]] = []
    singles: list[int] = []
    alike = _alike(wide, plan, sections)
    n_single = sum(len(cells) for cells in alike if len(cells) <= ALONE)
    columns = np.zeros((wide.unit_ids.size, n_single), order="F")
    for cells in alike:
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
    blocks.append((np.arange(wide.unit_ids.size), np.array(singles, dtype=np.int64), columns[:, : len(singles)]))
    kept = [k for k in range(len(plan)) if k not in lost]
    place, each = np.full(len(plan), -1), np.eye(len(kept))
    place[kept] = np.arange(len(kept))
    return ConditionalCells(
        kept=tuple(plan[k] for k in kept),
        effects=effects[kept],
        influence=BlockInfluence(wide.unit_ids, [Factor(u, v, each[place[c]]) for u, c, v in blocks]),
        lost=tuple((plan[k], lost[k]) for k in sorted(lost)),
    )


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
        sides = comparisons.prepare_sides(d, x, weights, method)
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
    result = comparisons.estimate_sections_effect(w.outcomes[unit, at], after, d, x, weights, method, convention)
    influence: FloatArray = np.bincount(unit, result.influence, w.unit_ids.size).astype(np.float64)
    return np.arange(w.unit_ids.size), np.array([result.effect]), influence[:, None]


def refuse_empty(treated: FloatArray) -> None:
    """Refuse a comparison without units on one side."""
    if not treated.any() or treated.all():
        raise EstimationError(describe_empty_side(bool(treated.any())))


def describe_empty_side(has_treated: bool) -> Text:
    """Say which side has no unit."""
    return Text("estimators.empty-side", side="comparison" if has_treated else "treated")


# Cohorts split into the units that an agreement can affect and those that it cannot.


@dataclass(frozen=True, slots=True, eq=False)
class TripleGroups:
    """Groups of units: first the unaffected part of each cohort, then the affected part."""

    wide: Wide
    code: IntArray  # (n_units,): cohort, plus `n_cohorts` for affected units
    counts: FloatArray  # (2, n_cohorts): units, unaffected and affected

    @property
    def sizes(self) -> FloatArray:
        """Units, or their sampling weights, shape (2, n_cohorts)."""
        weights = self.wide.unit_weights
        if weights is None:
            return self.counts
        return np.bincount(self.code, weights, self.counts.size).reshape(self.counts.shape).astype(np.float64)

    def lacking(self) -> Words:
        """Say which cohorts lack affected or unaffected units, or that nobody is left to compare with."""
        lacking = []
        for k, onset in enumerate(self.wide.onset):
            if self.counts[:, k].min() == 0:
                kind = "unaffected" if self.counts[0, k] == 0 else "affected"
                units = name_units(self.wide.unit_ids[self.wide.cohort == k])
                cohort = "never" if np.isinf(onset) else f"{onset:.0f}"
                lacking.append(Text("estimators.cohort-lacks", cohort=cohort, units=units, kind=kind))
        return Listed(tuple(lacking), "semicolon") if lacking else Text("estimators.no-comparison-cohort")

    @property
    def n_cohorts(self) -> int:
        """Number of cohorts."""
        return int(self.wide.onset.size)


def build_groups(wide: Wide, o: Observations, column: str) -> TripleGroups:
    """Read the column that says which units an agreement can affect."""
    values = o.panel.values(column)[o.rows]
    bad = np.flatnonzero((values != 0) & (values != 1))
    if bad.size:
        raise DesignError(f"column {column!r} must be 0 or 1; {o.labels(bad[:1])[0]} has {values[bad[0]]:g}")
    starts = np.searchsorted(o.unit, np.arange(o.n_units))
    changed = np.flatnonzero(values != values[starts][o.unit])
    if changed.size:
        raise DesignError(
            f"column {column!r} changes within {o.unit_ids[o.unit[changed[0]]]}; a unit is one or the other"
        )
    affected = values[starts].astype(np.int64)
    if affected.min() == affected.max():
        raise DesignError(f"column {column!r} is {affected[0]} for every unit; the third difference needs both")
    code = wide.cohort + wide.onset.size * affected
    counts = np.bincount(code[~wide.is_single], minlength=2 * wide.onset.size).reshape(2, -1).astype(np.float64)
    return TripleGroups(wide, code, counts)


# Cells of a triple difference as weighted changes of group means, with their influence.


def compute_loading(cell: GroupTime, count: FloatArray) -> FloatArray | None:
    """Return weights of groups' mean changes (2 * n_cohorts,), None if a side lacks affected or unaffected units."""
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


def estimate_triple_contrasts(
    groups: TripleGroups, plan: Sequence[GroupTime]
) -> tuple[list[GroupTime], FloatArray, Influence]:
    """Return the identified cells, their effects and influence, by group moments in complete panels."""
    wide = groups.wide
    if not wide.is_complete:
        return _from_rows(groups, plan)
    loadings = [(cell, loading) for cell in plan if (loading := compute_loading(cell, groups.counts)) is not None]
    present, code = np.unique(groups.code, return_inverse=True)
    code = code.astype(np.int64)
    m = comparisons.compute_cohort_moments(wide.outcomes, code, present.astype(np.float64), wide.periods)
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
        code = groups.code[seen]
        count = np.bincount(code, minlength=groups.counts.size).astype(np.float64)
        loading = compute_loading(cell, count.reshape(groups.counts.shape))
        if loading is None:
            continue
        some = np.maximum(count, 1.0)
        mean = np.bincount(code, change[seen], minlength=count.size) / some
        column = np.zeros(change.size)
        column[seen] = (loading / some)[code] * (change[seen] - mean[code])
        kept.append(cell)
        effects.append(float(loading @ mean))
        columns.append(column)
    return kept, np.array(effects), UnitInfluence(groups.wide.unit_ids, np.column_stack(columns))


def estimate_conditional_contrasts(
    groups: TripleGroups, plan: Sequence[GroupTime], method: Method
) -> tuple[list[GroupTime], FloatArray, UnitInfluence, tuple[Dropped, ...]]:
    """Return cells, effects, influence and what is lost, over comparison cohorts averaged by size, taken as fixed."""
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
            dropped.append(Dropped("not-identified", error.text, 0, 0, (cell.label(wide.onset, wide.periods),)))
            continue
        if effect is not None:
            kept.append(cell)
            effects.append(effect)
    return kept, np.array(effects), UnitInfluence(wide.unit_ids, values[:, : len(kept)]), tuple(dropped)


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
            part = comparisons.estimate_change_effect(
                change[units], is_treated[units].astype(float), x[units], weights[units], method
            )
        except NoOverlapError as error:
            raise EstimationError(
                Text("estimators.error-for", error=error.text, units=name_units(wide.unit_ids[units[error.rows]]))
            ) from None
        effect += factor * part.effect
        column[units] += factor * part.influence
    return effect
