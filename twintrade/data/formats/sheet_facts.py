"""What the values of a worksheet do not show: hidden rows, merged cells, formulas never calculated."""

import io
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from twintrade.data.formats.reading_time import iterate_in_time
from twintrade.errors import DataError

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_RELATIONSHIP = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_NODES = 16_384
"""Elements between two looks at the time."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A worksheet's name, the part it stands in, and whether it is visible."""

    name: str
    part: str
    is_visible: bool


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """What has to be known of a sheet before its values are taken."""

    # n_rows, n_columns: Corner of the used range
    n_rows: int
    n_columns: int
    # hidden_rows, hidden_columns: Numbers counted from 1
    hidden_rows: tuple[int, ...]
    hidden_columns: tuple[int, ...]
    # First row, first column, last row, last column of every merged range
    merged: tuple[tuple[int, int, int, int], ...]
    uncalculated: tuple[tuple[int, int], ...]  # row and column of formulas without a stored value
    # Error values such as #DIV/0! by row and column: a reader that takes values alone sees blanks there
    errors: Mapping[tuple[int, int], str]


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
    rows, columns = 0, 0
    hidden: list[int] = []
    hidden_columns: list[int] = []
    merged: list[tuple[int, int, int, int]] = []
    uncalculated: list[tuple[int, int]] = []
    errors: dict[tuple[int, int], str] = {}
    try:
        for _, node in iterate_in_time(ElementTree.iterparse(io.BytesIO(content)), _NODES):
            tag = _tag(node)
            if tag == "c" and len(node):
                place = _place(node.get("r", ""))
                rows, columns = max(rows, place[0]), max(columns, place[1])
                if node.get("t") == "e":
                    errors[place] = _value(node) or "#ERROR!"
                elif _is_uncalculated(node):
                    uncalculated.append(place)
            elif tag == "row":
                if node.get("hidden") in ("1", "true"):
                    hidden.append(int(node.get("r", "0")))
                node.clear()
            elif tag == "col" and node.get("hidden") in ("1", "true"):
                hidden_columns += range(int(node.get("min", "1")), int(node.get("max", "1")) + 1)
            elif tag == "mergeCell":
                first, _, last = node.get("ref", "").partition(":")
                merged.append((*_place(first), *_place(last or first)))
    except (ElementTree.ParseError, ValueError) as error:
        raise DataError(f"{file}: a sheet is damaged ({error}): save the workbook again") from None
    return SheetFacts(rows, columns, tuple(hidden), tuple(hidden_columns), tuple(merged), tuple(uncalculated), errors)


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


def _is_uncalculated(cell: ElementTree.Element) -> bool:
    return any(_tag(child) == "f" for child in cell) and _value(cell) is None


def _place(reference: str) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError(f"cell {reference!r}")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column
