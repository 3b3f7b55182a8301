"""Cell coefficients as the effects that are reported: as they are, as differences of the outcome, or in percent."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from twintrade.design import Observations
from twintrade.effects import CohortEffects, Dropped, Regression, UnitInfluence
from twintrade.effects.regression import OutcomeWeights, label_cells
from twintrade.errors import EstimationError
from twintrade.estimators.base import HeldOut
from twintrade.estimators.regression import cell_fit
from twintrade.estimators.regression.cell_fit import CellFit, Family
from twintrade.estimators.regression.event_terms import find_affected_rows
from twintrade.estimators.regression.slopes import sum_influence_by_unit
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group
from twintrade.text import Text, Words

# Regression on one dummy per cohort and event time, linear or Poisson, as cohort effects.


@dataclass(frozen=True, slots=True, eq=False)
class Dummies:
    """Which cells get a dummy."""

    cohorts: IntArray  # cohorts, event_times: (n_cells,)
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
    keys = np.stack([o.event_time[rows] < 0, o.onset[rows].astype(np.int64), o.event_time[rows]])
    cells, position = np.unique(keys, axis=1, return_inverse=True)
    of_row = np.full(o.n_rows, -1, dtype=np.int64)
    of_row[rows] = position.ravel()
    return Dummies(cells[1].astype(np.int64), cells[2].astype(np.int64), of_row)


def fit_saturated(o: Observations, dummies: Dummies, family: Family, reference: int | None) -> CohortEffects:
    """Fit the dummies with the design's effects and covariates, none at the reference, an exact zero."""
    n_cells = dummies.cohorts.size
    names: tuple[Words, ...] = (*dummies.names(), *o.covariate_names)
    columns = np.hstack([dummies.columns(), o.covariates])
    source = cell_fit.fit_slopes(o, family, columns, o.effect_codes(), names)
    kept = source.fit.kept
    identified = np.flatnonzero(kept < n_cells)
    if identified.size == 0:
        raise EstimationError("no cohort-period cell is identified: the fixed effects absorb every one of them")
    cells = list_reported_cells(o, source.rows, dummies, kept[identified], reference)
    selector = cells.spread(np.eye(kept.size)[:, identified])
    regression = source.regression(selector, names)
    units, values = sum_influence_by_unit(o, source.rows, regression.row_influence())
    return CohortEffects.of(
        o,
        (cells.cohorts, cells.event_times),
        source.fit.coefficients @ selector,
        UnitInfluence(units, values, regression),
        scale="log points" if family == "poisson" else o.scale,
        sample=o.sample(
            None if source.rows.size == o.n_rows else source.rows,
            n_slopes=int(kept.size),
            effects=o.effect_names,
            dropped=(
                *cell_fit.list_separated_rows(o, source.separated),
                *cell_fit.list_determined("estimators.determined", source.fit.collinear, n_cells),
            ),
            statistics=source.statistics,
        ),
        n_units=cells.n_units,
        n_cells=cells.n_rows,
        cell_weights=cells.weights,
        reference=reference,
    )


@dataclass(frozen=True, slots=True, eq=False)
class ReportedCells:
    """Identified cells and those of the reference, ordered by cohort and event time."""

    cohorts: IntArray  # cohorts, event_times, n_units, n_rows: (n_cells,)
    event_times: IntArray
    n_units: IntArray
    n_rows: IntArray
    weights: FloatArray  # (n_cells,): sampling weights of the rows
    order: IntArray  # (n_cells,): place of each among the identified ones, then the reference's
    n_identified: int

    def spread(self, values: FloatArray) -> FloatArray:
        """Put values (..., n_identified) of identified cells in order, with the reference's exact zeros."""
        if np.array_equal(self.order, np.arange(self.n_identified)):
            return values
        zeros = np.zeros((*values.shape[:-1], self.order.size - self.n_identified))
        return np.concatenate([values, zeros], axis=-1)[..., self.order]


def list_reported_cells(
    o: Observations, rows: IntArray, dummies: Dummies, kept: IntArray, reference: int | None
) -> ReportedCells:
    """Order the identified cells, and where there is a reference one for each cohort, with what rows they have."""
    cohorts, times = dummies.cohorts[kept], dummies.event_times[kept]
    groups = np.unique(cohorts) if reference is not None else cohorts[:0]
    cohorts = np.concatenate([cohorts, groups])
    times = np.concatenate([times, np.full(groups.size, reference or 0)])
    order = np.lexsort((times, cohorts))
    cohorts, times = cohorts[order], times[order]
    unit, sampling, event_time = o.unit[rows], o.row_weights[rows], o.event_time[rows]
    onset = np.where(cell_fit.find_single_rows(o, rows), np.nan, o.onset[rows])
    members = [np.flatnonzero((onset == g) & (event_time == e)) for g, e in zip(cohorts, times, strict=True)]
    return ReportedCells(
        cohorts=cohorts,
        event_times=times,
        n_units=np.array([np.unique(unit[m]).size for m in members], dtype=np.int64),
        n_rows=np.array([m.size for m in members], dtype=np.int64),
        weights=np.array([sampling[m].sum() for m in members], dtype=np.float64),
        order=order,
        n_identified=kept.size,
    )


# How covariates enter a saturated regression: as one regressor, or with every cell, cohort and period.

Enter = Literal["added", "by_cell"]


def find_added(o: Observations, enter: Enter | None) -> BoolArray:
    """Return which covariates enter as one regressor each: where nothing is said, those that are other policies."""
    if enter is not None:
        return np.full(o.covariates.shape[1], enter == "added")
    treated = np.flatnonzero(o.is_affected)
    cell = np.unique(np.stack([o.onset[treated], o.event_time[treated]]), axis=1, return_inverse=True)[1].ravel()
    return np.array(
        [_varies(x, o.unit) and (np.unique(x).size == 2 or not _varies(x[treated], cell)) for x in o.covariates.T],
        dtype=bool,
    )


def list_terms(names: tuple[str, ...], is_added: BoolArray) -> list[str]:
    """Return the terms of covariates in an equation."""
    by_cell = "π_gt·({0} − mean_g {0}) + γ_g·{0} + γ_t·{0}"
    return [("β_{0}·{0}" if added else by_cell).format(name) for name, added in zip(names, is_added, strict=True)]


def _varies(x: FloatArray, group: IntArray) -> bool:
    """Whether a column has more than one value in some group."""
    order = np.lexsort((x, group))
    return bool(((np.diff(x[order]) != 0) & (np.diff(group[order]) == 0)).any())


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """Regressors made of covariates."""

    columns: FloatArray  # (n_rows, n_columns): cells first, in their order, covariate by covariate
    covariate: IntArray  # (n_columns,): position of the covariate that each column is made of
    deviations: FloatArray  # (n_rows, n_by_cell): what the cells are multiplied by
    n_added: int  # columns that are a covariate as it is, the last ones

    def names(self, covariates: tuple[str, ...]) -> tuple[str, ...]:
        """Return the covariate that each column is, empty where it is a part of one."""
        n_parts = self.covariate.size - self.n_added
        return (*[""] * n_parts, *(covariates[k] for k in self.covariate[n_parts:]))

    def silent(self, slopes: FloatArray, given_up: IntArray, names: tuple[str, ...]) -> tuple[Dropped, ...]:
        """List covariates none of whose columns has a slope, and those of which the cells determine a part."""
        lost = [n for k, n in enumerate(names) if not slopes[self.covariate == k].any()]
        partly = [names[k] for k in np.unique(self.covariate[given_up]) if names[k] not in lost]
        listed = [("estimators.covariates-silent", lost), ("estimators.covariates-given-up", partly)]
        return tuple(Dropped("collinear", Text(key), 0, 0, (name,)) for key, some in listed for name in some)


def build_interactions(
    o: Observations,
    of_row: IntArray,
    is_added: BoolArray,
    fixed: dict[str, float] | None = None,
    bare: str | None = None,
) -> Interactions:
    """Return the covariates' regressors (Wooldridge 2021, section 5): as they are, or by cell, cohort, period."""
    by_cell, added = np.flatnonzero(~is_added), np.flatnonzero(is_added)
    cohort = np.unique(o.unit_onset, return_inverse=True)[1][o.unit]
    weights = o.row_weights
    total = np.bincount(cohort, weights)
    means = [np.bincount(cohort, weights * x) / total for x in o.covariates.T]
    deviations = o.covariates - np.column_stack([np.empty((o.n_rows, 0)), *(m[cohort] for m in means)])
    for name, value in (fixed or {}).items():
        k = o.covariate_names.index(name)
        deviations[:, k] = o.covariates[:, k] - value
    parts = [np.empty((o.n_rows, 0))]
    if by_cell.size:
        cells = (of_row[:, None] == np.arange(int(of_row.max()) + 1)).astype(np.float64)
        parts += [cells * deviations[:, [k]] for k in by_cell]
        periods = o.period[:, None] == o.periods[1:]
        for one in by_cell:
            last = -1 if o.covariate_names[one] == bare else None
            cohorts = o.onset[:, None] == np.unique(o.unit_onset)[:last]
            parts.append(np.hstack([cohorts, periods]) * o.covariates[:, [one]])
    parts.append(o.covariates[:, added])
    sizes = np.array([part.shape[1] for part in parts[1:-1]], dtype=np.int64)
    covariate = np.concatenate([np.repeat(np.tile(by_cell, 2), sizes), added])
    return Interactions(np.hstack(parts), covariate, deviations[:, by_cell], int(added.size))


Measure = Literal["coefficient", "difference", "percent"]


@dataclass(frozen=True, slots=True, eq=False)
class IdentifiedCells:
    """Effects of the identified cells."""

    effects: FloatArray  # effects, weights: (n_cells,)
    weights: FloatArray
    influence: FloatArray  # (n_units, n_cells)
    weight_influence: FloatArray | None = None  # (n_units, n_cells): where the weights are estimated
    source: Regression | None = None  # where the effects are its slopes
    linear: OutcomeWeights | None = None  # where they are not


def measure_cells(
    o: Observations,
    fit: CellFit,
    of_row: IntArray,
    measure: Measure,
    family: Family,
    deviations: FloatArray | None = None,
) -> IdentifiedCells:
    """Return the effects of the identified cells on the scale asked for, with rows' influence on their sums."""
    place = np.full(int(of_row.max()) + 2, -1, dtype=np.int64)
    place[fit.kept + 1] = np.arange(fit.kept.size)
    cell = place[of_row[fit.rows] + 1]
    n_cells = fit.kept.size
    inside = np.flatnonzero((cell >= 0) & ~cell_fit.find_single_rows(o, fit.rows))
    sizes = np.bincount(cell[inside], fit.weights[inside], n_cells).astype(np.float64)
    cell_influence = fit.influence[:, :n_cells]
    if measure == "coefficient" or family == "linear":
        return IdentifiedCells(fit.coefficients, sizes, cell_influence, source=fit.source)
    # Differences and ratios of fitted sums, their influence by the delta method with the sample held fixed.
    deviations = np.empty((o.n_rows, 0)) if deviations is None else deviations
    deviations = deviations[fit.rows[inside]]
    rows, code, n_covariates = fit.rows[inside], cell[inside], deviations.shape[1]
    by_covariate = fit.slopes[: n_covariates * fit.n_all_cells].reshape(n_covariates, fit.n_all_cells)
    exponent = fit.coefficients[code] + (deviations * np.asarray(by_covariate[:, fit.kept].T)[code]).sum(axis=1)
    ratio = np.exp(-exponent)
    mean = fit.weights[inside] * fit.mean[inside]
    treated = np.bincount(code, mean, n_cells).astype(np.float64)
    without = np.bincount(code, mean * ratio, n_cells).astype(np.float64)
    left = fit.weights * (o.y[fit.rows] - fit.mean)
    moved_with = _summed(o.unit[rows], code, left[inside], (o.n_units, n_cells))
    if n_covariates:
        ratios = np.zeros(fit.rows.size)
        ratios[inside] = ratio
        moved_without = _projected(o, fit, cell, ratios, left)
    else:
        moved_without = _summed(o.unit[rows], code, left[inside] * ratio, (o.n_units, n_cells))
    moved_without -= without * fit.influence[:, :n_cells]
    for k in range(n_covariates):
        lever = np.bincount(code, mean * ratio * deviations[:, k], n_cells)
        moved_without -= lever * fit.influence[:, n_cells + k * fit.n_all_cells + fit.kept]
    if measure == "difference":
        return IdentifiedCells((treated - without) / sizes, sizes, (moved_with - moved_without) / sizes)
    influence = 100 * (moved_with - treated / without * moved_without) / without
    linear = None
    if not n_covariates:
        linear = fit.source.outcome_weights().combined(np.diag(100 * treated / without))
    return IdentifiedCells(100 * (treated / without - 1), without, influence, moved_without, linear=linear)


def _summed(unit: IntArray, cell: IntArray, values: FloatArray, shape: tuple[int, int]) -> FloatArray:
    """Sum the values of rows within units and cells, shape (n_units, n_cells)."""
    sums = np.bincount(unit * shape[1] + cell, values, shape[0] * shape[1])
    return np.asarray(sums.reshape(shape), dtype=np.float64)


def _projected(o: Observations, fit: CellFit, cell: IntArray, values: FloatArray, left: FloatArray) -> FloatArray:
    """Put the values of each cell's rows in a column, keep what the model explains of it, weigh, sum within units."""
    out = np.empty((o.n_units, fit.kept.size))
    unit, explained = o.unit[fit.rows], fit.projection()
    for start in range(0, fit.kept.size, cell_fit.CELLS_AT_ONCE):
        block = np.arange(start, min(start + cell_fit.CELLS_AT_ONCE, fit.kept.size))
        columns = np.where(cell[:, None] == block, values[:, None], 0.0)
        for k, column in zip(block, explained(columns).T, strict=True):
            out[:, k] = np.bincount(unit, left * column, o.n_units)
    return out


def tabulate_cells(
    o: Observations, fit: CellFit, dummies: Dummies, identified: IdentifiedCells, reference: int | None
) -> tuple[ReportedCells, IdentifiedCells]:
    """Put identified cells and the reference's exact zeros in the order of cohort and event time."""
    cells = list_reported_cells(o, fit.rows, dummies, fit.kept, reference)
    moved, source, linear = identified.weight_influence, identified.source, identified.linear
    is_cell = cells.order < cells.n_identified
    return cells, IdentifiedCells(
        effects=cells.spread(identified.effects),
        weights=np.where(is_cell, cells.spread(identified.weights), cells.weights),
        influence=cells.spread(identified.influence),
        weight_influence=None if moved is None else cells.spread(moved),
        source=None if source is None else replace(source, selector=cells.spread(source.selector)),
        linear=None if linear is None else replace(linear, selector=cells.spread(linear.selector)),
    )


# Leads of a regression of cells on the base of its lags: an event time gets cells of its own, then is rescaled.


def hold_out_cells(o: Observations, family: Family, time: int) -> HeldOut | None:
    """Return an event time against the mean of all of each cohort's years before, itself among them.

    A cell of its own takes it out of the base of K years; multiplied by (K - 1) / K it stands on the base of all: 1
    less the share of the year in what the cohort would have had over all of them.
    """
    ever = find_affected_rows(o) & ~o.is_affected
    is_held = ever & (o.event_time == time)
    if not is_held.any():
        return None
    cells = build_cell_dummies(o, o.is_affected | is_held)
    try:
        fit = cell_fit.fit_cells(o, cells.of_row, cells.names(), np.empty((o.n_rows, 0)), family)
    except EstimationError:
        return None
    measured = measure_cells(o, fit, cells.of_row, "percent" if family == "poisson" else "coefficient", family)
    is_lead = cells.event_times[fit.kept] == time
    cohorts, size = cells.cohorts[fit.kept][is_lead], measured.weights[is_lead]
    if not cohorts.size:
        return None
    rows = fit.rows[(ever & ~is_held)[fit.rows]]
    place = np.searchsorted(cohorts, o.onset[rows])
    is_own = cohorts[np.minimum(place, cohorts.size - 1)] == o.onset[rows]
    adds = o.row_weights[rows] * (o.y[rows] if family == "poisson" else 1.0)
    others = sum_by_group(adds[is_own], place[is_own], cohorts.size)
    kept_share = others / (others + size)
    effects = measured.effects[is_lead] / (100 if family == "poisson" else 1)
    influence = measured.influence[:, is_lead] / (100 if family == "poisson" else 1)
    if family == "linear":
        return HeldOut(cohorts, kept_share * effects, size, kept_share, False, lambda: influence * kept_share)
    shrunk = 1 + (1 - kept_share) * effects
    moved = kept_share / shrunk**2
    return HeldOut(cohorts, (1 + effects) / shrunk, size * shrunk, kept_share, False, lambda: influence * moved)
