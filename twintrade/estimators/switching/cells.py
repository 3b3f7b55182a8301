"""Differences in differences of switchers, horizon by horizon, with the authors' influence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.design import Observations
from twintrade.estimators.cohort_means.group_time import PanelMeans
from twintrade.estimators.switching.switchers import DoseSlopes, SwitcherBlock, Switchers
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.comparisons import CohortMoments

Singletons = Literal["pooled", "dropped"]


@dataclass(frozen=True, slots=True, eq=False)
class Horizon:
    """One effect, or one placebo."""

    step: int  # number of periods compared, from 1
    effect: float
    # By unit, in the sorted order of the switchers' layout, (n_units,); or coefficients of a unit's influence and
    # weights of its outcomes in the effect, each (n_groups, n_periods), and constants (n_groups,)
    influence: tuple[FloatArray, ...]
    switchers: IntArray  # units in the same order, or groups, that switch
    n_switchers: int
    weight: float  # sampling weight of the switchers
    # dose, dose_so_far: Change of the dose at this horizon, and its sum since the switch, averaged over the switchers
    dose: float
    dose_so_far: float


@dataclass(frozen=True, slots=True, eq=False)
class _SwitcherCell:
    """Switchers of one block at one horizon and their comparison; unit positions and their changes."""

    block: SwitcherBlock
    far: int
    base: int
    switchers: IntArray
    comparison: IntArray
    switchers_change: FloatArray
    comparison_change: FloatArray
    switchers_weight: FloatArray
    comparison_weight: FloatArray


def list_horizons(
    layout: Switchers,
    n_effects: int,
    n_placebos: int,
    singletons: Singletons,
    same_switchers: bool,
    slopes: Sequence[DoseSlopes] = (),
) -> tuple[list[Horizon], list[Horizon]]:
    """Return effects and placebos that have switchers with a comparison, counting the covariates' slopes."""
    blocks = list(layout.blocks())
    kept = None
    if same_switchers:
        kept = np.ones(layout.first.size, dtype=bool)
        for step in range(1, n_effects + 1):
            seen = np.zeros(layout.first.size, dtype=bool)
            for cell in _cells(layout, blocks, step, False, None):
                seen[cell.switchers] = True
            kept &= seen
    effects = [_horizon(layout, blocks, s, False, singletons, kept, slopes) for s in range(1, n_effects + 1)]
    placebos = [_horizon(layout, blocks, s, True, singletons, kept, slopes) for s in range(1, n_placebos + 1)]
    return [h for h in effects if h is not None], [h for h in placebos if h is not None]


def _cells(
    layout: Switchers, blocks: list[SwitcherBlock], step: int, is_placebo: bool, kept: np.ndarray | None
) -> Iterator[_SwitcherCell]:
    """Yield the cells of one horizon. A placebo needs the effect of the same horizon to be observed as well."""
    y, n_periods = layout.outcomes, layout.periods.size
    for block in blocks:
        at, base = block.first + step - 1, block.first - 1
        far = base - step if is_placebo else at
        if base < 0 or far < 0 or at >= n_periods:
            continue
        sides = []
        for units in (block.units, block.comparison(at)):
            change = y[far, units] - y[base, units]
            position = np.arange(units.start, units.stop)
            weight = layout.weights_at(at, units)
            if not layout.is_full:
                seen = ~np.isnan(change) & ~np.isnan(y[at, units])
                position, change, weight = position[seen], change[seen], weight[seen]
            if kept is not None and units is block.units:
                position, change, weight = (v[kept[position]] for v in (position, change, weight))
            sides.append((position, change, weight))
        (s, ds, ws), (c, dc, wc) = sides
        if s.size and c.size:
            yield _SwitcherCell(block, far, base, s, c, ds, dc, ws, wc)


def _horizon(
    layout: Switchers,
    blocks: list[SwitcherBlock],
    step: int,
    is_placebo: bool,
    singletons: Singletons,
    kept: np.ndarray | None,
    slopes: Sequence[DoseSlopes],
) -> Horizon | None:
    cells = list(_cells(layout, blocks, step, is_placebo, kept))
    if not cells:
        return None
    total = sum(float(c.switchers_weight.sum()) for c in cells)
    effect = dose = so_far = 0.0
    influence = np.zeros(layout.first.size)
    for cell in cells:
        sign, ws, wc = cell.block.sign, cell.switchers_weight, cell.comparison_weight
        share = ws.sum() / wc.sum()
        effect += sign * (ws @ cell.switchers_change - share * (wc @ cell.comparison_change)) / total
        received = layout.doses[:, cell.switchers] - layout.baseline[cell.switchers]
        at = cell.block.first + step - 1
        dose += sign * float(ws @ received[at]) / total
        so_far += sign * float(ws @ received[cell.block.first : at + 1].sum(axis=0)) / total
        deviations, other = _deviations(layout, cell, singletons)
        influence[cell.switchers] += sign * ws * deviations / total
        influence[cell.comparison] -= sign * share * wc * other / total
    for part in slopes:
        moved = sum((_covariates_moved(layout, c) for c in cells if c.block.start == part.start), np.zeros(1))
        influence[part.start : part.stop] -= (part.influence * moved).sum(axis=1) / total
    units = np.concatenate([c.switchers for c in cells])
    return Horizon(step, effect, (influence,), units, units.size, total, dose, so_far)


def _covariates_moved(layout: Switchers, cell: _SwitcherCell) -> FloatArray:
    """Return the cell's own comparison made for the covariates, shape (n_covariates,)."""
    assert layout.covariates is not None
    change = layout.covariates[cell.far] - layout.covariates[cell.base]
    ws, wc = cell.switchers_weight, cell.comparison_weight
    gap = ws @ change[cell.switchers] - ws.sum() / wc.sum() * (wc @ change[cell.comparison])
    return np.asarray(cell.block.sign * gap)


def _deviations(layout: Switchers, cell: _SwitcherCell, singletons: Singletons) -> tuple[FloatArray, FloatArray]:
    """Return scaled changes less their mean by dose, or, in a group of one, less that of the cell's units."""
    deviations = np.empty(cell.switchers.size)
    kind = layout.kind[cell.switchers]
    for value in np.unique(kind):
        group = kind == value
        deviations[group] = _centered(cell, cell.switchers_change[group], cell.switchers_weight[group], singletons)
    return deviations, _centered(cell, cell.comparison_change, cell.comparison_weight, singletons)


def _centered(cell: _SwitcherCell, change: FloatArray, weight: FloatArray, singletons: Singletons) -> FloatArray:
    n = change.size
    if n >= 2:
        return np.asarray((change - weight @ change / weight.sum()) * np.sqrt(n / (n - 1)))
    if singletons == "dropped":
        return np.zeros(n)
    total = cell.switchers_weight @ cell.switchers_change + cell.comparison_weight @ cell.comparison_change
    mean = total / (cell.switchers_weight.sum() + cell.comparison_weight.sum())
    n = cell.switchers.size + cell.comparison.size
    return np.asarray((change - mean) * np.sqrt(n / (n - 1)))


# Effects of switchers from means of cohorts, or of their units that miss the same periods; agreements that stay.


@dataclass(frozen=True, slots=True, eq=False)
class _CohortCell:
    """A cohort at one horizon: positions of the periods compared, its groups and those it is compared with."""

    onset: float
    at: int
    far: int
    base: int
    switchers: BoolArray
    comparison: BoolArray


def has_means(o: Observations) -> bool:
    """Return whether means by group hold all that the effects of switchers need."""
    is_plain = o.dose is None and o.weights is None and not o.covariate_names
    return is_plain and bool(o.periods[-1] - o.periods[0] + 1 == o.periods.size)


def list_mean_horizons(
    means: PanelMeans,
    n_effects: int,
    n_placebos: int,
    singletons: Singletons,
    same_switchers: bool,
    anticipation: int,
) -> tuple[list[Horizon], list[Horizon]]:
    """Return effects and placebos that have switchers with a comparison; as ``list_horizons`` does from rows."""
    m = means.moments
    kept = np.ones(m.onset.size, dtype=bool)
    if same_switchers:
        everyone = kept
        for step in range(1, n_effects + 1):
            seen = [c.switchers for c in _mean_cells(means, everyone, step, False, anticipation)]
            kept = kept & np.any(seen, axis=0)
    horizons = []
    for is_placebo, n in ((False, n_effects), (True, n_placebos)):
        plans = [list(_mean_cells(means, kept, step, is_placebo, anticipation)) for step in range(1, n + 1)]
        horizons.append([_mean_horizon(m, plan, k + 1, singletons) for k, plan in enumerate(plans) if plan])
    return horizons[0], horizons[1]


def _mean_cells(
    means: PanelMeans, kept: BoolArray, step: int, is_placebo: bool, anticipation: int
) -> Iterator[_CohortCell]:
    """Yield the cells of one horizon. A placebo needs the effect of the same horizon to be observed as well."""
    m, observed = means.moments, means.observed
    n_periods = m.periods.size
    inside = np.isfinite(m.onset)
    position = np.where(inside, m.onset, m.periods[0] + n_periods) - m.periods[0]
    # Treated in the first period or before: their first dose is another one, so they are nobody's comparison.
    starts_untreated = position > 0
    first = np.where(inside, np.maximum(position - anticipation, 0), position).astype(np.int64)
    for onset in np.unique(m.onset[inside & starts_untreated]):
        is_cohort = m.onset == onset
        start = int(first[is_cohort][0])
        at, base = start + step - 1, start - 1
        far = base - step if is_placebo else at
        if base < 0 or far < 0 or at >= n_periods:
            continue
        seen = observed[:, far] & observed[:, base] & observed[:, at]
        switching, comparison = is_cohort & seen & kept, starts_untreated & (first > at) & seen
        if switching.any() and comparison.any():
            yield _CohortCell(float(onset), at, far, base, switching, comparison)


def _mean_horizon(m: CohortMoments, plan: list[_CohortCell], step: int, singletons: Singletons) -> Horizon:
    """Add the cells up, side by side in columns: (n_groups, n_cells)."""
    switchers, others = (np.array([getattr(c, name) for c in plan]).T for name in ("switchers", "comparison"))
    far, base, at = (np.array([getattr(c, name) for c in plan]) for name in ("far", "base", "at"))
    change = np.where(switchers | others, m.means[:, far] - m.means[:, base], 0.0)
    n, n_others = m.counts @ switchers, m.counts @ others
    total = n.sum()
    sums, other_sums = (m.counts @ np.where(members, change, 0.0) for members in (switchers, others))
    received = m.periods[at] - np.array([c.onset for c in plan]) + 1
    middle, n_all = (sums + other_sums) / (n + n_others), n + n_others
    coefficients, loadings, constants = np.zeros(m.means.shape), np.zeros(m.means.shape), np.zeros(m.onset.size)
    for members, size, added, share in (
        (switchers, n, sums, np.ones(n.size)),
        (others, n_others, other_sums, -n / n_others),
    ):
        # A group of one has no center.
        is_alone = size < 2
        center = np.where(is_alone, middle, added / size)
        some = np.where(is_alone, n_all, size)
        scale = np.where(is_alone & (singletons == "dropped"), 0.0, np.sqrt(some / (some - 1)))
        loading = share * scale / total * members
        constants += (loading * (change - center)).sum(axis=1)
        for table, values in ((coefficients, loading), (loadings, share / total * members)):
            table[:, far] += values
            table[:, base] -= values
    return Horizon(
        step=step,
        effect=float(n @ (sums / n - other_sums / n_others) / total),
        influence=(coefficients, loadings, constants),
        switchers=np.flatnonzero(switchers.any(axis=1)),
        n_switchers=int(total),
        weight=float(total),
        dose=float(n @ (received > 0) / total),
        dose_so_far=float(n @ np.maximum(received, 0) / total),
    )
