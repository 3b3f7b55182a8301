"""Dates of twinnings, kept as precise as they were printed and no more."""

import calendar
import datetime
import re
from dataclasses import dataclass
from typing import Literal

from twintrade.data.calendar.months import MONTH_NAMES, parse_month
from twintrade.data.calendar.text import check_year, clean_date
from twintrade.data.sources import limits
from twintrade.data.sources.cells import quote_cell
from twintrade.data.sources.faults import CellError
from twintrade.effects import Remedy
from twintrade.text import Text

Precision = Literal["day", "month", "year"]
PRECISIONS: tuple[Precision, ...] = ("year", "month", "day")

_YEAR_FIRST = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})(?:\2(\d{1,2})(?:[ T]00:00(?::00)?)?)?)?")
_CHINESE = re.compile(r"(\d{4})\s?年(?:\s?(\d{1,2})\s?月(?:\s?(\d{1,2})\s?[日号號])?)?")
_DAY_NAMED = re.compile(
    rf"(?i)(\d{{1,2}})(?:st|nd|rd|th|er|º|°|\.)?[\s-]+(?:de |of )?({MONTH_NAMES})\.?,?[\s-]+(?:del? )?(\d{{4}})"
)
_NAMED_DAY = re.compile(rf"(?i)({MONTH_NAMES})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})")
_NAMED_MONTH = re.compile(rf"(?i)({MONTH_NAMES})\.?,?(?:[\s-]+(?:del? )?|/)(\d{{4}})")
_MONTH_FIRST = re.compile(r"(\d{1,2})[-/.](\d{4})")
_NUMERIC = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_REASONS = (
    (re.compile(r"(?i)(c\.|ca\.?|circa|about|approx|~).*|.*\?"), "data.date-approximate"),
    (re.compile(r"\d{4}s"), "data.date-decade"),
    (re.compile(r"\d{4}\s?[-–/]\s?\d{2,4}"), "data.date-span"),
    (re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}|['’]\d{2}"), "data.two-digit-year"),
    (re.compile(r"\d{5}"), "data.date-day-number"),
    (re.compile(r"民国.*|民國.*"), "data.date-republic"),
)


@dataclass(frozen=True, slots=True, order=True)
class TwinningDate:
    """A date known to the day, the month or the year."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def precision(self) -> Precision:
        """How much of the date is known."""
        return "year" if self.month is None else "month" if self.day is None else "day"

    @property
    def iso(self) -> str:
        """The known part in ISO 8601: 2004, 2004-09 or 2004-09-13."""
        parts = [f"{self.year:04d}", *(f"{p:02d}" for p in (self.month, self.day) if p is not None)]
        return "-".join(parts)

    @property
    def earliest(self) -> tuple[int, int, int]:
        """The first day it can mean, for sorting."""
        return self.year, self.month or 1, self.day or 1

    def rounded(self, precision: Precision) -> "TwinningDate":
        """Return the date with no more than a precision."""
        keep = PRECISIONS.index(precision)
        return TwinningDate(self.year, self.month if keep > 0 else None, self.day if keep > 1 else None)


def parse_date(
    text: str, precision: str | None = None, day_first: bool | None = None, as_of: TwinningDate | None = None
) -> TwinningDate:
    """Read one date.

    ``text``: ISO, year first with slashes or points, named months, or 年月日; ``precision``: what the registry
    declares. A coarser one cuts the date, a finer one than the text has is a fault; ``day_first``: what 03/09/2004
    means in this file; None refuses it; ``as_of``: the day the registry was read. A later date is then a fault.
    Without it no date is too late for this parser; readers of registries then ask ``refuse_future``.
    """
    year, month, day = _parts(clean_date(text, "date"), day_first)
    _check(year, month, day)
    date = TwinningDate(year, month, day)
    if as_of is not None and date.earliest > _latest(as_of):
        raise CellError(Text("data.date-after", as_of=as_of.iso))
    if precision is None or not precision.strip():
        return date
    declared = next((p for p in PRECISIONS if p == precision.strip().lower()), None)
    if declared is None:
        raise CellError(Text("data.precision-unknown", precision=quote_cell(precision)))
    if PRECISIONS.index(declared) > PRECISIONS.index(date.precision):
        raise CellError(Text("data.precision-too-fine", declared=declared, given=date.precision))
    return date.rounded(declared)


def refuse_future(date: TwinningDate, today: datetime.date | None = None) -> None:
    """Refuse an agreement that nobody can have signed yet.

    The clock decides only whether a date is refused, never a number; one that stands before ``limits.CLOCK_FLOOR``
    is wrong and not believed, and a day is granted for time zones.

    ``today``: the clock's, by default.
    """
    now = max(today or datetime.datetime.now(datetime.UTC).date(), limits.CLOCK_FLOOR) + datetime.timedelta(days=1)
    if date.earliest > (now.year, now.month, now.day):
        raise CellError(Text("data.date-future"))


def _parts(text: str, day_first: bool | None) -> tuple[int, int | None, int | None]:
    if match := _YEAR_FIRST.fullmatch(text):
        return int(match[1]), _int(match[3]), _int(match[4])
    if match := _CHINESE.fullmatch(text):
        return int(match[1]), _int(match[2]), _int(match[3])
    if match := _DAY_NAMED.fullmatch(text):
        return int(match[3]), parse_month(match[2]), int(match[1])
    if match := _NAMED_DAY.fullmatch(text):
        return int(match[3]), parse_month(match[1]), int(match[2])
    if match := _NAMED_MONTH.fullmatch(text):
        return int(match[2]), parse_month(match[1]), None
    if match := _MONTH_FIRST.fullmatch(text):
        return int(match[2]), int(match[1]), None
    if match := _NUMERIC.fullmatch(text):
        return _day_and_month(int(match[1]), int(match[3]), int(match[4]), day_first)
    raise CellError(Text(next((reason for shape, reason in _REASONS if shape.fullmatch(text)), "data.no-date")))


def _day_and_month(first: int, second: int, year: int, day_first: bool | None) -> tuple[int, int, int]:
    if day_first is None and first <= 12 and second <= 12 and first != second:
        raise CellError(Text("data.date-ambiguous"), Remedy("day_first"))
    if day_first is None:
        day_first = first > 12 or first == second
    return (year, second, first) if day_first else (year, first, second)


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)


def _check(year: int, month: int | None, day: int | None) -> None:
    check_year(year)
    if month is not None and not 1 <= month <= 12:
        raise CellError(Text("data.date-no-month", month=month))
    if month is not None and day is not None and not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise CellError(Text("data.date-no-day"))


def _latest(date: TwinningDate) -> tuple[int, int, int]:
    month = date.month or 12
    return date.year, month, date.day or calendar.monthrange(date.year, month)[1]
