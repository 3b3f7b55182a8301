"""The keys of a long frame as codes: units, cities, partners and periods, and the order of its rows by them."""

import numpy as np
import pandas as pd

from twintrade.errors import DesignError
from twintrade.numerics.arrays import IntArray, ObjectArray, is_countable, measure_range, number_values, sort_distinct

Coded = tuple[IntArray, ObjectArray]
"""Code of each row, and the labels that the codes stand for."""


def number_keys(
    frame: pd.DataFrame, unit: str | None, city: str | None, partner: str | None
) -> tuple[Coded, Coded, Coded]:
    """Return code and labels of units, cities and partners; cities or units that are not named are the others."""
    cities = _code_column(frame[city or unit])
    partners = (
        _code_column(frame[partner]) if partner else (np.zeros(len(frame), dtype=np.int64), np.array([""], object))
    )
    if unit is None:
        return _code_dyads(cities[0], partners[0], cities[1], partners[1]), cities, partners
    return cities if city is None else _code_column(frame[unit]), cities, partners


def _code_column(column: pd.Series) -> Coded:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "i":
        keys = column.to_numpy().astype(np.int64, copy=False)
        if is_countable(measure_range(keys)[1], keys):
            numbers, distinct = number_values(keys)
            return numbers, distinct.astype(object)
    codes, labels = pd.factorize(column, sort=True)
    if (codes < 0).any():
        at = int(np.flatnonzero(codes < 0)[0])
        raise DesignError(f"column {column.name!r} ({column.dtype}) has an empty key at row {at}")
    return codes.astype(np.int64), np.asarray(labels, dtype=object)


def _code_dyads(city: IntArray, partner: IntArray, cities: ObjectArray, partners: ObjectArray) -> Coded:
    if partners.size == 1 and partners[0] == "":
        return city, cities
    codes, present = number_values(city * partners.size + partner)
    labels = [f"{cities[k // partners.size]}-{partners[k % partners.size]}" for k in present]
    return codes, np.asarray(labels, dtype=object)


def is_ascending(unit: IntArray, period: IntArray) -> bool:
    """Say whether each row comes after the one before it by unit and period, so that none is there twice."""
    later = period[1:] > period[:-1]
    later &= unit[1:] == unit[:-1]
    later |= unit[1:] > unit[:-1]
    return bool(later.all())


def sort_rows(unit: IntArray, period: IntArray) -> IntArray:
    """Return the order of the rows by unit and period."""
    first, n_periods = measure_range(period)
    order = sort_distinct((unit, period - first), (int(unit.max()) + 1, n_periods))
    return np.lexsort((period, unit)).astype(np.int64) if order is None else order
