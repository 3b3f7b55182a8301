"""A panel with gaps as a balanced one: units of one cohort that are observed in the same periods form a group."""

from dataclasses import dataclass, replace

import numpy as np

from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.estimators.cohort_means.group_time import GroupTime
from twintrade.estimators.cohort_means.wide import Wide
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.comparisons import CohortMoments, compute_cohort_moments

BITS = 50
"""Periods that fit in the code of a pattern beside the cohort."""


@dataclass(frozen=True, slots=True, eq=False)
class PatternGroups:
    """Units by cohort and missing pattern."""

    wide: Wide  # with the groups in place of cohorts; outcomes are zero where a unit is not observed
    observed: BoolArray  # (n_groups, n_periods)
    parent: IntArray  # (n_groups,): cohort of each group, as coded in the panel

    def moments(self) -> CohortMoments:
        """Return counts, means and second moments by group, zero in periods in which a group is not observed."""
        w = self.wide
        m = compute_cohort_moments(w.outcomes, w.cohort, np.arange(w.onset.size, dtype=np.float64), w.periods)
        both = self.observed[:, :, None] & self.observed[:, None, :]
        means, scatter = np.where(self.observed, m.means, 0.0), np.where(both, m.scatter, 0.0)
        return CohortMoments(w.onset, w.periods, m.counts, means, scatter)

    def influence(self, moments: CohortMoments, coefficients: FloatArray, constants: FloatArray) -> CohortInfluence:
        """Wrap coefficients (n_groups, n_periods, k) and constants (n_groups, k)."""
        return replace(self.wide.influence(moments, coefficients, constants), parent=self.parent)


def group_by_pattern(wide: Wide, n_free: int = 0) -> PatternGroups | None:
    """Group the units of a panel with gaps; None where hardly two units miss the same periods.

    A group's coefficients hold as many numbers per effect as there are periods: with fewer units than that in the
    average group, sums would take more room than rows. Up to ``n_free`` numbers the room is no matter.
    """
    seen = ~np.isnan(wide.outcomes)
    n_periods = seen.shape[1]
    if n_periods > BITS or wide.given is not None:
        return None
    code = seen @ (1 << np.arange(n_periods, dtype=np.int64)) + (wide.cohort << n_periods)
    labels, first, group = np.unique(code, return_index=True, return_inverse=True)
    if labels.size * n_periods > max(group.size, n_free):
        return None
    parent = wide.cohort[first]
    outcomes = np.where(seen, wide.outcomes, 0.0)
    grouped = replace(wide, outcomes=outcomes, onset=wide.onset[parent], cohort=group.astype(np.int64))
    return PatternGroups(grouped, seen[first], parent)


def estimate_from_patterns(
    groups: PatternGroups, plan: list[GroupTime]
) -> tuple[list[GroupTime], list[GroupTime], FloatArray, CohortInfluence]:
    """Return group-time effects from the moments of the groups observed in both periods of each cell.

    Returns ``kept, lost`` : cells with a treated and a comparison unit observed in both periods, and the others;
    ``effects`` (n_kept,).
    """
    m, parent = groups.moments(), groups.parent
    kept: list[GroupTime] = []
    lost: list[GroupTime] = []
    effects: list[float] = []
    coefficients = np.zeros((parent.size, m.periods.size, len(plan)))
    constants = np.zeros((parent.size, len(plan)))
    for cell in plan:
        k = len(kept)
        both = groups.observed[:, cell.at] & groups.observed[:, cell.base]
        sides = [(parent == cell.cohort) & both, cell.comparison[parent] & both]
        if not cell.is_reference and not (sides[0].any() and sides[1].any()):
            lost.append(cell)
            continue
        kept.append(cell)
        effects.append(0.0)
        if cell.is_reference:
            continue
        change = m.means[:, cell.at] - m.means[:, cell.base]
        for sign, members in zip((1.0, -1.0), sides, strict=True):
            share = np.where(members, m.counts, 0.0) / m.counts[members].sum()
            average = float(share @ change)
            effects[k] += sign * average
            loading = np.where(members, sign / m.counts[members].sum(), 0.0)
            coefficients[:, cell.at, k] += loading
            coefficients[:, cell.base, k] -= loading
            # Groups differ in their mean change: the between-group part of the influence.
            constants[:, k] += loading * (change - average)
    n = len(kept)
    return kept, lost, np.array(effects), groups.influence(m, coefficients[:, :, :n], constants[:, :n])


@dataclass(frozen=True, slots=True, eq=False)
class PanelMeans:
    """Moments of cohorts, or of parts of cohorts whose units miss the same periods."""

    moments: CohortMoments
    observed: BoolArray  # (n_groups, n_periods)
    source: Wide | PatternGroups  # whose units the influence is of

    @property
    def wide(self) -> Wide:
        """The panel, with the groups in place of cohorts."""
        return self.source if isinstance(self.source, Wide) else self.source.wide

    def influence(self, coefficients: FloatArray, constants: FloatArray) -> CohortInfluence:
        """Wrap coefficients (n_groups, n_periods, k) and constants (n_groups, k)."""
        return self.source.influence(self.moments, coefficients, constants)


def compute_panel_means(wide: Wide) -> PanelMeans | None:
    """Return the means of a panel; None where too few units miss the same periods."""
    if wide.is_complete:
        moments = wide.moments()
        return PanelMeans(moments, np.ones(moments.means.shape, dtype=bool), wide)
    groups = group_by_pattern(wide)
    return None if groups is None else PanelMeans(groups.moments(), groups.observed, groups)


def spread_rows(values: FloatArray, observed: BoolArray) -> FloatArray:
    """Lay rows by observed group and period out as (n_groups, n_periods, ...), zero elsewhere."""
    out = np.zeros(observed.shape + values.shape[1:], dtype=values.dtype)
    out[observed] = values
    return out


def count_alone(counts: IntArray, observed: BoolArray) -> int:
    """Count the rows that are alone in their unit or in their period."""
    is_single_unit = observed.sum(axis=1) == 1
    totals = counts @ observed
    alone_in_period = observed & (counts == 1)[:, None] & (totals == 1)
    return int(counts[is_single_unit].sum() + alone_in_period[~is_single_unit].sum())
