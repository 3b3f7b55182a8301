"""From imputed rows to effects by cohort and event time, with influence by unit, as differences or ratios."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Dropped, LaterInfluence
from twintrade.effects.regression import OutcomeWeights, label_cells
from twintrade.errors import EstimationError
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual
from twintrade.estimators.regression.cell_fit import Family, fit_slopes, name_determining
from twintrade.estimators.regression.event_terms import find_affected_rows
from twintrade.estimators.regression.slopes import compute_mean_differences, count_units_and_rows
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group
from twintrade.text import Text, Words

# Leads of the imputation estimator: a regression on untreated rows only, so that effects cannot leak into it.


@dataclass(frozen=True, slots=True, eq=False)
class Leads:
    """Pre-period effects by event time, pooled over cohorts."""

    event_times: IntArray  # (n_leads,)
    effects: FloatArray  # (n_leads,)
    rows: IntArray  # (n_rows,): positions in the observations
    loadings: FloatArray  # (n_rows, n_leads): what a row's weighted residual moves
    scores: FloatArray  # (n_rows,): weighted residuals
    weights: FloatArray  # (n_rows,)
    n_units: IntArray  # n_units, n_cells: (n_leads,)
    n_cells: IntArray
    dropped: tuple[Dropped, ...]

    @property
    def influence(self) -> FloatArray:
        """Influence by row, shape (n_rows, n_leads)."""
        return self.loadings * self.scores[:, None]

    def in_levels(self, o: Observations) -> tuple[FloatArray, FloatArray]:
        """Return Poisson leads as mean differences of the outcome, (n_leads,), and their influence by row."""
        weights = o.row_weights[self.rows]
        inside = _event_times(o)[self.rows, None] == self.event_times
        return compute_mean_differences(self.effects, self.influence, inside, o.y[self.rows], self.scores, weights)


def fit_leads(c: Counterfactual, family: Family) -> Leads:
    """Regress untreated outcomes on dummies for the window's event times before onset, against every earlier one."""
    o = c.o
    times, notes = find_lead_times(o, c.fit_rows)
    rows = c.fit_rows
    event_time = _event_times(o)
    columns = np.hstack([(event_time[rows, None] == times).astype(np.float64), o.covariates[rows]])
    names: tuple[Words, ...] = (*(Text("estimators.lead", time=f"{e:+d}") for e in times), *o.covariate_names)
    slopes = fit_slopes(o, family, columns, c.codes_fit, names, rows)
    fit, rows, kept = slopes.fit, slopes.rows, slopes.fit.kept
    loadings, scores = fit.x_tilde @ fit.bread, slopes.weights * fit.residuals
    reported = np.flatnonzero(kept < times.size)
    order = reported[np.argsort(times[kept[reported]])]
    lead_times = times[kept[order]]
    n_units, n_cells = count_units_and_rows(o, rows, event_time, lead_times)
    for one in (c for c in fit.collinear if c.column < times.size):
        text = Text("estimators.determined-base", name=one.name, by=name_determining(one, names))
        notes = (*notes, Dropped("collinear", text, 0, 0, (one.name,)))
    return Leads(
        lead_times, fit.coefficients[order], rows, loadings[:, order], scores, slopes.weights, n_units, n_cells, notes
    )


def build_no_leads() -> Leads:
    """Return no leads, for refits of which nobody asks for any."""
    no_times, nothing = np.empty(0, dtype=np.int64), np.empty(0)
    return Leads(no_times, nothing, no_times, np.empty((0, 0)), nothing, nothing, no_times, no_times, ())


def _event_times(o: Observations) -> IntArray:
    """Event time of each row; zero, which no untreated row has, for units that are comparison throughout."""
    return np.where(find_affected_rows(o), o.event_time, 0)


def find_lead_times(o: Observations, rows: IntArray) -> tuple[IntArray, tuple[Dropped, ...]]:
    """Return the event times that get a dummy, the latest first, and what had to be left out."""
    observed = np.unique(o.event_time[rows][find_affected_rows(o)[rows]])
    if observed.size == 0:
        return observed, ()
    times = observed[observed >= o.window[0]]
    notes: tuple[Dropped, ...] = ()
    if times.size and times[0] == observed[0]:
        time = f"{observed[0]:+d}"
        notes = (
            Dropped(
                "lead-base", Text("estimators.lead-base", time=time), 0, 0, (Text("estimators.lead", time=time),)
            ),
        )
        times = times[1:]
    return times[::-1], notes


Measure = Literal["difference", "log_ratio", "percent"]


@dataclass(frozen=True, slots=True, eq=False)
class ImputedCells:
    """Cohort by event time cells of the imputed rows."""

    cohorts: IntArray  # cohorts, event_times: (n_cells,)
    event_times: IntArray
    code: IntArray  # (n_new,): cell of each imputed row
    weights: FloatArray  # (n_new,)
    n_units: IntArray  # n_units, n_rows: (n_cells,)
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

    effects: FloatArray  # effects, weights: (n_cells,): weights are those of aggregation
    weights: FloatArray
    row_terms: FloatArray  # row_terms, predictors: (n_new,)
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
    """Return means of outcome less imputed outcome (influence: Borusyak, Jaravel and Spiess 2024, eq. 8)."""
    w, total = cells.weights, cells.sums(cells.weights)
    tau = c.o.y[c.rows] - c.predicted
    center = cells.sums(w**2 * tau) / cells.sums(w**2)
    influence = w * (tau - center[cells.code]) / total[cells.code]
    predictors = w * (c.predicted if is_poisson else 1.0) / total[cells.code]
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
    # Weighted distance of a treated outcome from what its cell's ratio predicts.
    influence, predictors = w * (c.o.y[c.rows] - ratio[cells.code] * c.predicted), w * c.predicted
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


def list_empty_cells(cells: ImputedCells, empty: IntArray, *, is_percent: bool) -> tuple[Dropped, ...]:
    """List such cells: a ratio is given with an influence that is too small, a logarithm is not given."""
    if empty.size == 0:
        return ()
    names = label_cells(cells.cohorts[empty], cells.event_times[empty])
    text = Text("estimators.empty-cells" if is_percent else "estimators.cells-without-log")
    return (Dropped("empty-cell", text, 0, 0, names),)


# With which weight every row's outcome enters leads and imputed cells, made for one average at a time.


@dataclass(frozen=True, slots=True, eq=False)
class ImputedColumns:
    """Columns of leads and sums over cells: what treated rows add, and what untreated rows predict of it."""

    counterfactual: Counterfactual
    cells: ImputedCells
    leads: Leads
    # (n_new,): what each imputed row adds to its cell's sum: its weight, for Poisson times its mean
    values: FloatArray

    def dense(self) -> FloatArray:
        """Return all columns."""
        return self.along(np.eye(self.leads.effects.size + self.cells.size))

    def along(self, directions: FloatArray) -> FloatArray:
        """Return ``dense() @ directions``, by one solution of the normal equations a direction."""
        c, early, n_leads = self.counterfactual, self.leads, self.leads.effects.size
        out = np.zeros((c.o.n_rows, directions.shape[1]))
        added = self.values[:, None] * directions[n_leads + self.cells.code]
        if added.any():
            out[c.rows] = added
            out[c.fit_rows] = -c.projection_weights(added)
        out[early.rows] += early.weights[:, None] * (early.loadings @ directions[:n_leads])
        return out


def build_outcome_weights(
    c: Counterfactual, cells: ImputedCells, leads: Leads, cell_effects: CellEffects, slopes: FloatArray
) -> OutcomeWeights:
    """Return the weights of leads and cells; ``slopes`` are the derivatives of leads by their columns."""
    columns = ImputedColumns(c, cells, leads, cell_effects.predictors)
    return OutcomeWeights(np.arange(c.o.n_rows), columns, np.diag(np.concatenate([slopes, cell_effects.factor])))


# What units contribute to leads, cells and their weights: made for the combinations that somebody asks for.

COLUMNS_AT_ONCE = 16


@dataclass(frozen=True, slots=True, eq=False)
class ImputedContributions:
    """Contributions to leads, to cells by their own rows, and to cells by the predictions for their rows, in turn."""

    c: Counterfactual
    cells: ImputedCells
    cell_effects: CellEffects
    leads: FloatArray  # (o.n_units, n_leads)
    units: IntArray  # (n_units,): those that have a row in the fit or are imputed

    def along(self, directions: FloatArray) -> FloatArray:
        """Return contributions times ``directions``, shape (n_units, n_columns)."""
        first, second = self.leads.shape[1], self.leads.shape[1] + self.cells.size
        early, cell_directions, predicted = directions[:first], directions[first:second], directions[second:]
        out = self.leads @ early
        out += self._by_unit(self.c.rows, self.cell_effects.row_terms[:, None] * cell_directions[self.cells.code])
        used = np.flatnonzero(predicted.any(axis=0))
        for start in range(0, used.size, COLUMNS_AT_ONCE):
            some = used[start : start + COLUMNS_AT_ONCE]
            weighted = self.cell_effects.predictors[:, None] * predicted[self.cells.code[:, None], some]
            out[:, some] += self._by_unit(self.c.fit_rows, self.c.prediction_influence(weighted))
        return out[self.units]

    def _by_unit(self, rows: IntArray, values: FloatArray) -> FloatArray:
        o = self.c.o
        return sum_by_group(values, o.unit[rows], o.n_units)


def build_later_influence(contributions: ImputedContributions) -> tuple[LaterInfluence, LaterInfluence | None]:
    """Return the influence of leads and cells, and that of the cells' weights where these are estimated."""
    kept, n_leads, n_cells = contributions.cell_effects, contributions.leads.shape[1], contributions.cells.size
    nothing, each = np.zeros((n_cells, n_leads)), np.eye(n_cells)
    effects = np.block([[np.eye(n_leads), nothing.T], [nothing, each], [nothing, -kept.factor * each]])
    influence = LaterInfluence(contributions.c.o.unit_ids[contributions.units], contributions, effects)
    if not kept.has_estimated_weights:
        return influence, None
    weights = np.zeros_like(effects)
    weights[n_leads + n_cells :, n_leads:] = each
    return influence, LaterInfluence(influence.unit_ids, contributions, weights)
