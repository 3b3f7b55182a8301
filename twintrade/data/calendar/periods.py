"""Years, quarters and months as consecutive integers, read strictly."""

import re
from collections.abc import Callable, Iterable
from enum import StrEnum

import numpy as np

from twintrade.data.calendar.months import MONTH_NAMES, parse_month, parse_month_of_year
from twintrade.data.calendar.text import FULL_WIDTH, check_year, clean_date
from twintrade.data.sources.cells import COLUMN_NAMES, TextColumn, quote_cell
from twintrade.data.sources.faults import CellError, Faults
from twintrade.effects import Remedy
from twintrade.numerics.arrays import IntArray
from twintrade.text import Text, Value

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
_MONTH_NUMBER_FIRST = re.compile(r"(\d{1,2})\s?[-/.]\s?(\d{4})")
_MONTH_FIRST = re.compile(rf"(?i)({MONTH_NAMES})\.?[\s,-]+(\d{{4}})")

_PART_QUARTER = re.compile(
    r"(?i)(?:[qt]\s?|第)?([1-4一二三四])\s?(?:[qt]|季度?|(?:\.|st|nd|rd|th|er|e|º|°)?\s?(?:quart(?:er|al)|trim\w*))?"
)
_SPLIT = re.compile(r"(\d{4})\s?[-/–]\s?(\d{2})")
_REASONS = (
    (re.compile(r"\d{4}\s?[/\-–]\s?\d{2}"), "data.period-split-or-month"),
    (re.compile(r"\d{4}\s?[/\-–]\s?\d{4}"), "data.period-two-years"),
    (re.compile(r"(?i)fy\s?'?\d{2,4}"), "data.period-fiscal"),
    (re.compile(r"['’]\d{2}|\d{2}"), "data.period-two-digits"),
    (re.compile(r"(?:民国|民國|ROC)\s?\d{1,3}\s?年?|\d{2,3}\s?年"), "data.period-republic"),
    (re.compile(r"\d{5}(?:\.\d+)?"), "data.period-day-number"),
    (re.compile(r"\d{4}\s?\S*\d{1,2}\s?[-–~至]\s?\d{1,2}\s?月?.*"), "data.period-part"),
    (re.compile(r"(?i)\d{4}.*(ytd|jan|prelim|est|p|e|f|r|\*)\W*"), "data.period-marked"),
)
_FOOTER = re.compile(r"(?i)(source|note|资料来源|注|合计|total).*")


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
        """Return the period that holds a month; a year alone has one only in annual data."""
        if self is Frequency.YEAR:
            return year
        if month is None:
            raise self._refusal("data.year-alone")
        return year * self.per_year + (month - 1) * self.per_year // 12

    def label(self, period: int) -> str:
        """Return a period as text: 2005, 2005Q1, 2005-01."""
        if self is Frequency.YEAR:
            return str(period)
        year, part = divmod(int(period), self.per_year)
        return f"{year}Q{part + 1}" if self is Frequency.QUARTER else f"{year}-{part + 1:02d}"

    def parse(self, text: str) -> int:
        """Read one period."""
        cleaned = clean_date(text, self.value)
        parts = _READERS[self](cleaned)
        if parts is not None:
            year, part = parts
            check_year(year)
            if not 1 <= part <= self.per_year:
                raise self._refusal("data.period-no-part", part=part)
            return year * self.per_year + part - 1
        shape, reason = _REASONS[0]
        if self is Frequency.YEAR and shape.fullmatch(cleaned):
            raise CellError(Text(reason))
        for other, reader in _READERS.items():
            if other is not self and reader(cleaned) is not None:
                raise self._refusal("data.period-other", Remedy("frequency", (other.value,)), other=other.value)
        known = next((reason for shape, reason in _REASONS if shape.fullmatch(cleaned)), "")
        if not known and _FOOTER.fullmatch(cleaned):
            raise CellError(Text("data.period-footer"), Remedy("last_row"))
        raise self._refusal(known or "data.no-period")

    def _refusal(self, key: str, remedy: Remedy | None = None, /, **values: Value) -> CellError:
        return CellError(Text(key, period_name=self.value, **values), remedy)


def parse_periods(column: TextColumn, frequency: Frequency, faults: Faults) -> IntArray:
    """Read a column of periods; faulty rows are noted and get the period -1.

    Returns (n_rows,).
    """
    if frequency is Frequency.MONTH and are_split_years(column.cells):
        is_any = np.ones(len(column), dtype=bool)
        column.errors(
            faults,
            "period",
            is_any,
            lambda cell: Text("data.period-all-split-years", cell=quote_cell(cell)),
            lambda cell: Remedy("ignore", (cell,)) if column.name == COLUMN_NAMES else None,
        )
        return np.full(len(column), -1, dtype=np.int64)
    if frequency is Frequency.QUARTER and are_first_months(column.cells):
        return _mapped(column, lambda text: Frequency.MONTH.parse(text) // 3, faults)
    return _mapped(column, frequency.parse, faults)


def are_first_months(cells: Iterable[str]) -> bool:
    """Whether all cells are months that begin a quarter, July or October among them: 201901, 201904, 201907.

    Without these two, 04 could be the fourth quarter as well.
    """
    months = {None if (parts := _month(cell.strip())) is None else parts[1] for cell in set(cells)}
    return months <= {1, 4, 7, 10} and bool(months & {7, 10})


def are_split_years(cells: Iterable[str]) -> bool:
    """Whether all cells, at least two of them different, read as years that span two: 2004/05, 2005/06.

    Months so written would have others than the one that is the next year's number.
    """
    matches = [_SPLIT.fullmatch(cell.strip()) for cell in set(cells)]
    return len(matches) > 1 and all(m is not None and (int(m[1]) + 1) % 100 == int(m[2]) for m in matches)


def parse_subperiods(years: TextColumn, parts: TextColumn, frequency: Frequency, faults: Faults) -> IntArray:
    """Read periods given as a year column and a column of months or quarters."""
    first = _mapped(years, Frequency.YEAR.parse, faults)
    part = _mapped(parts, lambda text: parse_part(text, frequency), faults)
    return np.where((first < 0) | (part < 0), -1, first * frequency.per_year + part - 1)


def parse_part(text: str, frequency: Frequency) -> int:
    """Read a month or quarter that stands beside its year: "8", "August", "8月", "Q3", "第三季度"."""
    cleaned = text.strip().translate(FULL_WIDTH)
    number = None
    if frequency is Frequency.MONTH:
        number = int(cleaned) if re.fullmatch(r"\d{1,2}", cleaned) else parse_month_of_year(cleaned)
    elif frequency is Frequency.QUARTER and (match := _PART_QUARTER.fullmatch(cleaned)):
        number = _CHINESE_QUARTERS.get(match[1]) or int(match[1])
    if number is None or not 1 <= number <= frequency.per_year:
        raise CellError(Text("data.period-no-subperiod", period_name=frequency.value))
    return number


def _mapped(column: TextColumn, parse: Callable[[str], int], faults: Faults) -> IntArray:
    known: dict[str, int] = {}
    reasons: dict[str, Text] = {}
    remedies: dict[str, Remedy | None] = {}
    for cell in sorted(set(column.cells)):
        try:
            known[cell] = parse(cell)
        except CellError as error:
            reason = error.text if cell.strip() else Text("data.blank")
            known[cell], reasons[cell] = -1, Text("data.cell", cell=quote_cell(cell), reason=reason)
            remedies[cell] = Remedy("ignore", (cell,)) if column.name == COLUMN_NAMES else error.remedy
    periods = np.fromiter(map(known.__getitem__, column.cells), dtype=np.int64, count=len(column))
    column.errors(faults, "period", periods < 0, reasons.__getitem__, remedies.get)
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
    if match := _MONTH_NUMBER_FIRST.fullmatch(text):
        return int(match[2]), int(match[1])
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
