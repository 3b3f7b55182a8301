"""The treatment register: one row an agreement, with every date it may count from and the unit it belongs to."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from twintrade.data.calendar import Frequency, TwinningDate
from twintrade.design.onset import find_onset
from twintrade.design.panel import Panel
from twintrade.design.treatment import NEVER
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Listed, Text, pack_text

REGISTER_COLUMNS = (
    "unit",
    "twinning",
    "city",
    "signatory",
    "partner",
    "partner_city",
    "kind",
    "signed",
    "precision",
    "ended",
    "onset",
    "candidates",
    "source",
    "note",
    "has_undated_link",
    "flag",
    "flag_text",
    "status",
)
OF_STATUS = ("has_undated_link", "flag", "flag_text", "status")
"""Columns that are known once onsets are."""

NO_ONSET = ("other", "none")
"""Events that are shown beside a series but begin nothing."""

NO_UNIT: Literal["no such unit in the panel"] = "no such unit in the panel"
ALWAYS: Literal["always treated"] = "always treated"
AFTER: Literal["after the sample"] = "after the sample"


@dataclass(frozen=True, slots=True)
class CandidateDate:
    """One of the dates an agreement may count from."""

    event: str  # "first_contact", "memorandum", "signed", "ratified", "activated", or "other", which begins nothing
    date: TwinningDate
    label: str = ""  # what the registry calls the event


@dataclass(frozen=True, slots=True, kw_only=True)
class DateChoice:
    """Which of an agreement's dates counts, and from when."""

    # "signed", "first", "last" or a kind of candidate date; the first of these that the agreement has is taken
    dates: tuple[str, ...]
    late_from: int
    vague_years_later: int

    def choose(self, dates: Collection[CandidateDate]) -> tuple[CandidateDate | None, bool]:
        """Return the date that counts, None where there is none asked for, and whether it stands in for another."""
        for wanted in self.dates:
            any_of_them = wanted in ("first", "last")
            fitting = [d for d in dates if d.event == wanted or (any_of_them and d.event not in NO_ONSET)]
            if fitting:
                chosen = (max if wanted == "last" else min)(fitting, key=lambda d: d.date.earliest)
                return chosen, wanted != self.dates[0]
        return None, False

    def onset(self, date: TwinningDate | None, panel: Panel) -> int | None:
        """Return the first period of the panel in which an agreement of this date counts, None if unknown."""
        if date is None:
            return None
        frequency = Frequency(panel.frequency)
        start = find_onset(date, frequency, self.late_from, self.vague_years_later)
        is_vague = date.month is None and frequency is not Frequency.YEAR
        can_be_inside = start + frequency.per_year - 1 > panel.first_period and start <= panel.last_period
        return None if is_vague and can_be_inside else start


@dataclass(frozen=True, slots=True, eq=False)
class Agreements:
    """What is known about agreements, as the treatment rules read it."""

    # One row a twinning: twinning, city, signatory, partner, partner_city, kind, source, note; `dates`, a tuple of
    # CandidateDate, empty where none is known; and `ended`, a TwinningDate or None
    registry: pd.DataFrame
    # One row a link without a date: city, partner, partner_city, note
    undated: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["city", "partner"]))
    also_linked: tuple[str, ...] = ()  # units known to have further undated links that stand in no file
    undated_policy: Literal["error", "exclude"] = "error"
    # Units moved by another named event, and which: in no comparison
    other_events: Mapping[str, str] = field(default_factory=dict)
    # Cities that somebody has said to be no city of the panel under another name
    decided_cities: tuple[str, ...] = ()
    is_wider: bool = False  # whether the trade tables leave other cities of the register out on purpose


def build_register(agreements: Agreements, choice: DateChoice, kinds: tuple[str, ...], panel: Panel) -> pd.DataFrame:
    """Return the register: ``REGISTER_COLUMNS`` without ``OF_STATUS``, with ``end`` and what follows.

    ``counts``: of a kind that counts; ``stand_in``: the date that counts for want of the one asked for first.
    Rows that belong to no unit of the panel have an empty ``unit``.
    """
    cities, partners = panel.cities[panel.unit_city], panel.partners[panel.unit_partner]
    units = {(str(c), str(p)): str(u) for c, p, u in zip(cities, partners, panel.units, strict=True)}
    rows = [_dated(row, choice, kinds, panel, units) for row in agreements.registry.to_dict("records")]
    rows += [_undated(row, panel, units) for row in agreements.undated.to_dict("records")]
    columns = [c for c in REGISTER_COLUMNS if c not in OF_STATUS]
    frame = pd.DataFrame(rows, columns=[*columns, "counts", "end", "stand_in"])
    frame["onset"] = frame["onset"].astype("Int64")
    frame["counts"] = frame["counts"].astype(bool)
    return frame.sort_values(["unit", "onset", "signed", "twinning"], kind="stable", ignore_index=True)


def _dated(
    row: Mapping[Any, Any],
    choice: DateChoice,
    kinds: tuple[str, ...],
    panel: Panel,
    units: Mapping[tuple[str, str], str],
) -> dict[str, Any]:
    dates: tuple[CandidateDate, ...] = tuple(row["dates"])
    candidate, stands_in = choice.choose(dates)
    chosen = None if candidate is None else candidate.date
    onset = choice.onset(chosen, panel)
    signed = next((d.date for d in dates if d.event == "signed"), chosen)
    candidates = [[d.label or d.event, d.date.iso, choice.onset(d.date, panel)] for d in dates]
    ended = row.get("ended")
    return _text(row) | {
        "unit": _unit(row, panel, units),
        "signed": "" if signed is None else signed.iso,
        "precision": "" if chosen is None else chosen.precision,
        "ended": ended.iso if isinstance(ended, TwinningDate) else "",
        "end": ended if isinstance(ended, TwinningDate) else None,
        "onset": pd.NA if onset is None else onset,
        "candidates": json.dumps(candidates, ensure_ascii=False),
        "counts": not kinds or row.get("kind", "") in kinds,
        "stand_in": f"{candidate.label or candidate.event} {candidate.date.iso}" if candidate and stands_in else "",
    }


def _undated(row: Mapping[Any, Any], panel: Panel, units: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    text = _text(row)
    ends = text["signatory"] or text["city"], text["partner_city"] or text["partner"]
    text["twinning"] = text["twinning"] or f"{ends[0]}-{ends[1]}, undated"
    rest = {
        "signed": "",
        "precision": "",
        "ended": "",
        "end": None,
        "onset": pd.NA,
        "candidates": "[]",
        "counts": True,
        "stand_in": "",
    }
    return text | rest | {"unit": _unit(row, panel, units)}


def _text(row: Mapping[Any, Any]) -> dict[str, Any]:
    names = ("twinning", "city", "signatory", "partner", "partner_city", "kind", "source", "note")
    return {name: "" if pd.isna(row.get(name, "")) else str(row.get(name, "")) for name in names}


def _unit(row: Mapping[Any, Any], panel: Panel, units: Mapping[tuple[str, str], str]) -> str:
    return units.get((str(row["city"]), str(row["partner"]) if panel.is_dyadic else ""), "")


def add_status(
    register: pd.DataFrame, onset: FloatArray, excluded: Mapping[str, str], linked: Collection[str], panel: Panel
) -> pd.DataFrame:
    """Return the register with the part each agreement's unit takes, and with flags a reader must see."""
    starts = dict(zip(panel.units, onset, strict=True))
    rows = register.to_dict("records")
    status = [_status(r["unit"], starts, excluded, panel) for r in rows]
    has_link = [
        r["unit"] in linked and panel.first_period < starts.get(r["unit"], NEVER) <= panel.last_period for r in rows
    ]
    flags = [Listed(tuple(_list_flags(r, has, panel)), "semicolon") for r, has in zip(rows, has_link, strict=True)]
    return register.assign(
        has_undated_link=has_link,
        flag=[str(flag) for flag in flags],
        flag_text=[pack_text(flag) if flag.items else "" for flag in flags],
        status=status,
    )


def _status(unit: str, starts: Mapping[str, float], excluded: Mapping[str, str], panel: Panel) -> str:
    if not unit:
        return NO_UNIT
    if unit in excluded:
        return excluded[unit]
    if starts[unit] <= panel.first_period:
        return ALWAYS
    return "treated" if starts[unit] <= panel.last_period else AFTER


def _list_flags(row: Mapping[Any, Any], has_undated_link: bool, panel: Panel) -> Iterator[Text]:
    if has_undated_link:
        yield Text("design.flag-undated-link")
    if row["unit"] and not pd.isna(row["onset"]):
        if row["onset"] <= panel.first_period:
            yield Text("design.flag-before")
        if row["onset"] > panel.last_period:
            yield Text("design.flag-after")
