"""What cannot be right in a list of agreements: rows that repeat, dates that cannot be, ends in one country."""

import datetime
from collections.abc import Iterator

from twintrade.data.calendar.dates import TwinningDate, parse_date, refuse_future
from twintrade.data.registers.listing import ListedAgreement, Listing, find_interval
from twintrade.data.registry.facts import SIGNED_FROM
from twintrade.data.sources.faults import CellError
from twintrade.text import Listed, Text


def check_listing(listing: Listing, today: datetime.date | None = None) -> list[tuple[int, Text]]:
    """Return row and fault of whatever cannot be right, by row.

    ``today``: after which no agreement can have been signed; the clock's, by default.
    """
    return sorted([*_list_repeats(listing), *_list_faults(listing, today)], key=lambda pair: (pair[0], str(pair[1])))


def _list_repeats(listing: Listing) -> Iterator[tuple[int, Text]]:
    by_pair: dict[object, list[ListedAgreement]] = {}
    for row in listing.rows:
        by_pair.setdefault((row.pair, frozenset((row.city.state, row.partner.state)), row.event), []).append(row)
    for group in by_pair.values():
        if len(group) > 1:
            rows = Listed(tuple(str(row.row) for row in group), "comma")
            yield (
                group[1].row,
                Text("data.listed-twice", city=group[0].city.name, twin=group[0].partner.name, rows=rows),
            )


def _list_faults(listing: Listing, today: datetime.date | None) -> Iterator[tuple[int, Text]]:
    for row in listing.rows:
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
        end = _read_end(row.ended)
        if end is not None and find_interval(end)[1] < find_interval(row.date)[0]:
            yield row.row, Text("data.ended-first", date=row.date.iso, end=row.ended)


def _read_end(text: str) -> TwinningDate | None:
    try:
        return parse_date(text) if text else None
    except CellError:
        return None
