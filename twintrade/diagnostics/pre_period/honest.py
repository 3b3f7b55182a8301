"""How large a violation of parallel trends would overturn the result (Rambachan and Roth 2023)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
import scipy

from twintrade.diagnostics.base import LEVEL, Diagnostic, Judgment
from twintrade.diagnostics.pre_period import reference_year
from twintrade.diagnostics.pre_period.pretrends import run_pretests
from twintrade.diagnostics.pre_period.reference_year import CommonBase
from twintrade.diagnostics.variants import format_effect, format_effects, simplify_inference
from twintrade.effects import CohortEffects, EventStudy, Finding, Message, Verdict
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.numerics import honest
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.honest import Bias, EventPath, Kind, Method, Monotone, RobustInterval, Violation
from twintrade.text import Listed, Text

# Bounds of an imputed headline in words.

FARTHEST = 1000.0  # end of an interval in percent beyond which it is not written out


def describe_bounded(
    base: CommonBase, kind: Kind, sizes: Sequence[float], intervals: Sequence[RobustInterval], breakdown: float
) -> list[Text]:
    """Say the intervals of the headline, what breaks it down, and what a straight line before would have shown."""
    scale = "percent" if base.is_percent else base.study.scale
    symbol = "M" if kind == "smoothness" else "M\u0304"
    shown = [
        Text(
            "checks.honest-range",
            symbol=symbol,
            size=size,
            low=_show_end(base.show(one.low), scale),
            high=_show_end(base.show(one.high), scale),
        )
        for size, one in zip(sizes, intervals, strict=True)
    ]
    reached = "without" if breakdown == 0 else "never" if np.isinf(breakdown) else "at"
    step = np.sign(base.headline) * base.largest_step * breakdown if reached == "at" else 0.0
    has_step = reached == "at" and kind == "relative_magnitudes"
    slope = base.test_slope()
    return [
        Text(
            "checks.honest-headline",
            kind=kind.replace("_", "-"),
            target="first" if base.is_first else "average",
            given=Listed(tuple(shown), "semicolon"),
            reached=reached,
            symbol=symbol,
            breakdown=breakdown,
            stepped="yes" if has_step else "no",
            **format_effects(
                scale, headline=base.show(base.headline), exact=base.compute_exact(step), step=abs(base.show(step))
            ),
        ),
        Text(
            "checks.honest-slope",
            p=slope.p,
            power=slope.power,
            **format_effects(scale, slope=base.show(slope.slope), enough=base.show(slope.enough)),
        ),
    ]


def _show_end(value: float, scale: str) -> Text:
    """Return an end of an interval; how far a percentage lies beyond what anybody means says nothing."""
    is_beyond = scale == "percent" and value > FARTHEST
    return Text("checks.honest-beyond", end=FARTHEST) if is_beyond else format_effect(value, scale)


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
        if reference_year.has_common_base(fit):
            base = reference_year.build_common_base(fit, inference, rng, is_first=self.target == "first")
            is_bounded = self.restriction == "relative_magnitudes"
            path = base.build_bounded() if is_bounded else base.build_against_last()
            drawn = Message("info", "honest-draws", Text("checks.honest-base-draws"))
            messages: tuple[Message, ...] = (drawn,) if base.from_draws else ()
        else:
            path, messages = self._path(fit, inference, rng)
        intervals = [self.interval(path, size, seed) for size in self.bounds]
        breakdown = self._breakdown(path, seed)
        table = self._table(path, intervals, base)
        p = _test_before(fit, inference, rng) if self.restriction == "relative_magnitudes" else np.nan
        if base is not None and np.isnan(p):
            p = base.test_slope().p
        verdict = self._judge(breakdown, p)
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
        return honest.compute_robust_interval(path, self._violation(size), self._method(), self.level, rng)

    def _violation(self, size: float) -> Violation:
        return Violation(self.restriction, size, self.bias, self.monotone)

    def _method(self) -> Method:
        if self.method != "recommended":
            return self.method
        is_plain = self.restriction == "smoothness" and self.bias is None and self.monotone is None
        return "fixed_length" if is_plain else "least_favorable"

    def _path(
        self, fit: Fit, inference: Inference, rng: np.random.Generator
    ) -> tuple[EventPath, tuple[Message, ...]]:
        if "event" not in fit.views:
            raise _UnavailableError(Text("checks.no-event-times", method=fit.estimator.title))
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
            raise _UnavailableError(Text("checks.honest-no-covariance"))
        study = bands.estimate
        if not isinstance(study, EventStudy):
            raise _UnavailableError(Text("checks.no-event-times", method=fit.estimator.title))
        return build_event_path(study, bands.covariance, self.target), messages

    def _breakdown(self, path: EventPath, seed: int) -> float:
        """Return the smallest bound whose interval reaches zero: 0 if none is needed, infinite if none was found."""
        side = np.sign(path.center)

        def excludes_zero(size: float) -> bool:
            rng = np.random.default_rng(seed)
            interval = honest.find_interval_beyond(path, 0.0, self._violation(size), self._method(), self.level, rng)
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

    def _judge(self, breakdown: float, p: float) -> Verdict:
        """Judge by breakdown value and p-value of no differences before: large intervals make a small value alone."""
        if self.restriction != "relative_magnitudes":
            return "informs"
        if breakdown >= 1:
            return "does not object"
        return "objects" if breakdown > 0 and p < LEVEL else "cannot tell"

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
        given = tuple(
            Text("checks.honest-at", symbol=symbol, size=m, low=i.low, high=i.high)
            for m, i in zip(self.bounds, intervals, strict=True)
        )
        reached = "without" if breakdown == 0 else "never" if np.isinf(breakdown) else "at"
        if base is not None:
            texts = describe_bounded(base, self.restriction, self.bounds, intervals, breakdown)
        else:
            texts = [
                Text(
                    "checks.honest",
                    kind=kind,
                    target=self.target,
                    center=path.center,
                    given=Listed(given, "semicolon"),
                    reached=reached,
                    symbol=symbol,
                    breakdown=breakdown,
                )
            ]
        if verdict != "informs":
            tested = "yes" if np.isfinite(p) else "no"
            texts.append(
                Text("checks.honest-verdict", verdict=verdict.replace(" ", "-"), reached=reached, tested=tested, p=p)
            )
        return Listed(tuple(texts), "sentences")


def _test_before(fit: Fit, inference: Inference, rng: np.random.Generator) -> float:
    """Return the p-value of no differences before the agreement, NaN where they cannot be tested together."""
    try:
        return run_pretests(fit, inference, rng, "hotelling").joint.p
    except TwintradeError:
        return np.nan


class _UnavailableError(TwintradeError):
    """Why no honest interval can be made."""


def estimate_whole_path(fit: Fit) -> Fit:
    """Return the fit that shows every event time from onset on apart, over which the path averages, and the leads."""
    fit = reference_year.estimate_unbinned(fit)
    times = fit.estimate.event_times if isinstance(fit.estimate, EventStudy | CohortEffects) else np.zeros(1, int)
    low, high = fit.design.window
    return replace(fit, design=replace(fit.design, window=(low, max(high, int(times.max(initial=0))))))


def build_event_path(study: EventStudy, covariance: FloatArray, target: Literal["average", "first"]) -> EventPath:
    """Return event times against one reference as the restrictions' path, weighted by their treated rows."""
    if study.base != "universal" or study.reference is None:
        raise _UnavailableError(Text("checks.honest-base", base=study.base.replace(" ", "-")))
    if any(study.binned):
        raise _UnavailableError(Text("checks.honest-binned"))
    times = study.event_times
    if (np.diff(times) != 1).any():
        raise _UnavailableError(Text("checks.honest-missing"))
    before, after = np.flatnonzero(times < study.reference), np.flatnonzero(times > study.reference)
    if before.size == 0 or after.size == 0:
        raise _UnavailableError(Text("checks.honest-one-side"))
    rows = np.concatenate([before, after])
    weights = study.shares(times == 0 if target == "first" else times >= 0)[after]
    return EventPath(study.effects[rows], covariance[np.ix_(rows, rows)], int(before.size), weights)
