"""Reads one declared file of trade values into rows of city, partner, period and value."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency, parse_date, parse_periods
from twintrade.data.figures.conversions import Conversion, convert_currency
from twintrade.data.figures.money import UNKNOWN, list_scalings, parse_money_unit, read_unit, split_unit
from twintrade.data.figures.numbers import NumberStyle, is_mark, parse_numbers
from twintrade.data.formats.containers import load_extra
from twintrade.data.formats.tables import TextTable, open_table
from twintrade.data.geography import countries
from twintrade.data.geography.cities import check_codes
from twintrade.data.geography.cities import read_city_names as read_cities
from twintrade.data.geography.countries import resolve_column, resolve_un_codes, warn_of_validity
from twintrade.data.geography.name_rules import find_valid_years
from twintrade.data.overlaps import note_totals
from twintrade.data.schema import UNNAMED, Constant, RevisionColumn, TradeSource, UnitColumn
from twintrade.data.sources.faults import (
    COLUMN_NAMES,
    CellError,
    Faults,
    TextColumn,
    build_text_array,
    clean_name,
    quote_cell,
    try_parse,
)
from twintrade.data.sources.provenance import InputRecord
from twintrade.effects import Remedy
from twintrade.errors import DataError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, Words, list_some

BLANK_IS_ZERO: Literal["blank is zero"] = "blank is zero"
"""Flag of a figure that the file does not have and a declaration calls a zero."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceRows:
    """The rows of one file."""

    # Columns city, partner, period, value, flag, file, row, the names as written in city_name and partner_name (and
    # product and revision, where they are declared; of columns that are added up their cells, as added)
    frame: pd.DataFrame
    currency: str
    record: InputRecord
    conversions: tuple[Conversion, ...] = ()
    further_records: tuple[InputRecord, ...] = ()  # files of exchange rates
    counts: pd.DataFrame | None = None  # rows, weight, firms and products by city, partner and period, of microdata


def read_source(source: TradeSource, root: Path, faults: Faults) -> SourceRows:
    """Read one file; faults of its cells are noted, faults of the file as a whole raise."""
    if source.microdata is not None:
        return _from_microdata(source, root, faults)
    _check_layout(source)
    if isinstance(source.city, Constant) and source.city.constant == UNNAMED:
        faults.error("city", Text("data.city-unnamed", name=quote_cell(UNNAMED)), source.file)
    table = open_table(root, source.file, source, list_needed_columns(source), faults, source.layout == "wide")
    if source.country_codes == "un":
        ends = [part for part in (source.city, source.partner) if isinstance(part, str)]
        recoded = {end: resolve_un_codes(table.column(end)) for end in ends}
        table = replace(table, columns={**table.columns, **recoded})
    wide = _lay_long(table, source) if source.layout == "wide" else None
    long, periods_of, values_of = wide or (table, table.column(str(source.period)), table.column(str(source.value)))
    periods = _periods(source, long, periods_of, faults)
    if wide is None:
        long, periods = _drop_outside(source, long, periods)
        values_of = long.column(str(source.value))
    values, flags, currency = _values(source, long, values_of, faults)
    city_column, partner_column = long.part(source.city, "city"), long.part(source.partner, "partner")
    codes = resolve_column(partner_column, source.partner_names, faults)
    years = periods // source.frequency.per_year
    city_codes = None if source.city_code is None else long.column(source.city_code)
    cities = read_cities(city_column, source.city_names, years, faults, city_codes)
    if city_codes is not None:
        check_codes(cities, city_codes, faults, city_column if source.added_ends else None)
    is_read = (codes != "") & (periods >= 0)
    warn_of_validity(codes[is_read], years[is_read], source.file, faults)
    frame = pd.DataFrame(
        {"city": cities, "partner": codes, "period": periods, "value": values, "flag": flags, "file": source.file}
    ).assign(row=long.rows, city_name=city_column.cells, partner_name=partner_column.cells)
    if source.product is not None:
        frame["product"] = long.columns[source.product]
        frame["revision"] = _revisions(source, long, faults)
    if source.added_columns:
        added = [map(clean_name, long.columns[name]) for name in source.added_columns]
        frame["added"] = ["/".join(cells) for cells in zip(*added, strict=True)]
    if not faults.n_errors:
        _refuse_totals(frame, source, long, faults)
    newest = _take_newest(frame, source, long, faults)
    n_older = frame["row"].nunique() - newest["row"].nunique()
    unit: Words = str(source.money_unit)
    if isinstance(source.money_unit, UnitColumn):
        unit = Text("data.unit-by-row", column=source.money_unit.column)
    scaled = list_scalings(source, long)
    record = replace((table if wide else long).record, unit=unit).dropping(Text("data.dropped-superseded"), n_older)
    return _take_partners(SourceRows(newest, currency, record, scaled), source, faults)


def _drop_outside(source: TradeSource, long: TextTable, periods: IntArray) -> tuple[TextTable, IntArray]:
    """Leave out rows without a figure in years for which the partner's name, as "Serbien (ab 2006)", is not valid."""
    if not isinstance(source.partner, str):
        return long, periods
    spans = {cell: find_valid_years(cell) for cell in set(long.columns[source.partner])}
    years = periods // source.frequency.per_year
    cells = zip(long.columns[source.partner], long.columns[str(source.value)], years, strict=True)
    is_kept = np.array([spans[p][0] <= y <= spans[p][1] or any(map(str.isdigit, v)) for p, v, y in cells], dtype=bool)
    return long.keep(is_kept, Text("data.dropped-invalid")), periods[is_kept]


def _take_newest(frame: pd.DataFrame, source: TradeSource, long: TextTable, faults: Faults) -> pd.DataFrame:
    """Return the rows of the latest release, where rows repeat a city, partner and period."""
    if source.newest is None or faults.n_errors:
        return frame
    column = long.column(source.newest)
    dates = {cell: date.earliest for cell in set(column.cells) if (date := try_parse(parse_date, cell)) is not None}
    is_undated = np.array([cell not in dates for cell in column.cells], dtype=bool)
    column.errors(faults, "newest", is_undated, lambda c: CellError(Text("data.newest-no-date", cell=quote_cell(c))))
    order = {date: i for i, date in enumerate(sorted(set(dates.values())))}
    release = np.array([order[dates[cell]] if cell in dates else -1 for cell in column.cells])
    key = [name for name in ("city", "partner", "period", "product", "added") if name in frame]
    newest = frame.assign(release=release).groupby(key, sort=False)["release"].transform("max")
    return frame[(newest == release).to_numpy()]


def _refuse_totals(frame: pd.DataFrame, source: TradeSource, long: TextTable, faults: Faults) -> None:
    """Note an error for every city, partner or product that is the sum of the others."""
    is_single = ~are_left_out(frame, source)
    parts = {"city": source.city, "partner": source.partner, "product": source.product}
    columns = {name: long.part(part, name) for name, part in parts.items() if isinstance(part, str)}
    kept = {name: replace(c, cells=c.cells[is_single], rows=c.rows[is_single]) for name, c in columns.items()}
    note_totals(frame[is_single], kept, faults)


def _from_microdata(source: TradeSource, root: Path, faults: Faults) -> SourceRows:
    """Add a microdata source up; its cells then go the way of the rows of a small file."""
    load_extra("pyarrow", "microdata", source.file)
    from twintrade.data.microdata.cells import collapse

    assert source.microdata is not None
    unit = parse_money_unit(str(source.money_unit))
    collapsed = collapse(source, root, faults)
    keys, cells = ["city", "partner", "period"], collapsed.frame
    if source.microdata.product_digits:
        cells = cells.groupby(keys, as_index=False, observed=True)[["units", "n_missing", "n_unknown"]].sum()
    years = cells["period"].to_numpy() // source.frequency.per_year
    warn_of_validity(cells["partner"].to_numpy(dtype=object), years, source.file, faults)
    has_holes = (cells["n_missing"] > 0).to_numpy()
    is_missing = has_holes & ((cells["n_unknown"] > 0).to_numpy() | (source.blank == "missing"))
    value = cells["units"].to_numpy() * 10.0**unit.power / 10.0**source.microdata.decimals
    flag = np.where(is_missing, "missing", np.where(has_holes, BLANK_IS_ZERO, ""))
    n_missing, n_unknown = int(cells["n_missing"].sum()), int(cells["n_unknown"].sum())
    for kind, n in (("missing", n_missing - n_unknown), ("unknown", n_unknown)):
        if n:
            text = Text(f"data.{kind}-rows", n=n, blank=source.blank)
            faults.warn(f"{kind}-figures", text, source.file, None, source.value or "")
    frame = cells[keys].assign(value=np.where(is_missing, np.nan, value), flag=flag, file=source.file, row=0)
    return _take_partners(SourceRows(frame, unit.currency, collapsed.record, counts=collapsed.counts), source, faults)


def _values(
    source: TradeSource, long: TextTable, column: TextColumn, faults: Faults
) -> tuple[FloatArray, ObjectArray, str]:
    """Return values in single currency units, their flags, and the currency."""
    powers, currency = read_unit(source, long, faults)
    numbers = parse_numbers(column, NumberStyle(source.decimal, source.flags, source.missing_tokens), faults, powers)
    # Warn of blanks and dashes, and apart from them of marks for figures that are secret or not known.
    unknown = {token: n for token, n in numbers.missing.items() if token not in numbers.blanks}
    for kind, counts in (("missing", numbers.blanks), ("unknown", unknown)):
        if counts:
            tokens = tuple(Text("data.token", token=token, n=n) for token, n in sorted(counts.items()))
            text = Text(
                f"data.{kind}-cells", n=sum(counts.values()), tokens=Listed(tokens, "comma"), blank=source.blank
            )
            faults.warn(f"{kind}-figures", text, source.file, None, source.value or "")
    if source.blank == "missing":
        return numbers.values, numbers.flags, currency
    is_zero = numbers.is_blank
    return np.where(is_zero, 0.0, numbers.values), np.where(is_zero, BLANK_IS_ZERO, numbers.flags), currency


def convert_to_target_currency(rows: SourceRows, source: TradeSource, root: Path, faults: Faults) -> SourceRows:
    """Convert the rows of one file, where exchange rates are declared."""
    if source.exchange is None or faults.n_errors:
        return rows
    done = convert_currency(rows.frame, rows.currency, source.exchange, source.frequency, root, faults)
    used = (*rows.conversions, *done.conversions)
    return replace(rows, frame=done.frame, currency=done.unit, conversions=used, further_records=done.records)


def _revisions(source: TradeSource, long: TextTable, faults: Faults) -> ObjectArray:
    """Return the classification of every row's product."""
    if not isinstance(source.product_revision, RevisionColumn):
        return build_text_array([source.product_revision] * long.rows.size)
    column = long.column(source.product_revision.column)
    names = build_text_array(clean_name(cell) for cell in column.cells)
    column.errors(faults, "revision", names == "", lambda _: CellError(Text("data.revision-blank")))
    return names


def _check_layout(source: TradeSource) -> None:
    if source.product is not None and source.product_revision in ("", UNKNOWN):
        raise DataError(
            f'{source.file}: say which classification the products follow, as product_revision = "HS2012"'
        )
    for mark in (m for m in source.flags if not is_mark(m)):
        raise DataError(Text("data.no-mark", file=source.file, mark=quote_cell(mark)))
    if not 0 < source.coverage <= 1:
        raise DataError(f"{source.file}: coverage is a share above 0 and up to 1, not {source.coverage}")
    if source.layout == "long" and (source.period is None or source.value is None):
        raise DataError(f'{source.file}: name the columns period and value, or declare layout = "wide"')
    if source.layout == "wide" and (source.period is not None or source.value is not None):
        raise DataError(
            f"{source.file}: in a wide layout the column names are the periods; leave period and value out"
        )


def list_needed_columns(source: TradeSource) -> list[str]:
    """Return the columns that a declaration names."""
    named = ("city", "partner", "period", "subperiod", "value", "product", "city_code", "newest")
    parts = (getattr(source, name) for name in named)
    of_rows = [p.column for p in (source.money_unit, source.product_revision) if not isinstance(p, str)]
    return [*(part for part in parts if isinstance(part, str)), *source.added_columns, *of_rows]


def _lay_long(table: TextTable, source: TradeSource) -> tuple[TextTable, TextColumn, TextColumn]:
    """Return a wide table with one row a cell, its periods, and its values."""
    declared = {*list_needed_columns(source), *(rule.column for rule in source.row_rules), *source.ignore}
    headers = [name for name in table.columns if name not in declared]
    if not headers:
        raise DataError(f"{source.file}: a wide layout needs at least one column named by its period")
    n_rows, n_periods = table.rows.size, len(headers)
    rows = np.repeat(table.rows, n_periods)
    kept = {name: np.repeat(table.columns[name], n_periods) for name in table.columns if name in declared}
    long = TextTable(table.file, kept, rows, table.record, {}, table.title)
    cells = np.column_stack([table.columns[h] for h in headers]).ravel()
    typed = np.column_stack([table.is_number.get(h, np.zeros(n_rows, dtype=bool)) for h in headers]).ravel()
    names = np.tile(build_text_array(headers), n_rows)
    # The header is row `header` of the file: a name that is no period is an error there, once.
    periods = TextColumn(COLUMN_NAMES, table.file, names, np.full(rows.size, source.header, dtype=np.int64))
    return long, periods, TextColumn("values", table.file, cells, rows, typed, names)


def _periods(source: TradeSource, long: TextTable, periods: TextColumn, faults: Faults) -> IntArray:
    if source.layout == "wide":
        names = [split_unit(name)[0] for name in dict.fromkeys(periods.cells)]
        once = TextColumn(periods.name, periods.file, build_text_array(names), periods.rows[: len(names)])
        return np.tile(parse_periods(once, source.frequency, faults), periods.cells.size // len(names))
    if source.subperiod is not None and source.frequency is Frequency.YEAR:
        raise DataError(f'{source.file}: subperiod goes with frequency = "month" or "quarter"')
    parts = None if source.subperiod is None else long.column(source.subperiod)
    return parse_periods(periods, source.frequency, faults, parts)


# Groups of countries, which leave by rule, and remainders, which leave unless an answer keeps them.

_MAX_NAMED = 8


def are_left_out(frame: pd.DataFrame, source: TradeSource) -> BoolArray:
    """Return which rows are about groups of countries, or remainders that no answer keeps."""
    partners = frame["partner"].to_numpy(dtype=object)
    return countries.is_aggregate(partners) & ~_are_among(partners, countries.find_kept(source.partner_names))


def _take_partners(rows: SourceRows, source: TradeSource, faults: Faults) -> SourceRows:
    """Return the rows of partners that are compared or in totals; what is said of remainders is noted."""
    frame, path = rows.frame, rows.record.path
    answers = (countries.COMPARED, countries.FOR_TOTALS)
    compared, for_totals = (countries.find_kept(source.partner_names, answer) for answer in answers)
    for code in sorted(compared & for_totals):
        name = countries.load_places()[code].name
        faults.error("partner-alias", Text("data.remainder-two-answers", name=name), path)
    partners = frame["partner"].to_numpy(dtype=object)
    codes = sorted(set(partners[countries.is_aggregate(partners)]))
    if not codes:
        return rows
    gone = are_left_out(frame, source)
    rests = {code for code in codes if countries.load_places()[code].kind == "remainder"}
    is_rest = _are_among(partners, rests)
    _note_remainders(frame, source, is_rest, gone, path, faults)
    if (is_total := gone & ~is_rest).any():
        names = list_some([countries.load_places()[code].name for code in codes if code not in rests], _MAX_NAMED)
        n_rows = int(frame["row"][is_total].nunique())
        faults.warn("aggregate-partner", Text("data.aggregate-partner", n=n_rows, names=names), path)
    record = rows.record.dropping(Text("data.dropped-aggregate"), int(frame["row"][gone].nunique()))
    return replace(rows, frame=frame[~gone].reset_index(drop=True), record=record)


def _note_remainders(
    frame: pd.DataFrame, source: TradeSource, is_rest: BoolArray, gone: BoolArray, path: str, faults: Faults
) -> None:
    """Ask of remainders that are left out whether they are kept, and say of the others how they are."""
    written = "partner_name" if "partner_name" in frame else "partner"
    value = np.nan_to_num(frame["value"].to_numpy(dtype=np.float64))
    everything = float(value[~gone | is_rest].sum())
    for_totals = _are_among(frame["partner"].to_numpy(dtype=object), countries.find_totals_only(source.partner_names))
    kept = is_rest & ~gone
    parts = {"unanswered": is_rest & gone, "totals": kept & for_totals, "compared": kept & ~for_totals}
    for key, rows in parts.items():
        if not rows.any():
            continue
        names = sorted(map(clean_name, set(frame[written][rows])))
        text = Text(
            f"data.remainder-{key}",
            names=list_some(map(quote_cell, names), _MAX_NAMED),
            n=int(frame["row"][rows].nunique()),
            share=float(value[rows].sum() / everything) if everything > 0 else 0.0,
        )
        if key == "unanswered":
            pairs = tuple(part for name in names for part in (name, countries.COMPARED))
            faults.warn("remainder-unanswered", text, path, remedy=Remedy("remainder", pairs))
        else:
            faults.inform("remainder-kept", text, path)


def _are_among(partners: ObjectArray, codes: Collection[str]) -> BoolArray:
    return np.fromiter(map(codes.__contains__, partners), dtype=bool, count=partners.size)
