"""Agreements whose city or partner is nearly one of the panel: a misspelt name must make no control."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from twintrade.data.geography import find_near_name
from twintrade.design.panel import Panel
from twintrade.effects.messages import Message
from twintrade.text import Listed, Text, list_some

MOST_AGREEMENTS = 5
"""Agreements that one message names."""


@dataclass(frozen=True, slots=True)
class Misspelt:
    """An agreement whose city or partner may be one of the panel.

    Attributes
    ----------
    agreement : str
        The agreement in words.
    near : tuple of str
        The city or partner of the panel it may mean; both where both are misspelt.
    unit : str
        The unit of the near names.
    """

    agreement: str
    near: tuple[str, ...]
    unit: str


def find_misspelt_agreements(register: pd.DataFrame, panel: Panel) -> tuple[Misspelt, ...]:
    """Return agreements of no unit whose city and partner are, or nearly are, in the panel, in its spelling."""
    outside = register[register["unit"] == ""]
    cities = _near(outside["city"], {str(city) for city in panel.cities})
    partners = _near(outside["partner"], {str(p) for p in panel.partners}) if panel.is_dyadic else {}
    ends = zip(panel.cities[panel.unit_city], panel.partners[panel.unit_partner], panel.units, strict=True)
    units = {(str(c), str(p)): str(u) for c, p, u in ends} if len(outside) else {}
    misspelt = []
    for row in outside.to_dict("records"):
        names = (str(row["city"]), str(row["partner"]) if panel.is_dyadic else "")
        near = (cities.get(names[0], ""), partners.get(names[1], ""))
        meant = (near[0] or names[0], near[1] or names[1])
        if any(near) and (unit := units.get(meant, "")):
            agreement = format_agreement(row["twinning"], row["city"], row["partner"])
            misspelt.append(Misspelt(agreement, tuple(filter(None, near)), unit))
    return tuple(misspelt)


def _near(names: pd.Series, known: set[str]) -> dict[str, str]:
    """Return the near name of each name that is not known itself."""
    return {name: find_near_name(name, known) for name in set(map(str, names)) - known}


def format_agreement(twinning: object, city: object, partner: object) -> str:
    """Return an agreement as a message names it: its row or id and its two ends."""
    ends = f"{city}–{partner}" if partner else str(city)
    return f"{twinning} ({ends})"


def build_misspelt_message(misspelt: Sequence[Misspelt]) -> Message:
    """Return the warning about agreements whose city or partner is nearly one of the panel."""
    named = [Text("design.name-meant", agreement=m.agreement, near=Listed(m.near)) for m in misspelt]
    whole = "yes" if len(misspelt) <= MOST_AGREEMENTS else "no"
    names = list_some(named, MOST_AGREEMENTS, "semicolon")
    text = Text("design.misspelt", n=len(misspelt), agreements=names, all_named=whole)
    return Message("warning", "unmatched-city", text)


def build_outside_message(register: pd.DataFrame, *, is_listed: bool = False) -> Message | None:
    """Return the note on agreements that concern no unit of the panel, the first named; None where there are none.

    Parameters
    ----------
    register : DataFrame
    is_listed : bool
        Whether a file of the results lists them.
    """
    outside = register[register["unit"] == ""]
    if outside.empty:
        return None
    rows = zip(outside["twinning"], outside["city"], outside["partner"], strict=True)
    names = list_some([format_agreement(*ends) for ends in rows], MOST_AGREEMENTS, "semicolon")
    key = "design.outside-listed" if is_listed else "design.outside"
    return Message("info", "agreement-outside-panel", Text(key, n=len(outside), agreements=names))
