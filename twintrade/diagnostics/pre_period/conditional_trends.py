"""The estimate where only units alike in size and growth before the agreements stand for each other."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design, add_strata, measure_before
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.pre_period.odds_of_signing import weigh_by_signing
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
from twintrade.inference.randomization import Randomization
from twintrade.inference.reported import resolve_method
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Listed, Text

KINDS = (("size",), ("growth",), ("size", "growth"))


@dataclass(frozen=True, slots=True)
class ConditionalTrends(Diagnostic):
    """Whether parallel trends within strata of size and of growth before the first agreement give another effect.

    Growth is measured over a fixed window, so that no effect of an agreement can enter it. With ten agreements or
    more, comparison units are also weighed by their odds of signing.
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
        method = simplify_inference(fit, inference)
        strata = compare_variants(fit, variants, method, rng)
        weighed = _weigh(fit)
        table = pd.concat([strata, _compare_weighed(fit, weighed, method, rng)], ignore_index=True)
        known = table.dropna(subset=["effect"])
        if known.empty:
            reasons = Listed(tuple(dict.fromkeys(str(r) for r in table["reason"] if r)), "semicolon")
            return self.unavailable(Text("checks.conditional-none", reasons=reasons))
        headline, scale = measure_headline(fit, inference, rng), fit.estimate.scale
        judged = judge_table(strata, headline)
        labels = [variant.label for variant in (*variants, weighed)]
        shown = tuple(
            Text("checks.conditional-one", label=label, effect=format_effect(float(effect), scale))
            for label, effect in zip(labels, table["effect"], strict=True)
            if np.isfinite(effect)
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


def _compare_weighed(fit: Fit, weighed: Variant, method: Inference, rng: np.random.Generator) -> pd.DataFrame:
    """Return the row of the estimate with weights, whose difference is not tested: they are estimated themselves.

    Under other assignments the weights, which belong to the real one, would move the average.
    """
    is_dealt = isinstance(resolve_method(fit, method), Randomization)
    table = compare_variants(fit, [weighed], None if is_dealt else method, rng)
    return table.assign(difference_low=np.nan, difference_high=np.nan, difference_p=np.nan)


def _weigh(fit: Fit) -> Variant:
    label = Text("checks.conditional-label", by="signing")
    if not fit.estimator.requires.weights:
        return Variant(label, "", None, Text("checks.conditional-weights"))
    try:
        return Variant(label, "", weigh_by_signing(fit.design))
    except DesignError as error:
        return Variant(label, "", None, error.text)


def build_conditioned(fit: Fit, kinds: tuple[str, ...]) -> Design:
    """Return the design in which trends are parallel only among units alike before the first agreement.

    By period effects of thirds; for methods of two-way effects by covariates that do not vary over time.
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
