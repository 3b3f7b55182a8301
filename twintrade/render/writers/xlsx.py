"""All tables of a document as one workbook: a sheet a table, numbers as numbers, texts as texts, no formula ever."""

import io
import math
from datetime import datetime
from itertools import chain

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from twintrade.render.block_parts import format_caption, list_exhibits
from twintrade.render.blocks import (
    Cell,
    Document,
    Table,
)
from twintrade.render.writers.cells import convert_to_ascii, is_number
from twintrade.render.writers.zips import ZIP_TIME, normalize_zip

_LONGEST_NAME = 31


def render_xlsx(document: Document) -> bytes:
    """Return the tables of a document as XLSX.

    Every text is written as a string: a cell that begins with = is shown, never computed.
    """
    tables = [block for block in list_exhibits(document.blocks) if isinstance(block, Table)]
    stream = io.BytesIO()
    type_face = {"font_name": "Arial", "font_size": 10}
    with Workbook(stream, {"in_memory": True, "default_format_properties": type_face}) as book:
        book.set_properties({"created": datetime(*ZIP_TIME)})
        head = book.add_format({"bold": True})
        for name, table in zip(_names(tables), tables, strict=True):
            _fill(book.add_worksheet(name), table, head)
    return normalize_zip(stream.getvalue())


def _names(tables: list[Table]) -> list[str]:
    """Return sheet names: the tables' keys, short enough and never twice, for a spreadsheet also in another case."""
    names: list[str] = []
    for table in tables:
        name = table.key[:_LONGEST_NAME]
        count = 2
        while name.lower() in map(str.lower, names):
            name = f"{table.key[: _LONGEST_NAME - 4]}-{count}"
            count += 1
        names.append(name)
    return names


def _fill(sheet: Worksheet, table: Table, head: Format) -> None:
    """Write caption, header, body and notes of a table below each other."""
    titles = [[format_caption(table)], *(_line(cells, 0) for cells in table.header)]
    body = [_line(row.cells, i) for row in table.rows for i in range(max(len(cell.lines) for cell in row.cells))]
    for r, row in enumerate(chain(titles, body, ([note] for note in table.notes))):
        for c, text in enumerate(row):
            number = float(convert_to_ascii(text)) if is_number(text) and r >= len(titles) else math.inf
            if math.isfinite(number):
                sheet.write_number(r, c, number)
            elif text:
                sheet.write_string(r, c, _clean(text), head if r < len(titles) else None)


def _line(cells: tuple[Cell, ...], line: int) -> list[str]:
    """Return one line of a row's cells, each over the columns it spans."""
    return [
        text
        for cell in cells
        for text in (cell.lines[line] if line < len(cell.lines) else "", *[""] * (cell.span - 1))
    ]


def _clean(text: str) -> str:
    """Return a text without what no XML file may hold."""
    return "".join(c for c in text if c in "\t\n" or (ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF))
