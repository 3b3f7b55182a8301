"""Which rows of a panel take part: everything left out is counted by its reason."""

from collections.abc import Mapping

import numpy as np

from twintrade.design.observations import Observations
from twintrade.design.panel import Panel
from twintrade.effects.sample import Dropped
from twintrade.errors import DesignError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, take_rows
from twintrade.text import Listed, Text

EXCLUSIONS = ("undated", "unmatched", "other-kind")
"""Reasons for which a treatment excludes units; any other is named as it stands."""

ALWAYS_TREATED, NO_FIGURE_BEFORE = "always-treated", "no-figure-before"
"""Reasons for which units that are treated in all their rows are left out."""

REMAINDER = "remainder"
"""Reason for which rows of partners are left out that count in totals only."""


class Sieve:
    """Rows of a panel still in, and what was left out so far."""

    def __init__(self, panel: Panel, kept: BoolArray | None) -> None:
        self.panel = panel
        self.keep = np.ones(panel.n_rows, dtype=bool) if kept is None else kept.copy()
        self.dropped: list[Dropped] = []
        self.is_whole = bool(self.keep.all())

    def drop(self, mask: BoolArray, reason: str, text: Text | None = None) -> None:
        """Leave out rows, shape (panel.n_rows,); without a text the one of the reason."""
        if not mask.any():
            return
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

    def drop_not_finite(self, outcome: FloatArray) -> None:
        """Leave out rows without an outcome."""
        if not np.isfinite(outcome.sum()):
            self.drop(np.isnan(outcome), "missing-outcome")
            self.drop(np.isinf(outcome), "infinite-outcome")

    def drop_always_treated(self, affected: FloatArray, reason: str) -> None:
        """Leave out units that are affected in all of their rows still in, from a period each on."""
        panel = self.panel
        first = np.full(panel.n_units, np.iinfo(np.int64).max)
        if self.is_whole:
            first[panel.unit[panel.starts]] = panel.period[panel.starts]
        else:
            unit, period = panel.unit[self.keep], panel.period[self.keep]
            starts = np.flatnonzero(np.diff(unit, prepend=-1))
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
    starts = panel.starts if rows.size == panel.n_rows else np.flatnonzero(np.diff(unit, prepend=-1))
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
