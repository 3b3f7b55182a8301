"""Workbooks of Excel and OpenDocument to columns of text, nothing hidden or uncalculated taken in silence."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook

from twintrade.data.formats.containers import read_parts
from twintrade.data.formats.open_document import CONTENT, list_document_sheets, read_document_facts
from twintrade.data.formats.raw_table import (
    TITLE_ROWS_SEARCHED,
    RawTable,
    check_header,
    clean_column_name,
    refuse_second_header,
    refuse_unnamed,
)
from twintrade.data.formats.reading_time import iterate_in_time
from twintrade.data.formats.sheet_facts import Sheet, SheetFacts, format_cell_name, list_sheets, read_sheet_facts
from twintrade.data.formats.typed_columns import format_cell
from twintrade.data.schema.file_format import FileFormat
from twintrade.data.sources import limits
from twintrade.data.sources.cells import build_text_array, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.errors import DataError
from twintrade.text import Listed, Text, list_some

WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".ods")
_MAX_NAMED = 8
_MOST_SHEETS = 24
"""Other sheets that are looked at."""
_ROWS = 1024
"""Rows between two looks at the time."""


def parse_workbook(
    raw: bytes, needed: Sequence[str], needs_all: bool, declared: FileFormat, file: str, faults: Faults
) -> RawTable:
    """Read one sheet, the declared columns or all of them."""
    parts = read_parts(raw, file)
    sheets = _list_sheets(parts, file)
    sheet = _chosen(sheets, declared.sheet, file)
    facts = _read_facts(parts, sheet, file)
    _check_size(facts, sheet, file)
    grid = _cells(raw, sheet, file)
    for (row, column), text in facts.errors.items():
        grid[row - 1][column - 1] = text
    table = _table(grid, facts, sheet, needed, needs_all, declared, file, faults)
    others = [other for other in sheets if other.is_visible and other.name != sheet.name]
    return replace(table, alike_sheets=_list_alike(raw, others, list(table.columns), declared.header, file))


def _list_alike(
    raw: bytes, others: Sequence[Sheet], columns: Sequence[str], header: int, file: str
) -> tuple[str, ...]:
    """Return the sheets that have the columns of the one that is read, in their row of the header."""

    def has_columns(sheet: Sheet) -> bool:
        try:
            rows = _cells(raw, sheet, file)
        except DataError:  # another sheet may be anything
            return False
        return len(rows) > header and set(columns) <= {clean_column_name(format_cell(c)) for c in rows[header - 1]}

    return tuple(sheet.name for sheet in others[:_MOST_SHEETS] if has_columns(sheet))


def list_visible_sheets(raw: bytes, file: str) -> list[str]:
    """Return the names of the sheets that are not hidden."""
    return [sheet.name for sheet in _list_sheets(read_parts(raw, file), file) if sheet.is_visible]


def _list_sheets(parts: Mapping[str, bytes], file: str) -> list[Sheet]:
    return list_document_sheets(parts, file) if CONTENT in parts else list_sheets(parts, file)


def _read_facts(parts: Mapping[str, bytes], sheet: Sheet, file: str) -> SheetFacts:
    if sheet.part == CONTENT:
        return read_document_facts(parts[CONTENT], sheet.name, file)
    return read_sheet_facts(parts.get(sheet.part, b""), file)


def _check_size(facts: SheetFacts, sheet: Sheet, file: str) -> None:
    if facts.n_rows * facts.n_columns > limits.MAX_SHEET_CELLS:
        corner = format_cell_name(facts.n_rows, facts.n_columns)
        raise DataError(
            f"{file}: sheet {quote_cell(sheet.name)} reaches to {corner}: clear the stray cells, or save as .csv"
        )


def _chosen(sheets: list[Sheet], declared: str | None, file: str) -> Sheet:
    names = ", ".join(quote_cell(s.name) for s in sheets)
    if declared is not None:
        named = [s for s in sheets if clean_column_name(s.name) == clean_column_name(declared)]
        if not named:
            raise DataError(f"{file} has no sheet {quote_cell(declared)}; it has {names}")
        return named[0]
    visible = [s for s in sheets if s.is_visible]
    if len(visible) != 1:
        raise DataError(f"{file} has the sheets {names}: set sheet to the one that counts")
    return visible[0]


def _cells(raw: bytes, sheet: Sheet, file: str) -> list[list[Any]]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(raw)) as book:
            content = book.get_sheet_by_name(sheet.name)
            left = [""] * (content.start[1] if content.start else 0)
            return [left + row for row in iterate_in_time(content.iter_rows(), _ROWS)]
    except (CalamineError, OSError, ValueError) as error:
        raise DataError(
            f"{file}: sheet {quote_cell(sheet.name)} cannot be read ({error}): save the workbook again"
        ) from None


def _table(
    grid: list[list[Any]],
    facts: SheetFacts,
    sheet: Sheet,
    needed: Sequence[str],
    needs_all: bool,
    declared: FileFormat,
    file: str,
    faults: Faults,
) -> RawTable:
    if len(grid) < declared.header:
        raise DataError(f"{file}: sheet {quote_cell(sheet.name)} is empty or ends above header = {declared.header}")
    names = [clean_column_name(format_cell(cell)) for cell in grid[declared.header - 1]]
    titles = ([format_cell(c) for c in row] for row in islice(grid, TITLE_ROWS_SEARCHED))
    check_header(names, needed, declared.header, titles, file, needs_all)
    stop = len(grid) if declared.last_row is None else declared.last_row
    body = [
        (i, row)
        for i, row in enumerate(grid[declared.header : stop], declared.header + 1)
        if any(c != "" for c in row)
    ]
    if not body:
        raise DataError(f"{file}: sheet {quote_cell(sheet.name)} has a header and no rows")
    rows = np.array([i for i, _ in body], dtype=np.int64)
    refuse_second_header(names, ([format_cell(c) for c in row] for _, row in body), rows, file)
    _note_hidden(facts, int(rows[0]), int(rows[-1]), file, faults)
    read = {c for c, name in enumerate(names, 1) if needs_all or name in needed}
    _refuse_unreadable(facts, read, declared.header, int(rows[-1]), file)
    if needs_all:
        refuse_unnamed(names, [row for _, row in body], file)
    columns, typed = {}, {}
    for j, name in enumerate(names):
        if not name or not (needs_all or name in needed):
            continue
        cells = [row[j] for _, row in body]
        columns[name] = build_text_array(format_cell(c) for c in cells)
        typed[name] = np.array([isinstance(c, int | float) and not isinstance(c, bool) for c in cells], dtype=bool)
    title = " ".join(format_cell(c) for row in grid[: declared.header - 1] for c in row if c != "")
    unread = tuple(name for name in names if name and name not in columns)
    return RawTable(columns, rows, typed, sheet=sheet.name, title=title, unread=unread)


def read_sheet_texts(raw: bytes, name: str, file: str) -> list[list[str]]:
    """Return the cells of a sheet as text, for a first look at a workbook within the limits."""
    parts = read_parts(raw, file)
    sheet = _chosen(_list_sheets(parts, file), name, file)
    _check_size(_read_facts(parts, sheet, file), sheet, file)
    return [[format_cell(cell) for cell in row] for row in _cells(raw, sheet, file)]


def _note_hidden(facts: SheetFacts, first: int, last: int, file: str, faults: Faults) -> None:
    hidden = [r for r in facts.hidden_rows if first <= r <= last]
    if hidden:
        text = Text("data.hidden-rows", n=len(hidden), rows=list_some(map(str, hidden), _MAX_NAMED))
        faults.warn("hidden-rows", text, file, hidden[0])
    if facts.hidden_columns:
        columns = [format_cell_name(1, c)[:-1] for c in facts.hidden_columns]
        faults.warn("hidden-columns", Text("data.hidden-columns", columns=list_some(columns, _MAX_NAMED)), file)


def _refuse_unreadable(facts: SheetFacts, columns: set[int], first: int, last: int, file: str) -> None:
    """Refuse merged cells and formulas without a value in some rows, both at once; of formulas, in some columns."""
    merged = sorted(m for m in facts.merged if m[0] <= last and m[2] >= first)
    uncalculated = sorted((r, c) for r, c in facts.uncalculated if first <= r <= last and c in columns)
    ranges = [f"{format_cell_name(a, b)}:{format_cell_name(c, d)}" for a, b, c, d in merged]
    formulas = [format_cell_name(*place) for place in uncalculated]
    reasons = [
        Text(key, row=places[0][0], n=len(names), cells=list_some(names, _MAX_NAMED))
        for key, places, names in (
            ("data.merged-inside", merged, ranges),
            ("data.uncalculated", uncalculated, formulas),
        )
        if places
    ]
    if reasons:
        raise DataError(Text("data.sheet-unread", file=file, reasons=Listed(tuple(reasons), "semicolon")))
