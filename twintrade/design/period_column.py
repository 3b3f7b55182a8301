"""A table of any library as pandas, and the period of each of its rows, with the frequency found."""

import datetime
import re
import warnings
from collections.abc import Collection
from typing import Any, Literal

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency, are_split_years
from twintrade.errors import DesignError, TwintradeError, TwintradeWarning
from twintrade.numerics.arrays import IntArray
from twintrade.text import Text

FrequencyName = Literal["year", "quarter", "month"]
FREQUENCIES: tuple[FrequencyName, ...] = ("year", "quarter", "month")
LAST_YEAR = 9999
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[ T].*)?")
_DATES = (datetime.date, pd.Timestamp, np.datetime64)


def read_period_column(
    column: pd.Series, name: str, frequency: FrequencyName | None = None
) -> tuple[IntArray, FrequencyName]:
    """Return each row's period as an ordinal, and the frequency: the one given, else the one found.

    Numbers are years unless a frequency is given, and then ordinals of it; text is "2004", "2004Q3", "2004-07" or a
    day; dates and pandas periods say what they are.
    """
    described = f"{name!r} ({column.dtype})"
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        return _check_years(column.to_numpy().astype(np.int64), described, frequency)
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if column.dtype.kind in "fiu":
        return _check_years(_read_whole(column, described), described, frequency)
    empty = np.flatnonzero(column.isna().to_numpy())
    if empty.size:
        raise DesignError(
            f"column {described} has no period in {empty.size} rows (first: row {empty[0]}); fill or drop them"
        )
    if len(column) and isinstance(column.iloc[0], pd.Period):
        index = pd.PeriodIndex(column)
        known: dict[str, FrequencyName] = {"Y-DEC": "year", "Q-DEC": "quarter", "M": "month"}
        if index.freqstr not in known:
            raise DesignError(
                f"column {described} holds periods of {index.freqstr}; use asfreq to make years, quarters or months"
            )
        per_year = Frequency(known[index.freqstr]).per_year
        ordinals = index.year * per_year + (index.month - 1) * per_year // 12
        return np.asarray(ordinals, dtype=np.int64), known[index.freqstr]
    if column.dtype.kind == "M" or (len(column) and isinstance(column.iloc[0], _DATES)):
        return _read_dates(pd.to_datetime(column), described, frequency)
    if len(column) and isinstance(column.iloc[0], str):
        return _read_text(column, described, frequency)
    return _check_years(_read_whole(column, described), described, frequency)


def _read_whole(column: pd.Series, described: str) -> IntArray:
    """Return numbers of any kind as whole ones."""
    numbers = pd.to_numeric(column, errors="coerce") if column.dtype.kind in "fiuO" else column.map(lambda _: np.nan)
    values = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(~np.isfinite(values) | (values != np.floor(values)))
    if bad.size:
        raise DesignError(
            f"column {described} must hold whole periods, text such as 2004Q3, or dates; row {bad[0]} has "
            f"{column.iloc[int(bad[0])]!r}"
        )
    return values.astype(np.int64)


def _check_years(values: IntArray, described: str, frequency: FrequencyName | None) -> tuple[IntArray, FrequencyName]:
    if frequency is None and values.size and int(values.max()) > LAST_YEAR:
        raise DesignError(
            f"column {described} holds {int(values.max())}, which is no year; give text such as 2004-07 or dates, or "
            "set frequency where these are ordinals (year * 4 + quarter - 1, year * 12 + month - 1)"
        )
    return values, frequency or "year"


def _read_dates(dates: pd.Series, described: str, frequency: FrequencyName | None) -> tuple[IntArray, FrequencyName]:
    year, month = dates.dt.year.to_numpy(np.int64), dates.dt.month.to_numpy(np.int64)
    frequency = frequency or _find_frequency(year, month, dates.dt.normalize().nunique(), described)
    per_year = Frequency(frequency).per_year
    return year * per_year + (month - 1) * per_year // 12, frequency


def _find_frequency(year: IntArray, month: IntArray, n_dates: int, described: str) -> FrequencyName:
    """Return the longest period that holds one date each and of which every date is the same part."""
    if np.unique(month).size == 1 and np.unique(year).size == n_dates:
        return "year"
    if np.unique(month % 3).size == 1 and np.unique(year * 4 + (month - 1) // 3).size == n_dates:
        return "quarter"
    if np.unique(year * 12 + month).size == n_dates:
        return "month"
    raise DesignError(
        f"column {described} holds several dates a month; add them up to months, quarters or years first"
    )


def _read_text(column: pd.Series, described: str, frequency: FrequencyName | None) -> tuple[IntArray, FrequencyName]:
    cells = column.astype(str)
    distinct = list(dict.fromkeys(cells))
    if all(_DAY.fullmatch(cell) for cell in distinct):
        return _read_dates(pd.to_datetime(cells, format="ISO8601"), described, frequency)
    if frequency in (None, "year") and are_split_years(distinct):
        text = Text("design.split-years", column=described, cell=distinct[0])
        warnings.warn(str(text), TwintradeWarning, stacklevel=5)
        return np.array([int(cell.strip()[:4]) for cell in cells], dtype=np.int64), "year"
    faults: list[tuple[int, str, str]] = []
    for candidate in FREQUENCIES if frequency is None else (frequency,):
        known: dict[str, int] = {}
        try:
            for cell in distinct:
                known[cell] = Frequency(candidate).parse(cell)
        except (TwintradeError, ValueError) as error:
            row = int(np.flatnonzero((cells == cell).to_numpy())[0])
            faults.append((row, cell, str(error)))
        else:
            return np.array([known[cell] for cell in cells], dtype=np.int64), candidate
    row, cell, reason = max(faults)
    raise DesignError(f"column {described} holds text that is no period; row {row} has {cell!r}: {reason}")


# Tables of any library as pandas: polars, Arrow, DuckDB and whatever else narwhals reads.


def to_pandas(table: Any, what: str, keys: Collection[str | None] = ()) -> pd.DataFrame:
    """Return a table of pandas, polars, Arrow, DuckDB ... as a pandas frame, itself where it is one.

    ``what``: the table in messages; ``keys``: columns that may be levels of a pandas index.
    """
    if not isinstance(table, pd.DataFrame):
        import narwhals

        try:
            native = narwhals.from_native(table)
        except TypeError:
            raise DesignError(f"{what} is a table, not {table!r}; read the file with pandas.read_csv") from None
        return (native.collect() if isinstance(native, narwhals.LazyFrame) else native).to_pandas()
    levels = [key for key in keys if key and key in table.index.names and key not in table.columns]
    return table.reset_index(levels) if levels else table
