"""Finished numbers about uncertainty: intervals, bands and p-values for one estimate under one inference."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from twintrade.effects.estimate import Estimate
from twintrade.effects.messages import Message
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Text, Words

BAND_COLUMNS = (
    "kind",
    "cohort",
    "event_time",
    "effect",
    "scale",
    "inference",
    "level",
    "se",
    "low",
    "high",
    "low_error",
    "high_error",
    "simultaneous_low",
    "simultaneous_high",
    "p",
    "df",
)


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

    def __repr__(self) -> str:
        level = f"{self.inference}, {100 * self.level:g} %"
        if self.estimate.n_effects == 1:
            low, high, p = f"{self.low[0]:+.3g}", f"{self.high[0]:+.3g}", f"{self.p[0]:.3g}"
            level = str(Text("estimators.one-band", level=level, low=low, high=high, p=p))
        return f"Bands: {level}; {self.estimate!r}"

    def to_frame(self) -> pd.DataFrame:
        """Return one row an effect, in the columns of bands.csv."""
        frame = self.estimate.keys()
        frame["effect"] = self.estimate.effects
        frame["scale"] = self.estimate.scale
        frame["inference"] = self.inference
        frame["level"] = self.level
        for name in BAND_COLUMNS[BAND_COLUMNS.index("se") :]:
            values = getattr(self, name)
            frame[name] = np.nan if values is None else values
        return frame[list(BAND_COLUMNS)]


def fill_absent(n_effects: int) -> FloatArray:
    """Return NaN for every effect: the honest value of what a method does not provide."""
    return np.full(n_effects, np.nan)
