"""The estimate without each city, partner, cohort, period or treated unit in turn."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic, Judged, Yardstick, judge_choices
from twintrade.diagnostics.variants import ComparedVariants, Variant, VariantCheck, format_effect, measure_headline
from twintrade.effects import Finding, Verdict
from twintrade.errors import InferenceError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.twfe import TWFE
from twintrade.inference.base import Inference
from twintrade.inference.refits import replace_outcome
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Listed, Text, Words, pack_text

# Whether the result hangs on the unit of money: it must not, and under log(1 + X) it does.

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
        return self.conclude(
            text,
            table,
            Judged(verdict, float(np.nanmax(np.abs(moves))), yardstick.tolerance),
            value=float(np.ptp(moved)) if moved.size else float("nan"),
            unit="log points",
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


DIMENSIONS = ("unit", "city", "partner", "cohort", "period")


def iterate_without_each(design: Design, dimension: str, most: int) -> Iterator[Variant]:
    """Yield the design without one member at a time, up to ``most``, those with a treated row first."""
    if dimension not in DIMENSIONS:
        raise InferenceError(f"cannot leave out by {dimension!r}; known: {', '.join(DIMENSIONS)}")
    panel, o = design.panel, design.observations
    onset = np.where(o.unit_onset <= o.periods[-1], o.unit_onset, np.inf)
    if dimension == "period":
        for period in o.periods[:most]:
            yield Variant(
                _without("period", panel.label(int(period))), "period", design.restricted(panel.period != period)
            )
        return
    if dimension == "cohort":
        for start in np.unique(onset[np.isfinite(onset)])[:most]:
            units = [str(u) for u in o.unit_ids[onset == start]]
            yield Variant(_without("cohort", panel.label(int(start))), "cohort", design.without(units))
        return
    if dimension == "unit":
        for unit in o.unit_ids[np.isfinite(onset)][:most]:
            yield Variant(_without("unit", str(unit)), "unit", design.without([str(unit)]))
        return
    of_panel = panel.unit_city if dimension == "city" else panel.unit_partner
    names = panel.cities if dimension == "city" else panel.partners
    members = of_panel[o.unit_rows]
    codes = np.unique(members)
    is_treated = np.isin(codes, members[np.isfinite(onset)])
    for code in [*codes[is_treated], *codes[~is_treated]][:most]:
        units = [str(u) for u in o.unit_ids[members == code]]
        yield Variant(_without(dimension, str(names[code])), dimension, design.without(units))


def _without(dimension: str, name: str) -> Text:
    return Text("checks.leave-one-out-label", dimension=dimension, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOneOut(VariantCheck):
    """Whether one member carries the estimate.

    Attributes
    ----------
    by : tuple of str
        "unit" (treated ones), "city", "partner", "cohort", "period".
    most : int
        Members left out per dimension at most.
    """

    by: tuple[str, ...] = ("city", "partner", "cohort")
    most: int = 60
    name: ClassVar[str] = "leave_one_out"
    payload_kinds: ClassVar = {"leave_one_out": "variants"}
    most_draws: ClassVar[int] = 99
    has_tests: ClassVar[bool] = False

    def vary(self, fit: Fit) -> list[Variant]:
        """Return the design without one member at a time."""
        return [v for d in self._dimensions(fit) for v in iterate_without_each(fit.design, d, self.most)]

    def _dimensions(self, fit: Fit) -> list[str]:
        return [d for d in self.by if fit.design.panel.is_dyadic or d != "partner"]

    def _refuse(self, table: pd.DataFrame) -> Words:
        return Text("checks.leave-one-out-none")

    def say(self, seen: ComparedVariants) -> Finding:
        """Return the range of the effects and the member that moves the estimate most."""
        known, effect = seen.known["effect"], float(seen.fit.view("overall").effects[0])
        table = seen.table.assign(change=seen.table["effect"] - effect)
        most = seen.known.iloc[int((known - effect).abs().argmax())]
        text = Text(
            "checks.leave-one-out",
            members=Listed(tuple(self._dimensions(seen.fit)), "or"),
            effect=seen.show(effect),
            label=str(most["label"]),
            moved=seen.show(float(most["effect"])),
            flips=int((known * effect < 0).sum()),
            n=len(known),
            **seen.name_range(),
        )
        drawn = {self.name: _with_headline(table, seen.headline)}
        return self.report(seen, text, float((known - effect).abs().max()), table=table, payloads=drawn)


def _with_headline(table: pd.DataFrame, headline: Yardstick) -> pd.DataFrame:
    """Return the rows to draw, the estimate with everybody first."""
    label = Text("checks.leave-one-out-all")
    first = {"label": str(label), "label_text": pack_text(label), "group": "", "reason": "", "change": 0.0}
    first |= {"effect": headline.effect, "low": headline.low, "high": headline.high, "difference": 0.0}
    return pd.concat([pd.DataFrame([first]), table], ignore_index=True)[list(table.columns)]
