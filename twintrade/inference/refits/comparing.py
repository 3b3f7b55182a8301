"""From refits under re-assigned onsets to p-values and inverted intervals."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from twintrade.effects import Bands, Estimate, EventStudy, Message
from twintrade.effects.estimate import fill_absent
from twintrade.estimators.base import Fit, View
from twintrade.inference.clustered import Clustered, Facts
from twintrade.inference.clustering.conventions import is_reference, list_effects
from twintrade.inference.refits import few_treated, ratio_inversion
from twintrade.inference.refits.few_treated import DrawnEnds
from twintrade.inference.refits.permutation import Permutations, Permuted, is_linear
from twintrade.inference.refits.ratio_inversion import RatioStatistics, take_logs
from twintrade.inference.refits.reassignment import Scheme
from twintrade.inference.refits.studentizing import OneStepDraws, Studentizer, find_early
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.text import Text, Words

# From statistics under re-assigned onsets to bands, with everything a reader must know about the draws.


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One view of an estimate beside its draws."""

    estimate: Estimate
    p: FloatArray  # (n_effects,)
    ends: DrawnEnds
    observed: FloatArray  # (n_effects,)
    drawn: FloatArray  # (n_draws, n_effects): naN where a draw does not have an effect
    # The constant effect that would leave an average at its mean over the assignments, where that is taken off; NaN
    # where it is not known
    recentered: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DrawRecord:
    """How the draws were made."""

    scheme: Scheme
    n_draws: int
    failures: dict[Words, int]  # reasons of draws that gave no estimate, with their number
    seed: int
    is_complete: bool  # whether the draws are all assignments there are
    statistic: str
    noise: Facts | None  # how noise depends on size, where effects are compared over what it makes of them
    is_by_row: bool  # whether the noise of comparison rows counts in the headline
    is_refused: bool  # whether there are too few assignments for a p-value
    level: float

    @property
    def n_valid(self) -> int:
        """Draws that gave an estimate."""
        return self.n_draws - sum(self.failures.values())

    @property
    def floor(self) -> float:
        """The smallest p-value that these draws, and the number of distinct assignments, can give."""
        return self.scheme.floor(self.n_valid)

    def bands(self, compared: Compared, has_intervals: bool, asked: bool = True) -> Bands:
        """Return bands of one view; without intervals where the method gives none."""
        estimate = compared.estimate
        reference = is_reference(estimate)
        low, high, p = compared.ends.low, compared.ends.high, compared.p
        if self.is_refused:
            low, high, p = (np.full(p.size, fill) for fill in (-np.inf, np.inf, np.nan))
        low, high = (np.where(reference, 0.0, end) for end in (low, high))
        errors = (compared.ends.low_error, compared.ends.high_error)
        low_error, high_error = (
            np.where(np.isfinite(end) & (self.is_complete | reference), 0.0, error)
            for end, error in zip((low, high), errors, strict=True)
        )
        return Bands.build(
            estimate,
            "randomization",
            self.level,
            low=low,
            high=high,
            low_error=low_error,
            high_error=high_error,
            p=np.where(reference, np.nan, p),
            covariance=compute_draw_covariance(compared),
            note=self._describe(has_intervals),
            facts=self._facts(compared),
            messages=self._messages(compared, low, high, has_intervals, asked and not has_intervals),
        )

    def _describe(self, has_intervals: bool) -> Text:
        scheme = self.scheme.describe()
        if self.is_refused:
            return Text("inference.randomization-refused", scheme=scheme, floor=self.floor)
        noise = self.noise or {}
        return Text(
            "inference.randomization",
            scheme=scheme,
            is_complete="yes" if self.is_complete else "no",
            draws=self.n_valid,
            statistic=self.statistic,
            about="like-these" if self.statistic == "t" else "these",
            noise="equal" if self.noise is None else "known" if noise else "unknown",
            rows="all" if self.is_by_row else "treated",
            ratio=noise.get("noise_small_over_large", 1.0),
            p=noise.get("noise_by_size_p", 1.0),
            floor=self.floor,
            intervals="yes" if has_intervals else "no",
        )

    def _facts(self, compared: Compared) -> Facts:
        facts: Facts = {
            "draws": self.n_draws,
            "seed": self.seed,
            "floor": self.floor,
            "statistic": self.statistic,
            "is_complete": int(self.is_complete),
            "failed_refits": sum(self.failures.values()),
            "about": "like these" if self.statistic == "t" else "these",
            "noise": "equal" if self.noise is None else "by_row" if self.is_by_row else "by_size",
            **(self.noise or {}),
            **self.scheme.facts(),
        }
        if compared.recentered is not None and np.isfinite(compared.recentered):
            facts["recentered"] = compared.recentered
        return facts | compute_joint_pre(compared)

    def _messages(
        self, compared: Compared, low: FloatArray, high: FloatArray, has_intervals: bool, lacks_intervals: bool
    ) -> tuple[Message, ...]:
        messages = [
            Message(
                "warning", "refit-failed", Text("inference.draws-failed", n=count, draws=self.n_draws, reason=reason)
            )
            for reason, count in sorted(self.failures.items(), key=str)
        ]
        lost, n_draws = np.isnan(compared.drawn).sum(axis=0), compared.drawn.shape[0]
        messages += [
            Message(
                "warning",
                "effect-missing-in-draws",
                Text("inference.missing-in-draws", effect=compared.estimate.names[k], n=int(lost[k]), draws=n_draws),
            )
            for k in np.flatnonzero(lost)
        ]
        if self.is_refused:
            few = Text("inference.too-few-assignments", n=int(self.scheme.n_assignments), floor=self.floor)
            return (*messages, Message("warning", "too-few-assignments", few))
        open_ended = np.isinf(low) | np.isinf(high)
        if open_ended.any():
            text = Text("inference.unbounded", effects=list_effects(compared.estimate, open_ended))
            messages.append(Message("warning", "unbounded-interval", text))
        fixed = np.isnan(low) & np.isnan(high) & ~is_reference(compared.estimate) & ~np.isnan(compared.p)
        if compared.recentered is not None and np.isfinite(compared.recentered):
            text = Text("inference.recentered", effect=compared.recentered)
            messages.append(Message("info", "recentered", text))
        if has_intervals and fixed.any():
            text = Text("inference.unmoved", effects=list_effects(compared.estimate, fixed))
            messages.append(Message("info", "no-interval", text))
        if lacks_intervals:
            key = "inference.hazard-ratio" if self.scheme.across == "hazard" else "inference.not-linear"
            messages.append(Message("info", "no-interval", Text(key)))
        return tuple(messages)


def compute_draw_covariance(compared: Compared) -> FloatArray | None:
    """Return the covariance of the effects across the draws: their noise if nobody is affected.

    None where fewer than twice as many draws as effects are complete.
    """
    drawn = np.where(is_reference(compared.estimate), 0.0, compared.drawn)
    complete = drawn[~np.isnan(drawn).any(axis=1)]
    if complete.shape[0] < 2 * complete.shape[1] + 2:
        return None
    return np.atleast_2d(np.cov(complete.T))


def compute_joint_pre(compared: Compared) -> Facts:
    """Test all pre-period effects together: the largest of them, each over its spread across all assignments.

    The real one is among these, as otherwise draws would count in what they are divided by and it would not.
    """
    estimate = compared.estimate
    if not isinstance(estimate, EventStudy):
        return {}
    pre = estimate.pre_effects()
    effects = np.vstack([compared.drawn[:, pre], compared.observed[pre]])
    complete = np.asarray(np.isfinite(effects).all(axis=1))
    if pre.size == 0 or complete.sum() < 3 or not complete[-1]:
        return {}
    spread = effects[complete].std(axis=0)
    if not (spread > 0).all():
        return {}
    largest = np.abs(effects[complete] / spread).max(axis=1)
    return {
        "pretrend_statistic": float(largest[-1]),
        "pretrend_p": few_treated.compute_two_sided_share(float(largest[-1]), largest[:-1]),
        "pretrend_df": pre.size,
    }


def compare_refits(
    fit: Fit, view: View, drawn: Permuted, studentizer: Studentizer | None, ends: DrawnEnds | None, is_t: bool
) -> Compared:
    """Compare one view's effects with those of its draws.

    ``studentizer``: what effects are divided by; None compares them as they are; ``ends``: of the view's intervals;
    ``is_t``: compare the clustered t statistics instead.
    """
    estimate = drawn.estimate
    observed, compared = drawn.observed, drawn.effects
    scales = np.ones((compared.shape[0] + 1, estimate.n_effects))
    if is_t:
        with np.errstate(divide="ignore", invalid="ignore"):
            observed, compared = observed / Clustered().sandwich(fit, estimate).se, drawn.statistics
    elif studentizer is not None:
        scales = studentizer.scales(view, drawn.after)
        observed, compared = take_logs(estimate, observed), take_logs(estimate, compared)
    observed, compared = observed / scales[-1], compared / scales[:-1]
    p = fill_absent(estimate.n_effects)
    for k in np.flatnonzero(~is_reference(estimate)):
        present = compared[~np.isnan(compared[:, k]), k]
        if present.size and not np.isnan(observed[k]):
            p[k] = few_treated.compute_two_sided_share(float(observed[k]), present)
    if estimate.kind not in ("overall", "path") and not drawn.is_recentered:
        # One step that differs in sign from the estimate is evidence of neither.
        p = np.where(drawn.observed * estimate.effects < 0, 1.0, p)
    if not is_t:
        observed, compared = drawn.observed, drawn.effects * (scales[-1] / scales[:-1])
    recentered = None
    if drawn.is_recentered and estimate.kind == "overall":
        recentered = float(drawn.observed[0] / drawn.post_slopes[-1, 0])
    return Compared(estimate, p, ends or DrawnEnds.absent(p.size), observed, compared, recentered)


def take_off_means(drawn: Permutations) -> Permutations:
    """Take from every statistic its mean over all assignments, the real one among them (Borusyak and Hull 2023)."""
    views = {}
    for view, one in drawn.views.items():
        effects = ratio_inversion.take_off_mean(one.estimate, np.vstack([one.effects, one.observed]))
        slopes = _center(one.post_slopes), _center(one.pre_slopes)
        views[view] = Permuted(
            one.estimate, effects[-1], effects[:-1], one.statistics, *slopes, one.after, is_recentered=True
        )
    return replace(drawn, views=views)


def _center(values: FloatArray) -> FloatArray:
    """Return columns less the means of what is known of them."""
    known = np.isfinite(values)
    return np.asarray(values - np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def find_effect_after(fit: Fit) -> float:
    """Return the estimated effect after onset in log points, NaN where outcomes cannot be divided by it."""
    estimate, o = fit.view("overall"), fit.design.observations
    if ratio_inversion.is_ratio(fit):
        return float(take_logs(estimate, estimate.effects)[0])
    observed = float(np.average(o.y[o.is_treated], weights=o.row_weights[o.is_treated]))
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(-np.log1p(-estimate.effects[0] / observed))


def invert_views(
    fit: Fit,
    drawn: Permutations,
    onsets: Sequence[FloatArray],
    studentizer: Studentizer | None,
    level: float,
    is_t: bool,
    dealt: OneStepDraws | None = None,
) -> dict[View, DrawnEnds] | None:
    """Return the constant effects of each view that are not rejected; None where none can be taken out.

    An end of a ratio costs several estimates of every draw: averages get theirs so, other effects from no effect and
    one near the estimate taken out.

    ``onsets``: of the draws that were kept.
    """
    if is_linear(fit):
        return {view: _invert(permuted, view, studentizer, level) for view, permuted in drawn.views.items()}
    if is_t or not ratio_inversion.is_proportional(fit):
        return None
    ends: dict[View, DrawnEnds] = {}
    for view, permuted in drawn.views.items():
        if view not in ("overall", "path"):
            continue
        onsets_of_all = (*onsets, fit.design.onset)
        statistics = RatioStatistics(fit, onsets_of_all, view, studentizer, dealt, permuted.is_recentered)
        known = {0.0: np.append(permuted.effects[:, 0], permuted.observed[0])}
        if permuted.near is not None:
            known[permuted.near[0]] = permuted.near[1][:, 0]
        ends[view] = ratio_inversion.invert_ratio(statistics, known, level)
    if dealt is not None:
        for view in (v for v, permuted in drawn.views.items() if v not in ends and not permuted.is_recentered):
            ends[view] = _invert_near(drawn.views[view], view, studentizer, level)
    return ends


def _invert_near(drawn: Permuted, view: View, studentizer: Studentizer | None, level: float) -> DrawnEnds:
    """Return the proportional effects not rejected, effect by effect, the estimate always among them.

    From the estimates with no effect taken out and, for effects after the onset, with one near the estimate.
    """
    estimate = drawn.estimate
    fits = [(drawn.after, np.vstack([drawn.effects, drawn.observed]))]
    if drawn.near is not None:
        fits.append((np.full(estimate.n_effects, drawn.near[0]), drawn.near[1]))
    printed = estimate.effects if estimate.scale != "percent" else _log_ratios(estimate.effects)
    used = np.where(find_early(estimate), 1, len(fits))

    @cache
    def bound(shift: int) -> FloatArray:
        return np.stack([_bound(estimate, view, studentizer, *one, level, shift) for one in fits], axis=1)

    def find(shift: int, k: int) -> tuple[float, float]:
        values, below, above = bound(shift)[:, : used[k], k]
        at = np.array([0.0, *(one[0][k] for one in fits[1:])])[: used[k]]
        low, high = few_treated.invert_near(at, values, below, above)
        return _show(estimate, min(low, float(printed[k]))), _show(estimate, max(high, float(printed[k])))

    ends = DrawnEnds.absent(estimate.n_effects)
    for k in map(int, np.flatnonzero(np.isfinite(bound(0)[0, 0]) & np.isfinite(printed) & ~is_reference(estimate))):
        ends.put(k, few_treated.find_ends(partial(find, k=k), drawn.effects.shape[0], level))
    return ends


def _show(estimate: Estimate, end: float) -> float:
    """Return an end in log points on the scale of the estimate, infinite where it is too far away to be one."""
    if abs(end) > ratio_inversion.LARGEST:
        return float(np.copysign(np.inf, end))
    return end if estimate.scale != "percent" else float(100 * np.expm1(end))


def _bound(
    estimate: Estimate,
    view: View,
    studentizer: Studentizer | None,
    after: FloatArray,
    values: FloatArray,
    level: float,
    shift: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return real effects in log points, and between which bounds the draws, and a few more, do not reject them."""
    scales = np.ones(values.shape)
    if studentizer is not None:
        scales = studentizer.scales(view, after)
        values = take_logs(estimate, values)
    critical = np.full(estimate.n_effects, np.inf)
    for k in range(estimate.n_effects):
        sizes = np.abs(values[:-1, k] / scales[:-1, k])
        sizes = np.sort(sizes[~np.isnan(sizes)])
        needed = int(np.floor((1 - level) * (sizes.size + 1) + few_treated.TIE)) + shift
        if 0 < needed <= sizes.size:
            critical[k] = sizes[-needed] * scales[-1, k]
    if studentizer is None and estimate.scale == "percent":
        return _log_ratios(values[-1]), _log_ratios(-critical), _log_ratios(critical)
    return values[-1], -critical, critical


def _log_ratios(percent: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log1p(np.maximum(percent, -100.0) / 100))


def _invert(drawn: Permuted, view: View, studentizer: Studentizer | None, level: float) -> DrawnEnds:
    """Return the constant effects not rejected, effect by effect.

    A pre-period effect is tested with the effects after onset at their average, not at zero.
    """
    estimate = drawn.estimate
    ends = DrawnEnds.absent(estimate.n_effects)
    average, early = ratio_inversion.compute_average_after(estimate), find_early(estimate)
    for k in range(estimate.n_effects):
        effects, slopes, observed = drawn.effects[:, k], drawn.post_slopes[:, k], float(drawn.observed[k])
        is_early = estimate.kind == "event" and bool(early[k])
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
            ends.put(
                k,
                few_treated.find_ends(
                    partial(few_treated.invert_randomization, *parts, level), int(present.sum()), level
                ),
            )
            continue
        kept = np.append(np.flatnonzero(present), present.size)

        def scale_at(effect: float, k: int = k, kept: IntArray = kept, is_early: bool = is_early) -> FloatArray:
            after, before = (average, effect) if is_early else (effect, 0.0)
            return studentizer.scale(view, k, after, before)[kept]

        ends.put(k, few_treated.invert_studentized(*parts, scale_at, level))
    return ends
