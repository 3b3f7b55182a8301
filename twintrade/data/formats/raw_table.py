"""A table as its file holds it, before any column has a meaning, and how a missing header is complained about."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from twintrade.data.calendar.periods import Frequency
from twintrade.data.sources.cells import quote_cell
from twintrade.errors import DataError
from twintrade.numerics.arrays import BoolArray, IntArray, ObjectArray
from twintrade.text import Listed, Text

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


def check_header(
    names: Sequence[str],
    needed: Sequence[str],
    header: int,
    first_rows: Iterable[Sequence[str]],
    file: str,
    is_wide: bool = False,
) -> None:
    """Refuse a header that lacks a declared column or has one twice.

    ``names``: the header; ``needed``: declared columns; ``header``: its row number; ``first_rows``: the first rows of
    the file, to find a header below a title; ``is_wide``: whether a wide layout is declared already.
    """
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise DataError(
            f"{file} row {header}: {', '.join(map(quote_cell, twice))} stands twice in the header: name every column "
            "once (a header of two rows has to become one row)"
        )
    absent = [name for name in needed if name not in names]
    if not absent:
        return
    for number, cells in enumerate(first_rows, 1):
        if set(needed) <= {clean_column_name(c) for c in cells}:
            raise DataError(
                f"{file} row {header} is not the header: the columns stand in row {number}; set header = {number}"
            )
    layout = None if is_wide else _find_wide_layout(names)
    raise DataError(
        Text(
            "data.no-column" if layout is None else "data.no-column-of-wide",
            file=file,
            row=header,
            names=Listed(tuple(map(quote_cell, absent)), "comma"),
            columns=Listed(tuple(quote_cell(n) for n in names if n), "comma"),
            **({} if layout is None else {"n_periods": layout[0], "period_name": layout[1].value}),
        )
    )


def refuse_second_header(names: Sequence[str], records: Iterable[Sequence[str]], rows: IntArray, file: str) -> None:
    """Refuse a table in which the header stands again, as where several tables were pasted below each other."""
    for record, row in zip(records, rows, strict=True):
        if record[0] == names[0] and [clean_column_name(cell) for cell in record] == list(names):
            raise DataError(
                f"{file} row {row}: the header stands here again: remove the row, or end the table with "
                f"last_row = {row - 1}"
            )


def _find_wide_layout(names: Sequence[str]) -> tuple[int, Frequency] | None:
    """Return how many columns are named by which period, when the header reads like a wide layout."""
    for frequency in Frequency:
        n_periods = sum(_is_period(name, frequency) for name in names)
        if n_periods >= _PERIODS_OF_A_WIDE_TABLE:
            return n_periods, frequency
    return None


def _is_period(name: str, frequency: Frequency) -> bool:
    try:
        frequency.parse(name)
    except ValueError:
        return False
    return True


def refuse_unnamed(names: Sequence[str], records: Iterable[Sequence[object]], file: str) -> None:
    """Refuse figures under a column without a name, in a layout in which every column counts."""
    unnamed = [i for i, name in enumerate(names) if not name]
    if unnamed and any(str(record[i]).strip() for record in records for i in unnamed):
        raise DataError(Text("data.unnamed-columns", file=file, column=unnamed[0] + 1, others=len(unnamed) - 1))
