"""How event times and cells are named, wherever they are printed."""

import numpy as np

from twintrade.numerics.arrays import IntArray
from twintrade.text import Text

POOLED = np.iinfo(np.int64).min // 2
"""Cohort of an effect that is estimated over all cohorts at once: the leads of imputation."""


def label_event_times(times: IntArray) -> tuple[str, ...]:
    """Name event times: "-1", "+0"."""
    return tuple(f"{e:+d}" for e in times)


def label_cells(cohorts: IntArray, times: IntArray) -> tuple[Text, ...]:
    """Name cells: "cohort 2005, event time +1"."""
    pairs = zip(cohorts, times, strict=True)
    return tuple(
        Text("estimators.effect-cell", cohort="all" if g == POOLED else str(g), time=f"{e:+d}") for g, e in pairs
    )
