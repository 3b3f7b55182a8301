"""How large a violation of parallel trends would overturn the result (Rambachan and Roth 2023)."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import scipy

from twintrade.diagnostics.base import LEVEL, Diagnostic, Judgment, require
from twintrade.diagnostics.pre_period import reference_year
from twintrade.diagnostics.pre_period.pretrends import run_pretests
from twintrade.diagnostics.pre_period.reference_year import CommonBase
from twintrade.diagnostics.variants import format_effect, format_effects, simplify_inference
from twintrade.effects import EventStudy, Finding, Message, TimedEffects, Verdict
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.numerics import honest
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.honest import Bias, EventPath, Kind, Method, Monotone, RobustInterval, Violation
from twintrade.text import Listed, Text

# Bounds of an imputed headline in words.

FARTHEST = 1000.0  # end of an interval in percent beyond which it is not written out


def _describe_bounded(base: CommonBase, breakdown: float, facts: dict[str, Any]) -> list[Text]:
    """Say what breaks the headline down, by the facts of that, and what a straight line before would have shown."""
    scale, is_reached, slope = base.scale, facts["reached"] == "at", base.test_slope()
    step = np.sign(base.headline) * base.largest_step * breakdown if is_reached else 0.0
    has_step = is_reached and facts["kind"] == "relative-magnitudes"
    ends = {"headline": base.show(base.headline), "exact": base.compute_exact(step), "step": abs(base.show(step))}
    slopes = format_effects(scale, slope=base.show(slope.slope), enough=base.show(slope.enough))
    return [
        Text("checks.honest-headline", stepped="yes" if has_step else "no", **facts, **format_effects(scale, **ends)),
        Text("checks.honest-slope", p=slope.p, power=slope.power, **slopes),
    ]


def _show_end(base: CommonBase, end: float) -> Text:
    """Return an end of an interval; how far a percentage lies beyond what anybody means says nothing."""
    value, is_beyond = base.show(end), base.is_percent and base.show(end) > FARTHEST
    return Text("checks.honest-beyond", end=FARTHEST) if is_beyond else format_effect(value, base.scale)


BREAKDOWN_ENDS = 1e-4  # precision of the breakdown value, relative to one plus itself
SYMBOLS: dict[str, str] = {"smoothness": "M", "relative_magnitudes": "M̄", "relative_smoothness": "M̄"}


@dataclass(frozen=True, slots=True)
class Honest(Diagnostic):
    """Robust intervals for a list of bounds on the violation, and the bound at which zero enters.

    Attributes
    ----------
    restriction : {"relative_magnitudes", "smoothness", "relative_smoothness"}
    bounds : tuple of float
        M-bar, or M in units of the effect for smoothness.
    target : {"average", "first"}
        Average of the path from onset on, over the event times behind the column's own, whatever the window shows; or
        the effect at onset. Leads are those of the window.
    method : str
        "fixed_length", "least_favorable", "conditional", "conditional_fixed_length", or "recommended": fixed length
        for smoothness without sign restrictions, the least favorable hybrid otherwise.
    bias : {"positive", "negative"} or None
    monotone : {"increasing", "decreasing"} or None
    """

    restriction: Kind = "relative_magnitudes"
    bounds: tuple[float, ...] = field(default=(0.5, 1.0, 2.0))
    target: Literal["average", "first"] = "average"
    method: Method | Literal["recommended"] = "recommended"
    bias: Bias | None = None
    monotone: Monotone | None = None
    level: float = 0.95

    name: ClassVar[str] = "honest"
    citation: ClassVar[str] = "rambachan2023"
    payload_kinds: ClassVar = {"honest": "sensitivity"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the sensitivity of the result; ``value`` is the breakdown bound."""
        seed = int(rng.integers(2**62))
        base: CommonBase | None = None
        is_judged = self.restriction == "relative_magnitudes"
        if reference_year.has_common_base(fit):
            base = reference_year.build_common_base(fit, inference, rng, is_first=self.target == "first")
            path = base.build_bounded() if is_judged else base.build_against_last()
            drawn = Message("info", "honest-draws", Text("checks.honest-base-draws"))
            messages: tuple[Message, ...] = (drawn,) if base.from_draws else ()
        else:
            path, messages = self._path(fit, inference, rng)
        intervals = [self.interval(path, size, seed) for size in self.bounds]
        breakdown, p = self._breakdown(path, seed), np.nan
        table = self._table(path, intervals, base)
        if is_judged:
            with suppress(TwintradeError):  # of leads that cannot be tested together
                p = run_pretests(fit, inference, rng, "hotelling").joint.p
        if base is not None and np.isnan(p):
            p = base.test_slope().p
        verdict: Verdict = "informs"
        if is_judged:  # large intervals make a small breakdown value alone: differences before must be seen as well
            is_seen = breakdown > 0 and p < LEVEL
            verdict = "does not object" if breakdown >= 1 else "objects" if is_seen else "cannot tell"
        return self.conclude(
            self._say(path, intervals, breakdown, verdict, p, base),
            table,
            Judgment(verdict, best=np.nan if breakdown > 0 else 0.0),
            value=breakdown,
            unit=SYMBOLS[self.restriction],
            messages=messages,
        )

    def interval(self, path: EventPath, size: float, seed: int) -> RobustInterval:
        """Return the robust interval for one bound; the same seed gives every bound the same draws."""
        rng = np.random.default_rng(seed)
        return honest.compute_robust_interval(path, *self._restrict(size), self.level, rng)

    def _restrict(self, size: float) -> tuple[Violation, Method]:
        """Return the restriction for one bound, and how intervals are made under it."""
        is_plain = self.restriction == "smoothness" and self.bias is None and self.monotone is None
        method: Method = "fixed_length" if is_plain else "least_favorable"
        violation = Violation(self.restriction, size, self.bias, self.monotone)
        return violation, method if self.method == "recommended" else self.method

    def _path(
        self, fit: Fit, inference: Inference, rng: np.random.Generator
    ) -> tuple[EventPath, tuple[Message, ...]]:
        require("event" in fit.views, Text("checks.no-event-times", method=fit.estimator.title))
        fit = estimate_whole_path(fit)
        # The bounds need the covariance over all draws, and no interval by inversion.
        bands = simplify_inference(fit, inference, None).infer(fit, "event", rng)
        messages: tuple[Message, ...] = ()
        if bands.covariance is None:
            taken = bands.inference
            bands = Clustered(level=self.level).infer(fit, "event", rng)
            messages = (Message("warning", "honest-clustered", Text("checks.honest-clustered", taken=taken)),)
        elif np.isnan(bands.se).all():
            messages = (Message("info", "honest-draws", Text("checks.honest-draws", taken=bands.inference)),)
        if bands.covariance is None:
            raise InferenceError(Text("checks.honest-no-covariance"))
        study = bands.estimate
        if not isinstance(study, EventStudy):
            raise InferenceError(Text("checks.no-event-times", method=fit.estimator.title))
        return build_event_path(study, bands.covariance, self.target), messages

    def _breakdown(self, path: EventPath, seed: int) -> float:
        """Return the smallest bound whose interval reaches zero: 0 if none is needed, infinite if none was found."""
        side = np.sign(path.center)

        def excludes_zero(size: float) -> bool:
            rng = np.random.default_rng(seed)
            interval = honest.find_interval_beyond(path, 0.0, *self._restrict(size), self.level, rng)
            return interval is not None and bool(interval.low > 0 if side > 0 else interval.high < 0)

        if not excludes_zero(0.0):
            return 0.0
        low, high = 0.0, 1.0 if self.restriction != "smoothness" else path.standard_error
        for _ in range(20):
            if not excludes_zero(high):
                break
            low, high = high, 2 * high
        else:
            return float("inf")
        while high - low > BREAKDOWN_ENDS * (1 + high) * (1 if self.restriction != "smoothness" else high):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if excludes_zero(middle) else (low, middle)
        return 0.5 * (low + high)

    def _table(self, path: EventPath, intervals: list[RobustInterval], base: CommonBase | None) -> pd.DataFrame:
        center, error = (path.center, path.standard_error) if base is None else (base.headline, base.standard_error)
        half = float(scipy.special.ndtri(0.5 + self.level / 2)) * error
        rows = [("original", np.nan, center - half, center + half)]
        rows += [("robust", m, i.low, i.high) for m, i in zip(self.bounds, intervals, strict=True)]
        frame = pd.DataFrame(rows, columns=["kind", "size", "low", "high"])
        frame.insert(0, "restriction", self.restriction)
        frame["effect"] = center
        if base is not None:
            columns = ["low", "high", "effect"]
            frame[columns] = frame[columns].map(base.show)
        return frame

    def _say(
        self,
        path: EventPath,
        intervals: list[RobustInterval],
        breakdown: float,
        verdict: Verdict,
        p: float,
        base: CommonBase | None,
    ) -> Listed:
        symbol, kind = SYMBOLS[self.restriction], self.restriction.replace("_", "-")
        reached = "without" if breakdown == 0 else "never" if np.isinf(breakdown) else "at"
        facts: dict[str, Any] = {"kind": kind, "target": self.target, "symbol": symbol, "reached": reached}
        facts["breakdown"] = breakdown
        pairs = list(zip(self.bounds, intervals, strict=True))
        if base is None:
            given = [Text("checks.honest-at", symbol=symbol, size=m, low=i.low, high=i.high) for m, i in pairs]
            texts = [Text("checks.honest", center=path.center, given=Listed(tuple(given), "semicolon"), **facts)]
        else:
            ends = [(m, _show_end(base, i.low), _show_end(base, i.high)) for m, i in pairs]
            given = [Text("checks.honest-range", symbol=symbol, size=m, low=low, high=high) for m, low, high in ends]
            texts = _describe_bounded(base, breakdown, facts | {"given": Listed(tuple(given), "semicolon")})
        if verdict != "informs":
            tested = "yes" if np.isfinite(p) else "no"
            texts.append(
                Text("checks.honest-verdict", verdict=verdict.replace(" ", "-"), reached=reached, tested=tested, p=p)
            )
        return Listed(tuple(texts), "sentences")


def estimate_whole_path(fit: Fit) -> Fit:
    """Return the fit that shows every event time from onset on apart, over which the path averages, and the leads."""
    fit = reference_year.estimate_unbinned(fit)
    times = fit.estimate.event_times if isinstance(fit.estimate, TimedEffects) else np.zeros(1, int)
    low, high = fit.design.window
    return replace(fit, design=replace(fit.design, window=(low, max(high, int(times.max(initial=0))))))


def build_event_path(study: EventStudy, covariance: FloatArray, target: Literal["average", "first"]) -> EventPath:
    """Return event times against one reference as the restrictions' path, weighted by their treated rows."""
    if study.base != "universal" or study.reference is None:
        raise InferenceError(Text("checks.honest-base", base=study.base.replace(" ", "-")))
    require(not any(study.binned), Text("checks.honest-binned"))
    times = study.event_times
    require((np.diff(times) == 1).all(), Text("checks.honest-missing"))
    before, after = np.flatnonzero(times < study.reference), np.flatnonzero(times > study.reference)
    require(before.size > 0 and after.size > 0, Text("checks.honest-one-side"))
    rows = np.concatenate([before, after])
    weights = study.shares(times == 0 if target == "first" else times >= 0)[after]
    return EventPath(study.effects[rows], covariance[np.ix_(rows, rows)], int(before.size), weights)
