"""Effects of switchers from cohort statistics, where treatment is a tie that stays and no row is missing."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twintrade.design import Observations
from twintrade.estimators.switcher_cells import Singletons
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.cohort_moments import CohortMoments


@dataclass(frozen=True, slots=True, eq=False)
class MeanHorizon:
    """One effect, or one placebo.

    Attributes
    ----------
    step : int
        Number of periods compared, from 1.
    effect : float
    coefficients : FloatArray, shape (n_cohorts, n_periods)
    constants : FloatArray, shape (n_cohorts,)
    cohorts : IntArray, shape (n_switching,)
        The cohorts that switch.
    n_switchers : int
    weight : float
        The same.
    dose, dose_so_far : float
        Change of the dose at this horizon, and its sum since the switch, averaged over the switchers.
    """

    step: int
    effect: float
    coefficients: FloatArray
    constants: FloatArray
    cohorts: IntArray
    n_switchers: int
    weight: float
    dose: float
    dose_so_far: float


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    """A cohort at one horizon: positions of the periods compared, and its comparison cohorts."""

    cohort: int
    at: int
    far: int
    base: int
    comparison: BoolArray


def has_means(o: Observations) -> bool:
    """Return whether cohort statistics hold all that the effects of switchers need."""
    is_plain = o.design.treatment.dose is None and o.weights is None and not o.design.covariates
    return is_plain and o.is_complete and bool(o.periods[-1] - o.periods[0] + 1 == o.periods.size)


def mean_horizons(
    m: CohortMoments,
    n_effects: int,
    n_placebos: int,
    singletons: Singletons,
    same_switchers: bool,
    anticipation: int,
) -> tuple[list[MeanHorizon], list[MeanHorizon]]:
    """Return the effects and the placebos that have switchers with a comparison; as ``horizons`` does from rows."""
    kept = np.ones(m.onset.size, dtype=bool)
    if same_switchers:
        for step in range(1, n_effects + 1):
            seen = [c.cohort for c in _cells(m, step, False, anticipation)]
            kept &= np.isin(np.arange(m.onset.size), seen)
    found = []
    for is_placebo, n in ((False, n_effects), (True, n_placebos)):
        plans = [[c for c in _cells(m, step, is_placebo, anticipation) if kept[c.cohort]] for step in range(1, n + 1)]
        found.append([_horizon(m, plan, k + 1, singletons) for k, plan in enumerate(plans) if plan])
    return found[0], found[1]


def _cells(m: CohortMoments, step: int, is_placebo: bool, anticipation: int) -> Iterator[_Cell]:
    n_periods = m.periods.size
    inside = np.isfinite(m.onset)
    position = np.where(inside, m.onset, m.periods[0] + n_periods) - m.periods[0]
    # Tied in the first period or before: their first dose is another one, so they are nobody's comparison.
    untied = position > 0
    first = np.where(inside, np.maximum(position - anticipation, 0), position).astype(np.int64)
    for g in np.flatnonzero(inside & untied):
        at, base = int(first[g]) + step - 1, int(first[g]) - 1
        far = base - step if is_placebo else at
        comparison = untied & (first > at)
        if base >= 0 and far >= 0 and at < n_periods and comparison.any():
            yield _Cell(int(g), at, far, base, comparison)


def _horizon(m: CohortMoments, plan: list[_Cell], step: int, singletons: Singletons) -> MeanHorizon:
    total = sum(m.counts[c.cohort] for c in plan)
    coefficients, constants = np.zeros(m.means.shape), np.zeros(m.onset.size)
    effect = dose = so_far = 0.0
    for cell in plan:
        change = m.means[:, cell.far] - m.means[:, cell.base]
        own, others = np.arange(m.onset.size) == cell.cohort, cell.comparison
        n, n_others = m.counts[cell.cohort], m.counts[others].sum()
        gap = change[cell.cohort] - m.counts[others] @ change[others] / n_others
        effect += n * gap / total
        received = m.periods[cell.at] - m.onset[cell.cohort] + 1
        dose += n * float(received > 0) / total
        so_far += n * max(received, 0.0) / total
        everyone = own | others
        middle = m.counts[everyone] @ change[everyone] / m.counts[everyone].sum()
        for members, share in ((own, 1.0), (others, -n / n_others)):
            center, scale = _centering(m.counts, change, members, middle, n + n_others, singletons)
            loading = share * scale / total * members
            coefficients[:, cell.far] += loading
            coefficients[:, cell.base] -= loading
            constants += loading * (change - center)
    cohorts = np.array([c.cohort for c in plan], dtype=np.int64)
    return MeanHorizon(step, effect, coefficients, constants, cohorts, int(total), float(total), dose, so_far)


def _centering(
    counts: FloatArray,
    change: FloatArray,
    members: BoolArray,
    middle: float,
    n_all: float,
    singletons: Singletons,
) -> tuple[float, float]:
    """Return what changes are measured from, and a factor for its estimation; a group of one has no center."""
    n = counts[members].sum()
    if n >= 2:
        return float(counts[members] @ change[members] / n), float(np.sqrt(n / (n - 1)))
    return middle, 0.0 if singletons == "dropped" else float(np.sqrt(n_all / (n_all - 1)))
