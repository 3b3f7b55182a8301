"""Reads the columns of a registry file: places, kinds, events and dates, each fault with its row."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Literal

import numpy as np
import pandas as pd

from twintrade.data.calendar.dates import TwinningDate, parse_date, refuse_future
from twintrade.data.formats.tables import TextTable
from twintrade.data.geography.cities import read_cities
from twintrade.data.geography.countries import is_aggregate, resolve_column
from twintrade.data.registry.kinds import suggest_kind
from twintrade.data.schema.source import EVENT_KINDS, TWINNING_KINDS, TwinningSource, UndatedSource
from twintrade.data.sources.cells import TextColumn, build_text_array, clean_name, clean_text, quote_cell
from twintrade.data.sources.faults import CellError, Faults
from twintrade.effects import Remedy
from twintrade.errors import DataError
from twintrade.numerics.arrays import ObjectArray
from twintrade.text import Listed, Text

_ROLES = (
    *("city", "partner", "partner_city", "date", "kind", "precision", "id"),
    *("signatory", "ended", "source", "note", "event"),
)


def list_columns(source: TwinningSource | UndatedSource) -> list[str]:
    """Return the columns that a declaration names."""
    names = {f.name for f in fields(source)}
    parts = [getattr(source, role) for role in _ROLES if role in names]
    return [part for part in parts if isinstance(part, str)]


def read_text_column(table: TextTable, column: str | None) -> ObjectArray:
    """Return a column as text, blank where it is not declared."""
    if column is None:
        return build_text_array([""] * table.rows.size)
    return build_text_array(clean_text(cell) for cell in table.columns[column])


def read_places(
    source: TwinningSource | UndatedSource, table: TextTable, faults: Faults
) -> tuple[ObjectArray, ObjectArray]:
    """Return the city and the partner's code of every row; an agreement with a group of countries is an error."""
    cities = read_cities(table.part(source.city, "city"), source.city_names, None, faults)
    column = table.part(source.partner, "partner")
    codes = resolve_column(column, source.partner_names, faults)
    is_group = is_aggregate(codes)
    column.errors(faults, "partner", is_group, lambda cell: Text("data.partner-group", cell=quote_cell(cell)))
    return cities, codes


def read_kinds(source: TwinningSource, table: TextTable, faults: Faults) -> ObjectArray:
    """Return the kind of every agreement in the four known words."""
    known = {kind: kind for kind in TWINNING_KINDS} | dict(source.kinds)
    return _mapped(table.part(source.kind, "kind"), known, TWINNING_KINDS, "kinds", faults)


def read_events(source: TwinningSource, table: TextTable, faults: Faults) -> pd.DataFrame:
    """Return event_kind, event_text, date (TwinningDate or None) and ended of every row."""
    n_rows = table.rows.size
    kinds, texts = build_text_array(["signed"] * n_rows), build_text_array([""] * n_rows)
    if source.event is not None:
        known = {kind: kind for kind in EVENT_KINDS} | dict(source.events)
        kinds = _mapped(table.column(source.event), known, EVENT_KINDS, "events", faults)
        texts = read_text_column(table, source.event)
    precision = read_text_column(table, source.precision)
    dates = _dates(source, table.column(source.date), precision, faults, is_start=True)
    ended = build_text_array([""] * n_rows)
    if source.ended is not None:
        column = table.column(source.ended)
        ends = _dates(source, column, build_text_array([""] * n_rows), faults)
        before = np.array([_ends_before(d, e) for d, e in zip(dates, ends, strict=True)], dtype=bool)
        column.errors(faults, "date", before, lambda cell: Text("data.ends-before", cell=quote_cell(cell)))
        ended = build_text_array(e.iso if e else "" for e in ends)
    return pd.DataFrame({"event_kind": kinds, "event_text": texts, "date": dates, "ended": ended})


def _mapped(
    column: TextColumn,
    known: Mapping[str, str],
    allowed: tuple[str, ...],
    key: Literal["kinds", "events"],
    faults: Faults,
) -> ObjectArray:
    wrong = sorted(set(known.values()) - set(allowed))
    if wrong:
        raise DataError(
            f"{column.file}: {key} maps to {', '.join(map(quote_cell, wrong))}; known: {', '.join(allowed)}"
        )
    by_name = {clean_name(name).casefold(): word for name, word in known.items()}
    words = build_text_array(by_name.get(clean_name(cell).casefold(), "") for cell in column.cells)
    column.errors_once(
        faults,
        key,
        words == "",
        lambda cell: Text("data.not-mapped", cell=quote_cell(cell), key=key, words=Listed(allowed, "comma")),
        lambda cell: Remedy(key, (cell, suggest_kind(cell)) if key == "kinds" else (cell,)),
    )
    return words


def _dates(
    source: TwinningSource, column: TextColumn, precision: ObjectArray, faults: Faults, *, is_start: bool = False
) -> list[TwinningDate | None]:
    """Return the date of every row; an agreement may be agreed to end in the future, not to begin there."""
    as_of = parse_date(source.as_of) if source.as_of else None
    dates: list[TwinningDate | None] = []
    for cell, declared, row in zip(column.cells, precision, column.rows, strict=True):
        date = None
        if cell.strip():
            try:
                date = parse_date(cell, declared, source.day_first, as_of)
                if is_start and as_of is None:
                    refuse_future(date)
            except CellError as error:
                text = Text("data.cell", cell=quote_cell(cell), reason=error.text)
                faults.error("date", text, column.file, int(row), column.name, error.remedy)
        dates.append(date)
    return dates


def _ends_before(start: TwinningDate | None, end: TwinningDate | None) -> bool:
    if start is None or end is None:
        return False
    coarser = min(start, end, key=lambda d: len(d.iso)).precision
    return end.rounded(coarser).earliest < start.rounded(coarser).earliest
