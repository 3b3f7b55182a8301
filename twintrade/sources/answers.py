"""Answers as text tables: JSON and CSV read without touching a cell, with a clear error where they are neither."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from twintrade.sources.base import NO_ROWS, RawAnswer, Request, RowsPage, Source, refuse_answer
from twintrade.text import Listed, Text

_SHOWN = 200


def read_json(source: Source, request: Request, answer: RawAnswer) -> Any:
    """Return the JSON value of an answer, numbers as the text that stands there."""
    try:
        text = answer.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse_answer(source, request, Text("sources.not-utf8")) from None
    _refuse_page(source, request, text)
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise refuse_answer(source, request, Text("sources.no-json", head=text[:_SHOWN])) from None


def read_csv_page(source: Source, request: Request, answer: RawAnswer, needed: Sequence[str]) -> RowsPage:
    """Return the rows of a CSV answer."""
    try:
        text = answer.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse_answer(source, request, Text("sources.not-utf8")) from None
    _refuse_page(source, request, text)
    rows = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))]
    if len(rows) < 2:
        return NO_ROWS
    page = RowsPage(rows[0], tuple(rows[1:]))
    ragged = next((i for i, row in enumerate(page.rows, 2) if len(row) != len(page.columns)), None)
    if ragged is not None:
        raise refuse_answer(source, request, Text("sources.row-cut", row=ragged))
    require_columns(source, request, page.columns, needed)
    return page


def build_page(
    source: Source, request: Request, records: Sequence[Mapping[str, Any]], needed: Sequence[str]
) -> RowsPage:
    """Return rows made of records, with every name that any of them has, in the order of the first appearance."""
    if not records:
        return NO_ROWS
    if not all(isinstance(record, Mapping) for record in records):
        raise refuse_answer(source, request, Text("sources.no-records"))
    columns = tuple(dict.fromkeys(name for record in records for name in record))
    require_columns(source, request, columns, needed)
    return RowsPage(columns, tuple(tuple(write_cell(record.get(name)) for name in columns) for record in records))


def write_cell(value: object) -> str:
    """Return a JSON value as the text of a cell; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def require_columns(source: Source, request: Request, columns: Sequence[str], needed: Sequence[str]) -> None:
    """Refuse an answer without the columns that its table is read by."""
    missing = [name for name in needed if name not in columns]
    if missing:
        lists = {"missing": Listed(tuple(missing), "comma"), "columns": Listed(tuple(columns), "comma")}
        raise refuse_answer(source, request, Text("sources.columns-changed", **lists))


def _refuse_page(source: Source, request: Request, text: str) -> None:
    if text.lstrip()[:1] == "<":
        raise refuse_answer(source, request, Text("sources.web-page"))
