"""Looks at a file nobody has declared yet: encoding, separator, sheet and header, each a guess with its reason."""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from twintrade.data.containers import checked_parts, expanded
from twintrade.data.encodings import decode, possible_encodings, readings
from twintrade.data.faults import Faults
from twintrade.data.file_format import FileFormat
from twintrade.data.locations import locate
from twintrade.data.sheet_facts import sheets_of
from twintrade.data.tables import TextTable, open_table
from twintrade.data.workbook import WORKBOOK_ENDINGS
from twintrade.errors import DataError

_SEPARATORS = (",", ";", "\t", "|")
_LINES = 60


@dataclass(frozen=True, slots=True)
class Guess:
    """One line of an analysis file that a file suggests.

    Attributes
    ----------
    key : str
    value : object
        What TOML can hold: text, number, list or mapping.
    reason : str
        Why, in words for the user who has to confirm it; empty where nothing was guessed.
    """

    key: str
    value: object
    reason: str = ""


def look_at_file(root: Path, file: str) -> tuple[TextTable, list[Guess]]:
    """Open an undeclared file by the likeliest format.

    Returns
    -------
    (TextTable, list of Guess)
        The table with all its columns, and the lines that differ from the defaults.

    Raises
    ------
    DataError
        Nothing that was tried reads the file.
    """
    raw = locate(root, file).read_bytes()
    if file.lower().endswith(WORKBOOK_ENDINGS):
        guesses = _sheet(raw, file)
    elif file.lower().endswith(".parquet"):
        guesses = []
    else:
        guesses = _text_format(expanded(raw, file) if file.lower().endswith(".gz") else raw, file)
    declared = FileFormat(**{g.key: g.value for g in guesses})  # type: ignore[arg-type]
    return open_table(root, file, declared, [], Faults(), needs_all=True), guesses


def _sheet(raw: bytes, file: str) -> list[Guess]:
    visible = [s.name for s in sheets_of(checked_parts(raw, file), file) if s.is_visible]
    if len(visible) == 1:
        return []
    return [Guess("sheet", visible[0], f"the first of {len(visible)} sheets: {', '.join(visible)}")]


def _text_format(raw: bytes, file: str) -> list[Guess]:
    guesses = []
    text, encoding = _decoded(raw, file)
    if encoding:
        guesses.append(Guess("encoding", encoding, f"not UTF-8; keep the one that reads right: {_shown(raw)}"))
    lines = list(io.StringIO(text, newline=""))[:_LINES]
    separator, width = max(((s, _width(lines, s)) for s in _SEPARATORS), key=lambda pair: pair[1])
    if separator != ",":
        shown = "tab" if separator == "\t" else separator
        guesses.append(Guess("separator", shown, f"it gives {width} columns in most rows"))
    header = _header(lines, separator, width)
    if header > 1:
        guesses.append(Guess("header", header, "the rows above it are narrower, as titles are"))
    return guesses


def _decoded(raw: bytes, file: str) -> tuple[str, str]:
    try:
        return decode(raw, None, file).text, ""
    except DataError:
        for encoding in possible_encodings(raw):
            try:
                return decode(raw, encoding, file).text, encoding
            except DataError:
                continue
        raise


def _shown(raw: bytes) -> str:
    return "".join(c for c in readings(raw) if c.isprintable())


def _width(lines: list[str], separator: str) -> int:
    """Return the commonest number of cells in a row."""
    widths = Counter(len(row) for row in _rows(lines, separator) if any(c.strip() for c in row))
    return max(widths, key=lambda w: (widths[w], w)) if widths else 0


def _header(lines: list[str], separator: str, width: int) -> int:
    for number, row in enumerate(_rows(lines, separator), 1):
        if len(row) == width and sum(bool(c.strip()) for c in row) > width / 2:
            return number
    return 1


def _rows(lines: list[str], separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=separator))
    except csv.Error:
        return []
