"""The estimate with units treated from their first period on as comparison, and without them."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.design import Design, count_always_compared
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import (
    Variant,
    compare_variants,
    describe_judged,
    format_effect,
    judge_table,
    list_failures,
    measure_headline,
    simplify_inference,
)
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.text import Text


@dataclass(frozen=True, slots=True)
class AlwaysTreated(Diagnostic):
    """What it changes that units treated throughout are comparison, whose effect then must no longer change."""

    name: ClassVar[str] = "always_treated"
    payload_kinds: ClassVar = {"always_treated": "variants"}

    def concerns(self, design: Design) -> bool:
        """Whether there are units treated throughout that may be left out."""
        return _count(design) > 0 and design.always_treated != "keep" and design.statistics is None

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the estimate with and without them; payload ``always_treated``."""
        design, units = fit.design, fit.design.panel.unit_kind
        compared, n = replace(design, always_treated="compare"), _count(design)
        if not self.concerns(design):
            return self.unavailable(Text("checks.always-treated-none", units=units))
        sides = {"yes": compared, "no": replace(design, always_treated="exclude")}
        variants = [Variant(Text("checks.always-treated-label", compared=k), "", one) for k, one in sides.items()]
        table = compare_variants(fit, variants, simplify_inference(fit, inference), rng)
        effects = table["effect"].to_numpy(dtype=np.float64)
        if not np.isfinite(effects).all():
            return self.unavailable(Text("checks.always-treated-failed", reason=str(table["reason"].max())))
        scale, judged = fit.estimate.scale, judge_table(table, measure_headline(fit, inference, rng))
        return Finding(
            diagnostic=self.name,
            verdict=judged.verdict,
            text=Text(
                "checks.always-treated",
                n=n,
                units=units,
                used="yes" if design.always_treated == "compare" else "no",
                compared=format_effect(float(effects[0]), scale),
                excluded=format_effect(float(effects[1]), scale),
                verdict=describe_judged(judged, scale),
            ),
            value=abs(float(effects[0] - effects[1])),
            unit=scale,
            bound=judged.bound,
            tolerance=judged.tolerance,
            table=table,
            payloads={"always_treated": table},
            messages=list_failures(self.name, table),
        )


def _count(design: Design) -> int:
    compared = replace(design, always_treated="compare")
    return count_always_compared(design.panel, design.treatment, compared.onset)
