"""Fake dates before the real ones, on data from before the agreement: there should be nothing to find."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import (
    Variant,
    compare_variants,
    format_effect,
    format_p,
    list_failures,
    simplify_inference,
)
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceboDates(Diagnostic):
    """The estimate with every onset moved back, treated rows left out.

    Attributes
    ----------
    periods : tuple of int
        How far onsets are moved back.
    level : float
        A p-value below 1 - level, divided by the number of fake dates, is an objection.
    """

    periods: tuple[int, ...] = (2, 3)
    level: float = 0.95
    name: ClassVar[str] = "placebo_dates"
    citation: ClassVar[str] = "bertrand2004"
    payload_kinds: ClassVar = {"placebo_dates": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a fake date; payload ``placebo_dates``."""
        before = fit.design.before_treatment()
        variants = [Variant(f"{k} periods earlier", "placebo", before.backdated(k)) for k in self.periods]
        table = compare_variants(fit, variants, simplify_inference(fit, inference), rng)
        known = table.dropna(subset=["p"])
        if known.empty:
            reason = "; ".join(dict.fromkeys(str(r) for r in table["reason"] if r)) or "no p-value was given"
            return self.unavailable(f"no fake date could be estimated: {reason}")
        worst = known.iloc[int(known["p"].argmin())]
        adjusted = min(1.0, float(worst["p"]) * len(known))
        scale = fit.estimate.scale
        is_failed = adjusted < 1 - self.level
        return Finding(
            diagnostic=self.name,
            verdict="objects" if is_failed else "does not object",
            text=(
                f"With dates moved back and the time after the real agreement left out, the largest objection is "
                f"{format_effect(float(worst['effect']), scale)} at {worst['label']} ({format_p(float(worst['p']))}, "
                f"{adjusted:.3f} for {len(known)} fake dates): "
                + ("something moved before the agreement." if is_failed else "no effect of a date that was none.")
            ),
            value=adjusted,
            unit="p",
            table=table,
            payloads={"placebo_dates": table},
            messages=list_failures(self.name, table),
        )
