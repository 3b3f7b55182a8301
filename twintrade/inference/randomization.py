"""Randomization inference: how often onsets that were dealt out otherwise produce an effect this large."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import ClassVar, Literal

import numpy as np

from twintrade.effects import Bands, EventStudy, Message
from twintrade.effects.bands import absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.assignments import SENTENCES, Across, Assignments, assignments
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered, Facts, is_reference
from twintrade.inference.inversion import inverted, two_sided_share
from twintrade.inference.permutation import Permutations, Permuted, is_linear, permute
from twintrade.numerics.arrays import FloatArray

MOST_DISTINCT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Randomization(Inference):
    """Exact tests of no effect on anybody: valid with few treated units, if onsets could have been dealt otherwise.

    Attributes
    ----------
    across : {"units", "cities", "partners", "dates"}
        What onsets are re-assigned across; cohort sizes are kept.
    draws : int
        All assignments are used instead where there are no more than this.
    statistic : {"coefficient", "t"}
        What is compared: the effect, or the effect over its clustered standard error.
    intervals : bool
        Invert the coefficient's test for constant effects (linear estimators).
    level : float
    """

    across: Across = "units"
    draws: int = 999
    statistic: Literal["coefficient", "t"] = "coefficient"
    intervals: bool = True
    level: float = 0.95
    name: ClassVar[str] = "randomization"
    citation: ClassVar[str] = "mackinnon2020"
    works_on: ClassVar[Literal["influence", "draws", "refit", "any"]] = "refit"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return p-values, and intervals by inversion."""
        return self.infer_views(fit, [view], rng)[view]

    def infer_views(self, fit: Fit, views: Sequence[View], rng: np.random.Generator) -> dict[View, Bands]:
        """Return bands for several views from the same refits."""
        seed = int(rng.integers(2**31))
        dealt = assignments(fit.design, self.across)
        onsets, is_complete = self._onsets(dealt, np.random.default_rng(seed))
        permutations = permute(fit, views, onsets, self.intervals, self.statistic == "t")
        how = _How(self, dealt, permutations, seed, is_complete)
        return {view: how.bands(fit, permutations.views[view]) for view in views}

    def _onsets(self, dealt: Assignments, rng: np.random.Generator) -> tuple[Iterable[FloatArray], bool]:
        if self.draws < 1:
            raise InferenceError(f"randomization needs draws, not {self.draws}")
        if self.across in ("units", "dates") and dealt.log_count <= log(min(self.draws + 1, MOST_DISTINCT)):
            real = dealt.panel_onset
            return [onset for onset in dealt.everything() if not np.array_equal(onset, real)], True
        return [dealt.draw(rng) for _ in range(self.draws)], False


@dataclass(frozen=True, slots=True)
class _How:
    """How the draws were made, for turning them into bands."""

    method: Randomization
    dealt: Assignments
    permutations: Permutations
    seed: int
    is_complete: bool

    def bands(self, fit: Fit, drawn: Permuted) -> Bands:
        estimate, method = drawn.estimate, self.method
        reference = is_reference(estimate)
        observed, compared = estimate.effects, drawn.effects
        if method.statistic == "t":
            observed, compared = observed / Clustered().sandwich(fit, estimate).se, drawn.statistics
        p = absent(estimate.n_effects)
        for k in np.flatnonzero(~reference):
            present = compared[~np.isnan(compared[:, k]), k]
            if present.size and np.isfinite(observed[k]):
                p[k] = two_sided_share(float(observed[k]), present)
        low, high = self._intervals(drawn)
        low[reference] = high[reference] = 0.0
        return Bands(
            estimate=estimate,
            inference=method.name,
            level=method.level,
            se=absent(estimate.n_effects),
            low=low,
            high=high,
            p=p,
            df=absent(estimate.n_effects),
            simultaneous_low=absent(estimate.n_effects),
            simultaneous_high=absent(estimate.n_effects),
            note=self._note(fit),
            facts=self._facts(drawn),
            messages=self.permutations.messages() + self._missing(drawn) + self._without_intervals(fit),
        )

    @property
    def floor(self) -> float:
        """The smallest p-value that these draws, and the number of distinct assignments, can give."""
        n_valid = self.permutations.n_draws - sum(self.permutations.failures.values())
        return max(1 / (n_valid + 1), exp(-self.dealt.log_count) if self.dealt.log_count < 50 else 0.0)

    def _intervals(self, drawn: Permuted) -> tuple[FloatArray, FloatArray]:
        estimate = drawn.estimate
        low, high = absent(estimate.n_effects), absent(estimate.n_effects)
        if not self.method.intervals:
            return low, high
        average = _average(drawn)
        for k in range(estimate.n_effects):
            effects, slopes, observed = drawn.effects[:, k], drawn.post_slopes[:, k], float(estimate.effects[k])
            if isinstance(estimate, EventStudy) and estimate.event_times[k] < -estimate.anticipation:
                # Other effects than the tested one stay at their estimate: the average effect after onset.
                effects = effects - average * slopes[:-1]
                observed -= average * float(slopes[-1])
                slopes = drawn.pre_slopes[:, k]
            present = ~(np.isnan(effects) | np.isnan(slopes[:-1]))
            own = float(slopes[-1])
            if np.isnan(own):
                continue
            low[k], high[k] = inverted(observed, own, effects[present], slopes[:-1][present], self.method.level)
        return low, high

    def _facts(self, drawn: Permuted) -> Facts:
        facts: Facts = {
            "draws": self.permutations.n_draws,
            "seed": self.seed,
            "floor": self.floor,
            "across": self.method.across,
            "statistic": self.method.statistic,
            "is_complete": int(self.is_complete),
            "failed_refits": sum(self.permutations.failures.values()),
            "n_eligible": int(self.dealt.eligible.size),
            "n_treated": int(np.isfinite(self.dealt.onset).sum()),
        }
        if isinstance(drawn.estimate, EventStudy):
            facts |= _joint_pre(drawn)
        return facts

    def _note(self, fit: Fit) -> str:
        n_valid = self.permutations.n_draws - sum(self.permutations.failures.values())
        kind = "all assignments" if self.is_complete else f"draws, seed {self.seed}"
        compared = "effects" if self.method.statistic == "coefficient" else "effects over their clustered errors"
        intervals = "; intervals collect the constant effects that the test of the effect does not reject"
        shown = intervals if self.method.intervals and is_linear(fit) else ""
        return (
            f"Randomization: {SENTENCES[self.method.across]} ({self.dealt.eligible.size} units), {n_valid} {kind}; "
            f"p-values compare {compared}; smallest attainable p {self.floor:.2g}{shown}"
        )

    def _missing(self, drawn: Permuted) -> tuple[Message, ...]:
        lost = np.isnan(drawn.effects).sum(axis=0)
        return tuple(
            Message(
                "warning",
                "effect-missing-in-draws",
                f"effect {drawn.estimate.names[k]} is missing in {lost[k]} of {drawn.effects.shape[0]} draws",
            )
            for k in np.flatnonzero(lost)
        )

    def _without_intervals(self, fit: Fit) -> tuple[Message, ...]:
        if not self.method.intervals or is_linear(fit):
            return ()
        text = (
            f"{fit.estimator.title or fit.estimator.name} is not linear in the outcome: randomization gives "
            "p-values and no interval"
        )
        return (Message("info", "no-interval", text),)


def _average(drawn: Permuted) -> float:
    """Average effect after onset, by treated rows; 0 where the view has none."""
    estimate = drawn.estimate
    if not isinstance(estimate, EventStudy) or not (estimate.event_times >= 0).any():
        return 0.0
    return float(estimate.average().effects[0])


def _joint_pre(drawn: Permuted) -> Facts:
    """Test all pre-period effects together: the largest of them, each over its spread across the draws."""
    estimate = drawn.estimate
    assert isinstance(estimate, EventStudy)
    pre = estimate.pre_effects()
    effects = drawn.effects[:, pre]
    complete = ~np.isnan(effects).any(axis=1)
    if pre.size == 0 or complete.sum() < 2:
        return {}
    spread = effects[complete].std(axis=0)
    if not (spread > 0).all():
        return {}
    observed = float(np.abs(estimate.effects[pre] / spread).max())
    largest = np.abs(effects[complete] / spread).max(axis=1)
    return {"pretrend_statistic": observed, "pretrend_p": two_sided_share(observed, largest), "pretrend_df": pre.size}
