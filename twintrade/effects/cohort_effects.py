"""The one table every cohort-based estimator fills (cohort x event time), and its aggregation, written once."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from twintrade.effects.estimate import AFTER_LESS_BEFORE, PATH, Against, DesignFacts, Estimate, Kind
from twintrade.effects.regression import POOLED, label_cells, label_event_times
from twintrade.effects.uncertainty import GroupedInfluence, Uncertainty, WeightInfluence
from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Listed, Text, Words

# Effects by event time.


def _fill_details(design: DesignFacts, given: dict[str, Any], names: Sequence[Words], weights: str) -> dict[str, Any]:
    """Return fields of an estimate with those that follow from the ones given; ``weights``: named so, the rows."""
    n_cells, is_against = given.get("n_cells", given["n_units"]), given.get("reference") is not None
    details = {"reference": None, "n_cells": n_cells, weights: n_cells.astype(np.float64), "names": names}
    details |= {"scale": design.scale, "anticipation": design.anticipation}
    details |= {"base": "universal" if is_against else "none", "against": "reference" if is_against else "all before"}
    return details | given


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class TimedEffects(Estimate):
    """Effects by event time, averaged from onset on: against all periods before, or one reference (the path)."""

    event_times: IntArray
    reference: int | None
    anticipation: int = 0
    overall: Estimate | None = None

    def keys(self) -> pd.DataFrame:
        """Return the row keys, with event time."""
        return Estimate.keys(self).assign(event_time=pd.array(self.event_times, dtype="Int64"))

    def average(self) -> Estimate:
        """Return the method's own average, or that from onset on, weighted by treated rows or ``cell_weights``.

        Effects against one reference are averaged less the average before onset: against all periods before.

        Raises
        ------
        EstimationError
            No effect from onset on is left.
        """
        if self.overall is not None:
            return self.overall
        if self.against != "reference":
            return self._average_after(Text("estimators.effect-average-cells"), "overall", self.against)
        return self._average_after(AFTER_LESS_BEFORE, "overall", "all before", less_before=True)

    def average_path(self) -> Estimate:
        """Return the average of the effects from onset on against the reference, weighted alike.

        Raises
        ------
        EstimationError
            The effects have no reference, or none from onset on is left.
        """
        if self.against != "reference":
            raise EstimationError("effects that are not measured against a reference have no path against one")
        return self._average_after(PATH, "path", "reference")

    @abstractmethod
    def _average_after(self, name: Text, kind: Kind, against: Against, *, less_before: bool = False) -> Estimate:
        """Return the average from onset on, less that before where this is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class EventStudy(TimedEffects):
    """Effects by event time, one estimate.

    Attributes
    ----------
    event_times : IntArray, shape (n_effects,)
        Ascending. The reference period is among them as an exact zero with zero influence.
    reference : int or None
        Event time set to zero; None where the method has none (imputation leads).
    binned : tuple of bool
        Whether the first and the last event time stand for everything beyond it.
    anticipation : int
        Periods before onset that count as possibly affected.
    pinned : tuple of int
        Event times that count as zero beside the reference and have no effect of their own: a second reference, and
        those that the fixed effects and the other event times determine, as where every unit is treated in the end.
    overall : Estimate or None
        The method's own average, where it is no average of the event-time effects by treated rows.
    path : Estimate or None
        Average against the reference, where event times shown together keep it from being computed from the effects.
    row_weights : FloatArray, shape (n_effects,)
        Sum of the sampling weights of the rows behind each effect: their number, where rows carry none.

    Examples
    --------
    >>> fit.view("event").event_times.tolist()
    [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5]
    """

    kind: Kind = "event"
    binned: tuple[bool, bool] = (False, False)
    pinned: tuple[int, ...] = ()
    path: Estimate | None = None
    row_weights: FloatArray

    @classmethod
    def of(
        cls, design: DesignFacts, event_times: IntArray, effects: FloatArray, uncertainty: Uncertainty, **details: Any
    ) -> "EventStudy":
        """Return effects on a design, with their labels; whatever is not given follows from what is.

        Parameters
        ----------
        **details
            Further fields: ``sample`` and ``n_units`` at least. Rows are taken to be as many as units, and effects
            to be measured against the reference, the same in every period, where there is one.
        """
        details = _fill_details(design, details, label_event_times(event_times), "row_weights")
        return cls(event_times=event_times, effects=effects, uncertainty=uncertainty, **details)

    def __repr__(self) -> str:
        pinned = Listed(label_event_times(np.array(self.pinned)), "comma")
        study = Estimate.__repr__(self)
        return str(Text("estimators.also-zero", study=study, pinned=pinned)) if self.pinned else study

    def pre_effects(self) -> IntArray:
        """Return positions of the pre-period effects, the reference excluded."""
        pre = self.event_times < -self.anticipation
        if self.reference is not None:
            pre &= self.event_times != self.reference
        return np.flatnonzero(pre).astype(np.int64)

    def within(self, window: tuple[int, int]) -> "EventStudy":
        """Return the event times that a window shows, the reference and event time 0 among them; averages stay."""
        low = window[0] if self.reference is None else min(window[0], self.reference)
        shown = (self.event_times >= low) & (self.event_times <= max(window[1], 0))
        if shown.all():
            return self
        return replace(
            self,
            effects=self.effects[shown],
            uncertainty=self.uncertainty.combined(np.eye(self.n_effects)[:, shown]),
            names=tuple(name for name, is_shown in zip(self.names, shown, strict=True) if is_shown),
            n_units=self.n_units[shown],
            n_cells=self.n_cells[shown],
            event_times=self.event_times[shown],
            overall=self.average(),
            path=self.average_path() if self.against == "reference" else None,
            row_weights=self.row_weights[shown],
        )

    def average_path(self) -> Estimate:
        """Return the average of the effects from onset on against the reference, weighted by treated rows."""
        return TimedEffects.average_path(self) if self.path is None else self.path

    def shares(self, chosen: BoolArray) -> FloatArray:
        """Return each effect's weight in an average over the chosen ones: its treated rows, shape (n_effects,).

        Raises
        ------
        EstimationError
            Nothing is chosen that has rows.
        """
        size = np.where(chosen, self.row_weights, 0.0)
        if not size.any():
            side = "before" if (self.event_times[chosen] < 0).any() else "after"
            raise EstimationError(Text("estimators.nothing-to-average", side=side))
        return np.asarray(size / size.sum())

    def _average_after(self, name: Text, kind: Kind, against: Against, *, less_before: bool = False) -> Estimate:
        after = self.event_times >= 0
        weights = self.shares(after)
        if less_before:
            weights = weights - self.shares(self.event_times < -self.anticipation)
        return self.combine(
            weights[:, None],
            [name],
            kind=kind,
            n_units=np.array([self.n_units[after].max(initial=0)]),
            n_cells=np.array([self.n_cells[after].sum()]),
            against=against,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CohortEffects(TimedEffects):
    """Effects by cohort and event time, jointly estimated.

    Attributes
    ----------
    cohorts, event_times : IntArray, shape (n_effects,)
        Which cell each effect belongs to; reference cells are included as exact zeros.
        ``POOLED`` marks leads that are estimated over all cohorts.
    cell_weights : FloatArray, shape (n_effects,)
        Aggregation weight of a cell: its treated rows (imputation) or its cohort's size (group-time methods).
    unit_cohorts : IntArray or None, shape (n_units,)
        Code of each unit's cohort in ``cohort_labels``. Given only when cohort shares are to be treated as estimated:
        then their sampling enters every aggregate.
    cohort_labels : FloatArray or None, shape (n_cohorts,)
        Onset of each coded cohort, ``inf`` for the untreated.
    unit_weights : FloatArray or None, shape (n_units,)
        Sampling weights whose sums are ``cell_weights``.
    weight_influence : WeightInfluence or None
        Influence of ``cell_weights`` where they are estimated (imputed outcomes); rows as in the influence.
    reference : int or None
    anticipation : int
    overall : Estimate or None
        The method's own average, where it is no average of the cells' effects.

    Examples
    --------
    >>> tt.fit("imputation", design, family="poisson").view("cohort").kind
    'cohort'
    """

    kind: Kind = "cell"
    cohorts: IntArray
    cell_weights: FloatArray
    unit_cohorts: IntArray | None = None
    cohort_labels: FloatArray | None = None
    unit_weights: FloatArray | None = None
    weight_influence: WeightInfluence | None = None

    @classmethod
    def of(
        cls,
        design: DesignFacts,
        cells: tuple[IntArray, IntArray],
        effects: FloatArray,
        uncertainty: Uncertainty,
        **details: Any,
    ) -> "CohortEffects":
        """Return effects on a design by cohort and event time, with their labels and weights.

        Parameters
        ----------
        cells : (IntArray, IntArray), each of shape (n_effects,)
            Cohorts and event times.
        **details
            Further fields: ``sample`` and ``n_units`` at least. Rows are taken to be as many as units, cells to weigh
            by their rows, and effects to be measured against the reference where there is one.
        """
        cohorts, times = cells
        details = _fill_details(design, details, label_cells(cohorts, times), "cell_weights")
        return cls(cohorts=cohorts, event_times=times, effects=effects, uncertainty=uncertainty, **details)

    def keys(self) -> pd.DataFrame:
        """Return the row keys, with cohort and event time."""
        cohort = pd.array(self.cohorts, dtype="Int64")
        cohort[self.cohorts == POOLED] = pd.NA
        return TimedEffects.keys(self).assign(cohort=cohort)

    @property
    def is_treated(self) -> BoolArray:
        """Whether each cell lies at or after onset."""
        return np.asarray(self.event_times >= 0)

    def event_study(self, window: tuple[int, int] | None = None, balance: int | None = None) -> EventStudy:
        """Average cohorts within event time.

        Parameters
        ----------
        window : (int, int), optional
            First and last event time kept.
        balance : int, optional
            Keep only cohorts observed at every event time from 0 to ``balance``, and event times up to it.
        """
        low, high = window if window is not None else (int(self.event_times.min()), int(self.event_times.max()))
        cells = np.ones(self.n_effects, dtype=bool)
        if balance is not None:
            high, seen = min(high, balance), {g: self.event_times[self.cohorts == g] for g in np.unique(self.cohorts)}
            complete = [g for g, times in seen.items() if np.isin(np.arange(balance + 1), times).all()]
            cells = np.isin(self.cohorts, complete)
        times = np.unique(self.event_times[cells & (self.event_times >= low) & (self.event_times <= high)])
        combined = self._averaged(times, lambda e: cells & (self.event_times == e), kind="event")
        is_whole = balance is None and bool(self.is_treated.any())
        return EventStudy.of(
            self,
            times,
            combined.effects,
            combined.uncertainty,
            sample=self.sample,
            n_units=combined.n_units,
            n_cells=combined.n_cells,
            base=self.base,
            reference=self.reference,
            against=self.against,
            overall=self.average() if is_whole else None,
            path=self.average_path() if is_whole and self.against == "reference" else None,
        )

    def _average_after(self, name: Text, kind: Kind, against: Against, *, less_before: bool = False) -> Estimate:
        """Average treated cells, less the cohort's average over the leads where this is asked for."""
        cells = self.is_treated
        if not cells.any():
            raise EstimationError("no cell from onset on is identified, so there is nothing to average")
        cohort = np.unique(self.cohorts, return_inverse=True)[1]
        # A cohort's leads weigh together what its treated cells weigh, so that any reference gives the same average.
        early = (self.event_times < -self.anticipation) & less_before
        after, before = (np.where(m, self.cell_weights, 0.0) for m in (cells, early))
        n_after, n_before = np.bincount(cohort, after), np.bincount(cohort, before)
        ratio = np.divide(n_after, n_before, out=np.zeros(n_after.size), where=n_before > 0)
        weights = (after - before * ratio[cohort])[:, None] / after.sum()
        level = np.divide(np.bincount(cohort, before * self.effects), n_before, out=0 * ratio, where=n_before > 0)
        apart = self.effects - level[cohort]
        distance = np.where(cells, apart - self.effects @ weights, 0.0) - early * ratio[cohort] * apart
        return self.combine(
            weights,
            [name],
            weight_influence=self._weigh_influence(distance[:, None] / after.sum()),
            kind=kind,
            n_units=np.array([self._n_units(cells)]),
            n_cells=np.array([int(self.n_cells[cells].sum())]),
            against=against,
        )

    def by_cohort(self) -> Estimate:
        """Average treated cells within cohort, each period weighing the same."""
        labels = np.unique(self.cohorts[self.is_treated])
        cells = self.is_treated[:, None] & (self.cohorts[:, None] == labels)
        return self.combine(cells / cells.sum(axis=0), [str(g) for g in labels], kind="cohort", labels=labels)

    def average_of_cohorts(self) -> Estimate:
        """Return the average of the cohorts' own averages, weighted by cohort size ("group" in R's ``did``)."""
        cohorts = self.by_cohort()
        labels = np.unique(self.cohorts[self.is_treated])
        sizes = np.array([self.cell_weights[self.cohorts == g][0] for g in labels])
        weights = sizes[:, None] / sizes.sum()
        distance = (cohorts.effects - cohorts.effects @ weights)[:, None] / sizes.sum()
        influence = self._spread_over_units(distance, labels)
        n_units = np.array([self._n_units(self.is_treated)])
        return cohorts.combine(
            weights, [Text("estimators.effect-average-cohorts")], weight_influence=influence, n_units=n_units
        )

    def average_of_event_times(self, window: tuple[int, int] | None = None, balance: int | None = None) -> Estimate:
        """Return the plain average of the event-time effects from 0 on ("dynamic" in R's ``did``)."""
        study = self.event_study(window, balance)
        weights = (study.event_times >= 0)[:, None] / max(int((study.event_times >= 0).sum()), 1)
        return study.combine(weights, [Text("estimators.effect-average-times")])

    def average_of_periods(self) -> Estimate:
        """Return the plain average of the calendar-period effects ("calendar" in R's ``did``)."""
        periods = self.by_period()
        return periods.combine(
            np.full((periods.n_effects, 1), 1 / periods.n_effects), [Text("estimators.effect-average-periods")]
        )

    def by_period(self) -> Estimate:
        """Average treated cells within calendar period."""
        periods = self.cohorts + self.event_times
        labels = np.unique(periods[self.is_treated])
        return self._averaged(labels, lambda p: self.is_treated & (periods == p), kind="calendar")

    def _averaged(self, labels: IntArray, cells_of: Callable[[int], BoolArray], kind: Kind) -> Estimate:
        if not labels.size:
            raise EstimationError("no treated cell lies in what is to be averaged: widen the window or the sample")
        members = [cells_of(int(label)) for label in labels]
        weights = np.column_stack([np.where(c, self.cell_weights, 0.0) / self.cell_weights[c].sum() for c in members])
        among = np.column_stack(members)
        distance = np.where(among, self.effects[:, None] - self.effects @ weights, 0.0) / (self.cell_weights @ among)
        return self.combine(
            weights,
            [str(label) for label in labels],
            weight_influence=self._weigh_influence(distance),
            kind=kind,
            labels=labels,
            n_units=np.array([self._n_units(c) for c in members]),
            n_cells=np.array([int(self.n_cells[c].sum()) for c in members]),
        )

    def _weigh_influence(self, distance: FloatArray) -> WeightInfluence | None:
        """Return the influence of estimated shares, by what an average moves where a cell's weight does."""
        if self.weight_influence is not None:
            return self.weight_influence.averaged(distance)
        return self._spread_over_units(distance, self.cohorts)

    def _spread_over_units(self, distance: FloatArray, cohorts: IntArray) -> GroupedInfluence | None:
        """Return rows added up by cohort as an influence of its units; None where shares are not estimated."""
        if self.unit_cohorts is None or self.cohort_labels is None:
            return None
        of_label = self.cohort_labels[:, None] == cohorts
        return GroupedInfluence(self.unit_cohorts, of_label @ distance, self.unit_weights)

    def _n_units(self, cells: BoolArray) -> int:
        """Largest unit count per cohort, summed over the cohorts among the cells."""
        _, cohort = np.unique(self.cohorts[cells], return_inverse=True)
        largest = np.zeros(cohort.max(initial=-1) + 1, dtype=np.int64)
        np.maximum.at(largest, cohort, self.n_units[cells])
        return int(largest.sum())
