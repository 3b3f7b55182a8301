"""Effects of switchers from means of cohorts, or of their units that miss the same periods; agreements that stay."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twintrade.design import Observations
from twintrade.estimators.cohort_means.missing_patterns import PanelMeans
from twintrade.estimators.switching.cells import Singletons
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.comparisons import CohortMoments


@dataclass(frozen=True, slots=True, eq=False)
class MeanHorizon:
    """One effect, or one placebo."""

    step: int  # number of periods compared, from 1
    effect: float
    # coefficients, loadings: (n_groups, n_periods): of a unit's influence, and the weights of its outcomes in the
    # effect
    coefficients: FloatArray
    loadings: FloatArray
    constants: FloatArray  # (n_groups,)
    groups: IntArray  # (n_switching,): the groups that switch
    n_switchers: int
    weight: float  # the same
    # dose, dose_so_far: Change of the dose at this horizon, and its sum since the switch, averaged over the switchers
    dose: float
    dose_so_far: float


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
) -> tuple[list[MeanHorizon], list[MeanHorizon]]:
    """Return effects and placebos that have switchers with a comparison; as ``list_horizons`` does from rows."""
    m = means.moments
    kept = np.ones(m.onset.size, dtype=bool)
    if same_switchers:
        everyone = kept
        for step in range(1, n_effects + 1):
            seen = [c.switchers for c in _cells(means, everyone, step, False, anticipation)]
            kept = kept & np.any(seen, axis=0)
    horizons = []
    for is_placebo, n in ((False, n_effects), (True, n_placebos)):
        plans = [list(_cells(means, kept, step, is_placebo, anticipation)) for step in range(1, n + 1)]
        horizons.append([_horizon(m, plan, k + 1, singletons) for k, plan in enumerate(plans) if plan])
    return horizons[0], horizons[1]


def _cells(
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


def _horizon(m: CohortMoments, plan: list[_CohortCell], step: int, singletons: Singletons) -> MeanHorizon:
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
    return MeanHorizon(
        step=step,
        effect=float(n @ (sums / n - other_sums / n_others) / total),
        coefficients=coefficients,
        loadings=loadings,
        constants=constants,
        groups=np.flatnonzero(switchers.any(axis=1)),
        n_switchers=int(total),
        weight=float(total),
        dose=float(n @ (received > 0) / total),
        dose_so_far=float(n @ np.maximum(received, 0) / total),
    )
