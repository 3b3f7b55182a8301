"""Whether the result hangs on the unit of money: it must not, and under log(1 + X) it does."""

from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_effect, measure_headline
from twintrade.diagnostics.verdicts import judge_choices
from twintrade.effects import Finding, Verdict
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.twfe import TWFE
from twintrade.inference.base import Inference
from twintrade.inference.refits import replace_outcome
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Listed, Text, Words, pack_text

SAME = 1e-6
COLUMNS = ("label", "label_text", "factor", "effect", "reason")
Row: TypeAlias = tuple[str, str, float, float, str]


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
        effects = np.array([row[3] for row in rows])
        scale = fit.estimate.scale
        expected = (
            effects[0] / np.array(self.factors) * self.factors[0]
            if scale == "level"
            else np.full(effects.size, effects[0])
        )
        if np.isnan(effects[0]):
            return self.unavailable(Text("checks.not-made-again", reason=rows[0][4]))
        moves = effects - expected
        is_stable = bool(np.nanmax(np.abs(moves) / np.maximum(np.abs(expected), 1e-300)) < SAME)
        yardstick = measure_headline(fit, inference, rng)
        verdict: Verdict = "does not object" if is_stable else judge_choices(moves, yardstick)
        bad = [self._log_plus_one(fit, raw, factor) for factor in self.factors] if (raw >= 0).all() else []
        moved = np.array([row[3] for row in bad if np.isfinite(row[2])])
        text: Words = Text(
            "checks.rescaling",
            factor=max(self.factors),
            change="unstable" if not is_stable else "level" if scale == "level" else "none",
            moved=format_effect(float(np.nanmax(np.abs(moves))), scale),
        )
        if moved.size > 1:
            low, high = (format_effect(float(end), "log points") for end in (moved.min(), moved.max()))
            text = Listed((text, Text("checks.rescaling-plus-one", low=low, high=high)), "sentences")
        table = pd.DataFrame(rows + bad, columns=list(COLUMNS))
        return Finding(
            diagnostic=self.name,
            verdict=verdict,
            text=text,
            bound=float(np.nanmax(np.abs(moves))),
            tolerance=yardstick.tolerance,
            value=float(np.ptp(moved)) if moved.size else float("nan"),
            unit="log points",
            table=table,
            payloads={"rescaling": table},
        )

    def _row(self, fit: Fit, design: Design, raw: FloatArray, factor: float) -> Row:
        columns = {**design.panel.columns, design.outcome: raw / factor}
        changed = replace(design, panel=replace(design.panel, columns=columns))
        label = Text("checks.rescaling-label", method=fit.estimator.title or fit.estimator.name, factor=factor)
        try:
            return *_pack(label), factor, float(fit.refit(changed, "overall").view("overall").effects[0]), ""
        except TwintradeError as error:
            return *_pack(label), factor, float("nan"), str(error)

    def _log_plus_one(self, fit: Fit, raw: FloatArray, factor: float) -> Row:
        level = fit.design.with_outcome(fit.design.outcome, "level")
        values = np.log1p(raw[level.observations.rows] / factor)
        label = Text("checks.rescaling-log", factor=factor)
        try:
            effect = float(TWFE(shape="static").estimate(replace_outcome(level, values)).effects[0])
        except TwintradeError as error:
            return *_pack(label), factor, float("nan"), str(error)
        return *_pack(label), factor, effect, ""


def _pack(label: Text) -> tuple[str, str]:
    return str(label), pack_text(label)
