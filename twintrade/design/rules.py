"""Named rules that turn dates of agreements into onsets, so that nobody with an agreement is silently untreated."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency, TwinningDate
from twintrade.data.sources import format_counted
from twintrade.design.onset import find_end
from twintrade.design.panel import Panel
from twintrade.design.register import REGISTER_COLUMNS, DateChoice, Ties, add_status, build_register
from twintrade.design.treatment import NEVER, Treatment
from twintrade.design.unmatched import build_misspelt_message, build_outside_message, find_misspelt_ties
from twintrade.design.words import require_word
from twintrade.effects.messages import Level, Message
from twintrade.errors import DesignError
from twintrade.numerics.arrays import FloatArray

MOST_NAMED = 60
"""Units that one message names."""

RuleName = Literal["first_agreement", "nth_agreement", "dose"]

RULES: Mapping[RuleName, str] = {
    "first_agreement": "A pair counts as treated from its first agreement",
    "nth_agreement": "A pair counts as treated from its agreement number {n}",
    "dose": "A pair's dose is its number of agreements in force, and it counts as treated from the first",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentRule:
    """How dates of agreements become the onset of a unit.

    Attributes
    ----------
    rule : {"first_agreement", "nth_agreement", "dose"}
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
    vague_years_later : int
        Years added where only the year is known: 0, or 1 for the check shown beside it.
    """

    rule: RuleName = "first_agreement"
    date: str | tuple[str, ...] = "signed"
    n: int = 1
    late_from: int = 12
    kinds: tuple[str, ...] = ()
    vague_years_later: int = 0

    def __post_init__(self) -> None:
        require_word("rule", self.rule, list(RULES))
        if not 1 <= self.late_from <= 13:
            raise DesignError(f"late_from is a month from 1 to 12, or 13 for never, not {self.late_from}")
        if self.n < 1:
            raise DesignError(f"n counts agreements from 1, not {self.n}")

    @property
    def dates(self) -> tuple[str, ...]:
        """The dates asked for, in order of preference."""
        return (self.date,) if isinstance(self.date, str) else tuple(self.date)

    @property
    def choice(self) -> DateChoice:
        """How an agreement's date is chosen."""
        return DateChoice(dates=self.dates, late_from=self.late_from, vague_years_later=self.vague_years_later)

    def sentence(self, frequency: str) -> str:
        """Return the rule in words."""
        text = RULES[self.rule].replace("{n}", str(self.n)) + f"; the date taken is “{'”, else “'.join(self.dates)}”"
        if self.kinds:
            text += f"; only {' and '.join(self.kinds)} count"
        if frequency == "year" and self.late_from <= 12:
            text += f"; in month {self.late_from} or later it counts from the next year"
        later = f"{self.vague_years_later} year later" if self.vague_years_later else "that year"
        return text + f"; a date known only by its year counts from {later}."


def build_treatment(ties: Ties, panel: Panel, rule: TreatmentRule | None = None) -> Treatment:
    """Apply a rule to the agreements of a panel's units.

    Parameters
    ----------
    ties : Ties
    panel : Panel
    rule : TreatmentRule, optional
        The first agreement, by default.

    Returns
    -------
    Treatment
        With one row of the register for every agreement, also for those that match no unit.

    Raises
    ------
    DesignError
        Agreements without a date are among the panel's units and the policy does not say to exclude them; or a unit
        named as linked, or with another event, is not in the panel, or is treated itself.
    """
    rule = rule or TreatmentRule()
    register = build_register(ties, rule.choice, rule.kinds, panel)
    linked = _linked(register, ties, panel)
    onset = _onsets(rule, register, panel)
    misspelt = find_misspelt_ties(register, panel)
    excluded = _excluded(register, onset, linked, {m.unit for m in misspelt}, panel)
    _refuse_undated(excluded, ties, register, panel)
    excluded |= _moved_by_events(ties.other_events, onset, panel)
    register = add_status(register, onset, excluded, linked, panel)
    dose = _dose(rule, register, onset, panel)
    messages = _messages(rule, register, excluded, ties.other_events)
    if misspelt:
        messages.insert(0, build_misspelt_message(misspelt))
    return Treatment(
        units=panel.units,
        onset=onset,
        excluded=excluded,
        register=register[list(REGISTER_COLUMNS)],
        rule=rule.sentence(panel.frequency),
        is_absorbing=dose is None or _never_falls(dose, panel),
        dose=dose,
        messages=tuple(messages),
    )


def list_flagged_units(treatment: Treatment) -> tuple[str, ...]:
    """Return the treated units that have another link without a date."""
    if treatment.register.empty:
        return ()
    flagged = treatment.register["flag"].str.contains("undated", regex=False)
    return tuple(sorted(set(treatment.register.loc[flagged, "unit"])))


def _linked(register: pd.DataFrame, ties: Ties, panel: Panel) -> set[str]:
    """Units with a link that has no date."""
    unknown = sorted(set(ties.also_linked) - set(panel.units))
    if unknown:
        raise DesignError(f"{unknown[0]!r} is named as linked without a date but is no unit of the panel")
    undated = register[(register["unit"] != "") & register["onset"].isna()]
    return set(undated["unit"]) | set(ties.also_linked)


def _onsets(rule: TreatmentRule, register: pd.DataFrame, panel: Panel) -> FloatArray:
    onset = np.full(panel.n_units, NEVER)
    position = {str(u): i for i, u in enumerate(panel.units)}
    n = rule.n if rule.rule == "nth_agreement" else 1
    dated = register[(register["unit"] != "") & register["onset"].notna() & register["counts"]]
    for unit, ties in dated.groupby("unit"):
        if len(ties) >= n:
            onset[position[str(unit)]] = float(np.sort(ties["onset"].to_numpy(dtype=np.int64))[n - 1])
    return onset


def _excluded(
    register: pd.DataFrame, onset: FloatArray, linked: Collection[str], unmatched: Collection[str], panel: Panel
) -> dict[str, str]:
    """Who is in no comparison and not treated: linked in another way, without a date, or under another spelling."""
    untied = set(panel.units[onset > panel.last_period])
    other = register[(register["unit"] != "") & ~register["counts"] & (register["onset"] <= panel.last_period)]
    excluded = dict.fromkeys(sorted(set(unmatched) & untied), "unmatched")
    excluded |= dict.fromkeys(sorted(set(other["unit"]) & untied), "other-kind")
    return excluded | dict.fromkeys(sorted(set(linked) & untied), "undated")


def _moved_by_events(events: Mapping[str, str], onset: FloatArray, panel: Panel) -> dict[str, str]:
    """Units that another named event moved, with the event as the reason."""
    for unit in events:
        positions = np.flatnonzero(panel.units == unit)
        if not positions.size:
            raise DesignError(f"{unit!r} is named with another event but is no unit of the panel")
        if panel.first_period < onset[positions[0]] <= panel.last_period:
            raise DesignError(
                f"{unit} is treated within the sample itself; leave it out by name, not for another event"
            )
    return {unit: f"another event: {event}" for unit, event in events.items()}


def _refuse_undated(excluded: Mapping[str, str], ties: Ties, register: pd.DataFrame, panel: Panel) -> None:
    undated = [u for u, reason in excluded.items() if reason == "undated"]
    if not undated or ties.undated_policy != "error":
        return
    mine = register[(register["unit"] == undated[0]) & register["onset"].isna()]
    dated = sorted(set(mine["signed"]) - {""})
    known = f", known only as {dated[0]} in a panel of {panel.frequency}s" if dated else ""
    count = format_counted(len(undated), "unit has", "units have")
    raise DesignError(
        f"{count} an agreement whose date is not known (first: {undated[0]}{known}); they cannot be a comparison. "
        'Find the dates, or leave these units out with undated = "exclude" under each [[data.twinnings]] of the '
        'analysis file, or with undated="exclude" in a call of compare.'
    )


def _dose(rule: TreatmentRule, register: pd.DataFrame, onset: FloatArray, panel: Panel) -> FloatArray | None:
    """Agreements in force by row: for the rule ``dose``, and as 0/1 where an agreement ended in the sample."""
    counted = register[(register["unit"] != "") & register["onset"].notna() & register["counts"]]
    frequency = Frequency(panel.frequency)
    ends = [float(find_end(e, frequency)) if isinstance(e, TwinningDate) else np.inf for e in counted["end"]]
    if rule.rule != "dose" and not (np.array([*ends, np.inf]) <= panel.last_period).any():
        return None
    position = {u: i for i, u in enumerate(panel.units)}
    in_force = np.zeros(panel.n_rows)
    for unit, start, end in zip(counted["unit"], counted["onset"], ends, strict=True):
        in_force += (panel.unit == position[unit]) & (panel.period >= int(start)) & (panel.period < end)
    if rule.rule == "dose":
        return in_force
    needed = rule.n if rule.rule == "nth_agreement" else 1
    status = (in_force >= needed).astype(np.float64)
    return None if (status == (panel.period >= onset[panel.unit])).all() else status


def _never_falls(dose: FloatArray, panel: Panel) -> bool:
    same = panel.unit[1:] == panel.unit[:-1]
    return bool((np.diff(dose)[same] >= 0).all())


def _listed(units: Collection[str]) -> str:
    names = sorted(set(units))
    more = f" and {len(names) - MOST_NAMED} more; the register lists them" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _messages(
    rule: TreatmentRule, register: pd.DataFrame, excluded: Mapping[str, str], moved: Collection[str]
) -> list[Message]:
    treated = register[register["status"] == "treated"]
    flagged = treated["flag"].str.contains("undated", regex=False)
    cases: list[tuple[Level, str, Collection[str], str, str]] = [
        (
            "warning",
            "treated-with-undated-link",
            treated.loc[flagged, "unit"].tolist(),
            "treated unit has",
            "another link without a date; the first dated agreement makes the onset",
        ),
        (
            "info",
            "undated-excluded",
            [u for u, reason in excluded.items() if reason == "undated"],
            "unit is",
            "linked without a date: neither treated nor comparison",
        ),
        (
            "info",
            "other-kind-excluded",
            [u for u, reason in excluded.items() if reason == "other-kind"],
            "unit has",
            "only agreements of kinds that do not count here: neither treated nor comparison",
        ),
        (
            "info",
            "other-event-excluded",
            [u for u in excluded if u in moved],
            "unit is",
            "moved by another named event: in no comparison",
        ),
        (
            "info",
            "tied-after-sample",
            register.loc[register["status"] == "after the sample", "unit"].tolist(),
            "unit is",
            "treated after the last period: not yet treated within the sample",
        ),
    ]
    if not rule.vague_years_later:
        vague = treated.loc[treated["precision"] == "year", "unit"].tolist()
        cases.append(("info", "year-precision", vague, "treated unit has", "a date known only by its year"))
    messages = [
        Message(level, code, f"{format_counted(len(set(units)), one, _several(one))} {text}: {_listed(units)}")
        for level, code, units, one, text in cases
        if units
    ]
    outside = build_outside_message(register, "; payloads/ties_outside_panel.csv lists them")
    return [*messages, outside] if outside else messages


def _several(one: str) -> str:
    """Return "units have" for "unit has", "treated units are" for "treated unit is"."""
    return one.replace("unit", "units").replace(" has", " have").replace(" is", " are")
