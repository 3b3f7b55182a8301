"""JSON to columns of text: a list of records, or of lists with the names first, also inside an answer's envelope."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from twintrade.data.formats.encodings import decode
from twintrade.data.formats.raw_table import RawTable, clean_column_name
from twintrade.data.formats.typed_columns import build_raw_table, check_names
from twintrade.data.sources.cells import quote_cell
from twintrade.errors import DataError
from twintrade.text import Listed, Text

_MAX_NAMED = 8
_MAX_DEPTH = 4


def parse_json(
    raw: bytes, declared_encoding: str | None, needed: Sequence[str], needs_all: bool, file: str
) -> RawTable:
    """Read a table written as JSON. Its first record is row 2, as if it had a header in row 1."""
    text = decode(raw, declared_encoding, file).text
    try:
        content = json.loads(
            text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_build_record
        )
    except (ValueError, RecursionError) as error:
        raise DataError(Text("data.damaged", file=file, kind="json", why=quote_cell(str(error)))) from None
    names, rows = _lay_out(_find_table(content, file), file)
    names, rows = _drop_repeated(names, rows)
    check_names(names, len(rows), needed, needs_all, file)
    columns = []
    for i, name in enumerate(map(clean_column_name, names)):
        cells = [row[i] for row in rows]
        if not any(isinstance(cell, list | dict) for cell in cells):
            columns.append((name, cells))
        elif name in needed:
            raise DataError(f"{file}: the column {name} holds lists or records, not one value a row")
    table = build_raw_table([(n, c) for n, c in columns if needs_all or n in needed], len(rows))
    return replace(table, unread=tuple(n for n, _ in columns if n not in table.columns))


def _refuse_constant(word: str) -> Any:
    raise ValueError(word)


def _build_record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{max(names, key=names.count)!r} stands twice in a record")
    return record


def _find_table(content: Any, file: str) -> list[Any]:
    """Return the list of rows: the whole file, or the one list of records or lists that an answer holds."""
    tables = list(_walk_tables(content, _MAX_DEPTH))
    if len(tables) == 1:
        return tables[0]
    shown = [*content][:_MAX_NAMED] if isinstance(content, dict) else []
    names = Listed(tuple(map(quote_cell, shown)), "comma")
    raise DataError(Text("data.json-no-table", file=file, n=len(shown), names=names))


def _walk_tables(content: Any, depth: int) -> Iterator[list[Any]]:
    if isinstance(content, list) and content and isinstance(content[0], dict | list):
        yield content
    elif isinstance(content, dict) and depth:
        for part in content.values():
            yield from _walk_tables(part, depth - 1)


def _lay_out(table: list[Any], file: str) -> tuple[list[str], list[list[Any]]]:
    """Return the names and the rows of records, or of lists with the names first."""
    kind = type(table[0])
    if any(type(row) is not kind for row in table):
        raise DataError(Text("data.json-mixed", file=file))
    if kind is dict:
        names = list(dict.fromkeys(name for record in table for name in record))
        return names, [[record.get(name) for name in names] for record in table]
    names = [str(name) for name in table[0]]
    for i, row in enumerate(table[1:], 2):
        if len(row) != len(names):
            raise DataError(Text("data.json-ragged", file=file, row=i, n=len(row), n_names=len(names)))
    return names, table[1:]


def _drop_repeated(names: list[str], rows: list[list[Any]]) -> tuple[list[str], list[list[Any]]]:
    """Return the columns without those that stand again, name and cells alike, as where a filter is repeated."""
    kept = [
        i for i, name in enumerate(names) if names.index(name) == i or any(r[i] != r[names.index(name)] for r in rows)
    ]
    return [names[i] for i in kept], [[row[i] for i in kept] for row in rows]
