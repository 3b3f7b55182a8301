"""Fake dates before the real ones, on data from before the agreement: there should be nothing to find."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import Diagnostic, judge_bound
from twintrade.diagnostics.variants import ComparedVariants, Variant, VariantCheck
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.inference.auto import resolve_method
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import find_row_weights
from twintrade.inference.crv2 import Scaled
from twintrade.numerics.holm import adjust_holm
from twintrade.text import Listed, Text, Words

# The estimate when periods before the onset count as possibly affected.


def shift_reference(design: Design, periods: int) -> Variant:
    """Return the design with the reference moved before so many observed periods of anticipation."""
    step = design.panel.step
    periods *= step
    label, reference = Text("checks.anticipation-label", n=periods), min(design.reference, -periods - step)
    return Variant.attempt(label, "anticipation", lambda: replace(design, anticipation=periods, reference=reference))


@dataclass(frozen=True, slots=True, kw_only=True)
class Anticipation(VariantCheck):
    """Whether courtship before the agreement hides part of the effect, or makes it.

    Attributes
    ----------
    up_to : int
        Largest number of observed periods.
    """

    up_to: int = 2
    name: ClassVar[str] = "anticipation"
    citation: ClassVar[str] = "callaway2021"
    payload_kinds: ClassVar = {"anticipation": "variants"}
    fewest: ClassVar[int] = 2

    def vary(self, fit: Fit) -> list[Variant]:
        """Return the design under each number of periods."""
        return [shift_reference(fit.design, k) for k in range(self.up_to + 1)]

    def _refuse(self, table: pd.DataFrame) -> Words:
        return Text("checks.anticipation-few")

    def say(self, seen: ComparedVariants) -> Finding:
        """Return the effect under each number of periods."""
        named = zip(variants.list_words(seen.known, "label"), seen.known["effect"], strict=True)
        listed = tuple(Text("common.named", name=n, value=seen.show(float(e))) for n, e in named)
        text = Text("checks.anticipation", effects=Listed(listed, "semicolon"), verdict=seen.describe())
        return self.report(seen, text, seen.spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceboDates(Diagnostic):
    """The estimate with every onset moved back, treated rows left out.

    Attributes
    ----------
    periods : tuple of int
        How many observed periods onsets are moved back.
    """

    periods: tuple[int, ...] = (2, 3)
    name: ClassVar[str] = "placebo_dates"
    citation: ClassVar[str] = "bertrand2004"
    payload_kinds: ClassVar = {"placebo_dates": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a fake date; payload ``placebo_dates``."""
        before, step = fit.design.before_treatment(), fit.design.panel.step
        alternatives = [
            Variant(Text("checks.placebo-dates-label", n=k * step), "placebo", before.backdated(k * step))
            for k in self.periods
        ]
        table = variants.compare_variants(fit, alternatives, _calibrate(fit, inference), rng, is_same_target=False)
        known, scale = table.dropna(subset=["p"]), fit.estimate.scale
        if known.empty:
            reasons = variants.list_reasons(table)
            return self.unavailable(
                Text("checks.placebo-dates-failed", reasons=reasons)
                if reasons.items
                else Text("checks.placebo-dates-none")
            )
        p = adjust_holm(known["p"].to_numpy(dtype=np.float64))
        worst, adjusted = known.iloc[int(p.argmin())], float(p.min())
        tests, low, high = known[["p", "low", "high"]].to_numpy(dtype=np.float64).T
        bound = float(np.abs([low, high]).max())
        judged = judge_bound(tests, bound, variants.measure_headline(fit, inference, rng), (high - low) / 2)
        text = Text(
            "checks.placebo-dates",
            effect=variants.format_effect(float(worst["effect"]), scale),
            label=str(worst["label"]),
            p=float(worst["p"]),
            adjusted=adjusted,
            n=len(known),
            verdict=Text("checks.placebo-verdict", **variants.name_judged(judged, scale)),
        )
        return self.conclude(
            text, table, judged, value=adjusted, unit="p", messages=variants.list_failures(self.name, table)
        )


def _calibrate(fit: Fit, inference: Inference) -> Inference:
    """Return the inference for fake dates: clustered errors, too small for few treated rows, are scaled."""
    method = resolve_method(fit, inference)
    if not isinstance(method, Clustered) or method.correction != Clustered().correction or "row" in method.by:
        return variants.simplify_inference(fit, inference, has_intervals=True)
    if find_row_weights(fit, fit.view("overall")) is None:
        return method
    return Scaled(by=method.by, level=method.level, draws=1)
