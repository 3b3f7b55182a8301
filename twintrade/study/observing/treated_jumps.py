"""Jumps of treated pairs: they move the estimate itself, so a reader of the first page must know of them."""

from collections.abc import Sequence

from twintrade.data.calendar import Frequency
from twintrade.data.unit_jumps import Jump
from twintrade.design import Design
from twintrade.effects import Message
from twintrade.text import Text, list_some

_MAX_NAMED = 6


def list_treated_jumps(jumps: Sequence[Jump], design: Design) -> list[Message]:
    """Return a warning about jumps of pairs that are treated within the sample, if there are any."""
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
