"""The estimate with units treated from their first period on as comparison, and without them."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.data.geography import load_places
from twintrade.design import Design, Donors, NeverTreated, NotYetTreated, count_always_compared
from twintrade.design.transforms import find_remainders
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
from twintrade.effects import Finding, Message
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.text import Listed, Text

# The estimate against units never treated, and against units not yet treated.


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


# The estimate with a remainder of the partners, such as the rest of the world, in the comparison and without it.


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
