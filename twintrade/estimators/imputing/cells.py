"""From imputed rows to effects by cohort and event time, with influence by unit, as differences or ratios."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.effects import Dropped
from twintrade.effects.labels import label_cells
from twintrade.errors import EstimationError
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual
from twintrade.estimators.regression.slopes import count_units_and_rows
from twintrade.numerics.arrays import FloatArray, IntArray

Measure = Literal["difference", "log_ratio", "percent"]
CELLS_AT_ONCE = 16


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cohort by event time cells of the imputed rows.

    Attributes
    ----------
    cohorts, event_times : IntArray, shape (n_cells,)
    code : IntArray, shape (n_new,)
        Cell of each imputed row.
    weights : FloatArray, shape (n_new,)
    n_units, n_rows : IntArray, shape (n_cells,)
    """

    cohorts: IntArray
    event_times: IntArray
    code: IntArray
    weights: FloatArray
    n_units: IntArray
    n_rows: IntArray

    @property
    def size(self) -> int:
        """Number of cells."""
        return int(self.cohorts.size)

    def sums(self, values: FloatArray) -> FloatArray:
        """Sum row values within cells, shape (n_cells,)."""
        return np.bincount(self.code, values, self.size).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class CellEffects:
    """Effects by cell with influence by unit of the observations.

    Attributes
    ----------
    effects, weights : FloatArray, shape (n_cells,)
        Weights are those of aggregation.
    influence : FloatArray, shape (n_units, n_cells)
    weight_influence : FloatArray or None, shape (n_units, n_cells)
        Where the weights are estimated.
    """

    effects: FloatArray
    weights: FloatArray
    influence: FloatArray
    weight_influence: FloatArray | None = None


def group_cells(c: Counterfactual) -> Cells:
    """Group the imputed rows by cohort and event time."""
    o = c.o
    cohort, event_time = o.onset[c.rows].astype(np.int64), o.event_time[c.rows]
    low = int(event_time.min())
    span = int(event_time.max()) - low + 1
    keys, code = np.unique(cohort * span + event_time - low, return_inverse=True)
    spread = np.full(o.n_rows, -1, dtype=np.int64)
    spread[c.rows] = code
    n_units, n_rows = count_units_and_rows(o, c.rows, spread, np.arange(keys.size))
    weights = o.row_weights[c.rows]
    return Cells(keys // span, keys % span + low, code.astype(np.int64), weights, n_units, n_rows)


def compute_cell_differences(c: Counterfactual, cells: Cells, *, is_poisson: bool = False) -> CellEffects:
    """Return weighted means of outcome less imputed outcome.

    Treated rows enter the influence by their distance from the cell's mean, taken with squared weights (Borusyak,
    Jaravel and Spiess 2024, equation 8).
    """
    w, total = cells.weights, cells.sums(cells.weights)
    tau = c.o.y[c.rows] - c.predicted
    center = cells.sums(w**2 * tau) / cells.sums(w**2)
    own = sum_by_unit(c, cells, w * (tau - center[cells.code]) / total[cells.code])
    slope = c.predicted if is_poisson else 1.0
    moved = compute_prediction_influence(c, cells, w * slope / total[cells.code])
    return CellEffects(cells.sums(w * tau) / total, total, own - moved)


def compute_cell_ratios(c: Counterfactual, cells: Cells, *, is_percent: bool) -> CellEffects:
    """Return the ratio of a cell's outcomes to its imputed outcomes, as a logarithm or in percent.

    Logarithms are averaged with the rows' weights; percentages with the imputed outcomes, so that their average is
    the ratio of totals (trade-weighted), and the influence of these estimated weights is returned with them.

    Raises
    ------
    EstimationError
        Some cell has no positive outcome, so that its logarithm does not exist; or none has, for percentages.
    """
    w = cells.weights
    observed, imputed = cells.sums(w * c.o.y[c.rows]), cells.sums(w * c.predicted)
    ratio = observed / imputed
    own = sum_by_unit(c, cells, _distance(c, cells, ratio))
    moved = compute_prediction_influence(c, cells, w * c.predicted)
    if is_percent:
        if not observed.any():
            raise EstimationError(
                "no treated row has a positive outcome: every ratio is zero whatever is imputed, and no influence "
                "tells how far that is chance"
            )
        influence = 100 * (own - ratio * moved) / imputed
        return CellEffects(100 * (ratio - 1), imputed, influence, moved)
    empty = np.flatnonzero(observed <= 0)
    if empty.size:
        k = empty[0]
        raise EstimationError(
            f"{empty.size} cells have no positive outcome after onset (first: cohort {cells.cohorts[k]}, event time "
            f"{cells.event_times[k]}): their log ratio does not exist. Use measure='percent'"
        )
    return CellEffects(np.log(ratio), cells.sums(w), own / observed - moved / imputed)


def list_empty_cells(c: Counterfactual, cells: Cells) -> tuple[Dropped, ...]:
    """List the cells whose outcomes are all zero, of which a ratio is given with an influence that is too small."""
    empty = np.flatnonzero(cells.sums(c.o.y[c.rows]) == 0)
    if empty.size == 0:
        return ()
    names = label_cells(cells.cohorts[empty], cells.event_times[empty])
    sentence = (
        "cells whose treated rows are all zero: the ratio is zero whatever is imputed, and the influence on that "
        "ratio is zero as well"
    )
    return (Dropped("empty-cell", sentence, 0, 0, names),)


def _distance(c: Counterfactual, cells: Cells, ratio: FloatArray) -> FloatArray:
    """Weighted distance of a treated outcome from what its cell's ratio predicts."""
    return cells.weights * (c.o.y[c.rows] - ratio[cells.code] * c.predicted)


def sum_by_unit(c: Counterfactual, cells: Cells, values: FloatArray) -> FloatArray:
    """Put values of imputed rows in the column of their cell, summed within units, shape (n_units, n_cells)."""
    place = c.o.unit[c.rows] * cells.size + cells.code
    sums = np.bincount(place, values, c.o.n_units * cells.size).astype(np.float64)
    return sums.reshape(c.o.n_units, cells.size)


def compute_prediction_influence(c: Counterfactual, cells: Cells, v: FloatArray) -> FloatArray:
    """Return the influence, by unit, of each cell's sum of linear predictors weighted by ``v``.

    Cells are taken a few at a time: the weights of all of them at once need rows times cells numbers.
    """
    out = np.empty((c.o.n_units, cells.size))
    unit = c.o.unit[c.fit_rows]
    for start in range(0, cells.size, CELLS_AT_ONCE):
        labels = np.arange(start, min(start + CELLS_AT_ONCE, cells.size))
        column = np.where(cells.code[:, None] == labels, v[:, None], 0.0)
        rows = c.prediction_influence(column)
        out[:, labels] = np.column_stack([np.bincount(unit, one, c.o.n_units) for one in rows.T])
    return out
