"""Cohort statistics made inside an engine from cells: a few kilobytes that event studies without covariates need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from twintrade.data.microdata.engines import Engine, build_engine
from twintrade.data.schema import Microdata
from twintrade.errors import DataError
from twintrade.numerics.arrays import FloatArray, IntArray, ObjectArray

EXACT = "DECIMAL(19,0)"
"""Holds any sum of 64 bits; the product of two has 38 digits, which is as many as both engines have."""


@dataclass(frozen=True, slots=True, eq=False)
class CohortTables:
    """Tables as ``CohortStatistics.from_tables`` takes them."""

    sums: pd.DataFrame  # columns onset (inf for the never treated), period, n, total; centered
    products: pd.DataFrame  # columns onset, period, other_period, product; centered
    clusters: Mapping[str, pd.DataFrame]  # columns cluster, onset, period, n, total; centered
    center: Mapping[int, float]  # what was subtracted from the outcome of each period


def build_cohort_tables(
    cells: pd.DataFrame,
    onsets: pd.DataFrame,
    options: Microdata,
    root: Path,
    *,
    clusters: Sequence[str] = ("city", "partner"),
    excluded: pd.DataFrame | None = None,
) -> CohortTables:
    """Return counts, sums and second moments of trade by cohort, and sums by cluster and cohort, in whole numbers.

    The units are all pairs of a city and a partner of the ``cells`` (city, partner, period, units as int64); an
    absent cell is a zero. Pairs that ``onsets`` (city, partner, onset) does not list, or lists as NaN or inf, are
    never treated; pairs of ``excluded`` are in no comparison and not treated either.
    """
    pairs, unit = _number_pairs(cells, onsets, excluded)
    city, partner = np.divmod(unit, pairs.partners.size)
    periods = np.arange(int(cells["period"].min()), int(cells["period"].max()) + 1)
    keys = {"unit": unit, "cohort": pairs.cohort[unit], "city": city, "partner": partner, "period": cells["period"]}
    table = {name: pa.array(np.asarray(column, dtype=np.int64)) for name, column in keys.items()}
    table["units"] = pa.array(cells["units"].to_numpy(dtype=np.int64))
    compared = pa.table(table).filter(pa.array(pairs.cohort[unit] < pairs.onset.size))
    ends = {name: end for name, end in (("city", pairs.cities), ("partner", pairs.partners)) if name in clusters}
    engine = build_engine(options, root)
    try:
        engine.register("cells", compared)
        shape = (pairs.onset.size, periods.size)
        totals = _whole(engine.execute(build_sums_statement("cohort")), shape, int(periods[0]))
        raw = _products(engine, pairs.onset.size, periods)
        by_cluster = {}
        for name, end in ends.items():
            sums = engine.execute(build_sums_statement(name, "cohort"))
            whole = _whole(sums, (end.size, *shape), int(periods[0]))
            by_cluster[name] = pairs.count_by(name), whole, list(end)
    finally:
        engine.close()
    counts = pairs.count_by("city").sum(axis=0)
    return _centered(pairs.onset, periods, counts, totals, raw, by_cluster, options.decimals)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """All pairs of a city and a partner; ``cohort`` codes their onsets, with one code more for excluded pairs."""

    cities: pd.Index
    partners: pd.Index
    onset: FloatArray
    cohort: IntArray

    def count_by(self, end: str) -> IntArray:
        """Count the pairs of each city, or partner, by cohort."""
        grid = self.cohort.reshape(self.cities.size, self.partners.size)
        rows = grid if end == "city" else grid.T
        return np.stack([np.bincount(row, minlength=self.onset.size + 1)[:-1] for row in rows])


def _number_pairs(
    cells: pd.DataFrame, onsets: pd.DataFrame, excluded: pd.DataFrame | None
) -> tuple[_Pairs, IntArray]:
    """Return the pairs with their cohorts, and the number of each cell's pair."""
    city, cities = pd.factorize(cells["city"], sort=True)
    partner, partners = pd.factorize(cells["partner"], sort=True)
    cities, partners = pd.Index(cities), pd.Index(partners)
    treated = _treated(onsets, cities, partners)
    onset = np.full(cities.size * partners.size, np.inf)
    onset[treated.index] = treated.to_numpy()
    inside = np.ones(onset.size, dtype=bool)
    if excluded is not None:
        number = _number(excluded, cities, partners)
        inside[number[number >= 0]] = False
    known, place = np.unique(onset[inside], return_inverse=True)
    cohort = np.full(onset.size, known.size)
    cohort[inside] = place
    return _Pairs(cities, partners, known, cohort), city * partners.size + partner


def build_sums_statement(*keys: str) -> str:
    """Return the statement of sums by period within keys."""
    listed = ", ".join([*keys, "period"])
    return f"SELECT {listed}, SUM(CAST(units AS {EXACT})) AS total FROM cells GROUP BY {listed}"


def _treated(onsets: pd.DataFrame, cities: pd.Index, partners: pd.Index) -> pd.Series:
    """Return the onset of treated units by their number."""
    known = onsets[np.isfinite(pd.to_numeric(onsets["onset"]).to_numpy(dtype=np.float64, na_value=np.inf))]
    number = _number(known, cities, partners)
    lost = np.flatnonzero(number < 0)
    if lost.size:
        first = known.iloc[int(lost[0])]
        raise DataError(
            f"{lost.size} pairs with an onset are not in the cells (first: {first['city']}-{first['partner']}): "
            "correct their names, or leave them out"
        )
    if len(set(number)) < len(number):
        raise DataError("a pair of city and partner has two onsets: keep the one that counts")
    return pd.Series(known["onset"].to_numpy(dtype=np.float64), index=number)


def _number(pairs: pd.DataFrame, cities: pd.Index, partners: pd.Index) -> IntArray:
    """Return the number of each pair's unit, -1 where its city or partner is not known."""
    city, partner = cities.get_indexer(pd.Index(pairs["city"])), partners.get_indexer(pd.Index(pairs["partner"]))
    return np.where((city < 0) | (partner < 0), -1, city * len(partners) + partner)


def _whole(rows: pa.Table, shape: tuple[int, ...], first: int) -> ObjectArray:
    """Return whole sums as exact integers, zero where there is no cell."""
    out = np.zeros(shape, dtype=object)
    *keys, totals = (rows[name] for name in rows.column_names)
    where = [np.asarray(key) for key in keys]
    where[-1] = where[-1] - first
    out[tuple(where)] = [int(total) for total in totals.to_pylist()]
    return out


def _products(engine: Engine, n_cohorts: int, periods: IntArray) -> ObjectArray:
    """Return second moments: within a unit every pair of periods, summed by cohort."""
    rows = engine.execute(
        f"SELECT a.cohort AS cohort, a.period AS period, b.period AS other, "
        f"SUM(CAST(a.units AS {EXACT}) * CAST(b.units AS {EXACT})) AS product "
        "FROM cells a JOIN cells b ON a.unit = b.unit AND a.period <= b.period "
        "GROUP BY a.cohort, a.period, b.period"
    )
    raw = np.zeros((n_cohorts, periods.size, periods.size), dtype=object)
    h, s, t = (np.asarray(rows[name]) for name in ("cohort", "period", "other"))
    values = [int(product) for product in rows["product"].to_pylist()]
    raw[h, s - periods[0], t - periods[0]] = values
    raw[h, t - periods[0], s - periods[0]] = values
    return raw


def _centered(
    onset: np.ndarray,
    periods: IntArray,
    counts: IntArray,
    totals: ObjectArray,
    raw: ObjectArray,
    by_cluster: Mapping[str, tuple[IntArray, ObjectArray, list[str]]],
    decimals: int,
) -> CohortTables:
    """Subtract the mean of each period from every unit, in whole numbers, and return amounts of money."""
    size = 10**decimals
    center = np.array([int(total) // int(counts.sum()) for total in totals.sum(axis=0)], dtype=object)
    n = counts.astype(object)
    moved = totals - n[:, None] * center
    cross = totals[:, :, None] * center[None, None, :]
    products = raw - cross - cross.transpose(0, 2, 1) + n[:, None, None] * (center[:, None] * center[None, :])
    pairs = pd.MultiIndex.from_product([onset, periods, periods], names=["onset", "period", "other_period"])
    tables = {}
    for name, (tally, sums, labels) in by_cluster.items():
        tables[name] = _long(labels, onset, periods, tally, sums - tally.astype(object)[:, :, None] * center, size)
    return CohortTables(
        sums=_long([""], onset, periods, counts[None], moved[None], size).drop(columns="cluster"),
        products=pairs.to_frame(index=False).assign(product=_money(products.ravel(), size**2)),
        clusters=tables,
        center={int(p): int(c) / size for p, c in zip(periods, center, strict=True)},
    )


def _long(
    labels: Sequence[str], onset: np.ndarray, periods: IntArray, n: IntArray, totals: ObjectArray, size: int
) -> pd.DataFrame:
    keys = pd.MultiIndex.from_product([labels, onset, periods], names=["cluster", "onset", "period"])
    counts = np.repeat(n.ravel(), periods.size)
    return keys.to_frame(index=False).assign(n=counts, total=_money(totals.ravel(), size))


def _money(whole: ObjectArray, size: int) -> np.ndarray:
    """Return exact integers over the size of a unit, each rounded once."""
    return np.array([int(value) / size for value in whole], dtype=np.float64)
