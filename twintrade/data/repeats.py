"""Rows that repeat a city, partner and period: which column of the file tells them apart, and which line answers."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from twintrade.data.formats.tables import open_table
from twintrade.data.schema.source import TradeSource
from twintrade.data.sources.cells import clean_name
from twintrade.data.sources.faults import Faults, Fix
from twintrade.data.totals import find_totals
from twintrade.data.trade_source import list_needed_columns
from twintrade.effects import Remedy
from twintrade.errors import DataError

_FEW = 40
"""Values up to which a column is one of kinds, and not of remarks or measures."""


def find_advice(
    sources: Mapping[str, TradeSource], root: Path, file: str, frame: pd.DataFrame, key: list[str]
) -> Fix:
    """Return the line that makes the rows of a file unique, None where no column of it tells them apart.

    ``sources``: by file; ``file``: the file with repeated rows; ``frame``: rows that were read, with their row
    numbers; ``key``: what is repeated.
    """
    source = sources.get(file)
    if source is None or source.layout == "wide" or source.microdata is not None:
        return None
    needed = list_needed_columns(source)
    try:
        table = open_table(root, file, source, needed, Faults(), needs_all=True)
    except DataError:
        return None
    mine = frame[(frame["file"] == file) & frame.duplicated(key, keep=False)]
    cells = pd.DataFrame({name: column for name, column in table.columns.items() if name not in needed}, table.rows)
    names = [str(name) for name in cells if name not in mine]
    joined = mine.join(cells[names].map(clean_name), on="row")
    cell, values = (
        joined.groupby(key).ngroup().to_numpy().astype(np.int64),
        joined["value"].to_numpy(dtype=np.float64),
    )
    for name in names:
        if joined.duplicated([*key, name]).any():
            continue
        totals = find_totals(joined[name].to_numpy(dtype=object), cell, values)
        if whole := next((total for total, parts in totals.items() if not parts), ""):
            return Remedy("where_total", (name, whole))
        if _tells_cities_apart(frame[frame["file"] == file], cells[name]):
            return Remedy("city_code", (name,))
        if joined[name].nunique() <= _FEW:
            return Remedy("where", (name, str(joined[name].iloc[0])))
    return None


def _tells_cities_apart(frame: pd.DataFrame, column: pd.Series) -> bool:
    """Return whether a column is a code of cities: each of its values stands beside one city's name, in every row."""
    cities = frame["city"].groupby(frame["row"].map(column.map(clean_name))).nunique()
    return bool(len(cities) > frame["city"].nunique() and cities.max() == 1)
