"""Opens a declared file, whatever its kind, as a table of text columns with its provenance."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from twintrade.data.formats import containers
from twintrade.data.formats.delimited import decode, parse_delimited
from twintrade.data.formats.raw_table import RawTable, build_raw_table, check_names, clean_column_name
from twintrade.data.formats.workbook import WORKBOOK_ENDINGS, parse_workbook
from twintrade.data.schema import Constant, FileFormat, RowRule
from twintrade.data.sources import limits
from twintrade.data.sources.faults import Faults, TextColumn, build_text_array, clean_name, quote_cell
from twintrade.data.sources.provenance import InputRecord, locate, read_data_card
from twintrade.errors import DataError
from twintrade.files import explain_memory, read_file
from twintrade.numerics.arrays import BoolArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, Words

# JSON to columns of text: a list of records, or of lists with the names first, also inside an answer's envelope.

_MAX_NAMED = 8
_MAX_DEPTH = 4


def parse_json(
    raw: bytes, declared_encoding: str | None, needed: Sequence[str], needs_all: bool, file: str
) -> RawTable:
    """Read a table written as JSON. Its first record is row 2, as if it had a header in row 1."""
    text, _ = decode(raw, declared_encoding, file)
    try:
        content = json.loads(
            text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_build_record
        )
    except (ValueError, RecursionError) as error:
        raise DataError(Text("data.damaged", file=file, kind="json", why=quote_cell(str(error)))) from None
    names, rows = _lay_out(_find_table(content, file), file)
    # A repeated filter leaves exact duplicates of columns.
    first = [names.index(name) for name in names]
    kept = [i for i, k in enumerate(first) if k == i or any(row[i] != row[k] for row in rows)]
    check_names([names[i] for i in kept], len(rows), needed, needs_all, file)
    columns = []
    for i in kept:
        name, cells = clean_column_name(names[i]), [row[i] for row in rows]
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


_ENDINGS = {
    "workbook": WORKBOOK_ENDINGS,
    "parquet": (".parquet",),
    "feather": (".feather", ".arrow"),
    "stata": (".dta",),
    "spss": (".sav", ".zsav"),
    "r": (".rds", ".rda", ".rdata"),
    "json": (".json",),
    "gzip": (".gz",),
    "zip": (".zip",),
}
_LAID_OUT = ("text", "gzip", "zip")
_TYPED = {"stata": containers.parse_stata, "spss": containers.parse_spss}


@dataclass(frozen=True, slots=True, eq=False)
class TextTable:
    """A file as text."""

    file: str  # declared path
    columns: Mapping[str, ObjectArray]  # (n_rows,)
    rows: IntArray  # (n_rows,): the file's own row numbers, header = 1
    record: InputRecord  # its provenance
    is_number: Mapping[str, BoolArray]  # cells that the file held as numbers, by column; absent for text files
    title: str = ""  # what stands above the header

    def column(self, name: str) -> TextColumn:
        """Return one column."""
        return TextColumn(name, self.file, self.columns[name], self.rows, self.is_number.get(name))

    def part(self, part: str | Constant, role: str) -> TextColumn:
        """Return the column that plays a part, or its one value in every row."""
        if isinstance(part, str):
            return self.column(part)
        return TextColumn(role, self.file, build_text_array([part.constant] * self.rows.size), self.rows)

    def keep(self, mask: BoolArray, rule: Words) -> "TextTable":
        """Return the rows of a mask, the others counted under a rule."""
        if mask.all():
            return self
        columns, typed = ({n: cells[mask] for n, cells in part.items()} for part in (self.columns, self.is_number))
        record = self.record.dropping(rule, int((~mask).sum()))
        return replace(self, columns=columns, rows=self.rows[mask], record=record, is_number=typed)


def open_table(
    root: Path, file: str, declared: FileFormat, needed: Sequence[str], faults: Faults, needs_all: bool = False
) -> TextTable:
    """Read a file as declared, with rows of its ``where`` and ``drop``; ``needs_all`` keeps undeclared columns."""
    raw = read_content(locate(root, file), file)
    wanted = [*dict.fromkeys([*needed, *(rule.column for rule in declared.row_rules)])]
    with containers.limit_time(file), explain_memory(file):
        read = _parsed(raw, file, declared, wanted, needs_all, faults)
    card = read_data_card(root, file)
    record = InputRecord(
        path=file,
        sha256=hashlib.sha256(raw).hexdigest(),
        bytes=len(raw),
        rows=read.rows.size,
        encoding=read.encoding,
        separator=read.separator,
        sheet=read.sheet,
        publisher=card.publisher,
        licence=card.licence,
        unread=read.unread,
        alike_sheets=read.alike_sheets,
    )
    table = TextTable(file, read.columns, read.rows, record, read.is_number, read.title)
    for rule in declared.row_rules:
        cells = [clean_name(cell) for cell in table.columns[rule.column]]
        values, there = {clean_name(value): value for value in rule.values}, set(cells)
        for name, value in values.items():
            if name not in there:
                faults.error("where", Text("data.no-row-of", value=quote_cell(value)), file, None, rule.column)
        mask = np.array([(cell in values) == rule.is_kept for cell in cells], dtype=bool)
        table = table.keep(mask, describe_rules((rule,)))
    return table


def describe_rules(rules: Sequence[RowRule]) -> Text:
    """Return rules of rows in words."""
    named = [Text("data.rule", name=r.column, values=Listed(r.values, "or"), kept=r.is_kept) for r in rules]
    return Text("data.dropped-where", rules=Listed(tuple(named)))


def read_content(path: Path, file: str) -> bytes:
    """Return the bytes of a file of bearable size."""
    size = path.stat().st_size
    if size > limits.MAX_INPUT_BYTES:
        raise DataError(
            f"{file} has {size:,} bytes, more than {limits.MAX_INPUT_BYTES:,}: read it with the microdata extra"
        )
    return read_file(path, file, limits.MAX_INPUT_BYTES)


def _parsed(
    raw: bytes, file: str, declared: FileFormat, needed: Sequence[str], needs_all: bool, faults: Faults
) -> RawTable:
    """Read a file by the ending of its name; a file that is something else is refused by its reader."""
    kind = find_kind(file)
    keys = ("header_rows", "repeated", "group_rows")
    laid_out = [key for key in keys if getattr(declared, key) not in (1, None, ())]
    if laid_out and kind not in (*_LAID_OUT, "workbook"):
        raise DataError(Text("data.no-layout-keys", file=file, n=len(laid_out), keys=Listed(tuple(laid_out), "and")))
    if kind == "workbook":
        return parse_workbook(raw, needed, needs_all, declared, file, faults)
    if kind == "json":
        return parse_json(raw, declared.encoding, needed, needs_all, file)
    if kind == "r":
        return containers.parse_r(raw, declared.member, needed, needs_all, file)
    if kind in ("parquet", "feather"):
        containers.load_extra("pyarrow", "parquet", file)
        from twintrade.data.formats import arrow_files

        return arrow_files.parse_arrow(kind, raw, needed, needs_all, file)
    if kind in _TYPED:
        return _TYPED[kind](raw, needed, needs_all, file)
    if kind == "gzip":
        raw = containers.expand(raw, file)
    elif kind == "zip":
        raw = containers.read_zip_table(raw, declared.member, file)
    return parse_delimited(raw, needed, needs_all, declared, file, faults)


def find_kind(file: str) -> str:
    """Return how a file is read, by the ending of its name."""
    name = file.lower()
    return next((kind for kind, endings in _ENDINGS.items() if name.endswith(endings)), "text")
