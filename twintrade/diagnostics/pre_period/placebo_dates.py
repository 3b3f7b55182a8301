"""Fake dates before the real ones, on data from before the agreement: there should be nothing to find."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import (
    Variant,
    compare_variants,
    format_effect,
    list_failures,
    measure_headline,
    simplify_inference,
)
from twintrade.diagnostics.verdicts import judge_violation
from twintrade.effects import Finding, Verdict
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering import find_row_weights
from twintrade.inference.reported import resolve_method
from twintrade.inference.scaled import Scaled
from twintrade.numerics.holm import adjust_holm
from twintrade.text import Listed, Text


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
        variants = [
            Variant(Text("checks.placebo-dates-label", n=k * step), "placebo", before.backdated(k * step))
            for k in self.periods
        ]
        table = compare_variants(fit, variants, _calibrate(fit, inference), rng, is_same_target=False)
        known, scale = table.dropna(subset=["p"]), fit.estimate.scale
        if known.empty:
            reasons = Listed(tuple(dict.fromkeys(str(r) for r in table["reason"] if r)), "semicolon")
            return self.unavailable(
                Text("checks.placebo-dates-failed", reasons=reasons)
                if reasons.items
                else Text("checks.placebo-dates-none")
            )
        p = adjust_holm(known["p"].to_numpy(dtype=np.float64))
        worst, adjusted = known.iloc[int(p.argmin())], float(p.min())
        bound = float(known[["low", "high"]].abs().to_numpy().max())
        tolerance = measure_headline(fit, inference, rng).tolerance
        verdict = judge_violation(known["p"].to_numpy(dtype=np.float64), bound, tolerance)
        return Finding(
            diagnostic=self.name,
            verdict=verdict,
            text=Text(
                "checks.placebo-dates",
                effect=format_effect(float(worst["effect"]), scale),
                label=str(worst["label"]),
                p=float(worst["p"]),
                adjusted=adjusted,
                n=len(known),
                verdict=describe_placebo(verdict, bound, tolerance, scale),
            ),
            value=adjusted,
            unit="p",
            bound=bound,
            tolerance=tolerance,
            table=table,
            payloads={"placebo_dates": table},
            messages=list_failures(self.name, table),
        )


def _calibrate(fit: Fit, inference: Inference) -> Inference:
    """Return the inference for fake dates: clustered errors, too small for few treated rows, are scaled."""
    method = resolve_method(fit, inference)
    if not isinstance(method, Clustered) or method.correction != Clustered().correction or "row" in method.by:
        return simplify_inference(fit, inference, has_intervals=True)
    if find_row_weights(fit, fit.view("overall")) is None:
        return method
    return Scaled(by=method.by, level=method.level, draws=1)


def describe_placebo(verdict: Verdict, bound: float, tolerance: float, scale: str) -> Text:
    """Return, in a sentence, what effects at dates that were none say of the headline."""
    return Text(
        "checks.placebo-verdict",
        verdict=verdict.replace(" ", "-"),
        bounded="yes" if np.isfinite(bound) else "no",
        bound=format_effect(bound, scale),
        known="yes" if np.isfinite(tolerance) else "no",
        tolerance=format_effect(tolerance, scale),
    )
