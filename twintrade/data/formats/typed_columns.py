"""Columns that a file holds as values of a type, as the columns of text that every reader gives."""

import datetime
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from twintrade.data.formats.raw_table import RawTable, check_header, clean_column_name
from twintrade.data.sources import limits
from twintrade.data.sources.cells import build_text_array
from twintrade.errors import DataError
from twintrade.numerics.arrays import BoolArray, ObjectArray
from twintrade.text import Text

FIRST_ROW = 2
"""Number of the first row of a file without lines, as if it had a header in row 1."""

_MOST_DIGITS = 400
"""Digits of a number written out; a longer one stays in scientific notation, which the number parser refuses."""


def format_cell(cell: Any) -> str:
    """Return a typed cell as the text that a clean file would hold."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        if not np.isfinite(cell):
            return str(cell)
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
