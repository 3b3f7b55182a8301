"""Averages of the effects of many draws' cells, as a view shows them."""

import numpy as np

from twintrade.effects import CohortEffects, Estimate, EventStudy
from twintrade.effects.estimate import Kind
from twintrade.estimators.repeating.treatment_blocks import JoinedBlocks
from twintrade.numerics.arrays import FloatArray, IntArray, sum_by_group


def compute_averages(
    joined: JoinedBlocks, effects: FloatArray, weights: FloatArray, view: Kind, shown: Estimate
) -> FloatArray:
    """Return a view's averages of cells in every draw, shape (n_draws, n_effects).

    Cells without any outcome to compare leave an average of totals; any other average does not exist without them.
    """
    labels, wanted = _label(joined, view, shown)
    place = np.full(labels.size, -1)
    order = np.argsort(wanted, kind="stable")
    at = np.minimum(np.searchsorted(wanted[order], labels), max(wanted.size - 1, 0))
    is_shown = wanted[order][at] == labels if wanted.size else np.zeros(labels.size, dtype=bool)
    place[is_shown] = order[at[is_shown]]
    kept = (place >= 0) & (weights > 0)
    flat = joined.of_cell[kept] * wanted.size + place[kept]
    w = np.ones(flat.size) if view == "cohort" else weights[kept]
    with np.errstate(invalid="ignore"):
        total, weight = (sum_by_group(values, flat, joined.n_sets * wanted.size) for values in (w * effects[kept], w))
        return np.asarray(np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan)).reshape(
            joined.n_sets, wanted.size
        )


def _label(joined: JoinedBlocks, view: Kind, shown: Estimate) -> tuple[IntArray, IntArray]:
    """Return each cell's label in a view, and the labels of the effects shown."""
    if view in ("overall", "path"):
        return np.where(joined.event_times >= 0, 0, -1), np.zeros(1, dtype=np.int64)
    if view == "event":
        assert isinstance(shown, EventStudy)
        return joined.event_times, shown.event_times
    if view == "cell":
        assert isinstance(shown, CohortEffects)
        low = min(int(joined.event_times.min(initial=0)), int(shown.event_times.min(initial=0)))
        span = 1 + max(int(joined.event_times.max(initial=0)), int(shown.event_times.max(initial=0))) - low
        pairs = [one.cohorts * span + one.event_times - low for one in (joined, shown)]
        return pairs[0], pairs[1]
    assert shown.labels is not None
    after = joined.event_times >= 0
    labels = joined.cohorts if view == "cohort" else joined.cohorts + joined.event_times
    return np.where(after, labels, np.iinfo(np.int64).min), shown.labels
