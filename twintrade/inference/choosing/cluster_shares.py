"""How many clusters an estimate amounts to, by each cluster's share of its variance, whatever method made it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twintrade.design import Observations
from twintrade.effects import CohortEffects, Estimate, Influence
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.estimators.base import Fit
from twintrade.inference.clustering.clusters import NESTING, find_row_weights, find_unit_positions
from twintrade.inference.refits.leave_out import count_effective_clusters, get_regression
from twintrade.numerics.absorption import find_singletons
from twintrade.numerics.arrays import FloatArray, compact
from twintrade.numerics.linear import find_leverage_one, find_resting

# How much of a headline rests on comparison rows of leverage one, whose noise clustered errors do not see.


@dataclass(frozen=True, slots=True)
class LeverageOne:
    """Comparison rows that alone determine an effect on which treated rows rest."""

    n_rows: int
    share: float  # of the headline's weight, that of the treated rows that rest on them


def measure_leverage_one(fit: Fit, overall: Estimate) -> LeverageOne:
    """Count untreated rows of leverage one on which treated rows rest, and weigh the treated rows that do.

    Rows alone in a level of the whole sample are dropped first: nothing rests on them. A unit's only untreated row
    determines that unit's effect and nothing else, and its noise shows in the unit's own treated rows; so it is not
    counted. A row that alone determines another effect moves treated rows unseen.
    """
    o = fit.design.observations
    codes = o.effect_codes()
    usable = ~find_singletons(codes)
    rows, treated = np.flatnonzero(usable & ~o.is_affected), np.flatnonzero(usable & o.is_treated)
    if not rows.size or not treated.size:
        return LeverageOne(0, 0.0)
    codes_fit = [c[rows] for c in codes]
    n_own = np.bincount(o.unit[rows], minlength=o.n_units)
    alone = find_leverage_one(codes_fit) & (n_own[o.unit[rows]] > 1)
    resting, carrying = find_resting(codes_fit, [c[treated] for c in codes], alone)
    if not resting.any():
        return LeverageOne(0, 0.0)
    weight = _weigh_rows(o, fit.estimate, overall)
    if not weight[o.is_treated].sum() > 0:
        weight = np.ones(o.n_rows)
    return LeverageOne(int(carrying.sum()), float(weight[treated[resting]].sum() / weight[o.is_treated].sum()))


def _weigh_rows(o: Observations, estimate: Estimate, overall: Estimate) -> FloatArray:
    """Return the size of each row's weight in the headline, (n_rows,).

    Behind a regression it is the row's loading. Cells share their weight among their rows; elsewhere rows count by
    their sampling weights.
    """
    out = np.zeros(o.n_rows)
    source = get_regression(overall)
    if source is not None:
        out[source.rows] = np.abs(source.weights * source.along(source.bread @ source.selector[:, :1])[:, 0])
        return out
    used = estimate.sample.rows
    out[used] = o.row_weights[used]
    if isinstance(estimate, CohortEffects):
        cells = [o.onset, o.event_time]
        size = pd.Series(out).groupby(cells).transform("sum").to_numpy()
        known = pd.Series(estimate.cell_weights, index=[estimate.cohorts.astype(np.float64), estimate.event_times])
        weight = known.reindex(pd.MultiIndex.from_arrays(cells)).fillna(0.0).to_numpy()
        out = np.divide(out * weight, size, out=np.zeros_like(out), where=size > 0)
    return out


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
