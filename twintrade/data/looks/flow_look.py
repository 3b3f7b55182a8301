"""Guesses whether a table holds exports or imports, and who valued them how, from names and titles."""

from collections.abc import Iterable, Mapping, Sequence

from twintrade.data.calendar.months import strip_accents
from twintrade.data.formats.tables import TextTable
from twintrade.data.looks.ends_look import Direction, Ends
from twintrade.data.looks.file_look import Guess, build_question
from twintrade.data.looks.words import drop_both_flows, find_flow, find_role, find_trade, has_word_of
from twintrade.data.sources.cells import clean_name, quote_cell
from twintrade.text import Listed, Text

_VALUATIONS = ("fob", "cif", "fas")
_FLOWS = ("exports", "imports")
_LETTERS = {"x": "exports", "m": "imports"}
_MOST_FLOWS = 6
_WAY: Mapping[object, Direction] = {"exports": "out", "imports": "in"}


def look_for_flow(table: TextTable, names: Sequence[str], value: str, file: str, ends: Ends) -> list[Guess]:
    """Return the flow, whose statistics they are and, where a column names flows, the rows of one of them."""
    flow, where = _find_named(table, names, value, file, ends)
    reporter = Guess("reporter", "city", Text("data.look-own-name" if ends.has_reporter else "data.look-reporter"))
    if flow is None:
        if not ends.direction:
            return [Guess("flow", "exports", Text("data.look-nothing")), reporter]
        by_ends = "exports" if ends.direction == "out" else "imports"
        return [Guess("flow", by_ends, Text("data.look-flow-of-ends")), reporter]
    if flow.options or not ends.direction or _WAY[flow.value] == ends.direction:
        return [flow, reporter, *where]
    if ends.names_city:
        return [flow, Guess("reporter", "partner", Text("data.look-reporter-partner", flow=str(flow.value))), *where]
    return [
        build_question("flow", _FLOWS, Text("data.look-flow-against-ends", flow=str(flow.value))),
        reporter,
        *where,
    ]


def _find_named(
    table: TextTable, names: Sequence[str], value: str, file: str, ends: Ends
) -> tuple[Guess | None, list[Guess]]:
    """Return the flow that cells, names or titles speak of, None where nothing does, and the rows of it."""
    for name in names:
        cells = sorted({clean_name(c) for c in table.columns[name]}, key=len)
        flows = {c: _LETTERS.get(c.lower()) or find_flow(c) for c in cells[: _MOST_FLOWS + 1]}
        is_named = has_word_of(name, "flow")
        if len(cells) <= _MOST_FLOWS and (is_named or all(flows.values())):
            for flow in _FLOWS:
                if mine := [c for c in cells if flows[c] == flow]:
                    where = Guess("where", {name: mine[0]}, Text("data.look-one-flow"))
                    return Guess("flow", flow, Text("data.look-of-column", name=name)), [where]
            if is_named and len(cells) > 1:
                shown = Listed(tuple(map(quote_cell, cells)), "comma")
                return build_question(
                    "flow", _FLOWS, Text("data.look-flow-cells", name=quote_cell(name), cells=shown)
                ), []
    for text, key in ((value, "data.look-column-name"), (table.title, "data.look-title")):
        flow = _name_flow(text)
        if flow == "both":
            return build_question("flow", _FLOWS, Text("data.look-both-flows", shown=quote_cell(text))), []
        if flow:
            return Guess("flow", flow, Text(key)), []
    ends_of = (ends.city.value, ends.partner.value, *ends.city.options)
    rest = [n for n in table.columns if n not in ends_of and not find_role(n) and find_trade(n) != "other"]
    flow = _name_flow(" ".join([file, *rest]))
    return (Guess("flow", flow, Text("data.look-names")) if flow in _FLOWS else None), []


def _name_flow(text: str) -> str:
    """Return the flow that a text speaks of beside exports and imports together, which alone are both."""
    rest = drop_both_flows(text)
    return find_flow(rest or text) or ("both" if rest else "")


def look_for_valuation(texts: Iterable[str]) -> list[Guess]:
    """Return how the values are valued, where one way alone is named."""
    words = {
        w for text in texts for w in strip_accents(text).replace("(", " ").replace(")", " ").replace("_", " ").split()
    }
    named = [v for v in _VALUATIONS if v in words]
    return [Guess("valuation", named[0], Text("data.look-column-name"))] if len(named) == 1 else []
