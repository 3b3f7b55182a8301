"""From refits under re-assigned onsets to p-values and inverted intervals."""

import numpy as np

from twintrade.effects import Estimate, EventStudy
from twintrade.effects.bands import fill_absent
from twintrade.estimators.base import Fit, View
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering.variances import is_reference
from twintrade.inference.refits.inversion import compute_two_sided_share, invert_randomization, invert_studentized
from twintrade.inference.refits.permutation import Permuted
from twintrade.inference.refits.randomization_bands import Compared
from twintrade.inference.refits.studentizing import Studentizer
from twintrade.numerics.arrays import FloatArray, IntArray


def compare_refits(
    fit: Fit,
    view: View,
    drawn: Permuted,
    studentizer: Studentizer | None,
    level: float,
    has_intervals: bool,
    is_t: bool,
) -> Compared:
    """Compare one view's effects with those of its draws.

    Parameters
    ----------
    studentizer : Studentizer or None
        What effects are divided by; None compares them as they are.
    is_t : bool
        Compare the clustered t statistics instead.
    """
    estimate = drawn.estimate
    observed, compared = estimate.effects, drawn.effects
    scales = np.ones((compared.shape[0] + 1, estimate.n_effects))
    if is_t:
        with np.errstate(divide="ignore", invalid="ignore"):
            observed, compared = observed / Clustered().sandwich(fit, estimate).se, drawn.statistics
    elif studentizer is not None:
        scales = studentizer.scales(view, estimate)
        if estimate.scale == "percent":
            observed, compared = _take_logs(observed), _take_logs(compared)
    observed, compared = observed / scales[-1], compared / scales[:-1]
    p = fill_absent(estimate.n_effects)
    for k in np.flatnonzero(~is_reference(estimate)):
        present = compared[~np.isnan(compared[:, k]), k]
        if present.size and np.isfinite(observed[k]):
            p[k] = compute_two_sided_share(float(observed[k]), present)
    low, high = fill_absent(p.size), fill_absent(p.size)
    if has_intervals:
        low, high = _invert(drawn, view, studentizer, level)
    if not is_t:
        observed, compared = estimate.effects, drawn.effects * (scales[-1] / scales[:-1])
    return Compared(estimate, p, low, high, observed, compared)


def _take_logs(percent: FloatArray) -> FloatArray:
    """Return changes as logs of ratios: noise that multiplies is even in these, and a rise stands out no sooner."""
    with np.errstate(divide="ignore"):
        return np.log1p(np.maximum(percent, -100.0) / 100)


def _invert(
    drawn: Permuted, view: View, studentizer: Studentizer | None, level: float
) -> tuple[FloatArray, FloatArray]:
    """Return the constant effects not rejected, effect by effect.

    A pre-period effect is tested with the effects after onset at their average, not at zero.
    """
    estimate = drawn.estimate
    low, high = fill_absent(estimate.n_effects), fill_absent(estimate.n_effects)
    average = _average_after(estimate)
    for k in range(estimate.n_effects):
        effects, slopes, observed = drawn.effects[:, k], drawn.post_slopes[:, k], float(estimate.effects[k])
        is_early = isinstance(estimate, EventStudy) and estimate.event_times[k] < -estimate.anticipation
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


def _average_after(estimate: Estimate) -> float:
    if isinstance(estimate, EventStudy) and (estimate.event_times >= 0).any():
        return float(estimate.average().effects[0])
    return 0.0
