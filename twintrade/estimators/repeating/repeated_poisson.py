"""Poisson imputation on the same rows under many treatments: refitted from the fit of all rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Estimate
from twintrade.effects.labels import POOLED
from twintrade.errors import EstimationError
from twintrade.estimators.base import Repeater
from twintrade.estimators.imputing.cells import Measure
from twintrade.estimators.imputing.leads import find_lead_times
from twintrade.estimators.imputing.table import Part, build_cohort_effects
from twintrade.estimators.regression.families import SCALES
from twintrade.estimators.regression.proportional import compute_mean_differences
from twintrade.estimators.repeating.repeated import WITHOUT, SameRows, find_unit_rows
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.poisson import LargeFit, LargeLeft, Left, Refitted, WholeFit, fit_all_rows


@dataclass(frozen=True, slots=True, eq=False)
class AllRows:
    """The rows of a design, and their Poisson fit without any treatment.

    Attributes
    ----------
    shared : SameRows
    whole : WholeFit or LargeFit
    place : IntArray, shape (n_rows,)
        Where each row stands in that fit; -1 where separated from it.
    """

    shared: SameRows
    whole: WholeFit | LargeFit
    place: IntArray

    def outcome(self, rows: IntArray) -> FloatArray:
        """Return the outcome of rows of the fit."""
        return np.asarray(self.whole.y[rows] * self.whole.scale)


class RepeatsOutcome(Protocol):
    """Estimates one outcome under many treatments."""

    def estimated(self, design: Design) -> Estimate | None:
        """Return the estimate; None where a refit is needed."""


def fit_without_treatment(design: Design, outcome: FloatArray) -> AllRows | None:
    """Fit all rows, whatever their treatment; None where refits from that are not possible."""
    o = design.observations
    whole = fit_all_rows(outcome, o.covariates, o.effect_codes(), o.weights)
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

    def estimated(self, design: Design) -> Estimate | None:
        """Return cells, and leads where these are asked for; None where the treatment needs a refit.

        That is where zeros may be separated by more than a level, where a lead is not clearly determined, and where
        nothing can be imputed or no ratio exists: a refit says why.
        """
        affected = self.shared.affected(design)
        if affected is None:
            return None
        places, part = self.place[affected[0]], affected[1]
        out = places[part.is_affected & (places >= 0)]
        left = self.whole.without(out, places[places >= 0], is_predicted=True)
        if left is None:
            return None
        try:
            return self._imputed(part, places, left)
        except EstimationError:
            return None

    def _imputed(self, part: Observations, places: IntArray, left: Left | LargeLeft) -> CohortEffects | None:
        fitted = left.refit(self.whole.eta)
        is_known = part.is_affected & (places >= 0)
        is_known[is_known] = ~left.unknown[places[is_known]]
        cells = self._cells(part, np.flatnonzero(is_known), places, fitted)
        if cells is None:
            return None
        early = self._leads(part, places, left, fitted) if self.has_leads else _no_leads()
        return build_cohort_effects((early, cells), WITHOUT, self.shared.sample, part, SCALES[self.measure])

    def _cells(self, part: Observations, rows: IntArray, places: IntArray, fitted: Refitted) -> Part | None:
        if not (part.event_time[rows] >= 0).any():
            return None
        predicted = np.exp(fitted.eta[places[rows]]) * self.whole.scale
        weights = part.row_weights[rows]
        keys, code = number_cells(part, rows)
        observed, imputed, total = (
            np.bincount(code, weights * v).astype(np.float64) for v in (self.outcome(places[rows]), predicted, 1.0)
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

    def _leads(self, part: Observations, places: IntArray, left: Left | LargeLeft, fitted: Refitted) -> Part:
        """Regress the rows of the fit on dummies of pre-periods."""
        used = np.flatnonzero((places >= 0) & (left.weights[places] > 0))
        times = find_lead_times(part, used)[0][::-1]
        if times.size == 0:
            return _no_leads()
        used = used[np.isin(part.event_time[used], times)]
        inside = (part.event_time[used, None] == times).astype(np.float64)
        effects = left.refit(fitted.eta, places[used], inside).coefficients
        counts = inside.sum(axis=0).astype(np.int64)
        if self.measure == "percent":
            effects = 100 * np.expm1(effects)
        elif self.measure == "difference":
            still, y = np.zeros(inside.shape), self.outcome(places[used])
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
) -> Repeater | None:
    """Prepare imputation under many treatments; None where refits from the fit of all rows are not possible.

    Parameters
    ----------
    design : Design
    outcomes : FloatArray, shape (n_rows, n_outcomes)
        Each takes the place of the design's, say with treated rows divided by an effect under a null, and is fitted
        on all rows once: then a draw costs a few Newton steps an outcome.
    measure : {"difference", "log_ratio", "percent"}
    has_leads : bool
        Whether leads are asked for; without them a draw costs half.

    Returns
    -------
    callable or None
        From ``design.reassigned(onset)`` to one table an outcome, equal to its refit; None where that treatment has
        to be refitted, which says why.
    """
    fits = [fit_without_treatment(design, outcome) for outcome in outcomes.T]
    return join_outcomes(
        [
            None if one is None else RepeatedPoisson(one.shared, one.whole, one.place, measure, has_leads)
            for one in fits
        ]
    )


def join_outcomes(repeated: Sequence[RepeatsOutcome | None]) -> Repeater | None:
    """Return what estimates one outcome after the other under a treatment; None where one needs a refit."""
    usable = [one for one in repeated if one is not None]
    if len(usable) < len(repeated):
        return None

    def estimate(design: Design) -> list[Estimate] | None:
        tables = []
        for one in usable:
            table = one.estimated(design)
            if table is None:
                return None
            tables.append(table)
        return tables

    return estimate
