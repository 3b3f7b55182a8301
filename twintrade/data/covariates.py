"""Reads covariates and weights of cities, partners, pairs and periods, and trade among all places of a world."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from twintrade.data.calendar import Frequency, parse_periods
from twintrade.data.figures.numbers import NumberStyle, parse_numbers
from twintrade.data.formats.tables import open_table
from twintrade.data.geography.cities import read_city_names as read_cities
from twintrade.data.geography.countries import list_own_codes, resolve_column
from twintrade.data.overlaps import KEY
from twintrade.data.schema import Absent, CovariateSource, WorldSource
from twintrade.data.sources.faults import Faults, TextColumn, build_text_array, quote_cell
from twintrade.data.sources.provenance import InputRecord
from twintrade.data.trade import TRADE_COLUMNS, TradeTable
from twintrade.effects import Message
from twintrade.numerics.arrays import FloatArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, Value

# Fills the rectangle of cities, partners and periods, each filled row by a declared rule and marked as filled.


def complete(table: TradeTable, policy: Absent | None = None, is_waves: bool = False) -> TradeTable:
    """Add flagged rows for absent ones: all periods by the files' step, or their waves; all cities and partners."""
    policy = policy or table.absent
    frame = table.frame
    (city, known_cities), (partner, known_partners) = (pd.factorize(frame[end], sort=True) for end in KEY[:2])
    cities, partners = (known.to_numpy(dtype=object) for known in (known_cities, known_partners))
    periods = np.arange(table.first, table.last + 1, table.step)
    periods = np.unique(frame["period"].to_numpy(dtype=np.int64)) if is_waves else periods
    n_periods = periods.size
    place = (city * partners.size + partner) * n_periods + np.searchsorted(periods, frame["period"])
    n_cells = cities.size * partners.size * n_periods
    is_filled = np.ones(n_cells, dtype=bool)
    is_filled[place] = False
    is_own = np.repeat((list_own_codes(list(cities))[:, None] == partners).ravel(), n_periods)
    is_own &= np.repeat(is_filled.reshape(-1, n_periods).all(axis=1), n_periods)
    if policy == "error" and (is_filled & ~is_own).any():
        _refuse(table, np.flatnonzero(is_filled & ~is_own), cities, partners, periods)
    values = np.full(n_cells, 0.0 if policy == "zero" else np.nan)
    values[place] = frame["value"].to_numpy()
    source = np.full(n_cells, len(frame), dtype=np.int64)
    source[place] = np.arange(len(frame))
    columns: dict[str, object] = {
        "city": _take(cities, np.repeat(np.arange(cities.size), partners.size * n_periods)),
        "partner": _take(partners, np.tile(np.repeat(np.arange(partners.size), n_periods), cities.size)),
        "period": np.tile(periods, cities.size * partners.size),
        "value": values,
    }
    for name, default in (("flag", "absent"), ("file", ""), ("row", 0)):
        columns[name] = _take(np.append(frame[name].to_numpy(), default), source)
    filled = pd.DataFrame(columns)[list(TRADE_COLUMNS)].assign(is_filled=is_filled)
    if is_own.any():
        filled = filled[~is_own].reset_index(drop=True)
    n_filled, n_own = int(filled["is_filled"].sum()), int(is_own.sum()) // n_periods
    key = "data.absent-rows" if n_filled else "data.no-absent-rows"
    notes = [Message("info", "absent-rows", Text(key, n=n_filled, n_cells=len(filled), policy=policy))]
    if n_own:
        notes.append(Message("info", "own-partner-absent", Text("data.own-partner-absent", n=n_own)))
    return replace(table, frame=filled, absent=policy, messages=(*table.messages, *notes))


def _take(values: ObjectArray, places: IntArray) -> ExtensionArray:
    """Return values by their places; a text is read once, not once a cell."""
    return pd.Series(values).array.take(places)


def _refuse(
    table: TradeTable, absent: IntArray, cities: ObjectArray, partners: ObjectArray, periods: IntArray
) -> None:
    faults = Faults()
    for cell in absent[:200]:
        rest, period = divmod(int(cell), periods.size)
        city, partner = divmod(rest, partners.size)
        label = table.frequency.label(int(periods[period]))
        pair = Text("data.pair", city=cities[city], partner=partners[partner])
        faults.error("absent-row", Text("data.absent-row", pair=pair, period=label))
    faults.n_errors = int(absent.size)
    faults.raise_if_any()


_MINUS = ("-", "−", "–", "－")


@dataclass(frozen=True, slots=True, eq=False)
class CovariateTable:
    """One value of each covariate for what a row is about."""

    frame: pd.DataFrame  # the keys, of city, partner and period, unique; and one column a covariate
    keys: tuple[str, ...]
    frequency: Frequency  # of its periods
    record: InputRecord


def read_covariates(source: CovariateSource, root: Path, frequency: Frequency, faults: Faults) -> CovariateTable:
    """Read one table in the panel's periods, or its own longer ones; rows about the same thing must say the same."""
    parts = (source.city, source.partner, source.period, source.subperiod)
    needed = [*(part for part in parts if part is not None), *source.named.values()]
    table = open_table(root, source.file, source, needed, faults)
    columns: dict[str, object] = {}
    years = None
    if source.period is not None:
        part = None if source.subperiod is None else table.column(source.subperiod)
        periods = parse_periods(table.column(source.period), source.frequency, faults, part)
        years = periods // source.frequency.per_year
        finer = max(source.frequency.per_year // frequency.per_year, 1)
        columns["period"] = np.where(periods < 0, periods, periods // finer)
    if source.city is not None:
        columns["city"] = read_cities(table.column(source.city), source.city_names, years, faults)
    if source.partner is not None:
        columns["partner"] = resolve_column(table.column(source.partner), source.partner_names, faults)
    style = NumberStyle(source.decimal, {}, source.missing_tokens)
    for name, column in source.named.items():
        columns[name] = _read_signed(table.column(column), style, faults)
    frame, keys = pd.DataFrame(columns).assign(row=table.rows), list(source.keys)
    coarser = min(source.frequency, frequency, key=lambda f: f.per_year)
    faults_before = faults.n_errors
    for name, column in source.named.items():
        known = frame[frame[name].notna()]
        first = known.groupby(keys, sort=False)[[name, "row"]].transform("first")
        differing = known[(known[name] != first[name]).to_numpy()].drop_duplicates(keys)
        for row, before in zip(differing.to_dict("records"), first.loc[differing.index, "row"], strict=True):
            what = tuple(str(row[key]) if key != "period" else coarser.label(int(row[key])) for key in keys)
            facts: dict[str, Value] = {"name": quote_cell(name), "before": int(before), "what": Listed(what, "comma")}
            faults.error("covariate", Text("data.covariate-differs", **facts), source.file, int(row["row"]), column)
    if faults.n_errors == faults_before:
        frame = frame.groupby(keys, as_index=False, sort=False)[list(source.named)].first()
    return CovariateTable(frame, source.keys, coarser, table.record)


def _read_signed(column: TextColumn, style: NumberStyle, faults: Faults) -> FloatArray:
    """Return numbers that may be negative: a covariate may be a growth rate or a difference."""
    bare = [cell.strip() for cell in column.cells]
    is_negative = np.array([len(c) > 1 and c[0] in _MINUS and c[1:].strip()[:1].isdigit() for c in bare], dtype=bool)
    cells = build_text_array(c[1:].strip() if minus else c for c, minus in zip(bare, is_negative, strict=True))
    unsigned = TextColumn(column.name, column.file, cells, column.rows, column.is_number)
    values = parse_numbers(unsigned, style, faults).values
    return np.where(is_negative, -values, values)


def join_covariates(frame: pd.DataFrame, tables: Sequence[CovariateTable], frequency: Frequency) -> pd.DataFrame:
    """Return a panel's frame with the columns of tables, NaN where a table has no row."""
    for table in tables:
        longer = frequency.per_year // table.frequency.per_year
        keys = frame[[key for key in table.keys if key != "period"]]
        if "period" in table.keys:
            keys = keys.assign(period=frame["period"] // longer)
        joined = keys.merge(table.frame, on=list(table.keys), how="left").set_axis(frame.index)
        frame = frame.assign(**{str(name): joined[name] for name in table.frame if name not in table.keys})
    return frame


def read_flows(source: WorldSource, root: Path) -> tuple[pd.DataFrame, InputRecord]:
    """Return origin, destination, trade and output of each row of trade among places, and what was read."""
    faults, columns = Faults(), [source.origin, source.destination, source.value, *filter(None, [source.output])]
    table = open_table(root, source.file, source, columns, faults)
    style = NumberStyle(source.decimal, {}, source.missing_tokens)
    amounts = [parse_numbers(table.column(name), style, faults).values for name in columns[2:]]
    faults.raise_if_any()
    ends = {name: [str(cell).strip() for cell in table.column(name).cells] for name in columns[:2]}
    frame = pd.DataFrame(
        {"origin": ends[source.origin], "destination": ends[source.destination], "trade": amounts[0]}
    )
    return frame.assign(output=amounts[-1] if source.output else np.nan), table.record
