"""What all table writers need to know about a cell: is it a number, what hangs over, is its link safe."""

import re
import unicodedata
from functools import lru_cache

from twintrade.render.blocks import Cell, Table
from twintrade.text.numbers import MINUS

NUMERIC = re.compile(rf"[{MINUS}+-]?\d[\d,]*(\.\d+)?|[{MINUS}+-]?\.\d+")
_HANG = re.compile(r"[)\]*%]+$")
_SAFE_LINK = re.compile(r"https?://[^\s<>\"'{}|\\^`]+")
WIDTH_IN_CHARACTERS = 105.0
LONG_WORD = 14.0
WIDE = 1.9  # breadth of a Chinese character in average letters
LEAST_WIDE = 4 * WIDE  # breadth from which Chinese text in a column may break
MOST_KEPT = 1 << 14  # texts whose breadth and breaks are kept: every format of a page asks for them several times
NARROW = frozenset("-.,:;'il|!()[]/ ")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def is_number(text: str) -> bool:
    """Whether a printed text is one number."""
    return NUMERIC.fullmatch(text) is not None


def convert_to_ascii(text: str) -> str:
    """Return a printed number as programs read it: ASCII minus, no thousands separator."""
    return text.replace(MINUS, "-").replace(",", "")


def clean(text: str) -> str:
    """Return a text without characters that XML forbids."""
    return "".join(
        c
        for c in text
        if c in "\n\t" or (ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF and ord(c) not in (0xFFFE, 0xFFFF))
    )


def escape_formula(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; numbers keep their value."""
    if is_number(text):
        return convert_to_ascii(text)
    return "'" + text if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS) else text


def check_link(address: str) -> str:
    """Return a web address, or nothing where it is not plainly one."""
    return address if _SAFE_LINK.fullmatch(address) else ""


def find_hang(line: str) -> str:
    """Return what stands behind the last digit: brackets, stars."""
    hang = _HANG.search(line)
    return hang.group() if hang and any(c.isdigit() for c in line) else ""


def compute_pads(table: Table) -> dict[int, str]:
    """Return for each decimal column what a line must leave free at its right so that decimals align."""
    widest: dict[int, str] = {}
    for row in table.rows:
        place = 0
        for cell in row.cells:
            if table.columns[place].align == "decimal":
                for line in cell.lines:
                    hang = find_hang(line)
                    if len(hang) > len(widest.get(place, "")):
                        widest[place] = hang
            place += cell.span
    return widest


def pad(line: str, widest: str) -> str:
    """Return the invisible rest of a line in a decimal column."""
    return widest[len(find_hang(line)) :]


def compute_places(cells: tuple[Cell, ...]) -> list[int]:
    """Return the column at which each cell of a row starts."""
    starts, place = [], 0
    for cell in cells:
        starts.append(place)
        place += cell.span
    return starts


def compute_column_weights(table: Table, characters: float = WIDTH_IN_CHARACTERS) -> list[float]:
    """Return relative column widths where the table's text must wrap, else an empty list.

    A column without a weight of its own gets the width of its longest text; the weighted ones share the rest, and
    at least half of the page, none being narrower than its longest word nor wider than its longest line.

    ``characters``: how many characters stand in a line of the page at the table's size.
    """
    given = [column.weight for column in table.columns]
    if not any(given):
        return []
    free = characters - 1.3 * len(given)
    natural = [
        0.0 if w else measure_longest(table, j) + (2.5 if len(given) < 7 else 1.8) for j, w in enumerate(given)
    ]
    most = free * sum(w == 0 for w in given) / len(given)
    squeeze = min(1.0, max(most, 0.5 * free) / sum(natural)) if sum(natural) else 1.0
    shared = _shared(table, {j: w for j, w in enumerate(given) if w}, free - squeeze * sum(natural))
    return [n * squeeze or shared[j] for j, n in enumerate(natural)]


def _shared(table: Table, given: dict[int, float], free: float) -> dict[int, float]:
    """Share a width among columns of text by weight, within what each needs at least and at most."""
    cells = {j: [_at(r.cells, j) for r in table.rows] for j in given}
    lines = {j: [line for cell in cells_below for line in cell.lines] for j, cells_below in cells.items()}
    words = {j: [_measure_piece(cell) for cell in cells_below] for j, cells_below in cells.items()}
    heads = {j: measure_longest(table, j, is_head_only=True) for j in given}
    least = {j: 1.5 + max([heads[j], *words[j]]) for j in given}
    most = {j: 3.0 + max([least[j], *(measure_breadth(line) for line in lines[j])]) for j in given}
    settled: dict[int, float] = {}
    for _ in given:
        left = {j: w for j, w in given.items() if j not in settled}
        unit = (free - sum(settled.values())) / sum(left.values()) if left else 0.0
        narrow = {j: least[j] for j, w in left.items() if unit * w < least[j]}
        wide = {j: most[j] for j, w in left.items() if unit * w > most[j]}
        if not (narrow or wide):
            break
        settled |= narrow or wide
    left = {j: w for j, w in given.items() if j not in settled}
    unit = max(0.0, free - sum(settled.values())) / sum(left.values()) if left else 0.0
    widths = settled | {j: unit * w for j, w in left.items()}
    too_wide = sum(widths.values()) / free if free > 0 else 1.0
    return {j: width / max(1.0, too_wide) for j, width in widths.items()}


def _measure_piece(cell: Cell) -> float:
    """Return the breadth of the longest piece of a cell that stays whole where a column is narrow."""
    pieces = (p for line in cell.lines for p in re.split("[\0 ]", mark_cell_breaks(line, "\0", cell)))
    longest = max((_measure_word(piece) for piece in pieces), default=0.0)
    return longest if cell.link else min(LONG_WORD, longest)


def _measure_word(word: str) -> float:
    """Return about how wide a word is where it is not broken; Chinese may break behind any few characters."""
    breadth = measure_breadth(word)
    return min(breadth, LEAST_WIDE) if has_wide(word) else breadth


@lru_cache(MOST_KEPT)
def has_wide(text: str) -> bool:
    """Whether a text has characters as wide as they are high, as Chinese ones are."""
    return any(unicodedata.east_asian_width(c) in "WF" for c in text)


def mark_cell_breaks(line: str, mark: str, cell: Cell) -> str:
    """Return a line of a cell with the marks at which it may break; the name of a web site stays whole."""
    return line if cell.link and not line.startswith("http") else mark_breaks(line, mark)


@lru_cache(MOST_KEPT)
def measure_breadth(text: str) -> float:
    """Return about how many average letters a text is wide."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text) if not text.isascii() else 0
    others = sum(1.2 if c.isupper() else 1.06 if c.isdigit() else 0.6 if c in NARROW else 1.0 for c in text)
    return others + (WIDE - 1.0) * wide


def measure_longest(table: Table, place: int, *, is_head_only: bool = False) -> float:
    """Return the width of the longest unbreakable text of a column: body lines whole, heads by word."""
    cells = [] if is_head_only else [_at(r.cells, place) for r in table.rows]
    body = [measure_breadth(line) for cell in cells if cell.span == 1 for line in cell.lines]
    heads = [
        _measure_word(word) for cells in table.header for line in _at(cells, place).lines for word in line.split()
    ]
    return max([*body, *heads, 1.0])


def _at(cells: tuple[Cell, ...], place: int) -> Cell:
    return next((c for c, start in zip(cells, compute_places(cells), strict=True) if start == place), Cell(("",)))


@lru_cache(MOST_KEPT)
def mark_breaks(line: str, mark: str, short: int = 12, most: int = 22) -> str:
    """Return a line whose long words may break after punctuation, and overlong ones at every eighth character."""
    return " ".join(
        _broken(word, mark, most) if len(word) > short and not has_wide(word) else word for word in line.split(" ")
    )


def _broken(word: str, mark: str, most: int) -> str:
    parts = re.findall(r"[^./_?&=-]*[./_?&=-]+|[^./_?&=-]+", word)
    return mark.join(
        mark.join(part[i : i + 8] for i in range(0, len(part), 8)) if len(part) > most else part for part in parts
    )
