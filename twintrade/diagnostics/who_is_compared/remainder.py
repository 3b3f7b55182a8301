"""The estimate with a remainder of the partners, such as the rest of the world, in the comparison and without it."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.data.geography import load_places
from twintrade.design import Design, Donors
from twintrade.design.aggregates import find_remainders
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
from twintrade.effects import Finding, Message
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.text import Listed, Text


@dataclass(frozen=True, slots=True)
class Remainder(Diagnostic):
    """What it changes that partners without rows of their own are in the comparison, some perhaps with agreements."""

    name: ClassVar[str] = "remainder"
    payload_kinds: ClassVar = {"remainder": "variants"}

    def concerns(self, design: Design) -> bool:
        """Whether a partner is a remainder, and may be in the comparison or not."""
        is_of_donors = isinstance(design.comparison, Donors) or design.statistics is not None
        return not is_of_donors and bool(find_remainders(design.panel, design.totals_only))

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the estimate with and without it; payload ``remainder``."""
        design = fit.design
        if not self.concerns(design):
            return self.unavailable(Text("checks.remainder-none"))
        partners = find_remainders(design.panel, design.totals_only)
        sides = {"yes": _keep(design, ()), "no": _keep(design, partners)}
        variants = [Variant(Text("checks.remainder-label", compared=k), "", one) for k, one in sides.items()]
        table = compare_variants(fit, variants, simplify_inference(fit, inference), rng)
        effects = table["effect"].to_numpy(dtype=np.float64)
        names = tuple(place.name if (place := load_places().get(p)) else p for p in partners)
        scale, judged = fit.estimate.scale, judge_table(table, measure_headline(fit, inference, rng))
        compared = len(set(partners) - set(design.totals_only))
        unknown = Text("checks.remainder-unknown")
        numbers = [format_effect(float(e), scale) if np.isfinite(e) else unknown for e in effects]
        note = Text(
            "checks.remainder",
            names=Listed(names),
            n=len(names),
            used="yes" if compared == len(partners) else "some" if compared else "no",
            compared=numbers[0],
            excluded=numbers[1],
        )
        return Finding(
            diagnostic=self.name,
            verdict=judged.verdict,
            text=Listed((note, describe_judged(judged, scale)), "sentences"),
            value=abs(float(effects[0] - effects[1])),
            unit=scale,
            bound=judged.bound,
            tolerance=judged.tolerance,
            table=table,
            payloads={"remainder": table},
            messages=(Message("warning", "remainder", note), *list_failures(self.name, table)),
        )


def _keep(design: Design, totals_only: tuple[str, ...]) -> Design:
    """Return the design with other partners for totals only; itself where they are the same."""
    return design if set(totals_only) == set(design.totals_only) else replace(design, totals_only=totals_only)
