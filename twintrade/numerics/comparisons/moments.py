"""Counts, means and centered second moments per cohort: all that estimators without covariates need from the rows."""

from dataclasses import dataclass

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray, IntArray, ObjectArray

CHUNK = 8192
"""Rows held at a time: 20 periods of them fit in a second-level cache."""


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
        """Build from sums and raw second moments, as an SQL statement returns them.

        ``onset`` (n_cohorts,); ``periods`` (n_periods,); ``counts`` (n_cohorts,); ``sums`` (n_cohorts, n_periods);
        ``products`` (n_cohorts, n_periods, n_periods).
        """
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
        """Return the statistics with cohorts put together.

        ``codes`` (n_cohorts,): position of each cohort in ``onset``; ``onset`` (n_pooled,).
        """
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
    """Return the moments of a balanced panel in one pass.

    ``outcomes`` (n_units, n_periods); ``cohort`` (n_units,): codes into ``onset``; ``onset`` (n_cohorts,);
    ``periods`` (n_periods,).
    """
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
