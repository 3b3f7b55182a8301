"""Regression on one dummy per cohort and event time, linear or Poisson, as cohort effects."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Observations
from twintrade.effects import CohortEffects, Dropped, Regression, UnitInfluence
from twintrade.effects.labels import label_cells
from twintrade.errors import EstimationError
from twintrade.estimators.regression.absorbed import find_single_rows
from twintrade.estimators.regression.families import Family
from twintrade.estimators.regression.separated import list_separated_rows
from twintrade.estimators.regression.slopes import sum_influence_by_unit
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.linear import Collinear, fit_least_squares
from twintrade.numerics.poisson import fit_poisson
from twintrade.text import Text, Words


@dataclass(frozen=True, slots=True, eq=False)
class Dummies:
    """Which cells get a dummy."""

    # cohorts, event_times: (n_cells,)
    cohorts: IntArray
    event_times: IntArray
    of_row: IntArray  # (n_rows,): cell of each row, -1 for rows without a dummy

    def columns(self) -> FloatArray:
        """Return the dummies, shape (n_rows, n_cells)."""
        out = np.zeros((self.of_row.size, self.cohorts.size))
        rows = np.flatnonzero(self.of_row >= 0)
        out[rows, self.of_row[rows]] = 1.0
        return out

    def names(self) -> tuple[Text, ...]:
        """Return one label a cell."""
        return label_cells(self.cohorts, self.event_times)


def build_cell_dummies(o: Observations, has_dummy: BoolArray) -> Dummies:
    """Give every cohort and event time among the flagged rows its dummy; cells from onset on come first."""
    rows = np.flatnonzero(has_dummy)
    cohort = o.onset[rows].astype(np.int64)
    keys = np.stack([o.event_time[rows] < 0, cohort, o.event_time[rows]])
    cells, position = np.unique(keys, axis=1, return_inverse=True)
    of_row = np.full(o.n_rows, -1, dtype=np.int64)
    of_row[rows] = position.ravel()
    return Dummies(cells[1].astype(np.int64), cells[2].astype(np.int64), of_row)


def fit_saturated(o: Observations, dummies: Dummies, family: Family, reference: int | None) -> CohortEffects:
    """Fit the dummies with the design's effects and covariates.

    ``reference``: event time present as an exact zero in every cohort, and without a dummy; None where there is none.
    """
    n_cells = dummies.cohorts.size
    names: tuple[Words, ...] = (*dummies.names(), *o.covariate_names)
    columns = np.hstack([dummies.columns(), o.covariates])
    source, kept, collinear, lost, statistics = _fit(o, columns, names, family)
    identified = np.flatnonzero(kept < n_cells)
    if identified.size == 0:
        raise EstimationError("no cohort-period cell is identified: the fixed effects absorb every one of them")
    table = _table(o, source.rows, dummies, kept[identified], reference)
    selector = np.zeros((kept.size, table.cohorts.size))
    selector[identified[table.cell[table.cell >= 0]], np.flatnonzero(table.cell >= 0)] = 1.0
    regression = Regression(source.rows, source.design, source.residuals, source.weights, source.bread, selector)
    units, values = sum_influence_by_unit(o, source.rows, regression.row_influence())
    return CohortEffects.of(
        o,
        (table.cohorts, table.event_times),
        source.coefficients @ selector,
        UnitInfluence(units, values, regression),
        scale="log points" if family == "poisson" else o.scale,
        sample=o.sample(
            None if source.rows.size == o.n_rows else source.rows,
            n_slopes=int(kept.size),
            effects=o.effect_names,
            dropped=(*lost, *_unidentified(collinear, n_cells)),
            statistics=statistics,
        ),
        n_units=table.n_units,
        n_cells=table.n_rows,
        cell_weights=table.weights,
        reference=reference,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _ReportedCells:
    """The cells reported, ordered by cohort and event time; ``cell`` is -1 for the reference."""

    cohorts: IntArray
    event_times: IntArray
    cell: IntArray
    n_units: IntArray
    n_rows: IntArray
    weights: FloatArray


def _table(
    o: Observations, rows: IntArray, dummies: Dummies, kept: IntArray, reference: int | None
) -> _ReportedCells:
    cohorts, times, cell = dummies.cohorts[kept], dummies.event_times[kept], np.arange(kept.size)
    if reference is not None:
        groups = np.unique(cohorts)
        cohorts = np.append(cohorts, groups)
        times = np.append(times, np.full(groups.size, reference))
        cell = np.append(cell, np.full(groups.size, -1))
    order = np.lexsort((times, cohorts))
    cohorts, times = cohorts[order], times[order]
    sampling = o.row_weights[rows]
    onset = np.where(find_single_rows(o, rows), np.nan, o.onset[rows])
    members = [(onset == g) & (o.event_time[rows] == e) for g, e in zip(cohorts, times, strict=True)]
    return _ReportedCells(
        cohorts=cohorts,
        event_times=times,
        cell=cell[order],
        n_units=np.array([np.unique(o.unit[rows][m]).size for m in members], dtype=np.int64),
        n_rows=np.array([int(m.sum()) for m in members], dtype=np.int64),
        weights=np.array([sampling[m].sum() for m in members], dtype=np.float64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    rows: IntArray
    coefficients: FloatArray
    design: FloatArray
    residuals: FloatArray
    weights: FloatArray
    bread: FloatArray


def _fit(
    o: Observations, columns: FloatArray, names: tuple[Words, ...], family: Family
) -> tuple[_Source, IntArray, tuple[Collinear, ...], tuple[Dropped, ...], dict[str, float]]:
    if family == "linear":
        fit = fit_least_squares(o.y, columns, build_absorber(o.effect_codes(), o.weights), names=names)
        weights = o.row_weights
        source = _Source(np.arange(o.n_rows), fit.coefficients, fit.x_tilde, fit.residuals, weights, fit.bread)
        return source, fit.kept, fit.collinear, (), {"within_r2": fit.within_r2}
    p = fit_poisson(o.y, columns, o.effect_codes(), o.weights, names=names)
    weights = p.mu * o.row_weights[p.rows]
    source = _Source(p.rows, p.coefficients, p.x_tilde, p.residuals, weights, p.bread)
    statistics = {"pseudo_r2": p.pseudo_r2, "deviance": p.deviance, "iterations": float(p.iterations)}
    return source, p.kept, p.collinear, list_separated_rows(o, p.separated), statistics


def _unidentified(collinear: tuple[Collinear, ...], n_cells: int) -> tuple[Dropped, ...]:
    return tuple(
        Dropped(
            "not-identified" if c.column < n_cells else "collinear",
            Text("estimators.determined", name=c.name, by=c.explained_by),
            0,
            0,
            (c.name,),
        )
        for c in collinear
    )
