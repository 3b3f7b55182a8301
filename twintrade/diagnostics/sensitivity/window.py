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
    find_extremes,
    format_effect,
    list_failures,
    simplify_inference,
)
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference


def restrict_to_window(design: Design, window: tuple[int, int]) -> Design:
    """Return the design without treated units' rows whose event time lies outside a window, ends included."""
    panel = design.panel
    event_time = panel.period - design.onset[panel.unit]
    beyond = np.isfinite(event_time) & ((event_time < window[0]) | (event_time > window[1]))
    return design.restricted(~beyond) if beyond.any() else design


def iterate_windows(design: Design, steps: tuple[int, ...]) -> Iterator[Variant]:
    """Yield the design with all rows, and with treated units' rows of shorter and longer windows alone."""
    low, high = design.window
    yield Variant("all rows", "window", design)
    seen: set[tuple[int, int]] = set()
    for step in (0, *steps):
        window = (min(low - step, design.reference), max(high + step, 0))
        kept = restrict_to_window(design, window)
        if window not in seen and kept is not design:
            yield Variant(f"event times {window[0]:+d} to {window[1]:+d}", "window", kept)
        seen.add(window)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Diagnostic):
    """Whether the result hangs on rows far from the onset.

    Attributes
    ----------
    steps : tuple of int
        Periods by which both ends of the design's window are moved outwards (negative: inwards).
    """

    steps: tuple[int, ...] = (-2, -1, 1, 2)
    name: ClassVar[str] = "window"
    citation: ClassVar[str] = "schmidheiny2023"
    payload_kinds: ClassVar = {"window": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a window; payload ``window``."""
        table = compare_variants(
            fit, iterate_windows(fit.design, self.steps), simplify_inference(fit, inference), rng
        )
        known = table.dropna(subset=["effect"])
        if len(known) < 2:
            reason = "; ".join(dict.fromkeys(str(r) for r in table["reason"] if r)) or "no row lies beyond them"
            return self.unavailable(f"fewer than two windows could be estimated: {reason}")
        low, high, same = find_extremes(known)
        scale = fit.estimate.scale
        return Finding(
            diagnostic=self.name,
            verdict="informs" if low * high > 0 else "objects",
            text=(
                f"Under {len(known)} windows the effect runs from {format_effect(low, scale)} to "
                f"{format_effect(high, scale)}; "
                f"the estimates {same}."
            ),
            value=high - low,
            unit=scale,
            table=table,
            payloads={"window": table},
            messages=list_failures(self.name, table),
        )
