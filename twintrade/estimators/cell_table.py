"""Cell coefficients as the effects that are reported: as they are, as differences of the outcome, or in percent."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Regression
from twintrade.estimators.cell_fit import CellFit, Family
from twintrade.estimators.mundlak import centered
from twintrade.estimators.saturated import Dummies
from twintrade.numerics.arrays import FloatArray, IntArray

Measure = Literal["coefficient", "difference", "percent"]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Effects of the identified cells.

    Attributes
    ----------
    effects, weights : FloatArray, shape (n_cells,)
    influence : FloatArray, shape (n_units, n_cells)
    weight_influence : FloatArray or None, shape (n_units, n_cells)
        Where the weights are estimated.
    source : Regression or None
        Where the effects are its slopes.
    """

    effects: FloatArray
    weights: FloatArray
    influence: FloatArray
    weight_influence: FloatArray | None = None
    source: Regression | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CellTable:
    """Effects by cohort and event time, reference cells included, ordered by both."""

    cohorts: IntArray
    event_times: IntArray
    n_units: IntArray
    n_rows: IntArray
    effects: FloatArray
    weights: FloatArray
    influence: FloatArray
    weight_influence: FloatArray | None
    source: Regression | None


def measured(o: Observations, fit: CellFit, of_row: IntArray, measure: Measure, family: Family) -> Measured:
    """Return the effects of the identified cells on the scale asked for.

    For Poisson the outcome's sum over a cell equals its fitted sum, so that rows enter the influence of the fitted
    sum by their residual; what the row would have been is the fitted mean times exp(-effect).
    """
    place = np.full(int(of_row.max()) + 2, -1, dtype=np.int64)
    place[fit.kept + 1] = np.arange(fit.kept.size)
    cell = place[of_row[fit.rows] + 1]
    n_cells = fit.kept.size
    inside = np.flatnonzero(cell >= 0)
    sizes = np.bincount(cell[inside], fit.weights[inside], n_cells).astype(np.float64)
    own = fit.influence[:, :n_cells]
    if measure == "coefficient" or family == "linear":
        return Measured(fit.coefficients, sizes, own, source=fit.source)
    return _proportional(o, fit, cell, inside, sizes, measure)


def _proportional(
    o: Observations, fit: CellFit, cell: IntArray, inside: IntArray, sizes: FloatArray, measure: Measure
) -> Measured:
    """Differences and ratios of fitted sums, their influence by the delta method with the sample held fixed."""
    rows, code, n_cells = fit.rows[inside], cell[inside], fit.kept.size
    deviations = centered(o)[rows]
    exponent = fit.coefficients[code] + (deviations * _cell_slopes(fit, deviations.shape[1])[code]).sum(axis=1)
    ratio = np.exp(-exponent)
    mean = fit.weights[inside] * fit.mean[inside]
    with_tie = np.bincount(code, mean, n_cells).astype(np.float64)
    without = np.bincount(code, mean * ratio, n_cells).astype(np.float64)
    moved_with = _summed(o, fit, _in_columns(inside, code, np.ones(code.size), fit.rows.size, n_cells))
    column = _in_columns(inside, code, ratio, fit.rows.size, n_cells)
    moved_without = _summed(o, fit, fit.projected(column) if deviations.shape[1] else column)
    moved_without -= without * fit.influence[:, :n_cells]
    for k in range(deviations.shape[1]):
        lever = np.bincount(code, mean * ratio * deviations[:, k], n_cells)
        moved_without -= lever * fit.influence[:, n_cells + k * fit.n_all_cells + fit.kept]
    if measure == "difference":
        return Measured((with_tie - without) / sizes, sizes, (moved_with - moved_without) / sizes)
    influence = 100 * (moved_with - with_tie / without * moved_without) / without
    return Measured(100 * (with_tie / without - 1), without, influence, moved_without)


def _cell_slopes(fit: CellFit, n_covariates: int) -> FloatArray:
    """Return the coefficient of each covariate's deviation in each identified cell, shape (n_cells, n_covariates)."""
    by_covariate = fit.slopes[: n_covariates * fit.n_all_cells].reshape(n_covariates, fit.n_all_cells)
    return np.asarray(by_covariate[:, fit.kept].T)


def _in_columns(inside: IntArray, code: IntArray, values: FloatArray, n_rows: int, n_cells: int) -> FloatArray:
    out = np.zeros((n_rows, n_cells))
    out[inside, code] = values
    return out


def _summed(o: Observations, fit: CellFit, columns: FloatArray) -> FloatArray:
    """Weigh columns by the weighted residual of their row and sum within units, shape (n_units, n_cells)."""
    unit = o.unit[fit.rows]
    left = fit.weights * (o.y[fit.rows] - fit.mean)
    return np.column_stack([np.bincount(unit, left * column, o.n_units) for column in columns.T])


def tabled(o: Observations, fit: CellFit, cells: Dummies, found: Measured, reference: int | None) -> CellTable:
    """Put identified cells and the reference's exact zeros in the order of cohort and event time."""
    cohorts, times = cells.cohorts[fit.kept], cells.event_times[fit.kept]
    groups = np.unique(cohorts) if reference is not None else cohorts[:0]
    cohorts = np.concatenate([cohorts, groups])
    times = np.concatenate([times, np.full(groups.size, reference or 0)])
    order = np.lexsort((times, cohorts))
    cohorts, times = cohorts[order], times[order]
    unit, onset, event_time = o.unit[fit.rows], o.onset[fit.rows], o.event_time[fit.rows]
    members = [np.flatnonzero((onset == g) & (event_time == e)) for g, e in zip(cohorts, times, strict=True)]
    sizes = np.array([fit.weights[m].sum() for m in members])
    is_cell = order < fit.kept.size

    def spread(values: FloatArray) -> FloatArray:
        return np.hstack([values, np.zeros((*values.shape[:-1], groups.size))])[..., order]

    moved = None if found.weight_influence is None else spread(found.weight_influence)
    return CellTable(
        cohorts=cohorts,
        event_times=times,
        n_units=np.array([np.unique(unit[m]).size for m in members], dtype=np.int64),
        n_rows=np.array([m.size for m in members], dtype=np.int64),
        effects=spread(found.effects),
        weights=np.where(is_cell, spread(found.weights), sizes),
        influence=spread(found.influence),
        weight_influence=moved,
        source=None if found.source is None else replace(found.source, selector=spread(found.source.selector)),
    )
