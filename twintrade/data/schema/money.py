"""How money is to be converted: exchange rates and deflators, each from a series that the analysis names."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from twintrade.data.calendar.periods import Frequency
from twintrade.data.schema.file_format import FileFormat

Quotation: TypeAlias = Literal["currency_per_target", "target_per_currency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRates(FileFormat):
    """Average exchange rates by period."""

    target: str  # currency code to convert to
    # The user's own table; empty takes the reference rates of the European Central Bank (from 1999) that come with
    # the optional package for exchange rates
    file: str = ""
    # currency, period, rate: Columns of the table
    currency: str = "currency"
    period: str = "year"
    rate: str = "rate"
    quoted: Quotation = "currency_per_target"  # 7.1 yuan a dollar, or 0.141 dollars a yuan
    frequency: Frequency = Frequency.YEAR  # of the rates; those of a year serve all its months, which is said


@dataclass(frozen=True, slots=True, kw_only=True)
class Deflator(FileFormat):
    """A price index that turns money of the day into money of a base period."""

    # file, period, index: Table and columns
    file: str
    period: str
    index: str
    base: str  # period in whose prices values are expressed, as "2015"
    frequency: Frequency = Frequency.YEAR  # of the index: the one of the panel
