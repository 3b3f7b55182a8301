"""The observations of a design as a complete unit × period matrix: what single-case methods weigh."""

from dataclasses import dataclass

import numpy as np

from twintrade.design.design import Design
from twintrade.design.panel import Panel
from twintrade.effects.sample import Dropped
from twintrade.errors import DesignError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeMatrix:
    """Transformed outcomes of units that are observed in every period in which the treated units are."""

    values: FloatArray  # (n_units, n_periods)
    units: ObjectArray  # (n_units,)
    unit_rows: IntArray  # (n_units,): code of each unit in the panel
    periods: IntArray  # (n_periods,): ascending
    onset: FloatArray  # (n_units,): `inf` for units not treated within the periods
    used: IntArray  # (n_units * n_periods,): positions in the design's observations, for `Observations.sample`
    dropped: tuple[Dropped, ...] = ()  # donors with gaps

    @property
    def is_treated(self) -> BoolArray:
        """Whether each unit is treated within the periods, shape (n_units,)."""
        return np.isfinite(self.onset)

    @property
    def treated(self) -> int:
        """Row of the only treated unit."""
        rows = np.flatnonzero(self.is_treated)
        if rows.size != 1:
            raise DesignError(f"a case needs exactly one treated unit and there are {rows.size}")
        return int(rows[0])

    @property
    def donors(self) -> FloatArray:
        """Outcomes of the units that are never treated, shape (n_donors, n_periods)."""
        return self.values[~self.is_treated]

    def event_times(self, row: int) -> IntArray:
        """Return the event times of one treated unit, shape (n_periods,)."""
        return self.periods - int(self.onset[row])


def build_outcome_matrix(design: Design) -> OutcomeMatrix:
    """Arrange the observations of a design as a matrix.

    Periods are those in which every treated unit is observed. Units not treated in them are kept when they are
    observed in all of these periods; the others are listed as dropped.
    """
    o = design.observations
    treated = o.is_ever_treated
    if not treated.any():
        raise DesignError("no unit is treated within the sample; a single case needs one")
    labels, column = np.unique(o.period, return_inverse=True)
    values = np.full((o.n_units, labels.size), np.nan)
    positions = np.full((o.n_units, labels.size), -1, dtype=np.int64)
    values[o.unit, column] = o.y
    positions[o.unit, column] = np.arange(o.n_rows)
    # A treated unit observed once has nothing across its onset: it may not narrow the others' periods.
    several = (positions >= 0).sum(axis=1) > 1
    treated = treated & several if (treated & several).any() else treated
    shared = np.asarray((positions[treated] >= 0).all(axis=0))
    complete = np.asarray((positions[:, shared] >= 0).all(axis=1))
    if not (complete & ~treated).any():
        raise DesignError(
            f"no untreated unit is observed in all {int(shared.sum())} periods of the treated units; "
            "choose donors without gaps or a shorter sample"
        )
    _refuse_one_sided(design.panel, labels[shared], o.unit_onset[treated], o.unit_ids[treated])
    kept = np.flatnonzero(complete)
    return OutcomeMatrix(
        values=values[np.ix_(kept, np.flatnonzero(shared))],
        units=o.unit_ids[kept],
        unit_rows=o.unit_rows[kept],
        periods=labels[shared],
        onset=np.where(treated, o.unit_onset, np.inf)[kept],
        used=np.sort(positions[np.ix_(kept, np.flatnonzero(shared))].ravel()),
        dropped=_gaps(o.unit, o.unit_ids, complete, _named(design.panel, labels[~shared]), column, shared),
    )


def _named(panel: Panel, periods: IntArray) -> tuple[str, ...]:
    return tuple(panel.label(int(p)) for p in periods)


def _refuse_one_sided(panel: Panel, periods: IntArray, onsets: FloatArray, units: ObjectArray) -> None:
    for unit, onset in zip(units, onsets, strict=True):
        if not ((periods < onset).any() and (periods >= onset).any()):
            side = "before" if (periods >= onset).all() else "after"
            raise DesignError(
                f"{unit} has no period {side} its onset {panel.label(int(onset))} that every treated unit shares"
            )


def _gaps(
    unit: IntArray,
    units: ObjectArray,
    complete: BoolArray,
    lost: tuple[str, ...],
    column: IntArray,
    shared: BoolArray,
) -> tuple[Dropped, ...]:
    """List donors with gaps, and the periods in which a treated unit is not observed."""
    dropped = []
    incomplete = ~complete[unit]
    if incomplete.any():
        names = tuple(str(u) for u in units[~complete])
        dropped.append(Dropped("gap", Text("design.dropped-gap"), int(incomplete.sum()), len(names), names))
    outside = ~shared[column] & ~incomplete
    if outside.any():
        dropped.append(Dropped("treated-gap", Text("design.dropped-treated-gap"), int(outside.sum()), 0, lost))
    return tuple(dropped)
