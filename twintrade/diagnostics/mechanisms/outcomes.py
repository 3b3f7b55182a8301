"""The same agreements on several outcomes: p-values that know how many there are, and outcomes that must not move."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import TransformName
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
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustering import NESTING, get_influence
from twintrade.numerics.arrays import FloatArray, sum_by_group
from twintrade.numerics.holm import adjust_holm
from twintrade.numerics.testing import adjust_romano_wolf, adjust_sharpened_q, draw_multipliers
from twintrade.text import Listed, Text

UNTOUCHED = "untouched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes(Diagnostic):
    """A family of outcomes: effects, adjusted p-values, and placebo outcomes that an agreement cannot have touched.

    Attributes
    ----------
    others : tuple of str
        Columns of further outcomes.
    untouched : tuple of str
        Columns that should show nothing: flows that an agreement cannot plausibly touch, such as crude oil. The
        reverse flow of the same pair is none.
    reason : str
        Why they cannot be touched, which the sentence quotes.
    transform : {"level", "log", "share_of_partner", "share_of_city", "index"} or None
        Of these columns; None for the design's.
    draws : int
        Multiplier draws for the Romano-Wolf p-values, where every outcome has an influence function.
    level : float
    """

    others: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    reason: str = ""
    transform: TransformName | None = None
    draws: int = 4999
    level: float = 0.95
    name: ClassVar[str] = "outcomes"
    citation: ClassVar[str] = "romano2005"
    payload_kinds: ClassVar = {"outcomes": "forest"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row an outcome; payload ``outcomes`` is a forest."""
        if not self.others and not self.untouched:
            return self.unavailable(Text("checks.outcomes-unnamed"))
        variants = list(self._variants(fit))
        table = compare_variants(fit, variants, simplify_inference(fit, inference), rng, is_same_target=False)
        if table["effect"].notna().sum() < 2:
            reasons = tuple(dict.fromkeys(str(r) for r in table["reason"] if r)) or (
                Text("checks.outcomes-no-effect"),
            )
            return self.unavailable(Text("checks.outcomes-none", reasons=Listed(reasons, "semicolon")))
        p = table["p"].to_numpy(dtype=np.float64)
        table["p_holm"], table["q_sharpened"] = adjust_holm(p), adjust_sharpened_q(p)
        table["p_romano_wolf"] = self._romano_wolf(fit, variants, table, rng)
        moved = table[(table["group"] == UNTOUCHED) & (table["p_holm"] < 1 - self.level)]
        touched = table[(table["group"] != UNTOUCHED) & (table["p_holm"] < 1 - self.level)]
        verdict, bound, tolerance = self._judge(fit, table, inference, rng)
        scale = fit.estimate.scale
        return Finding(
            diagnostic=self.name,
            verdict=verdict,
            text=Text(
                "checks.outcomes",
                n=int((table["group"] != UNTOUCHED).sum()),
                moved=len(touched),
                untouched=len(self.untouched),
                listed=Listed(tuple(moved["label"]), "comma"),
                any=len(moved),
                reasoned="yes" if self.untouched and self.reason else "no",
                reason=self.reason,
                effect=format_effect(float(table["effect"][0]), scale),
                verdict=verdict.replace(" ", "-"),
                bounded="yes" if np.isfinite(bound) else "no",
                bound=format_effect(bound, scale),
                known="yes" if np.isfinite(tolerance) else "no",
                tolerance=format_effect(tolerance, scale),
            ),
            bound=bound,
            tolerance=tolerance,
            value=float(table["p_holm"].min()),
            unit="p",
            table=table,
            payloads={"outcomes": table},
            messages=list_failures(self.name, table),
        )

    def _judge(
        self, fit: Fit, table: pd.DataFrame, inference: Inference, rng: np.random.Generator
    ) -> tuple[Verdict, float, float]:
        """Return the verdict, the largest end of an untouched outcome's interval, and the headline's tolerance.

        Effects of another outcome can be held against the headline only where they are proportional.
        """
        tolerance = measure_headline(fit, inference, rng).tolerance
        still = table[table["group"] == UNTOUCHED]
        if still.empty:
            return "informs", np.nan, tolerance
        is_relative = fit.estimate.scale in ("log points", "percent")
        bound = float(np.max(np.abs(still[["low", "high"]].to_numpy(dtype=np.float64)))) if is_relative else np.nan
        return judge_violation(still["p"].to_numpy(dtype=np.float64), bound, tolerance), bound, tolerance

    def _variants(self, fit: Fit) -> list[Variant]:
        design = fit.design
        variants = [Variant(design.outcome, "outcome", design)]
        for group, names in (("outcome", self.others), (UNTOUCHED, self.untouched)):
            for name in names:
                if name not in design.panel.columns:
                    variants.append(Variant(name, group, None, Text("checks.no-column", column=name)))
                    continue
                variants.append(Variant(name, group, design.with_outcome(name, self.transform or design.transform)))
        return variants

    def _romano_wolf(
        self, fit: Fit, variants: list[Variant], table: pd.DataFrame, rng: np.random.Generator
    ) -> FloatArray:
        """Return step-down p-values from one set of multipliers for all outcomes, NaN where there is no influence."""
        out = np.full(len(table), np.nan)
        places = np.flatnonzero(table["effect"].notna())
        try:
            sums = np.column_stack([_cluster_sums(fit, variants[k]) for k in places])
        except TwintradeError:
            return out
        spread = np.sqrt((sums**2).sum(axis=0))
        if not (spread > 0).all():
            return out
        every = np.arange(sums.shape[0])
        blocks = draw_multipliers(rng, self.draws, sums.shape[0], "rademacher")
        drawn = np.vstack([block.times(sums, every) for block in blocks]) / spread
        out[places] = adjust_romano_wolf(table["effect"].to_numpy(dtype=np.float64)[places] / spread, drawn)
        return out


def _cluster_sums(fit: Fit, variant: Variant) -> FloatArray:
    """Return an outcome's influence by cluster of the headline's first dimension that holds whole units."""
    assert variant.design is not None
    o = fit.design.observations
    name = next((n for n in fit.design.clusters if n in NESTING), "unit")
    influence = get_influence(fit.refit(variant.design, "overall").view("overall"), "romano_wolf")
    where = pd.Index(o.unit_ids).get_indexer(pd.Index(influence.units))
    if (where < 0).any():
        raise InferenceError(f"{variant.label} has units that the headline does not have")
    values = np.zeros((o.n_units, 1))
    values[where] = influence.matrix()
    return sum_by_group(values, o.unit_clusters(name))[:, 0]
