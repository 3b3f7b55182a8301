"""Whether the result hangs on the treated unit with the largest outcomes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import Variant, compare_variants, judge_table, measure_headline
from twintrade.effects import Finding
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference


@dataclass(frozen=True, slots=True)
class LargestUnit(Diagnostic):
    """The estimate without the treated unit that has the largest outcomes."""

    name: ClassVar[str] = "largest_unit"
    citation: ClassVar[str] = ""
    payload_kinds: ClassVar = {"largest_unit": "variants"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the estimate with and without the unit; payload ``largest_unit``."""
        o = fit.design.observations
        if o.is_ever_treated.sum() < 3:
            return self.unavailable("it needs three treated units")
        totals = np.where(o.is_ever_treated, np.bincount(o.unit, o.y, minlength=o.n_units), -np.inf)
        largest = str(o.unit_ids[totals.argmax()])
        variants = [Variant("all units", "unit", fit.design)]
        variants.append(Variant(f"without {largest}", "unit", fit.design.without([largest])))
        table = compare_variants(fit, variants, inference, rng)
        if table["effect"].isna().any():
            return self.unavailable("; ".join(filter(None, table["reason"])))
        judged = judge_table(table, measure_headline(fit, inference, rng))
        without, scale = float(table["effect"].iloc[1]), fit.estimate.scale
        text = f"Without {largest}, the largest treated unit, the effect is {without:+.3g} {scale}."
        return self.conclude(text, table, judged, value=without, unit=scale)
