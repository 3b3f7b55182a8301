"""One register from several lists: every row kept, dates as intervals with their sources, conflicts named."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from twintrade.data.calendar import TwinningDate, parse_date, refuse_future
from twintrade.data.registers.listing import ListedAgreement, Listing, find_interval
from twintrade.data.registry.matching import SIGNED_FROM
from twintrade.data.sources.faults import CellError
from twintrade.text import Listed, Text, Words

# What cannot be right in a list of agreements: rows that repeat, dates that cannot be, ends in one country.


def check_listing(listing: Listing, today: datetime.date | None = None) -> list[tuple[int, Text]]:
    """Return row and fault of whatever cannot be right, by row; no agreement can be signed after ``today``."""
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
    groups = _group(row for listing in listings for row in listing.rows)
    rows, conflicts = [], []
    for number, group in enumerate(groups, 1):
        name = f"M{number:04d}"
        of_group = _find_conflicts(group)
        conflicts += [(f"{name} {_describe_pair(group[0])}", conflict) for conflict in of_group]
        rows.append(_merge(name, group, of_group))
    frame = pd.DataFrame(rows, columns=list(MERGED_COLUMNS))
    return Merged(frame, tuple(conflicts), sum(map(len, groups)))


def _group(rows: Iterable[ListedAgreement]) -> list[list[ListedAgreement]]:
    groups: list[list[ListedAgreement]] = []
    by_pair: dict[frozenset[object], list[list[ListedAgreement]]] = {}
    for row in rows:
        items = frozenset(filter(None, (row.city.item, row.partner.item)))
        keys: list[frozenset[object]] = [row.pair, *([items] if len(items) == 2 else [])]
        near = [group for key in keys for group in by_pair.get(key, ())]
        group = next((g for g in near if _have_one_state(g[0], row)), None)
        if group is None:
            group = []
            groups.append(group)
        group.append(row)
        for key in keys:
            here = by_pair.setdefault(key, [])
            if not any(group is g for g in here):
                here.append(group)
    return groups


def _have_one_state(one: ListedAgreement, other: ListedAgreement) -> bool:
    states = {(p.key, p.state) for row in (one, other) for p in (row.city, row.partner) if p.state}
    return len({key for key, _ in states}) == len(states)


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
    dated = [row for row in group if row.date is not None]
    if not dated:
        return None, None, None
    spans = [row.interval for row in dated]
    starts, ends = [s[0] for s in spans if s], [s[1] for s in spans if s]
    dates = [row.date for row in dated if row.date is not None]
    if max(starts) <= min(ends):
        precise = max(dates, key=lambda d: (d.month is not None, d.day is not None))
        return precise, max(starts), min(ends)
    return min(dates, key=lambda d: d.earliest), min(starts), max(ends)


def _find_conflicts(group: Sequence[ListedAgreement]) -> list[Words]:
    conflicts: list[Words] = [row.fault for row in group if row.fault]
    spans = [span for row in group if (span := row.interval) is not None]
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


def _describe_pair(row: ListedAgreement) -> str:
    return f"{row.city.name}-{row.partner.name} ({row.city.country}-{row.partner.country})"


def _join(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, texts)))
