"""How many clusters an estimate amounts to, by each cluster's share of its variance, whatever method made it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.effects import Estimate, Influence
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.estimators.base import Fit
from twintrade.inference.clustering.clusters import NESTING, find_unit_positions
from twintrade.inference.clustering.row_weights import find_row_weights
from twintrade.inference.refits.leave_out import count_effective_clusters
from twintrade.numerics.arrays import FloatArray, compact


@dataclass(frozen=True, slots=True, eq=False)
class ClusterShares:
    """Clusters' shares of the variance of an estimate, by clustering dimension.

    A cluster's share is its sum of squared row weights, v^2 in the estimate v'y: its part of the variance where rows
    are independent with one variance. One over the sum of squared shares is G* of Carter, Schnepel and Steigerwald
    (2017) for that model. Their other model, one common shock in all rows of a cluster, has no share to compute here:
    weights add up to zero within a unit, whose effect the estimate removes.
    """

    # shares, treated_shares: (n_clusters,): of all rows, and of the rows of units that are ever treated among theirs
    shares: dict[str, FloatArray]
    treated_shares: dict[str, FloatArray]
    has_weights: bool  # whether rows' weights are known; else shares are those of the units' squared influence

    @property
    def effective(self) -> dict[str, float]:
        """Equally informative clusters that those of each dimension amount to."""
        return {name: count_effective_clusters(share) for name, share in self.shares.items()}

    @property
    def effective_treated(self) -> dict[str, float]:
        """The same of the treated side."""
        return {name: count_effective_clusters(share) for name, share in self.treated_shares.items()}


def measure_cluster_shares(fit: Fit, estimate: Estimate, names: Sequence[str]) -> ClusterShares:
    """Return clusters' shares of the variance of the (first) effect; none where there is no influence."""
    influence, o = estimate.uncertainty, fit.design.observations
    if not isinstance(influence, Influence):
        return ClusterShares({}, {}, False)
    weights = find_row_weights(fit, estimate, slice(1))
    if weights is not None:
        size, unit = weights.values[:, 0] ** 2, o.unit[weights.rows]
        codes = {n: np.arange(unit.size) if n == "row" else compact(o.codes(n)[weights.rows]) for n in names}
    elif isinstance(influence, CohortInfluence) and not influence.has_units:
        return _of_statistics(influence, names)
    else:
        unit, size = find_unit_positions(o, influence), influence.matrix()[:, 0] ** 2
        codes = {n: compact(o.unit_clusters(n)[unit]) for n in names if n in NESTING}
    is_treated = o.is_ever_treated[unit]
    shares = {n: _share(np.bincount(c, size)) for n, c in codes.items()}
    treated = {n: _share(np.bincount(c, np.where(is_treated, size, 0.0))) for n, c in codes.items()}
    return ClusterShares(shares, treated, weights is not None)


def _share(size: np.ndarray) -> FloatArray:
    total = size.sum()
    return np.asarray(size / total if total > 0 else np.full(size.size, np.nan))


def _of_statistics(influence: CohortInfluence, names: Sequence[str]) -> ClusterShares:
    """Take each unit of a cohort for the same share, where only cohort statistics are at hand."""
    q = (influence.unit_loadings[:, :, 0] ** 2).sum(axis=1)
    counts = influence.moments.counts
    members = {n: influence.given_clusters[n].counts for n in names if n in influence.given_clusters}
    if "unit" in names:
        members["unit"] = np.repeat(np.eye(q.size), counts.astype(np.int64), axis=0)
    is_treated = np.isfinite(influence.moments.onset)
    shares = {n: _share(m @ q) for n, m in members.items()}
    treated = {n: _share(m @ np.where(is_treated, q, 0.0)) for n, m in members.items()}
    return ClusterShares(shares, treated, False)
