"""Delimited text to rows of cells, with the file's own row numbers and no silent repair."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.data import limits
from twintrade.data.cells import quoted
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray

_SEPARATORS = (",", ";", "\t", "|")
_SEPARATOR_NAMES = {"\t": "tab", "tab": "\t"}
_TITLE_ROWS_SEARCHED = 25


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The table of a file as text.

    Attributes
    ----------
    header : list of str
    records : list of list of str
        Rows below the header, all as wide as it.
    rows : IntArray, shape (n_rows,)
        The file's own row numbers.
    separator : str
    """

    header: list[str]
    records: list[list[str]]
    rows: IntArray
    separator: str


def parse_delimited(
    text: str, needed: Sequence[str], separator: str | None, header: int, last_row: int | None, file: str
) -> Grid:
    """Split a delimited file.

    Parameters
    ----------
    text : str
    needed : sequence of str
        Columns that the declaration names: the separator is the one under which they exist.
    separator : str or None
    header : int
        Row number of the column names.
    last_row : int or None
    file : str

    Raises
    ------
    DataError
        No separator or several fit, an unbalanced quote, a ragged row, an empty or header-only file, a title above
        the header: with the row, and the key to set.
    """
    if not text.strip():
        raise DataError(f"{file} is empty")
    lines = list(io.StringIO(text, newline=""))
    if header > len(lines):
        raise DataError(f"{file} has {len(lines)} rows, and header = {header} lies beyond them")
    separator = _SEPARATOR_NAMES.get(separator, separator) if separator else None
    separator = separator or _only_separator(lines, needed, header, file)
    if len(separator) != 1:
        raise DataError(f'{file}: separator = {separator!r} is not one character (a tab is "tab")')
    records, rows = _records(text, separator, file)
    start = int(np.searchsorted(rows, header))
    if start >= rows.size or rows[start] != header:
        raise DataError(f"{file}: header = {header} is not the start of a row")
    names = [" ".join(name.split()) for name in records[start]]
    stop = rows.size if last_row is None else int(np.searchsorted(rows, last_row, side="right"))
    records, rows = records[start + 1 : stop], rows[start + 1 : stop]
    is_blank = [not any(cell.strip() for cell in record) for record in records]
    if any(is_blank):
        records = [r for r, blank in zip(records, is_blank, strict=True) if not blank]
        rows = rows[~np.array(is_blank)]
    if not records:
        raise DataError(f"{file} has a header and no rows")
    _check_width(names, records, rows, file)
    return Grid(names, records, rows, separator)


def _only_separator(lines: list[str], needed: Sequence[str], header: int, file: str) -> str:
    fitting = [s for s in _SEPARATORS if set(needed) <= _names(lines[header - 1], s)]
    if len(fitting) == 1 or (fitting and len({len(_names(lines[header - 1], s)) for s in fitting}) == 1):
        return fitting[0]
    if fitting:
        widths = {s: len(_names(lines[header - 1], s)) for s in fitting}
        many = [s for s in fitting if widths[s] > 1]
        if len(many) == 1:
            return many[0]
        raise DataError(f'{file}: several separators fit the header; set separator, as in separator = ";"')
    for number, line in enumerate(lines[:_TITLE_ROWS_SEARCHED], 1):
        if any(set(needed) <= _names(line, s) for s in _SEPARATORS):
            raise DataError(
                f"{file} row {header} is not the header: the columns stand in row {number}; set header = {number}"
            )
    best = max(_SEPARATORS, key=lambda s: len(set(needed) & _names(lines[header - 1], s)))
    absent = [name for name in needed if name not in _names(lines[header - 1], best)]
    has = ", ".join(quoted(n) for n in sorted(_names(lines[header - 1], best)))
    raise DataError(f"{file} row {header}: no column {', '.join(map(quoted, absent))}; the file has {has}")


def _names(line: str, separator: str) -> set[str]:
    try:
        return {" ".join(name.split()) for name in next(csv.reader([line], delimiter=separator), [])}
    except csv.Error:
        return set()


def _records(text: str, separator: str, file: str) -> tuple[list[list[str]], IntArray]:
    previous = csv.field_size_limit(limits.MAX_FIELD_CHARACTERS)
    try:
        if '"' not in text:
            records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=csv.QUOTE_NONE))
            return records, np.arange(1, len(records) + 1, dtype=np.int64)
        return _quoted_records(text, separator, file)
    except csv.Error as error:
        raise DataError(f"{file}: {error}") from None
    finally:
        csv.field_size_limit(previous)


def _quoted_records(text: str, separator: str, file: str) -> tuple[list[list[str]], IntArray]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records: list[list[str]] = []
    rows: list[int] = []
    start = 1
    try:
        for record in reader:
            records.append(record)
            rows.append(start)
            start = reader.line_num + 1
    except csv.Error:
        raise DataError(
            f"{file} row {start}: a quotation mark opens here and is not closed; double it inside quoted text"
        ) from None
    return records, np.array(rows, dtype=np.int64)


def _check_width(names: list[str], records: list[list[str]], rows: IntArray, file: str) -> None:
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise DataError(f"{file}: the columns {', '.join(map(quoted, sorted(twice)))} stand twice in the header")
    widths = np.fromiter(map(len, records), dtype=np.int64, count=len(records))
    ragged = np.flatnonzero(widths != len(names))
    if ragged.size:
        i = int(ragged[0])
        raise DataError(
            f"{file} row {rows[i]}: {widths[i]} cells under {len(names)} column names ({ragged.size} rows are "
            "like it). A title, a footer, or a separator inside an unquoted cell: mend it, or set header and last_row"
        )
