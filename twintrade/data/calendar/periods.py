"""Years, quarters and months as consecutive integers, read strictly."""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum

import numpy as np

from twintrade.data.calendar.months import MONTH_NAMES, parse_month
from twintrade.data.calendar.text import FULL_WIDTH, check_year, clean_date
from twintrade.data.sources.cells import COLUMN_NAMES, TextColumn, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.effects import Remedy
from twintrade.numerics.arrays import IntArray

_PER_YEAR = {"year": 1, "quarter": 4, "month": 12}
_CHINESE_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}

_YEAR = re.compile(r"(\d{4})(?:\.0+|\s?年)?")
_QUARTER = re.compile(r"(\d{4})\s?[-/.]?\s?[Qq]\s?([1-4])")
_QUARTER_FIRST = re.compile(r"[Qq]\s?([1-4])\s?[-/]?\s?(\d{4})")
_QUARTER_CHINESE = re.compile(r"(\d{4})\s?年\s?第?\s?([1-4一二三四])\s?季度?")
_MONTH = re.compile(r"(\d{4})(?:\s?[-/]\s?|\.(?=\d\d)|\s?[Mm]\s?)(\d{1,2})(?:[-/.]\d{1,2}(?:[ T]00:00(?::00)?)?)?")
_MONTH_COMPACT = re.compile(r"(\d{4})(\d{2})")
_MONTH_CHINESE = re.compile(r"(\d{4})\s?年\s?(\d{1,2})\s?月(?:份)?")
_MONTH_LAST = re.compile(rf"(?i)(\d{{4}})[\s-]+({MONTH_NAMES})\.?")
_MONTH_FIRST = re.compile(rf"(?i)({MONTH_NAMES})\.?[\s,-]+(\d{{4}})")

SPLIT_YEAR = "reads as a year that spans two, not as a month"
_SPLIT = re.compile(r"(\d{4})\s?[-/–]\s?(\d{2})")
_REASONS = (
    (re.compile(r"\d{4}\s?[/\-–]\s?\d{2}"), "is a split year or a month; a panel needs one period a row"),
    (re.compile(r"\d{4}\s?[/\-–]\s?\d{4}"), "spans two years; a panel needs one period a row"),
    (re.compile(r"(?i)fy\s?'?\d{2,4}"), "is a fiscal year: say which calendar year it is"),
    (re.compile(r"['’]\d{2}|\d{2}"), "is a two-digit year: write all four digits"),
    (re.compile(r"(?:民国|民國|ROC)\s?\d{1,3}\s?年?|\d{2,3}\s?年"), "is a year of the Republic calendar: add 1911"),
    (re.compile(r"\d{5}(?:\.\d+)?"), "is a spreadsheet's day number: format the column as text or as years"),
    (re.compile(r"\d{4}\s?\S*\d{1,2}\s?[-–~至]\s?\d{1,2}\s?月?.*"), "is a part of a year"),
    (re.compile(r"(?i)\d{4}.*(ytd|jan|prelim|est|p|e|f|r|\*)\W*"), "carries a mark or is a part of a year"),
)
_FOOTER = re.compile(r"(?i)(source|note|资料来源|注|合计|total).*")


class PeriodError(ValueError):
    """A text is no period, and the analysis file may say what it is."""

    def __init__(self, text: str, remedy: Remedy) -> None:
        super().__init__(text)
        self.remedy = remedy


class Frequency(StrEnum):
    """How long a period is; a period is an integer that grows by one.

    A year is itself, a quarter is ``year * 4 + quarter - 1``, a month is ``year * 12 + month - 1``.
    """

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"

    @property
    def per_year(self) -> int:
        """Periods in a year."""
        return _PER_YEAR[self.value]

    def ordinal(self, year: int, month: int | None = None) -> int:
        """Return the period that holds a month; a year alone has one only in annual data.

        Raises
        ------
        ValueError
            No month was given and the period is shorter than a year.
        """
        if self is Frequency.YEAR:
            return year
        if month is None:
            raise ValueError(f"a year alone names no {self.value}")
        return year * self.per_year + (month - 1) * self.per_year // 12

    def label(self, period: int) -> str:
        """Return a period as text: 2005, 2005Q1, 2005-01."""
        if self is Frequency.YEAR:
            return str(period)
        year, part = divmod(int(period), self.per_year)
        return f"{year}Q{part + 1}" if self is Frequency.QUARTER else f"{year}-{part + 1:02d}"

    def parse(self, text: str) -> int:
        """Read one period.

        Raises
        ------
        ValueError
            With what is wrong with the text.
        """
        cleaned = clean_date(text, self.value)
        found = _READERS[self](cleaned)
        if found is not None:
            year, part = found
            check_year(year)
            if not 1 <= part <= self.per_year:
                raise ValueError(f"has no {self.value} {part}")
            return year * self.per_year + part - 1
        shape, why = _REASONS[0]
        if self is Frequency.YEAR and shape.fullmatch(cleaned):
            raise ValueError(why)
        for other, reader in _READERS.items():
            if other is not self and reader(cleaned) is not None:
                text = f"is a {other.value}, and the panel's frequency is {self.value}"
                raise PeriodError(text, Remedy("frequency", (other.value,)))
        known = next((why for shape, why in _REASONS if shape.fullmatch(cleaned)), "")
        if not known and _FOOTER.fullmatch(cleaned):
            raise PeriodError("is a footer or a total: end the table before it with last_row", Remedy("last_row"))
        raise ValueError(known or f"is not a {self.value}")


def parse_periods(column: TextColumn, frequency: Frequency, faults: Faults) -> IntArray:
    """Read a column of periods; faulty rows are noted and get the period -1.

    Returns
    -------
    IntArray, shape (n_rows,)
    """
    if frequency is Frequency.MONTH and are_split_years(column.cells):
        is_any = np.ones(len(column), dtype=bool)
        column.errors(
            faults,
            "period",
            is_any,
            lambda cell: f"{quote_cell(cell)} {SPLIT_YEAR}, as every cell here does",
            lambda cell: Remedy("ignore", (cell,)) if column.name == COLUMN_NAMES else None,
        )
        return np.full(len(column), -1, dtype=np.int64)
    return _mapped(column, frequency.parse, faults)


def are_split_years(cells: Iterable[str]) -> bool:
    """Whether all cells, at least two of them different, read as years that span two: 2004/05, 2005/06.

    Months so written would have others than the one that is the next year's number.
    """
    found = [_SPLIT.fullmatch(cell.strip()) for cell in set(cells)]
    return len(found) > 1 and all(m is not None and (int(m[1]) + 1) % 100 == int(m[2]) for m in found)


def parse_subperiods(years: TextColumn, parts: TextColumn, frequency: Frequency, faults: Faults) -> IntArray:
    """Read periods given as a year column and a column of months or quarters."""
    first = _mapped(years, Frequency.YEAR.parse, faults)
    part = _mapped(parts, lambda text: _part(text, frequency), faults)
    return np.where((first < 0) | (part < 0), -1, first * frequency.per_year + part - 1)


def _part(text: str, frequency: Frequency) -> int:
    cleaned = text.strip().translate(FULL_WIDTH).removesuffix("月").upper().removeprefix("Q").removeprefix("M")
    number = int(cleaned) if re.fullmatch(r"\d{1,2}", cleaned) else parse_month(cleaned)
    if number is None or not 1 <= number <= frequency.per_year or frequency is Frequency.YEAR:
        raise ValueError(f"is not a {frequency.value} of the year")
    return number


def _mapped(column: TextColumn, parse: Callable[[str], int], faults: Faults) -> IntArray:
    known: dict[str, int] = {}
    reasons: dict[str, str] = {}
    remedies: dict[str, Remedy] = {}
    for cell in sorted(set(column.cells)):
        try:
            known[cell] = parse(cell)
        except ValueError as error:
            known[cell], reasons[cell] = -1, "is blank" if not cell.strip() else str(error)
            if column.name == COLUMN_NAMES:
                remedies[cell] = Remedy("ignore", (cell,))
            elif isinstance(error, PeriodError):
                remedies[cell] = error.remedy
    periods = np.fromiter((known[c] for c in column.cells), dtype=np.int64, count=len(column))
    column.errors(faults, "period", periods < 0, lambda cell: f"{quote_cell(cell)} {reasons[cell]}", remedies.get)
    return periods


def _year(text: str) -> tuple[int, int] | None:
    match = _YEAR.fullmatch(text)
    return (int(match[1]), 1) if match else None


def _quarter(text: str) -> tuple[int, int] | None:
    if match := _QUARTER.fullmatch(text):
        return int(match[1]), int(match[2])
    if match := _QUARTER_FIRST.fullmatch(text):
        return int(match[2]), int(match[1])
    if match := _QUARTER_CHINESE.fullmatch(text):
        return int(match[1]), _CHINESE_QUARTERS.get(match[2]) or int(match[2])
    return None


def _month(text: str) -> tuple[int, int] | None:
    if match := _MONTH.fullmatch(text) or _MONTH_COMPACT.fullmatch(text) or _MONTH_CHINESE.fullmatch(text):
        return int(match[1]), int(match[2])
    if match := _MONTH_LAST.fullmatch(text):
        return int(match[1]), parse_month(match[2]) or 0
    if match := _MONTH_FIRST.fullmatch(text):
        return int(match[2]), parse_month(match[1]) or 0
    return None


_READERS: dict[Frequency, Callable[[str], tuple[int, int] | None]] = {
    Frequency.YEAR: _year,
    Frequency.QUARTER: _quarter,
    Frequency.MONTH: _month,
}


def format_periods(periods: Iterable[int], frequency: Frequency) -> list[str]:
    """Return the text of each period."""
    return [frequency.label(p) for p in periods]
