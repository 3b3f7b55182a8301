"""Mean reference rates of the European Central Bank, from the optional package that carries them."""

import contextlib
import importlib
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from twintrade.data.calendar.periods import Frequency
from twintrade.errors import DataError
from twintrade.extras import note_library


def load_ecb_rates(currency: str, target: str, periods: Iterable[int], frequency: Frequency) -> dict[int, float]:
    """Return the mean over days of what one unit of the target costs in the currency.

    Only periods whose days are all within the rates' range are returned: a part of a year is no year.
    """
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
    low, high = _range(book, currency, target)
    rates_by_period = {}
    for period in sorted({int(p) for p in periods}):
        first, last = _days(period, frequency)
        if first >= low and last <= high:
            rates_by_period[period] = _mean(book, rates.RateNotFoundError, currency, target, first, last)
    return rates_by_period


def _range(book: Any, currency: str, target: str) -> tuple[date, date]:
    """Return the days between which both currencies have rates, widened over the weekends at either end."""
    bounds = [book.bounds[code] for code in (currency, target) if code != book.ref_currency]
    slack = timedelta(days=5)
    return max(b.first_date for b in bounds) - slack, min(b.last_date for b in bounds) + slack


def _days(period: int, frequency: Frequency) -> tuple[date, date]:
    length = 12 // frequency.per_year
    year, part = divmod(period, frequency.per_year)
    end = period + 1
    next_year, next_part = divmod(end, frequency.per_year)
    return date(year, part * length + 1, 1), date(next_year, next_part * length + 1, 1) - timedelta(days=1)


def _mean(book: Any, no_rate: type[Exception], currency: str, target: str, first: date, last: date) -> float:
    quotes = []
    day = first
    while day <= last:
        with contextlib.suppress(no_rate):
            quotes.append(book.convert(1.0, target, currency, date=day))
        day += timedelta(days=1)
    if not quotes:
        raise DataError(f"no reference rate of {currency} between {first} and {last}")
    return float(sum(quotes) / len(quotes))
