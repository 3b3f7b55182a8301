"""Cohort statistics straight from microdata: an event study of any number of rows from a few kilobytes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from twintrade.data import TradeSource, TradeTable, read_trade
from twintrade.data.microdata import build_cohort_tables
from twintrade.design import CohortStatistics, Panel
from twintrade.design.rules import TreatmentRule
from twintrade.errors import DataError
from twintrade.numerics.arrays import IntArray
from twintrade.python.treated import build_treatment_from_table

LARGEST = 2.0**53
"""Up to here every whole number of the smallest unit of money has a floating-point number of its own."""


def cohort_statistics(
    source: TradeSource,
    agreements: pd.DataFrame,
    *,
    root: str | Path = ".",
    rule: TreatmentRule | None = None,
    undated: Literal["error", "exclude"] = "error",
    clusters: Sequence[str] = ("city", "partner"),
) -> CohortStatistics:
    """Add microdata up to what event studies without covariates need: counts, sums and second moments by cohort.

    The units are all pairs of a city and a partner of the files. ``Design.from_statistics`` makes a design of
    the result; effects and clustered errors are those of the whole panel.

    Parameters
    ----------
    source : TradeSource
        With ``microdata`` and ``absent="zero"``.
    agreements : DataFrame
        Columns city, partner, date, as for ``compare``.
    root : str or Path
        Project folder, below which the files stand.
    rule : TreatmentRule, optional
        How agreements become onsets: the first agreement, by default.
    undated : {"error", "exclude"}
    clusters : sequence of {"city", "partner"}
        Above the unit; fewer make fewer sums.

    Raises
    ------
    DataError
        The source is none of microdata, cells have no figure, or money is converted.
    DesignError
        An agreement has no date.

    Examples
    --------
    >>> statistics = tt.cohort_statistics(source, agreements)  # doctest: +SKIP
    >>> design = tt.Design.from_statistics(statistics, clusters=("city",))  # doctest: +SKIP
    >>> tt.infer(tt.fit("imputation", design), "clustered").plot()  # doctest: +SKIP
    """
    if source.microdata is None:
        raise DataError(f"{source.file}: cohort statistics are made from microdata; declare microdata")
    table = _read_without_gaps(source, Path(root))
    cells = table.frame[["city", "partner", "period"]]
    cells = cells.assign(units=_whole_units(table, source.microdata.decimals, source.file))
    panel = _pairs(table)
    treatment = build_treatment_from_table(panel, agreements, rule, undated)
    pairs = panel.to_frame().drop_duplicates("unit").set_index("unit")[["city", "partner"]]
    onsets = pairs.assign(onset=pd.Series(treatment.onset, index=treatment.units).reindex(pairs.index))
    tables = build_cohort_tables(
        cells,
        onsets[np.isfinite(onsets["onset"])],
        source.microdata,
        Path(root),
        clusters=clusters,
        excluded=pairs.loc[[unit for unit in treatment.excluded if unit in pairs.index]],
    )
    return CohortStatistics.from_tables(
        tables.sums, tables.products, tables.clusters, center=tables.center, frequency=table.frequency.value
    )


def _read_without_gaps(source: TradeSource, root: Path) -> TradeTable:
    if source.exchange is not None or source.deflator is not None:
        raise DataError(f"{source.file}: converted money is no whole number of the smallest unit; convert it first")
    table = read_trade([source], root)
    if table.absent != "zero":
        raise DataError(f'{source.file}: cohort statistics need absent = "zero": a panel without gaps')
    return table


def _whole_units(table: TradeTable, decimals: int, file: str) -> IntArray:
    """Return values as whole numbers of the smallest unit of money."""
    values = table.frame["value"].to_numpy(dtype=np.float64) * 10.0**decimals
    n_missing = int(np.isnan(values).sum())
    if n_missing:
        raise DataError(
            f'{file}: {n_missing:,} cells have no figure, and cohort statistics need all: declare blank = "zero" if '
            "that is what they mean, or run an analysis on the panel"
        )
    if values.max(initial=0.0) >= LARGEST:
        raise DataError(f"{file}: a cell is larger than 9e15 of the smallest unit of money: declare a larger one")
    return np.rint(values).astype(np.int64)


def _pairs(table: TradeTable) -> Panel:
    """Return every pair in every period, without an outcome: what a rule of treatment looks at."""
    periods = range(table.first, table.last + 1)
    index = pd.MultiIndex.from_product([table.cities, table.partners, periods], names=["city", "partner", "period"])
    return Panel.from_frame(
        index.to_frame(index=False).assign(cells=0.0),
        city="city",
        partner="partner",
        period="period",
        frequency=table.frequency.value,
    )
