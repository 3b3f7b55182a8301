"""Guesses whether a table holds exports or imports, and who valued them how, from names and titles."""

from collections.abc import Iterable, Sequence

from twintrade.data.calendar.months import strip_accents
from twintrade.data.formats.tables import TextTable
from twintrade.data.looks.file_look import Guess
from twintrade.data.sources.cells import clean_name
from twintrade.text import Text

_BOTH = "进出口"
_IN_CELLS = {"exports": ("export", "exp", "出口", "x"), "imports": ("import", "imp", "进口", "m")}
_IN_NAMES = {
    "exports": ("export", "exportac", "esportaz", "ausfuhr", "出口"),
    "imports": ("import", "importac", "einfuhr", "进口"),
}
_VALUATIONS = ("fob", "cif", "fas")


def look_for_flow(table: TextTable, names: Sequence[str], value: str, file: str) -> tuple[Guess, list[Guess]]:
    """Return the flow and, where a column names flows, the rows of the first one."""
    for name in names:
        cells = sorted({clean_name(c) for c in table.columns[name]})
        for flow, words in _IN_CELLS.items():
            mine = [c for c in cells if c.lower().rstrip("s") in words]
            if mine and len(cells) <= 4:
                where = Guess("where", {name: mine[0]}, Text("data.look-one-flow"))
                return Guess("flow", flow, Text("data.look-of-column", name=name)), [where]
    for text, key in (
        (value, "data.look-column-name"),
        (table.title, "data.look-title"),
        (" ".join([file, *table.columns]), "data.look-names"),
    ):
        if flow := _only_one(text):
            return Guess("flow", flow, Text(key)), []
    return Guess("flow", "exports", Text("data.look-nothing")), []


def look_for_valuation(texts: Iterable[str]) -> list[Guess]:
    """Return how the values are valued, where one way alone is named."""
    words = {
        w for text in texts for w in strip_accents(text).replace("(", " ").replace(")", " ").replace("_", " ").split()
    }
    named = [v for v in _VALUATIONS if v in words]
    return [Guess("valuation", named[0], Text("data.look-column-name"))] if len(named) == 1 else []


def _only_one(text: str) -> str:
    """Return the one flow that a text speaks of, "" where it speaks of both or none."""
    lowered = strip_accents(text).replace(_BOTH, "")
    named = [flow for flow, words in _IN_NAMES.items() if any(w in lowered for w in words)]
    return named[0] if len(named) == 1 else ""
