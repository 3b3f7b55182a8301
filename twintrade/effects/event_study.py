"""Effects by event time."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from twintrade.effects.estimate import AFTER_LESS_BEFORE, PATH, Against, DesignFacts, Estimate, Kind
from twintrade.effects.regression import label_event_times
from twintrade.effects.uncertainty import Uncertainty
from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Listed, Text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class EventStudy(Estimate):
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
    event_times: IntArray
    reference: int | None
    binned: tuple[bool, bool] = (False, False)
    anticipation: int = 0
    pinned: tuple[int, ...] = ()
    overall: Estimate | None = None
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
        reference = details.setdefault("reference", None)
        n_cells = details.setdefault("n_cells", details["n_units"])
        given = {
            "scale": design.scale,
            "anticipation": design.anticipation,
            "names": label_event_times(event_times),
            "row_weights": n_cells.astype(np.float64),
            "base": "none" if reference is None else "universal",
            "against": "all before" if reference is None else "reference",
        }
        return cls(event_times=event_times, effects=effects, uncertainty=uncertainty, **(given | details))

    def __repr__(self) -> str:
        pinned = Listed(label_event_times(np.array(self.pinned)), "comma")
        study = Estimate.__repr__(self)
        return str(Text("estimators.also-zero", study=study, pinned=pinned)) if self.pinned else study

    def keys(self) -> pd.DataFrame:
        """Return the row keys, with event time."""
        frame = Estimate.keys(self)
        frame["event_time"] = pd.array(self.event_times, dtype="Int64")
        return frame

    @property
    def is_after(self) -> FloatArray:
        """Whether each effect lies at or after the onset less anticipation, as 0/1, shape (n_effects,)."""
        return (self.event_times >= -self.anticipation).astype(np.float64)

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

    def average(self) -> Estimate:
        """Return the method's own average, or that over treated rows from onset on, by sampling weight or alike.

        Effects against one reference are averaged less the average before onset: against all periods before.

        Raises
        ------
        EstimationError
            No effect from onset on is left.
        """
        if self.overall is not None:
            return self.overall
        after = self.shares(self.event_times >= 0)
        if self.against != "reference":
            return self._combined(after, Text("estimators.effect-average-cells"), "overall", self.against)
        leads = self.shares(self.event_times < -self.anticipation)
        return self._combined(after - leads, AFTER_LESS_BEFORE, "overall", "all before")

    def average_path(self) -> Estimate:
        """Return the average of the effects from onset on against the reference, weighted by treated rows.

        Raises
        ------
        EstimationError
            The effects have no reference, or none from onset on is left.
        """
        if self.against != "reference":
            raise EstimationError("effects that are not measured against a reference have no path against one")
        if self.path is not None:
            return self.path
        return self._combined(self.shares(self.event_times >= 0), PATH, "path", "reference")

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

    def _combined(self, weights: FloatArray, name: Text, kind: Kind, against: Against) -> Estimate:
        after = self.event_times >= 0
        return self.combine(
            weights[:, None],
            [name],
            kind=kind,
            n_units=np.array([self.n_units[after].max(initial=0)]),
            n_cells=np.array([self.n_cells[after].sum()]),
            against=against,
        )
