"""Observations laid out unit by period, with cohorts coded: how group-time methods read a panel."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Observations
from twintrade.numerics.arrays import FloatArray, IntArray, ObjectArray


@dataclass(frozen=True, slots=True, eq=False)
class Wide:
    """A panel as a matrix.

    Attributes
    ----------
    unit_ids : ObjectArray, shape (n_units,)
    periods : IntArray, shape (n_periods,)
    outcomes : FloatArray, shape (n_units, n_periods)
        NaN where a unit is not observed.
    onset : FloatArray, shape (n_cohorts,)
        Ascending; onsets after the last period count as never, ``inf``.
    cohort : IntArray, shape (n_units,)
        Codes into ``onset``.
    covariates : FloatArray, shape (n_units, n_periods, n_covariates)
    weights : FloatArray or None, shape (n_units, n_periods)
    is_complete : bool
        Whether every unit is observed in every period.
    """

    unit_ids: ObjectArray
    periods: IntArray
    outcomes: FloatArray
    onset: FloatArray
    cohort: IntArray
    covariates: FloatArray
    weights: FloatArray | None
    is_complete: bool

    @property
    def unit_weights(self) -> FloatArray | None:
        """Sampling weight of each unit where first observed, shape (n_units,)."""
        if self.weights is None:
            return None
        first = np.argmax(~np.isnan(self.outcomes), axis=1)
        return np.asarray(self.weights[np.arange(first.size), first], dtype=np.float64)

    @property
    def counts(self) -> FloatArray:
        """Units per cohort, shape (n_cohorts,)."""
        return np.bincount(self.cohort, minlength=self.onset.size).astype(np.float64)


def widen(observations: Observations) -> Wide:
    """Lay out the observations; a complete panel is only reshaped."""
    o = observations
    periods, is_complete = o.periods, o.is_complete
    shape = (o.n_units, periods.size)
    onset_of_unit = np.where(o.unit_onset > periods[-1], np.inf, o.unit_onset)
    onset, cohort = np.unique(onset_of_unit, return_inverse=True)

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
