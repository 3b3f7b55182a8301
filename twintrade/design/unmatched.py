"""Ties whose city is not in the panel though a city of nearly that name is: a misspelling must make no control."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import pandas as pd

from twintrade.data.cells import folded
from twintrade.design.panel import Panel
from twintrade.effects.messages import Message

SHORTEST = 4
"""Letters from which names are compared: two codes of two letters are always alike."""

ALIKE = 0.8
"""Share of matching letters from which one name may stand for another (`difflib` ratio)."""

MOST_TIES = 5
"""Ties that one message names."""


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A tie whose city may be a city of the panel.

    Attributes
    ----------
    tie : str
        The tie in words.
    near : str
        The city of the panel it may mean.
    unit : str
        The near city's unit with the tie's partner.
    """

    tie: str
    near: str
    unit: str


def near_city(name: str, cities: Collection[str]) -> str:
    """Return the city whose name is nearly this one, "" where none is.

    Near are names that differ in case, accents and marks only; or that begin alike, have the same digits, at least
    ``SHORTEST`` letters and a ratio of at least ``ALIKE``.
    """
    mine = folded(name)
    best, near = ALIKE, ""
    for city in sorted(cities):
        other = folded(city)
        if mine and other == mine:
            return city
        if min(len(mine), len(other)) < SHORTEST or mine[0] != other[0] or _digits(mine) != _digits(other):
            continue
        matcher = SequenceMatcher(None, mine, other, autojunk=False)
        if matcher.quick_ratio() >= best and (ratio := matcher.ratio()) >= best:
            best, near = ratio, near if ratio == best and near else city
    return near


def misspelt_ties(register: pd.DataFrame, panel: Panel) -> tuple[Misspelt, ...]:
    """Return the ties of no unit whose partner is in the panel and whose city nearly is."""
    outside = register[register["unit"] == ""]
    known = {str(city) for city in panel.cities}
    near = {str(city): near_city(str(city), known) for city in set(outside["city"]) - known}
    ends = zip(panel.cities[panel.unit_city], panel.partners[panel.unit_partner], panel.units, strict=True)
    units = {(str(c), str(p)): str(u) for c, p, u in ends} if any(near.values()) else {}
    found = []
    for row in outside.to_dict("records"):
        city = near.get(str(row["city"]), "")
        unit = units.get((city, str(row["partner"]) if panel.is_dyadic else ""), "")
        if unit:
            found.append(Misspelt(tie_in_words(row["twinning"], row["city"], row["partner"]), city, unit))
    return tuple(found)


def tie_in_words(twinning: object, city: object, partner: object) -> str:
    """Return a tie as a message names it: its row or id and its two ends."""
    ends = f"{city}–{partner}" if partner else str(city)
    return f"{twinning} ({ends})"


def misspelt_message(misspelt: Sequence[Misspelt]) -> Message:
    """Return the warning about ties whose city is nearly one of the panel."""
    named = "; ".join(f"{m.tie}: is {m.near} meant?" for m in misspelt[:MOST_TIES])
    text = (
        f"{_count(len(misspelt))} a city that is not in the panel, though a city of nearly that name is: "
        f"{named}{_more(len(misspelt))}. The near city's units with these partners take no part. Correct the name, "
        "or say which city it is under city_names"
    )
    return Message("warning", "unmatched-city", text)


def outside_message(register: pd.DataFrame, where: str) -> Message | None:
    """Return the note on ties that concern no unit of the panel, the first named; None where there are none."""
    outside = register[register["unit"] == ""]
    if outside.empty:
        return None
    first = outside.head(MOST_TIES)
    named = "; ".join(
        tie_in_words(*ends) for ends in zip(first["twinning"], first["city"], first["partner"], strict=True)
    )
    count = "1 tie concerns" if len(outside) == 1 else f"{len(outside)} ties concern"
    return Message("info", "tie-outside-panel", f"{count} no unit of the panel: {named}{_more(len(outside))}{where}")


def _count(n: int) -> str:
    return "1 tie names" if n == 1 else f"{n} ties name"


def _more(n: int) -> str:
    return f" and {n - MOST_TIES} more" if n > MOST_TIES else ""


def _digits(name: str) -> str:
    return re.sub(r"\D", "", name)
