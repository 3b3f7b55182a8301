"""Public trade tables known by their headers: their parts are written down without guessing."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from twintrade.data.calendar.periods import Frequency
from twintrade.data.formats.tables import TextTable
from twintrade.data.geography.countries import resolve_column
from twintrade.data.looks.column_scores import score_periods
from twintrade.data.looks.ends_look import NO_ENDS
from twintrade.data.looks.file_look import Guess
from twintrade.data.looks.flow_look import look_for_flow
from twintrade.data.sources.cells import clean_name, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.text import Listed, Text

_MAX_CODES = 300


def look_for_layout(table: TextTable, file: str) -> list[Guess]:
    """Return the lines of a trade table whose layout is known, "" as reason where nothing is guessed.

    ``file``: its name may say which flow it holds, where no column does. Returns empty where the headers are those of
    no known layout.
    """
    names = {name.casefold(): name for name in table.columns}
    for layout in _load_layouts():
        if all(header.casefold() in names for header in layout["headers"]):
            return _list_lines(layout, table, names, file)
    return []


@cache
def _load_layouts() -> Sequence[Mapping[str, Any]]:
    text = resources.files("twintrade.data").joinpath("layouts.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["layout"])


def _list_lines(layout: Mapping[str, Any], table: TextTable, names: Mapping[str, str], file: str) -> list[Guess]:
    where: dict[str, str] = {}
    city, partner, value = (_find_filled(layout[part], table, names) for part in ("city", "partner", "value"))
    period = names[layout["period"].casefold()]
    lines = [
        Guess("", "", Text("data.look-layout", title=layout["title"])),
        Guess("city", city),
        Guess("partner", partner),
        *([Guess("country_codes", layout["country_codes"])] if "country_codes" in layout else []),
        Guess("period", period),
        *_list_subperiod(layout, table, names, period),
        Guess("value", value),
        Guess("money_unit", layout["money_unit"]),
        *([Guess("decimal", layout["decimal"])] if "decimal" in layout else []),
        _find_flow(layout, table, names, value, file, where),
        *([Guess("valuation", layout["valuation"])] if "valuation" in layout else []),
    ]
    for column, codes in layout.get("only", {}).items():
        _keep_only(column, codes, table, names, where, layout.get("needs_only", False))
    product = _list_product(layout, table, names, where)
    lines += [*product, *([Guess("where", where)] if where else [])]
    if layout.get("own_codes"):
        lines += _list_own_codes(table, partner)
    return lines


def _find_filled(columns: Sequence[str], table: TextTable, names: Mapping[str, str]) -> str:
    """Return the first of some columns that exists and is filled, else the first that exists."""
    present = [names[column.casefold()] for column in columns if column.casefold() in names]
    return next((n for n in present if all(c.strip() for c in table.columns[n])), present[0] if present else "")


def _list_subperiod(
    layout: Mapping[str, Any], table: TextTable, names: Mapping[str, str], period: str
) -> list[Guess]:
    if "subperiod" in layout and layout["subperiod"].casefold() in names:
        return [Guess("subperiod", names[layout["subperiod"].casefold()]), Guess("frequency", str(Frequency.MONTH))]
    frequency = layout.get("frequency") or str(score_periods([str(c) for c in table.columns[period]])[1])
    return [] if frequency == Frequency.YEAR else [Guess("frequency", frequency)]


def _find_flow(
    layout: Mapping[str, Any],
    table: TextTable,
    names: Mapping[str, str],
    value: str,
    file: str,
    where: dict[str, str],
) -> Guess:
    """Return the flow: of the layout, of its column of flows, else a guess."""
    declared = layout.get("flow", {})
    if "column" not in declared:
        known = next(iter(declared), "")
        return Guess("flow", known) if known else look_for_flow(table, [], value, file, NO_ENDS)[0]
    column = names[declared["column"].casefold()]
    for flow in ("exports", "imports"):
        if code := _keep_only(column, declared[flow], table, names, where, needs=False):
            others = {clean_name(c) for c in table.columns[column]} & set(declared[flow]) - {code}
            reason = Text("data.look-further-flow", code=code, others=Listed(tuple(sorted(others)))) if others else ""
            return Guess("flow", flow, reason)
    return Guess("flow", "exports", Text("data.look-nothing"))


def _keep_only(
    column: str,
    codes: Sequence[str],
    table: TextTable,
    names: Mapping[str, str],
    where: dict[str, str],
    needs: bool,
) -> str:
    """Keep the rows of the first of some codes that a column has, and return it; "" where it has none of them."""
    name = names.get(column.casefold())
    if name is None:
        return ""
    cells = {clean_name(c) for c in table.columns[name]}
    code = next((c for c in codes if c in cells), codes[0] if needs else "")
    if code and (len(cells) > 1 or needs):
        where[name] = code
    return code


def _list_product(
    layout: Mapping[str, Any], table: TextTable, names: Mapping[str, str], where: dict[str, str]
) -> list[Guess]:
    """Return the product's lines; where the table has a row for all products, that row alone is kept."""
    name = names.get(layout.get("product", "").casefold())
    if name is None or len(set(table.columns[name])) < 2:
        return []
    if _keep_only(name, layout.get("total", ()), table, names, where, needs=False):
        return []
    column = names.get(layout["revision"].casefold())
    revision: object = layout["revision"]
    if column is not None:
        classes = {clean_name(c) for c in table.columns[column]}
        revision = classes.pop() if len(classes) == 1 else {"column": column}
    return [Guess("product", name), Guess("product_revision", revision)]


def _list_own_codes(table: TextTable, partner: str) -> list[Guess]:
    """Return what a user has to write where the partners are codes of the publisher's own."""
    codes = sorted(set(table.columns[partner]))
    if len(codes) > _MAX_CODES or all(resolve_column(table.column(partner), {}, Faults()) != ""):
        return []
    return [
        Guess("partner_names", dict.fromkeys(codes, "CODE"), Text("data.look-own-codes", name=quote_cell(partner)))
    ]
