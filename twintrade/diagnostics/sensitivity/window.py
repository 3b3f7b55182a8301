"""The estimate under other windows of event time: what is binned at the ends, and how far effects are averaged."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import Variant, compared, extremes, failures, quick, quoted
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference


def windows(design: Design, steps: tuple[int, ...]) -> Iterator[Variant]:
    """Yield the design with its window as chosen, wider and narrower, and without rows beyond the chosen one.

    Leaving out what lies beyond the window drops tied units' early and late rows in place of binning them.
    """
    low, high = design.window
    yield Variant(f"window as chosen, {low:+d} to {high:+d}", "window", design)
    seen = {(low, high)}
    for step in steps:
        changed = (min(low - step, design.reference), max(high + step, 0))
        if changed not in seen:
            seen.add(changed)
            yield Variant(f"window {changed[0]:+d} to {changed[1]:+d}", "window", design.within(changed))
    panel = design.panel
    event_time = panel.period - design.onset[panel.unit]
    beyond = np.isfinite(event_time) & ((event_time < low) | (event_time > high))
    if beyond.any():
        yield Variant("rows beyond the window left out", "trimmed", design.restricted(~beyond))
    late = np.isfinite(event_time) & (event_time > high)
    if late.any() and not np.array_equal(late, beyond):
        yield Variant("rows after the window left out", "trimmed", design.restricted(~late))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Diagnostic):
    """Whether the result hangs on where the window ends.

    Attributes
    ----------
    steps : tuple of int
        Periods by which both ends are moved outwards (negative: inwards).
    """

    steps: tuple[int, ...] = (-2, -1, 1, 2)
    name: ClassVar[str] = "window"
    citation: ClassVar[str] = "schmidheiny2023"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a window; payload ``window``."""
        table = compared(fit, windows(fit.design, self.steps), quick(fit, inference), rng)
        known = table.dropna(subset=["effect"])
        if len(known) < 2:
            reason = "; ".join(dict.fromkeys(str(r) for r in table["reason"] if r)) or "there is no other window"
            return self.unavailable(f"fewer than two windows could be estimated: {reason}")
        low, high, same = extremes(known)
        scale = fit.estimate.scale
        return Finding(
            diagnostic=self.name,
            verdict="none" if low * high > 0 else "fail",
            sentence=(
                f"Under {len(known)} windows the effect runs from {quoted(low, scale)} to {quoted(high, scale)}; "
                f"the estimates {same}."
            ),
            value=high - low,
            unit=scale,
            table=table,
            payloads={"window": table},
            messages=failures(self.name, table),
        )
