"""Influence that is affine in a unit's own outcomes within its cohort, kept as coefficients until asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from twintrade.effects.uncertainty import (
    Factor,
    GroupedInfluence,
    Influence,
    UnitInfluence,
    WeightInfluence,
    is_each_alone,
)
from twintrade.errors import InferenceError
from twintrade.numerics.arrays import FloatArray, IntArray, ObjectArray, sum_by_group
from twintrade.numerics.comparisons import ClusterSums, CohortMoments

# Influence beside a copy whose residuals are freed of their own leverage, for a variance between the two.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CorrectedInfluence(UnitInfluence):
    """Unit influence with its leverage-adjusted twin."""

    adjusted: FloatArray  # (n_units, n_effects)

    def combined(self, weights: FloatArray, extra: WeightInfluence | None = None) -> "CorrectedInfluence":
        """Return the influence of ``effects @ weights`` for fixed weights."""
        if extra is not None:
            raise InferenceError("leverage-adjusted influence takes fixed weights only")
        base = UnitInfluence.combined(self, weights)
        return CorrectedInfluence(base.unit_ids, base.values, base.source, adjusted=self.adjusted @ weights)


# Ids and counts as one cell of specifications.csv, and back.


def join_ids(ids: Iterable[str]) -> str:
    """Return ids as a cell holds them: "dyad;city_period;partner_period"."""
    return ";".join(ids)


def split_ids(cell: str) -> tuple[str, ...]:
    """Return the ids that a cell holds; none where it is empty."""
    return tuple(cell.split(";")) if cell else ()


def join_counts(counts: Mapping[str, int]) -> str:
    """Return counts by id as a cell holds them: "city=30;partner=20"."""
    return join_ids(f"{name}={n}" for name, n in counts.items())


def split_counts(cell: str) -> dict[str, int]:
    """Return the counts by id that a cell holds; none where it is empty."""
    return {name: int(n) for name, _, n in (part.partition("=") for part in split_ids(cell))}


@dataclass(frozen=True, slots=True, eq=False)
class CohortInfluence(Influence):
    """Unit i of cohort h contributes ``coefficients[h].T @ (Y_i - means[h]) + constants[h]``.

    Clustered by unit, its cross-product needs the cohort moments alone; by larger clusters, cluster-by-cohort sums.
    """

    moments: CohortMoments
    coefficients: FloatArray  # (n_cohorts, n_periods, n_effects)
    constants: FloatArray  # (n_cohorts, n_effects)
    # (n_units,): none when the moments were made elsewhere and no unit is at hand
    listed: ObjectArray | None = None
    cohort: IntArray | None = None  # (n_units,)
    outcomes: FloatArray | None = None  # (n_units, n_periods)
    # Sums by cluster and cohort that came with moments made elsewhere
    given_clusters: Mapping[str, ClusterSums] = field(default_factory=dict)
    # (n_cohorts,): where the moments are by parts of cohorts (units that miss the same periods): the cohort of each
    # part
    parent: IntArray | None = None
    # (n_cohorts, n_periods, n_effects): weight of a unit's outcome in each effect; None where the coefficients are
    # that
    loadings: FloatArray | None = None

    @property
    def unit_loadings(self) -> FloatArray:
        """Weight of a unit's outcome in each effect, shape (n_cohorts, n_periods, n_effects)."""
        return self.coefficients if self.loadings is None else self.loadings

    @property
    def has_units(self) -> bool:
        """Whether units are at hand, or cohort statistics alone."""
        return self.listed is not None

    @property
    def units(self) -> ObjectArray:
        """Unit identifiers, shape (n_units,); numbers where the moments were made elsewhere."""
        return np.arange(int(self.moments.counts.sum())).astype(object) if self.listed is None else self.listed

    @property
    def n_effects(self) -> int:
        """Number of columns."""
        return int(self.constants.shape[1])

    def matrix(self) -> FloatArray:
        """Return the influence, shape (n_units, n_effects)."""
        cohort, outcomes = self._rows()
        out = np.empty((cohort.size, self.n_effects))
        for h in range(self.moments.onset.size):
            members = cohort == h
            out[members] = (outcomes[members] - self.moments.means[h]) @ self.coefficients[h] + self.constants[h]
        return out

    def cluster_sums(self, clusters: IntArray) -> FloatArray:
        """Return the influence summed within clusters, shape (n_clusters, n_effects)."""
        if is_each_alone(clusters):
            return self.matrix()
        cohort, outcomes = self._rows()
        n_clusters = int(clusters.max()) + 1
        sums = np.zeros((n_clusters, self.n_effects))
        for h in range(self.moments.onset.size):
            members = np.flatnonzero(cohort == h)
            counts = np.bincount(clusters[members], minlength=n_clusters)
            totals = sum_by_group(outcomes[members] - self.moments.means[h], clusters[members], n_clusters)
            sums += totals @ self.coefficients[h] + counts[:, None] * self.constants[h]
        return sums

    def factors(self, clusters: IntArray) -> list[Factor]:
        """Return factors of the cluster sums: by unit, a cohort's deviations where effects outnumber periods."""
        cohort, outcomes = self._rows()
        if not is_each_alone(clusters) or self.n_effects <= outcomes.shape[1] + 1:
            return Influence.factors(self, clusters)
        products = []
        for h in range(self.moments.onset.size):
            members = np.flatnonzero(cohort == h)
            values = np.ones((members.size, outcomes.shape[1] + 1))
            values[:, :-1] = outcomes[members] - self.moments.means[h]
            products.append(Factor(members, values, np.vstack([self.coefficients[h], self.constants[h]])))
        return products

    def given_sums(self, name: str) -> FloatArray:
        """Return the influence summed within clusters whose sums were made elsewhere, (n_clusters, n_effects)."""
        if name not in self.given_clusters:
            self._rows()
        c = self.given_clusters[name]
        deviations = c.sums - c.counts[:, :, None] * self.moments.means
        return np.asarray(np.einsum("cht,htk->ck", deviations, self.coefficients) + c.counts @ self.constants)

    def cross_product(self, clusters: IntArray) -> FloatArray:
        """Return the sum over clusters of outer products of cluster sums, shape (n_effects, n_effects)."""
        is_by_unit = clusters.size == int(self.moments.counts.sum()) and is_each_alone(clusters)
        return self.unit_cross_product() if is_by_unit else Influence.cross_product(self, clusters)

    def unit_cross_product(self) -> FloatArray:
        """Return the sum over units of outer products, from the cohort moments alone."""
        total = np.zeros((self.n_effects, self.n_effects))
        for h in range(self.moments.onset.size):
            total += self.coefficients[h].T @ self.moments.scatter[h] @ self.coefficients[h]
            total += self.moments.counts[h] * np.outer(self.constants[h], self.constants[h])
        return total

    def combined(self, weights: FloatArray, extra: WeightInfluence | None = None) -> "CohortInfluence":
        """Return the influence of ``effects @ weights``; ``extra`` must be grouped by the same cohorts."""
        constants = self.constants @ weights
        if extra is not None:
            values = self._by_group(extra) if isinstance(extra, GroupedInfluence) else np.empty((0, 0))
            if values.shape[0] != constants.shape[0]:
                raise InferenceError("the influence of the weights is grouped by other cohorts than the effects")
            constants = constants + values
        loadings = None if self.loadings is None else self.loadings @ weights
        return replace(self, coefficients=self.coefficients @ weights, constants=constants, loadings=loadings)

    def _by_group(self, extra: GroupedInfluence) -> FloatArray:
        """Return the influence by group, empty where units of a group weigh differently in their cohort."""
        values = extra.values if self.parent is None else extra.values[self.parent]
        if extra.unit_weights is None:
            return values
        weights = np.zeros(values.shape[0])
        weights[self.cohort] = extra.unit_weights
        return values * weights[:, None] if (weights[self.cohort] == extra.unit_weights).all() else np.empty((0, 0))

    def _rows(self) -> tuple[IntArray, FloatArray]:
        if self.cohort is None or self.outcomes is None:
            raise InferenceError(
                "this estimate was made from cohort statistics, without units: cluster by unit, "
                "or give the statistics by cluster and cohort"
            )
        return self.cohort, self.outcomes
