"""Which two-by-two comparisons make up a group-time method, and how its cells become cohort effects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Literal

import numpy as np

from twintrade.design import Comparison, Design, Observations
from twintrade.effects import CohortEffects, Dropped, Uncertainty
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.estimators.cohort_means.wide import Wide
from twintrade.estimators.regression.cell_fit import list_determined
from twintrade.estimators.regression.event_terms import find_joined_rows
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray, compact, sum_by_group
from twintrade.numerics.comparisons import CohortMoments, compute_cohort_moments
from twintrade.numerics.linear import fit_least_squares
from twintrade.text import Listed, Text

Base = Literal["varying", "universal"]
Shares = Literal["estimated", "fixed"]

SHOWN = 8  # units without overlap that a message names


@dataclass(frozen=True, slots=True, eq=False)
class GroupTime:
    """One cohort in one period."""

    # cohort, at, base: Positions of the cohort, of the period and of its base period; `base` is -1 where there is
    # none
    cohort: int
    at: int
    base: int
    comparison: BoolArray  # (n_cohorts,): cohorts it is compared with
    is_reference: bool  # the base period itself: zero by construction

    def label(self, onset: FloatArray, periods: IntArray) -> Text:
        """Return the cell as a message names it."""
        cohort, period = f"{onset[self.cohort]:.0f}", str(periods[self.at])
        return Text("estimators.effect-cell-period", cohort=cohort, period=period)


def find_last_before(design: Design) -> int:
    """Return the event time of the last observed period before onset less anticipation, in a panel of even steps."""
    step = design.panel.step
    return -step * (design.anticipation // step + 1)


def iterate_cells(wide: Wide, base: Base, anticipation: int, comparison: Comparison) -> Iterator[GroupTime]:
    """Yield the cells of treated cohorts; before onset a "varying" base is the period before the cell's own."""
    onset, periods = wide.onset, wide.periods
    for g in np.flatnonzero(np.isfinite(onset)):
        before = np.flatnonzero(periods + anticipation < onset[g])
        last = int(before[-1]) if before.size else -1
        for at in range(periods.size):
            is_after = periods[at] >= onset[g]
            from_ = last if is_after or base == "universal" else at - 1
            if base == "varying" and at == 0 and not is_after:
                continue
            untreated = np.isinf(onset)
            if comparison.uses_not_yet_treated and from_ >= 0:
                untreated = onset > max(periods[at], periods[from_]) + anticipation
                untreated[g] = False
            yield GroupTime(int(g), at, from_, untreated, is_reference=base == "universal" and at == last)


def locate_cells(plan: Sequence[GroupTime], wide: Wide) -> tuple[IntArray, IntArray]:
    """Return cohort and event time of each cell."""
    cohorts = wide.onset[[c.cohort for c in plan]].astype(np.int64)
    return cohorts, wide.periods[[c.at for c in plan]] - cohorts


def pack(
    plan: Sequence[GroupTime],
    effects: FloatArray,
    uncertainty: Uncertainty,
    wide: Wide,
    design: Design,
    base: Base,
    dropped: tuple[Dropped, ...],
) -> CohortEffects:
    """Return cells as cohort effects, weighted by cohort size, with the sampling of cohort shares."""
    members = [c.cohort for c in plan]
    return CohortEffects.of(
        design,
        locate_cells(plan, wide),
        effects,
        uncertainty,
        sample=design.observations.sample(dropped=dropped),
        n_units=wide.counts[members].astype(np.int64),
        base=base,
        cell_weights=wide.sizes[members],
        reference=find_last_before(design) if base == "universal" else None,
        against="last before",
        unit_cohorts=wide.cohort,
        cohort_labels=wide.onset,
        unit_weights=wide.unit_weights,
    )


def name_units(units: ObjectArray) -> Text:
    """Name the units without a counterpart as a message does."""
    shown = Listed(tuple(str(u) for u in units[:SHOWN]), "comma")
    return Text("estimators.units-without", n=units.size, shown=shown, more=max(units.size - SHOWN, 0))


def select_identified(plan: Sequence[GroupTime], wide: Wide) -> tuple[list[GroupTime], tuple[Dropped, ...]]:
    """Split off the cells without a base period or without a comparison, naming them."""
    is_kept = [c.is_reference or (c.base >= 0 and bool(c.comparison.any())) for c in plan]
    kept, lost = list(compress(plan, is_kept)), [c for c, stays in zip(plan, is_kept, strict=True) if not stays]
    if not lost:
        return kept, ()
    labels = tuple(c.label(wide.onset, wide.periods) for c in lost)
    return kept, (Dropped("no-comparison", Text("estimators.no-base"), 0, 0, labels),)


# One cohort, the span around its onset and the units untreated throughout it, as a regression of its own.


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """One cohort, its span and its comparison."""

    cohort: int  # position among the cohorts
    comparison: BoolArray  # (n_cohorts,)
    cells: tuple[GroupTime, ...]  # one for every observed period of the span
    is_whole: bool  # every event time of the span is observed


def build_stack(g: int, wide: Wide, design: Design, span: tuple[int, int]) -> Stack | None:
    """Return the stack of a cohort; None where no unit is observed at its reference and elsewhere in its span."""
    low, high = min(span[0], design.reference), max(span[1], 0)
    times = wide.periods - wide.onset[g]
    inside = np.flatnonzero((times >= low) & (times <= high))
    at_reference = np.flatnonzero(times == design.reference)
    if not at_reference.size:
        return None
    seen = ~np.isnan(wide.outcomes[wide.cohort == g])
    if not (seen[:, at_reference[0]] & (seen[:, inside].sum(axis=1) > 1)).any():
        return None
    last = min(wide.onset[g] + high, float(wide.periods[-1]))
    comparison = np.isinf(wide.onset)
    if design.comparison.uses_not_yet_treated:
        comparison = wide.onset > last + design.anticipation
    base = int(at_reference[0])
    cells = tuple(GroupTime(g, int(at), base, comparison, is_reference=at == base) for at in inside)
    return Stack(g, comparison, cells, is_whole=inside.size == high - low + 1)


def center_on_all_stacks(influence: CohortInfluence, plan: Sequence[GroupTime], wide: Wide) -> CohortInfluence:
    """Return the influence around the mean change of all stacks: stacks weigh by their treated units."""
    means, sizes = influence.moments.means, wide.sizes
    cohort, at, base = np.array([(c.cohort, c.at, c.base) for c in plan], dtype=np.int64).T
    is_comparison = np.array([c.comparison for c in plan]).T
    change = means[:, at] - means[:, base]
    compared = (sizes[:, None] * is_comparison * change).sum(axis=0) / (sizes @ is_comparison)
    treated, time = change[cohort, np.arange(cohort.size)], compact(at - base)
    total = np.bincount(time, sizes[cohort])
    over = [(np.bincount(time, sizes[cohort] * part) / total)[time] for part in (treated, compared)]
    constants = np.where(is_comparison, (over[1] - change) / (sizes @ is_comparison), 0.0)
    constants[cohort, np.arange(cohort.size)] = (treated - over[0]) / sizes[cohort]
    return replace(influence, constants=constants)


@dataclass(frozen=True, slots=True, eq=False)
class StackFit:
    """Effects of one stack's identified cells; a row's influence is its residual times its loading."""

    effects: FloatArray  # (n_kept,)
    # rows, unit, at: (n_rows,): position in the observations, unit and position of the period of each row
    rows: IntArray
    unit: IntArray
    at: IntArray
    loading: FloatArray  # (n_rows, n_kept): for one unit, whatever the weight of the row
    residuals: FloatArray  # (n_rows,)
    weights: FloatArray  # (n_rows,)
    kept: BoolArray  # (n_cells,)
    dropped: tuple[Dropped, ...]

    def by_row(self, n_rows: int) -> FloatArray:
        """Return the weight of each row's outcome, shape (n_rows of the observations, n_kept)."""
        out = np.zeros((n_rows, self.loading.shape[1]))
        out[self.rows] = self.loading * self.weights[:, None]
        return out

    def by_unit(self, n_units: int) -> FloatArray:
        """Return the influence by unit, shape (n_units, n_kept)."""
        return sum_by_group(self.loading * (self.weights * self.residuals)[:, None], self.unit, n_units)

    def by_group(self, n_groups: int, n_periods: int) -> tuple[FloatArray, FloatArray]:
        """Return, where the units are groups, coefficients (n_groups, n_periods, n_kept) and constants by group."""
        coefficients = np.zeros((n_groups, n_periods, self.kept.sum()))
        coefficients[self.unit, self.at] = self.loading
        return coefficients, sum_by_group(self.loading * self.residuals[:, None], self.unit, n_groups)


def regress_stack(o: Observations, wide: Wide, stack: Stack) -> StackFit:
    """Regress one stack's rows on the cohort's event dummies, with unit and period effects of its own."""
    cohort = wide.cohort[o.unit]
    at = np.searchsorted(wide.periods, o.period)
    positions = np.array([c.at for c in stack.cells])
    rows = np.flatnonzero(((cohort == stack.cohort) | stack.comparison[cohort]) & np.isin(at, positions))
    treated = cohort[rows] == stack.cohort
    base = next(c.at for c in stack.cells if c.is_reference)
    is_apart = np.zeros(rows.size, dtype=bool)
    is_apart[treated] = ~find_joined_rows(o.unit[rows[treated]], at[rows[treated]], at[rows[treated]] == base)
    label = Text("estimators.stack", cohort=f"{wide.onset[stack.cohort]:.0f}")
    sentence = Text("estimators.stack-apart", stack=label)
    apart = (Dropped("no-reference", sentence, int(is_apart.sum()), 0, (label,)),) if is_apart.any() else ()
    rows, treated = rows[~is_apart], treated[~is_apart]
    slots = [k for k, c in enumerate(stack.cells) if not c.is_reference]
    dummies = (treated[:, None] & (at[rows, None] == positions[slots])).astype(np.float64)
    effects = build_absorber([compact(o.unit[rows]), compact(at[rows])], o.weights_of(rows))
    names = [stack.cells[k].label(wide.onset, wide.periods) for k in slots]
    fit = fit_least_squares(
        o.y[rows], np.hstack([dummies, o.covariates[rows]]), effects, names=(*names, *o.covariate_names)
    )
    is_effect = fit.kept < len(slots)
    columns = [slots[k] for k in fit.kept[is_effect]]
    effect, loading = np.zeros(len(stack.cells)), np.zeros((rows.size, len(stack.cells)))
    effect[columns] = fit.coefficients[is_effect]
    loading[:, columns] = fit.x_tilde @ fit.bread[:, is_effect]
    kept = np.array([c.is_reference or k in columns for k, c in enumerate(stack.cells)])
    lost = list_determined("estimators.stack-determined", fit.collinear, len(slots), stack=label)
    return StackFit(
        effects=effect[kept],
        rows=rows,
        unit=o.unit[rows],
        at=at[rows],
        loading=loading[:, kept],
        residuals=fit.residuals,
        weights=o.row_weights[rows],
        kept=kept,
        dropped=(*apart, *lost),
    )


# With which weight every row's outcome enters cells that are differences of mean changes, of units seen in both.


@dataclass(frozen=True, slots=True, eq=False)
class CellChanges:
    """Columns of cells by row of the observations, unit by unit, made for one average at a time."""

    wide: Wide
    cells: Sequence[GroupTime]

    def dense(self) -> FloatArray:
        """Return all columns, shape (n_rows, n_cells)."""
        return self.along(np.eye(len(self.cells)))

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``dense() @ directions``, shape (n_rows, n_directions)."""
        w = self.wide
        seen = ~np.isnan(w.outcomes)
        out = np.zeros((*w.outcomes.shape, directions.shape[1]))
        for cell, direction in zip(self.cells, directions, strict=True):
            if cell.is_reference or not direction.any():
                continue
            both = seen[:, cell.at] & seen[:, cell.base]
            size = w.weights_at(np.arange(both.size), cell.base)
            share = np.zeros(both.size)
            for sign, members in ((1.0, w.cohort == cell.cohort), (-1.0, cell.comparison[w.cohort])):
                side = members & both
                share[side] = sign * size[side] / size[side].sum()
            change = share[:, None] * direction
            out[:, cell.at] += change
            out[:, cell.base] -= change
        return out[seen]


# A panel with gaps as a balanced one: units of one cohort that are observed in the same periods form a group.

BITS = 50  # periods that fit in the code of a pattern beside the cohort


@dataclass(frozen=True, slots=True, eq=False)
class PatternGroups:
    """Units by cohort and missing pattern."""

    wide: Wide  # with the groups in place of cohorts; outcomes are zero where a unit is not observed
    observed: BoolArray  # (n_groups, n_periods)
    parent: IntArray  # (n_groups,): cohort of each group, as coded in the panel

    def moments(self) -> CohortMoments:
        """Return counts, means and second moments by group, zero in periods in which a group is not observed."""
        w = self.wide
        m = compute_cohort_moments(w.outcomes, w.cohort, np.arange(w.onset.size, dtype=np.float64), w.periods)
        both = self.observed[:, :, None] & self.observed[:, None, :]
        means, scatter = np.where(self.observed, m.means, 0.0), np.where(both, m.scatter, 0.0)
        return CohortMoments(w.onset, w.periods, m.counts, means, scatter)

    def influence(self, moments: CohortMoments, coefficients: FloatArray, constants: FloatArray) -> CohortInfluence:
        """Wrap coefficients (n_groups, n_periods, k) and constants (n_groups, k)."""
        return replace(self.wide.influence(moments, coefficients, constants), parent=self.parent)


def group_by_pattern(wide: Wide, n_free: int = 0) -> PatternGroups | None:
    """Group units by missing periods; None where a group's numbers, beyond ``n_free``, would outnumber its rows."""
    seen = ~np.isnan(wide.outcomes)
    n_periods = seen.shape[1]
    if n_periods > BITS or wide.given is not None:
        return None
    code = seen @ (1 << np.arange(n_periods, dtype=np.int64)) + (wide.cohort << n_periods)
    labels, first, group = np.unique(code, return_index=True, return_inverse=True)
    if labels.size * n_periods > max(group.size, n_free):
        return None
    parent = wide.cohort[first]
    outcomes = np.where(seen, wide.outcomes, 0.0)
    grouped = replace(wide, outcomes=outcomes, onset=wide.onset[parent], cohort=group.astype(np.int64))
    return PatternGroups(grouped, seen[first], parent)


def estimate_from_patterns(
    groups: PatternGroups, plan: list[GroupTime]
) -> tuple[list[GroupTime], list[GroupTime], FloatArray, CohortInfluence]:
    """Return cells whose units of both sides are seen in both periods, the others, and effects of the former."""
    m, parent = groups.moments(), groups.parent
    kept: list[GroupTime] = []
    lost: list[GroupTime] = []
    effects: list[float] = []
    coefficients = np.zeros((parent.size, m.periods.size, len(plan)))
    constants = np.zeros((parent.size, len(plan)))
    for cell in plan:
        k = len(kept)
        both = groups.observed[:, cell.at] & groups.observed[:, cell.base]
        sides = [(parent == cell.cohort) & both, cell.comparison[parent] & both]
        if not cell.is_reference and not (sides[0].any() and sides[1].any()):
            lost.append(cell)
            continue
        kept.append(cell)
        effects.append(0.0)
        if cell.is_reference:
            continue
        change = m.means[:, cell.at] - m.means[:, cell.base]
        for sign, members in zip((1.0, -1.0), sides, strict=True):
            share = np.where(members, m.counts, 0.0) / m.counts[members].sum()
            average = float(share @ change)
            effects[k] += sign * average
            loading = np.where(members, sign / m.counts[members].sum(), 0.0)
            coefficients[:, cell.at, k] += loading
            coefficients[:, cell.base, k] -= loading
            # Groups differ in their mean change: the between-group part of the influence.
            constants[:, k] += loading * (change - average)
    n = len(kept)
    return kept, lost, np.array(effects), groups.influence(m, coefficients[:, :, :n], constants[:, :n])


@dataclass(frozen=True, slots=True, eq=False)
class PanelMeans:
    """Moments of cohorts, or of parts of cohorts whose units miss the same periods."""

    moments: CohortMoments
    observed: BoolArray  # (n_groups, n_periods)
    source: Wide | PatternGroups  # whose units the influence is of

    @property
    def wide(self) -> Wide:
        """The panel, with the groups in place of cohorts."""
        return self.source if isinstance(self.source, Wide) else self.source.wide

    def influence(self, coefficients: FloatArray, constants: FloatArray) -> CohortInfluence:
        """Wrap coefficients (n_groups, n_periods, k) and constants (n_groups, k)."""
        return self.source.influence(self.moments, coefficients, constants)


def compute_panel_means(wide: Wide) -> PanelMeans | None:
    """Return the means of a panel; None where too few units miss the same periods."""
    if wide.is_complete:
        moments = wide.moments()
        return PanelMeans(moments, np.ones(moments.means.shape, dtype=bool), wide)
    groups = group_by_pattern(wide)
    return None if groups is None else PanelMeans(groups.moments(), groups.observed, groups)


def count_alone(counts: IntArray, observed: BoolArray) -> int:
    """Count the rows that are alone in their unit or in their period."""
    is_single_unit = observed.sum(axis=1) == 1
    alone_in_period = observed & (counts == 1)[:, None] & (counts @ observed == 1)
    return int(counts[is_single_unit].sum() + alone_in_period[~is_single_unit].sum())
