"""Randomization inference: how often onsets that were dealt out otherwise produce an effect this large."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import ClassVar, Literal

import numpy as np

from twintrade.effects import Bands, EventStudy
from twintrade.effects.bands import fill_absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering.variances import is_reference
from twintrade.inference.refits.inversion import compute_two_sided_share, invert_randomization
from twintrade.inference.refits.permutation import Permuted, is_linear, permute
from twintrade.inference.refits.randomization_bands import Compared, Dealt
from twintrade.inference.refits.reassignment import Across, Assignments, build_assignments, find_units_with_trade
from twintrade.inference.refits.score_randomization import Scored, compare_one_step_estimates
from twintrade.numerics.arrays import FloatArray

MOST_DISTINCT = 20_000
Statistic = Literal["default", "coefficient", "t", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Randomization(Inference):
    """Exact tests of no effect on anybody: valid with few treated units, if onsets could have been dealt otherwise.

    Attributes
    ----------
    across : {"units", "cities", "partners", "dates"}
        What onsets are re-assigned across; cohort sizes are kept.
    draws : int
        All assignments are used instead where there are no more than this.
    statistic : {"default", "coefficient", "t", "score"}
        What is compared: the effect (every draw estimated anew); the effect over its clustered standard error; or the
        one-step estimate from the model without treatment, which needs no refit. By default the score for methods
        that are not linear and offer it, else the effect.
    intervals : bool
        Collect the constant effects that the test does not reject (linear methods, or the score).
    level : float
    """

    across: Across = "units"
    draws: int = 999
    statistic: Statistic = "default"
    intervals: bool = True
    level: float = 0.95
    name: ClassVar[str] = "randomization"
    citation: ClassVar[str] = "mackinnon2020"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return p-values, and intervals by inversion."""
        return self.infer_views(fit, [view], rng)[view]

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views from the same draws.

        Raises
        ------
        InferenceError
            Only one assignment exists, no draw could be estimated, or the score was asked for and does not exist.
        """
        seed = int(rng.integers(2**31))
        dealt = build_assignments(fit.design, self.across, find_units_with_trade(fit))
        onsets, is_complete = self._onsets(dealt, np.random.default_rng(seed))
        # Scores are in log points: of an effect in another measure they give a p-value and no interval.
        inverts_scores = self.intervals and fit.estimate.scale == "log points"
        by_score = self._scored(fit, onsets, inverts_scores)
        if by_score is not None:
            failures = {"observes other rows": by_score.n_lost} if by_score.n_lost else {}
            how = Dealt(dealt, len(onsets), failures, seed, is_complete, "score", self.level)
            return {
                view: how.bands(_from_score(fit, view, by_score), inverts_scores, asked=self.intervals)
                for view in views
            }
        is_studentized = self.statistic == "t"
        drawn = permute(fit, views, onsets, self.intervals, is_studentized)
        statistic = "t" if is_studentized else "coefficient"
        how = Dealt(dealt, drawn.n_draws, drawn.failures, seed, is_complete, statistic, self.level)
        has_intervals = self.intervals and is_linear(fit)
        return {
            view: how.bands(self._from_refits(fit, drawn.views[view]), has_intervals, asked=self.intervals)
            for view in views
        }

    def _onsets(self, dealt: Assignments, rng: np.random.Generator) -> tuple[list[FloatArray], bool]:
        if self.draws < 1:
            raise InferenceError(f"randomization needs draws, not {self.draws}")
        if self.across in ("units", "dates") and dealt.log_count <= log(min(self.draws + 1, MOST_DISTINCT)):
            real = dealt.panel_onset
            return [onset for onset in dealt.everything() if not np.array_equal(onset, real)], True
        return [dealt.draw(rng) for _ in range(self.draws)], False

    def _scored(self, fit: Fit, onsets: Sequence[FloatArray], has_intervals: bool) -> Scored | None:
        wanted = self.statistic == "score" or (self.statistic == "default" and not is_linear(fit))
        test = fit.estimator.score_test(fit.design) if wanted else None
        scored = None if test is None else compare_one_step_estimates(fit, test, onsets, has_intervals, self.level)
        if scored is None and self.statistic == "score":
            raise InferenceError(
                f"{fit.estimator.name} offers no score test on this panel; use statistic = 'coefficient'"
            )
        return scored

    def _from_refits(self, fit: Fit, drawn: Permuted) -> Compared:
        estimate = drawn.estimate
        observed, compared = estimate.effects, drawn.effects
        if self.statistic == "t":
            with np.errstate(divide="ignore", invalid="ignore"):
                observed, compared = observed / Clustered().sandwich(fit, estimate).se, drawn.statistics
        p = fill_absent(estimate.n_effects)
        for k in np.flatnonzero(~is_reference(estimate)):
            present = compared[~np.isnan(compared[:, k]), k]
            if present.size and np.isfinite(observed[k]):
                p[k] = compute_two_sided_share(float(observed[k]), present)
        low, high = _inverted(drawn, self.level) if self.intervals else (fill_absent(p.size), fill_absent(p.size))
        return Compared(estimate, p, low, high, estimate.effects, drawn.effects)


def _inverted(drawn: Permuted, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the constant effects not rejected, effect by effect.

    A pre-period effect is tested with the effects after onset at their average, not at zero.
    """
    estimate = drawn.estimate
    low, high = fill_absent(estimate.n_effects), fill_absent(estimate.n_effects)
    average = 0.0
    if isinstance(estimate, EventStudy) and (estimate.event_times >= 0).any():
        average = float(estimate.average().effects[0])
    for k in range(estimate.n_effects):
        effects, slopes, observed = drawn.effects[:, k], drawn.post_slopes[:, k], float(estimate.effects[k])
        if isinstance(estimate, EventStudy) and estimate.event_times[k] < -estimate.anticipation:
            effects = effects - average * slopes[:-1]
            observed -= average * float(slopes[-1])
            slopes = drawn.pre_slopes[:, k]
        present = ~(np.isnan(effects) | np.isnan(slopes[:-1]))
        slope = float(slopes[-1])
        if not np.isnan(slope):
            low[k], high[k] = invert_randomization(observed, slope, effects[present], slopes[:-1][present], level)
    return low, high


def _from_score(fit: Fit, view: View, scored: Scored) -> Compared:
    """Pick a view's effects out of the scores, in the order of the estimate."""
    estimate = fit.view(view)
    places = np.full(estimate.n_effects, -1)
    for k, name in enumerate(estimate.names):
        if view in scored.names:
            places[k] = scored.place(view)
        elif name in scored.names:
            places[k] = scored.place(name)
    taken = np.where(places >= 0, places, 0)
    missing = places < 0
    p, low, high, observed = (
        np.where(missing, np.nan, values[taken]) for values in (scored.p, scored.low, scored.high, scored.observed)
    )
    drawn = np.where(missing, 0.0 if is_reference(estimate).any() else np.nan, scored.drawn[:, taken])
    return Compared(estimate, p, low, high, observed, drawn)
