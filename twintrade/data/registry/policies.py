"""Dates of other policies, by pair, city or partner: a consulate, a flight, a trade agreement."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twintrade.data.calendar import TwinningDate
from twintrade.data.formats.tables import open_table
from twintrade.data.geography.cities import read_city_names as read_cities
from twintrade.data.geography.countries import resolve_column
from twintrade.data.registry.reading import is_ended_before, read_dates
from twintrade.data.schema import PolicySource
from twintrade.data.sources.faults import Faults, quote_cell
from twintrade.data.sources.provenance import InputRecord
from twintrade.effects import Message
from twintrade.errors import DataError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Listed, Text


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """Another policy than the agreement: from when to when each unit of a panel has it."""

    name: str
    keys: tuple[str, ...]  # what its dates are by: city, partner, or both
    # onset, end: (n_units,): first period in force, and first in which it no longer is; `inf` for never
    onset: FloatArray
    end: FloatArray
    is_office: bool = False  # whether it is an office abroad

    def is_in_force(self, unit: IntArray, period: IntArray) -> BoolArray:
        """Return whether it is in force in rows given by their unit and period."""
        return np.asarray((period >= self.onset[unit]) & (period < self.end[unit]))

    def has_begun(self, unit: IntArray, period: IntArray, early: int = 0) -> BoolArray:
        """Return whether it has begun, or begins within ``early`` periods, whether or not it has ended since."""
        return np.asarray(period >= self.onset[unit] - early)


@dataclass(frozen=True, slots=True, eq=False)
class PolicyDates:
    """A policy as a file dates it."""

    name: str
    keys: tuple[str, ...]
    # By city, partner, or both: the date from which, and the one to which it is in force, None while it lasts
    dates: dict[tuple[str, ...], tuple[TwinningDate, TwinningDate | None]]
    record: InputRecord | None = None
    is_office: bool = False


def read_policies(sources: Sequence[PolicySource], root: Path) -> tuple[tuple[PolicyDates, ...], tuple[Message, ...]]:
    """Return the declared policies, sorted by name as their blocks have no order, and what was noted."""
    names = [source.name for source in sources]
    if twice := [name for name in names if names.count(name) > 1]:
        raise DataError(Text("data.policy-twice", name=quote_cell(twice[0])))
    faults = Faults()
    policies = [_read(source, root, faults) for source in sorted(sources, key=lambda source: source.name)]
    faults.raise_if_any()
    return tuple(policies), faults.messages


def _read(source: PolicySource, root: Path, faults: Faults) -> PolicyDates:
    keys = source.keys
    if not keys:
        raise DataError(Text("data.policy-about-nothing", name=quote_cell(source.name)))
    if source.level is not None:
        raise DataError(Text("data.policy-levels", name=quote_cell(source.name)))
    columns = (source.city, source.partner, source.date, source.ended)
    table = open_table(root, source.file, source, [c for c in columns if isinstance(c, str)], faults)
    ends: dict[str, Any] = {}
    if source.city is not None:
        ends["city"] = read_cities(table.part(source.city, "city"), source.city_names, None, faults)
    if source.partner is not None:
        ends["partner"] = resolve_column(table.part(source.partner, "partner"), source.partner_names, faults)
    begun = read_dates(source, table.column(source.date), None, faults)
    ended: list[TwinningDate | None] = [None] * table.rows.size
    if source.ended is not None:
        ended = read_dates(source, table.column(source.ended), None, faults)
    of_rows = zip(zip(*(ends[key] for key in keys), strict=True), begun, ended, strict=True)
    known: dict[tuple[str, ...], tuple[TwinningDate, TwinningDate | None]] = {}
    for place, (ends_of_row, start, end) in enumerate(of_rows):
        key = tuple(map(str, ends_of_row))
        if start is None:
            fault = "undated" if not table.columns[source.date][place].strip() else ""
        elif is_ended_before(start, end):
            fault = "ends-before"
        else:
            fault = "repeated" if key in known else ""
            known.setdefault(key, (start, end))
        if fault:
            text = Text(f"data.policy-{fault}", name=quote_cell(source.name), what=Listed(key, "comma"))
            faults.error("policy", text, table.file, int(table.rows[place]), source.date)
    return PolicyDates(source.name, keys, known, table.record, source.office)
