"""Money converted by named series, every factor kept for the data card."""

import contextlib
import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency, parse_periods
from twintrade.data.figures.numbers import NumberStyle, parse_numbers
from twintrade.data.formats.tables import open_table
from twintrade.data.schema import Deflator, ExchangeRates
from twintrade.data.sources.faults import Faults, quote_cell
from twintrade.data.sources.provenance import InputRecord
from twintrade.errors import DataError
from twintrade.extras import note_library
from twintrade.numerics.arrays import IntArray
from twintrade.text import Text, Words, list_some, pack_text

# Mean reference rates of the European Central Bank, from the optional package that carries them.


def load_ecb_rates(currency: str, target: str, periods: Iterable[int], frequency: Frequency) -> dict[int, float]:
    """Return mean daily rates, currency per target, of periods that lie wholly within the range of the rates."""
    try:
        rates = importlib.import_module("currency_converter")
    except ImportError:
        raise DataError(
            "exchange rates were asked for without a file, and the package CurrencyConverter is not installed: "
            "pip install CurrencyConverter; or name a table of rates"
        ) from None
    note_library("CurrencyConverter")
    book = rates.CurrencyConverter(fallback_on_missing_rate=False)
    unknown = [code for code in (currency, target) if code not in book.currencies]
    if unknown:
        raise DataError(f"the European Central Bank has no rates of {', '.join(unknown)}: name a table of rates")
    bounds = [book.bounds[code] for code in (currency, target) if code != book.ref_currency]
    slack = timedelta(days=5)  # over the weekends at either end
    low, high = max(b.first_date for b in bounds) - slack, min(b.last_date for b in bounds) + slack
    rates_by_period = {}
    for period in sorted({int(p) for p in periods}):
        span = pd.Period(frequency.label(period))
        days = [day.date() for day in pd.date_range(span.start_time, span.end_time)]
        if days[0] < low or days[-1] > high:
            continue
        quotes = []
        for day in days:
            with contextlib.suppress(rates.RateNotFoundError):
                quotes.append(book.convert(1.0, target, currency, date=day))
        if not quotes:
            raise DataError(f"no reference rate of {currency} between {days[0]} and {days[-1]}")
        rates_by_period[period] = float(sum(quotes) / len(quotes))
    return rates_by_period


_MAX_NAMED = 8
CONVERSION_COLUMNS = ("kind", "currency", "target", "period", "factor", "source", "source_text")


@dataclass(frozen=True, slots=True)
class Conversion:
    """One factor that values of a period were multiplied by."""

    kind: str  # "unit", "exchange" or "deflator"
    # currency, target: What went in and what came out: "万美元" and "USD", "CNY" and "USD", or "USD" and "USD of
    # 2015"
    currency: str
    target: str
    period: str  # "all" for units
    factor: float
    source: Words  # file, or the name of the rates


def build_conversions_frame(conversions: Iterable[Conversion]) -> pd.DataFrame:
    """Return one row a factor, with the columns ``CONVERSION_COLUMNS``, for the data card."""
    rows = [
        (c.kind, c.currency, c.target, c.period, c.factor, str(c.source), pack_text(c.source)) for c in conversions
    ]
    return pd.DataFrame(rows, columns=list(CONVERSION_COLUMNS))


@dataclass(frozen=True, slots=True, eq=False)
class Converted:
    """Rows in their new unit, with what was done to them."""

    frame: pd.DataFrame
    unit: str
    conversions: tuple[Conversion, ...] = ()
    records: tuple[InputRecord, ...] = ()


def convert_currency(
    frame: pd.DataFrame, currency: str, rates: ExchangeRates | None, frequency: Frequency, root: Path, faults: Faults
) -> Converted:
    """Return trade in the target currency."""
    if rates is None or rates.target == currency:
        return Converted(frame, currency)
    ratio, rest = divmod(frequency.per_year, rates.frequency.per_year)
    if rest or ratio < 1:
        raise DataError(f"rates by {rates.frequency.value} are finer than figures by {frequency.value}: average them")
    if ratio > 1:
        text = Text("data.coarse-rates", rates=rates.frequency.value, period_name=frequency.value)
        faults.warn("coarse-rates", text, rates.file)
    periods = frame["period"].to_numpy() // ratio
    wanted = np.unique(periods)
    source: Words = rates.file or Text("data.conversion-ecb")
    records = []
    if rates.file:
        quotes, record = _read_series(rates, rates.rate, currency, root, faults)
        records.append(record)
    else:
        quotes = load_ecb_rates(currency, rates.target, wanted, rates.frequency)
    factors = {p: 1 / q if rates.quoted == "currency_per_target" else q for p, q in quotes.items()}
    absent = _list_absent(wanted, factors, rates.frequency)
    if absent:
        names = {"currency": currency, "target": rates.target}
        raise DataError(Text("data.rates-missing", source=source, periods=list_some(absent, _MAX_NAMED), **names))
    used = tuple(
        Conversion("exchange", currency, rates.target, rates.frequency.label(int(p)), factors[int(p)], source)
        for p in wanted
    )
    return Converted(_times(frame, periods, factors), rates.target, used, tuple(records))


def deflate(
    frame: pd.DataFrame, unit: str, deflator: Deflator | None, frequency: Frequency, root: Path, faults: Faults
) -> Converted:
    """Return trade in the prices of the base period."""
    if deflator is None:
        return Converted(frame, unit)
    if deflator.frequency is not frequency:
        raise DataError(f"{deflator.file}: an index by {deflator.frequency.value} for figures by {frequency.value}")
    index, record = _read_series(deflator, deflator.index, "", root, faults)
    try:
        base = frequency.parse(deflator.base)
    except ValueError as error:
        raise DataError(f"{deflator.file}: base {quote_cell(deflator.base)} {error}") from None
    wanted = np.unique(frame["period"].to_numpy())
    absent = _list_absent([base, *wanted], index, frequency)
    if absent:
        raise DataError(Text("data.index-missing", source=deflator.file, periods=list_some(absent, _MAX_NAMED)))
    factors = {p: index[base] / value for p, value in index.items()}
    target = str(Text("data.currency-of-base", currency=unit, period=frequency.label(base)))
    by_label = {frequency.label(int(p)): factors[int(p)] for p in wanted}
    used = tuple(Conversion("deflator", unit, target, label, by_label[label], deflator.file) for label in by_label)
    return Converted(_times(frame, frame["period"].to_numpy(), factors), target, used, (record,))


def _read_series(
    declared: ExchangeRates | Deflator, column: str, currency: str, root: Path, faults: Faults
) -> tuple[dict[int, float], InputRecord]:
    """Return the positive values of a column by period, of rates those of a currency, and where they came from."""
    of = [declared.currency] if isinstance(declared, ExchangeRates) else []
    table, file = open_table(root, declared.file, declared, [*of, declared.period, column], faults), declared.file
    for name in of:
        is_mine = np.array([c.strip() == currency for c in table.columns[name]], dtype=bool)
        table = table.keep(is_mine, Text("data.dropped-currency"))
        if not table.rows.size:
            raise DataError(f"{file} has no rate of {currency} in its column {name}")
    periods = parse_periods(table.column(declared.period), declared.frequency, faults)
    values = parse_numbers(table.column(column), NumberStyle(), faults).values
    by_period: dict[int, float] = {}
    for period, value in zip(periods.tolist(), values.tolist(), strict=True):
        if period in by_period and by_period[period] != value:
            raise DataError(f"{file} has two values for one period; use where to choose the series")
        if value > 0:
            by_period[period] = value
    return by_period, table.record


def _list_absent(periods: object, known: dict[int, float], frequency: Frequency) -> list[str]:
    return [frequency.label(int(p)) for p in np.asarray(periods) if int(p) not in known]


def _times(frame: pd.DataFrame, periods: IntArray, factors: dict[int, float]) -> pd.DataFrame:
    names, position = np.unique(periods, return_inverse=True)
    by_period = np.array([factors[int(p)] for p in names])
    return frame.assign(value=frame["value"].to_numpy() * by_period[position])
