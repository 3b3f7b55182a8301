"""Guesses whether a table holds exports or imports, and who valued them how, from names and titles."""

from collections.abc import Iterable, Sequence

from twintrade.data.calendar.months import strip_accents
from twintrade.data.formats.tables import TextTable
from twintrade.data.looks.file_look import Guess
from twintrade.data.sources.cells import clean_name

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
                where = Guess("where", {name: mine[0]}, "one flow at a time")
                return Guess("flow", flow, f"of the column {name}"), [where]
    for text, reason in (
        (value, "by the column's name"),
        (table.title, "as the rows above the header say"),
        (" ".join([file, *table.columns]), "by the names in the file"),
    ):
        if flow := _only_one(text):
            return Guess("flow", flow, reason), []
    return Guess("flow", "exports", "nothing in the file says it"), []


def look_for_valuation(texts: Iterable[str]) -> list[Guess]:
    """Return how the values are valued, where one way alone is named."""
    words = {
        w for text in texts for w in strip_accents(text).replace("(", " ").replace(")", " ").replace("_", " ").split()
    }
    found = [v for v in _VALUATIONS if v in words]
    return [Guess("valuation", found[0], "by the column's name")] if len(found) == 1 else []


def _only_one(text: str) -> str:
    """Return the one flow that a text speaks of, "" where it speaks of both or none."""
    lowered = strip_accents(text).replace(_BOTH, "")
    found = [flow for flow, words in _IN_NAMES.items() if any(w in lowered for w in words)]
    return found[0] if len(found) == 1 else ""
