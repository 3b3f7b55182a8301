"""Group-time effects: each cohort's change against a clean comparison's change (Callaway and Sant'Anna 2021)."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from twintrade.design import Design
from twintrade.effects import CohortEffects, Dropped, UnitInfluence
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.errors import EstimationError
from twintrade.estimators.base import Estimator, Requires
from twintrade.estimators.group_time import Base, Cell, Shares, cells, identified, named_units, pack
from twintrade.estimators.missing_patterns import Groups, grouped, pattern_effects
from twintrade.estimators.wide import Wide, widen
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.cohort_moments import CohortMoments
from twintrade.numerics.two_period import Method, NoOverlapError, Sides, two_sides
from twintrade.numerics.two_period_sections import Convention, sections_effect


@dataclass(frozen=True, slots=True)
class CallawaySantAnna(Estimator):
    """Average effects on the treated by cohort and period.

    By default the sampling of cohort shares enters the aggregates and pre-period effects have a universal base; the
    influence carries no small-sample factor. R's ``did`` differs in the base alone, which is varying there. Without
    covariates and weights everything comes from cohort means and second moments, in a panel with gaps by cohort and
    missing pattern.

    Attributes
    ----------
    method : {"doubly_robust", "regression", "ipw"}
        How covariates enter; without covariates the three coincide. Covariates are taken in the base period.
    base : {"universal", "varying"}
        Pre-period effects against the last period before onset less anticipation, or as one-period changes.
    rows : {"panel", "cross_sections"}
        Whether a unit's change is used (a unit enters the comparisons for which it is observed in both periods),
        or each row counts as a draw of its own.
    convention : {"exact", "drdid"}
        Influence of doubly robust effects from cross-sections; see ``numerics.two_period_sections``.
    shares : {"estimated", "fixed"}
        Whether the sampling of cohort sizes enters the aggregates, or sizes are taken as given, as fixest's ``sunab``
        does.
    """

    method: Method = "doubly_robust"
    base: Base = "universal"
    rows: Literal["panel", "cross_sections"] = "panel"
    convention: Convention = "exact"
    shares: Shares = "estimated"

    name: ClassVar[str] = "callaway_santanna"
    title: ClassVar[str] = "Callaway-Sant'Anna"
    citation: ClassVar[str] = "callaway2021"
    requires: ClassVar[Requires] = Requires(
        fixed_effects=("two_way",), isolates_cohorts=False, cohort_statistics=True
    )

    def estimate(self, design: Design) -> CohortEffects:
        """Return effects by cohort and event time.

        Raises
        ------
        EstimationError
            No cell has a comparison.
        """
        found = self._estimated(design)
        if self.shares == "estimated":
            return found
        return replace(found, unit_cohorts=None, cohort_labels=None, unit_weights=None)

    def _estimated(self, design: Design) -> CohortEffects:
        wide = widen(design.observations)
        every = list(cells(wide.onset, wide.periods, self.base, design.anticipation, design.comparison))
        plan, dropped = identified(every, wide)
        _require_treated(plan, wide, dropped)
        is_plain = self.rows == "panel" and wide.weights is None and not design.covariates
        if is_plain and wide.is_complete:
            effects, influence = moment_effects(wide.moments(), plan, wide)
            return pack(plan, effects, influence, wide, design, self.base, dropped)
        groups = grouped(wide) if is_plain else None
        if groups is not None:
            return self._by_pattern(groups, wide, plan, design, dropped)
        return self._by_cell(wide, plan, design, dropped)

    def assumption(self, design: Design) -> str:
        """Return the identifying assumption."""
        given = f" with the same {', '.join(design.covariates)}" if design.covariates else ""
        return (
            "Without the tie, outcomes of tied units would have moved like those of "
            f"{design.comparison.sentence}{given}, cohort by cohort and period by period."
        )

    def estimand(self, design: Design) -> str:
        """Return what the headline averages."""
        return "Average effect on the treated over cohort-period cells from onset on, weighted by cohort size."

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        return "ATT(g,t) = E[Y_t − Y_b | cohort g] − E[Y_t − Y_b | comparison], b the base period"

    def _by_pattern(
        self, groups: Groups, wide: Wide, plan: list[Cell], design: Design, dropped: tuple[Dropped, ...]
    ) -> CohortEffects:
        kept, lost, effects, influence = pattern_effects(groups, plan)
        seen = ~np.isnan(wide.outcomes)
        for cell in lost:
            treated = (wide.cohort == cell.cohort) & seen[:, cell.at] & seen[:, cell.base]
            dropped = (*dropped, _not_identified(cell, wide, _lacking(bool(treated.any()))))
        _require_treated(kept, wide, dropped)
        return pack(kept, effects, influence, wide, design, self.base, dropped)

    def _by_cell(self, wide: Wide, plan: list[Cell], design: Design, dropped: tuple[Dropped, ...]) -> CohortEffects:
        blocks = _Blocks(wide, self)
        kept: list[Cell] = []
        effects: list[float] = []
        # One column a cell, contiguous, and never a second copy: at 100,000 units it is the largest thing there is.
        values = np.zeros((wide.unit_ids.size, len(plan)), order="F")
        for cell in plan:
            column = values[:, len(kept)]
            try:
                effects.append(0.0 if cell.is_reference else blocks.effect(cell, column))
            except EstimationError as error:
                dropped = (*dropped, _not_identified(cell, wide, str(error)))
                column[:] = 0.0
                continue
            kept.append(cell)
        _require_treated(kept, wide, dropped)
        influence = UnitInfluence(wide.unit_ids, values[:, : len(kept)])
        return pack(kept, np.array(effects), influence, wide, design, self.base, dropped)


def moment_effects(m: CohortMoments, plan: list[Cell], wide: Wide) -> tuple[FloatArray, CohortInfluence]:
    """Return the effects of the cells, and their influence, from cohort statistics alone.

    Parameters
    ----------
    m : CohortMoments
    plan : list of Cell
    wide : Wide
        Units, or sums by cluster, for clusters above the unit.
    """
    effects = np.zeros(len(plan))
    coefficients = np.zeros((m.onset.size, m.periods.size, len(plan)))
    constants = np.zeros((m.onset.size, len(plan)))
    for k, cell in enumerate(plan):
        if cell.is_reference:
            continue
        change = m.means[:, cell.at] - m.means[:, cell.base]
        n_comparison = m.counts[cell.comparison].sum()
        average = float((m.counts * change)[cell.comparison].sum() / n_comparison)
        effects[k] = change[cell.cohort] - average
        loading = np.where(cell.comparison, -1.0 / n_comparison, 0.0)
        loading[cell.cohort] = 1.0 / m.counts[cell.cohort]
        coefficients[:, cell.at, k] = loading
        coefficients[:, cell.base, k] = -loading
        # Pooled comparison cohorts differ in their mean change: the between-cohort part of the influence.
        constants[:, k] = np.where(cell.comparison, (average - change) / n_comparison, 0.0)
    return effects, wide.influence(m, coefficients, constants)


class _Blocks:
    """Effects of single cells from the units' own rows; what does not change between periods is made once."""

    def __init__(self, wide: Wide, options: CallawaySantAnna) -> None:
        self._wide = wide
        self._options = options
        self._outcomes = np.asfortranarray(wide.outcomes)
        has_fixed_covariates = wide.is_complete and not bool(np.ptp(wide.covariates, axis=1).any())
        self._is_fixed = has_fixed_covariates and wide.weights is None
        self._made: dict[tuple[int, bytes], tuple[IntArray, Sides]] = {}

    def effect(self, cell: Cell, column: FloatArray) -> float:
        """Return the effect of one cell and write its influence into ``column``."""
        if self._options.rows == "cross_sections":
            return self._sections(cell, self._members(cell), column)
        units, sides = self._sides(cell)
        result = sides.effect(self._outcomes[units, cell.at] - self._outcomes[units, cell.base])
        column[units] = result.influence
        return result.effect

    def _members(self, cell: Cell) -> BoolArray:
        cohort = self._wide.cohort
        return np.asarray((cohort == cell.cohort) | cell.comparison[cohort])

    def _sides(self, cell: Cell) -> tuple[IntArray, Sides]:
        """Return the units of both sides that are observed in both periods, and what is fitted on them."""
        key = (cell.cohort, cell.comparison.tobytes())
        if self._is_fixed and key in self._made:
            return self._made[key]
        w = self._wide
        seen = ~np.isnan(self._outcomes[:, cell.at] - self._outcomes[:, cell.base])
        units = np.flatnonzero(self._members(cell) & seen)
        d = (w.cohort[units] == cell.cohort).astype(np.float64)
        _refuse_empty(d)
        x = np.column_stack([np.ones(units.size), w.covariates[units, cell.base]])
        weights = np.ones(units.size) if w.weights is None else w.weights[units, cell.base]
        try:
            found = units, two_sides(d, x, weights, self._options.method)
        except NoOverlapError as error:
            raise EstimationError(f"{error} for {named_units(w.unit_ids[units[error.rows]])}") from None
        if self._is_fixed:
            self._made[key] = found
        return found

    def _sections(self, cell: Cell, member: BoolArray, column: FloatArray) -> float:
        w = self._wide
        unit, period = np.nonzero(~np.isnan(w.outcomes[:, [cell.base, cell.at]]) & member[:, None])
        at: IntArray = np.array([cell.base, cell.at])[period]
        d = (w.cohort[unit] == cell.cohort).astype(np.float64)
        _refuse_empty(d)
        x = np.column_stack([np.ones(unit.size), w.covariates[unit, at]])
        weights = np.ones(unit.size) if w.weights is None else w.weights[unit, at]
        method, convention = self._options.method, self._options.convention
        after = period.astype(np.float64)
        result = sections_effect(w.outcomes[unit, at], after, d, x, weights, method, convention)
        np.add.at(column, unit, result.influence)
        return result.effect


def _require_treated(plan: list[Cell], wide: Wide, dropped: tuple[Dropped, ...]) -> None:
    if not any(wide.periods[c.at] >= wide.onset[c.cohort] for c in plan):
        why = "; ".join(sorted({d.sentence for d in dropped}))
        raise EstimationError(f"no cohort-period cell from onset on is identified: {why}")


def _refuse_empty(treated: FloatArray) -> None:
    if not treated.any() or treated.all():
        raise EstimationError(_lacking(bool(treated.any())))


def _lacking(has_treated: bool) -> str:
    return f"no {'comparison' if has_treated else 'treated'} unit is observed in both periods"


def _not_identified(cell: Cell, wide: Wide, sentence: str) -> Dropped:
    return Dropped("not-identified", sentence, 0, 0, (cell.label(wide.onset, wide.periods),))
