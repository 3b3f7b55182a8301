"""One cohort, the span around its onset and the units untreated throughout it, as a regression of its own."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import Dropped
from twintrade.estimators.cohort_means.group_time import GroupTime
from twintrade.estimators.cohort_means.wide import Wide
from twintrade.estimators.regression.reference import find_joined_rows
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact, sum_by_group
from twintrade.numerics.linear import fit_least_squares
from twintrade.text import Text


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
        scores = self.loading * (self.weights * self.residuals)[:, None]
        return sum_by_group(scores, self.unit, n_units)

    def by_group(self, n_groups: int, n_periods: int) -> tuple[FloatArray, FloatArray]:
        """Return, where the units are groups, coefficients (n_groups, n_periods, n_kept) and constants by group."""
        coefficients = np.zeros((n_groups, n_periods, self.kept.sum()))
        coefficients[self.unit, self.at] = self.loading
        scores = self.loading * self.residuals[:, None]
        return coefficients, sum_by_group(scores, self.unit, n_groups)


def regress_stack(o: Observations, wide: Wide, stack: Stack) -> StackFit:
    """Regress one stack's rows on the cohort's event dummies, with unit and period effects of its own."""
    cohort = wide.cohort[o.unit]
    at = np.searchsorted(wide.periods, o.period)
    positions = np.array([c.at for c in stack.cells])
    member = (cohort == stack.cohort) | stack.comparison[cohort]
    rows = np.flatnonzero(member & np.isin(at, positions))
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
    lost = tuple(
        Dropped(
            "not-identified" if c.column < len(slots) else "collinear",
            Text("estimators.stack-determined", stack=label, name=c.name, by=c.explained_by),
            0,
            0,
            (c.name,),
        )
        for c in fit.collinear
    )
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
