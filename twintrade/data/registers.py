"""Lists of agreements: read by usual names of columns, checked, compared, and merged into one register."""

import datetime
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from twintrade.data.calendar import TwinningDate, parse_date, refuse_future
from twintrade.data.formats.tables import open_table
from twintrade.data.geography.cities import find_listed_place
from twintrade.data.geography.countries import find_code
from twintrade.data.registry.matching import SIGNED_FROM
from twintrade.data.schema import FileFormat
from twintrade.data.sources.faults import CellError, Faults, clean_text, fold_name, try_parse
from twintrade.errors import DataError
from twintrade.text import Listed, Text, Words

# How many agreements no list has, from two lists of the same agreements (capture and recapture).

_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Coverage:
    """What two lists say about agreements that neither has.

    The assumption: each list has an agreement with a chance that does not depend on whether the other has it, and
    every agreement has the same chance of being on a list. Where one list was copied from the other, or both have
    what is famous and lack what is not, lists agree too often, and total and unseen are lower bounds.
    """

    # n_first, n_second, n_both: Agreements of each list, and of both
    n_first: int
    n_second: int
    n_both: int
    total: float  # estimated number of all agreements (Chapman 1951)
    # low, high: Its interval at 95 %, by a log-normal of the unseen (Chao 1987), never below what was seen
    low: float
    high: float

    @property
    def n_seen(self) -> int:
        """Agreements on at least one list."""
        return self.n_first + self.n_second - self.n_both

    @property
    def unseen(self) -> float:
        """Estimated agreements on no list."""
        return self.total - self.n_seen


def estimate_coverage(n_first: int, n_second: int, n_both: int) -> Coverage:
    """Estimate how many agreements there are from the sizes of two lists and of what they share.

    With n1 and n2 agreements on the lists and m on both, Chapman's total is (n1 + 1)(n2 + 1)/(m + 1) - 1 with
    variance (n1 + 1)(n2 + 1)(n1 - m)(n2 - m)/((m + 1)^2 (m + 2)). With u unseen, the interval is from seen + u/C to
    seen + u C, C = exp(1.96 sqrt(log(1 + variance/u^2))).
    """
    if n_both < 0 or n_both > min(n_first, n_second):
        raise ValueError(f"two lists of {n_first} and {n_second} cannot share {n_both}")
    n_seen = n_first + n_second - n_both
    total = (n_first + 1) * (n_second + 1) / (n_both + 1) - 1
    product = (n_first + 1) * (n_second + 1) * (n_first - n_both) * (n_second - n_both)
    variance = product / ((n_both + 1) ** 2 * (n_both + 2))
    unseen = max(total - n_seen, 0.0)
    factor = math.exp(_Z * math.sqrt(math.log1p(variance / unseen**2))) if unseen > 0 else 1.0
    low, high = n_seen + unseen / factor, n_seen + unseen * factor
    return Coverage(n_first, n_second, n_both, max(total, n_seen), low, high)


def estimate_hidden_share(coverage: Coverage, n_comparison: int) -> tuple[float, float, float]:
    """Return the share of comparison pairs with an agreement that no list has, and both ends of its interval.

    With a share p of the comparison pairs treated in truth, a difference to them is the effect times 1 - p. An unseen
    agreement is taken to be as likely in one pair without a known agreement as in another.
    """
    if n_comparison < 1:
        raise ValueError("there is no comparison pair")
    ends = (coverage.unseen, coverage.low - coverage.n_seen, coverage.high - coverage.n_seen)
    share, low, high = (min(max(unseen / n_comparison, 0.0), 1.0) for unseen in ends)
    return share, low, high


_NAMES: Mapping[str, Sequence[str]] = {
    "city": ("city", "city_a", "us_unit", "us_city", "USCity", "signatory"), "state": ("us_usps", "state", "USState"),
    "country": ("country", "country_a", "country_iso3", "city_country"),
    "partner_city": ("partner_city", "city_b", "partner_unit", "twin", "PartnerCity"),
    "partner": ("partner_iso3", "country_b", "twin_country", "partner_country", "partner", "PartnerCityCountry"),
    "date": ("date", "DateEablished_iso", "start", "signed"), "precision": ("date_precision", "precision"),
    "ended": ("ended", "end"), "kind": ("agreement_type", "kind", "Relationship"), "event": ("event",),
    "source": ("source_url", "source"), "note": ("note",), "item": ("city_item",), "partner_item": ("partner_item",),
}  # fmt: skip
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
        """The two places, in either order."""
        return frozenset((self.city.key, self.partner.key))


Listing: TypeAlias = Sequence[ListedAgreement]


def find_interval(date: TwinningDate) -> tuple[datetime.date, datetime.date]:
    """Return the first and the last day that a date can mean."""
    return datetime.date(*date.earliest), datetime.date(*date.latest)


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
        rows.append(_read_row(file, int(number), record))
    return rows


def _read_row(file: str, number: int, record: Mapping[str, str]) -> ListedAgreement:
    countries = (record.get("country", "USA"), record["partner"])
    code, partner = (find_code(country) or country for country in countries)
    items = (record.get(name, "") for name in ("item", "partner_item"))
    item, other_item = (item if _ITEM.fullmatch(item) else "" for item in items)
    date, fault = _read_date(record.get("date", ""), record.get("precision", ""))
    return ListedAgreement(
        file=file,
        row=number,
        date=date,
        date_text=record.get("date", ""),
        fault=fault,
        city=PlaceName(record["city"], record.get("state", ""), code, item),
        partner=PlaceName(record["partner_city"], "", partner, other_item),
        **{name: record.get(name, "") for name in ("ended", "kind", "event", "source", "note")},
    )


def _read_date(text: str, precision: str) -> tuple[TwinningDate | None, Words]:
    """Return a date, and what is wrong where it cannot be read."""
    if not text:
        return None, ""
    try:
        return parse_date(text, precision or None), ""
    except CellError as error:
        return None, Text("data.cell", cell=text, reason=error.text)


# What two lists of agreements share within the cities that both know, and how far they rest on the same pages.


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two lists within their common frame."""

    n_cities: int  # cities that both lists have at the same end
    # agreements, pairs: Of agreements between two cities, and of pairs of a city and a country
    agreements: Coverage
    pairs: Coverage
    n_same_page: int  # shared agreements for which both lists cite a page in common

    @property
    def is_lower_bound(self) -> bool:
        """Whether shared pages show that the lists are not independent."""
        return self.n_same_page > 0


def compare_listings(first: Listing, second: Listing) -> Overlap:
    """Return what two lists share of the agreements of cities that both have."""
    frame = _list_cities(first) & _list_cities(second)
    mine, theirs = _list_agreements(first, frame), _list_agreements(second, frame)
    shared = mine.keys() & theirs.keys()
    n_same = sum(bool(_list_pages(mine[pair]) & _list_pages(theirs[pair])) for pair in shared)
    ends = [[e for row in rows.values() for e in permutations((row.city, row.partner))] for rows in (mine, theirs)]
    dyads = [{(one.key, other.country) for one, other in of if one.key in frame} for of in ends]
    return Overlap(
        len(frame),
        estimate_coverage(len(mine), len(theirs), len(shared)),
        estimate_coverage(len(dyads[0]), len(dyads[1]), len(dyads[0] & dyads[1])),
        n_same,
    )


def _list_cities(listing: Listing) -> set[tuple[str, str]]:
    return {place.key for row in listing for place in (row.city, row.partner) if place.name}


def _list_agreements(
    listing: Listing, frame: AbstractSet[tuple[str, str]]
) -> dict[frozenset[tuple[str, str]], ListedAgreement]:
    return {row.pair: row for row in listing if row.partner.name and row.pair & frame}


def _list_pages(row: ListedAgreement) -> set[str]:
    return {page for page in row.source.replace(";", " ").split() if page.startswith("http")}


# What cannot be right in a list of agreements: rows that repeat, dates that cannot be, ends in one country.


def check_listing(listing: Listing, today: datetime.date | None = None) -> list[tuple[int, Text]]:
    """Return row and fault of whatever cannot be right, by row; no agreement can be signed after ``today``."""
    return sorted([*_list_repeats(listing), *_list_faults(listing, today)], key=lambda pair: (pair[0], str(pair[1])))


def _list_repeats(listing: Listing) -> Iterator[tuple[int, Text]]:
    by_pair: dict[object, list[ListedAgreement]] = {}
    for row in listing:
        by_pair.setdefault((row.pair, frozenset((row.city.state, row.partner.state)), row.event), []).append(row)
    for group in by_pair.values():
        if len(group) > 1:
            rows = Listed(tuple(str(row.row) for row in group), "comma")
            city, twin = group[0].city.name, group[0].partner.name
            yield group[1].row, Text("data.listed-twice", city=city, twin=twin, rows=rows)


def _list_faults(listing: Listing, today: datetime.date | None) -> Iterator[tuple[int, Text]]:
    for row in listing:
        if not row.partner.name:
            yield row.row, Text("data.no-twin-named", city=row.city.name)
            continue
        if row.city.country == row.partner.country:
            yield row.row, Text("data.own-country", city=row.city.name, twin=row.partner.name, code=row.city.country)
        if row.city.key == row.partner.key:
            yield row.row, Text("data.own-twin", city=row.city.name)
        if row.fault:
            yield row.row, Text("data.date-unread", why=row.fault)
        if row.date is None:
            continue
        if row.date.year < SIGNED_FROM:
            yield row.row, Text("data.date-before-all", date=row.date.iso, year=SIGNED_FROM)
        try:
            refuse_future(row.date, today)
        except CellError as error:
            yield row.row, Text("data.date-unread", why=Text("data.cell", cell=row.date.iso, reason=error.text))
        end = try_parse(parse_date, row.ended)
        if end is not None and find_interval(end)[1] < find_interval(row.date)[0]:
            yield row.row, Text("data.ended-first", date=row.date.iso, end=row.ended)


MERGED_COLUMNS = (
    *("id", "city", "state", "country_iso3", "partner_city", "partner_iso3", "date", "date_precision"),
    *("earliest", "latest", "agreement_type", "ended", "dates", "rows", "n_rows", "source_url", "conflict", "note"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """A register made of several lists."""

    # One row an agreement, columns `MERGED_COLUMNS`; `rows` names every row of a list that says it, `dates` each date
    # as written with its place, and the interval from `earliest` to `latest` is what all dates allow, or spans them
    # all where they exclude each other
    frame: pd.DataFrame
    conflicts: tuple[tuple[str, Words], ...]  # agreement and what its rows disagree about
    n_rows: int  # rows read; each stands in exactly one agreement


def merge_listings(listings: Sequence[Listing]) -> Merged:
    """Merge lists of agreements; two rows are one where they name the same two places, by Wikidata item or name."""
    groups = _group(row for listing in listings for row in listing)
    rows, conflicts = [], []
    for number, group in enumerate(groups, 1):
        name, of_group = f"M{number:04d}", _find_conflicts(group)
        one, other = group[0].city, group[0].partner
        pair = f"{one.name}-{other.name} ({one.country}-{other.country})"
        conflicts += [(f"{name} {pair}", conflict) for conflict in of_group]
        rows.append(_merge(name, group, of_group))
    return Merged(pd.DataFrame(rows, columns=list(MERGED_COLUMNS)), tuple(conflicts), sum(map(len, groups)))


def _group(rows: Iterable[ListedAgreement]) -> list[list[ListedAgreement]]:
    groups: list[list[ListedAgreement]] = []
    by_pair: dict[frozenset[object], list[list[ListedAgreement]]] = {}
    for row in rows:
        items = frozenset(filter(None, (row.city.item, row.partner.item)))
        keys: list[frozenset[object]] = [row.pair, *([items] if len(items) == 2 else [])]
        near = [group for key in keys for group in by_pair.get(key, ())]
        for group in near:
            # Two places of one name in different states are two.
            states = {(p.key, p.state) for one in (group[0], row) for p in (one.city, one.partner) if p.state}
            if len({key for key, _ in states}) == len(states):
                break
        else:
            group = []
            groups.append(group)
        group.append(row)
        for key in keys:
            here = by_pair.setdefault(key, [])
            if not any(group is g for g in here):
                here.append(group)
    return groups


def _merge(name: str, group: Sequence[ListedAgreement], conflicts: Sequence[Words]) -> tuple[object, ...]:
    first = next((row for row in group if row.city.state), group[0])
    date, earliest, latest = find_common_date(group)
    return (
        *(name, first.city.name, first.city.state, first.city.country, first.partner.name, first.partner.country),
        *((date.iso, date.precision) if date else ("", "")),
        *(str(earliest or ""), str(latest or "")),
        *(_join(row.kind for row in group), _join(row.ended for row in group)),
        _join(f"{_describe_date(row)} [{row.file}:{row.row}]" for row in group if row.date_text),
        _join(f"{row.file}:{row.row}" for row in group),
        len(group),
        *(_join(row.source for row in group), _join(map(str, conflicts)), _join(row.note for row in group)),
    )


def find_common_date(
    group: Sequence[ListedAgreement],
) -> tuple[TwinningDate | None, datetime.date | None, datetime.date | None]:
    """Return the most precise of the dates that all others allow, else the earliest, and the interval of all."""
    dates = [row.date for row in group if row.date is not None]
    if not dates:
        return None, None, None
    starts, ends = zip(*map(find_interval, dates), strict=True)
    if max(starts) <= min(ends):
        return max(dates, key=lambda d: (d.month is not None, d.day is not None)), max(starts), min(ends)
    return min(dates, key=lambda d: d.earliest), min(starts), max(ends)


def _find_conflicts(group: Sequence[ListedAgreement]) -> list[Words]:
    conflicts: list[Words] = [row.fault for row in group if row.fault]
    spans = [find_interval(row.date) for row in group if row.date is not None]
    if spans and max(s for s, _ in spans) > min(e for _, e in spans):
        dates = Listed(tuple(dict.fromkeys(_describe_date(row) for row in group if row.date is not None)), "comma")
        conflicts.append(Text("data.merged-dates", dates=dates))
    kinds = tuple(dict.fromkeys(row.kind for row in group if row.kind))
    if len(kinds) > 1:
        conflicts.append(Text("data.merged-kinds", kinds=Listed(kinds, "comma")))
    ends = tuple(dict.fromkeys(row.ended for row in group if row.ended))
    if len(ends) > 1:
        conflicts.append(Text("data.merged-ends", dates=Listed(ends, "comma")))
    return conflicts


def _describe_date(row: ListedAgreement) -> str:
    return f"{row.date_text} ({row.event})" if row.event else row.date_text


def _join(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, texts)))
