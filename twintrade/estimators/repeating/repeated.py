"""Rows that are the same under many treatments: which of them a treatment affects, and which it leaves out."""

from dataclasses import dataclass, replace

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import Sample
from twintrade.estimators.regression.event_terms import find_affected_rows
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class SameRows:
    """Rows that are the same under every treatment."""

    o: Observations  # of the design it was made for
    kept: BoolArray | None  # (panel.n_rows,): rows of the panel that take part in that design
    onset: FloatArray  # (panel.n_units,): of that design
    starts: IntArray  # starts, sizes: (n_units,): first position and number of each unit's rows
    sizes: IntArray
    first: IntArray  # first, final: (n_units,): each unit's first and last period
    final: IntArray
    sample: Sample

    def _find_affected(self, design: Design) -> tuple[IntArray, Observations] | None:
        """Return positions of affected units' rows, and these; None where a treatment decides what is observed."""
        o, onset = self.o, design.onset
        last = o.periods[-1]
        row_onset = onset[o.unit_rows]
        units = np.flatnonzero(row_onset - design.anticipation <= last)
        if (
            units.size == 0
            or (row_onset[units] - design.anticipation <= self.first[units]).any()
            or self.final[units].max() < last
        ):
            return None
        if o.unit_rows.size < onset.size:
            outside = np.ones(onset.size, dtype=bool)
            outside[o.unit_rows] = False
            if not np.array_equal(onset[outside], self.onset[outside]):
                return None
        sizes = self.sizes[units]
        positions = np.repeat(self.starts[units] - (np.cumsum(sizes) - sizes), sizes) + np.arange(int(sizes.sum()))
        return positions, take_units(o, positions, units, row_onset[units])

    def find_rows(self, design: Design) -> tuple[IntArray, Observations, IntArray] | None:
        """Return positions of affected units' rows, these, and positions of rows left out; None to refit.

        A treatment decides which rows are observed only by leaving out units that it makes always treated. A design
        that chooses other rows of the panel may leave some out, and not add any.
        """
        if design.kept is self.kept:
            affected = self._find_affected(design)
            return None if affected is None else (*affected, np.empty(0, dtype=np.int64))
        return self._find_kept(design) or self.find_observed(design)

    def _find_kept(self, design: Design) -> tuple[IntArray, Observations, IntArray] | None:
        """Return the same from the rows that the design chooses; None where these decide who is compared."""
        is_more = design.kept is None or (self.kept is not None and bool((design.kept & ~self.kept).any()))
        affected = None if is_more else self._find_affected(design)
        if affected is None or design.kept is None:
            return None
        (positions, part), stays, last = affected, design.kept[self.o.rows], self.o.periods[-1]
        inside = np.flatnonzero(stays[positions])
        units, starts = np.unique(part.unit[inside], return_index=True)
        onset, period = part.unit_onset[units], part.period[inside]
        if not units.size or self.o.period[stays].max() < last or period.max() < last:
            return None
        if (onset - design.anticipation <= period[starts]).any():
            return None
        return positions[inside], take_units(part, inside, units, onset), np.flatnonzero(~stays)

    def find_observed(self, design: Design) -> tuple[IntArray, Observations, IntArray] | None:
        """Return the same from the rows that the design observes; None where it observes others."""
        o, is_lost = design.observations, np.ones(self.o.n_rows, dtype=bool)
        places = np.minimum(np.searchsorted(self.o.rows, o.rows), self.o.n_rows - 1)
        units = np.flatnonzero(o.unit_onset - o.anticipation <= o.periods[-1])
        if not units.size or not np.array_equal(self.o.rows[places], o.rows):
            return None
        is_lost[places] = False
        inside = np.flatnonzero(find_affected_rows(o))
        return places[inside], take_units(o, inside, units, o.unit_onset[units]), np.flatnonzero(is_lost)


def take_units(o: Observations, positions: IntArray, units: IntArray, onset: FloatArray) -> Observations:
    """Return the observations of some units, whose rows these are, under the given onsets."""
    return replace(
        o,
        rows=o.rows[positions],
        y=o.y[positions],
        unit=np.searchsorted(units, o.unit[positions]),
        unit_ids=o.unit_ids[units],
        unit_rows=o.unit_rows[units],
        period=o.period[positions],
        unit_onset=onset,
        covariates=np.empty((positions.size, 0)),
        weights=o.weights_of(positions),
    )


def find_unit_rows(design: Design) -> SameRows:
    """Find each unit's rows."""
    o = design.observations
    starts = np.flatnonzero(np.diff(o.unit, prepend=-1))
    sizes = np.diff(starts, append=o.n_rows)
    return SameRows(
        o, design.kept, design.onset, starts, sizes, o.period[starts], o.period[starts + sizes - 1], o.sample()
    )
