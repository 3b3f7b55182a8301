"""From statistics under re-assigned onsets to bands, with everything a reader must know about the draws."""

from dataclasses import dataclass

import numpy as np

from twintrade.effects import Bands, Estimate, EventStudy, Message
from twintrade.effects.bands import fill_absent
from twintrade.inference.clustered import Facts
from twintrade.inference.clustering.variances import is_reference, list_effects
from twintrade.inference.refits.inversion import DrawnEnds, compute_two_sided_share
from twintrade.inference.refits.scheme import Scheme
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Text, Words


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
class Dealt:
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
        return Bands(
            estimate=estimate,
            inference="randomization",
            level=self.level,
            se=fill_absent(estimate.n_effects),
            low=low,
            high=high,
            low_error=low_error,
            high_error=high_error,
            p=np.where(reference, np.nan, p),
            df=fill_absent(estimate.n_effects),
            simultaneous_low=fill_absent(estimate.n_effects),
            simultaneous_high=fill_absent(estimate.n_effects),
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
                "warning",
                "refit-failed",
                Text("inference.draws-failed", n=count, draws=self.n_draws, reason=reason),
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
    reference = is_reference(compared.estimate)
    drawn = np.where(reference, 0.0, compared.drawn)
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
        "pretrend_p": compute_two_sided_share(float(largest[-1]), largest[:-1]),
        "pretrend_df": pre.size,
    }
