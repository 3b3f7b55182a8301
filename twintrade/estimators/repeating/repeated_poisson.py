"""Poisson imputation on the same rows under many treatments: refitted from the fit of all rows."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Estimate
from twintrade.effects.labels import POOLED
from twintrade.errors import EstimationError
from twintrade.estimators.imputing.cells import Measure
from twintrade.estimators.imputing.leads import find_lead_times
from twintrade.estimators.imputing.table import Part, build_cohort_effects
from twintrade.estimators.regression.families import SCALES
from twintrade.estimators.regression.proportional import compute_mean_differences
from twintrade.estimators.repeating.repeated import WITHOUT, SameRows, find_unit_rows
from twintrade.numerics.absorption import Reweighted, prepare_reweighting
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.poisson import Left, Refitted, WholeFit, fit_all_rows, refit_remaining


@dataclass(frozen=True, slots=True, eq=False)
class AllRows:
    """The rows of a design, and their Poisson fit without any treatment.

    Attributes
    ----------
    shared : SameRows
    whole : WholeFit
    place : IntArray, shape (n_rows,)
        Where each row stands in that fit; -1 where separated from it.
    """

    shared: SameRows
    whole: WholeFit
    place: IntArray


def fit_without_treatment(design: Design, outcomes: FloatArray) -> AllRows | None:
    """Fit all rows, whatever their treatment; None where refits from that are not possible."""
    o = design.observations
    if outcomes.shape[1] > 1:
        return None
    whole = fit_all_rows(outcomes[:, 0], o.covariates, o.effect_codes(), o.weights)
    if whole is None:
        return None
    place = np.full(o.n_rows, -1, dtype=np.int64)
    place[whole.rows] = np.arange(whole.rows.size)
    return AllRows(find_unit_rows(design), whole, place)


@dataclass(frozen=True, slots=True, eq=False)
class RepeatedPoisson(AllRows):
    """Imputation under many treatments.

    Attributes
    ----------
    measure : {"difference", "log_ratio", "percent"}
    has_leads : bool
    """

    measure: Measure
    has_leads: bool

    def imputed(self, design: Design) -> list[Estimate] | None:
        """Return cells, and leads where these are asked for; None where the treatment needs a refit.

        That is where zeros may be separated by more than a level, and where nothing can be imputed or no ratio
        exists: a refit says why.
        """
        affected = self.shared.affected(design)
        if affected is None:
            return None
        places, part = self.place[affected[0]], affected[1]
        out = places[part.is_affected & (places >= 0)]
        left = self.whole.without(out)
        if left is None:
            return None
        try:
            table = self._estimated(part, places, out, left)
        except EstimationError:
            return None
        return None if table is None else [table]

    def _estimated(self, part: Observations, places: IntArray, out: IntArray, left: Left) -> CohortEffects | None:
        whole = self.whole
        near = prepare_reweighting(whole.fitted, places[places >= 0])
        fitted = refit_remaining(whole, left.weights, near, whole.eta, whole.X)
        is_known = part.is_affected & (places >= 0)
        is_known[is_known] = ~left.unknown[places[is_known]]
        cells = self._cells(part, np.flatnonzero(is_known), places, fitted)
        early = self._leads(part, places, left, near, fitted) if self.has_leads else _no_leads()
        if cells is None or early is None:
            return None
        return build_cohort_effects((early, cells), WITHOUT, self.shared.sample, part, SCALES[self.measure])

    def _cells(self, part: Observations, rows: IntArray, places: IntArray, fitted: Refitted) -> Part | None:
        if not (part.event_time[rows] >= 0).any():
            return None
        predicted = np.exp(fitted.eta[places[rows]]) * self.whole.scale
        weights = part.row_weights[rows]
        keys, code = number_cells(part, rows)
        observed, imputed, total = (
            np.bincount(code, weights * v).astype(np.float64) for v in (part.y[rows], predicted, 1.0)
        )
        effects, cell_weights = observed / imputed, total
        if self.measure == "percent":
            effects, cell_weights = 100 * (effects - 1), imputed
        elif self.measure == "difference":
            effects = (observed - imputed) / total
        else:
            with np.errstate(divide="ignore"):
                effects = np.log(effects)
        if not np.isfinite(effects).all() or (self.measure == "percent" and not observed.any()):
            return None
        counts = np.bincount(code)
        return Part(keys[0], keys[1], counts, counts, effects, cell_weights)

    def _leads(
        self, part: Observations, places: IntArray, left: Left, near: Reweighted, fitted: Refitted
    ) -> Part | None:
        """Regress the rows of the fit on dummies of pre-periods; None where these are not clearly determined."""
        whole = self.whole
        used = np.flatnonzero((places >= 0) & (left.weights[places] > 0))
        times = find_lead_times(part, used)[0][::-1]
        if times.size == 0:
            return _no_leads()
        used = used[np.isin(part.event_time[used], times)]
        rows, y = places[used], part.y[used]
        inside = (part.event_time[used, None] == times).astype(np.float64)
        if not whole.determines(np.flatnonzero(left.weights == 0), rows, inside):
            return None
        columns = np.zeros((whole.y.size, times.size + whole.X.shape[1]))
        columns[rows, : times.size] = inside
        columns[:, times.size :] = whole.X
        effects = refit_remaining(whole, left.weights, near, fitted.eta, columns).coefficients[: times.size]
        counts = inside.sum(axis=0).astype(np.int64)
        if self.measure == "percent":
            effects = 100 * np.expm1(effects)
        elif self.measure == "difference":
            still = np.zeros((rows.size, times.size))
            weights = part.row_weights[used]
            effects = compute_mean_differences(effects, still, inside > 0, y, still[:, 0], weights)[0]
        pooled = np.full(times.size, POOLED, dtype=np.int64)
        return Part(pooled, times, counts, counts, effects, counts.astype(np.float64))


def number_cells(part: Observations, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return cohort and event time of each cell, in this order, shape (2, n_cells), and the cell of each row."""
    cohort, event_time = part.onset[rows].astype(np.int64), part.event_time[rows]
    low = int(event_time.min())
    span = int(event_time.max()) - low + 1
    keys, code = np.unique(cohort * span + event_time - low, return_inverse=True)
    return np.stack([keys // span, keys % span + low]), code.astype(np.int64)


def _no_leads() -> Part:
    none, nothing = np.empty(0, dtype=np.int64), np.empty(0)
    return Part(none, none, none, none, nothing, nothing)


def prepare_repeated_poisson(
    design: Design, outcomes: FloatArray, measure: Measure, has_leads: bool
) -> RepeatedPoisson | None:
    """Prepare imputation under many treatments; None where refits from the fit of all rows are not possible."""
    untreated_fit = fit_without_treatment(design, outcomes)
    return (
        None
        if untreated_fit is None
        else RepeatedPoisson(untreated_fit.shared, untreated_fit.whole, untreated_fit.place, measure, has_leads)
    )
