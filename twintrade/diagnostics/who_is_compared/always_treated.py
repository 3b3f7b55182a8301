"""The estimate with units treated from their first period on as comparison, and without them."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.data.geography import load_places
from twintrade.design import Design, Donors, NeverTreated, NotYetTreated, count_always_compared
from twintrade.design.transforms import find_remainders
from twintrade.diagnostics.variants import SAME, ComparedVariants, Variant, VariantCheck, list_failures
from twintrade.effects import Finding, Message
from twintrade.errors import DesignError
from twintrade.estimators.base import Fit
from twintrade.text import Listed, Text, Words

# The estimate against units never treated, and against units not yet treated.


@dataclass(frozen=True, slots=True)
class ComparisonCheck(VariantCheck):
    """Whether the choice of the untreated side matters."""

    name: ClassVar[str] = "comparison"
    citation: ClassVar[str] = "callaway2021"
    payload_kinds: ClassVar = {"comparison": "variants"}
    fewest: ClassVar[int] = 2

    def vary(self, fit: Fit) -> list[Variant]:
        """Return the design with each comparison."""
        sides = (NotYetTreated(), NeverTreated())
        return [Variant(side.label, "comparison", fit.design.compared_with(side)) for side in sides]

    def _refuse(self, table: pd.DataFrame) -> Words:
        return Text("checks.comparison-one", reasons=Listed(tuple(str(r) for r in table["reason"] if r), "semicolon"))

    def say(self, seen: ComparedVariants) -> Finding:
        """Return both effects, or that they are the same."""
        effects = seen.known["effect"].to_numpy(dtype=np.float64)
        gap, text = abs(float(effects[0] - effects[1])), Text("checks.comparison-same")
        if gap > SAME * max(1.0, float(np.abs(effects).max())):
            sides = {name: seen.show(effect) for name, effect in zip(("not_yet", "never"), effects, strict=True)}
            units = seen.fit.design.panel.unit_kind
            text = Text("checks.comparison", units=units, verdict=seen.describe(), **sides)
        return self.report(seen, text, gap)


# The estimate with a remainder of the partners, such as the rest of the world, in the comparison and without it.


@dataclass(frozen=True, slots=True)
class Remainder(VariantCheck):
    """What it changes that partners without rows of their own are in the comparison, some perhaps with agreements."""

    name: ClassVar[str] = "remainder"
    payload_kinds: ClassVar = {"remainder": "variants"}
    fewest: ClassVar[int] = 0

    def concerns(self, design: Design) -> bool:
        """Whether a partner is a remainder, and may be in the comparison or not."""
        is_of_donors = isinstance(design.comparison, Donors) or design.statistics is not None
        return not is_of_donors and bool(find_remainders(design.panel, design.totals_only))

    def vary(self, fit: Fit) -> list[Variant]:
        """Return the design with and without it."""
        design = fit.design
        if not self.concerns(design):
            raise DesignError(Text("checks.remainder-none"))
        sides = {"yes": _keep(design, ()), "no": _keep(design, find_remainders(design.panel, design.totals_only))}
        return [Variant(Text("checks.remainder-label", compared=k), "", one) for k, one in sides.items()]

    def say(self, seen: ComparedVariants) -> Finding:
        """Return both effects, in a warning as well."""
        design, effects = seen.fit.design, seen.table["effect"].to_numpy(dtype=np.float64)
        partners = find_remainders(design.panel, design.totals_only)
        names = tuple(place.name if (place := load_places().get(p)) else p for p in partners)
        compared = len(set(partners) - set(design.totals_only))
        unknown = Text("checks.remainder-unknown")
        numbers = [seen.show(float(e)) if np.isfinite(e) else unknown for e in effects]
        note = Text(
            "checks.remainder",
            names=Listed(names),
            n=len(names),
            used="yes" if compared == len(partners) else "some" if compared else "no",
            compared=numbers[0],
            excluded=numbers[1],
        )
        messages = (Message("warning", "remainder", note), *list_failures(self.name, seen.table))
        text = Listed((note, seen.describe()), "sentences")
        return self.report(seen, text, abs(float(effects[0] - effects[1])), messages=messages)


def _keep(design: Design, totals_only: tuple[str, ...]) -> Design:
    """Return the design with other partners for totals only; itself where they are the same."""
    return design if set(totals_only) == set(design.totals_only) else replace(design, totals_only=totals_only)


@dataclass(frozen=True, slots=True)
class AlwaysTreated(VariantCheck):
    """What it changes that units treated throughout are comparison, whose effect then must no longer change."""

    name: ClassVar[str] = "always_treated"
    payload_kinds: ClassVar = {"always_treated": "variants"}
    fewest: ClassVar[int] = 2

    def concerns(self, design: Design) -> bool:
        """Whether there are units treated throughout that may be left out."""
        return _count(design) > 0 and design.always_treated != "keep" and design.statistics is None

    def vary(self, fit: Fit) -> list[Variant]:
        """Return the design with and without them."""
        if not self.concerns(fit.design):
            raise DesignError(Text("checks.always-treated-none", units=fit.design.panel.unit_kind))
        design = fit.design
        sides = {"yes": replace(design, always_treated="compare"), "no": replace(design, always_treated="exclude")}
        return [Variant(Text("checks.always-treated-label", compared=k), "", one) for k, one in sides.items()]

    def _refuse(self, table: pd.DataFrame) -> Words:
        return Text("checks.always-treated-failed", reason=str(table["reason"].max()))

    def say(self, seen: ComparedVariants) -> Finding:
        """Return both effects."""
        design, effects = seen.fit.design, seen.table["effect"].to_numpy(dtype=np.float64)
        text = Text(
            "checks.always-treated",
            n=_count(design),
            units=design.panel.unit_kind,
            used="yes" if design.always_treated == "compare" else "no",
            compared=seen.show(float(effects[0])),
            excluded=seen.show(float(effects[1])),
            verdict=seen.describe(),
        )
        return self.report(seen, text, abs(float(effects[0] - effects[1])))


def _count(design: Design) -> int:
    compared = replace(design, always_treated="compare")
    return count_always_compared(design.panel, design.treatment, compared.onset)
