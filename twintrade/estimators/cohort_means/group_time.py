"""Which two-by-two comparisons make up a group-time method, and how its cells become cohort effects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Literal

import numpy as np

from twintrade.design import Comparison, Design
from twintrade.effects import CohortEffects, Dropped, Uncertainty
from twintrade.estimators.cohort_means.wide import Wide
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.text import Listed, Text

Base = Literal["varying", "universal"]
Shares = Literal["estimated", "fixed"]

SHOWN = 8
"""Units without overlap that a message names."""


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


def iterate_cells(
    onset: FloatArray, periods: IntArray, base: Base, anticipation: int, comparison: Comparison
) -> Iterator[GroupTime]:
    """Yield the cells of every treated cohort, in order of cohort and period.

    From onset on, the base is the last period before onset less anticipation. Before, it is that same period
    ("universal") or the period before the cell's own ("varying"). Comparison cohorts are those never treated, or
    not yet treated (less anticipation) at the later of the two periods.
    """
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
