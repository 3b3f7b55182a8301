"""Fills the rectangle of cities, partners and periods, each filled row by a declared rule and marked as filled."""

from dataclasses import replace

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from twintrade.data.geography.countries import list_own_codes
from twintrade.data.schema.source import Absent
from twintrade.data.sources.faults import Faults
from twintrade.data.trade import TRADE_COLUMNS, TradeTable
from twintrade.effects import Message
from twintrade.numerics.arrays import IntArray, ObjectArray
from twintrade.text import Text


def complete(table: TradeTable, policy: Absent | None = None) -> TradeTable:
    """Return the table with a row for every city, partner and period.

    The periods run from the first to the last of the files, by the step of the files (every fourth year); cities and
    partners are those with at least one row. A country is no partner of itself where no file has a row of it.

    ``policy``: what an absent row means; as the source declares when None. Returns with a column ``is_filled``;
    filled rows have the flag "absent", an empty file and row 0.
    """
    policy = policy or table.absent
    frame = table.frame
    city, cities = _codes(frame["city"])
    partner, partners = _codes(frame["partner"])
    periods = np.arange(table.first, table.last + 1, table.step)
    n_periods = periods.size
    place = (city * partners.size + partner) * n_periods + (frame["period"].to_numpy() - table.first) // table.step
    n_cells = cities.size * partners.size * n_periods
    is_filled = np.ones(n_cells, dtype=bool)
    is_filled[place] = False
    is_own = np.repeat((list_own_codes(list(cities))[:, None] == partners).ravel(), n_periods)
    is_own &= np.repeat(is_filled.reshape(-1, n_periods).all(axis=1), n_periods)
    if policy == "error" and (is_filled & ~is_own).any():
        _refuse(table, np.flatnonzero(is_filled & ~is_own), cities, partners, periods)
    values = np.full(n_cells, 0.0 if policy == "zero" else np.nan)
    values[place] = frame["value"].to_numpy()
    columns: dict[str, object] = {
        "city": _take(cities, np.repeat(np.arange(cities.size), partners.size * n_periods)),
        "partner": _take(partners, np.tile(np.repeat(np.arange(partners.size), n_periods), cities.size)),
        "period": np.tile(periods, cities.size * partners.size),
        "value": values,
        "flag": _spread(frame["flag"].to_numpy(dtype=object), place, n_cells, "absent"),
        "file": _spread(frame["file"].to_numpy(dtype=object), place, n_cells, ""),
        "row": _spread(frame["row"].to_numpy(), place, n_cells, 0).astype(np.int64),
    }
    filled = pd.DataFrame(columns)[list(TRADE_COLUMNS)].assign(is_filled=is_filled)
    if is_own.any():
        filled = filled[~is_own].reset_index(drop=True)
    n_filled, n_own = int(filled["is_filled"].sum()), int(is_own.sum()) // n_periods
    key = "data.absent-rows" if n_filled else "data.no-absent-rows"
    notes = [Message("info", "absent-rows", Text(key, n=n_filled, n_cells=len(filled), policy=policy))]
    if n_own:
        notes.append(Message("info", "own-partner-absent", Text("data.own-partner-absent", n=n_own)))
    return replace(table, frame=filled, absent=policy, messages=(*table.messages, *notes))


def _codes(names: pd.Series) -> tuple[IntArray, ObjectArray]:
    codes, distinct = pd.factorize(names, sort=True)
    return codes.astype(np.int64), distinct.to_numpy(dtype=object)


def _spread(values: ObjectArray, place: IntArray, n_cells: int, default: str | int) -> ExtensionArray:
    source = np.full(n_cells, values.size, dtype=np.int64)
    source[place] = np.arange(values.size)
    return _take(np.append(values, default), source)


def _take(values: ObjectArray, places: IntArray) -> ExtensionArray:
    """Return values by their places; a text is read once, not once a cell."""
    return pd.Series(values).array.take(places)


def _refuse(
    table: TradeTable,
    absent: IntArray,
    cities: ObjectArray,
    partners: ObjectArray,
    periods: IntArray,
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
