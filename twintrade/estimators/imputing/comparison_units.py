"""What an imputed overall effect becomes without some of the units that are never treated in the sample."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twintrade.design import Design
from twintrade.effects import Estimate, Sample
from twintrade.errors import EstimationError
from twintrade.estimators.imputing import cells
from twintrade.estimators.imputing.cells import CellEffects, ImputedCells, ImputedContributions, Measure
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual, fit_counterfactual
from twintrade.estimators.regression import Family
from twintrade.numerics.absorption import build_annihilator
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact, sum_by_group
from twintrade.numerics.linear import Removals, compute_single_removals, prepare_removals
from twintrade.text import Text

# Averages of log ratios of outcomes to imputed outcomes: over treated rows or, where many are zero, over pairs.

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
    """Average log ratios of treated rows to what they are imputed to be, in each of several treatments by itself."""
    is_by_unit = np.bincount(sets, y <= 0, n_sets) > MOST_ZEROS * np.bincount(sets, minlength=n_sets)
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


def estimate_log_ratio(c: Counterfactual, logs: LogRatios, sample: Sample) -> Estimate:
    """Return the average as an estimate, treated rows in its influence by their distance from it."""
    o, one = c.o, np.ones(1, dtype=np.int64)
    used = c.rows[logs.weights > 0]
    units = np.unique(o.unit[used])
    whole = ImputedCells(0 * one, 0 * one, np.zeros(c.rows.size, dtype=np.int64), o.row_weights[c.rows], one, one)
    terms = logs.weights * (logs.ratios - logs.effects)
    effects = CellEffects(logs.effects, np.ones(1), terms, logs.shares, np.ones(1))
    rows = np.union1d(c.fit_rows, c.rows)
    contributions = ImputedContributions(c, whole, effects, np.zeros((o.n_units, 0)), np.unique(o.unit[rows]))
    influence = replace(
        cells.build_later_influence(contributions)[0],
        linear=cells.build_outcome_weights(c, whole, cells.build_no_leads(), effects, np.empty(0)),
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


MOST_UNITS, MOST_STEPPED = 100, 40
"""Units that may be left out together: those of an exact computation, and those of one Newton step."""
MOST_ROWS = 2_500


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonUnits:
    """Untreated units with what leaving each of them out does to the overall effect."""

    names: tuple[str, ...]  # untreated units, by how far the effect moves without them, the farthest first
    # (n_units,): of the overall effect, for ratios of its logarithm, without each; NaN where it cannot be imputed
    # then
    changes: FloatArray
    removals: Removals  # of the first units, as many as can be left out together at a bearable cost
    is_exact: bool  # whether changes are those of a refit; for Poisson they are one Newton step
    effect: float
    is_percent: bool

    @property
    def has_all(self) -> bool:
        """Whether all units can be left out together with others."""
        return len(self.removals.members) == len(self.names)

    def apply(self, change: float) -> float:
        """Return the overall effect after a change."""
        if not self.is_percent:
            return self.effect + change
        return float(100 * ((1 + self.effect / 100) * np.exp(change) - 1))

    def name_units(self, groups: Sequence[int]) -> tuple[str, ...]:
        """Return the names of some units."""
        return tuple(self.names[g] for g in groups)


def prepare_comparison_units(
    design: Design, family: Family, measure: Measure | None, effect: float
) -> ComparisonUnits:
    """Return the units never treated in the sample, with what leaving each out does to an imputed overall effect."""
    o = design.observations
    c = fit_counterfactual(o, family, is_refit=True)
    # The effect falls by what the imputed sum rises.
    weights = -c.projection_weights(_weigh_predictors(c, family, measure)[:, None])[:, 0]
    q = build_annihilator(
        [compact(code) for code in c.codes_fit],
        o.covariates[c.fit_rows],
        o.row_weights[c.fit_rows] if c.weights is None else c.weights,
    )
    unit = o.unit[c.fit_rows]
    units = np.flatnonzero(~o.is_ever_treated & (np.bincount(unit, minlength=o.n_units) > 0))
    members = [np.flatnonzero(unit == u) for u in units]
    changes = compute_single_removals(q, members, weights, c.residuals)
    order = np.argsort(-np.abs(np.nan_to_num(changes)), kind="stable")
    size = np.cumsum([members[k].size for k in order])
    most = MOST_UNITS if family == "linear" else MOST_STEPPED
    chosen = order[: min(most, int((size <= MOST_ROWS).sum()))]
    return ComparisonUnits(
        names=tuple(str(o.unit_ids[units[k]]) for k in order),
        changes=changes[order],
        removals=prepare_removals(q, [members[k] for k in chosen], weights, c.residuals),
        is_exact=family == "linear",
        effect=effect,
        is_percent=measure == "percent",
    )


def _weigh_predictors(c: Counterfactual, family: Family, measure: Measure | None) -> FloatArray:
    """Return the weight of each imputed row's linear predictor in the overall effect, shape (n_new,)."""
    o = c.o
    w = np.where(o.is_treated[c.rows], o.row_weights[c.rows], 0.0)
    if family == "linear":
        return np.asarray(w / w.sum())
    imputed = w * c.predicted
    if measure == "difference":
        return np.asarray(imputed / w.sum())
    if measure == "percent":
        return np.asarray(imputed / imputed.sum())
    return impute_log_ratio(c).shares
