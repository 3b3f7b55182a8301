"""All tables of a document as one workbook: a sheet a table, numbers as numbers, texts as texts, no formula ever."""

import csv
import io
import math
import zipfile
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import chain

import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from twintrade.render.blocks import Cell, Document, Table, format_caption, list_exhibits
from twintrade.render.writers.cells import clean, convert_to_ascii, escape_formula, is_number, spread_cells
from twintrade.text import Text, join_sentences
from twintrade.text.numbers import is_missing

# Zip archives whose bytes follow from their members alone.

ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def normalize_zip(archive: bytes) -> bytes:
    """Return a zip archive with its members in a fixed order and at a fixed time."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        names = sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n))
        return _write({name: source.read(name) for name in names}, {})


def pack_zip(members: Mapping[str, bytes], executable: Collection[str] = ()) -> bytes:
    """Return files as a zip archive in the order of their names, each with a fixed time and mode.

    ``members``: by path with forward slashes; ``executable``: paths of programs.
    """
    modes = {name: 0o100755 if name in executable else 0o100644 for name in members}
    return _write({name: members[name] for name in sorted(members)}, modes)


def _write(members: Mapping[str, bytes], modes: Mapping[str, int]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.create_system = 3
            info.external_attr = modes[name] << 16 if name in modes else info.external_attr
            target.writestr(info, content, zipfile.ZIP_DEFLATED, 6)
    return stream.getvalue()


# Frames and printed tables as CSV that no spreadsheet can mistake for a formula.


def _bytes(rows: Iterable[Iterable[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode("utf-8")


def render_frame_csv(frame: pd.DataFrame) -> bytes:
    """Return a frame at full precision."""
    rows = ([_value(v) for v in values] for values in frame.itertuples(index=False, name=None))
    return _bytes([[escape_formula(str(c)) for c in frame.columns], *rows])


def _value(value: object) -> str:
    if is_missing(value):
        return ""
    if isinstance(value, float):
        return repr(float(value))
    return escape_formula(value) if isinstance(value, str) else str(value)


def render_table_csv(table: Table) -> bytes:
    """Return a printed table: header rows, then body; each line of a cell is a row."""
    rows = [
        [escape_formula(text) for text in _line(cells, i)]
        for cells in (*table.header, *(r.cells for r in table.rows))
        for i in range(max(len(c.lines) for c in cells))
    ]
    if table.is_simulated:
        rows.append([str(Text("figures.simulated-data"))])
    return _bytes(rows)


# Tables as Markdown and as Typst source, to be pasted into a document of the author's own.

_TYPST = str.maketrans({c: f"\\{c}" for c in "\\#*_$[]<>@`~="})
_MARKDOWN = str.maketrans({"|": "\\|", "*": "\\*"})


def render_table_md(table: Table) -> str:
    """Return a table as a Markdown one, the lines of a cell below each other."""
    head, *further = [_list_texts(cells, _MARKDOWN, "<br>") for cells in table.header]
    rules = ["---" if column.align == "left" else "---:" for column in table.columns]
    body = [_list_texts(row.cells, _MARKDOWN, "<br>") for row in table.rows]
    lines = [f"| {' | '.join(row)} |" for row in (head, rules, *further, *body)]
    caption = [f"**{table.caption.translate(_MARKDOWN)}**", ""] if table.caption else []
    notes = ["", join_sentences(table.notes).translate(_MARKDOWN)] if table.notes else []
    return "\n".join([*caption, *lines, *notes])


def render_table_typst(table: Table) -> str:
    """Return a table as a Typst figure with its notes."""
    aligns = ", ".join("left" if column.align == "left" else "right" for column in table.columns)
    rule, thin = "  table.hline(),", "  table.hline(stroke: 0.4pt),"
    lines = ["#figure(", f"  caption: [{table.caption.translate(_TYPST)}],", "  table("]
    lines += [f"  columns: {len(table.columns)}, align: ({aligns}), stroke: none,", rule]
    lines += [_row(cells) for cells in table.header]
    for i, group in enumerate(table.groups):
        lines += [thin if i else rule, *(_row(row.cells) for row in group)]
    notes = join_sentences(table.notes).translate(_TYPST)
    return "\n".join([*lines, rule, "))", *([f"#text(size: 0.8em)[{notes}]"] if notes else [])])


def _row(cells: tuple[Cell, ...]) -> str:
    return "  " + " ".join(f"[{text}]," for text in _list_texts(cells, _TYPST, " \\ "))


def _list_texts(cells: tuple[Cell, ...], escapes: dict[int, str], line: str) -> list[str]:
    """Return the text of each column, its lines joined."""
    return spread_cells(cells, lambda cell: line.join(part.translate(escapes) for part in cell.lines))


_LONGEST_NAME = 31


def render_xlsx(document: Document) -> bytes:
    """Return the tables of a document as XLSX: a cell that begins with = is a string, never computed."""
    tables = [block for block in list_exhibits(document.blocks) if isinstance(block, Table)]
    stream = io.BytesIO()
    type_face = {"font_name": "Arial", "font_size": 10}
    with Workbook(stream, {"in_memory": True, "default_format_properties": type_face}) as book:
        book.set_properties({"created": datetime(*ZIP_TIME)})
        head, names = book.add_format({"bold": True}), set[str]()
        for table in tables:
            # Short enough, and never the name of another sheet, for a spreadsheet also in another case.
            tried = (table.key[:_LONGEST_NAME], *(f"{table.key[: _LONGEST_NAME - 4]}-{n}" for n in range(2, 1000)))
            name = next(name for name in tried if name.lower() not in names)
            names.add(name.lower())
            _fill(book.add_worksheet(name), table, head)
    return normalize_zip(stream.getvalue())


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
                sheet.write_string(r, c, clean(text), head if r < len(titles) else None)


def _line(cells: tuple[Cell, ...], line: int) -> list[str]:
    """Return one line of a row's cells, each over the columns it spans."""
    return spread_cells(cells, lambda cell: "".join(cell.lines[line : line + 1]))
