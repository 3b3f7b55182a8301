"""The estimate when periods before the onset count as possibly affected."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import (
    Variant,
    compare_variants,
    describe_judged,
    format_effect,
    judge_table,
    list_failures,
    list_words,
    measure_headline,
    simplify_inference,
)
from twintrade.effects import Finding
from twintrade.errors import DesignError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.text import Listed, Text


def shift_reference(design: Design, periods: int) -> Variant:
    """Return the design with the reference moved before so many observed periods of anticipation."""
    step = design.panel.step
    periods *= step
    label = Text("checks.anticipation-label", n=periods)
    try:
        changed = replace(design, anticipation=periods, reference=min(design.reference, -periods - step))
    except DesignError as error:
        return Variant(label, "anticipation", None, error.text)
    return Variant(label, "anticipation", changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anticipation(Diagnostic):
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

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a number of periods; payload ``anticipation``."""
        variants = [shift_reference(fit.design, k) for k in range(self.up_to + 1)]
        table = compare_variants(fit, variants, simplify_inference(fit, inference), rng)
        known = table.dropna(subset=["effect"])
        if len(known) < 2:
            return self.unavailable(Text("checks.anticipation-few"))
        scale = fit.estimate.scale
        judged = judge_table(table, measure_headline(fit, inference, rng))
        named = zip(list_words(known, "label"), known["effect"], strict=True)
        listed = tuple(Text("common.named", name=n, value=format_effect(float(e), scale)) for n, e in named)
        return Finding(
            diagnostic=self.name,
            verdict=judged.verdict,
            text=Text(
                "checks.anticipation",
                effects=Listed(listed, "semicolon"),
                verdict=describe_judged(judged, scale),
            ),
            bound=judged.bound,
            tolerance=judged.tolerance,
            value=float(known["effect"].max() - known["effect"].min()),
            unit=scale,
            table=table,
            payloads={"anticipation": table},
            messages=list_failures(self.name, table),
        )
