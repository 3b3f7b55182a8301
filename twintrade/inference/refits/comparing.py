"""From refits under re-assigned onsets to p-values and inverted intervals."""

from collections.abc import Sequence

import numpy as np

from twintrade.effects.bands import fill_absent
from twintrade.estimators.base import Fit, View
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering.variances import is_reference
from twintrade.inference.refits.inversion import compute_two_sided_share, invert_randomization, invert_studentized
from twintrade.inference.refits.one_step_draws import OneStepDraws
from twintrade.inference.refits.permutation import Permutations, Permuted, is_linear
from twintrade.inference.refits.randomization_bands import Compared
from twintrade.inference.refits.ratio_inversion import LARGEST, Ends, invert_ratios
from twintrade.inference.refits.ratio_statistics import (
    compute_average_after,
    find_early,
    is_proportional,
    shift_ends,
    take_logs,
)
from twintrade.inference.refits.studentizing import Studentizer
from twintrade.numerics.arrays import FloatArray, IntArray


def compare_refits(
    fit: Fit,
    view: View,
    drawn: Permuted,
    studentizer: Studentizer | None,
    ends: Ends | None,
    is_t: bool,
) -> Compared:
    """Compare one view's effects with those of its draws.

    Parameters
    ----------
    studentizer : Studentizer or None
        What effects are divided by; None compares them as they are.
    ends : (FloatArray, FloatArray) or None
        Of the view's intervals.
    is_t : bool
        Compare the clustered t statistics instead.
    """
    estimate = drawn.estimate
    observed, compared = drawn.observed, drawn.effects
    scales = np.ones((compared.shape[0] + 1, estimate.n_effects))
    if is_t:
        with np.errstate(divide="ignore", invalid="ignore"):
            observed, compared = observed / Clustered().sandwich(fit, estimate).se, drawn.statistics
    elif studentizer is not None:
        scales = studentizer.scales(view, estimate)
        observed, compared = take_logs(estimate, observed), take_logs(estimate, compared)
    observed, compared = observed / scales[-1], compared / scales[:-1]
    p = fill_absent(estimate.n_effects)
    for k in np.flatnonzero(~is_reference(estimate)):
        present = compared[~np.isnan(compared[:, k]), k]
        if present.size and np.isfinite(observed[k]):
            p[k] = compute_two_sided_share(float(observed[k]), present)
    low, high = (fill_absent(p.size), fill_absent(p.size)) if ends is None else ends
    if not is_t:
        observed, compared = drawn.observed, drawn.effects * (scales[-1] / scales[:-1])
    return Compared(estimate, p, low, high, observed, compared)


def invert_views(
    fit: Fit,
    drawn: Permutations,
    onsets: Sequence[FloatArray],
    studentizer: Studentizer | None,
    level: float,
    is_t: bool,
    dealt: OneStepDraws | None = None,
) -> dict[View, Ends] | None:
    """Return the constant effects of each view that are not rejected; None where none can be taken out.

    An end of a ratio costs several estimates of every draw: averages get theirs so, other effects as if the effect
    moved its own estimate alone.

    Parameters
    ----------
    onsets : sequence of FloatArray
        Of the draws that were kept.
    """
    if is_linear(fit):
        return {view: _invert(permuted, view, studentizer, level) for view, permuted in drawn.views.items()}
    if is_t or not is_proportional(fit):
        return None
    averages: list[View] = [view for view in drawn.views if view in ("overall", "path")]
    ends = invert_ratios(fit, averages, onsets, studentizer, level, dealt) if averages else {}
    if dealt is not None:
        for view in drawn.views.keys() - ends.keys():
            ends[view] = _shift(drawn.views[view], view, studentizer, level)
    return ends


def _shift(drawn: Permuted, view: View, studentizer: Studentizer | None, level: float) -> Ends:
    estimate, observed, values = drawn.estimate, drawn.observed, drawn.effects
    if studentizer is None:
        return shift_ends(estimate, observed, values, level)
    scales = studentizer.scales(view, estimate)
    logs = take_logs(estimate, values) * (scales[-1] / scales[:-1])
    ends = np.stack(shift_ends(estimate, take_logs(estimate, observed), logs, level))
    ends[:, ends[1] - ends[0] > 2 * LARGEST] = np.array([[-np.inf], [np.inf]])
    if estimate.scale == "percent":
        ends = np.where(np.isinf(ends), ends, 100 * np.expm1(ends))
    return ends[0], ends[1]


def _invert(drawn: Permuted, view: View, studentizer: Studentizer | None, level: float) -> Ends:
    """Return the constant effects not rejected, effect by effect.

    A pre-period effect is tested with the effects after onset at their average, not at zero.
    """
    estimate = drawn.estimate
    low, high = fill_absent(estimate.n_effects), fill_absent(estimate.n_effects)
    average = compute_average_after(estimate)
    for k in range(estimate.n_effects):
        effects, slopes, observed = drawn.effects[:, k], drawn.post_slopes[:, k], float(estimate.effects[k])
        is_early = find_early(estimate, k)
        if is_early:
            effects = effects - average * slopes[:-1]
            observed -= average * float(slopes[-1])
            slopes = drawn.pre_slopes[:, k]
        present = ~(np.isnan(effects) | np.isnan(slopes[:-1]))
        slope = float(slopes[-1])
        if np.isnan(slope):
            continue
        parts = observed, slope, effects[present], slopes[:-1][present]
        if studentizer is None:
            low[k], high[k] = invert_randomization(*parts, level)
            continue
        kept = np.append(np.flatnonzero(present), present.size)

        def scale_at(effect: float, k: int = k, kept: IntArray = kept, is_early: bool = is_early) -> FloatArray:
            after, before = (average, effect) if is_early else (effect, 0.0)
            return studentizer.scale(view, k, after, before)[kept]

        low[k], high[k] = invert_studentized(*parts, scale_at, level)
    return low, high
