"""Whether the result hangs on the unit of money: it must not, and under log(1 + X) it does."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_effect
from twintrade.effects import Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.twfe import TWFE
from twintrade.inference.base import Inference
from twintrade.inference.refits import replace_outcome
from twintrade.numerics.arrays import FloatArray

SAME = 1e-6
COLUMNS = ("label", "factor", "effect", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescaling(Diagnostic):
    """The estimate in other units of money, and log(1 + X) in the same units to show that it moves.

    Attributes
    ----------
    factors : tuple of float
        The outcome is divided by these.
    """

    factors: tuple[float, ...] = (1.0, 1000.0, 1_000_000.0)
    name: ClassVar[str] = "rescaling"
    citation: ClassVar[str] = "chen2024"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a unit of money and method; payload ``rescaling``."""
        raw = fit.design.panel.values(fit.design.outcome)
        rows = [self._row(fit, fit.design, raw, factor) for factor in self.factors]
        own = np.array([row[2] for row in rows])
        scale = fit.estimate.scale
        expected = (
            own[0] / np.array(self.factors) * self.factors[0] if scale == "level" else np.full(own.size, own[0])
        )
        if np.isnan(own[0]):
            return self.unavailable(f"the estimate could not be made again: {rows[0][3]}")
        is_stable = bool(np.nanmax(np.abs(own - expected) / np.maximum(np.abs(expected), 1e-300)) < SAME)
        bad = [self._log_plus_one(fit, raw, factor) for factor in self.factors] if (raw >= 0).all() else []
        moved = np.array([row[2] for row in bad if np.isfinite(row[2])])
        text = (
            f"Dividing the outcome by up to {max(self.factors):,.0f} "
            + ("changes nothing but the unit of the effect." if is_stable and scale == "level" else "")
            + ("leaves the effect as it is." if is_stable and scale != "level" else "")
            + ("" if is_stable else "changes the effect: the method depends on the unit of money.")
        )
        if moved.size > 1:
            low, high = (
                format_effect(float(moved.min()), "log points"),
                format_effect(float(moved.max()), "log points"),
            )
            text += f" log(1 + X) would run from {low} to {high} over the same units, which is why it is not used."
        table = pd.DataFrame(rows + bad, columns=list(COLUMNS))
        return Finding(
            diagnostic=self.name,
            verdict="does not object" if is_stable else "objects",
            text=text,
            value=float(np.ptp(moved)) if moved.size else float("nan"),
            unit="log points",
            table=table,
            payloads={"rescaling": table},
        )

    def _row(self, fit: Fit, design: Design, raw: FloatArray, factor: float) -> tuple[str, float, float, str]:
        columns = {**design.panel.columns, design.outcome: raw / factor}
        changed = replace(design, panel=replace(design.panel, columns=columns))
        label = f"{fit.estimator.title or fit.estimator.name}, outcome / {factor:,.0f}"
        try:
            return label, factor, float(fit.refit(changed, "overall").view("overall").effects[0]), ""
        except TwintradeError as error:
            return label, factor, float("nan"), str(error)

    def _log_plus_one(self, fit: Fit, raw: FloatArray, factor: float) -> tuple[str, float, float, str]:
        level = fit.design.with_outcome(fit.design.outcome, "level")
        values = np.log1p(raw[level.observations.rows] / factor)
        label = f"TWFE of log(1 + outcome / {factor:,.0f})"
        try:
            found = TWFE(shape="static").estimate(replace_outcome(level, values))
        except TwintradeError as error:
            return label, factor, float("nan"), str(error)
        return label, factor, float(found.effects[0]), ""
