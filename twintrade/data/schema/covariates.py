"""What a table of covariates or weights is: which columns are wanted, and what a row is about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from twintrade.data.calendar.periods import Frequency
from twintrade.data.schema.file_format import FileFormat
from twintrade.data.schema.source import CityName


@dataclass(frozen=True, slots=True, kw_only=True)
class CovariateSource(FileFormat):
    """A table of what cities, partners, pairs or periods are like, beside their trade.

    Attributes
    ----------
    file : str
    columns : tuple of str or mapping of str to str
        The columns wanted; a table gives each the name by which the design calls it: { gdp = "GDP, current USD" }.
    city, partner, period : str or None
        What a row is about: the columns that are there decide. City and partner together are a pair.
    subperiod : str or None
        Column of the month or quarter, when ``period`` has the year alone.
    frequency : Frequency
        Of the file. A value of a year holds for each of its months.
    decimal : {".", ","} or None
        None lets each column prove its decimal mark.
    missing_tokens : tuple of str
    city_names : tuple of CityName
    partner_names : mapping of str to str
    """

    file: str
    columns: tuple[str, ...] | Mapping[str, str]
    city: str | None = None
    partner: str | None = None
    period: str | None = None
    subperiod: str | None = None
    frequency: Frequency = Frequency.YEAR
    decimal: Literal[".", ","] | None = None
    missing_tokens: tuple[str, ...] = ()
    city_names: tuple[CityName, ...] = ()
    partner_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> Mapping[str, str]:
        """Columns of the file by the names of the design."""
        return self.columns if isinstance(self.columns, Mapping) else {name: name for name in self.columns}

    @property
    def keys(self) -> tuple[str, ...]:
        """What a row is about, of city, partner and period."""
        parts = {"city": self.city, "partner": self.partner, "period": self.period}
        return tuple(part for part, column in parts.items() if column is not None)
