"""Looks at a file nobody has declared yet: encoding, separator, sheet and header, each a guess with its reason."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from twintrade.data.formats.containers import expand_gzip, list_zip_tables, read_zip_table
from twintrade.data.formats.encodings import decode, list_possible_encodings, list_readings
from twintrade.data.formats.kinds import refuse_other_kind
from twintrade.data.formats.raw_table import clean_column_name
from twintrade.data.formats.reading_time import limit_time
from twintrade.data.formats.tables import TextTable, find_kind, open_table, read_content
from twintrade.data.formats.workbook import list_visible_sheets, read_sheet_texts
from twintrade.data.schema.file_format import FileFormat
from twintrade.data.sources.faults import Faults
from twintrade.data.sources.locations import locate
from twintrade.errors import UNDECIDED, DataError
from twintrade.text import Listed, Text, Words

_SEPARATORS = (",", ";", "\t", "|")
_LINES = 60

_LEAST_WIDTH = 3
"""Columns of a table: a city or partner, a period and a figure."""

_Rows: TypeAlias = list[tuple[int, list[str]]]
"""Rows with the file's own row numbers."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One line of an analysis file that a file suggests."""

    key: str
    value: object  # what TOML can hold: text, number, list or mapping
    reason: Words = ""  # why, in words for the user who has to confirm it; empty where nothing was guessed
    # What the value may be where the file leaves it open; the value is then `UNDECIDED`
    options: tuple[object, ...] = ()


def build_question(key: str, options: Iterable[object], reason: Words) -> Guess:
    """Return a line that the user has to write, with what it may be."""
    return Guess(key, UNDECIDED, reason, tuple(options))


def look_at_file(root: Path, file: str, taken: object = None) -> tuple[TextTable, list[Guess]]:
    """Open an undeclared file by the likeliest format.

    ``taken``: the sheet that another table reads. Returns the table with all its columns, and the lines that differ
    from the defaults.
    """
    with limit_time(file):
        names, guesses = _guessed(read_content(locate(root, file), file), file, taken)
        declared = FileFormat(**{g.key: g.value for g in guesses})  # type: ignore[arg-type]
        return open_table(root, file, declared, names, Faults(), needs_all=not names), guesses


def _guessed(raw: bytes, file: str, taken: object) -> tuple[list[str], list[Guess]]:
    """Return the column names of a file of any kind, and the lines that lead to them."""
    kind = find_kind(file)
    if kind == "workbook":
        return _sheet(raw, file, taken)
    if kind == "gzip":
        return _text_format(expand_gzip(raw, file), file)
    if kind == "text":
        return _text_format(raw, file)
    if kind != "zip":
        return [], []
    inside = list_zip_tables(raw, file)
    member = inside[0] if len(inside) > 1 else None
    names, guesses = _text_format(read_zip_table(raw, member, file), file)
    if member:
        reason = Text("data.look-largest-table", n=len(inside), names=Listed(tuple(inside), "comma"))
        guesses.insert(0, Guess("member", member, reason))
    return names, guesses


def _sheet(raw: bytes, file: str, taken: object) -> tuple[list[str], list[Guess]]:
    """Return the column names of the sheet to read, and the lines that lead to them."""
    visible = list_visible_sheets(raw, file)
    if not visible:
        return _table_rows([], 0)
    free = [name for name in visible if name != taken] or visible
    sheets = (list(enumerate(read_sheet_texts(raw, name, file), 1)) for name in free)
    looked_at = [next(sheets)]
    while _find_width(looked_at[-1]) < _LEAST_WIDTH and len(looked_at) < len(free):
        looked_at.append(next(sheets))
    # A cover sheet holds no table; where no sheet does, what is wrong is said of the first.
    place = len(looked_at) - 1 if _find_width(looked_at[-1]) >= _LEAST_WIDTH else 0
    guesses = []
    if len(visible) > 1:
        key = "data.look-sheet-with-table" if place else "data.look-first-sheet"
        key = "data.look-other-sheet" if len(free) < len(visible) else key
        reason = Text(key, n=len(visible), names=Listed(tuple(visible), "comma"))
        guesses.append(Guess("sheet", free[place], reason))
    names, further = _table_rows(looked_at[place], _find_width(looked_at[place]))
    return names, [*guesses, *further]


def _find_width(rows: _Rows) -> int:
    """Return how many cells most of the first rows fill."""
    return _commonest(_filled(row) for _, row in rows[:_LINES])


def _text_format(raw: bytes, file: str) -> tuple[list[str], list[Guess]]:
    """Return the column names of a delimited text, and the lines that lead to them."""
    refuse_other_kind(raw, file)
    guesses = []
    text, encoding = _decoded(raw, file)
    if encoding:
        guesses.append(Guess("encoding", encoding, Text("data.look-encoding", readings=list_readings(raw))))
    lines = list(io.StringIO(text, newline=""))
    separator, width = max(((s, _width(lines[:_LINES], s)) for s in _SEPARATORS), key=lambda pair: pair[1])
    if separator != ",":
        shown = "tab" if separator == "\t" else separator
        guesses.append(Guess("separator", shown, Text("data.look-separator", n=width)))
    names, further = _table_rows(_rows(lines, separator), width, is_text=True)
    return names, [*guesses, *further]


def _table_rows(rows: _Rows, width: int, *, is_text: bool = False) -> tuple[list[str], list[Guess]]:
    """Return the column names, and the lines for a header below titles and a table above notes."""
    guesses = []
    header = next((i for i, (_, row) in enumerate(rows[:_LINES]) if _is_header(row, width, is_text=is_text)), 0)
    if header:
        guesses.append(Guess("header", rows[header][0], Text("data.look-titles")))
    last = len(rows) - 1
    while last > header and width > 2 and _is_note(rows[last][1], width, is_text=is_text):
        last -= 1
    if any(_filled(row) for _, row in rows[last + 1 :]):
        guesses.append(Guess("last_row", rows[last][0], Text("data.look-notes")))
    return [name for cell in rows[header][1] if (name := clean_column_name(cell))] if rows else [], guesses


def _decoded(raw: bytes, file: str) -> tuple[str, str]:
    try:
        return decode(raw, None, file).text, ""
    except DataError:
        for encoding in list_possible_encodings(raw):
            try:
                return decode(raw, encoding, file).text, encoding
            except DataError:
                continue
        raise


def _width(lines: list[str], separator: str) -> int:
    return _commonest(len(row) for _, row in _rows(lines, separator) if _filled(row))


def _commonest(widths: Iterable[int]) -> int:
    """Return the commonest number of cells in a row, the larger of two."""
    counts = Counter(w for w in widths if w)
    return max(counts, key=lambda w: (counts[w], w)) if counts else 0


def _is_header(row: list[str], width: int, *, is_text: bool) -> bool:
    return (len(row) == width or not is_text) and _filled(row) > width / 2


def _is_note(row: list[str], width: int, *, is_text: bool) -> bool:
    return _filled(row) <= 1 or (is_text and len(row) != width)


def _filled(row: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _rows(lines: list[str], separator: str) -> _Rows:
    """Return the rows of a text; one that is broken by its quotation marks gives none."""
    reader = csv.reader(lines, delimiter=separator)
    rows: _Rows = []
    start = 1
    try:
        for row in reader:
            rows.append((start, row))
            start = reader.line_num + 1
    except csv.Error:
        return []
    return rows
