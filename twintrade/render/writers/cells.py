"""What all table writers need to know about a cell: is it a number, what hangs over, is its link safe."""

import re

from twintrade.render.blocks import Cell, Table
from twintrade.render.numbers import MINUS

NUMERIC = re.compile(rf"[{MINUS}+-]?\d[\d,]*(\.\d+)?|[{MINUS}+-]?\.\d+")
_HANG = re.compile(r"[)\]*%]+$")
_SAFE_LINK = re.compile(r"https?://[^\s<>\"'{}|\\^`]+")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def is_number(text: str) -> bool:
    """Whether a printed text is one number."""
    return NUMERIC.fullmatch(text) is not None


def as_ascii(text: str) -> str:
    """Return a printed number as programs read it: ASCII minus, no thousands separator."""
    return text.replace(MINUS, "-").replace(",", "")


def neutral(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; numbers keep their value."""
    if is_number(text):
        return as_ascii(text)
    return "'" + text if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS) else text


def safe_link(address: str) -> str:
    """Return a web address, or nothing where it is not plainly one."""
    return address if _SAFE_LINK.fullmatch(address) else ""


def hang(line: str) -> str:
    """Return what stands behind the last digit: brackets, stars."""
    found = _HANG.search(line)
    return found.group() if found and any(c.isdigit() for c in line) else ""


def pads(table: Table) -> dict[int, str]:
    """Return for each decimal column what a line must leave free at its right so that decimals align."""
    widest: dict[int, str] = {}
    for row in table.rows:
        place = 0
        for cell in row.cells:
            if table.columns[place].align == "decimal":
                for line in cell.lines:
                    own = hang(line)
                    if len(own) > len(widest.get(place, "")):
                        widest[place] = own
            place += cell.span
    return widest


def pad(line: str, widest: str) -> str:
    """Return the invisible rest of a line in a decimal column."""
    return widest[len(hang(line)) :]


def places(cells: tuple[Cell, ...]) -> list[int]:
    """Return the column at which each cell of a row starts."""
    starts, place = [], 0
    for cell in cells:
        starts.append(place)
        place += cell.span
    return starts


def weights(table: Table) -> list[float]:
    """Return relative column widths where the table's text must wrap, else an empty list."""
    given = [column.weight for column in table.columns]
    if not any(given):
        return []
    return [
        w or max(len(line) for c in _column(table, j) for line in c.lines) ** 0.6 / 3 for j, w in enumerate(given)
    ]


def _column(table: Table, place: int) -> list[Cell]:
    rows = [r.cells for r in table.rows] + list(table.header)
    return [c for cells in rows for c, start in zip(cells, places(cells), strict=True) if start == place] or [
        Cell(("",))
    ]
