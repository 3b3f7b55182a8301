"""Cohort statistics made elsewhere, by SQL or Spark, as a design: event studies without a row of the data at hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import pandas as pd

from twintrade.design.panel import FrequencyName, Panel, require_word
from twintrade.design.register import Treatment
from twintrade.design.transforms import TRANSFORMS, TransformName
from twintrade.errors import DesignError
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.comparisons import ClusterSums, CohortMoments
from twintrade.text import Text

MEAN = "mean"
_NEVER: Literal["never treated"] = "never treated"
_COHORT: Literal["cohort "] = "cohort "
_SUMS_BY: Literal["sums by "] = "sums by "  # column of the cohorts' means in the design's panel


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CohortStatistics:
    """Number of units, sum and second moments of the outcome by cohort, and sums by cluster and cohort.

    They describe a panel without gaps: every unit of a cohort is observed in every period. Statistics of disjoint
    sets of units add up, so that a database can make them from parts.

    Attributes
    ----------
    moments : CohortMoments
        Onsets ascending; ``inf`` for the never treated.
    clusters : mapping of {"city", "partner"} to ClusterSums
        Needed only for errors clustered above the unit. With both, the unit is taken to be their dyad.
    transform : {"level", "log", "share_of_partner", "share_of_city", "index"}
        What was done to the outcome before it was summed.
    frequency : {"year", "quarter", "month"}

    Examples
    --------
    >>> both = {"period": [2001, 2002] * 2, "onset": [2002, 2002, None, None]}
    >>> sums = pd.DataFrame({**both, "n": [2, 2, 2, 2], "total": [2.0, 6.0, 2.0, 4.0]})
    >>> pairs = {"period": [2001, 2001, 2002] * 2, "other_period": [2001, 2002, 2002] * 2}
    >>> onsets = {"onset": [2002, 2002, 2002, None, None, None]}
    >>> products = pd.DataFrame({**pairs, **onsets, "product": [2.0, 6.0, 18.5, 2.0, 4.0, 8.5]})
    >>> design = tt.Design.from_statistics(tt.CohortStatistics.from_tables(sums, products))
    >>> print(tt.fit("imputation", design).view("overall").effects)
    [1.]
    """

    moments: CohortMoments
    clusters: Mapping[str, ClusterSums] = field(default_factory=dict)
    transform: TransformName = "level"
    frequency: FrequencyName = "year"

    def __post_init__(self) -> None:
        require_word("transform", self.transform, list(TRANSFORMS))
        require_word("frequency", self.frequency, get_args(FrequencyName))

    @classmethod
    def from_tables(
        cls,
        sums: pd.DataFrame,
        products: pd.DataFrame,
        clusters: Mapping[str, pd.DataFrame] | None = None,
        *,
        center: Mapping[int, float] | None = None,
        transform: TransformName = "level",
        frequency: FrequencyName = "year",
    ) -> "CohortStatistics":
        """Build from long tables as a ``GROUP BY`` returns them, in any order of rows.

        Parameters
        ----------
        sums : DataFrame
            One row per cohort and period. ``onset``: the cohort's first treated period, empty (NULL, NaN) or ``inf``
            for the never treated; ``period``; ``n``: units; ``total``: sum of the outcome over these units.
        products : DataFrame
            One row per cohort and pair of periods, ``period`` <= ``other_period`` suffices. ``onset``, ``period``,
            ``other_period``; ``product``: sum over units of outcome in ``period`` times outcome in ``other_period``.
        clusters : mapping of {"city", "partner"} to DataFrame, optional
            One row per cluster, cohort and period: ``cluster`` and the columns of ``sums``.
        center : mapping of period to float, optional
            What was subtracted from the outcome of each period before summing, in every table. Products of large
            numbers lose digits; a rough mean by period keeps them. Means are shifted back.
        transform, frequency
            See the class.

        Raises
        ------
        DesignError
            A column is missing, a cell is missing or twice there, the number of units changes within a cohort (a
            panel with gaps), the cluster sums do not add up to the cohorts', or a product cannot be one.
        """
        _require(sums, ("onset", "period", "n", "total"), "sums")
        if not len(sums):
            raise DesignError("the table of sums has no row")
        onset, periods = np.unique(_onsets(sums)), np.unique(sums["period"].to_numpy(dtype=np.int64))
        counts, totals = _cohort_sums(sums, onset, periods)
        raw = _products(products, onset, periods)
        cluster_sums = {name: _cluster_sums(table, name, onset, periods) for name, table in (clusters or {}).items()}
        shift = np.zeros(periods.size)
        if center is not None:
            missing = [int(p) for p in periods if int(p) not in center]
            if missing:
                raise DesignError(f"center has no value for period {missing[0]}; give one for every period")
            shift = np.array([float(center[int(p)]) for p in periods])
        _check_clusters(cluster_sums, counts, totals)
        m = CohortMoments.from_sums(onset, periods, counts, totals, raw)
        _refuse_impossible(m, raw)
        moved = {
            n: ClusterSums(c.clusters, c.counts, c.sums + c.counts[:, :, None] * shift)
            for n, c in cluster_sums.items()
        }
        moments = CohortMoments(onset, periods, counts, m.means + shift, m.scatter)
        return cls(moments=moments, clusters=moved, transform=transform, frequency=frequency)

    def to_panel(self) -> tuple[Panel, Treatment]:
        """Return the cohorts' means as a panel of one unit a cohort, and its treatment."""
        m = self.moments
        digits = max((len(f"{g:.0f}") for g in m.onset if np.isfinite(g)), default=1)
        labels = [_NEVER if np.isinf(g) else f"{_COHORT}{g:0{digits}.0f}" for g in m.onset]
        rows = {"cohort": np.repeat(labels, m.periods.size), "period": np.tile(m.periods, m.onset.size)}
        frame = pd.DataFrame({**rows, MEAN: m.means.ravel()})
        panel = Panel.from_frame(frame, unit="cohort", frequency=self.frequency)
        return panel, Treatment.from_series(pd.Series(m.onset, index=labels).reindex(panel.units))


def _require(table: pd.DataFrame, columns: tuple[str, ...], what: str) -> None:
    lacking = [c for c in columns if c not in table.columns]
    if lacking:
        raise DesignError(f"the table of {what} has no column {lacking[0]!r}; it needs {', '.join(columns)}")


def _onsets(table: pd.DataFrame) -> FloatArray:
    values = pd.to_numeric(table["onset"]).to_numpy(dtype=np.float64, na_value=np.inf)
    return np.where(np.isnan(values), np.inf, values)


def _positions(values: np.ndarray, known: np.ndarray, what: str, table: str) -> IntArray:
    where = np.searchsorted(known, values)
    wrong = where >= known.size
    wrong |= known[np.minimum(where, known.size - 1)] != values
    if wrong.any():
        raise DesignError(f"the table of {table} has {what} {values[wrong][0]:g}, which the table of sums has not")
    return where.astype(np.int64)


def _cells(
    table: pd.DataFrame, onset: FloatArray, periods: IntArray, what: str, column: str = "period"
) -> tuple[IntArray, IntArray]:
    rows = _positions(_onsets(table), onset, "cohort", what)
    return rows, _positions(table[column].to_numpy(dtype=np.int64), periods, "period", what)


def _cohort_sums(sums: pd.DataFrame, onset: FloatArray, periods: IntArray) -> tuple[FloatArray, FloatArray]:
    at = _cells(sums, onset, periods, "sums")
    counts, totals = (np.full((onset.size, periods.size), np.nan) for _ in range(2))
    counts[at], totals[at] = sums["n"].to_numpy(dtype=np.float64), sums["total"].to_numpy(dtype=np.float64)
    missing = np.argwhere(~np.isfinite(counts) | ~np.isfinite(totals))
    if missing.size or len(sums) > counts.size:
        first = {"cohort": f"{onset[missing[0][0]]:g}", "period": str(periods[missing[0][1]])} if missing.size else {}
        raise DesignError(Text("design.sums-incomplete" if first else "design.sums-too-many", **first))
    uneven = np.argwhere(counts != counts[:, :1])
    if uneven.size:
        h, t = uneven[0]
        numbers = {"n_first": counts[h, 0], "n_other": counts[h, t]}
        ends = {"first": str(periods[0]), "other": str(periods[t])}
        raise DesignError(Text("design.sums-uneven", cohort=f"{onset[h]:g}", **numbers, **ends))
    return counts[:, 0], totals


def _products(products: pd.DataFrame, onset: FloatArray, periods: IntArray) -> FloatArray:
    _require(products, ("onset", "period", "other_period", "product"), "products")
    h, s = _cells(products, onset, periods, "products")
    t = _cells(products, onset, periods, "products", "other_period")[1]
    raw = np.full((onset.size, periods.size, periods.size), np.nan)
    raw[h, t, s] = raw[h, s, t] = products["product"].to_numpy(dtype=np.float64)
    missing = np.argwhere(~np.isfinite(raw))
    if missing.size:
        g, a, b = missing[0]
        raise DesignError(f"the table of products lacks cohort {onset[g]:g}, periods {periods[a]} and {periods[b]}")
    return raw


def _cluster_sums(table: pd.DataFrame, name: str, onset: FloatArray, periods: IntArray) -> ClusterSums:
    if name not in ("city", "partner"):
        raise DesignError(f"cluster sums are by city or partner, not by {name!r}")
    _require(table, ("cluster", "onset", "period", "n", "total"), _SUMS_BY + name)
    codes, labels = pd.factorize(table["cluster"], sort=True)
    h, t = _cells(table, onset, periods, _SUMS_BY + name)
    counts = np.zeros((labels.size, onset.size, periods.size))
    totals = np.zeros_like(counts)
    np.add.at(counts, (codes, h, t), table["n"].to_numpy(dtype=np.float64))
    np.add.at(totals, (codes, h, t), table["total"].to_numpy(dtype=np.float64))
    if (counts != counts[:, :, :1]).any():
        c, g, _ = np.argwhere(counts != counts[:, :, :1])[0]
        raise DesignError(f"{name} {labels[c]}, cohort {onset[g]:g}: the number of units changes between periods")
    return ClusterSums(np.asarray(labels, dtype=object), counts[:, :, 0], totals)


def _check_clusters(cluster_sums: Mapping[str, ClusterSums], counts: FloatArray, totals: FloatArray) -> None:
    for name, c in cluster_sums.items():
        is_off = np.abs(c.sums.sum(axis=0) - totals).max() > 1e-8 * (np.abs(c.sums).sum() + 1.0)
        if is_off or not np.array_equal(c.counts.sum(axis=0), counts):
            raise DesignError(f"the sums by {name} do not add up to the cohorts': make both from the same rows")


def _refuse_impossible(m: CohortMoments, raw: FloatArray) -> None:
    bad = np.argwhere(np.diagonal(m.scatter, axis1=1, axis2=2) < -1e-8 * np.diagonal(raw, axis1=1, axis2=2))
    if bad.size:
        h, t = bad[0]
        raise DesignError(f"cohort {m.onset[h]:g}, period {m.periods[t]}: the sum of squares is below n times mean²")
