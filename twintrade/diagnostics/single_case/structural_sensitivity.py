"""How far a structural series' answer depends on what was assumed about its level."""

from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.verdicts import Yardstick, judge_choices
from twintrade.effects import Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.structural_series import StructuralSeries
from twintrade.inference.base import Inference
from twintrade.inference.posterior import Posterior
from twintrade.text import Text, pack_text

COLUMNS = ("variant", "variant_text", "effect", "low", "high", "reason")
Row: TypeAlias = tuple[str, str, float, float, float, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuralSensitivity(Diagnostic):
    """The structural series with a stiffer and a freer level, other trends, and other numbers of donor components.

    Attributes
    ----------
    factors : tuple of float
        Multiples of the level's innovation variance.
    components : tuple of int
    """

    factors: tuple[float, ...] = (0.01, 0.1, 10.0, 100.0)
    components: tuple[int, ...] = (0, 1, 2)
    name: ClassVar[str] = "structural_sensitivity"
    citation: ClassVar[str] = "brodersen2015"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a variant with its interval; payload ``structural_sensitivity``."""
        if not isinstance(fit.estimator, StructuralSeries):
            return self.unavailable(Text("checks.structural-methods", method=fit.estimator.title))
        rows = [self._row(fit, label, variant) for label, variant in self._variants(fit.estimator)]
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        known = table.dropna(subset=["effect"])
        if known.empty:
            return self.unavailable(Text("checks.structural-none"))
        excludes = (known["low"] > 0) | (known["high"] < 0)
        chosen = table.iloc[0]
        yardstick = Yardstick(*(float(chosen[name]) for name in ("effect", "low", "high")))
        moves = (known["effect"] - yardstick.effect).to_numpy(dtype=np.float64)
        verdict, bound = judge_choices(moves, yardstick), float(np.abs(moves).max())
        return Finding(
            diagnostic=self.name,
            verdict=verdict,
            text=Text(
                "checks.structural",
                n=len(known),
                low=float(known["effect"].min()),
                high=float(known["effect"].max()),
                excluding=int(excludes.sum()),
                verdict=verdict.replace(" ", "-"),
                bound=bound,
                known="yes" if np.isfinite(yardstick.tolerance) else "no",
                tolerance=yardstick.tolerance,
            ),
            value=float(excludes.mean()),
            unit="share",
            bound=bound,
            tolerance=yardstick.tolerance,
            table=table,
            payloads={"structural_sensitivity": table},
        )

    def _variants(self, estimator: StructuralSeries) -> list[tuple[Text, StructuralSeries]]:
        out = [(Text("checks.structural-chosen"), estimator)]
        out += [
            (Text("checks.structural-variance", factor=f), replace(estimator, variance_factor=f))
            for f in self.factors
        ]
        out += [
            (Text("checks.structural-level", level=level.replace(" ", "-")), replace(estimator, level=level))
            for level in ("local level", "local linear trend", "random walk with drift")
            if level != estimator.level
        ]
        out += [
            (Text("checks.structural-components", n=n), replace(estimator, n_components=n))
            for n in self.components
            if n != estimator.n_components
        ]
        return out

    def _row(self, fit: Fit, label: Text, variant: StructuralSeries) -> Row:
        try:
            refit = Fit(variant, fit.design, variant.estimate(fit.design))
            bands = Posterior().infer(refit, "overall", np.random.default_rng(variant.seed))
        except TwintradeError as error:
            return str(label), pack_text(label), np.nan, np.nan, np.nan, str(error)
        return (
            str(label),
            pack_text(label),
            float(bands.estimate.effects[0]),
            float(bands.low[0]),
            float(bands.high[0]),
            "",
        )
