"""Treated pairs that need a look: jumps, only zeros after the agreement, or a partner that is no country any more."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency
from twintrade.data.geography import load_places
from twintrade.data.unit_jumps import Jump
from twintrade.design import Design
from twintrade.effects import Message
from twintrade.numerics.arrays import BoolArray
from twintrade.text import Text, list_some

_MAX_NAMED = 6


def list_treated_warnings(jumps: Sequence[Jump], design: Design) -> list[Message]:
    """Return warnings about units that are treated."""
    return [*_warn_of_jumps(jumps, design), *_warn_of_no_trade_after(design), *_warn_of_former_countries(design)]


def _warn_of_jumps(jumps: Sequence[Jump], design: Design) -> list[Message]:
    panel, onset = design.panel, design.onset
    inside = (onset > panel.first_period) & (onset <= panel.last_period)
    cities, partners = panel.cities[panel.unit_city], panel.partners[panel.unit_partner]
    treated = {(str(c), str(p)) for c, p in zip(cities[inside], partners[inside], strict=True)}
    of_cities = {city for city, _ in treated}
    is_any = not panel.is_dyadic
    mine = [
        jump
        for jump in jumps
        if panel.first_period <= jump.period <= panel.last_period
        and ((jump.city, jump.partner) in treated or (jump.city in of_cities and (is_any or not jump.partner)))
    ]
    if not mine:
        return []
    frequency = Frequency(panel.frequency)
    named = [jump.describe(frequency) for jump in sorted(mine, key=lambda jump: -jump.factor)]
    text = Text("data.treated-jump", n=len(mine), jumps=list_some(named, _MAX_NAMED, "semicolon"))
    return [Message("warning", "treated-jump", text)]


def _warn_of_no_trade_after(design: Design) -> list[Message]:
    """Name units that traded before their onset and have nothing but zeros from it on."""
    panel, onset = design.panel, design.onset
    values = panel.values(design.outcome)
    is_known, is_after = np.isfinite(values), panel.period >= onset[panel.unit]

    def have(rows: BoolArray) -> BoolArray:
        return np.bincount(panel.unit[rows], minlength=panel.n_units) > 0

    is_traded = is_known & (values != 0)
    is_inside = (onset > panel.first_period) & (onset <= panel.last_period)
    silent = is_inside & have(is_known & is_after) & ~have(is_traded & is_after) & have(is_traded & ~is_after)
    names = [str(name) for name in panel.units[silent]]
    if not names:
        return []
    listed = list_some(names, _MAX_NAMED)
    text = Text("data.no-trade-after", n=len(names), units=panel.unit_kind, names=listed)
    return [Message("warning", "no-trade-after", text)]


def _warn_of_former_countries(design: Design) -> list[Message]:
    """Name agreements in force when their country went out of the sample: those who follow it count as untreated."""
    register, places = design.treatment.register, load_places()
    if register.empty or not {"city", "partner", "ended"} <= set(register.columns):
        return []
    last_year = design.panel.last_period // Frequency(design.panel.frequency).per_year
    names = [
        f"{row['city']}-{row['partner']}"
        for row in register[register["unit"] != ""].to_dict("records")
        if (place := places.get(str(row["partner"]))) is not None
        and place.kind == "former"
        and place.valid_to is not None
        and place.valid_to < last_year
        and (pd.isna(row["ended"]) or not row["ended"])
    ]
    if not names:
        return []
    names = list(dict.fromkeys(names))
    return [
        Message(
            "warning", "former-country", Text("data.former-country", n=len(names), names=list_some(names, _MAX_NAMED))
        )
    ]
