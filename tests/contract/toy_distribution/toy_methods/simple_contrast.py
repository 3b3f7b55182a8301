"""The change of treated units less the change of never-treated units, around one onset."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.design import Design
from twintrade.effects import EventStudy, UnitInfluence
from twintrade.estimators.base import Estimator, Requires


@dataclass(frozen=True, slots=True)
class SimpleContrast(Estimator):
    """Compare the mean change of treated units with that of never-treated units."""

    name: ClassVar[str] = "simple_contrast"
    title: ClassVar[str] = "Simple contrast"
    citation: ClassVar[str] = "callaway2021"
    requires: ClassVar[Requires] = Requires(
        balanced=True,
        never_treated=True,
        single_onset=True,
        isolates_cohorts=False,
        fixed_effects=("two_way",),
        covariates=False,
        weights=False,
        has_row_weights=False,
    )

    def estimate(self, design: Design) -> EventStudy:
        """Return one effect per event time from the onset on."""
        o = design.observations
        treated, onset = o.is_ever_treated, o.unit_onset[o.is_ever_treated][0]
        wide = np.empty((o.n_units, o.periods.size))
        wide[o.unit, np.searchsorted(o.periods, o.period)] = o.y
        after, before = o.periods >= onset, o.periods < onset - design.anticipation
        change = wide[:, after] - wide[:, before].mean(axis=1, keepdims=True)
        mean = np.where(treated[:, None], change[treated].mean(axis=0), change[~treated].mean(axis=0))
        share = np.where(treated, 1.0 / treated.sum(), -1.0 / (~treated).sum())
        event_times = (o.periods[after] - onset).astype(np.int64)
        counts = np.full(event_times.size, treated.sum())
        return EventStudy(
            effects=share @ change,
            uncertainty=UnitInfluence(o.unit_ids, (change - mean) * share[:, None]),
            scale=design.scale,
            sample=o.sample(effects=design.effect_names),
            names=tuple(f"{e:+d}" for e in event_times),
            n_units=counts,
            n_cells=counts,
            event_times=event_times,
            reference=None,
            anticipation=design.anticipation,
            row_weights=counts.astype(np.float64),
        )

    def assumption(self, design: Design) -> str:
        """Return the identifying assumption."""
        return "Without the agreement, treated units would have changed as never-treated units did."

    def estimand(self, design: Design) -> str:
        """Return what the headline averages."""
        return "Average effect over all treated rows, every row weighing the same."
