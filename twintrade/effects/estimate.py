"""The currency of the house: effects that carry their uncertainty, scale, sample and labels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.effects.sample import Sample
from twintrade.effects.uncertainty import GroupedInfluence, Uncertainty
from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

Scale = Literal["level", "log points", "percent", "share", "index"]
Kind = Literal["event", "cohort", "calendar", "cell", "overall", "path"]
Base = Literal["universal", "varying", "imputation leads", "first-stage residuals", "none"]
Against = Literal["all before", "reference", "last before", "weighted before", "synthetic outcome", "trend before"]
"""What effects from onset on are compared with: all untreated periods before, one reference period, the last period
before onset less anticipation, periods before by estimated weights, a weighted outcome of donors, a fitted trend."""

AFTER_LESS_BEFORE = "average after onset less average before"
PATH = "average of the path"

EFFECT_COLUMNS = ("kind", "cohort", "event_time", "effect", "scale", "base", "n_units", "n_cells")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Estimate:
    """Effects of one kind, jointly estimated.

    Attributes
    ----------
    effects : FloatArray, shape (n_effects,)
        NaN never appears: what is not identified is listed in ``sample.dropped``.
    uncertainty : Uncertainty
        Influence, draws or a request to refit, for the effects in the same order.
    scale : str
        "level" (outcome's unit), "log points", "percent", "share" or "index".
    sample : Sample
    names : tuple of str
        One label an effect, as a table prints it.
    n_units, n_cells : IntArray, shape (n_effects,)
        Treated units, and treated rows, behind each effect.
    labels : IntArray or None
        For kinds "cohort" and "calendar": the cohort (or period) of each effect.
    base : str
        What effects before onset are: "universal" (against one reference), "varying", "imputation leads" ...
    against : str
        What effects from onset on are compared with.
    """

    effects: FloatArray
    uncertainty: Uncertainty
    scale: Scale
    sample: Sample
    names: tuple[str, ...]
    n_units: IntArray
    n_cells: IntArray
    kind: Kind = "overall"
    labels: IntArray | None = None
    base: Base = "none"
    against: Against = "all before"

    def __repr__(self) -> str:
        head = f"{type(self).__name__}: "
        if self.n_effects == 1:
            return f"{head}{self.names[0]} {self.effects[0]:+.3g} {self.scale}"
        if self.n_effects == 0:
            return f"{head}no effects"
        span = f"{self.effects.min():+.3g} to {self.effects.max():+.3g} {self.scale}"
        return f"{head}{self.n_effects} effects by {self.kind}, {span}"

    @property
    def n_effects(self) -> int:
        """Number of effects."""
        return int(self.effects.size)

    def keys(self) -> pd.DataFrame:
        """Return kind, cohort and event time of each effect; the row keys of effects.csv and bands.csv."""
        cohort = pd.array([pd.NA] * self.n_effects, dtype="Int64")
        if self.labels is not None:
            cohort = pd.array(self.labels, dtype="Int64")
        event_time = pd.array([pd.NA] * self.n_effects, dtype="Int64")
        return pd.DataFrame({"kind": self.kind, "cohort": cohort, "event_time": event_time})

    def to_frame(self) -> pd.DataFrame:
        """Return one row an effect, in the columns of effects.csv."""
        frame = self.keys()
        frame["effect"] = self.effects
        frame["scale"] = self.scale
        frame["base"] = self.base
        frame["n_units"] = self.n_units
        frame["n_cells"] = self.n_cells
        return frame[list(EFFECT_COLUMNS)]

    def combine(
        self,
        weights: FloatArray,
        names: Sequence[str],
        *,
        weight_influence: GroupedInfluence | None = None,
        kind: Kind = "overall",
        labels: IntArray | None = None,
        n_units: IntArray | None = None,
        n_cells: IntArray | None = None,
        against: Against | None = None,
    ) -> "Estimate":
        """Return linear combinations of the effects: the only aggregation in the program.

        Parameters
        ----------
        weights : FloatArray, shape (n_effects, n_combinations)
        names : sequence of str, length n_combinations
        weight_influence : GroupedInfluence, optional
            Sum-scaled influence of estimated weights on the combination, by group of units:
            sum over effects of effect times the influence of its weight.
        kind, labels, n_units, n_cells, against
            Of the result. Counts default to the largest unit count, and the sum of cells, among the effects used;
            what is compared with stays.
        """
        used = weights != 0
        if n_units is None:
            n_units = np.where(used, self.n_units[:, None], 0).max(axis=0, initial=0)
        if n_cells is None:
            n_cells = np.where(used, self.n_cells[:, None], 0).sum(axis=0)
        return Estimate(
            effects=self.effects @ weights,
            uncertainty=self.uncertainty.combined(weights, weight_influence),
            scale=self.scale,
            sample=self.sample,
            names=tuple(names),
            n_units=n_units,
            n_cells=n_cells,
            kind=kind,
            labels=labels,
            base=self.base,
            against=against or self.against,
        )


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
    row_weights : FloatArray or None, shape (n_effects,)
        Sum of the sampling weights of the rows behind each effect, where rows carry weights.
    """

    kind: Kind = "event"
    event_times: IntArray
    reference: int | None
    binned: tuple[bool, bool] = (False, False)
    anticipation: int = 0
    pinned: tuple[int, ...] = ()
    overall: Estimate | None = None
    path: Estimate | None = None
    row_weights: FloatArray | None = None
    NAME: ClassVar[str] = "event study"

    def __repr__(self) -> str:
        also = f"; zero as well: {', '.join(f'{e:+d}' for e in self.pinned)}" if self.pinned else ""
        return f"{Estimate.__repr__(self)}{also}"

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
            row_weights=None if self.row_weights is None else self.row_weights[shown],
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
            return self._combined(after, "average over treated cells", "overall", self.against)
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
        size = np.where(chosen, self.n_cells if self.row_weights is None else self.row_weights, 0).astype(np.float64)
        if not size.any():
            side = "before onset" if (self.event_times[chosen] < 0).any() else "from onset on"
            raise EstimationError(f"no effect {side} is left, so there is nothing to average")
        return np.asarray(size / size.sum())

    def _combined(self, weights: FloatArray, name: str, kind: Kind, against: Against) -> Estimate:
        after = self.event_times >= 0
        return self.combine(
            weights[:, None],
            [name],
            kind=kind,
            n_units=np.array([self.n_units[after].max(initial=0)]),
            n_cells=np.array([self.n_cells[after].sum()]),
            against=against,
        )
