"""Counts, means and centered second moments per cohort: all that estimators without covariates need from the rows."""

from dataclasses import dataclass, replace
from itertools import combinations, permutations
from typing import Literal, get_args

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray

# Every two-by-two comparison inside a two-way fixed-effects coefficient, with its weight (Goodman-Bacon 2021).

Kind = Literal[
    "earlier against later treated",
    "later against earlier treated",
    "later against always treated",
    "treated against untreated",
    "both treated",
]
EARLIER_LATER, LATER_EARLIER, LATER_ALWAYS, UNTREATED, BOTH_TREATED = get_args(Kind)


@dataclass(frozen=True, slots=True, eq=False)
class TwoByTwo:
    """One comparison of two cohorts."""

    treated: float  # treated, untreated: Onsets; `inf` for never treated
    untreated: float
    kind: str
    estimate: float  # estimate, weight: Weights add up to one
    weight: float


def decompose(means: FloatArray, onset: FloatArray, counts: FloatArray, periods: IntArray) -> list[TwoByTwo]:
    """Decompose a two-way treatment coefficient on a balanced panel from means (n_cohorts, n_periods)."""
    treated = periods >= onset[:, None]
    share = treated.mean(axis=1)
    size = counts / counts.sum()
    comparisons = []
    for k, u in permutations(range(onset.size), 2):
        # The comparison in which cohort k changes and cohort u does not.
        if share[k] in (0.0, 1.0):
            continue
        inside = size[k] / (size[k] + size[u])
        pair = (size[k] + size[u]) ** 2 * inside * (1 - inside)
        if share[u] == 0.0:
            weight, window, kind = pair * share[k] * (1 - share[k]), np.ones(periods.size, dtype=bool), UNTREATED
        elif share[u] < share[k]:
            rest = 1 - share[u]
            weight = pair * rest**2 * ((share[k] - share[u]) / rest) * ((1 - share[k]) / rest)
            window, kind = ~treated[u], EARLIER_LATER
        else:
            weight = pair * share[u] ** 2 * (share[k] / share[u]) * ((share[u] - share[k]) / share[u])
            window, kind = treated[u], LATER_ALWAYS if share[u] == 1.0 else LATER_EARLIER
        after, before = window & treated[k], window & ~treated[k]
        if weight <= 0 or not after.any() or not before.any():
            continue
        change, other = (means[cohort, after].mean() - means[cohort, before].mean() for cohort in (k, u))
        comparisons.append(TwoByTwo(float(onset[k]), float(onset[u]), kind, float(change - other), float(weight)))
    return _share_out(comparisons)


def _share_out(comparisons: list[TwoByTwo]) -> list[TwoByTwo]:
    """Return the comparisons with weights that add up to one."""
    total = sum(one.weight for one in comparisons)
    return [replace(one, weight=one.weight / total) for one in comparisons]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A decomposition given covariates (Goodman-Bacon 2021, section V)."""

    # Coefficient from covariates that differ within cohort and period, which no comparison of cohorts explains
    within: float
    within_weight: float  # its weight in the whole coefficient; the comparisons share the rest
    comparisons: tuple[TwoByTwo, ...]  # of two cohorts at a time; their weights add up to one

    @property
    def total(self) -> float:
        """The coefficient of the regression."""
        between = sum(one.weight * one.estimate for one in self.comparisons)
        return self.within_weight * self.within + (1 - self.within_weight) * between


def decompose_given(
    y: FloatArray, covariates: FloatArray, cohort: IntArray, onset: FloatArray, periods: IntArray
) -> Given:
    """Decompose a treatment dummy's coefficient given covariates, within cohorts and periods and between them."""
    treated = (periods >= onset[:, None])[cohort].astype(np.float64)
    size = np.ones(cohort.size)
    columns = np.stack([_centred(x, size) for x in np.moveaxis(covariates, 2, 0)], axis=2)
    treated_part = _centred(treated, size)
    slopes = np.linalg.lstsq(columns.reshape(treated_part.size, -1), treated_part.ravel(), rcond=None)[0]
    net = treated_part - columns @ slopes
    counts = np.bincount(cohort).astype(np.float64)

    def by_cohort(values: FloatArray) -> FloatArray:
        sums = np.zeros((counts.size, values.shape[1]))
        np.add.at(sums, cohort, values)
        return np.asarray(sums / counts[:, None])

    between, means = by_cohort(net), by_cohort(y)
    inside = net - between[cohort]
    spread = float((inside**2).sum())
    comparisons = []
    for k, u in combinations(range(onset.size), 2):
        pair = [k, u]
        moved = _centred(between[pair], counts[pair])
        of_pair = float((counts[pair, None] * moved**2).sum())
        if of_pair <= 1e-12 * float((counts[:, None] * between**2).sum()):
            continue
        estimate = float((counts[pair, None] * moved * means[pair]).sum()) / of_pair
        kind = UNTREATED if np.isinf(onset[u]) else BOTH_TREATED
        weight = float(counts[pair].sum() * of_pair)
        comparisons.append(TwoByTwo(float(onset[k]), float(onset[u]), kind, estimate, weight))
    within = float((inside * y).sum()) / spread if spread > 0 else 0.0
    return Given(within, spread / float((net**2).sum()), tuple(_share_out(comparisons)))


def _centred(values: FloatArray, size: FloatArray) -> FloatArray:
    """Return a matrix net of row and column means, rows weighted."""
    out = values - values.mean(axis=1, keepdims=True)
    return np.asarray(out - (size @ out / size.sum()))


CHUNK = 8192  # rows held at a time: 20 periods of them fit in a second-level cache


@dataclass(frozen=True, slots=True, eq=False)
class CohortMoments:
    """Sufficient statistics of a balanced panel by cohort; they add up, so a database can make them."""

    onset: FloatArray  # (n_cohorts,): ascending; `inf` for the never treated
    periods: IntArray  # (n_periods,): ascending
    counts: FloatArray  # (n_cohorts,): units
    means: FloatArray  # (n_cohorts, n_periods)
    # (n_cohorts, n_periods, n_periods): sum over units of the outer product of the deviations from the cohort's means
    scatter: FloatArray

    @classmethod
    def from_sums(
        cls, onset: FloatArray, periods: IntArray, counts: FloatArray, sums: FloatArray, products: FloatArray
    ) -> "CohortMoments":
        """Build from sums and raw second moments (n_cohorts, n_periods, n_periods), as an SQL statement has them."""
        n_cohorts, n_periods = onset.size, periods.size
        shapes = (counts.shape, sums.shape, products.shape)
        if shapes != ((n_cohorts,), (n_cohorts, n_periods), (n_cohorts, n_periods, n_periods)):
            raise EstimationError(
                f"cohort statistics of shapes {shapes} do not fit {n_cohorts} cohorts, {n_periods} periods"
            )
        if (counts <= 0).any():
            raise EstimationError(f"cohort {onset[counts <= 0][0]:g} has no unit; leave it out")
        if (np.diff(onset) <= 0).any() or (np.diff(periods) <= 0).any():
            raise EstimationError("give cohorts and periods in strictly ascending order")
        means = sums / counts[:, None]
        scatter = products - counts[:, None, None] * means[:, :, None] * means[:, None, :]
        return cls(onset, periods, counts, means, scatter)

    def merged(self, other: "CohortMoments") -> "CohortMoments":
        """Return the statistics of two disjoint sets of units with the same cohorts and periods."""
        if not (np.array_equal(self.onset, other.onset) and np.array_equal(self.periods, other.periods)):
            raise EstimationError("cohort statistics of different cohorts or periods cannot be merged")
        counts = self.counts + other.counts
        means = (self.counts[:, None] * self.means + other.counts[:, None] * other.means) / counts[:, None]
        gap = self.means - other.means
        between = (self.counts * other.counts / counts)[:, None, None] * gap[:, :, None] * gap[:, None, :]
        return CohortMoments(self.onset, self.periods, counts, means, self.scatter + other.scatter + between)

    def part(self, cohorts: IntArray, periods: IntArray) -> "CohortMoments":
        """Return the statistics of some cohorts and periods, given by position."""
        return CohortMoments(
            self.onset[cohorts],
            self.periods[periods],
            self.counts[cohorts],
            self.means[np.ix_(cohorts, periods)],
            self.scatter[np.ix_(cohorts, periods, periods)],
        )

    def pooled(self, codes: IntArray, onset: FloatArray) -> "CohortMoments":
        """Return the statistics with cohorts put together, by the position (n_cohorts,) of each in ``onset``."""
        counts = np.bincount(codes, self.counts, onset.size).astype(np.float64)
        means = np.zeros((onset.size, self.periods.size))
        np.add.at(means, codes, self.counts[:, None] * self.means)
        means /= counts[:, None]
        gap = self.means - means[codes]
        scatter = np.zeros((onset.size, self.periods.size, self.periods.size))
        np.add.at(scatter, codes, self.scatter + self.counts[:, None, None] * gap[:, :, None] * gap[:, None, :])
        return CohortMoments(onset, self.periods, counts, means, scatter)


@dataclass(frozen=True, slots=True, eq=False)
class ClusterSums:
    """Counts and sums per cluster and cohort: what errors clustered above the unit need."""

    clusters: ObjectArray  # (n_clusters,): labels
    counts: FloatArray  # (n_clusters, n_cohorts): units; zero where a cluster has none of a cohort
    sums: FloatArray  # (n_clusters, n_cohorts, n_periods)

    def part(self, cohorts: IntArray, periods: IntArray) -> "ClusterSums":
        """Return the sums of some cohorts and periods, given by position, without clusters left empty."""
        counts = self.counts[:, cohorts]
        present = np.flatnonzero(counts.sum(axis=1) > 0)
        return ClusterSums(self.clusters[present], counts[present], self.sums[np.ix_(present, cohorts, periods)])

    def pooled(self, codes: IntArray, n_pooled: int) -> "ClusterSums":
        """Return the sums with cohorts put together."""
        member = (codes[:, None] == np.arange(n_pooled)).astype(np.float64)
        return ClusterSums(self.clusters, self.counts @ member, np.einsum("cht,hp->cpt", self.sums, member))


def compute_cohort_moments(
    outcomes: FloatArray, cohort: IntArray, onset: FloatArray, periods: IntArray
) -> CohortMoments:
    """Return the moments of balanced outcomes (n_units, n_periods) in one pass."""
    n_cohorts, n_periods = onset.size, periods.size
    counts = np.bincount(cohort, minlength=n_cohorts).astype(np.float64)
    # Deviations from a rough center keep the subtraction of squares from losing digits.
    center = outcomes[:CHUNK].mean(axis=0)
    sums = np.zeros((n_cohorts, n_periods))
    products = np.zeros((n_cohorts, n_periods, n_periods))
    for start in range(0, outcomes.shape[0], CHUNK):
        codes = cohort[start : start + CHUNK]
        order = np.argsort(codes, kind="stable")
        block = outcomes[start : start + CHUNK][order] - center
        bounds = np.searchsorted(codes[order], np.arange(n_cohorts + 1))
        for h in np.flatnonzero(np.diff(bounds)):
            part = block[bounds[h] : bounds[h + 1]]
            sums[h] += part.sum(axis=0)
            products[h] += part.T @ part
    centered = CohortMoments.from_sums(onset, periods, counts, sums, products)
    return CohortMoments(onset, periods, counts, centered.means + center, centered.scatter)


# Cohort means adjusted by their differences before treatment, when timing is random (Roth and Sant'Anna 2023).


def compute_cohort_covariances(m: CohortMoments) -> FloatArray:
    """Return the sample covariance of the outcomes within each cohort, shape (n_cohorts, n_periods, n_periods)."""
    return np.asarray(m.scatter / (m.counts - 1)[:, None, None])


def adjust_estimates(
    m: CohortMoments, raw: FloatArray, before: FloatArray, beta: FloatArray | None, pinned: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return estimates adjusted by differences before treatment, and the coefficients of their influence."""
    spread = compute_cohort_covariances(m) / m.counts[:, None, None]
    if beta is None:
        variance = np.einsum("gtk,gts,gsk->k", before, spread, before)
        covariance = np.einsum("gtk,gts,gsk->k", before, spread, raw)
        beta = np.divide(covariance, variance, out=np.ones_like(variance), where=variance > 0)
    net = raw - beta * before
    net[:, :, pinned] = 0.0
    scale = 1.0 / np.sqrt(m.counts * (m.counts - 1))
    return np.einsum("gtk,gt->k", net, m.means), net * scale[:, None, None]


def compute_timing_reduction(m: CohortMoments, raw: FloatArray) -> FloatArray:
    """Return how far the Neyman variance overstates, (k,): their sigma_**, with averages as in R's ``staggered``."""
    is_before = m.periods < m.onset.min()
    if not is_before.any():
        return np.zeros(raw.shape[2])
    s = compute_cohort_covariances(m)
    early = s[:, is_before][:, :, is_before]
    slopes = np.einsum("gts,gsk->tk", np.linalg.pinv(early) @ s[:, is_before], raw)
    return np.asarray(np.einsum("tk,ts,sk->k", slopes, early.mean(axis=0), slopes) / m.counts.sum())
