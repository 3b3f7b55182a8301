"""Holds a publisher's rows against the question: nothing else, nothing twice, finite figures, clean text."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from twintrade.data.sources import quote_cell
from twintrade.sources.base import Request, RowsPage, Source, refuse_answer
from twintrade.text import Text, list_some

# Controls but for tab and line end, marks that turn the direction of text around, and halves of characters.
_UNCLEAN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_FIGURE = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_PARTS = ("city", "partner", "period", "subperiod", "product")
_MOST_NAMED, _MOST_ADDED = 6, 1_000_000

Cells = tuple[str, ...]


def check_page(source: Source, request: Request, page: RowsPage) -> None:
    """Refuse text that could steer a terminal, a code of a list that comes twice, and cells not asked for."""
    for row in (page.columns, *page.rows):
        if unclean := _UNCLEAN.search(" ".join(row)):
            raise refuse_answer(source, request, Text("sources.control", code=f"U+{ord(unclean[0]):04X}"))
    for name, wanted in request.asked:
        if name not in page.columns or not wanted:
            continue
        place, plain = page.columns.index(name), {_strip_zeros(cell) for cell in wanted}
        for row in page.rows:
            if _strip_zeros(row[place]) not in plain:
                asked = {"column": name, "cell": quote_cell(row[place]), "asked": list_some(wanted, _MOST_NAMED)}
                raise refuse_answer(source, request, Text("sources.not-asked", **asked))
    if request.key in page.columns:
        Contract(source, lambda columns: {"id": request.key}).take(request, page)


class Contract:
    """The rows of a table as they come; ``describe`` gives the lines that read a table with some columns."""

    def __init__(self, source: Source, describe: Callable[[Sequence[str]], Mapping[str, Any]]) -> None:
        self._source, self._describe = source, describe
        self._lines: Mapping[str, Any] = {}
        self._keys: set[Cells] = set()

    def take(self, request: Request, page: RowsPage) -> None:
        """Refuse a row whose key came before, and a figure that is no finite number."""
        if not page.rows:
            return
        self._lines = self._lines or self._describe(page.columns)
        columns = page.columns
        keys = _list_keys(self._lines, request, columns)
        value = columns.index(self._lines["value"]) if "value" in self._lines else None
        for row in page.rows:
            key = tuple(row[columns.index(name)] for name in keys)
            if key in self._keys:
                cells = list_some([quote_cell(cell) for cell in key], _MOST_NAMED)
                raise refuse_answer(self._source, request, Text("sources.row-twice", cells=cells))
            self._keys.add(key)
            if value is not None and row[value] and not _is_finite(row[value]):
                raise refuse_answer(self._source, request, Text("sources.no-figure", cell=quote_cell(row[value])))


def _list_keys(lines: Mapping[str, Any], request: Request, columns: Sequence[str]) -> list[str]:
    """Return the columns that tell rows apart: an identifier, or the parts of the table and what was asked for."""
    if lines.get("id") in columns:
        return [lines["id"]]
    named = [*(str(lines.get(part)) for part in _PARTS), *(name for name, _ in request.asked)]
    return [name for name in dict.fromkeys(named) if name in columns]


def list_silent(
    lines: Mapping[str, Any], requests: Sequence[Request], columns: Sequence[str], rows: Sequence[Cells]
) -> dict[Cells, Request]:
    """Return reporters and periods that were asked for and have no row, each with its request."""
    if "value" not in lines:
        return {}
    names = [name for name in (lines["city"], lines["period"], lines.get("subperiod")) if name]
    places = [columns.index(name) for name in names]
    seen = {tuple(_strip_zeros(row[place]) for place in places) for row in rows}
    reporters = tuple(dict.fromkeys(row[places[0]] for row in rows))
    asked = [
        (request, {names[0]: reporters} | {n: cells for n, cells in request.asked if cells}) for request in requests
    ]
    return {
        spot: request
        for request, cells in asked
        for spot in product(*(cells.get(name, ()) for name in names))
        if tuple(map(_strip_zeros, spot)) not in seen
    }


def list_missing(
    lines: Mapping[str, Any], silent: Mapping[Cells, Request], columns: Sequence[str], rows: Sequence[Cells]
) -> list[Cells] | None:
    """Return rows without a figure for all partners of silent reporters and periods; none if they are too many."""
    named = [lines["city"], lines["period"], *filter(None, [lines.get("subperiod")])]
    partner = columns.index(lines["partner"])
    partners = {row[partner]: row for row in rows}
    if len(silent) * len(partners) > _MOST_ADDED:
        return None
    rules = {*lines.get("drop", ()), *lines.get("where", ())}
    added = []
    for spot, request in silent.items():
        kept, put = {*_list_keys(lines, request, columns), *rules}, dict(zip(named, spot, strict=True))
        for row in partners.values():
            cells = zip(columns, row, strict=True)
            added.append(tuple(put.get(name, cell if name in kept else "") for name, cell in cells))
    return added


def _is_finite(cell: str) -> bool:
    return _FIGURE.fullmatch(cell) is not None and math.isfinite(float(cell))


def _strip_zeros(cell: str) -> str:
    """Return a code as it is compared: publishers write 03 and 3, 023 and 23."""
    return cell.lstrip("0") or "0"
