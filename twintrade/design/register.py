"""The treatment register: one row an agreement, with every date it may count from and the unit it belongs to."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any, Literal

import numpy as np
import pandas as pd

from twintrade.data.calendar import DateSpan, Frequency, TwinningDate
from twintrade.data.geography import list_near_names
from twintrade.data.registry import Policy, PolicyDates
from twintrade.design.panel import Panel, name_key, name_keys
from twintrade.effects.messages import Level, Message
from twintrade.errors import DesignError
from twintrade.numerics.arrays import FloatArray, ObjectArray
from twintrade.text import Listed, Text, Words, list_some, pack_text

# Onset per unit, with what lies behind each onset and who cannot take part in any comparison.

NEVER = np.inf


@dataclass(frozen=True, slots=True, eq=False)
class Treatment:
    """When each unit is first treated.

    Attributes
    ----------
    units : ObjectArray, shape (n_units,)
    onset : FloatArray, shape (n_units,)
        First treated period as the panel's ordinal; ``inf`` where there is no known agreement.
    excluded : mapping of str to str
        Unit label to reason key ("undated", "unmatched", "other-event" ...): in no comparison, not treated either.
    register : DataFrame
        One row per unit and twinning behind it: unit, twinning, partner_city, kind, signed, precision, onset,
        candidates, source, note, flag.
    rule : Words
        How a date became an onset.
    is_absorbing : bool
        Once treated, treated for good.
    dose : FloatArray or None, shape (n_rows of the panel,)
        Intensity by row for treatments that are not binary or not absorbing.
    messages : tuple of Message
    name : str
        Column that the treatment was read from; empty where it was made from agreements or onsets.
    levels : tuple of str
        What doses 1, 2, ... are called; empty where they are numbers.

    Examples
    --------
    >>> design.treatment.onset.min()
    np.float64(1999.0)
    """

    units: ObjectArray
    onset: FloatArray
    excluded: Mapping[str, str] = field(default_factory=dict)
    register: pd.DataFrame = field(default_factory=pd.DataFrame)
    rule: Words = field(default_factory=lambda: Text("design.onset-as-given"))
    is_absorbing: bool = True
    dose: FloatArray | None = None
    messages: tuple[Message, ...] = ()
    name: str = ""
    levels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "excluded", {name_key(unit): reason for unit, reason in self.excluded.items()})

    @classmethod
    def from_series(cls, onset: pd.Series) -> "Treatment":
        """Build from a series of onsets indexed by unit label; empty or ``inf`` means never treated, one of the two.

        Raises
        ------
        DesignError
            An onset is no whole period, a unit has two, an onset is empty where others are ``inf``, or all are empty.
        """
        labels = name_keys(onset.index)
        values = pd.to_numeric(onset, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        empty = onset.isna().to_numpy()
        if empty.any() and (values == NEVER).any():
            raise DesignError(
                f"the onset of {labels[int(np.argmax(empty))]} is empty and others are inf ({int(empty.sum())} "
                "such units): give inf for never treated; exclude units whose onset is not known"
            )
        if empty.all() and empty.size:
            raise DesignError(
                "every onset is empty, so no unit is treated; give inf if none is, or match onsets to units by the "
                "keys of the table (panel.units are text, panel.given_keys has the keys)"
            )
        never = empty | (values == NEVER)
        wrong = np.flatnonzero(~never & ~(np.isfinite(values) & (values == np.floor(values))))
        if wrong.size:
            unit, given = labels[wrong[0]], onset.iloc[wrong[0]]
            raise DesignError(
                f"the onset of {unit} is {given!r}, no whole period ({wrong.size} such units); "
                "give the first treated period, and nothing or inf for never"
            )
        values = np.where(never, NEVER, values)
        if len(set(labels)) < labels.size:
            first = pd.Series(values, index=pd.Index(labels, dtype=object))
            several = first.groupby(level=0, sort=False).nunique()
            if (twice := several.index[several > 1]).size:
                listed = ", ".join(map(str, twice[:8]))
                raise DesignError(f"{twice.size} units have more than one onset ({listed}); give one each")
            is_first = ~first.index.duplicated()
            labels, values = labels[is_first], values[is_first]
        return cls(units=labels, onset=values)

    @classmethod
    def from_dose(
        cls, panel: Panel, dose: FloatArray, rule: Words | None = None, levels: tuple[str, ...] = ()
    ) -> "Treatment":
        """Build from an intensity by row: agreements in force, an ordered kind of agreement, or 0/1 where one ends.

        The onset is the first period whose dose differs from the unit's first one; it may be a fall.

        Parameters
        ----------
        panel : Panel
        dose : FloatArray, shape (panel.n_rows,)
        rule : str
            Sentence that says where the dose comes from.
        levels : tuple of str
            What doses 1, 2, ... are called.

        Raises
        ------
        DesignError
            Another number of rows than the panel has, or a dose that is missing.
        """
        dose = np.asarray(dose, dtype=np.float64)
        if dose.shape != (panel.n_rows,):
            raise DesignError(f"a dose of shape {dose.shape} does not fit a panel of {panel.n_rows} rows")
        missing = np.flatnonzero(~np.isfinite(dose))
        if missing.size:
            at = f"{panel.units[panel.unit[missing[0]]]} {panel.label(int(panel.period[missing[0]]))}"
            raise DesignError(f"the dose is missing in {missing.size} rows (first: {at}); give it, or leave them out")
        starts = np.searchsorted(panel.unit, np.arange(panel.n_units))
        changed = dose != dose[starts][panel.unit]
        onset = np.full(panel.n_units, NEVER)
        np.minimum.at(onset, panel.unit[changed], panel.period[changed].astype(np.float64))
        falls = np.diff(dose)[panel.unit[1:] == panel.unit[:-1]] < 0
        is_absorbing = not falls.any() and not dose[starts].any()
        rule = rule or Text("design.onset-by-dose")
        return cls(units=panel.units, onset=onset, rule=rule, is_absorbing=is_absorbing, dose=dose, levels=levels)

    def aligned(self, units: ObjectArray) -> FloatArray:
        """Return the onset of each named unit, shape (n,).

        Raises
        ------
        DesignError
            A unit of the panel is unknown to the treatment.
        """
        if units is self.units or (units.size == self.units.size and bool((units == self.units).all())):
            return self.onset
        onset = pd.Series(self.onset, index=name_keys(self.units)).reindex(pd.Index(units))
        if onset.isna().any():
            missing = [str(u) for u in units[onset.isna().to_numpy()]]
            raise DesignError(
                f"{len(missing)} units have no treatment status (first: {missing[0]}); give inf for untreated"
            )
        return np.asarray(onset, dtype=np.float64)


# From the date of an agreement, as precise as it is known, to the first period in which it counts.


def find_onset(date: TwinningDate, frequency: Frequency, late_from: int, vague_years_later: int = 0) -> int:
    """Return the first period in which an agreement of this date counts.

    ``frequency``: of the panel; ``late_from``: in annual panels an agreement from this month on counts from the next
    year; 13 never. In quarterly and monthly panels an agreement counts from the period it falls in;
    ``vague_years_later``: years added to a date known by its year only, which otherwise counts from the start of that
    year.
    """
    year = date.year + (vague_years_later if date.month is None else 0)
    if frequency is Frequency.YEAR and date.month is not None and date.month >= late_from:
        return year + 1
    return frequency.ordinal(year, date.month or 1)


def find_end(date: TwinningDate, frequency: Frequency) -> int:
    """Return the first period in which an agreement that ended on this date no longer counts: the one after it."""
    return frequency.ordinal(date.year, date.month or 12) + 1


# Other policies by the same rule of dates.

MOST_NEAR = 4  # names that one message names


def build_policies(
    policies: Collection[PolicyDates], panel: Panel, late_from: int = 12
) -> tuple[Panel, tuple[Message, ...]]:
    """Return the panel with the policies dated by unit, and what does not fit it."""
    policies_by_unit, messages = list[Policy](), list[Message]()
    ends = {"city": panel.cities[panel.unit_city], "partner": panel.partners[panel.unit_partner]}
    choice = DateChoice(dates=("signed",), late_from=late_from, vague_years_later=0)
    frequency = Frequency.YEAR if panel.waves else Frequency(panel.frequency)
    for policy in policies:
        if not policy.name.strip():
            raise DesignError(Text("design.policy-unnamed"))
        if "partner" in policy.keys and not panel.is_dyadic:
            raise DesignError(Text("design.policy-by-partner", name=policy.name))
        onset, end = np.full(panel.n_units, NEVER), np.full(panel.n_units, NEVER)
        keys = [tuple(map(str, key)) for key in zip(*(ends[name] for name in policy.keys), strict=True)]
        for unit, key in enumerate(keys):
            if key not in policy.dates:
                continue
            start, last = policy.dates[key]
            first = choice.onset(start, panel)
            if first is None:
                what = Listed(key, "comma")
                raise DesignError(Text("design.policy-vague", name=policy.name, what=what, date=start.iso))
            onset[unit] = first
            end[unit] = NEVER if last is None else panel.number_years([find_end(last, frequency)])[0]
        policies_by_unit.append(Policy(policy.name, policy.keys, onset, end, policy.is_office))
        if np.isfinite(onset).any() and not (onset <= panel.last_period).any():
            text = Text("design.policy-later", name=policy.name, last=panel.label(panel.last_period))
            messages.append(Message("warning", "policy", text))
        messages += _note_strange_rows(policy, sorted(set(policy.dates) - set(keys)), panel)
    return replace(panel, policies=tuple(policies_by_unit)), tuple(messages)


def _note_strange_rows(policy: PolicyDates, strange: list[tuple[str, ...]], panel: Panel) -> Iterator[Message]:
    """Yield what is said of rows that concern no unit: a name nearly one of the panel may be misspelt."""
    known = {"city": set(map(str, panel.cities)), "partner": set(map(str, panel.partners))}
    near = [
        Text("design.policy-near", name=name, near=Listed(meant, "or"))
        for at, end in enumerate(policy.keys)
        for name in dict.fromkeys(key[at] for key in strange)
        if name not in known[end] and end == "city" and (meant := list_near_names(name, known[end]))
    ]
    if near:
        text = Text("design.policy-misspelt", name=policy.name, names=list_some(near, MOST_NEAR, "semicolon"))
        yield Message("warning", "policy", text)
    if strange:
        level: Level = "warning" if len(strange) == len(policy.dates) else "info"
        text = Text("design.policy-outside", name=policy.name, n=len(strange), n_rows=len(policy.dates))
        yield Message(level, "policy", text)


# Units treated from their first period on, as comparison.


def count_always_compared(panel: Panel, treatment: Treatment, onset: FloatArray) -> int:
    """Return how many units have an agreement and, by their onset in the design, none."""
    return int((np.isfinite(treatment.aligned(panel.units)) & np.isinf(onset)).sum())


REGISTER_COLUMNS = (
    "unit", "twinning", "city", "signatory", "partner", "partner_city", "kind", "signed", "precision", "ended",
    "not_before", "not_after", "onset", "earliest", "latest", "candidates", "source", "note", "has_undated_link",
    "flag", "flag_text", "status",
)  # fmt: skip
OF_STATUS = ("has_undated_link", "flag", "flag_text", "status")  # columns that are known once onsets are
PERIODS = ("onset", "earliest", "latest")
_TEXTS = ("twinning", "city", "signatory", "partner", "partner_city", "kind", "source", "note")
NO_ONSET = ("other", "none")  # events that are shown beside a series but begin nothing
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

    def find_year(self, date: TwinningDate) -> int:
        """Return the first year in which an agreement of this date counts."""
        return find_onset(date, Frequency.YEAR, self.late_from, self.vague_years_later)

    def is_between(self, date: TwinningDate | None, panel: Panel) -> bool:
        """Return whether an agreement of this date counts from a year between two waves."""
        year = None if date is None else self.find_year(date)
        return year is not None and year not in panel.waves and panel.waves[0] < year < panel.waves[-1]

    def find_ends(self, span: DateSpan, panel: Panel) -> tuple[float, float]:
        """Return the first and the last onset that the bounds of a date allow, infinite where an end is open."""
        first, last = span.not_before, span.not_after
        earliest = self.onset(TwinningDate(first.year, first.month or 1), panel) if first else None
        latest = self.onset(TwinningDate(last.year, last.month or 12), panel) if last else None
        start = self.onset(span.date, panel)
        if start is not None and earliest is not None and latest is not None and earliest <= latest:
            start = min(max(start, earliest), latest)  # a year is known better by the months of its ends
            return start, start
        return -NEVER if earliest is None else earliest, NEVER if latest is None else latest

    def onset(self, date: TwinningDate | None, panel: Panel) -> int | None:
        """Return the first period of the panel in which an agreement of this date counts, None if unknown."""
        if date is None:
            return None
        if panel.waves:
            return int(panel.number_years([self.find_year(date)])[0])
        frequency = Frequency(panel.frequency)
        start = find_onset(date, frequency, self.late_from, self.vague_years_later)
        is_vague = date.month is None and frequency is not Frequency.YEAR
        can_be_inside = start + frequency.per_year - 1 > panel.first_period and start <= panel.last_period
        return None if is_vague and can_be_inside else start


@dataclass(frozen=True, slots=True, eq=False)
class Agreements:
    """What is known about agreements, as the treatment rules read it."""

    # One row a twinning: twinning, city, signatory, partner, partner_city, kind, source, note; `dates`, a tuple of
    # CandidateDate, empty where none is known; `ended`, a TwinningDate or None; `span`, a DateSpan or None
    registry: pd.DataFrame
    # One row a link without a date: city, partner, partner_city, note, span
    undated: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["city", "partner"]))
    also_linked: tuple[str, ...] = ()  # units known to have further undated links that stand in no file
    undated_policy: Literal["error", "exclude"] = "error"
    # Units moved by another named event, and which: in no comparison
    other_events: Mapping[str, str] = field(default_factory=dict)
    # Cities that somebody has said to be no city of the panel under another name
    decided_cities: tuple[str, ...] = ()
    is_wider: bool = False  # whether the trade tables leave other cities of the register out on purpose


def build_register(agreements: Agreements, choice: DateChoice, kinds: tuple[str, ...], panel: Panel) -> pd.DataFrame:
    """Return all but ``OF_STATUS``, texts as objects and periods as floats, with ``end`` and what rules ask about."""
    cities, partners = panel.cities[panel.unit_city], panel.partners[panel.unit_partner]
    units = {(str(c), str(p)): str(u) for c, p, u in zip(cities, partners, panel.units, strict=True)}
    frames = (agreements.registry, agreements.undated)
    listed = [dict(zip(f, row, strict=True)) for f in frames for row in f.to_numpy(dtype=object).tolist()]
    rows = [_register_agreement(row, choice, kinds, panel, units) for row in listed]
    columns = [c for c in REGISTER_COLUMNS if c not in OF_STATUS]
    rows.sort(key=lambda row: (row["unit"], np.nan_to_num(row["onset"], nan=NEVER), row["signed"], row["twinning"]))
    frame = pd.DataFrame(rows, columns=[*columns, "counts", "end", "stand_in", "is_between"], dtype=object)
    return frame.astype({**dict.fromkeys(PERIODS, float), "counts": bool, "is_between": bool})


def _register_agreement(
    row: Mapping[Any, Any],
    choice: DateChoice,
    kinds: tuple[str, ...],
    panel: Panel,
    units: Mapping[tuple[str, str], str],
) -> dict[str, Any]:
    """Return the row of the register of an agreement, or of a link from a list without dates."""
    is_link, dates = "dates" not in row, tuple(row.get("dates", ()))
    candidate, stands_in = choice.choose(dates)
    chosen = None if candidate is None else candidate.date
    bounds = _bound(row if chosen is None else {}, choice, panel)
    if chosen is not None:
        onset = choice.onset(chosen, panel)
        bounds["onset"] = np.nan if onset is None else onset
    signed = next((d.date for d in dates if d.event == "signed"), chosen)
    candidates = [[d.label or d.event, d.date.iso, choice.onset(d.date, panel)] for d in dates]
    ended = row.get("ended")
    end = ended if isinstance(ended, TwinningDate) else None
    text = {name: "" if pd.isna(row.get(name, "")) else str(row.get(name, "")) for name in _TEXTS}
    if is_link and not text["twinning"]:
        ends = text["signatory"] or text["city"], text["partner_city"] or text["partner"]
        text["twinning"] = f"{ends[0]}-{ends[1]}, undated"
    return {
        **text,
        **bounds,
        "unit": units.get((str(row["city"]), str(row["partner"]) if panel.is_dyadic else ""), ""),
        "signed": "" if signed is None else signed.iso,
        "precision": "" if chosen is None else chosen.precision,
        "ended": "" if end is None else end.iso,
        "end": end,
        "candidates": json.dumps(candidates, ensure_ascii=False),
        "counts": is_link or not kinds or row.get("kind", "") in kinds,
        "is_between": bool(panel.waves) and choice.is_between(chosen, panel),
        "stand_in": f"{candidate.label or candidate.event} {candidate.date.iso}" if candidate and stands_in else "",
    }


def _bound(row: Mapping[Any, Any], choice: DateChoice, panel: Panel) -> dict[str, Any]:
    """Return what the bounds of an agreement's date say, its onset where they leave one or the sample out."""
    span = row["span"] if isinstance(row.get("span"), DateSpan) else DateSpan()
    earliest, latest = choice.find_ends(span, panel)
    if span.not_before and span.not_after and earliest > latest:
        dates = {"first": span.not_before.iso, "last": span.not_after.iso}
        raise DesignError(Text("design.bounds-crossed", city=str(row["city"]), partner=str(row["partner"]), **dates))
    is_outside = latest <= panel.first_period or earliest > panel.last_period
    onset = (latest if np.isfinite(latest) else earliest) if earliest == latest or is_outside else np.nan
    ends = {"onset": onset, "earliest": earliest, "latest": latest}
    return {
        "not_before": span.not_before.iso if span.not_before else "",
        "not_after": span.not_after.iso if span.not_after else "",
        **{name: end if np.isfinite(end) else np.nan for name, end in ends.items()},
    }


def find_spans(register: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return by unit the first and last onset that links without one, none later than a dated one, allow it."""
    if "latest" not in register:
        return {}
    of_unit = register[register["unit"] != ""]
    dated = of_unit["onset"].astype(float).groupby(of_unit["unit"]).min().dropna()
    of_unit = of_unit[of_unit["onset"].isna()]
    earliest = of_unit["earliest"].astype(float).fillna(-NEVER).groupby(of_unit["unit"]).min()
    latest = of_unit["latest"].astype(float).fillna(NEVER).groupby(of_unit["unit"]).min()
    spans = {str(unit): (float(earliest[unit]), float(latest[unit])) for unit in earliest.index}
    spans = {unit: span for unit, span in spans.items() if np.isfinite(span).any()}
    return {unit: span for unit, span in spans.items() if span[1] <= dated.get(unit, NEVER)}


def add_status(
    register: pd.DataFrame, onset: FloatArray, excluded: Mapping[str, str], linked: Collection[str], panel: Panel
) -> pd.DataFrame:
    """Return the register with the part each agreement's unit takes, and with flags a reader must see."""
    unit, first, last = register["unit"], panel.first_period, panel.last_period
    starts = unit.map(dict(zip(panel.units, onset, strict=True))).astype(float)
    status = np.select(
        [unit == "", unit.isin(list(excluded)), starts <= first, starts <= last],
        [NO_UNIT, unit.map(excluded).astype(object), ALWAYS, "treated"],
        AFTER,
    )
    has_link = unit.isin(list(linked)) & (starts > first) & (starts <= last)
    known = register["onset"].astype(float).where(unit != "")
    flagged = {"undated-link": has_link, "before": known <= first, "after": known > last}
    texts = [Text(f"design.flag-{key}") for key in flagged]
    flags = [Listed(tuple(compress(texts, row)), "semicolon") for row in zip(*flagged.values(), strict=True)]
    return register.assign(
        has_undated_link=has_link,
        flag=[str(flag) for flag in flags],
        flag_text=[pack_text(flag) if flag.items else "" for flag in flags],
        status=status,
    )
