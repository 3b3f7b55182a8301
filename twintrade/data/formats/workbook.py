"""Workbooks of Excel and OpenDocument to columns of text, nothing hidden or uncalculated taken in silence."""

import io
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any
from xml.etree import ElementTree

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook

from twintrade.data.formats import raw_table
from twintrade.data.formats.containers import iterate_in_time, read_parts
from twintrade.data.schema import FileFormat
from twintrade.data.sources import limits
from twintrade.data.sources.faults import Faults, quote_cell
from twintrade.errors import DataError
from twintrade.text import Listed, Text, list_some

# What the values of a worksheet do not show: hidden rows, merged cells, formulas never calculated.

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_NODES = 16_384  # elements between two looks at the time


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet's name, its part of the file, and whether it is visible."""

    name: str
    part: str
    is_visible: bool


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What has to be known of a sheet before its values are taken."""

    # n_rows, n_columns: Corner of the used range
    n_rows: int = 0
    n_columns: int = 0
    # hidden_rows, hidden_columns: Numbers counted from 1
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    # First row, first column, last row, last column of every merged range
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    uncalculated: list[tuple[int, int]] = field(default_factory=list)  # row and column of formulas without a value
    # Error values such as #DIV/0! by row and column: a reader that takes values alone sees blanks there
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


def list_sheets(parts: Mapping[str, bytes], file: str) -> list[Sheet]:
    """Return the worksheets of a workbook in their order."""
    try:
        book = ElementTree.fromstring(parts["xl/workbook.xml"])
        links = ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    except (KeyError, ElementTree.ParseError):
        raise DataError(f"{file} is a container but not a workbook: save it as .xlsx, or as .csv") from None
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    sheets = []
    for node in book.iter():
        if _tag(node) == "sheet":
            target = targets.get(node.get(_RELATIONSHIP), "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            sheets.append(Sheet(node.get("name", ""), part, node.get("state", "visible") == "visible"))
    return sheets


def read_sheet_facts(content: bytes, file: str) -> SheetFacts:
    """Walk a worksheet's XML once."""
    rows, columns, facts = 0, 0, SheetFacts()
    try:
        for _, node in iterate_in_time(ElementTree.iterparse(io.BytesIO(content)), _NODES):
            tag = _tag(node)
            if tag == "c" and len(node):
                place = _place(node.get("r", ""))
                rows, columns = max(rows, place[0]), max(columns, place[1])
                if node.get("t") == "e":
                    facts.errors[place] = _value(node) or "#ERROR!"
                elif any(_tag(child) == "f" for child in node) and _value(node) is None:
                    facts.uncalculated.append(place)
            elif tag == "row":
                if node.get("hidden") in ("1", "true"):
                    facts.hidden_rows.append(int(node.get("r", "0")))
                node.clear()
            elif tag == "col" and node.get("hidden") in ("1", "true"):
                facts.hidden_columns.extend(range(int(node.get("min", "1")), int(node.get("max", "1")) + 1))
            elif tag == "mergeCell":
                first, _, last = node.get("ref", "").partition(":")
                facts.merged.append((*_place(first), *_place(last or first)))
    except (ElementTree.ParseError, ValueError) as error:
        raise DataError(f"{file}: a sheet is damaged ({error}): save the workbook again") from None
    return replace(facts, n_rows=rows, n_columns=columns)


def format_cell_name(row: int, column: int) -> str:
    """Return a cell's name as a spreadsheet shows it: B7."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def _tag(node: ElementTree.Element) -> str:
    return node.tag.rpartition("}")[2]


def _value(cell: ElementTree.Element) -> str | None:
    """Return the stored value; None where there is none. A formula's empty text is a value."""
    for child in cell:
        if _tag(child) == "v":
            return child.text or ("" if cell.get("t") == "str" else None)
    return None


def _place(reference: str) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(f"cell {reference!r}")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column


# What the values of an OpenDocument sheet do not show: hidden rows, merged cells, formulas never calculated.

CONTENT = "content.xml"
_HIDDEN = ("collapse", "filter")
_CELLS = ("table-cell", "covered-table-cell")


def list_document_sheets(parts: Mapping[str, bytes], file: str) -> list[Sheet]:
    """Return the sheets of an OpenDocument spreadsheet in their order."""
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise DataError(f"{file} is encrypted: save it without a password")
    hidden_styles: set[str] = set()
    sheets, style = [], ""
    for event, node in _walk(parts[CONTENT], file):
        tag = _tag(node)
        if event == "start" and tag == "style":
            style = _get(node, "name")
        elif event == "start" and tag == "table-properties" and _get(node, "display") == "false":
            hidden_styles.add(style)
        elif event == "start" and tag == "table":
            sheets.append(Sheet(_get(node, "name"), CONTENT, _get(node, "style-name") not in hidden_styles))
        elif event == "end" and tag == "table-row":
            node.clear()
    if not sheets:
        raise DataError(f"{file} is a container but not a workbook: save it as .xlsx, or as .csv")
    return sheets


def read_document_facts(content: bytes, sheet: str, file: str) -> SheetFacts:
    """Walk one sheet of an OpenDocument spreadsheet once."""
    n_rows, n_columns, facts = 0, 0, SheetFacts()
    row, column, is_inside = 1, 1, False
    for event, node in _walk(content, file):
        tag = _tag(node)
        if tag == "table":
            is_inside = event == "start" and _get(node, "name") == sheet
        elif not is_inside or event == "start":
            continue
        elif tag == "table-column":
            n = _count(node, "number-columns-repeated", file)
            if _get(node, "visibility") in _HIDDEN:
                facts.hidden_columns.extend(range(column, column + min(n, len(content))))
            column += n
        elif tag == "table-row":
            n, at = _count(node, "number-rows-repeated", file), 1
            is_filled = False
            for cell in (c for c in node if _tag(c) in _CELLS):
                width = _count(cell, "number-columns-repeated", file)
                if len(cell) or _get(cell, "formula") or _get(cell, "value-type"):
                    is_filled = True
                    n_rows, n_columns = max(n_rows, row + n - 1), max(n_columns, at + width - 1)
                    _note_cell(cell, (row, at), facts)
                at += width
            if is_filled and _get(node, "visibility") in _HIDDEN:
                facts.hidden_rows.extend(range(row, row + min(n, len(content))))
            row += n
            node.clear()
    return replace(facts, n_rows=n_rows, n_columns=n_columns)


def _note_cell(cell: ElementTree.Element, place: tuple[int, int], facts: SheetFacts) -> None:
    row, column = place
    tall, wide = (int(_get(cell, f"number-{way}-spanned") or 1) for way in ("rows", "columns"))
    if tall > 1 or wide > 1:
        facts.merged.append((row, column, row + tall - 1, column + wide - 1))
    text = "".join(t for part in cell if _tag(part) == "p" for t in part.itertext())
    if any(key.endswith("}value-type") and value == "error" for key, value in cell.attrib.items()):
        facts.errors[place] = text or "#ERROR!"
    elif _get(cell, "formula") and not _get(cell, "value-type"):
        facts.uncalculated.append(place)


def _walk(content: bytes, file: str) -> Iterator[tuple[str, ElementTree.Element]]:
    try:
        yield from iterate_in_time(ElementTree.iterparse(io.BytesIO(content), ("start", "end")), _NODES)
    except (ElementTree.ParseError, ValueError) as error:
        raise DataError(f"{file}: a sheet is damaged ({error}): save the workbook again") from None


def _count(node: ElementTree.Element, name: str, file: str) -> int:
    text = _get(node, name) or "1"
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        raise DataError(f"{file}: a sheet is damaged ({name} {text[:20]!r}): save the workbook again")
    return int(text)


def _get(node: ElementTree.Element, name: str) -> str:
    return next((value for key, value in node.attrib.items() if key.rpartition("}")[2] == name), "")


WORKBOOK_ENDINGS = (".xlsx", ".xlsm", ".ods")
_MAX_NAMED = 8
_MOST_SHEETS = 24  # other sheets that are looked at
_ROWS = 1024  # rows between two looks at the time


def parse_workbook(
    raw: bytes, needed: Sequence[str], needs_all: bool, declared: FileFormat, file: str, faults: Faults
) -> raw_table.RawTable:
    """Read one sheet, the declared columns or all of them."""
    parts = read_parts(raw, file)
    sheets = _list_sheets(parts, file)
    sheet = _chosen(sheets, declared.sheet, file)
    facts = _read_facts(parts, sheet, file)
    grid = _cells(raw, sheet, file)
    for (row, column), text in facts.errors.items():
        grid[row - 1][column - 1] = text
    if len(grid) < declared.header:
        raise DataError(f"{file}: sheet {quote_cell(sheet.name)} is empty or ends above header = {declared.header}")
    header = [_write_row(row) for row in grid[: declared.header]]
    names = raw_table.join_header(header, declared.header_rows, file)
    stop = len(grid) if declared.last_row is None else declared.last_row
    is_filled = [any(c != "" for c in row) for row in grid[declared.header : stop]]
    if not any(is_filled):
        raise DataError(f"{file}: sheet {quote_cell(sheet.name)} has a header and no rows")
    records = list(compress(grid[declared.header : stop], is_filled))
    rows = np.flatnonzero(is_filled).astype(np.int64) + declared.header + 1
    numbers = set(map(int, rows))
    if declared.group_rows:
        names, records, rows = raw_table.expand_groups(names, records, rows, declared.group_rows, file)
    every, names = names, raw_table.keep_repeated(names, declared.repeated)
    titles = map(_write_row, grid[: raw_table.TITLE_ROWS_SEARCHED])
    raw_table.check_header(names, needed, declared.header, titles, file, needs_all)
    raw_table.refuse_second_header(every, map(_write_row, records), rows, file)
    _note_hidden(facts, int(rows[0]), int(rows[-1]), file, faults)
    kept = [(j, name) for j, name in enumerate(names) if name and (needs_all or name in needed)]
    read = {j + 1 - max(len(declared.group_rows) - 1, 0) for j, _ in kept}
    # Merged cells that hide nothing: names down several header rows, and rows of groups.
    groups = numbers - set(map(int, rows))
    merged = [
        (first, left, last, right)
        for first, left, last, right in facts.merged
        if not (declared.header_rows > 1 and last == declared.header and left == right)
        and not (first == last and first in groups)
    ]
    _refuse_unreadable(replace(facts, merged=merged), read, declared.header, int(rows[-1]), file)
    if needs_all:
        raw_table.refuse_unnamed(every, records, file)
    table = raw_table.build_raw_table(((name, [row[j] for row in records]) for j, name in kept), len(records))
    title = " ".join(c for row in header[:-1] for c in row if c)
    unread = tuple(name for name in every if name and name not in table.columns)
    others = [other for other in sheets if other.is_visible and other.name != sheet.name]
    alike = _list_alike(raw, others, list(table.columns), declared.header, file)
    return replace(table, rows=rows, sheet=sheet.name, title=title, unread=unread, alike_sheets=alike)


def _list_alike(
    raw: bytes, others: Sequence[Sheet], columns: Sequence[str], header: int, file: str
) -> tuple[str, ...]:
    """Return the sheets that have the columns of the one that is read, in their row of the header."""

    def has_columns(sheet: Sheet) -> bool:
        try:
            rows = _cells(raw, sheet, file)
        except DataError:  # another sheet may be anything
            return False
        names = map(raw_table.clean_column_name, _write_row(rows[header - 1])) if len(rows) > header else ()
        return set(columns) <= set(names)

    return tuple(sheet.name for sheet in others[:_MOST_SHEETS] if has_columns(sheet))


def _write_row(row: Sequence[Any]) -> list[str]:
    return [raw_table.format_cell(cell) for cell in row]


def list_visible_sheets(raw: bytes, file: str) -> list[str]:
    """Return the names of the sheets that are not hidden."""
    return [sheet.name for sheet in _list_sheets(read_parts(raw, file), file) if sheet.is_visible]


def _list_sheets(parts: Mapping[str, bytes], file: str) -> list[Sheet]:
    return list_document_sheets(parts, file) if CONTENT in parts else list_sheets(parts, file)


def _read_facts(parts: Mapping[str, bytes], sheet: Sheet, file: str) -> SheetFacts:
    """Return what has to be known of a sheet that is of bearable size."""
    if sheet.part == CONTENT:
        facts = read_document_facts(parts[CONTENT], sheet.name, file)
    else:
        facts = read_sheet_facts(parts.get(sheet.part, b""), file)
    if facts.n_rows * facts.n_columns > limits.MAX_SHEET_CELLS:
        corner = format_cell_name(facts.n_rows, facts.n_columns)
        raise DataError(
            f"{file}: sheet {quote_cell(sheet.name)} reaches to {corner}: clear the stray cells, or save as .csv"
        )
    return facts


def _chosen(sheets: list[Sheet], declared: str | None, file: str) -> Sheet:
    names = ", ".join(quote_cell(s.name) for s in sheets)
    if declared is not None:
        named = [s for s in sheets if raw_table.clean_column_name(s.name) == raw_table.clean_column_name(declared)]
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


def read_sheet_texts(raw: bytes, name: str, file: str) -> list[list[str]]:
    """Return the cells of a sheet as text, for a first look at a workbook within the limits."""
    parts = read_parts(raw, file)
    sheet = _chosen(_list_sheets(parts, file), name, file)
    _read_facts(parts, sheet, file)
    return [_write_row(row) for row in _cells(raw, sheet, file)]


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
    kinds = (("data.merged-inside", merged, ranges), ("data.uncalculated", uncalculated, formulas))
    reasons = [
        Text(key, row=places[0][0], n=len(names), cells=list_some(names, _MAX_NAMED))
        for key, places, names in kinds
        if places
    ]
    if reasons:
        raise DataError(Text("data.sheet-unread", file=file, reasons=Listed(tuple(reasons), "semicolon")))
