"""Observations laid out unit by period, with cohorts coded: how group-time methods read a panel."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from twintrade.design import Observations
from twintrade.effects.cohort_influence import CohortInfluence
from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray
from twintrade.numerics.comparisons import ClusterSums, CohortMoments, compute_cohort_moments


@dataclass(frozen=True, slots=True, eq=False)
class Wide:
    """A panel as a matrix; where cohort statistics were made elsewhere, the matrix of the cohorts' means."""

    unit_ids: ObjectArray  # (n_units,)
    periods: IntArray  # (n_periods,)
    outcomes: FloatArray  # (n_units, n_periods): naN where a unit is not observed
    onset: FloatArray  # (n_cohorts,): ascending; onsets after the last period count as never, `inf`
    cohort: IntArray  # (n_units,): codes into `onset`
    covariates: FloatArray  # (n_units, n_periods, n_covariates)
    weights: FloatArray | None  # (n_units, n_periods)
    is_complete: bool  # whether every unit is observed in every period
    given: CohortMoments | None = None  # statistics made elsewhere, for the cohorts of `onset`
    clusters: Mapping[str, ClusterSums] = field(default_factory=dict)  # sums by cluster that came with them
    # Whether rows are compared as cross-sections, so that a unit observed once counts as others do
    are_sections: bool = False

    @property
    def is_single(self) -> BoolArray:
        """Which units are observed once: they show no change and count in no cohort's size, shape (n_units,)."""
        if self.is_complete or self.are_sections:
            return np.zeros(self.unit_ids.size, dtype=bool)
        return np.asarray((~np.isnan(self.outcomes)).sum(axis=1) == 1)

    @property
    def unit_weights(self) -> FloatArray | None:
        """Weight of each unit in its cohort's size, where first observed; None where all are one: (n_units,)."""
        is_single = self.is_single
        if self.weights is None:
            return np.where(is_single, 0.0, 1.0) if is_single.any() else None
        first = np.argmax(~np.isnan(self.outcomes), axis=1)
        return np.where(is_single, 0.0, self.weights[np.arange(first.size), first])

    def weights_at(self, unit: IntArray, period: int | IntArray) -> FloatArray:
        """Return the sampling weights of units in a period each, one where there are none, shape (n,)."""
        return np.ones(unit.size) if self.weights is None else self.weights[unit, period]

    @property
    def sizes(self) -> FloatArray:
        """Units of each cohort, or their sampling weights, shape (n_cohorts,)."""
        weights = self.unit_weights
        return (
            self.counts if weights is None else np.bincount(self.cohort, weights, self.onset.size).astype(np.float64)
        )

    @property
    def counts(self) -> FloatArray:
        """Units per cohort, shape (n_cohorts,)."""
        if self.given is not None:
            return self.given.counts
        return np.bincount(self.cohort[~self.is_single], minlength=self.onset.size).astype(np.float64)

    def moments(self) -> CohortMoments:
        """Return counts, means and second moments of the cohorts of a complete panel."""
        if self.given is not None:
            return self.given
        return compute_cohort_moments(self.outcomes, self.cohort, self.onset, self.periods)

    def influence(self, moments: CohortMoments, coefficients: FloatArray, constants: FloatArray) -> CohortInfluence:
        """Wrap coefficients (n_cohorts, n_periods, k) and constants (n_cohorts, k)."""
        if self.given is not None:
            return CohortInfluence(moments, coefficients, constants, given_clusters=self.clusters)
        return CohortInfluence(moments, coefficients, constants, self.unit_ids, self.cohort, self.outcomes)


def widen(observations: Observations) -> Wide:
    """Lay out the observations; a complete panel is only reshaped."""
    o = observations
    periods, is_complete = o.periods, o.is_complete
    shape = (o.n_units, periods.size)
    onset, cohort = np.unique(np.where(o.unit_onset > periods[-1], np.inf, o.unit_onset), return_inverse=True)
    if o.statistics is not None:
        return _of_statistics(o, onset, cohort.astype(np.int64))

    def laid_out(values: FloatArray) -> FloatArray:
        if is_complete:
            return values.reshape(shape + values.shape[1:])
        out = np.full(shape + values.shape[1:], np.nan)
        out[o.unit, np.searchsorted(periods, o.period)] = values
        return out

    return Wide(
        unit_ids=o.unit_ids,
        periods=periods,
        outcomes=laid_out(o.y),
        onset=onset,
        cohort=cohort.astype(np.int64),
        covariates=laid_out(o.covariates),
        weights=None if o.weights is None else laid_out(o.weights),
        is_complete=is_complete,
    )


def _of_statistics(o: Observations, onset: FloatArray, codes: IntArray) -> Wide:
    """Take the statistics of the cohorts and periods that take part; cohorts of the same fate are put together."""
    statistics = o.statistics
    assert statistics is not None
    if not o.is_complete:
        raise EstimationError("cohort statistics cannot leave out single periods of a cohort; give the rows")
    periods = np.searchsorted(statistics.moments.periods, o.periods)
    m = statistics.moments.part(o.unit_rows, periods).pooled(codes, onset)
    return Wide(
        unit_ids=onset.astype(object),
        periods=o.periods,
        outcomes=m.means,
        onset=onset,
        cohort=np.arange(onset.size),
        covariates=np.empty((onset.size, o.periods.size, 0)),
        weights=None,
        is_complete=True,
        given=m,
        clusters={n: c.part(o.unit_rows, periods).pooled(codes, onset.size) for n, c in statistics.clusters.items()},
    )
