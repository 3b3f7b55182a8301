"""Units treated from their first period on, as comparison."""

import numpy as np

from twintrade.design.panel import Panel
from twintrade.design.treatment import Treatment
from twintrade.numerics.arrays import FloatArray


def align_onsets(panel: Panel, treatment: Treatment, anticipation: int, option: str) -> FloatArray:
    """Return the onset of each unit of the panel, ``inf`` for never and, under "compare", for these."""
    onset = treatment.aligned(panel.units)
    if option != "compare":
        return onset.copy()
    return np.where(onset - anticipation <= panel.period[panel.starts], np.inf, onset)


def count_always_compared(panel: Panel, treatment: Treatment, onset: FloatArray) -> int:
    """Return how many units have an agreement and, by their onset in the design, none."""
    return int((np.isfinite(treatment.aligned(panel.units)) & np.isinf(onset)).sum())
