"""The rows of a design as arrays: what estimators read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from twintrade.design.cohort_statistics import CohortStatistics
from twintrade.design.fixed_effects import encode_effect
from twintrade.design.panel import Panel, name_keys
from twintrade.effects.estimate import Scale
from twintrade.effects.regression import Dropped, Sample
from twintrade.errors import DesignError
from twintrade.numerics import arrays
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray, compact, take_rows
from twintrade.text import Listed, Text, Words

# Who stands for what would have happened without the agreement, as objects that print their assumption.


@dataclass(frozen=True, slots=True)
class Comparison:
    """The untreated side of a design.

    Attributes
    ----------
    name : str
        Key in the spec, and of what it is called.
    """

    name: ClassVar[str] = ""
    uses_not_yet_treated: ClassVar[bool] = False

    @property
    def label(self) -> Text:
        """Short text for a table row."""
        return Text(f"design.label-{self.name.replace('_', '-')}")

    def describe(self, units: str) -> Words:
        """Return who is compared, for "… would have moved like …"; units are "pair" or "city"."""
        return Text(f"design.{self.name.replace('_', '-')}", units=units)


@dataclass(frozen=True, slots=True)
class NeverTreated(Comparison):
    """Units without any known agreement in the sample's periods.

    Examples
    --------
    >>> tt.compare(panel, agreements, "exports_usd", comparison=tt.NeverTreated()).comparison.name
    'never_treated'
    """

    name: ClassVar[str] = "never_treated"


@dataclass(frozen=True, slots=True)
class NotYetTreated(Comparison):
    """Units without any known agreement, and treated units before their onset.

    Examples
    --------
    >>> design.comparison == tt.NotYetTreated()
    True
    """

    name: ClassVar[str] = "not_yet_treated"
    uses_not_yet_treated: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Donors(Comparison):
    """A named set of comparison units.

    Attributes
    ----------
    units : tuple of str
        Unit labels.
    description : Words
        What they have in common: "the same city's flows to other destinations".

    Examples
    --------
    >>> design.compared_with(tt.Donors(("Alder-AUS", "Alder-BRA"))).observations.n_units
    9
    """

    units: tuple[str, ...] = ()
    description: Words = field(default_factory=lambda: Text("design.donors"))
    name: ClassVar[str] = "donors"

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", tuple(name_keys(self.units)))

    @property
    def label(self) -> Text:
        """Short text for a table row."""
        return Text("design.label-donors", n=len(self.units))

    def describe(self, units: str) -> Words:
        """Return who is compared."""
        return self.description


COMPARISONS: dict[str, type[Comparison]] = {c.name: c for c in (NeverTreated, NotYetTreated)}


NEVER_TIME = np.iinfo(np.int64).min // 2
"""Event time of a unit that is never treated: below every real one, so ``event_time < 0`` means untreated."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Observations:
    """Aligned arrays over the rows that take part, sorted by unit and period, and what a design says of them."""

    panel: Panel
    outcome: str  # column of the panel that `y` is made from
    rows: IntArray  # (n_rows,): positions in the panel
    y: FloatArray  # (n_rows,): transformed outcome, finite
    unit: IntArray  # (n_rows,): codes 0 .. n_units - 1 into `unit_ids`.
    unit_ids: ObjectArray  # (n_units,)
    unit_rows: IntArray  # (n_units,): code of each unit in the panel
    period: IntArray  # (n_rows,)
    unit_onset: FloatArray  # (n_units,): `inf` for never
    covariates: FloatArray  # (n_rows, n_covariates)
    covariate_names: tuple[str, ...]
    weights: FloatArray | None  # (n_rows,): as the design names them; `row_weights` is there without as well
    dose: FloatArray | None  # (panel.n_rows,): intensity of the treatment, where there is one
    effect_names: tuple[str, ...]  # fixed effects
    window: tuple[int, int]  # first and last event time shown
    reference: int  # event time set to zero
    anticipation: int
    scale: Scale  # of a linear effect on `y`
    dropped: tuple[Dropped, ...] = ()
    statistics: CohortStatistics | None = None  # what stands behind a panel of cohort means

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.rows.size)

    @property
    def n_units(self) -> int:
        """Number of units."""
        return int(self.unit_ids.size)

    @property
    def onset(self) -> FloatArray:
        """Onset of each row's unit, shape (n_rows,)."""
        return self.unit_onset[self.unit]

    @cached_property
    def event_time(self) -> IntArray:
        """Periods since onset, shape (n_rows,); ``NEVER_TIME`` for units never treated."""
        finite = np.isfinite(self.unit_onset)
        shift = np.where(finite, self.unit_onset, 0).astype(np.int64)
        return np.where(finite[self.unit], self.period - shift[self.unit], NEVER_TIME)

    @cached_property
    def periods(self) -> IntArray:
        """The periods observed, ascending, shape (n_periods,)."""
        return self.panel.periods if self.period is self.panel.period else arrays.find_distinct(self.period)

    @cached_property
    def row_weights(self) -> FloatArray:
        """Sampling weight of each row, one where the design names none, shape (n_rows,)."""
        return np.ones(self.n_rows) if self.weights is None else self.weights

    def weights_of(self, rows: IntArray) -> FloatArray | None:
        """Return the sampling weights of some rows for a solver, which is faster without any."""
        return None if self.weights is None else self.weights[rows]

    @property
    def is_complete(self) -> bool:
        """Whether every unit is observed in every period."""
        return self.n_rows == self.n_units * self.periods.size

    @property
    def is_treated(self) -> BoolArray:
        """Whether each row lies at or after its onset."""
        return np.asarray(self.event_time >= 0)

    @property
    def is_affected(self) -> BoolArray:
        """Whether each row lies at or after its onset less anticipation."""
        return np.asarray(self.event_time >= -self.anticipation)

    @property
    def is_ever_treated(self) -> BoolArray:
        """Whether each unit is treated within the sample's periods, shape (n_units,)."""
        return np.asarray(self.unit_onset <= self.periods[-1])

    def effect_codes(self) -> list[IntArray]:
        """Return the levels of each fixed effect of the design, each of shape (n_rows,)."""
        return [self.codes(name) for name in self.effect_names]

    def codes(self, name: str) -> IntArray:
        """Return the levels of one effect or cluster dimension by row, shape (n_rows,)."""
        if name == "cohort":
            return np.unique(self.unit_onset, return_inverse=True)[1].astype(np.int64)[self.unit]
        return encode_effect(self.panel, name, self.rows)

    def unit_clusters(self, name: str) -> IntArray:
        """Return the cluster of each unit, shape (n_units,)."""
        panel = self.panel
        if name == "unit":
            return np.arange(self.n_units)
        if name == "city":
            return compact(panel.unit_city[self.unit_rows])
        if name == "partner":
            return compact(panel.unit_partner[self.unit_rows])
        raise DesignError(f"units are not nested in {name!r}; cluster by unit, city or partner here")

    def labels(self, positions: IntArray) -> tuple[str, ...]:
        """Name rows by unit and period: "Lyon-FRA 2004"."""
        label = self.panel.label
        pairs = zip(self.unit_ids[self.unit[positions]], self.period[positions], strict=True)
        return tuple(f"{unit} {label(int(period))}" for unit, period in pairs)

    def sample(self, used: IntArray | None = None, **details: object) -> Sample:
        """Describe the sample of a fit on rows ``used`` (all by default), with further fields of Sample."""
        raw = self.panel.values(self.outcome)
        if used is None:
            every = self.panel.every_row
            used = every if every.size == self.n_rows else np.arange(self.n_rows)
            units, n_periods = np.arange(self.n_units), self.periods.size
        else:
            units, n_periods = np.unique(self.unit[used]), np.unique(self.period[used]).size
        outcome = take_rows(raw, take_rows(self.rows, used))
        dropped = self.dropped + tuple(details.pop("dropped", ()))  # type: ignore[arg-type]
        size, n_summed = np.ones(self.n_units), 0
        if self.statistics is not None:
            size = self.statistics.moments.counts[self.unit_rows]
            n_summed = int(size[self.unit[used]].sum())
        return Sample(
            rows=used,
            n_units=int(size[units].sum()),
            n_periods=int(n_periods),
            n_treated_units=int(size[units][self.is_ever_treated[units]].sum()),
            n_summed=n_summed,
            n_zeros=int(np.count_nonzero(outcome == 0)),
            dropped=dropped,
            **details,  # type: ignore[arg-type]
        )


# Which rows of a panel take part: everything left out is counted by its reason.

EXCLUSIONS = ("undated", "unmatched", "other-kind")
"""Reasons for which a treatment excludes units; any other is named as it stands."""

ALWAYS_TREATED, NO_FIGURE_BEFORE = "always-treated", "no-figure-before"
"""Reasons for which units that are treated in all their rows are left out."""

REMAINDER = "remainder"  # reason for which rows of partners are left out that count in totals only


class Sieve:
    """Rows of a panel still in, and what was left out so far."""

    def __init__(self, panel: Panel, kept: BoolArray | None) -> None:
        self.panel = panel
        self.keep = np.ones(panel.n_rows, dtype=bool) if kept is None else kept.copy()
        self.dropped: list[Dropped] = []
        self.is_whole = bool(self.keep.all())

    def drop(self, mask: BoolArray, reason: str, text: Text | None = None) -> None:
        """Leave out rows, shape (panel.n_rows,); without a text the one of the reason."""
        gone = self.keep & mask
        if not gone.any():
            return
        self.keep[gone] = False
        self.is_whole = False
        touched = np.unique(self.panel.unit[gone])
        lost = np.setdiff1d(touched, np.unique(self.panel.unit[self.keep]))
        names = tuple(str(u) for u in self.panel.units[touched])
        text = text or Text(f"design.dropped-{reason}")
        self.dropped.append(Dropped(reason, text, int(gone.sum()), int(lost.size), names))

    def drop_excluded(self, reasons: Mapping[str, str]) -> None:
        """Leave out named units, each for its reason."""
        for reason in sorted(set(reasons.values())):
            units = np.isin(self.panel.units, [u for u, r in reasons.items() if r == reason])
            text = None if reason in EXCLUSIONS else Text("design.dropped-excluded", reason=reason)
            self.drop(units[self.panel.unit], reason, text)

    def drop_always_treated(self, affected: FloatArray, reason: str) -> None:
        """Leave out units that are affected in all of their rows still in, from a period each on."""
        panel = self.panel
        first = np.full(panel.n_units, np.iinfo(np.int64).max)
        if self.is_whole:
            first[panel.unit[panel.starts]] = panel.period[panel.starts]
        else:
            unit, period = panel.unit[self.keep], panel.period[self.keep]
            starts = arrays.find_starts(unit)
            first[unit[starts]] = period[starts]
        always = np.asarray(affected <= first)
        if always.any():
            self.drop(always[panel.unit], reason)

    def rows(self) -> IntArray:
        """Return the rows still in."""
        rows = self.panel.every_row if self.is_whole else np.flatnonzero(self.keep).astype(np.int64)
        if rows.size == 0:
            counted = (Text("design.rows-left-out", n=d.n_rows, what=d.text) for d in self.dropped)
            raise DesignError(Text("design.no-row", dropped=Listed(tuple(counted), "semicolon")))
        return rows


def number_units(panel: Panel, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return the code of each row's unit among those that have rows, and their codes in the panel."""
    unit = take_rows(panel.unit, rows)
    starts = panel.starts if rows.size == panel.n_rows else arrays.find_starts(unit)
    unit_rows = unit[starts]
    if unit_rows.size == panel.n_units:
        return unit, unit_rows
    is_first = np.zeros(rows.size, dtype=np.int64)
    is_first[starts] = 1
    return np.cumsum(is_first) - 1, unit_rows


def describe_untreated(o: Observations) -> Text:
    """Say that no unit is treated, and which units are left out because they are treated in all their rows."""
    always = [d for d in o.dropped if d.reason in (ALWAYS_TREATED, NO_FIGURE_BEFORE)]
    named = (Text("design.left-out", what=d.text, names=Listed(d.labels[:3], "comma")) for d in always)
    left_out = Listed(tuple(named), "semicolon")
    return Text("design.untreated", n=len(always), left_out=left_out, units=o.panel.unit_kind)


def describe_sample(o: Observations) -> Text:
    """Count the units that are compared, those treated among them, and those left out by reason."""
    left_out = tuple(
        Text("design.units-left-out", n=d.n_units, what=d.text, units=o.panel.unit_kind)
        for d in o.dropped
        if d.n_units
    )
    return Text(
        "design.units-compared",
        n=o.n_units,
        n_treated=int(o.is_ever_treated.sum()),
        n_out=len(left_out),
        left_out=Listed(left_out, "semicolon"),
        units=o.panel.unit_kind,
    )
