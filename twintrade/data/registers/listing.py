"""Reads a list of agreements with columns of usual names: two places, a date as an interval, and where it stands."""

import calendar
import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twintrade.data.calendar.dates import TwinningDate, parse_date
from twintrade.data.formats.tables import open_table
from twintrade.data.geography.countries import find_code
from twintrade.data.geography.gazetteer import find_listed_place
from twintrade.data.schema.file_format import FileFormat
from twintrade.data.sources.cells import clean_text, fold_name
from twintrade.data.sources.faults import CellError, Faults
from twintrade.errors import DataError
from twintrade.text import Text, Words

_NAMES: Mapping[str, Sequence[str]] = {
    "city": ("city", "city_a", "us_unit", "us_city", "USCity", "signatory"),
    "state": ("us_usps", "state", "USState"),
    "country": ("country", "country_a", "country_iso3", "city_country"),
    "partner_city": ("partner_city", "city_b", "partner_unit", "twin", "PartnerCity"),
    "partner": ("partner_iso3", "country_b", "twin_country", "partner_country", "partner", "PartnerCityCountry"),
    "date": ("date", "DateEablished_iso", "start", "signed"),
    "precision": ("date_precision", "precision"),
    "ended": ("ended", "end"),
    "kind": ("agreement_type", "kind", "Relationship"),
    "event": ("event",),
    "source": ("source_url", "source"),
    "note": ("note",),
    "item": ("city_item",),
    "partner_item": ("partner_item",),
}
_NEEDED = ("city", "partner_city", "partner")
_AMERICAN = ("us_unit", "us_city", "USCity")
_ITEM = re.compile(r"Q\d+")
_TAIL = re.compile(r"\s*(?:\(.*\)|,.*)$")


@dataclass(frozen=True, slots=True)
class PlaceName:
    """One end of an agreement."""

    name: str
    state: str
    country: str
    item: str = ""  # of Wikidata; empty where the list has none

    @property
    def key(self) -> tuple[str, str]:
        """What two spellings of one place share: the name that the table of places has, else the folded one."""
        known = find_listed_place(self.name, self.country)
        return (fold_name(known.name) if known else fold_name(_TAIL.sub("", self.name)), self.country)


@dataclass(frozen=True, slots=True)
class ListedAgreement:
    """One row of a list."""

    # file, row: Where it stands
    file: str
    row: int
    city: PlaceName
    partner: PlaceName
    # None where the list has none, or none that can be read: `date_text` then says what stands there
    date: TwinningDate | None
    date_text: str
    ended: str
    kind: str
    event: str
    source: str
    note: str
    fault: Words = ""  # what is wrong with the date; empty where nothing is

    @property
    def pair(self) -> frozenset[tuple[str, str]]:
        """The two places, whichever stands first."""
        return frozenset((self.city.key, self.partner.key))

    @property
    def interval(self) -> tuple[datetime.date, datetime.date] | None:
        """First and last day that the date can mean."""
        return None if self.date is None else find_interval(self.date)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of agreements as read."""

    file: str
    rows: tuple[ListedAgreement, ...]


def find_interval(date: TwinningDate) -> tuple[datetime.date, datetime.date]:
    """Return the first and the last day that a date can mean."""
    month = date.month or 12
    last = datetime.date(date.year, month, date.day or calendar.monthrange(date.year, month)[1])
    return datetime.date(*date.earliest), last


def read_listing(root: Path, file: str) -> Listing:
    """Read a list of agreements by the usual names of its columns; no row is left out."""
    faults = Faults()
    table = open_table(root, file, FileFormat(), [], faults, needs_all=True)
    faults.raise_if_any()
    columns = {part: next((n for n in names if n in table.columns), "") for part, names in _NAMES.items()}
    missing = [part for part in _NEEDED if not columns[part]]
    if missing or not (columns["country"] or columns["city"] in _AMERICAN):
        part = missing[0] if missing else "country"
        raise DataError(f"{file} has no column for the {part}: name it {' or '.join(_NAMES[part])}")
    cells = {part: table.columns[name] for part, name in columns.items() if name}
    rows = []
    for i, number in enumerate(table.rows):
        record = {part: clean_text(values[i]) for part, values in cells.items()}
        rows.append(_read_row(file, int(number), record, "country" not in cells))
    return Listing(file, tuple(rows))


def _read_row(file: str, number: int, record: Mapping[str, str], is_american: bool) -> ListedAgreement:
    country = "USA" if is_american else _find_country(record["country"])
    date, fault = _read_date(record.get("date", ""), record.get("precision", ""))
    twin = PlaceName(
        record["partner_city"], "", _find_country(record["partner"]), _find_item(record.get("partner_item", ""))
    )
    return ListedAgreement(
        file=file,
        row=number,
        city=PlaceName(record["city"], record.get("state", ""), country, _find_item(record.get("item", ""))),
        partner=twin,
        date=date,
        date_text=record.get("date", ""),
        ended=record.get("ended", ""),
        kind=record.get("kind", ""),
        event=record.get("event", ""),
        source=record.get("source", ""),
        note=record.get("note", ""),
        fault=fault,
    )


def _find_country(text: str) -> str:
    return find_code(text) or text


def _find_item(text: str) -> str:
    return text if _ITEM.fullmatch(text) else ""


def _read_date(text: str, precision: str) -> tuple[TwinningDate | None, Words]:
    """Return a date, and what is wrong where it cannot be read."""
    if not text:
        return None, ""
    try:
        return parse_date(text, precision or None), ""
    except CellError as error:
        return None, Text("data.cell", cell=text, reason=error.text)
