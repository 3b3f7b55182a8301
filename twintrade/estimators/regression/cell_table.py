"""Cell coefficients as the effects that are reported: as they are, as differences of the outcome, or in percent."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Regression
from twintrade.effects.outcome_weights import OutcomeWeights
from twintrade.estimators.regression.absorbed import find_single_rows
from twintrade.estimators.regression.cell_fit import CellFit
from twintrade.estimators.regression.families import Family
from twintrade.estimators.regression.net_cells import CELLS_AT_ONCE
from twintrade.estimators.regression.saturated import Dummies
from twintrade.numerics.arrays import FloatArray, IntArray

Measure = Literal["coefficient", "difference", "percent"]


@dataclass(frozen=True, slots=True, eq=False)
class IdentifiedCells:
    """Effects of the identified cells."""

    # effects, weights: (n_cells,)
    effects: FloatArray
    weights: FloatArray
    influence: FloatArray  # (n_units, n_cells)
    weight_influence: FloatArray | None = None  # (n_units, n_cells): where the weights are estimated
    source: Regression | None = None  # where the effects are its slopes
    linear: OutcomeWeights | None = None  # where they are not


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
    linear: OutcomeWeights | None


def measure_cells(
    o: Observations,
    fit: CellFit,
    of_row: IntArray,
    measure: Measure,
    family: Family,
    deviations: FloatArray | None = None,
) -> IdentifiedCells:
    """Return the effects of the identified cells on the scale asked for.

    For Poisson the outcome's sum over a cell equals its fitted sum, so that rows enter the influence of the fitted
    sum by their residual; what the row would have been is the fitted mean times exp(-effect). Covariates that enter
    by cell add their cell's slopes times ``deviations``, shape (n_rows, n_by_cell), to a row's effect.
    """
    place = np.full(int(of_row.max()) + 2, -1, dtype=np.int64)
    place[fit.kept + 1] = np.arange(fit.kept.size)
    cell = place[of_row[fit.rows] + 1]
    n_cells = fit.kept.size
    inside = np.flatnonzero((cell >= 0) & ~find_single_rows(o, fit.rows))
    sizes = np.bincount(cell[inside], fit.weights[inside], n_cells).astype(np.float64)
    cell_influence = fit.influence[:, :n_cells]
    if measure == "coefficient" or family == "linear":
        return IdentifiedCells(fit.coefficients, sizes, cell_influence, source=fit.source)
    deviations = np.empty((o.n_rows, 0)) if deviations is None else deviations
    return _proportional(o, fit, cell, inside, sizes, measure, deviations[fit.rows[inside]])


def _proportional(
    o: Observations,
    fit: CellFit,
    cell: IntArray,
    inside: IntArray,
    sizes: FloatArray,
    measure: Measure,
    deviations: FloatArray,
) -> IdentifiedCells:
    """Differences and ratios of fitted sums, their influence by the delta method with the sample held fixed."""
    rows, code, n_cells = fit.rows[inside], cell[inside], fit.kept.size
    exponent = fit.coefficients[code] + (deviations * _cell_slopes(fit, deviations.shape[1])[code]).sum(axis=1)
    ratio = np.exp(-exponent)
    mean = fit.weights[inside] * fit.mean[inside]
    treated = np.bincount(code, mean, n_cells).astype(np.float64)
    without = np.bincount(code, mean * ratio, n_cells).astype(np.float64)
    left = fit.weights * (o.y[fit.rows] - fit.mean)
    moved_with = _summed(o.unit[rows], code, left[inside], (o.n_units, n_cells))
    if deviations.shape[1]:
        moved_without = _projected(o, fit, cell, _whole(inside, ratio, fit.rows.size), left)
    else:
        moved_without = _summed(o.unit[rows], code, left[inside] * ratio, (o.n_units, n_cells))
    moved_without -= without * fit.influence[:, :n_cells]
    for k in range(deviations.shape[1]):
        lever = np.bincount(code, mean * ratio * deviations[:, k], n_cells)
        moved_without -= lever * fit.influence[:, n_cells + k * fit.n_all_cells + fit.kept]
    if measure == "difference":
        return IdentifiedCells((treated - without) / sizes, sizes, (moved_with - moved_without) / sizes)
    influence = 100 * (moved_with - treated / without * moved_without) / without
    linear = None
    if fit.source is not None and not deviations.shape[1]:
        linear = fit.source.outcome_weights().combined(np.diag(100 * treated / without))
    return IdentifiedCells(100 * (treated / without - 1), without, influence, moved_without, linear=linear)


def _cell_slopes(fit: CellFit, n_covariates: int) -> FloatArray:
    """Return the coefficient of each covariate's deviation in each identified cell, shape (n_cells, n_covariates)."""
    by_covariate = fit.slopes[: n_covariates * fit.n_all_cells].reshape(n_covariates, fit.n_all_cells)
    return np.asarray(by_covariate[:, fit.kept].T)


def _whole(inside: IntArray, values: FloatArray, n_rows: int) -> FloatArray:
    out = np.zeros(n_rows)
    out[inside] = values
    return out


def _summed(unit: IntArray, cell: IntArray, values: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Sum the values of rows within units and cells, shape (n_units, n_cells)."""
    sums = np.bincount(unit * shape[1] + cell, values, shape[0] * shape[1])
    return np.asarray(sums.reshape(shape), dtype=np.float64)


def _projected(o: Observations, fit: CellFit, cell: IntArray, values: FloatArray, left: FloatArray) -> FloatArray:
    """Put the values of each cell's rows in a column, keep what the model explains of it, weigh, sum within units."""
    out = np.empty((o.n_units, fit.kept.size))
    unit, explained = o.unit[fit.rows], fit.projection()
    for start in range(0, fit.kept.size, CELLS_AT_ONCE):
        block = np.arange(start, min(start + CELLS_AT_ONCE, fit.kept.size))
        columns = np.where(cell[:, None] == block, values[:, None], 0.0)
        for k, column in zip(block, explained(columns).T, strict=True):
            out[:, k] = np.bincount(unit, left * column, o.n_units)
    return out


def tabulate_cells(
    o: Observations, fit: CellFit, cells: Dummies, identified: IdentifiedCells, reference: int | None
) -> CellTable:
    """Put identified cells and the reference's exact zeros in the order of cohort and event time."""
    cohorts, times = cells.cohorts[fit.kept], cells.event_times[fit.kept]
    groups = np.unique(cohorts) if reference is not None else cohorts[:0]
    cohorts = np.concatenate([cohorts, groups])
    times = np.concatenate([times, np.full(groups.size, reference or 0)])
    order = np.lexsort((times, cohorts))
    cohorts, times = cohorts[order], times[order]
    unit, onset, event_time = o.unit[fit.rows], o.onset[fit.rows], o.event_time[fit.rows]
    members = [np.flatnonzero((onset == g) & (event_time == e)) for g, e in zip(cohorts, times, strict=True)]
    is_single = find_single_rows(o, fit.rows)
    members = [m[~is_single[m]] for m in members]
    sizes = np.array([fit.weights[m].sum() for m in members])
    is_cell = order < fit.kept.size
    is_in_order = np.array_equal(order, np.arange(fit.kept.size))

    def spread(values: FloatArray) -> FloatArray:
        if is_in_order:
            return values
        return np.hstack([values, np.zeros((*values.shape[:-1], groups.size))])[..., order]

    moved = None if identified.weight_influence is None else spread(identified.weight_influence)
    return CellTable(
        cohorts=cohorts,
        event_times=times,
        n_units=np.array([np.unique(unit[m]).size for m in members], dtype=np.int64),
        n_rows=np.array([m.size for m in members], dtype=np.int64),
        effects=spread(identified.effects),
        weights=np.where(is_cell, spread(identified.weights), sizes),
        influence=spread(identified.influence),
        weight_influence=moved,
        linear=None
        if identified.linear is None
        else replace(identified.linear, selector=spread(identified.linear.selector)),
        source=None
        if identified.source is None
        else replace(identified.source, selector=spread(identified.source.selector)),
    )
