"""Turns a column of text into numbers, or says for every row why it cannot."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from twintrade.data.sources import limits
from twintrade.data.sources.faults import CellError, Faults, TextColumn, quote_cell
from twintrade.effects import Remedy
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.text import Text

# Which character is the decimal mark of a column, decided by proof and never by guess.

Decimal = Literal[".", ","]
_NoFigure = Literal["n.a.", "n.a", "na", "n/a", "nan", "null", "none", "nil", "x", "not available", "missing"]
BLANKS = frozenset(("", "-", "--", "---", "–", "—", "−", "－", "―", "——"))
"""What ``blank`` in the analysis file speaks of: nothing, or a dash, which is zero in the tables of most offices."""
MISSING_TOKENS = BLANKS | frozenset(
    (
        *("…", "……", "...", "..", ".", ":", "/", "\\", "s", "c"),
        *get_args(_NoFigure),
        *("无", "無", "缺", "暂无", "不详", "无数据", "未公布"),
    )
)
"""Written for "no figure" in statistical tables, compared in lower case."""

WHOLE = "(0|[1-9][0-9]{0,14})"
"""Pattern of a whole number in plain digits, the same in every regular-expression engine."""

_FULL_WIDTH = {**{0xFF10 + d: str(d) for d in range(10)}, 0xFF0E: ".", 0xFF0C: ","}
_SPACES = "\u0020\u00a0\u2007\u2009\u202f\u3000"
_GROUPED = {
    mark: re.compile(
        rf"(?:[1-9][0-9]{{0,2}}(?:([{other}'’{_SPACES}])[0-9]{{3}}(?:\1[0-9]{{3}})*)|0|[1-9][0-9]*)(?:[{mark}][0-9]+)?"
    )
    for mark, other in ((".", ","), (",", "."))
}
_BARE_FRACTION = re.compile(r"[.,][0-9]+")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}")
_MINUS = "[-−－–—‐‑‒﹣△▲▽▼负負]"
_AMOUNT = rf"[$€£¥￥]?\s*([0-9][0-9.,'’{_SPACES}]*|[.,][0-9]+)"
_NEGATIVE = re.compile(rf"{_MINUS}\s*{_AMOUNT}|{_AMOUNT}\s*{_MINUS}")
_IN_PARENTHESES = re.compile(rf"{_MINUS}?\s*[(（]\s*{_AMOUNT}\s*[)）]")
_NO_MARK = re.compile(rf".*(?:{_MINUS}|[0-9]).*|[()（）\s]*")
_REASONS = (
    (_NEGATIVE, "data.number-negative"),
    (_IN_PARENTHESES, "data.number-in-parentheses"),
    (re.compile(r"[0-9.,]+\s*[%％‰]"), "data.number-percentage"),
    (re.compile(r"#\S+"), "data.number-spreadsheet-error"),
    (re.compile(r"(?i)true|false"), "data.number-truth"),
    (re.compile(r"(?i)[+-]?(inf|infinity|∞)"), "data.number-infinite"),
    (re.compile(r"(?i)0x[0-9a-f]+"), "data.number-hexadecimal"),
    (re.compile(r"[0-9]+(_[0-9]+)+"), "data.number-underscores"),
    (re.compile(r"(?i)[0-9]{1,2}-[a-z]{3}|[a-z]{3}-[0-9]{1,2}"), "data.number-date"),
    (re.compile(r"0[0-9]+([.,][0-9]*)?"), "data.number-code"),
    (re.compile(r"[$€£¥￥].*|(?i:usd|eur|cny|rmb|gbp).*"), "data.number-currency"),
    (re.compile(r"[0-9., ]+(万|亿|千|百万|thousand|million|billion|[kKmM])"), "data.number-unit"),
    (re.compile(r"[0-9]+[.,]"), "data.number-separator-last"),
    (re.compile(r"[0-9.,'’\s]+"), "data.number-groups"),
)
UNIT_FAULTS = ("data.number-currency", "data.number-unit")  # texts of cells whose unit is to be declared
_OTHER_NUMBERS = ("data.number-percentage", "data.number-unit", "data.number-separator-last")
_MARKED = re.compile(r"[0-9.,\s]*[0-9]\s*(\D{1,4})|(\D{1,4}?)\s*[0-9][0-9.,\s]*")


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How numbers are written in a column, as far as the analysis file declares it."""

    decimal: Decimal | None = None  # decimal mark; None lets the column prove it
    # Footnote marks that may stand beside a number, and what they mean
    flags: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()  # further tokens for "no figure"


@dataclass(frozen=True, slots=True)
class ParsedCell:
    """What one cell says: a number under each decimal mark, a missing token, or neither."""

    # text, flag: The trimmed text, and the meaning of the mark beside the number ("missing" for a missing token)
    text: str
    flag: str
    # point, comma: The number in plain ASCII if the decimal mark is a point, a comma; None where it is then no number
    point: str | None
    comma: str | None
    is_missing: bool
    is_blank: bool = False  # whether the token is a blank or a dash, and not declared to be missing

    def under(self, decimal: Decimal | None) -> str | None:
        """Return the number under a decimal mark; under none, only where both marks say the same."""
        if decimal is None:
            return None if self.is_ambiguous else self.point or self.comma
        return self.point if decimal == "." else self.comma

    @property
    def proves(self) -> Decimal | None:
        """The decimal mark without which this cell is no number."""
        if (self.point is None) == (self.comma is None):
            return None
        return "," if self.point is None else "."

    @property
    def is_ambiguous(self) -> bool:
        """Whether the two decimal marks give two numbers."""
        return self.point is not None and self.comma is not None and self.point != self.comma


def read_cell(cell: str, style: NumberStyle) -> ParsedCell:
    """Read one cell on its own."""
    text = cell.strip().strip("\ufeff\u200b").translate(_FULL_WIDTH)
    if text.lower() in MISSING_TOKENS or text in style.missing:
        return ParsedCell(text, "missing", None, None, True, text in BLANKS and text not in style.missing)
    bare, flag = split_flag(text, style.flags)
    return ParsedCell(text, flag, normalize_number(bare, "."), normalize_number(bare, ","), False)


def split_flag(text: str, flags: Mapping[str, str]) -> tuple[str, str]:
    """Return a number's text and the meaning of its declared mark, if any."""
    for mark in sorted(flags, key=len, reverse=True):
        if text.endswith(mark):
            return text[: -len(mark)].rstrip(), flags[mark]
        if text.startswith(mark):
            return text[len(mark) :].lstrip(), flags[mark]
    return text, ""


def normalize_number(text: str, decimal: Decimal) -> str | None:
    """Return a number in plain ASCII under one decimal mark, or None when it is not one."""
    if _BARE_FRACTION.fullmatch(text) and text[0] == decimal:
        return "0." + text[1:]
    if decimal == "." and _SCIENTIFIC.fullmatch(text):
        return text
    match = _GROUPED[decimal].fullmatch(text)
    if match is None:
        return None
    whole = text.replace(match.group(1), "") if match.group(1) else text
    return whole.replace(",", ".") if decimal == "," else whole


def explain_number_fault(text: str) -> Text:
    """Return what is wrong with a cell that is no number."""
    reason = _find_reason(text)
    if match := _NEGATIVE.fullmatch(text) or _IN_PARENTHESES.fullmatch(text):
        return Text(reason, read="−" + next(filter(None, match.groups())).strip())
    return Text(reason or ("data.number-marked" if find_mark(text) else "data.no-number"))


def find_mark(text: str) -> str:
    """Return a number's footnote mark, empty without one."""
    match = None if _find_reason(text) else _MARKED.fullmatch(text)
    mark = (match[1] or match[2]).strip() if match else ""
    return mark if is_mark(mark) else ""


def is_mark(mark: str) -> bool:
    """Whether a mark leaves the number beside it as it is: no sign, no digit, no unit, no percentage."""
    return not _NO_MARK.fullmatch(mark) and _find_reason(f"1{mark.strip()}") not in _OTHER_NUMBERS


def _find_reason(text: str) -> str:
    return next((key for pattern, key in _REASONS if pattern.fullmatch(text)), "")


_PLAIN = re.compile(rf"{WHOLE}(\.[0-9]{{1,17}})?")
_TWO_READINGS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_LEAST_GROUPED = 50
"""Figures with three digits behind a point that, beside whole ones below 1,000, are no decimals by chance."""
_GROUP = 3


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column of numbers."""

    values: FloatArray  # (n_rows,): naN where there is no figure
    flags: ObjectArray  # (n_rows,): empty, "missing", or the meaning of a declared footnote mark
    is_blank: BoolArray  # (n_rows,): which cells are blank or a dash, and not declared to be missing
    # How often each token for "no figure" stood in the column
    missing: Mapping[str, int] = field(default_factory=dict)
    blanks: Mapping[str, int] = field(default_factory=dict)  # those of them that are blanks and dashes


@dataclass(frozen=True, slots=True, eq=False)
class _Shapes:
    """Which cells of a column have which shape, and what each distinct odd cell says."""

    is_dotted: BoolArray
    is_odd: BoolArray
    has_two_readings: BoolArray
    odd: Mapping[str, ParsedCell]

    def rows_that(self, column: TextColumn, cells: set[str]) -> BoolArray:
        out = np.zeros(len(column), dtype=bool)
        places = np.flatnonzero(self.is_odd)
        out[places] = [cell in cells for cell in column.cells[places]]
        return out


def parse_numbers(column: TextColumn, style: NumberStyle, faults: Faults, shift: int | IntArray = 0) -> Numbers:
    """Read nonnegative numbers, NaN where a fault is noted; a separator counts where the column proves it."""
    shapes = _shapes(column, style)
    decimal = style.decimal or _proven_decimal(column, shapes, faults)
    digits, flags, missing = _digits(column, shapes, decimal)
    has_digits = np.fromiter((d is not None for d in digits), dtype=bool, count=digits.size)
    is_faulty = ~has_digits & (flags != "missing")
    column.errors(faults, "number", is_faulty, lambda cell: _explain(cell, decimal, style))
    cells = {c for c, cell in shapes.odd.items() if cell.point is not None and "e" in cell.point.lower()}
    where = np.flatnonzero(shapes.rows_that(column, cells))
    if where.size:
        text = Text("data.number-scientific", n=len(where), first=quote_cell(column.cells[where[0]]))
        faults.warn("scientific-notation", text, column.file, int(column.rows[where[0]]), column.name)
    values = _converted(digits, shift)
    is_huge = np.abs(values) > limits.MAX_VALUE
    column.errors(faults, "number-size", is_huge, lambda c: CellError(Text("data.number-huge", cell=quote_cell(c))))
    values[is_huge] = np.nan
    is_blank = shapes.rows_that(column, {c for c, cell in shapes.odd.items() if cell.is_blank})
    blank_tokens = {cell.text or "blank" for cell in shapes.odd.values() if cell.is_blank}
    return Numbers(values, flags, is_blank, missing, {t: n for t, n in missing.items() if t in blank_tokens})


def _digits(
    column: TextColumn, shapes: _Shapes, decimal: Decimal | None
) -> tuple[ObjectArray, ObjectArray, dict[str, int]]:
    """Return every cell in plain digits (None where it has none), its flag, and the missing tokens counted."""
    digits, flags = column.cells.copy(), np.full(len(column), "", dtype=object)
    missing: dict[str, int] = {}
    for i in np.flatnonzero(shapes.is_odd):
        cell = shapes.odd[column.cells[i]]
        digits[i], flags[i] = cell.under(decimal), cell.flag
        if cell.is_missing:
            missing[cell.text or "blank"] = missing.get(cell.text or "blank", 0) + 1
    if decimal == ",":
        for i in np.flatnonzero(shapes.is_dotted & ~_typed(column)):
            digits[i] = normalize_number(column.cells[i], ",")
    return digits, flags, missing


def _shapes(column: TextColumn, style: NumberStyle) -> _Shapes:
    plain = [_PLAIN.fullmatch(cell) for cell in column.cells]
    is_odd = np.array([match is None for match in plain], dtype=bool)
    is_dotted = np.array([match is not None and match.lastindex == 2 for match in plain], dtype=bool)
    two = is_dotted & ~_typed(column)
    two[two] = [_TWO_READINGS.fullmatch(cell) is not None for cell in column.cells[two]]
    return _Shapes(is_dotted, is_odd, two, {c: read_cell(c, style) for c in set(column.cells[is_odd])})


def _typed(column: TextColumn) -> BoolArray:
    return column.is_number if column.is_number is not None else np.zeros(len(column), dtype=bool)


def _proven_decimal(column: TextColumn, shapes: _Shapes, faults: Faults) -> Decimal | None:
    """Return the decimal mark that the column proves; None when nothing does, or when it contradicts itself."""
    points = shapes.is_dotted & ~shapes.has_two_readings & ~_typed(column)
    points |= shapes.rows_that(column, {c for c, cell in shapes.odd.items() if cell.proves == "."})
    commas = shapes.rows_that(column, {c for c, cell in shapes.odd.items() if cell.proves == ","})
    if points.any() and commas.any():
        i, j = int(np.flatnonzero(points)[0]), int(np.flatnonzero(commas)[0])
        text = Text(
            "data.two-decimal-marks",
            row_of_point=column.rows[i],
            point=quote_cell(column.cells[i]),
            row_of_comma=column.rows[j],
            comma=quote_cell(column.cells[j]),
        )
        faults.error("decimal-mark", text, column.file, int(column.rows[j]), column.name)
        return None
    if points.any() or commas.any():
        return "." if points.any() else ","
    if shapes.has_two_readings.any():
        i = int(np.flatnonzero(shapes.has_two_readings)[0])
        others = int(shapes.has_two_readings.sum()) - 1
        plain = [str(cell).strip() for cell in column.cells[~shapes.is_dotted & ~shapes.is_odd]]
        is_small = sum(cell != "0" for cell in plain) > 1 and all(len(cell) <= _GROUP for cell in plain)
        if others >= _LEAST_GROUPED and is_small:
            text = Text("data.thousands-likely", cell=quote_cell(column.cells[i]), others=others)
            faults.error("thousands-likely", text, column.file, int(column.rows[i]), column.name)
            return None
        text = Text("data.thousands-or-decimals", cell=quote_cell(column.cells[i]), others=others)
        faults.warn("thousands-or-decimals", text, column.file, int(column.rows[i]), column.name)
    return None


def _explain(cell: str, decimal: Decimal | None, style: NumberStyle) -> CellError:
    read, shown = read_cell(cell, style), quote_cell(cell)
    if read.is_ambiguous and decimal is None:
        text = Text("data.number-ambiguous", cell=shown, point=str(read.point), comma=str(read.comma))
        return CellError(text, Remedy("decimal"))
    if read.proves and read.proves != decimal:
        return CellError(Text("data.number-other-mark", cell=shown, decimal=str(decimal)))
    text = Text("data.cell", cell=shown, reason=explain_number_fault(read.text))
    if mark := find_mark(read.text):
        return CellError(text, Remedy("flag", (mark,)))
    return CellError(text, None if _find_reason(read.text) else Remedy("missing_token", (read.text,)))


def _converted(digits: ObjectArray, shift: int | IntArray) -> FloatArray:
    texts = digits.tolist()
    if np.any(np.asarray(shift) != 0):
        exponents = np.broadcast_to(np.asarray(shift), digits.shape)
        texts = [_scaled(d, int(e)) for d, e in zip(texts, exponents, strict=True)]
    return np.array([np.nan if text is None else float(text) for text in texts], dtype=np.float64)


def _scaled(digits: str | None, shift: int) -> str | None:
    if digits is None or shift == 0:
        return digits
    mantissa, _, exponent = digits.lower().partition("e")
    return f"{mantissa}e{int(exponent or 0) + shift}"
