"""Averages of log ratios of outcomes to imputed outcomes: over treated rows or, where many are zero, over pairs."""

from dataclasses import dataclass, replace

import numpy as np

from twintrade.effects import Estimate, Sample
from twintrade.errors import EstimationError
from twintrade.estimators.imputing.cells import CellEffects, ImputedCells
from twintrade.estimators.imputing.contributions import ImputedContributions, build_later_influence
from twintrade.estimators.imputing.leads import build_no_leads
from twintrade.estimators.imputing.outcome_weights import build_outcome_weights
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group
from twintrade.text import Text

MOST_ZEROS = 0.05
"""Share of zeros among treated rows up to which rows are averaged; a row of zero has no logarithm and is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class LogRatios:
    """Averages of log ratios under one or several treatments."""

    effects: FloatArray  # (n_sets,): naN where no treated row has a positive outcome
    # (n_sets,): whether units are averaged, each by the logarithm of its outcomes' sum over that of its imputed
    # outcomes
    is_by_unit: BoolArray
    # ratios, weights: (n_rows,): the log ratio of each row, or of its unit, and what the row adds to the average's
    # weight, by treatment one in sum; both zero in rows, or units, without a positive outcome
    ratios: FloatArray
    weights: FloatArray
    shares: FloatArray  # (n_rows,): by how much an average falls with the logarithm of a row's imputed outcome


def compute_log_ratios(
    y: FloatArray, imputed: FloatArray, weights: FloatArray, unit: IntArray, sets: IntArray, n_sets: int
) -> LogRatios:
    """Average log ratios of treated rows to what they are imputed to be, in each of several treatments.

    Which average it is follows from outcomes and treatment alone, in each treatment for itself: so it is a fixed
    function of both, as a test by re-assignment needs.

    ``y``, ``imputed``, ``weights`` (n_rows,): treated rows alone; sampling weights; ``unit``, ``sets`` (n_rows,):
    unit and treatment of each row.
    """
    n_zero = np.bincount(sets, y <= 0, n_sets)
    is_by_unit = n_zero > MOST_ZEROS * np.bincount(sets, minlength=n_sets)
    n_units = int(unit.max(initial=0)) + 1
    alone = n_sets * n_units + np.arange(y.size)
    group = np.unique(np.where(is_by_unit[sets], sets * n_units + unit, alone), return_inverse=True)[1]
    n = int(group.max(initial=-1)) + 1
    observed, expected, size, count = (
        sum_by_group(values, group, n)[group] for values in (weights * y, weights * imputed, weights, np.ones(y.size))
    )
    has_log = (observed > 0) & (expected > 0)
    ratios = np.log(np.divide(observed, expected, out=np.ones(y.size), where=has_log))
    # A unit counts by the mean weight of its rows, which is one without sampling weights; its rows share that.
    of_row = np.where(has_log, size / count**2, 0.0)
    total = sum_by_group(of_row, sets, n_sets)
    of_row = np.divide(of_row, total[sets], out=np.zeros(y.size), where=total[sets] > 0)
    shares = np.divide(of_row * count * weights * imputed, expected, out=np.zeros(y.size), where=has_log)
    effects = np.where(total > 0, sum_by_group(of_row * ratios, sets, n_sets), np.nan)
    return LogRatios(effects, is_by_unit, ratios, of_row, shares)


def impute_log_ratio(c: Counterfactual) -> LogRatios:
    """Average the log ratios of a counterfactual's treated rows; affected rows before the onset have no share."""
    o, after = c.o, c.o.is_treated[c.rows]
    rows = c.rows[after]
    logs = compute_log_ratios(
        o.y[rows], c.predicted[after], o.row_weights[rows], o.unit[rows], np.zeros(rows.size, dtype=np.int64), 1
    )
    if np.isnan(logs.effects[0]):
        raise EstimationError(Text("estimators.no-log-ratio"))
    spread = np.zeros((3, after.size))
    spread[:, after] = logs.ratios, logs.weights, logs.shares
    return LogRatios(logs.effects, logs.is_by_unit, *spread)


def count_log_ratios(c: Counterfactual, logs: LogRatios) -> dict[str, float]:
    """Return which average it is, the zeros among treated rows, and the treated rows without a part in it."""
    after = c.o.is_treated[c.rows]
    return {
        "is_by_unit": float(logs.is_by_unit[0]),
        "n_treated_zeros": float(np.count_nonzero(c.o.y[c.rows[after]] <= 0)),
        "n_without_log": float(np.count_nonzero(logs.weights[after] == 0)),
    }


def estimate_log_ratio(c: Counterfactual, logs: LogRatios, sample: Sample) -> Estimate:
    """Return the average as an estimate.

    Treated rows enter its influence by their distance from it, so that effects that differ widen the intervals.
    """
    o, one = c.o, np.ones(1, dtype=np.int64)
    used = c.rows[logs.weights > 0]
    units = np.unique(o.unit[used])
    whole = ImputedCells(0 * one, 0 * one, np.zeros(c.rows.size, dtype=np.int64), o.row_weights[c.rows], one, one)
    terms = logs.weights * (logs.ratios - logs.effects)
    effects = CellEffects(logs.effects, np.ones(1), terms, logs.shares, np.ones(1))
    rows = np.union1d(c.fit_rows, c.rows)
    contributions = ImputedContributions(c, whole, effects, np.zeros((o.n_units, 0)), np.unique(o.unit[rows]))
    influence = replace(
        build_later_influence(contributions)[0],
        linear=build_outcome_weights(c, whole, build_no_leads(), effects, np.empty(0)),
    )
    return Estimate(
        effects=logs.effects,
        uncertainty=influence,
        scale="log points",
        sample=sample,
        names=(Text("estimators.effect-average-log", by="units" if logs.is_by_unit[0] else "rows"),),
        n_units=np.array([units.size]),
        n_cells=np.array([used.size]),
    )
