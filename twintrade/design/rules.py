"""Named rules that turn dates of agreements into onsets, so that nobody with an agreement is silently untreated."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency, TwinningDate
from twintrade.data.geography import find_code, has_other_letters, list_near_names, load_places
from twintrade.data.sources import fold_name
from twintrade.design.panel import Panel, require_word
from twintrade.design.register import (
    AFTER,
    ALWAYS,
    NEVER,
    PERIODS,
    REGISTER_COLUMNS,
    Agreements,
    DateChoice,
    Treatment,
    add_status,
    build_register,
    find_end,
    find_spans,
)
from twintrade.effects.messages import Level, Message, Remedy
from twintrade.errors import DesignError
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Listed, Text, Value, Words, describe_bounds, find_fact, list_some

# Agreements whose city or partner is nearly one of the panel: a misspelt name must make no control.

MOST_AGREEMENTS = 5  # agreements that one message names


@dataclass(frozen=True, slots=True)
class Misspelt:
    """An agreement whose city or partner may be one of the panel."""

    agreement: str  # the agreement in words
    near: tuple[str, ...]  # the cities of the panel it may mean, and the partners
    units: tuple[str, ...]  # the units of the near names
    city: str  # as the agreement writes it
    near_city: str  # the first of the cities it may mean, "" where only the partner is misspelt
    partner: str  # as the agreement writes it
    near_partner: str  # the first of the partners it may mean, "" where only the city is misspelt


def find_misspelt_agreements(
    register: pd.DataFrame, panel: Panel, decided: Collection[str] = ()
) -> tuple[Misspelt, ...]:
    """Return agreements of no unit whose city, not ``decided`` to be another, and partner nearly are in the panel."""
    outside = register.loc[register["unit"] == "", ["twinning", "city", "partner"]]
    cities = _list_near(outside["city"], {str(city) for city in panel.cities}, decided)
    partners = _list_near(outside["partner"], {str(p) for p in panel.partners}) if panel.is_dyadic else {}
    partners = {name: known or _list_near_countries(name, panel) for name, known in partners.items()}
    ends = zip(panel.cities[panel.unit_city], panel.partners[panel.unit_partner], panel.units, strict=True)
    units = {(str(c), str(p)): str(u) for c, p, u in ends} if len(outside) else {}
    misspelt = []
    for row in outside.to_dict("records"):
        names = (str(row["city"]), str(row["partner"]) if panel.is_dyadic else "")
        near = (cities.get(names[0], ()), partners.get(names[1], ()))
        meant = [ends for ends in product(near[0] or names[:1], near[1] or names[1:]) if ends in units]
        if any(near) and meant:
            agreement = format_agreement(row["twinning"], row["city"], row["partner"])
            shown = tuple(dict.fromkeys(end for ends in meant for end in ends if end in near[0] + near[1]))
            firsts = [next((pair[k] for pair in meant if pair[k] in near[k]), "") for k in (0, 1)]
            of_units = tuple(units[ends] for ends in meant)
            misspelt.append(Misspelt(agreement, shown, of_units, names[0], firsts[0], names[1], firsts[1]))
    return tuple(misspelt)


def _list_near_countries(name: str, panel: Panel) -> tuple[str, ...]:
    """Return the partners of a panel whose country is nearly called so; none where the name is a country's."""
    if not name or find_code(name):
        return ()
    places = load_places()
    known = {places[code].name: str(p) for p in panel.partners if (code := find_code(str(p))) in places}
    return tuple(known[near] for near in list_near_names(name, set(known)))


def _list_near(names: pd.Series, known: set[str], decided: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return the near names of each name that is not known itself."""
    return {name: list_near_names(name, known) for name in set(map(str, names)) - known - set(decided)}


def format_agreement(twinning: object, city: object, partner: object) -> str:
    """Return an agreement as a message names it: its row or id and its two ends."""
    ends = f"{city}–{partner}" if partner else str(city)
    return f"{twinning} ({ends})"


def build_misspelt_message(misspelt: Sequence[Misspelt]) -> Message:
    """Return the warning about agreements whose city or partner is nearly one of the panel."""
    named = [Text("design.name-meant", agreement=m.agreement, near=Listed(m.near, "or")) for m in misspelt]
    names, is_whole = list_some(named, MOST_AGREEMENTS, "semicolon"), len(misspelt) <= MOST_AGREEMENTS
    text = Text("design.misspelt", n=len(misspelt), agreements=names, all_named=is_whole)
    lines = dict.fromkeys((m.city, m.near_city) for m in misspelt if m.near_city)
    remedy = Remedy("agreement_city", tuple(name for line in lines for name in line)) if lines else None
    return Message("warning", "unmatched-city", text, remedy=remedy)


def build_outside_messages(
    register: pd.DataFrame, panel: Panel, known: Collection[str] = (), *, is_wider: bool = False
) -> list[Message]:
    """Return the warning about cities not ``known``, unless left out on purpose, and the note on other agreements."""
    outside = register.loc[register["unit"] == "", ["twinning", "city", "partner"]]
    is_unknown = ~outside["city"].isin({*map(str, panel.cities), *known})
    is_unknown &= not is_wider
    if panel.is_dyadic:
        is_unknown &= outside["partner"].isin(set(map(str, panel.partners)))
    groups: tuple[tuple[pd.DataFrame, Level, str], ...] = (
        (outside[is_unknown], "warning", "unknown-city"),
        (outside[~is_unknown], "info", "agreement-outside-panel"),
    )
    messages = []
    for rows, level, code in groups:
        if rows.empty:
            continue
        ends = zip(rows["twinning"], rows["city"], rows["partner"], strict=True)
        names = list_some([format_agreement(*end) for end in ends], MOST_AGREEMENTS, "semicolon")
        values: dict[str, Value] = {"n": len(rows), "agreements": names}
        if code == "unknown-city":
            in_panel = sorted(map(str, panel.cities))
            in_letters = [str(c) for c in rows["city"] if has_other_letters(str(c), in_panel)]
            values |= {"other": in_letters[0] if in_letters else "none", "city": in_panel[0]}
        messages.append(Message(level, code, Text(f"design.{code}", **values)))
    return messages


MOST_NAMED = 60  # units that one message names

RuleName = Literal["first_agreement", "nth_agreement", "dose", "levels"]
WITH_DOSE = ("dose", "levels")
UndatedLink = Literal["flag", "exclude"]

OTHER_DATE: Literal["other-date"] = "other-date"
"""Code of the message that names units that count from another date than the one asked for first."""

OTHER_EVENT: Literal["another event: "] = "another event: "
"""Begins the reason of a unit that another named event moved; the event follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentRule:
    """How dates of agreements become the onset of a unit.

    Attributes
    ----------
    rule : {"first_agreement", "nth_agreement", "dose", "levels"}
        The first agreement between the two ends counts; or the n-th; or the number of agreements in force.
    date : str or tuple of str
        Which of an agreement's dates: "signed", "first", "last", or a kind of candidate date ("memorandum"). Of
        several the first that the agreement has. An agreement that has none of them is undated.
    n : int
        For ``nth_agreement``.
    late_from : int
        In annual panels an agreement from this month on counts from the next year; 13 never.
    kinds : tuple of str
        Kinds of agreement that count; empty for all. Agreements of other kinds keep their unit out of the comparison.
        For ``levels`` the lowest first: a unit's level is the highest in force.
    vague_years_later : int
        Years added where only the year is known: 0, or 1 for the check shown beside it.
    undated_link : {"flag", "exclude"}
        Whether a unit that has a dated agreement within the sample and a link without a date, which may be older,
        counts as treated and is flagged, or is undated and excluded.

    Examples
    --------
    >>> rule = tt.TreatmentRule(late_from=13)
    >>> tt.compare(panel, agreements, "exports_usd", rule=rule).treatment.is_absorbing
    True
    """

    rule: RuleName = "first_agreement"
    date: str | tuple[str, ...] = "signed"
    n: int = 1
    late_from: int = 12
    kinds: tuple[str, ...] = ()
    vague_years_later: int = 0
    undated_link: UndatedLink = "flag"

    def __post_init__(self) -> None:
        require_word("rule", self.rule, get_args(RuleName))
        require_word("undated_link", self.undated_link, get_args(UndatedLink))
        if not 1 <= self.late_from <= 13:
            raise DesignError(f"late_from is a month from 1 to 12, or 13 for never, not {self.late_from}")
        if self.n < 1:
            raise DesignError(f"n counts agreements from 1, not {self.n}")
        if self.is_by_level and not self.kinds:
            raise DesignError(Text("design.levels-without-kinds"))

    @property
    def is_by_level(self) -> bool:
        """Whether kinds of agreement are levels, the lowest first."""
        return self.rule == "levels"

    @property
    def dates(self) -> tuple[str, ...]:
        """The dates asked for, in order of preference."""
        return (self.date,) if isinstance(self.date, str) else tuple(self.date)

    @property
    def choice(self) -> DateChoice:
        """How an agreement's date is chosen."""
        return DateChoice(dates=self.dates, late_from=self.late_from, vague_years_later=self.vague_years_later)

    def describe(self, frequency: str, step: int = 1) -> Text:
        """Return the rule in words, for a panel of a frequency that is observed every ``step`` periods."""
        parts = [Text(f"design.rule-{self.rule}", n=self.n)]
        keys = ["design.rule-date", *["design.rule-else"] * (len(self.dates) - 1)]
        dates = [Text(key, name=find_fact("labels.date-", d)) for key, d in zip(keys, self.dates, strict=True)]
        parts.append(Text("design.rule-dates", dates=Listed(tuple(dates), "comma")))
        if self.kinds:
            parts.append(Text("design.rule-kinds", kinds=Listed(self.kinds)))
        if frequency == "year" and self.late_from <= 12:
            parts.append(Text("design.rule-late", month=self.late_from))
        parts.append(Text("design.rule-vague", years=self.vague_years_later))
        if self.undated_link == "exclude":
            parts.append(Text("design.rule-undated-link"))
        if step > 1:
            parts.append(Text("design.rule-step", step=step, period_name=frequency))
        return Text("design.rule", parts=Listed(tuple(parts), "semicolon"))


def build_treatment(agreements: Agreements, panel: Panel, rule: TreatmentRule | None = None) -> Treatment:
    """Apply a rule, by default the first agreement, to the agreements of a panel's units; register all of them."""
    rule = rule or TreatmentRule()
    register, moved = _move_to_observed(build_register(agreements, rule.choice, rule.kinds, panel), panel)
    unknown = sorted(set(agreements.also_linked) - set(panel.units))
    if unknown:
        raise DesignError(f"{unknown[0]!r} is named as linked without a date but is no unit of the panel")
    inside, names = register[register["unit"] != ""], ["signatory", "partner_city"]
    ends = inside["unit"] + "|" + inside["signatory"].map(fold_name) + "|" + inside["partner_city"].map(fold_name)
    is_undated, is_named = inside["onset"].isna(), (inside[names] != "").all(axis=1)
    is_same = is_named & ends.isin(ends[~is_undated])
    onset, position = np.full(panel.n_units, NEVER), {str(u): i for i, u in enumerate(panel.units)}
    counted = _take_counted(rule, register)
    onset[[position[unit] for unit in counted["unit"]]] = counted["onset"].to_numpy(dtype=np.float64)
    starts = inside["unit"].map(dict(zip(panel.units, onset, strict=True))).astype(float)
    is_later = (inside["earliest"].astype(float) >= starts) & (rule.rule not in WITH_DOSE)
    is_older = inside["counts"] & (inside["latest"].astype(float) < starts)
    linked = set(inside.loc[is_undated & ~is_same & ~is_later, "unit"]) | set(agreements.also_linked)
    aside = linked if rule.undated_link == "exclude" else set(inside.loc[is_undated & ~is_same & is_older, "unit"])
    is_inside = (onset > panel.first_period) & (onset <= panel.last_period)
    onset[is_inside & np.isin(panel.units, list(aside))] = NEVER
    is_of_onset = register["counts"] & (rule.rule != "nth_agreement" or rule.n == 1)
    register[["earliest", "latest"]] = register[["earliest", "latest"]].where(is_of_onset)
    misspelt = find_misspelt_agreements(register, panel, agreements.decided_cities)
    excluded = _excluded(register, onset, linked, {unit for m in misspelt for unit in m.units}, panel)
    if agreements.undated_policy == "error":
        _refuse_undated(excluded, register, panel)
    for unit in agreements.other_events:
        if unit not in position:
            raise DesignError(f"{unit!r} is named with another event but is no unit of the panel")
        if panel.first_period < onset[position[unit]] <= panel.last_period:
            raise DesignError(
                f"{unit} is treated within the sample itself; leave it out by name, not for another event"
            )
    excluded |= {unit: OTHER_EVENT + event for unit, event in agreements.other_events.items()}
    register = add_status(register, onset, excluded, linked, panel)
    dose = _dose(rule, register, onset, panel)
    messages = _messages(rule, register, excluded, agreements.other_events, panel)
    messages += _note_stand_ins(rule, register.loc[counted.index], panel)
    if moved:
        units, period = _list_units(moved), panel.frequency
        text = Text("design.message-between-observed", n=len(moved), units=units, period_name=period)
        messages.append(Message("info", "between-observed", text))
    known = {*agreements.decided_cities, *(m.city for m in misspelt)}
    messages += build_outside_messages(register, panel, known, is_wider=agreements.is_wider)
    if misspelt:
        messages.insert(0, build_misspelt_message(misspelt))
    columns = {name: register[name].to_numpy() for name in REGISTER_COLUMNS}
    periods = {name: register[name].astype("Int64") for name in PERIODS}
    return Treatment(
        units=panel.units,
        onset=onset,
        excluded=excluded,
        register=pd.DataFrame(columns | periods),
        rule=rule.describe(panel.frequency, panel.step),
        is_absorbing=dose is None or bool((np.diff(dose)[panel.unit[1:] == panel.unit[:-1]] >= 0).all()),
        dose=dose,
        messages=tuple(messages),
        levels=rule.kinds if rule.is_by_level else (),
    )


def list_flagged_units(treatment: Treatment) -> tuple[str, ...]:
    """Return the treated units that have another link without a date."""
    if treatment.register.empty:
        return ()
    flagged = treatment.register["has_undated_link"]
    return tuple(sorted(set(treatment.register.loc[flagged, "unit"])))


def _move_to_observed(register: pd.DataFrame, panel: Panel) -> tuple[pd.DataFrame, set[str]]:
    """Return the register with onsets between two observed periods moved to the later one, and whose they are."""
    if panel.waves:
        return register, set(register.loc[register["is_between"] & (register["unit"] != ""), "unit"])
    ahead = (panel.first_period - register["onset"]) % panel.step
    is_between = (register["onset"].between(panel.first_period, panel.last_period) & (ahead > 0)).fillna(False)
    onset = register["onset"].mask(is_between, register["onset"] + ahead)
    return register.assign(onset=onset), set(register.loc[is_between & (register["unit"] != ""), "unit"])


def _take_counted(rule: TreatmentRule, register: pd.DataFrame) -> pd.DataFrame:
    """Return of each unit the agreement from which it counts; the register has those of a unit by their onsets."""
    dated = register[(register["unit"] != "") & register["onset"].notna() & register["counts"]]
    return dated[dated.groupby("unit").cumcount() == (rule.n - 1 if rule.rule == "nth_agreement" else 0)]


def _excluded(
    register: pd.DataFrame, onset: FloatArray, linked: Collection[str], unmatched: Collection[str], panel: Panel
) -> dict[str, str]:
    """Who is in no comparison and not treated: linked in another way, without a date, or under another spelling."""
    untreated = set(panel.units[onset > panel.last_period])
    other = register[(register["unit"] != "") & ~register["counts"] & (register["onset"] <= panel.last_period)]
    excluded = dict.fromkeys(sorted(set(unmatched) & untreated), "unmatched")
    excluded |= dict.fromkeys(sorted(set(other["unit"]) & untreated), "other-kind")
    return excluded | dict.fromkeys(sorted(set(linked) & untreated), "undated")


def _refuse_undated(excluded: Mapping[str, str], register: pd.DataFrame, panel: Panel) -> None:
    undated = [u for u, reason in excluded.items() if reason == "undated"]
    if not undated:
        return
    dated = sorted(set(register[(register["unit"] == undated[0]) & register["onset"].isna()]["signed"]) - {""})
    first: Words = undated[0]
    if dated:
        first = Text("design.undated-vague", unit=first, date=dated[0], period_name=panel.frequency)
    raise DesignError(Text("design.undated-refused", n=len(undated), first=first))


def _dose(rule: TreatmentRule, register: pd.DataFrame, onset: FloatArray, panel: Panel) -> FloatArray | None:
    """Agreements in force by row, or their highest level; without such a rule 0/1 where one ended in the sample."""
    counted = register[(register["unit"] != "") & register["onset"].notna() & register["counts"]]
    frequency = Frequency.YEAR if panel.waves else Frequency(panel.frequency)
    ends = [float(find_end(e, frequency)) if isinstance(e, TwinningDate) else np.inf for e in counted["end"]]
    ends = list(panel.number_years(ends))
    if rule.rule not in WITH_DOSE and not (np.array([*ends, np.inf]) <= panel.last_period).any():
        return None
    position = {u: i for i, u in enumerate(panel.units)}
    in_force = np.zeros(panel.n_rows)
    for unit, start, end, kind in zip(counted["unit"], counted["onset"], ends, counted["kind"], strict=True):
        lasts = (panel.unit == position[unit]) & (panel.period >= int(start)) & (panel.period < end)
        level = 1.0 + rule.kinds.index(kind) if rule.is_by_level else 1.0
        in_force = np.maximum(in_force, level * lasts) if rule.is_by_level else in_force + lasts
    if rule.rule in WITH_DOSE:
        return in_force
    status = (in_force >= (rule.n if rule.rule == "nth_agreement" else 1)).astype(np.float64)
    return None if (status == (panel.period >= onset[panel.unit])).all() else status


def _list_units(units: Collection[str]) -> Text | Listed:
    names = sorted(set(units))
    shown = list_some(names, MOST_NAMED)
    return Text("design.register-lists-them", units=shown) if len(names) > MOST_NAMED else shown


def _messages(
    rule: TreatmentRule, register: pd.DataFrame, excluded: Mapping[str, str], moved: Collection[str], panel: Panel
) -> list[Message]:
    undated = [unit for unit, reason in excluded.items() if reason == "undated"]
    spans = {unit: span for unit, span in find_spans(register).items() if unit in undated} if undated else {}
    ends = {u: ["" if np.isinf(end) else panel.label(int(end)) for end in span] for u, span in spans.items()}
    bounded = [f"{unit} ({describe_bounds(first, last)})" for unit, (first, last) in ends.items()]
    unit, is_treated = register["unit"], register["status"] == "treated"
    cases: list[tuple[Level, str, Collection[str]]] = [
        ("warning", "treated-with-undated-link", unit[is_treated & register["has_undated_link"]].tolist()),
        ("info", "undated-excluded", [unit for unit in undated if unit not in spans]),
        ("info", "bounded-excluded", bounded),
        ("info", "other-kind-excluded", [u for u, reason in excluded.items() if reason == "other-kind"]),
        ("info", "other-event-excluded", [u for u in excluded if u in moved]),
        ("info", "treated-after-sample", unit[register["status"] == AFTER].tolist()),
    ]
    if not rule.vague_years_later:
        cases.append(("info", "year-precision", unit[is_treated & (register["precision"] == "year")].tolist()))
    return [
        Message(level, code, Text(f"design.message-{code}", n=len(set(units)), units=_list_units(units)))
        for level, code, units in cases
        if units
    ]


def _note_stand_ins(rule: TreatmentRule, counted: pd.DataFrame, panel: Panel) -> Iterator[Message]:
    """Note which units count from another date than the one asked for first, a vote in place of a signature."""
    stand_in = counted[(counted["stand_in"] != "") & counted["status"].isin(("treated", ALWAYS))]
    if stand_in.empty:
        return
    named = _list_units((stand_in["unit"] + " (" + stand_in["stand_in"] + ")").tolist())
    counts = {"n": len(stand_in), "n_treated": int((stand_in["status"] == "treated").sum())}
    wanted = find_fact("labels.date-", rule.dates[0])
    text = Text("design.message-other-date", units=panel.unit_kind, wanted=wanted, named=named, **counts)
    yield Message("info", OTHER_DATE, text)
