"""Agreements whose city or partner is nearly one of the panel: a misspelt name must make no control."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product

import pandas as pd

from twintrade.data.geography import has_other_letters, list_near_names
from twintrade.design.panel import Panel
from twintrade.effects.messages import Level, Message, Remedy
from twintrade.text import Listed, Text, Value, list_some

MOST_AGREEMENTS = 5
"""Agreements that one message names."""


@dataclass(frozen=True, slots=True)
class Misspelt:
    """An agreement whose city or partner may be one of the panel."""

    agreement: str  # the agreement in words
    near: tuple[str, ...]  # the cities of the panel it may mean, and the partners
    units: tuple[str, ...]  # the units of the near names
    city: str  # as the agreement writes it
    near_city: str  # the first of the cities it may mean, "" where only the partner is misspelt


def find_misspelt_agreements(
    register: pd.DataFrame, panel: Panel, decided: Collection[str] = ()
) -> tuple[Misspelt, ...]:
    """Return agreements of no unit whose city and partner are, or nearly are, in the panel, in its spelling.

    ``decided``: cities that somebody has said to be no other.
    """
    outside = register[register["unit"] == ""]
    cities = _list_near(outside["city"], {str(city) for city in panel.cities}, decided)
    partners = _list_near(outside["partner"], {str(p) for p in panel.partners}) if panel.is_dyadic else {}
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
            first = next((city for city, _ in meant if city in near[0]), "")
            misspelt.append(Misspelt(agreement, shown, tuple(units[ends] for ends in meant), names[0], first))
    return tuple(misspelt)


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
    whole = "yes" if len(misspelt) <= MOST_AGREEMENTS else "no"
    names = list_some(named, MOST_AGREEMENTS, "semicolon")
    text = Text("design.misspelt", n=len(misspelt), agreements=names, all_named=whole)
    lines = dict.fromkeys((m.city, m.near_city) for m in misspelt if m.near_city)
    remedy = Remedy("agreement_city", tuple(name for line in lines for name in line)) if lines else None
    return Message("warning", "unmatched-city", text, remedy=remedy)


def build_outside_messages(
    register: pd.DataFrame, panel: Panel, known: Collection[str] = (), *, is_wider: bool = False
) -> list[Message]:
    """Return the warning about unknown cities, and the note on other agreements that concern no unit of the panel.

    ``known``: cities outside the panel that are misspelt, or that somebody has said to be no other; ``is_wider``:
    whether the trade tables leave cities of the register out on purpose, so that none is unknown.
    """
    outside = register[register["unit"] == ""]
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
