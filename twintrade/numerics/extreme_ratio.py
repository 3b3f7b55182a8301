"""The smallest and largest ratio of sums when each group may also give any number of its last optional rows."""

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

MOST_STEPS = 100
CLOSE = 1e-13


def bound_ratio(
    numerator: FloatArray, denominator: FloatArray, group: IntArray, is_optional: BoolArray
) -> tuple[float, float]:
    """Bound sum(numerator) / sum(denominator) over the choices of which optional rows count.

    A group's optional rows count from some one on: the choice is of a beginning, not of single rows. Each end is
    found exactly by Dinkelbach's (1967) iteration: at a trial ratio r a group takes those of its last rows whose sum
    of numerator - r denominator is largest, and the ratio of what was taken is the next trial.

    ``numerator``, ``denominator`` (n_rows,): denominators are positive; ``group`` (n_rows,): rows of a group stand
    together, in order of time; ``is_optional`` (n_rows,).
    """
    if numerator.size == 0:
        raise EstimationError("no row is left to take a ratio of")
    sure = ~is_optional
    top, bottom = float(numerator[sure].sum()), float(denominator[sure].sum())
    upper, lower, groups = numerator[is_optional], denominator[is_optional], group[is_optional]
    return -_largest(-top, bottom, -upper, lower, groups), _largest(top, bottom, upper, lower, groups)


def _largest(top: float, bottom: float, numerator: FloatArray, denominator: FloatArray, group: IntArray) -> float:
    if numerator.size == 0:
        return top / bottom
    starts = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    ends = np.append(starts[1:], group.size)
    sizes = ends - starts
    ratio = float((top + numerator.sum()) / (bottom + denominator.sum()))
    for _ in range(MOST_STEPS):
        gains = _last_sums(numerator - ratio * denominator, ends, sizes)
        best = np.maximum.reduceat(gains, starts)
        is_best = (gains == np.repeat(best, sizes)) & (np.repeat(best, sizes) > 0)
        taken = _from_first(is_best, starts, sizes)
        new_bottom = bottom + float(denominator[taken].sum())
        if new_bottom == 0:
            break
        new = (top + float(numerator[taken].sum())) / new_bottom
        if new <= ratio + CLOSE * (1 + abs(ratio)):
            return max(new, ratio)
        ratio = new
    return ratio


def _last_sums(values: FloatArray, ends: IntArray, sizes: IntArray) -> FloatArray:
    """Return for each row the sum from it to the end of its group."""
    before = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(np.repeat(before[ends], sizes) - before[:-1])


def _from_first(marked: BoolArray, starts: IntArray, sizes: IntArray) -> BoolArray:
    """Mark every row of a group from its first marked one on."""
    count = np.cumsum(marked)
    earlier: IntArray = np.repeat(count[starts] - marked[starts], sizes)
    return np.asarray(count > earlier)
