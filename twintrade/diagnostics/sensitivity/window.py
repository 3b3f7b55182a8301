"""The estimate from rows near the onset alone: no overall depends on the window that a picture shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import (
    Variant,
    compare_variants,
    describe_judged,
    find_extremes,
    format_effect,
    judge_table,
    list_failures,
    measure_headline,
    simplify_inference,
)
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.text import Listed, Text


def restrict_to_window(design: Design, window: tuple[int, int]) -> Design:
    """Return the design without treated units' rows whose event time lies outside a window, ends included."""
    panel = design.panel
    event_time = panel.period - design.onset[panel.unit]
    beyond = np.isfinite(event_time) & ((event_time < window[0]) | (event_time > window[1]))
    return design.restricted(~beyond) if beyond.any() else design


def iterate_windows(design: Design, steps: tuple[int, ...]) -> Iterator[Variant]:
    """Yield the design with all rows, and with treated units' rows of shorter and longer windows alone."""
    low, high = design.window
    yield Variant(Text("checks.window-all"), "window", design)
    seen: set[tuple[int, int]] = set()
    for step in (0, *steps):
        moved = step * design.panel.step
        window = (min(low - moved, design.reference), max(high + moved, 0))
        kept = restrict_to_window(design, window)
        if window not in seen and kept is not design:
            label = Text("checks.window-label", low=window[0], high=window[1])
            yield Variant(label, "window", kept)
        seen.add(window)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Diagnostic):
    """Whether the result hangs on rows far from the onset.

    Attributes
    ----------
    steps : tuple of int
        Observed periods by which both ends of the design's window are moved outwards (negative: inwards).
    """

    steps: tuple[int, ...] = (-2, -1, 1, 2)
    name: ClassVar[str] = "window"
    citation: ClassVar[str] = "schmidheiny2023"
    payload_kinds: ClassVar = {"window": "variants"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a window; payload ``window``."""
        table = compare_variants(
            fit, iterate_windows(fit.design, self.steps), simplify_inference(fit, inference), rng
        )
        known = table.dropna(subset=["effect"])
        if len(known) < 2:
            reasons = Listed(tuple(dict.fromkeys(str(r) for r in table["reason"] if r)), "semicolon")
            return self.unavailable(
                Text("checks.window-few", reasons=reasons) if reasons.items else Text("checks.window-none")
            )
        low, high, signs = find_extremes(known)
        scale = fit.estimate.scale
        judged = judge_table(table, measure_headline(fit, inference, rng))
        return Finding(
            diagnostic=self.name,
            verdict=judged.verdict,
            text=Text(
                "checks.window",
                n=len(known),
                low=format_effect(low, scale),
                high=format_effect(high, scale),
                signs=signs,
                verdict=describe_judged(judged, scale),
            ),
            bound=judged.bound,
            tolerance=judged.tolerance,
            value=high - low,
            unit=scale,
            table=table,
            payloads={"window": table},
            messages=list_failures(self.name, table),
        )
