"""How event times and cells are named, wherever they are printed."""

from functools import cache

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
    return tuple(map(_name_cell, cohorts.tolist(), times.tolist()))


@cache
def _name_cell(cohort: int, time: int) -> Text:
    return Text("estimators.effect-cell", cohort="all" if cohort == POOLED else str(cohort), time=f"{time:+d}")
