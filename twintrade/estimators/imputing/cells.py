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
from twintrade.text import Text

Measure = Literal["difference", "log_ratio", "percent"]


@dataclass(frozen=True, slots=True, eq=False)
class ImputedCells:
    """Cohort by event time cells of the imputed rows."""

    # cohorts, event_times: (n_cells,)
    cohorts: IntArray
    event_times: IntArray
    code: IntArray  # (n_new,): cell of each imputed row
    weights: FloatArray  # (n_new,)
    # n_units, n_rows: (n_cells,)
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
    """Effects by cell, and what their influence is made from when it is asked for.

    A cell's influence is the sum of ``row_terms`` over its rows, less ``factor`` times that of its rows' linear
    predictors weighted by ``predictors``.
    """

    # effects, weights: (n_cells,): weights are those of aggregation
    effects: FloatArray
    weights: FloatArray
    # row_terms, predictors: (n_new,)
    row_terms: FloatArray
    predictors: FloatArray
    factor: FloatArray  # (n_cells,)
    # Whether the weights are sums of predictions, whose influence is that of the weighted predictors
    has_estimated_weights: bool = False


def group_cells(c: Counterfactual) -> ImputedCells:
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
    return ImputedCells(keys // span, keys % span + low, code.astype(np.int64), weights, n_units, n_rows)


def compute_cell_differences(c: Counterfactual, cells: ImputedCells, *, is_poisson: bool = False) -> CellEffects:
    """Return weighted means of outcome less imputed outcome.

    Treated rows enter the influence by their distance from the cell's mean, taken with squared weights (Borusyak,
    Jaravel and Spiess 2024, equation 8).
    """
    w, total = cells.weights, cells.sums(cells.weights)
    tau = c.o.y[c.rows] - c.predicted
    center = cells.sums(w**2 * tau) / cells.sums(w**2)
    influence = w * (tau - center[cells.code]) / total[cells.code]
    slope = c.predicted if is_poisson else 1.0
    predictors = w * slope / total[cells.code]
    return CellEffects(cells.sums(w * tau) / total, total, influence, predictors, np.ones(cells.size))


def compute_cell_ratios(c: Counterfactual, cells: ImputedCells, *, is_percent: bool) -> CellEffects:
    """Return the ratio of a cell's outcomes to its imputed outcomes, as a logarithm or in percent.

    Logarithms are averaged with the rows' weights; percentages with the imputed outcomes, so that their average is
    the ratio of totals (trade-weighted), and the influence of these estimated weights is returned with them. A cell
    without a positive outcome has no logarithm: its effect is a zero that stands for nothing.
    """
    w = cells.weights
    observed, imputed = cells.sums(w * c.o.y[c.rows]), cells.sums(w * c.predicted)
    ratio = observed / imputed
    influence, predictors = _distance(c, cells, ratio), w * c.predicted
    if is_percent:
        if not observed.any():
            raise EstimationError(
                "no treated row has a positive outcome: every ratio is zero whatever is imputed, and no influence "
                "tells how far that is chance"
            )
        influence = 100 * influence / imputed[cells.code]
        return CellEffects(100 * (ratio - 1), imputed, influence, predictors, 100 * ratio / imputed, True)
    has_log = observed > 0
    logs = np.log(np.where(has_log, ratio, 1.0))
    influence = np.divide(influence, observed[cells.code], out=np.zeros(w.size), where=has_log[cells.code])
    return CellEffects(logs, cells.sums(w), influence, predictors, has_log / imputed)


def find_empty_cells(c: Counterfactual, cells: ImputedCells) -> IntArray:
    """Return the cells whose outcomes are all zero."""
    return np.flatnonzero(cells.sums(c.o.y[c.rows]) == 0)


def list_empty_cells(cells: ImputedCells, empty: IntArray, *, is_percent: bool) -> tuple[Dropped, ...]:
    """List such cells: a ratio is given with an influence that is too small, a logarithm is not given."""
    if empty.size == 0:
        return ()
    names = label_cells(cells.cohorts[empty], cells.event_times[empty])
    text = Text("estimators.empty-cells" if is_percent else "estimators.cells-without-log")
    return (Dropped("empty-cell", text, 0, 0, names),)


def _distance(c: Counterfactual, cells: ImputedCells, ratio: FloatArray) -> FloatArray:
    """Weighted distance of a treated outcome from what its cell's ratio predicts."""
    return cells.weights * (c.o.y[c.rows] - ratio[cells.code] * c.predicted)
