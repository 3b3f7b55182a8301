"""Years, quarters and months as consecutive integers, read strictly."""

import calendar
import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np

from twintrade.data.sources import limits
from twintrade.data.sources.faults import COLUMN_NAMES, CellError, Faults, TextColumn, quote_cell
from twintrade.effects import Remedy
from twintrade.numerics.arrays import IntArray, find_distinct
from twintrade.text import Text, Value

# Names of the months, long and short, in English, French, German, Italian, Portuguese, Spanish, Dutch, Chinese.

_NAMES = (
    ("january", "janvier", "januar", "gennaio", "janeiro", "enero", "jan", "janv", "gen", "ene", "januari", "一月"),
    ("february", "février", "februar", "febbraio", "fevereiro", "febrero", "feb", "févr", "fev", "februari", "二月"),
    ("march", "mars", "märz", "marzo", "março", "mar", "mär", "mrz", "maart", "mrt", "三月"),
    ("april", "avril", "aprile", "abril", "apr", "avr", "abr", "四月"),
    ("may", "mai", "maggio", "maio", "mayo", "mag", "mei", "五月"),
    ("june", "juin", "juni", "giugno", "junho", "junio", "jun", "giu", "六月"),
    ("july", "juillet", "juli", "luglio", "julho", "julio", "jul", "juil", "lug", "七月"),
    ("august", "août", "agosto", "aug", "ago", "augustus", "八月"),
    ("september", "septembre", "settembre", "setembro", "septiembre", "setiembre", "sep", "sept", "set", "九月"),
    ("october", "octobre", "oktober", "ottobre", "outubro", "octubre", "oct", "okt", "ott", "out", "十月"),
    ("november", "novembre", "novembro", "noviembre", "nov", "十一月"),
    ("december", "décembre", "dezember", "dicembre", "dezembro", "diciembre", "dec", "déc", "dez", "dic", "十二月"),
)


def strip_accents(text: str) -> str:
    """Return text in lower case without accents."""
    parts = unicodedata.normalize("NFD", text.lower())
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


_NUMBERS = {strip_accents(name): month for month, names in enumerate(_NAMES, 1) for name in names}
MONTH_NAMES = "|".join(sorted({*_NUMBERS, *(n for names in _NAMES for n in names)}, key=lambda n: (-len(n), n)))
"""Alternatives for a regular expression, longest first."""
_MARKED = re.compile(r"(\d{1,2})\s?(?:月份?|월)|[Mm]\s?(\d{1,2})")


def parse_month(name: str) -> int | None:
    """Return 1 to 12, or None for a word that is no month."""
    return _NUMBERS.get(strip_accents(name).strip().removesuffix("份").rstrip("."))


# What dates and periods have in common as files print them.

FULL_WIDTH = {code + 0xFEE0: chr(code) for code in range(0x21, 0x7F)}
"""Digits, letters and signs as wide as Chinese characters, and plain ones."""

_ERAS = {"民國": 1911, "民国": 1911, "明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
"""Eras of Taiwan and Japan, and the year before each one's first."""
_ERA_YEAR = re.compile(rf"(?:中華|中华)?({'|'.join(_ERAS)})\s?(元|\d{{1,3}})\s?年")


def clean_date(text: str, what: str) -> str:
    """Return the text of a date or period with plain characters, single blanks and years of the common era."""
    cleaned = " ".join(text.translate(FULL_WIDTH).split())
    cleaned = _ERA_YEAR.sub(lambda m: f"{_ERAS[m[1]] + (1 if m[2] == '元' else int(m[2]))}年", cleaned)
    if len(cleaned) > limits.MAX_DATE_CHARACTERS:
        raise CellError(Text("data.too-long", what=what, period_name=what))
    return cleaned


def check_year(year: int) -> None:
    """Refuse a year that no file is about."""
    if not limits.FIRST_YEAR <= year <= limits.LAST_YEAR:
        raise CellError(Text("data.outside-years", first=limits.FIRST_YEAR, last=limits.LAST_YEAR))


# Dates of twinnings, kept as precise as they were printed and no more.

Precision = Literal["day", "month", "year"]
PRECISIONS: tuple[Precision, ...] = ("year", "month", "day")

_DATES = (
    re.compile(r"(?P<year>\d{4})(?:([-/.])(?P<month>\d{1,2})(?:\2(?P<day>\d{1,2})(?:[ T]00:00(?::00)?)?)?)?"),
    re.compile(r"(?P<year>\d{4})\s?年(?:\s?(?P<month>\d{1,2})\s?月(?:\s?(?P<day>\d{1,2})\s?[日号號])?)?"),
    re.compile(
        r"(?i)(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?[\s-]+(?:de |of )?"
        rf"(?P<month>{MONTH_NAMES})\.?,?[\s-]+(?:del? )?(?P<year>\d{{4}})"
    ),
    re.compile(rf"(?i)(?P<month>{MONTH_NAMES})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})"),
    re.compile(rf"(?i)(?P<month>{MONTH_NAMES})\.?,?(?:[\s-]+(?:del? )?|/)(?P<year>\d{{4}})"),
    re.compile(r"(?P<month>\d{1,2})[-/.](?P<year>\d{4})"),
)
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
        return "-".join([f"{self.year:04d}", *(f"{p:02d}" for p in (self.month, self.day) if p is not None)])

    @property
    def earliest(self) -> tuple[int, int, int]:
        """The first day it can mean, for sorting."""
        return self.year, self.month or 1, self.day or 1

    @property
    def latest(self) -> tuple[int, int, int]:
        """The last day it can mean, for sorting."""
        month = self.month or 12
        return self.year, month, self.day or calendar.monthrange(self.year, month)[1]

    def rounded(self, precision: Precision) -> "TwinningDate":
        """Return the date with no more than a precision."""
        keep = PRECISIONS.index(precision)
        return TwinningDate(self.year, self.month if keep > 0 else None, self.day if keep > 1 else None)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """Between which dates an agreement without a date began; None where an end is open."""

    not_before: TwinningDate | None = None
    not_after: TwinningDate | None = None

    @property
    def date(self) -> TwinningDate | None:
        """The month or year that both ends lie in, None where there is none."""
        first, last = self.not_before, self.not_after
        if first is None or last is None or first.year != last.year:
            return None
        return TwinningDate(first.year, first.month if first.month == last.month else None)


def parse_date(
    text: str, precision: str | None = None, day_first: bool | None = None, as_of: TwinningDate | None = None
) -> TwinningDate:
    """Read one date no finer than its text; no ``day_first`` refuses 03/09/2004, ``as_of`` refuses later dates."""
    year, month, day = _parts(clean_date(text, "date"), day_first)
    check_year(year)
    if month is not None and not 1 <= month <= 12:
        raise CellError(Text("data.date-no-month", month=month))
    if month is not None and day is not None and not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise CellError(Text("data.date-no-day"))
    date = TwinningDate(year, month, day)
    if as_of is not None and date.earliest > as_of.latest:
        raise CellError(Text("data.date-after", as_of=as_of.iso))
    if precision is None or not precision.strip():
        return date
    declared = next((p for p in PRECISIONS if p == precision.strip().lower()), None)
    if declared is None:
        raise CellError(Text("data.precision-unknown", precision=quote_cell(precision)))
    if PRECISIONS.index(declared) > PRECISIONS.index(date.precision):
        raise CellError(Text("data.precision-too-fine", declared=declared, given=date.precision))
    return date.rounded(declared)


def find_day_orders(cells: Iterable[str], day_first: bool | None) -> dict[str, bool | None]:
    """Return by separator whether its dates have the day first, as the column proves or ``day_first`` says."""
    pairs = [(m[2], int(m[1]), int(m[3])) for cell in set(cells) if (m := _NUMERIC.fullmatch(cell.strip()))]
    orders: dict[str, bool | None] = {}
    for separator in sorted({mark for mark, _, _ in pairs}):
        day = any(first > 12 for mark, first, _ in pairs if mark == separator)
        month = any(second > 12 for mark, _, second in pairs if mark == separator)
        is_point = separator == "." and not month
        orders[separator] = day if day != month else is_point or None
    return orders if len(orders) > 1 else dict.fromkeys(orders, day_first)


def find_day_order(cell: str, orders: Mapping[str, bool | None]) -> bool | None:
    """Return whether a date has the day first, as others with its separator."""
    match = _NUMERIC.fullmatch(cell.strip())
    return None if match is None else orders.get(match[2])


def refuse_future(date: TwinningDate, today: datetime.date | None = None) -> None:
    """Refuse an agreement dated two days ahead; a clock that stands before ``limits.CLOCK_FLOOR`` is not believed."""
    now = max(today or datetime.datetime.now(datetime.UTC).date(), limits.CLOCK_FLOOR) + datetime.timedelta(days=1)
    if date.earliest > (now.year, now.month, now.day):
        raise CellError(Text("data.date-future"))


def _parts(text: str, day_first: bool | None) -> tuple[int, int | None, int | None]:
    for shape in _DATES:
        if match := shape.fullmatch(text):
            parts = match.groupdict()
            month, day = (_read_part(part) if (part := parts.get(name)) else None for name in ("month", "day"))
            return int(parts["year"]), month, day
    if match := _NUMERIC.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if day_first is None and first <= 12 and second <= 12 and first != second:
            raise CellError(Text("data.date-ambiguous"), Remedy("day_first"))
        is_day_first = first > 12 or first == second if day_first is None else day_first
        return (year, second, first) if is_day_first else (year, first, second)
    raise CellError(Text(next((reason for shape, reason in _REASONS if shape.fullmatch(text)), "data.no-date")))


def _read_part(text: str) -> int | None:
    """Return the number of a month, a day or a quarter, in digits or by its name."""
    return int(text) if text.isdecimal() else _QUARTERS.get(text.upper()) or parse_month(text)


_PER_YEAR = {"year": 1, "quarter": 4, "month": 12}
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "I": 1, "II": 2, "III": 3, "IV": 4}
_ROMAN = "IV|I{1,3}"
_QUARTER = r"(?:quart(?:er|al)|trim\w*|kwarta\w*|квартал\w*|кв\.?)"

_PART_QUARTER = re.compile(
    rf"(?i)(?:[qt]\s?|第)?([1-4一二三四]|{_ROMAN})\s?(?:[qt]|季度?|(?:\.|st|nd|rd|th|er|e|º|°)?\s?{_QUARTER})?"
)
_SPLIT = re.compile(r"(\d{4})\s?[-/–]\s?(\d{2}|\d{4})")
_PERIODS_REASONS = (
    (re.compile(r"\d{4}\s?[/\-–]\s?\d{2}"), "data.period-split-or-month"),
    (re.compile(r"\d{4}\s?[/\-–]\s?\d{4}"), "data.period-two-years"),
    (re.compile(r"(?i)fy\s?'?\d{2,4}"), "data.period-fiscal"),
    (re.compile(r"['’]\d{2}|\d{2}"), "data.period-two-digits"),
    (re.compile(r"(?:民国|民國|ROC)\s?\d{1,3}\s?年?|\d{2,3}\s?年"), "data.date-republic"),
    (re.compile(r"\d{5}(?:\.\d+)?"), "data.period-day-number"),
    (re.compile(r"\d{4}\s?\S*\d{1,2}\s?[-–~至]\s?\d{1,2}\s?月?.*"), "data.period-part"),
    (re.compile(r"(?i)\d{4}.*(ytd|jan|prelim|est|p|e|f|r|\*)\W*"), "data.period-marked"),
)
_FOOTER = re.compile(r"(?i)(source|note|资料来源|注|合计|total).*")


def find_waves(years: IntArray) -> tuple[int, ...]:
    """Return the years of waves: three or more, at unequal steps, no two of them neighbors; none otherwise."""
    waves = find_distinct(years)
    steps = np.diff(waves)
    is_wave = waves.size > 2 and np.unique(steps).size > 1 and steps.min() > np.gcd.reduce(steps)
    return tuple(waves.tolist()) if is_wave else ()


class Frequency(StrEnum):
    """How long a period is; a period is an integer: a year, ``year * 4 + quarter - 1``, ``year * 12 + month - 1``."""

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
        parts = _read_period(cleaned, self)
        if parts is not None:
            year, part = parts
            check_year(year)
            if not 1 <= part <= self.per_year:
                raise self._refusal("data.period-no-part", part=part)
            return year * self.per_year + part - 1
        shape, reason = _PERIODS_REASONS[0]
        if self is Frequency.YEAR and shape.fullmatch(cleaned):
            raise CellError(Text(reason))
        for other in Frequency:
            if other is not self and _read_period(cleaned, other) is not None:
                raise self._refusal("data.period-other", Remedy("frequency", (other.value,)), other=other.value)
        known = next((reason for shape, reason in _PERIODS_REASONS if shape.fullmatch(cleaned)), "")
        if not known and _FOOTER.fullmatch(cleaned):
            raise CellError(Text("data.period-footer"), Remedy("last_row"))
        raise self._refusal(known or "data.no-period")

    def _refusal(self, key: str, remedy: Remedy | None = None, /, **values: Value) -> CellError:
        return CellError(Text(key, period_name=self.value, **values), remedy)


def parse_periods(
    column: TextColumn, frequency: Frequency, faults: Faults, parts: TextColumn | None = None
) -> IntArray:
    """Read periods (n_rows,), or years with ``parts``: months or quarters; faulty rows are noted and become -1."""
    if parts is not None:
        years = _mapped(column, Frequency.YEAR.parse, faults)
        part = _mapped(parts, lambda text: parse_part(text, frequency), faults)
        return np.where((years < 0) | (part < 0), -1, years * frequency.per_year + part - 1)
    if frequency is Frequency.MONTH and are_split_years(column.cells):
        is_any, is_header = np.ones(len(column), dtype=bool), column.name == COLUMN_NAMES

        def explain(cell: str) -> CellError:
            text = Text("data.period-all-split-years", cell=quote_cell(cell))
            return CellError(text, Remedy("ignore", (cell,)) if is_header else None)

        column.errors(faults, "period", is_any, explain)
        return np.full(len(column), -1, dtype=np.int64)
    if frequency is Frequency.YEAR and are_split_years(column.cells):
        cell = min(column.cells)
        note = Text("data.fiscal-years", cell=quote_cell(cell), year=cell.strip()[:4])
        faults.inform("fiscal-years", note, column.file, None, column.name)
        return _mapped(column, lambda text: frequency.parse(text.translate(FULL_WIDTH).strip()[:4]), faults)
    if frequency is Frequency.QUARTER and are_first_months(column.cells):
        return _mapped(column, lambda text: Frequency.MONTH.parse(text) // 3, faults)
    return _mapped(column, frequency.parse, faults)


def are_first_months(cells: Iterable[str]) -> bool:
    """Whether all cells begin a quarter as months do, July or October among them: 04 alone may be a quarter."""
    read = (_read_period(cell.strip(), Frequency.MONTH) for cell in set(cells))
    months = {None if parts is None else parts[1] for parts in read}
    return months <= {1, 4, 7, 10} and bool(months & {7, 10})


def are_split_years(cells: Iterable[str]) -> bool:
    """Whether all cells, two or more different, read as years that span two and not as months: 2004/05, 2005/06."""
    matches = [_SPLIT.fullmatch(cell.strip().translate(FULL_WIDTH)) for cell in set(cells)]
    return len(matches) > 1 and all(m is not None and str(int(m[1]) + 1).endswith(m[2]) for m in matches)


def parse_part(text: str, frequency: Frequency) -> int:
    """Read a month or quarter from a column of its own: "8", "August", "8月", "Q3", "第三季度"."""
    cleaned = text.strip().translate(FULL_WIDTH)
    number = None
    if frequency is Frequency.MONTH:
        marked = _MARKED.fullmatch(cleaned) or re.fullmatch(r"(\d{1,2})", cleaned)
        number = int(next(filter(None, marked.groups()))) if marked else parse_month(cleaned)
    elif frequency is Frequency.QUARTER and (match := _PART_QUARTER.fullmatch(cleaned)):
        number = _read_part(match[1])
    if number is None or not 1 <= number <= frequency.per_year:
        raise CellError(Text("data.period-no-subperiod", period_name=frequency.value))
    return number


def _mapped(column: TextColumn, parse: Callable[[str], int], faults: Faults) -> IntArray:
    known: dict[str, int] = {}
    wrong: dict[str, CellError] = {}
    for cell in sorted(set(column.cells)):
        try:
            known[cell] = parse(cell)
        except CellError as error:
            reason = error.text if cell.strip() else Text("data.blank")
            remedy = Remedy("ignore", (cell,)) if column.name == COLUMN_NAMES else error.remedy
            known[cell], wrong[cell] = -1, CellError(Text("data.cell", cell=quote_cell(cell), reason=reason), remedy)
    periods = np.fromiter(map(known.__getitem__, column.cells), dtype=np.int64, count=len(column))
    column.errors(faults, "period", periods < 0, wrong.__getitem__)
    return periods


_PERIODS: dict[Frequency, tuple[re.Pattern[str], ...]] = {
    Frequency.YEAR: (re.compile(r"(?P<year>\d{4})(?:\.0+|\s?年)?"),),
    Frequency.QUARTER: (
        re.compile(r"(?P<year>\d{4})\s?[-/.]?\s?[Qq]\s?(?P<part>[1-4])"),
        re.compile(r"[Qq]\s?(?P<part>[1-4])\s?[-/]?\s?(?P<year>\d{4})"),
        re.compile(r"(?P<year>\d{4})\s?年\s?第?\s?(?P<part>[1-4一二三四])\s?季度?"),
        re.compile(rf"(?i)(?P<part>{_ROMAN}|[1-4])\.?\s?{_QUARTER}\s?[-/.]?\s?(?P<year>\d{{4}})"),
        re.compile(rf"(?P<part>{_ROMAN})\s?[-/. ]\s?(?P<year>\d{{4}})"),
        re.compile(rf"(?P<year>\d{{4}})\s?[-/. ]\s?(?P<part>{_ROMAN})(?:\.?\s?{_QUARTER})?"),
    ),
    Frequency.MONTH: (
        re.compile(
            r"(?P<year>\d{4})(?:\s?[-/]\s?|\.(?=\d\d)|\s?[Mm]\s?)(?P<part>\d{1,2})"
            r"(?:[-/.]\d{1,2}(?:[ T]00:00(?::00)?)?)?"
        ),
        re.compile(r"(?P<year>\d{4})(?P<part>\d{2})"),
        re.compile(r"(?P<year>\d{4})\s?年\s?(?P<part>\d{1,2})\s?月(?:份)?"),
        re.compile(rf"(?i)(?P<year>\d{{4}})[\s-]+(?P<part>{MONTH_NAMES})\.?"),
        re.compile(r"(?P<part>\d{1,2})\s?[-/.]\s?(?P<year>\d{4})"),
        re.compile(rf"(?i)(?P<part>{MONTH_NAMES})\.?[\s,-]+(?P<year>\d{{4}})"),
    ),
}


def _read_period(text: str, frequency: Frequency) -> tuple[int, int] | None:
    """Return the year of a period and its part of the year, None where the text is no period of the frequency."""
    for shape in _PERIODS[frequency]:
        if match := shape.fullmatch(text):
            parts = match.groupdict()
            return int(parts["year"]), _read_part(parts.get("part") or "1") or 0
    return None
