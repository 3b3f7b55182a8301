"""Leads and imputed cells in one table, with one influence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from twintrade.effects import CohortEffects, Dropped, Estimate, Sample, Uncertainty, WeightInfluence
from twintrade.effects.estimate import DesignFacts, Scale
from twintrade.effects.labels import POOLED
from twintrade.estimators.cohort_means.collapsed import Collapse
from twintrade.estimators.imputing.cells import ImputedCells, group_cells
from twintrade.estimators.imputing.leads import Leads, fit_leads
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual, fit_counterfactual, list_unidentified
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.linear import compute_projection_weights, find_leverage_one


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What stands in the table for the leads, or for the cells."""

    # cohorts, event_times, n_units, n_rows: (n_effects,)
    cohorts: IntArray
    event_times: IntArray
    n_units: IntArray
    n_rows: IntArray
    # effects, weights: (n_effects,)
    effects: FloatArray
    weights: FloatArray

    def without(self, places: IntArray) -> "Part":
        """Return the part without some effects."""
        return Part(*(np.delete(getattr(self, f.name), places) for f in fields(self)))


def build_lead_part(before: Leads, effects: FloatArray) -> Part:
    """Return the leads on the scale of the effects."""
    pooled = np.full(effects.size, POOLED, dtype=np.int64)
    weights = before.n_cells.astype(np.float64)
    return Part(pooled, before.event_times, before.n_units, before.n_cells, effects, weights)


def build_cell_part(cells: ImputedCells, effects: FloatArray, weights: FloatArray) -> Part:
    """Return the imputed cells."""
    return Part(cells.cohorts, cells.event_times, cells.n_units, cells.n_rows, effects, weights)


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
    early = _lead_counts(means, before)
    return build_cohort_effects((early, table), influence, _sample(means, c, before), means.o)


def _by_cohort(means: Collapse, rows: FloatArray) -> FloatArray:
    return np.asarray(means.spread(rows).sum(axis=1), dtype=np.float64)


def _lead_counts(means: Collapse, before: Leads) -> Part:
    small = means.small
    size = means.moments.counts.astype(np.int64)
    n = np.array([size[small.unit[(small.event_time == e)]].sum() for e in before.event_times], dtype=np.int64)
    pooled = np.full(n.size, POOLED, dtype=np.int64)
    return Part(pooled, before.event_times, n, n, before.effects, n.astype(np.float64))


def _sample(means: Collapse, c: Counterfactual, before: Leads) -> Sample:
    o, small = means.o, means.small
    dropped: tuple[Dropped, ...] = before.dropped
    rows = None
    if c.unknown.size:
        lost = _of_panel(means, c.unknown)
        fit_rows = np.flatnonzero(~o.is_affected)
        dropped = (*list_unidentified(o, np.flatnonzero(lost), tuple(o.effect_codes()), fit_rows), *dropped)
        rows = np.flatnonzero(~lost)
    size = means.moments.counts
    statistics: Mapping[str, float] = {
        "n_untreated_rows": float(size[small.unit[c.fit_rows]].sum()),
        "n_leverage_one": float(_n_leverage_one(means, c)),
        "n_unidentified": float(size[small.unit[c.unknown]].sum()),
    }
    return o.sample(rows, effects=o.effect_names, statistics=statistics, dropped=dropped)


def _of_panel(means: Collapse, cells: IntArray) -> BoolArray:
    """Return which rows of the panel belong to the given rows of cohort means."""
    mask = np.zeros(means.small.n_rows, dtype=bool)
    mask[cells] = True
    code = means.wide.cohort if means.groups is None else means.groups.wide.cohort
    return np.asarray(means.spread(mask)[code][means.observed[code]])


def _n_leverage_one(means: Collapse, c: Counterfactual) -> int:
    """Count panel rows of leverage one.

    Two units of a cohort share their periods and vouch for each other's, unless each has only one untreated period.
    """
    cohort = means.small.unit[c.fit_rows]
    size = means.moments.counts[cohort]
    alone = np.bincount(cohort, minlength=means.moments.counts.size)[cohort] == 1
    return int(size[alone].sum() + (find_leverage_one(c.codes_fit) & (size == 1) & ~alone).sum())
