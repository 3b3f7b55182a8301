"""The estimate where only units alike in size and growth before the agreements stand for each other."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from twintrade.design import Design, add_strata, measure_before
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
from twintrade.errors import DesignError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Listed, Text

KINDS = (("size",), ("growth",), ("size", "growth"))


@dataclass(frozen=True, slots=True)
class ConditionalTrends(Diagnostic):
    """Whether parallel trends within strata of size and of growth before the first agreement give another effect.

    Growth is measured over a fixed window, so that no effect of an agreement can enter it.
    """

    name: ClassVar[str] = "conditional_trends"
    citation: ClassVar[str] = "callaway2021"
    payload_kinds: ClassVar = {"conditional_trends": "variants"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a condition; payload ``conditional_trends``."""
        try:
            variants = [
                Variant(Text("checks.conditional-label", by=" ".join(kinds)), "", build_conditioned(fit, kinds))
                for kinds in KINDS
            ]
        except DesignError as error:
            return self.unavailable(error.text)
        table = compare_variants(fit, variants, simplify_inference(fit, inference), rng)
        known = table.dropna(subset=["effect"])
        if known.empty:
            reasons = Listed(tuple(dict.fromkeys(str(r) for r in table["reason"] if r)), "semicolon")
            return self.unavailable(Text("checks.conditional-none", reasons=reasons))
        headline, scale = measure_headline(fit, inference, rng), fit.estimate.scale
        judged = judge_table(table, headline)
        effects = zip(known["label"], known["effect"].astype(float), strict=True)
        shown = tuple(
            Text("checks.conditional-one", label=label, effect=format_effect(effect, scale))
            for label, effect in effects
        )
        return Finding(
            diagnostic=self.name,
            verdict=judged.verdict,
            text=Text(
                "checks.conditional",
                units=fit.design.panel.unit_kind,
                effect=format_effect(headline.effect, scale),
                effects=Listed(shown, "comma"),
                verdict=describe_judged(judged, scale),
            ),
            value=float(np.abs(known["effect"] - headline.effect).max()),
            unit=scale,
            bound=judged.bound,
            tolerance=judged.tolerance,
            table=table,
            payloads={"conditional_trends": table},
            messages=list_failures(self.name, table),
        )


def build_conditioned(fit: Fit, kinds: tuple[str, ...]) -> Design:
    """Return the design in which trends are parallel only among units alike before the first agreement.

    By period effects of thirds; for methods of two-way effects by covariates that do not vary over time.

    Raises
    ------
    DesignError
        There are fewer than two periods before the first agreement.
    """
    design = fit.design
    if not fit.estimator.requires.fixed_effects:
        effects = (*design.effect_names, *(f"{kind}_period" for kind in kinds))
        return replace(add_strata(design, kinds), fixed_effects=tuple(dict.fromkeys(effects)))
    measured = dict(zip(("size", "growth"), measure_before(design), strict=True))
    columns, names = dict(design.panel.columns), []
    for kind in kinds:
        names.append(f"{kind}_before")
        columns[names[-1]] = _rank(measured[kind])[design.panel.unit]
    panel = replace(design.panel, columns=columns)
    return replace(design, panel=panel, covariates=(*design.covariates, *names))


def _rank(values: FloatArray) -> FloatArray:
    """Return ranks from 0 to 1, one half where there is no value."""
    known = np.isfinite(values)
    order = np.argsort(np.argsort(values[known], kind="stable"), kind="stable")
    out = np.full(values.size, 0.5)
    out[known] = order / max(order.size - 1, 1)
    return out
