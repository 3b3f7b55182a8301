"""Delimited text to rows of cells, with the file's own row numbers and no silent repair."""

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from operator import itemgetter

import numpy as np

from twintrade.data.formats.encodings import decode
from twintrade.data.formats.kinds import refuse_other_kind
from twintrade.data.formats.raw_table import (
    TITLE_ROWS_SEARCHED,
    RawTable,
    check_header,
    clean_column_name,
    refuse_second_header,
    refuse_unnamed,
)
from twintrade.data.formats.reading_time import iterate_in_time, list_in_time
from twintrade.data.schema.file_format import FileFormat
from twintrade.data.sources import limits
from twintrade.data.sources.cells import build_text_array, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray
from twintrade.text import Text

_ROWS = 4096
"""Rows between two looks at the time."""
_SEPARATORS = (",", ";", "\t", "|")
_NAMES = {"\t": "tab", ";": "semicolon", "|": "bar"}


def parse_delimited(
    raw: bytes, needed: Sequence[str], needs_all: bool, declared: FileFormat, file: str, faults: Faults
) -> RawTable:
    """Read a delimited file as declared, or as its own bytes prove.

    ``needed``: declared columns; ``needs_all``: whether every other column is wanted too.
    """
    refuse_other_kind(raw, file)
    decoded = decode(raw, declared.encoding, file)
    lines = list(io.StringIO(decoded.text, newline=""))
    if not decoded.text.strip():
        raise DataError(f"{file} is empty")
    if declared.header > len(lines):
        raise DataError(f"{file} has {len(lines)} rows, and header = {declared.header} lies beyond them")
    separator = _separator(lines, needed, declared, file, needs_all)
    records, rows = _records(decoded.text, separator, file)
    above = records[: int(np.searchsorted(rows, declared.header))]
    title = " ".join(cell for record in above for cell in record)
    names, records, rows = _body(records, rows, declared, file)
    check_header(names, needed, declared.header, (), file, needs_all)
    _check_width(names, records, rows, file)
    refuse_second_header(names, records, rows, file)
    if declared.separator is None and separator != ",":
        faults.inform("separator", Text("data.separator-proven", separator=_NAMES[separator]), file)
    if declared.encoding is None and not decoded.encoding.startswith("utf-8"):
        faults.inform("encoding", Text("data.encoding-proven", encoding=decoded.encoding), file)
    if needs_all:
        refuse_unnamed(names, records, file)
    kept = [(i, name) for i, name in enumerate(names) if name and (needs_all or name in needed)]
    columns = {name: build_text_array(list(map(itemgetter(i), records))) for i, name in kept}
    unread = tuple(name for name in names if name and name not in columns)
    return RawTable(columns, rows, encoding=decoded.encoding, separator=separator, title=title, unread=unread)


def _separator(lines: list[str], needed: Sequence[str], declared: FileFormat, file: str, is_wide: bool) -> str:
    """Return the declared separator, or the one under which every declared column exists."""
    if declared.separator is not None:
        separator = "\t" if declared.separator == "tab" else declared.separator
        if len(separator) != 1:
            raise DataError(f'{file}: separator = {separator!r} is not one character (a tab is "tab")')
        return separator
    header = lines[declared.header - 1]
    fitting = [s for s in _SEPARATORS if set(needed) <= set(_names(header, s))]
    wide = [s for s in fitting if len(_names(header, s)) > 1]
    if len(wide) > 1:
        raise DataError(f'{file}: several separators fit the header; set separator, as in separator = ";"')
    if fitting:
        return (wide or fitting)[0]
    likely = max(_SEPARATORS, key=lambda s: (len(set(needed) & set(_names(header, s))), len(_names(header, s))))
    titles = (_names(line, s) for line in lines[:TITLE_ROWS_SEARCHED] for s in _SEPARATORS)
    by_row = list(titles)
    first_rows = [
        max(by_row[i : i + len(_SEPARATORS)], key=lambda names: len(set(needed) & set(names)))
        for i in range(0, len(by_row), len(_SEPARATORS))
    ]
    check_header(_names(header, likely), needed, declared.header, first_rows, file, is_wide)
    return likely


def _body(
    records: list[list[str]], rows: IntArray, declared: FileFormat, file: str
) -> tuple[list[str], list[list[str]], IntArray]:
    """Return the header, the records below it that are not blank, and their row numbers."""
    start = int(np.searchsorted(rows, declared.header))
    if start >= rows.size or rows[start] != declared.header:
        raise DataError(f"{file}: header = {declared.header} is not the start of a row")
    names = [clean_column_name(name) for name in records[start]]
    stop = rows.size if declared.last_row is None else int(np.searchsorted(rows, declared.last_row, side="right"))
    body, numbers = records[start + 1 : stop], rows[start + 1 : stop]
    is_full = np.fromiter(map(bool, map(str.strip, map("".join, body))), dtype=bool, count=len(body))
    if not is_full.all():
        body = [r for r, full in zip(body, is_full, strict=True) if full]
        numbers = numbers[is_full]
    if not body:
        raise DataError(f"{file} has a header and no rows")
    return names, body, numbers


def _names(line: str, separator: str) -> list[str]:
    try:
        return [clean_column_name(name) for name in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


def _records(text: str, separator: str, file: str) -> tuple[list[list[str]], IntArray]:
    previous = csv.field_size_limit(limits.MAX_FIELD_CHARACTERS)
    try:
        if '"' not in text:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=csv.QUOTE_NONE)
            records = list_in_time(reader, _ROWS)
            return records, np.arange(1, len(records) + 1, dtype=np.int64)
        return _quoted_records(text, separator, file)
    except csv.Error as error:
        if "larger" in str(error):
            raise DataError(Text("data.huge-cell", file=file, most=limits.MAX_FIELD_CHARACTERS)) from None
        raise DataError(f"{file}: {error}") from None
    finally:
        csv.field_size_limit(previous)


def _quoted_records(text: str, separator: str, file: str) -> tuple[list[list[str]], IntArray]:
    with suppress(csv.Error):  # the row is looked for below
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        whole = list_in_time(reader, _ROWS)
        if reader.line_num == len(whole):
            return whole, np.arange(1, len(whole) + 1, dtype=np.int64)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records: list[list[str]] = []
    rows: list[int] = []
    start = 1
    try:
        for record in iterate_in_time(reader, _ROWS):
            records.append(record)
            rows.append(start)
            start = reader.line_num + 1
    except csv.Error:
        raise DataError(
            f"{file} row {start}: a quotation mark opens here and is not closed; double it inside quoted text"
        ) from None
    return records, np.array(rows, dtype=np.int64)


def _check_width(names: list[str], records: list[list[str]], rows: IntArray, file: str) -> None:
    widths = np.fromiter(map(len, records), dtype=np.int64, count=len(records))
    ragged = np.flatnonzero(widths != len(names))
    if ragged.size:
        i = int(ragged[0])
        raise DataError(
            Text(
                "data.ragged-row",
                file=file,
                row=rows[i],
                n=widths[i],
                n_names=len(names),
                n_like=ragged.size,
                shown=quote_cell(" ".join(filter(None, map(str.strip, records[i])))),
                cause=_ragged_cause(ragged, widths, rows, len(names)),
            )
        )


def _ragged_cause(ragged: IntArray, widths: IntArray, rows: IntArray, n_names: int) -> Text:
    """Return what ragged rows probably are: a footer, where all rows below are so; cells too many or too few."""
    i = int(ragged[0])
    if i and ragged.size == widths.size - i:
        return Text("data.ragged-footer", last=rows[i - 1])
    return Text("data.ragged-separator" if widths[i] > n_names else "data.ragged-title")
