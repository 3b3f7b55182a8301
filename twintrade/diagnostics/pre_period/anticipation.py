"""The estimate when periods before the onset count as possibly affected."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.data.sources import format_counted
from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import Variant, compare_variants, format_effect, list_failures, simplify_inference
from twintrade.effects import Finding
from twintrade.errors import DesignError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference


def shift_reference(design: Design, periods: int) -> Variant:
    """Return the design with the reference moved before the periods of anticipation."""
    label = "no anticipation" if periods == 0 else f"{format_counted(periods, 'period')} of anticipation"
    try:
        changed = replace(design, anticipation=periods, reference=min(design.reference, -periods - 1))
    except DesignError as error:
        return Variant(label, "anticipation", None, str(error))
    return Variant(label, "anticipation", changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anticipation(Diagnostic):
    """Whether courtship before the agreement hides part of the effect, or makes it.

    Attributes
    ----------
    up_to : int
        Largest number of periods.
    """

    up_to: int = 2
    name: ClassVar[str] = "anticipation"
    citation: ClassVar[str] = "callaway2021"
    payload_kinds: ClassVar = {"anticipation": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a number of periods; payload ``anticipation``."""
        variants = [shift_reference(fit.design, k) for k in range(self.up_to + 1)]
        table = compare_variants(fit, variants, simplify_inference(fit, inference), rng)
        known = table.dropna(subset=["effect"])
        if len(known) < 2:
            return self.unavailable("fewer than two numbers of anticipated periods could be estimated")
        scale = fit.estimate.scale
        listed = "; ".join(
            f"{label} {format_effect(float(effect), scale)}"
            for label, effect in zip(known["label"], known["effect"], strict=True)
        )
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=f"The effect by periods of anticipation: {listed}.",
            value=float(known["effect"].max() - known["effect"].min()),
            unit=scale,
            table=table,
            payloads={"anticipation": table},
            messages=list_failures(self.name, table),
        )
