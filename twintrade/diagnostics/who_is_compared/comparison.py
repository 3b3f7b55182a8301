"""The estimate against units never treated, and against units not yet treated."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.design import NeverTreated, NotYetTreated
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import (
    SAME,
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
from twintrade.text import Listed, Text


@dataclass(frozen=True, slots=True)
class ComparisonCheck(Diagnostic):
    """Whether the choice of the untreated side matters."""

    name: ClassVar[str] = "comparison"
    citation: ClassVar[str] = "callaway2021"
    payload_kinds: ClassVar = {"comparison": "variants"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a comparison; payload ``comparison``."""
        sides = (NotYetTreated(), NeverTreated())
        variants = [Variant(side.label, "comparison", fit.design.compared_with(side)) for side in sides]
        table = compare_variants(fit, variants, simplify_inference(fit, inference), rng)
        known = table.dropna(subset=["effect"])
        if len(known) < 2:
            reasons = Listed(tuple(str(r) for r in table["reason"] if r), "semicolon")
            return self.unavailable(Text("checks.comparison-one", reasons=reasons))
        effects = known["effect"].to_numpy(dtype=np.float64)
        scale, gap = fit.estimate.scale, float(effects[0] - effects[1])
        judged = judge_table(table, measure_headline(fit, inference, rng))
        text = Text("checks.comparison-same")
        if abs(gap) > SAME * max(1.0, float(np.abs(effects).max())):
            text = Text(
                "checks.comparison",
                units=fit.design.panel.unit_kind,
                not_yet=format_effect(effects[0], scale),
                never=format_effect(effects[1], scale),
                verdict=describe_judged(judged, scale),
            )
        return Finding(
            diagnostic=self.name,
            verdict=judged.verdict,
            text=text,
            value=abs(gap),
            unit=scale,
            bound=judged.bound,
            tolerance=judged.tolerance,
            table=table,
            payloads={"comparison": table},
            messages=list_failures(self.name, table),
        )
