"""The currency of the house: effects that carry their uncertainty, scale, sample and labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd

from twintrade.effects.messages import Message
from twintrade.effects.regression import Sample
from twintrade.effects.uncertainty import Uncertainty, WeightInfluence
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Text, Words

Scale = Literal["level", "log points", "percent", "share", "index"]
Kind = Literal["event", "overall", "path", "cohort", "calendar", "cell", "coefficient"]
Base = Literal["universal", "varying", "imputation leads", "first-stage residuals", "mean before", "none"]
Against = Literal["all before", "reference", "last before", "weighted before", "synthetic outcome", "trend before"]
"""What effects from onset on are compared with: all untreated periods before, one reference period, the last period
before onset less anticipation, periods before by estimated weights, a weighted outcome of donors, a fitted trend."""

AFTER_LESS_BEFORE = Text("estimators.effect-less-before")
PATH = Text("estimators.effect-path")
EFFECT_COLUMNS = ("kind", "cohort", "event_time", "effect", "scale", "base", "n_units", "n_cells")


class DesignFacts(Protocol):
    """What effects take over from the design they are estimated on."""

    @property
    def scale(self) -> Scale:
        """Scale of a linear effect on the outcome."""

    @property
    def anticipation(self) -> int:
        """Periods before onset that count as possibly affected."""


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
    names : tuple of Words
        One label an effect, as a table prints it.
    n_units, n_cells : IntArray, shape (n_effects,)
        Treated units, and treated rows, behind each effect.
    labels : IntArray or None
        For kinds "cohort" and "calendar": the cohort (or period) of each effect.
    base : str
        What effects before onset are: "universal" (against one reference), "varying", "imputation leads" ...
    against : str
        What effects from onset on are compared with.

    Examples
    --------
    >>> fit.view("overall").to_frame()[["kind", "scale"]].values.tolist()
    [['overall', 'log points']]
    """

    effects: FloatArray
    uncertainty: Uncertainty
    scale: Scale
    sample: Sample
    names: tuple[Words, ...]
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
            return f"{head}{Text('estimators.no-effects')}"
        low, high = f"{self.effects.min():+.3g}", f"{self.effects.max():+.3g}"
        span = Text(
            "estimators.effects-by", n=str(self.n_effects), kind=self.kind, low=low, high=high, scale=self.scale
        )
        return f"{head}{span}"

    def _repr_html_(self) -> str:
        return self.to_frame().to_html(index=False, na_rep="", float_format=lambda v: f"{v:.4g}")

    @property
    def n_effects(self) -> int:
        """Number of effects."""
        return int(self.effects.size)

    def keys(self) -> pd.DataFrame:
        """Return kind, cohort and event time of each effect; the row keys of effects.csv and bands.csv."""
        unknown = pd.array([pd.NA] * self.n_effects, dtype="Int64")
        cohort = unknown if self.labels is None else pd.array(self.labels, dtype="Int64")
        return pd.DataFrame({"kind": self.kind, "cohort": cohort, "event_time": unknown})

    def to_frame(self) -> pd.DataFrame:
        """Return one row an effect, in the columns of effects.csv."""
        frame = self.keys().assign(effect=self.effects, scale=self.scale, base=self.base)
        return frame.assign(n_units=self.n_units, n_cells=self.n_cells)[list(EFFECT_COLUMNS)]

    def combine(
        self,
        weights: FloatArray,
        names: Sequence[Words],
        *,
        weight_influence: WeightInfluence | None = None,
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
        names : sequence of Words, length n_combinations
        weight_influence : WeightInfluence, optional
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


# Finished numbers about uncertainty: intervals, bands and p-values for one estimate under one inference.

BAND_COLUMNS = (
    "kind", "cohort", "event_time", "effect", "scale", "inference", "level", "se", "low", "high", "low_error",
    "high_error", "simultaneous_low", "simultaneous_high", "p", "df",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Bands:
    """Intervals for every effect of an estimate. NaN means: this inference does not provide it.

    Attributes
    ----------
    estimate : Estimate
    inference : str
        Name of the method that made them.
    level : float
        Coverage aimed at, 0.95.
    se, low, high, p, df : FloatArray, shape (n_effects,)
        Standard error, pointwise interval, two-sided p-value, degrees of freedom of the reference distribution.
    simultaneous_low, simultaneous_high : FloatArray, shape (n_effects,)
    low_error, high_error : FloatArray or None, shape (n_effects,)
        Monte Carlo standard errors of the pointwise ends, where these are found from random draws: how far others
        would move them. Zero where the draws are all there are.
    covariance : FloatArray or None, shape (n_effects, n_effects)
        Joint covariance for tests of several effects.
    note : Words
        One sentence for the foot of a table: method, clusters, correction, draws.
    facts : mapping
        What the report prints: "clusters" per dimension, "critical_value", "draws", "floor" ...
    messages : tuple of Message
    """

    estimate: Estimate
    inference: str
    level: float
    se: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray
    df: FloatArray
    simultaneous_low: FloatArray
    simultaneous_high: FloatArray
    low_error: FloatArray | None = None
    high_error: FloatArray | None = None
    covariance: FloatArray | None = None
    note: Words = ""
    facts: Mapping[str, float | int | str] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()

    @classmethod
    def build(cls, estimate: Estimate, inference: str, level: float, **known: Any) -> "Bands":
        """Return bands that are NaN in what an inference does not provide."""
        names = ("se", "low", "high", "p", "df", "simultaneous_low", "simultaneous_high")
        absent: dict[str, Any] = {name: fill_absent(estimate.n_effects) for name in names}
        return cls(estimate=estimate, inference=inference, level=level, **(absent | known))

    def __repr__(self) -> str:
        level = f"{self.inference}, {100 * self.level:g} %"
        if self.estimate.n_effects == 1:
            low, high, p = f"{self.low[0]:+.3g}", f"{self.high[0]:+.3g}", f"{self.p[0]:.3g}"
            level = str(Text("estimators.one-band", level=level, low=low, high=high, p=p))
        return f"Bands: {level}; {self.estimate!r}"

    def to_frame(self) -> pd.DataFrame:
        """Return one row an effect, in the columns of bands.csv."""
        frame = self.estimate.keys().assign(effect=self.estimate.effects, scale=self.estimate.scale)
        frame = frame.assign(inference=self.inference, level=self.level)
        for name in BAND_COLUMNS[BAND_COLUMNS.index("se") :]:
            values = getattr(self, name)
            frame[name] = np.nan if values is None else values
        return frame[list(BAND_COLUMNS)]


def fill_absent(n_effects: int) -> FloatArray:
    """Return NaN for every effect: the honest value of what a method does not provide."""
    return np.full(n_effects, np.nan)
