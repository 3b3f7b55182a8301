"""What all table writers need to know about a cell: is it a number, how wide is it, is its link safe."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from twintrade.render.blocks import Cell, Row, Table
from twintrade.text.numbers import MINUS

NUMERIC = re.compile(rf"[{MINUS}+-]?\d[\d,]*(\.\d+)?|[{MINUS}+-]?\.\d+")
_FORBIDDEN = re.compile("[^\n\t\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HANG = re.compile(r"[)\]*%]+$")
_PARTS = re.compile(r"[^./_?&=-]*[./_?&=-]+|[^./_?&=-]+")
_SAFE_LINK = re.compile(r"https?://[^\s<>\"'{}|\\^`]+")
WIDTH_IN_CHARACTERS = 105.0
LONG_WORD = 14.0
MOST_WHOLE, MOST_OF_PART = 12, 22  # letters of a word, and of a part of one between marks, that may not break
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
    return _FORBIDDEN.sub("", text)


def escape_formula(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; numbers keep their value."""
    if is_number(text):
        return convert_to_ascii(text)
    return "'" + text if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS) else text


def check_link(address: str) -> str:
    """Return a web address, or nothing where it is not plainly one."""
    return address if _SAFE_LINK.fullmatch(address) else ""


def find_hang(line: str) -> str:
    """Return the characters behind the last digit: brackets, stars."""
    hang = _HANG.search(line)
    return hang.group() if hang and any(c.isdigit() for c in line) else ""


def compute_pads(table: Table) -> dict[int, str]:
    """Return for each decimal column what a line must leave free at its right so that decimals align."""
    widest: dict[int, str] = {}
    for row in table.rows:
        for cell, place in place_cells(row.cells):
            if table.columns[place].align == "decimal":
                widest[place] = max((widest.get(place, ""), *map(find_hang, cell.lines)), key=len)
    return {place: hang for place, hang in widest.items() if hang}


def pad(line: str, widest: str) -> str:
    """Return the invisible rest of a line in a decimal column."""
    return widest[len(find_hang(line)) :]


def place_cells(cells: Sequence[Cell]) -> list[tuple[Cell, int]]:
    """Return each cell of a row with the column at which it starts."""
    return list(zip(cells, accumulate((cell.span for cell in cells), initial=0), strict=False))


def spread_cells(cells: Iterable[Cell], write: Callable[[Cell], str]) -> list[str]:
    """Return what is written of each cell, a text a column; columns that a cell spans besides its first are empty."""
    return [text for cell in cells for text in (write(cell), *[""] * (cell.span - 1))]


def compute_column_weights(table: Table, characters: float = WIDTH_IN_CHARACTERS) -> list[float]:
    """Return relative column widths where the table's text must wrap, else an empty list.

    A column without a weight of its own gets the width of its longest text; the weighted ones share the rest, and
    at least half of the page, none being narrower than its longest word nor wider than its longest line.

    ``characters``: how many characters stand in a line of the page at the table's size.
    """
    given = [column.weight for column in table.columns]
    if not any(given):
        return []
    free, space = characters - 1.3 * len(given), 2.5 if len(given) < 7 else 1.8
    natural = [0.0 if w else measure_longest(table, j) + space for j, w in enumerate(given)]
    most = free * sum(w == 0 for w in given) / len(given)
    squeeze = min(1.0, max(most, 0.5 * free) / sum(natural)) if sum(natural) else 1.0
    shared = _shared(table, {j: w for j, w in enumerate(given) if w}, free - squeeze * sum(natural))
    return [n * squeeze or shared[j] for j, n in enumerate(natural)]


def _shared(table: Table, given: dict[int, float], free: float) -> dict[int, float]:
    """Share a width among columns of text by weight, within what each needs at least and at most."""
    cells = {j: [_at(r.cells, j) for r in table.rows] for j in given}
    heads = {j: measure_longest(table, j, is_head_only=True) for j in given}
    least = {j: 1.5 + max([heads[j], *map(_measure_piece, cells[j])]) for j in given}
    lines = {j: [measure_breadth(line) for cell in below for line in cell.lines] for j, below in cells.items()}
    most = {j: 3.0 + max([least[j], *lines[j]]) for j in given}
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


def _list_pieces(cell: Cell) -> list[str]:
    """Return the pieces of a cell between the places where its lines may break."""
    return [piece for line in cell.lines for piece in re.split("[\0 ]", mark_cell_breaks(line, "\0", cell))]


def _measure_piece(cell: Cell) -> float:
    """Return the breadth of the longest piece of a cell that stays whole where a column is narrow."""
    longest = max(map(_measure_word, _list_pieces(cell)), default=0.0)
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
    words = (word for cells in table.header for line in _at(cells, place).lines for word in line.split())
    return max([*body, *map(_measure_word, words), 1.0])


def _at(cells: tuple[Cell, ...], place: int) -> Cell:
    return next((c for c, start in place_cells(cells) if start == place), Cell(("",)))


@lru_cache(MOST_KEPT)
def mark_breaks(line: str, mark: str) -> str:
    """Return a line whose long words may break after punctuation, and overlong ones at every eighth character."""

    def mark_word(word: str) -> str:
        if len(word) <= MOST_WHOLE or has_wide(word):
            return word
        parts = _PARTS.findall(word)
        return mark.join(mark.join(re.findall("(?s).{1,8}", p)) if len(p) > MOST_OF_PART else p for p in parts)

    return " ".join(map(mark_word, line.split(" ")))


# A table fitted into a width that is not known to have room for it: smaller type, narrower columns, or several parts.

SERIF = (
    (0.28, "!',.:;<[]_`il"), (0.31, "fj"), (0.34, "- "), (0.4, "()trsI"), (0.45, "cez"), (0.56, "Sbdhnpu"),
    (0.63, "LZ"), (0.66, "F"), (0.74, "BCEPTRw"), (0.79, "ADGHKNOQUVXY&+=@" + MINUS + "×±≤≥"), (0.84, "%#m"),
    (0.92, "M"), (1.03, "W—…"),
)  # fmt: skip
"""Widths of letters in sizes of their type, as Computer Modern has them; a letter not named takes 0.53."""
_SERIF = {letter: width for width, letters in SERIF for letter in letters}
SIZES = ((9.0, 1.03), (8.0, 1.07), (7.0, 1.14))
"""Sizes of type in points, the largest first, and how much wider letters are cut in each than at 10 points."""
COLUMN_SPACE = 6.0  # points between two columns
HEAD_LINES = 3  # lines that a head may take before it asks for width
FULL_PAGE = 520.0  # points of a page that a table can fill
LEADING = 1.25  # height of a line in sizes of its type
MINUTE = 0.01  # points that nobody sees


@dataclass(frozen=True, slots=True)
class TableLayout:
    """How a table is set in a width: points of its type, and the columns of each part with their widths in points."""

    width: float
    size: float
    parts: tuple[Table, ...]  # the first columns, then the first one again with further ones
    columns: tuple[float, ...]
    is_filling: bool  # whether columns share the whole width, else they keep their own

    @property
    def letter(self) -> float:
        """The points that a text takes for each of its widths in sizes of the type."""
        return self.size * dict(SIZES)[self.size]

    @property
    def height(self) -> float:
        """About how many points the rows take."""
        return sum(self._count_lines(row.cells) for part in self.parts for row in part.rows) * LEADING * self.size

    def _count_lines(self, cells: tuple[Cell, ...]) -> int:
        return max(
            sum(1 + int(self.letter * measure_serif(line) / (self.columns[place] + MINUTE)) for line in cell.lines)
            for cell, place in place_cells(cells)
        )


@lru_cache(MOST_KEPT)
def measure_serif(text: str) -> float:
    """Return how wide a text is in sizes of its type, in the typeface that LaTeX has unless told otherwise."""
    return sum(_SERIF.get(c, 1.0 if unicodedata.east_asian_width(c) in "WF" else 0.53) for c in text)


def fit_table(table: Table, width: float) -> TableLayout:
    """Return how a table is set so that no text passes its column: whole in the largest type with room, or parted."""
    layout = TableLayout(width, SIZES[-1][0], (table,), (width,), True)
    for n_parts in range(1, max(2, len(table.columns))):
        groups = _split(range(1, len(table.columns)), n_parts)
        parts = (table,) if n_parts == 1 else tuple(select_columns(table, [0, *places]) for places in groups)
        bounds = [
            tuple(map(max, zip(*(measure_column(part, j) for part in parts if j < len(part.columns)), strict=True)))
            for j in range(len(parts[0].columns))
        ]
        for size, cut in SIZES:
            columns, is_filling, has_room = _share(bounds, width, size * cut)
            layout = TableLayout(width, size, parts, columns, is_filling)
            if has_room:
                return layout
    return layout


def _split(places: Sequence[int], n_parts: int) -> Iterator[Sequence[int]]:
    """Yield runs of places, none more than one longer than another, the longest first."""
    start = 0
    for i in range(n_parts):
        stop = start + len(places) // n_parts + (i < len(places) % n_parts)
        yield places[start:stop]
        start = stop


def select_columns(table: Table, places: Sequence[int]) -> Table:
    """Return a table of some columns, spans cut to those that are left, without rows that are empty in them."""

    def chosen(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        spans = [(c, sum(start <= place < start + c.span for place in places)) for c, start in place_cells(cells)]
        return tuple(replace(cell, span=span) for cell, span in spans if span)

    groups = [[chosen(row.cells) for row in group] for group in table.groups]
    return replace(
        table,
        columns=tuple(table.columns[place] for place in places),
        header=tuple(map(chosen, table.header)),
        groups=tuple(tuple(Row(c) for c in group if len(c) == 1 or any(x.text for x in c[1:])) for group in groups),
    )


def _share(bounds: Sequence[tuple[float, ...]], width: float, letter: float) -> tuple[tuple[float, ...], bool, bool]:
    """Return the widths of all columns, whether they fill the width, and whether they have room in it."""
    free = width - COLUMN_SPACE * (len(bounds) - 1)
    widths, most = [letter * low for low, _ in bounds], [letter * high for _, high in bounds]
    if sum(most) <= free:
        return tuple(most), False, True
    if sum(widths) > free:
        return tuple(w * free / sum(widths) for w in widths), True, False
    for _ in bounds:  # a long text asks for more than a short one, though not in proportion
        needs = [max(0.0, high - given) ** 0.5 for given, high in zip(widths, most, strict=True)]
        left = free - sum(widths)
        if left < MINUTE:
            break
        shares = zip(widths, most, needs, strict=True)
        widths = [min(high, given + left * need / sum(needs)) for given, high, need in shares]
    return tuple(widths), True, True


def measure_column(table: Table, place: int) -> tuple[float, float]:
    """Return the width of the longest piece of a column that stays whole, and of what would be set without breaks."""
    body = [cell for row in table.rows for cell in (_at(row.cells, place),) if cell.span == 1]
    heads = [cell for cells in table.header for cell in (_at(cells, place),) if cell.span == 1]
    pieces = [measure_serif(piece) for cell in (*body, *heads) for piece in _list_pieces(cell)]
    whole = [measure_serif(line) for cell in body for line in cell.lines]
    stacked = [measure_serif(cell.text) / HEAD_LINES for cell in heads]
    digits = count_digits((table,), place) if table.columns[place].align == "decimal" else None
    least = max([0.5, *pieces, digits.breadth if digits else 0.0])
    return least, max([least, *whole, *stacked])


@dataclass(frozen=True, slots=True)
class Digits:
    """What the numbers of a column need so that their points stand below each other."""

    sign: str
    whole: int
    decimals: int
    before: str  # the longest bracket before a number, and what stands behind one
    after: str

    @property
    def breadth(self) -> float:
        """The width in sizes of the type."""
        number = "0" * (self.whole + self.decimals) + "." + MINUS * len(self.sign)
        return measure_serif(number + self.before + self.after)


def count_digits(tables: Sequence[Table], place: int) -> Digits | None:
    """Return what the numbers with decimals in a column need, none without such numbers."""
    cells = (_at(row.cells, place) for table in tables for row in table.rows if place < len(table.columns))
    lines = [line for cell in cells if cell.span == 1 for line in cell.lines]
    cores = {line: convert_to_ascii(line.strip("()*")) for line in lines}
    numbers = {line: core for line, core in cores.items() if is_number(core) and "." in core}
    if not numbers:
        return None
    halves = [core.lstrip("-+").partition(".") for core in numbers.values()]
    return Digits(
        sign="-" if any(core.startswith("-") for core in numbers.values()) else "",
        whole=max(len(left) for left, _, _ in halves),
        decimals=max(len(right) for _, _, right in halves),
        before="(" if any(line.startswith("(") for line in numbers) else "",
        after=max((line[len(line.rstrip(")*")) :] for line in numbers), key=len),
    )
