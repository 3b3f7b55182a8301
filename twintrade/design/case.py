"""One treated unit and its donors as arrays, and the cases that placebo tests make of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from twintrade.design.design import Design
from twintrade.design.outcome_matrix import OutcomeMatrix
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.errors import DesignError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, ObjectArray


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The treated unit in the first row, donors below it, over the periods of the treated unit."""

    values: FloatArray  # (1 + n_donors, n_periods): transformed outcomes
    units: ObjectArray  # (1 + n_donors,)
    periods: IntArray  # (n_periods,)
    onset: int  # first treated period
    anticipation: int
    # city, partner: (1 + n_donors,): codes of both ends
    city: IntArray
    partner: IntArray
    predictors: FloatArray  # (1 + n_donors, n_predictors): covariates averaged over the periods before the onset
    seasons: int = 1  # periods a year

    @property
    def treated(self) -> FloatArray:
        """Outcome of the treated unit, shape (n_periods,)."""
        return np.asarray(self.values[0])

    @property
    def donors(self) -> FloatArray:
        """Outcomes of the donors, shape (n_donors, n_periods)."""
        return self.values[1:]

    @property
    def n_donors(self) -> int:
        """Number of donors."""
        return int(self.values.shape[0] - 1)

    @property
    def event_times(self) -> IntArray:
        """Period less onset, shape (n_periods,)."""
        return self.periods - self.onset

    @property
    def is_before(self) -> BoolArray:
        """Whether each period is untouched: before the onset less anticipation, shape (n_periods,)."""
        return np.asarray(self.event_times < -self.anticipation)

    @property
    def is_after(self) -> BoolArray:
        """Whether each period is treated, shape (n_periods,)."""
        return np.asarray(self.event_times >= 0)

    def chosen(self, rows: IntArray) -> "Case":
        """Return the case of other rows, the first of them in the treated unit's place."""
        return replace(
            self,
            values=self.values[rows],
            units=self.units[rows],
            city=self.city[rows],
            partner=self.partner[rows],
            predictors=self.predictors[rows],
        )

    def placebo(self, donor: int) -> "Case":
        """Return the case in which one donor takes the treated unit's place, and the treated unit is gone."""
        rest = np.delete(np.arange(1, self.units.size), donor)
        return self.chosen(np.concatenate([[donor + 1], rest]).astype(np.int64))

    def placebos(self) -> Iterator["Case"]:
        """Return every placebo case in turn."""
        return (self.placebo(j) for j in range(self.n_donors))

    def without(self, donor: int) -> "Case":
        """Return the case without one donor."""
        return self.chosen(np.delete(np.arange(self.units.size), donor + 1).astype(np.int64))

    def during(self, periods: BoolArray) -> "Case":
        """Return the case in some of its periods, shape (n_periods,)."""
        return replace(self, values=self.values[:, periods], periods=self.periods[periods])

    def deseasonalized(self) -> "Case":
        """Return the case with each unit's seasonal pattern before the onset taken out, its mean there kept.

        As it is where a year is one period, or where fewer than two years lie before the onset.
        """
        if self.seasons == 1 or int(self.is_before.sum()) < 2 * self.seasons:
            return self
        return replace(self, values=remove_seasons(self.values, self.periods % self.seasons, self.is_before))

    def dated(self, onset: int) -> "Case":
        """Return the case with another onset."""
        return replace(self, onset=onset)


def remove_seasons(values: FloatArray, season: IntArray, before: BoolArray) -> FloatArray:
    """Return values less seasonal means over some periods, plus the mean of these means.

    ``values`` (n_units, n_periods): naN where there is none; ``season`` (n_periods,); ``before`` (n_periods,):
    periods that the means are taken over; every season occurs in them.
    """
    means = np.column_stack([np.nanmean(values[:, before & (season == s)], axis=1) for s in np.unique(season)])
    place = np.searchsorted(np.unique(season), season)
    return np.asarray(values - means[:, place] + means.mean(axis=1, keepdims=True))


def build_case(design: Design, matrix: OutcomeMatrix, row: int | None = None) -> Case:
    """Return the case of one treated unit of a matrix, the only one by default."""
    row = matrix.treated if row is None else row
    onset = int(matrix.onset[row])
    rows = np.concatenate([[row], np.flatnonzero(~matrix.is_treated)]).astype(np.int64)
    codes = matrix.unit_rows[rows]
    if not (matrix.periods < onset - design.anticipation).any():
        when = design.panel.label(onset)
        raise DesignError(f"{matrix.units[row]} has no period before {when} less {design.anticipation}")
    return Case(
        values=matrix.values[rows],
        units=matrix.units[rows],
        periods=matrix.periods,
        onset=onset,
        anticipation=design.anticipation,
        city=design.panel.unit_city[codes],
        partner=design.panel.unit_partner[codes],
        predictors=_predictors(design, codes, onset),
        seasons=PERIODS_PER_YEAR[design.panel.frequency],
    )


def _predictors(design: Design, units: IntArray, onset: int) -> FloatArray:
    """Return the mean of each covariate over a unit's periods before the onset, shape (n_units, n_covariates)."""
    o = design.observations
    before = o.period < onset - design.anticipation
    out = np.empty((units.size, o.covariates.shape[1]))
    for i, unit in enumerate(units):
        mine = before & (o.unit_rows[o.unit] == unit)
        out[i] = o.covariates[mine].mean(axis=0) if out.shape[1] else 0.0
    return out
