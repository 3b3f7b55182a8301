"""The estimate against units never treated, and against units not yet treated."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.design import NeverTreated, NotYetTreated
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import Variant, compare_variants, format_effect, list_failures, simplify_inference
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference

SAME = 1e-9


@dataclass(frozen=True, slots=True)
class ComparisonCheck(Diagnostic):
    """Whether the choice of the untreated side matters."""

    name: ClassVar[str] = "comparison"
    citation: ClassVar[str] = "callaway2021"
    payload_kinds: ClassVar = {"comparison": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a comparison; payload ``comparison``."""
        sides = (NotYetTreated(), NeverTreated())
        variants = [Variant(side.label, "comparison", fit.design.compared_with(side)) for side in sides]
        table = compare_variants(fit, variants, simplify_inference(fit, inference), rng)
        known = table.dropna(subset=["effect"])
        if len(known) < 2:
            reason = "; ".join(r for r in table["reason"] if r)
            return self.unavailable(f"one of the two comparisons could not be estimated: {reason}")
        effects = known["effect"].to_numpy(dtype=np.float64)
        scale, gap = fit.estimate.scale, float(effects[0] - effects[1])
        if abs(gap) <= SAME * max(1.0, float(np.abs(effects).max())):
            sentence = "The method does not distinguish the two comparisons here: the effect is the same."
        else:
            sentence = (
                f"Against units not yet treated the effect is {format_effect(effects[0], scale)}, against units "
                "never treated "
                f"{format_effect(effects[1], scale)}."
            )
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=sentence,
            value=abs(gap),
            unit=scale,
            table=table,
            payloads={"comparison": table},
            messages=list_failures(self.name, table),
        )
