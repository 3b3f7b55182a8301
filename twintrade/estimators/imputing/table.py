"""Leads and imputed cells in one table, with one influence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from twintrade.design import Design, Observations
from twintrade.effects import CohortEffects, Dropped, Estimate, Sample, Uncertainty, WeightInfluence
from twintrade.effects.estimate import DesignFacts, Scale
from twintrade.effects.regression import POOLED
from twintrade.errors import EstimationError
from twintrade.estimators.base import HeldOut
from twintrade.estimators.cohort_means.collapsed import Collapse
from twintrade.estimators.imputing.cells import Leads, fit_leads, group_cells
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual, fit_counterfactual, list_unidentified
from twintrade.estimators.regression.cell_fit import Family
from twintrade.estimators.regression.event_terms import find_affected_rows
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group
from twintrade.numerics.linear import compute_projection_weights, find_leverage_one, find_resting

# Leads of imputation on the base of its lags: an event time predicted from all other untreated rows, rescaled.


def hold_out_rows(o: Observations, family: Family, time: int) -> HeldOut | None:
    """Return an event time against the mean of all of each unit's years before, itself among them, by cohort.

    A unit's rows are predicted without it, from K - 1 of its K years, and what is left is multiplied by (K - 1) / K:
    1 less the share of the year in what the unit is predicted to have over all of them.
    """
    is_held = find_affected_rows(o) & ~o.is_affected & (o.event_time == time)
    if not is_held.any():
        return None
    try:
        c = fit_counterfactual(o, family, is_refit=True, held_out=is_held)
    except EstimationError:
        return None
    unit, y, w = o.unit[c.rows], o.y[c.rows], o.row_weights[c.rows]
    adds = o.row_weights[c.fit_rows] * (o.y[c.fit_rows] if family == "poisson" else 1.0)
    others = np.maximum(sum_by_group(adds, o.unit[c.fit_rows], o.n_units), 0.0)[unit]
    size = w * (c.predicted if family == "poisson" else 1.0)
    kept_share = others / (others + size)
    cohorts, code = np.unique(o.onset[c.rows].astype(np.int64), return_inverse=True)
    left, n = y - c.predicted, cohorts.size
    shares = sum_by_group(size * kept_share, code, n) / sum_by_group(size, code, n)
    if family == "linear":
        total = sum_by_group(w, code, n)
        effects = sum_by_group(w * kept_share * left, code, n) / total
        row_terms = w * (kept_share * left - effects[code]) / total[code]
        predictors = w * kept_share / total[code]
        return HeldOut(cohorts, effects, total, shares, True, lambda: _sum_influence(c, code, row_terms, predictors))
    predicted = y - kept_share * left
    total = sum_by_group(w * predicted, code, n)
    ratio = sum_by_group(w * y, code, n) / total
    without = sum_by_group(w * kept_share * c.predicted, code, n)
    level = sum_by_group(w * kept_share * y, code, n) / np.where(without > 0, without, 1.0)
    row_terms = (w * (1 - ratio[code] * (1 - kept_share)) * (y - level[code] * c.predicted)) / total[code]
    predictors = w * kept_share * c.predicted * ratio[code] / total[code]
    return HeldOut(cohorts, ratio, total, shares, True, lambda: _sum_influence(c, code, row_terms, predictors))


def _sum_influence(c: Counterfactual, code: IntArray, row_terms: FloatArray, predictors: FloatArray) -> FloatArray:
    """Return what units add to each cohort: by their held-out rows, and by the predictions for those of all."""
    o, inside = c.o, np.eye(int(code.max()) + 1)[code]
    out = sum_by_group(row_terms[:, None] * inside, o.unit[c.rows], o.n_units)
    return out - sum_by_group(c.prediction_influence(predictors[:, None] * inside), o.unit[c.fit_rows], o.n_units)


# Untreated rows of leverage one: each alone pins an effect, and its noise goes unseen into what rests on it.

COLUMNS = ("unit", "period", "treated_unit", "treated_period", "cohort", "event_time", "weight")
NEGLIGIBLE = 1e-9


def build_leverage_report(design: Design) -> pd.DataFrame:
    """Return the untreated rows of leverage one, once for each treated row whose imputation rests on one."""
    o = design.observations
    fit_rows, affected = np.flatnonzero(~o.is_affected), np.flatnonzero(o.is_affected)
    codes = o.effect_codes()
    codes_fit = [c[fit_rows] for c in codes]
    pairs: list[dict[str, object]] = []
    if fit_rows.size:
        alone, effects = find_leverage_one(codes_fit), build_absorber(codes_fit)
        resting, carrying = find_resting(codes_fit, [c[affected] for c in codes], alone)
        rows = affected[resting]
    for j in np.flatnonzero(alone) if fit_rows.size else ():
        row = fit_rows[j]
        lone: dict[str, object] = {"unit": str(o.unit_ids[o.unit[row]]), "period": int(o.period[row])}
        if not carrying[j]:
            pairs.append(lone)
            continue
        # Treated rows in whose prediction, from the effects alone, it has weight.
        spread = effects.effect_coefficients((np.arange(fit_rows.size) == j).astype(np.float64))
        weight = sum((one[c[rows]] for one, c in zip(spread, codes, strict=True)), np.zeros(rows.size))
        hit = np.abs(weight) > NEGLIGIBLE
        for k, size in zip(rows[hit], weight[hit], strict=True):
            treated = str(o.unit_ids[o.unit[k]]), int(o.period[k]), int(o.onset[k]), int(o.event_time[k]), float(size)
            pairs.append(lone | dict(zip(COLUMNS[2:], treated, strict=True)))
    frame = pd.DataFrame(pairs, columns=list(COLUMNS))
    return frame.astype({"treated_period": "Int64", "cohort": "Int64", "event_time": "Int64"})


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What stands in the table for the leads, or for the cells."""

    cohorts: IntArray  # cohorts, event_times, n_units, n_rows: (n_effects,)
    event_times: IntArray
    n_units: IntArray
    n_rows: IntArray
    effects: FloatArray  # effects, weights: (n_effects,)
    weights: FloatArray

    @classmethod
    def of_leads(cls, before: Leads, effects: FloatArray, n_units: IntArray, n_rows: IntArray) -> "Part":
        """Return leads, of all cohorts, with effects and counts of units and rows."""
        pooled = np.full(effects.size, POOLED, dtype=np.int64)
        return cls(pooled, before.event_times, n_units, n_rows, effects, n_rows.astype(np.float64))

    def without(self, places: IntArray) -> "Part":
        """Return the part without some effects."""
        return Part(*(np.delete(getattr(self, f.name), places) for f in fields(self)))


def build_cohort_effects(
    parts: Sequence[Part],
    uncertainty: Uncertainty,
    sample: Sample,
    design: DesignFacts,
    scale: Scale | None = None,
    weight_influence: WeightInfluence | None = None,
    overall: Estimate | None = None,
) -> CohortEffects:
    """Put leads before cells; the scale is the design's unless another is given, the average that of the cells."""

    def stacked(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name) for part in parts])

    return CohortEffects.of(
        design,
        (stacked("cohorts"), stacked("event_times")),
        stacked("effects"),
        uncertainty,
        scale=scale or design.scale,
        sample=sample,
        n_units=stacked("n_units"),
        n_cells=stacked("n_rows"),
        base="imputation leads",
        cell_weights=stacked("weights"),
        weight_influence=weight_influence,
        overall=overall,
    )


def impute_means(means: Collapse) -> CohortEffects:
    """Impute means of cohorts, or of their parts, in place of rows.

    A unit's influence is affine in its deviations d from its cohort's means: treated periods enter by the cell's own
    weight, untreated ones by the (negative) weight with which they enter the imputation. As the two add up to zero
    within the unit, the unit's own effect cancels.
    """
    c = fit_counterfactual(means.small, "linear")
    cells, before = group_cells(c), fit_leads(c, "linear")
    size = means.small.weights
    assert size is not None
    totals = np.bincount(cells.code, size[c.rows], cells.size)
    shares = np.where(np.arange(cells.size) == cells.code[:, None], size[c.rows, None] / totals, 0.0)
    gaps = c.o.y[c.rows] - c.predicted
    effects = shares.T @ gaps
    omega = compute_projection_weights(c.codes_fit, c.codes_new, shares, weights=c.weights)
    n_leads = before.event_times.size
    loadings = np.zeros((means.small.n_rows, n_leads + cells.size))
    loadings[c.fit_rows, n_leads:] = -omega / size[c.fit_rows, None]
    loadings[before.rows, :n_leads] = before.loadings
    residuals = np.zeros(means.small.n_rows)
    residuals[c.fit_rows] = c.residuals
    constants = _by_cohort(means, loadings[:, n_leads:] * residuals[:, None])
    residuals[before.rows] = before.scores / size[before.rows]
    constants = np.hstack([_by_cohort(means, loadings[:, :n_leads] * residuals[:, None]), constants])
    treated = np.zeros_like(loadings)
    treated[c.rows, n_leads:] = shares / size[c.rows, None]
    # Parts of a cohort differ in their mean gap: its distance from the cell's effect is the same for all their units.
    distance = np.zeros(means.small.n_rows)
    distance[c.rows] = gaps - effects[cells.code]
    constants += _by_cohort(means, treated * distance[:, None])
    influence = means.influence(means.spread(loadings + treated), constants)
    sizes = totals.round().astype(np.int64)
    table = Part(cells.cohorts, cells.event_times, sizes, sizes, effects, sizes.astype(np.float64))
    small, units = means.small, means.moments.counts.astype(np.int64)
    n = np.array([units[small.unit[small.event_time == e]].sum() for e in before.event_times], dtype=np.int64)
    leads = Part.of_leads(before, before.effects, n, n)
    return build_cohort_effects((leads, table), influence, _sample(means, c, before), means.o)


def _by_cohort(means: Collapse, rows: FloatArray) -> FloatArray:
    return np.asarray(means.spread(rows).sum(axis=1), dtype=np.float64)


def _sample(means: Collapse, c: Counterfactual, before: Leads) -> Sample:
    o, small = means.o, means.small
    dropped: tuple[Dropped, ...] = before.dropped
    rows = None
    if c.unknown.size:
        is_unknown = np.zeros(small.n_rows, dtype=bool)
        is_unknown[c.unknown] = True
        code = means.wide.cohort
        lost = np.asarray(means.spread(is_unknown)[code][means.observed[code]], dtype=bool)
        fit_rows = np.flatnonzero(~o.is_affected)
        dropped = (*list_unidentified(o, np.flatnonzero(lost), tuple(o.effect_codes()), fit_rows), *dropped)
        rows = np.flatnonzero(~lost)
    size = means.moments.counts
    # Rows of leverage one: units that share their periods vouch for each other's.
    cohort = small.unit[c.fit_rows]
    alone = np.bincount(cohort, minlength=size.size)[cohort] == 1
    is_lone = find_leverage_one(c.codes_fit) & (size[cohort] == 1) & ~alone
    statistics: Mapping[str, float] = {
        "n_untreated_rows": float(size[cohort].sum()),
        "n_leverage_one": float(int(size[cohort][alone].sum() + is_lone.sum())),
        "n_unidentified": float(size[small.unit[c.unknown]].sum()),
    }
    return o.sample(rows, effects=o.effect_names, statistics=statistics, dropped=dropped)
