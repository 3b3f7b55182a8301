"""A table as its file holds it, before any column has a meaning, and how a missing header is complained about."""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np

from twintrade.data.calendar import Frequency
from twintrade.data.sources import limits
from twintrade.data.sources.faults import build_text_array, quote_cell, try_parse
from twintrade.errors import DataError
from twintrade.numerics.arrays import BoolArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, Value

# What kind of file a name or its first bytes show, for files that are not read as delimited text.

_MAGIC: tuple[tuple[bytes | tuple[bytes, ...], str, str], ...] = (
    (b"PK\x03\x04", "zip", ".xlsx .ods .zip"),
    (b"PAR1", "parquet", ".parquet"),
    ((b"ARROW1", b"FEA1"), "feather", ".feather"),
    (b"<stata_dta>", "stata", ".dta"),
    (b"$FL2", "spss", ".sav"),
    (b"$FL3", "spss", ".zsav"),
    ((b"RDX2\n", b"RDX3\n"), "r", ".rda"),
    (b"X\n\0\0", "r", ".rds"),
    (b"\x1f\x8b", "gzip", ".gz .rds .rda"),
    (b"\xd0\xcf\x11\xe0", "office", ""),
    (b"%PDF", "pdf", ""),
    ((b"\0" * 12 + b"\xc2\xea\x81\x60", b"HEADER RECORD*******LIBRARY"), "sas", ""),
    (b"SQLite format 3\0", "sqlite", ""),
    (b"\0\x01\0\0Standard ", "access", ""),
    ((b"\x89HDF", b"MATLAB 5.0"), "hdf", ""),
    ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8"), "image", ""),
    ((b"Rar!", b"7z\xbc\xaf"), "rar", ""),
    ((b"\xfd7zXZ\0", b"BZh"), "packed", ""),
    (b"{\\rtf", "word", ""),
)
_PATTERNS = (
    (re.compile(rb"[\x6c-\x73][\x01\x02]\x01\0"), "stata", ".dta"),
    (re.compile(rb"\s*(\[\s*[\[{]|\{\s*\")"), "json", ".json"),
    (re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE), "html", ""),
    (re.compile(rb"\s*<\?xml"), "xml", ""),
)
_ENDINGS = {
    "excel": (".xls", ".xlsb"),
    "numbers": (".numbers",),
    "sas": (".sas7bdat", ".xpt"),
    "access": (".mdb", ".accdb"),
    "sqlite": (".sqlite", ".sqlite3"),
    "dbf": (".dbf",),
    "hdf": (".h5", ".hdf5", ".mat"),
    "pickle": (".pkl", ".pickle"),
    "pdf": (".pdf",),
    "html": (".html", ".htm"),
    "xml": (".xml",),
    "word": (".doc", ".docx", ".odt", ".rtf"),
    "image": (".png", ".jpg", ".jpeg", ".gif"),
    "rar": (".rar", ".7z"),
    "packed": (".xz", ".bz2"),
}
_UNPACKED = ("rar", "packed")


def refuse_other_kind(raw: bytes, file: str) -> None:
    """Refuse a file that is to be read as text and is of a kind that is none, and say of which."""
    start = raw[:64].removeprefix(b"\xef\xbb\xbf")
    by_name = ((kind, "") for kind, endings in _ENDINGS.items() if file.lower().endswith(endings))
    by_magic = ((kind, ending) for magic, kind, ending in _MAGIC if start.startswith(magic))
    by_pattern = ((kind, ending) for pattern, kind, ending in _PATTERNS if pattern.match(start))
    for kind, ending in chain(by_name, by_magic, by_pattern):
        way = "ending" if ending else "unpack" if kind in _UNPACKED else "html" if kind == "html" else "save"
        endings = Listed(tuple(ending.split()), "or")
        raise DataError(Text("data.no-text-file", file=file, kind=kind, way=way, ending=endings))


TITLE_ROWS_SEARCHED = 25
_PERIODS_OF_A_WIDE_TABLE = 3


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """Columns as text."""

    columns: Mapping[str, ObjectArray]  # (n_rows,)
    rows: IntArray  # (n_rows,): the file's own row numbers
    # Cells that the file held as numbers, for columns with any
    is_number: Mapping[str, BoolArray] = field(default_factory=dict)
    # encoding, separator, sheet: Empty where they do not apply
    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    title: str = ""  # what stands above the header
    unread: tuple[str, ...] = ()  # columns that were not asked for
    alike_sheets: tuple[str, ...] = ()  # other visible sheets of the workbook with the same columns


def clean_column_name(text: str) -> str:
    """Return a header as it is compared: in NFC, trimmed, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def join_header(above_table: Sequence[Sequence[str]], n_rows: int, file: str) -> list[str]:
    """Return the names of columns in the last rows; a cell of an upper row counts also for the empty to its right."""
    if not 0 < n_rows <= len(above_table):
        raise DataError(Text("data.header-rows", file=file, n=n_rows))
    *above, last = above_table[-n_rows:]
    names = [[cell] for cell in last]
    for row in reversed(above):
        spanning = ""
        for i, name in enumerate(names):
            spanning = row[i].strip() or spanning if i < len(row) else spanning
            name.insert(0, spanning)
    return [clean_column_name(" ".join(name)) for name in names]


def keep_repeated(names: Sequence[str], place: int | None) -> list[str]:
    """Return the names with only the one at a place kept of each that is repeated; the others become empty."""
    if place is None:
        return list(names)
    nth = place - 1
    return [n if names.count(n) == 1 or names[:i].count(n) == nth else "" for i, n in enumerate(names)]


def is_group_row(record: Sequence[object]) -> bool:
    """Whether a row has its first cell alone."""
    return bool(record) and bool(str(record[0]).strip()) and not any(map(str.strip, map(str, record[1:])))


def expand_groups(
    names: Sequence[str], records: Sequence[list[Any]], rows: IntArray, levels: Sequence[str], file: str
) -> tuple[list[str], list[list[Any]], IntArray]:
    """Return a table in which each row has its groups; a row after their rows opens the innermost, two more."""
    groups: list[str] = []
    opened: list[str] = []
    unfolded: list[list[Any]] = []
    kept, first = [], ""
    for i, record in enumerate(records):
        if is_group_row(record):
            opened.append(clean_column_name(format_cell(record[0])))
            continue
        groups = [*groups[: len(levels) - 1 - len(opened)], *opened]
        first = first or format_cell(record[0])
        if len(groups) != len(levels) - 1 or (opened and format_cell(record[0]) != first):
            named, opener = Listed(tuple(map(quote_cell, opened or levels)), "comma"), quote_cell(first)
            raise DataError(Text("data.group-rows", file=file, row=int(rows[i]), groups=named, first=opener))
        opened = []
        unfolded.append([*groups, *record])
        kept.append(i)
    return [*levels, *names[1:]], unfolded, rows[kept]


def check_header(
    names: Sequence[str],
    needed: Sequence[str],
    header: int,
    first_rows: Iterable[Sequence[str]],
    file: str,
    is_wide: bool = False,
) -> None:
    """Refuse a header that lacks a declared column or has one twice; ``first_rows`` find a header below a title."""
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise DataError(
            f"{file} row {header}: {', '.join(map(quote_cell, twice))} stands twice in the header: name every column "
            "once, or set header_rows where several rows name them, or repeated = 2 to read the second of each name"
        )
    absent = [name for name in needed if name not in names]
    if not absent:
        return
    for number, cells in enumerate(first_rows, 1):
        if set(needed) <= {clean_column_name(c) for c in cells}:
            raise DataError(
                f"{file} row {header} is not the header: the columns stand in row {number}; set header = {number}"
            )
    known: dict[str, Value] = {
        "file": file,
        "row": header,
        "names": Listed(tuple(map(quote_cell, absent)), "comma"),
        "columns": Listed(tuple(quote_cell(n) for n in names if n), "comma"),
    }
    for frequency in () if is_wide else Frequency:
        n_periods = sum(try_parse(frequency.parse, name) is not None for name in names)
        if n_periods >= _PERIODS_OF_A_WIDE_TABLE:
            layout = {"n_periods": n_periods, "period_name": frequency.value}
            raise DataError(Text("data.no-column-of-wide", **known, **layout))
    raise DataError(Text("data.no-column", **known))


def refuse_second_header(names: Sequence[str], records: Iterable[Sequence[str]], rows: IntArray, file: str) -> None:
    """Refuse a table with a repeated header, as when several tables were pasted below each other."""
    for record, row in zip(records, rows, strict=True):
        if record[0] == names[0] and [clean_column_name(cell) for cell in record] == list(names):
            raise DataError(
                f"{file} row {row}: the header stands here again: remove the row, or end the table with "
                f"last_row = {row - 1}"
            )


def refuse_unnamed(names: Sequence[str], records: Iterable[Sequence[object]], file: str) -> None:
    """Refuse figures under a column without a name, in a layout in which every column counts."""
    unnamed = [i for i, name in enumerate(names) if not name]
    if unnamed and any(str(record[i]).strip() for record in records for i in unnamed):
        raise DataError(Text("data.unnamed-columns", file=file, column=unnamed[0] + 1, others=len(unnamed) - 1))


# Columns that a file holds as values of a type, as the columns of text that every reader gives.

FIRST_ROW = 2  # number of the first row of a file without lines, as if it had a header in row 1

_MOST_DIGITS = 400
"""Digits of a number written out; a longer one stays in scientific notation, which the number parser refuses."""


def format_cell(cell: Any) -> str:
    """Return a typed cell as the text that a clean file would hold."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and np.isfinite(cell):
        return f"{Decimal(repr(cell)):f}".removesuffix(".0")
    if isinstance(cell, Decimal):
        return f"{cell:f}" if abs(cell.adjusted()) < _MOST_DIGITS else str(cell)
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell)


def check_names(names: Sequence[str], n_rows: int, needed: Sequence[str], needs_all: bool, file: str) -> list[str]:
    """Return the cleaned names of the columns, where the wanted ones exist once and are of bearable size."""
    cleaned = [clean_column_name(name) for name in names]
    if n_rows * max(len(names), 1) > limits.MAX_SHEET_CELLS * 10:
        raise DataError(Text("data.many-rows", file=file, n=n_rows))
    if not n_rows:
        raise DataError(Text("data.no-rows", file=file))
    check_header(cleaned, needed, 1, (), file, needs_all)
    return cleaned


def build_raw_table(columns: Iterable[tuple[str, ObjectArray | Iterable[Any]]], n_rows: int) -> RawTable:
    """Return columns of typed cells as text, which of them were numbers kept beside it; arrays are text already."""
    texts: dict[str, ObjectArray] = {}
    typed: dict[str, BoolArray] = {}
    for name, cells in columns:
        if isinstance(cells, np.ndarray):
            texts[name] = cells
            continue
        values = list(cells)
        texts[name] = build_text_array(map(format_cell, values))
        is_number = [isinstance(v, int | float | Decimal) and not isinstance(v, bool) for v in values]
        if any(is_number):
            typed[name] = np.array(is_number, dtype=bool)
    return RawTable(texts, np.arange(FIRST_ROW, n_rows + FIRST_ROW, dtype=np.int64), typed)
