"""Turns a column of text into numbers, or says for every row why it cannot."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from twintrade.data.figures.number_style import (
    WHOLE,
    Decimal,
    NumberStyle,
    ParsedCell,
    explain_number_fault,
    normalize_number,
    read_cell,
    suggest_remedy,
)
from twintrade.data.sources import limits
from twintrade.data.sources.cells import TextColumn, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.effects import Remedy
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.text import Text

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
    """Read a column of nonnegative numbers.

    A separator counts only where the column proves what it means: ``1.234.567`` and ``12,5`` prove a decimal
    comma, ``1,234.5`` a decimal point, ``1,234`` alone proves nothing and is refused. A missing token is never zero.

    ``faults``: receives an error for every cell that is no number; those rows are NaN; ``shift`` (n_rows,): power of
    ten to multiply by, applied to the digits and so without a second rounding.
    """
    shapes = _shapes(column, style)
    decimal = style.decimal or _proven_decimal(column, shapes, faults)
    digits, flags, missing = _digits(column, shapes, decimal)
    has_digits = np.fromiter((d is not None for d in digits), dtype=bool, count=digits.size)
    is_faulty = ~has_digits & (flags != "missing")
    column.errors(
        faults,
        "number",
        is_faulty,
        lambda cell: _complaint(cell, decimal, style),
        lambda cell: _find_remedy(cell, decimal, style),
    )
    _warn_scientific(column, shapes, faults)
    values = _converted(digits, shift)
    _check_size(column, values, faults)
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
        if others >= _LEAST_GROUPED and _are_small(column, shapes):
            text = Text("data.thousands-likely", cell=quote_cell(column.cells[i]), others=others)
            faults.error("thousands-likely", text, column.file, int(column.rows[i]), column.name)
            return None
        text = Text("data.thousands-or-decimals", cell=quote_cell(column.cells[i]), others=others)
        faults.warn("thousands-or-decimals", text, column.file, int(column.rows[i]), column.name)
    return None


def _are_small(column: TextColumn, shapes: _Shapes) -> bool:
    """Return whether all figures without a point lie below 1,000, and more than one of them is not zero."""
    plain = [str(cell).strip() for cell in column.cells[~shapes.is_dotted & ~shapes.is_odd]]
    return sum(cell != "0" for cell in plain) > 1 and all(len(cell) <= _GROUP for cell in plain)


def _complaint(cell: str, decimal: Decimal | None, style: NumberStyle) -> Text:
    read, shown = read_cell(cell, style), quote_cell(cell)
    if read.is_ambiguous and decimal is None:
        return Text("data.number-ambiguous", cell=shown, point=str(read.point), comma=str(read.comma))
    if read.proves and read.proves != decimal:
        return Text("data.number-other-mark", cell=shown, decimal=str(decimal))
    return Text("data.cell", cell=shown, reason=explain_number_fault(read.text))


def _find_remedy(cell: str, decimal: Decimal | None, style: NumberStyle) -> Remedy | None:
    read = read_cell(cell, style)
    if read.is_ambiguous and decimal is None:
        return Remedy("decimal")
    return None if read.proves and read.proves != decimal else suggest_remedy(read.text)


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


def _check_size(column: TextColumn, values: FloatArray, faults: Faults) -> None:
    is_huge = np.abs(values) > limits.MAX_VALUE
    column.errors(faults, "number-size", is_huge, lambda cell: Text("data.number-huge", cell=quote_cell(cell)))
    values[is_huge] = np.nan


def _warn_scientific(column: TextColumn, shapes: _Shapes, faults: Faults) -> None:
    cells = {c for c, cell in shapes.odd.items() if cell.is_scientific}
    if not cells:
        return
    where = np.flatnonzero(shapes.rows_that(column, cells))
    if where.size:
        text = Text("data.number-scientific", n=len(where), first=quote_cell(column.cells[where[0]]))
        faults.warn("scientific-notation", text, column.file, int(column.rows[where[0]]), column.name)
