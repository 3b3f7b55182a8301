"""The keys of a long frame as codes: units, cities, partners and periods, and the order of its rows by them."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from twintrade.errors import DesignError
from twintrade.numerics.arrays import IntArray, ObjectArray, is_countable, measure_range, number_values, sort_distinct


class Coded(NamedTuple):
    """Code of each row, the labels that the codes stand for, and the keys of the frame that these were made from."""

    codes: IntArray
    labels: ObjectArray
    keys: ObjectArray


def name_key(key: object) -> str:
    """Return the label of a key: "7" of 7 and of 7.0; the parts of a tuple are joined as a city and a partner are."""
    if isinstance(key, tuple):
        return "-".join(map(name_key, key))
    return str(int(key)) if isinstance(key, float) and key.is_integer() else str(key)


def name_keys(keys: Iterable[object]) -> ObjectArray:
    """Return the labels of keys, shape (n,)."""
    return np.array([name_key(key) for key in keys], dtype=object)


def number_keys(
    frame: pd.DataFrame, unit: str | None, city: str | None, partner: str | None
) -> tuple[Coded, Coded, Coded]:
    """Return code and labels of units, cities and partners; cities or units that are not named are the others."""
    cities = _code_column(frame[city or unit])
    nowhere = np.array([""], object)
    partners = (
        _code_column(frame[partner]) if partner else Coded(np.zeros(len(frame), dtype=np.int64), nowhere, nowhere)
    )
    if unit is None:
        return _code_dyads(cities, partners), cities, partners
    return cities if city is None else _code_column(frame[unit]), cities, partners


def _code_column(column: pd.Series) -> Coded:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "i":
        keys = column.to_numpy().astype(np.int64, copy=False)
        if is_countable(measure_range(keys)[1], keys):
            numbers, distinct = number_values(keys)
            return _label(numbers, distinct.astype(object))
    try:
        codes, distinct_keys = pd.factorize(column, sort=True)
    except TypeError as error:
        raise DesignError(f"column {column.name!r} ({column.dtype}) cannot name units: {error}; use text") from None
    if (codes < 0).any():
        at = int(np.flatnonzero(codes < 0)[0])
        raise DesignError(f"column {column.name!r} ({column.dtype}) has an empty key at row {at}")
    return _label(codes.astype(np.int64), np.asarray(distinct_keys, dtype=object))


def _code_dyads(city: Coded, partner: Coded) -> Coded:
    cities, partners = city.labels, partner.labels
    if partners.size == 1 and partners[0] == "":
        return city
    codes, present = number_values(city.codes * partners.size + partner.codes)
    ends = np.empty(present.size, dtype=object)
    ends[:] = [(cities[k // partners.size], partners[k % partners.size]) for k in present]
    dyads = _label(codes, ends)
    return dyads._replace(keys=dyads.labels)


def _label(codes: IntArray, keys: ObjectArray) -> Coded:
    """Name each key, and refuse two that are written alike: inside, a label is all that tells units apart."""
    labels = name_keys(keys)
    if len(set(labels)) < labels.size:
        alike = pd.Series(labels).duplicated(keep=False).to_numpy()
        first = labels == labels[alike][0]
        one, other = keys[first][:2]
        raise DesignError(f"{one!r} and {other!r} are both written {labels[first][0]!r}; rename one")
    return Coded(codes, labels, keys)


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
