"""Every method that qualifies for the design, on one axis, and why they may differ."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.paired import compare_paired, draw_paired
from twintrade.diagnostics.variants import (
    NUMBERS,
    Judged,
    describe_judged,
    format_effect,
    judge_table,
    measure_headline,
)
from twintrade.diagnostics.who_is_compared.regressions import estimate_beside
from twintrade.effects import EventStudy, Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import ESTIMATORS, Fit
from twintrade.inference.base import Inference
from twintrade.inference.reported import resolve_method
from twintrade.text import Listed, Text, Words, pack_text

NOT_JUDGED = Judged("informs", np.nan, np.nan, np.nan)
COLUMNS = ("estimator", "estimator_text", "effect", "base", "target", *NUMBERS[4:], "reason", "reason_text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimators(Diagnostic):
    """All registered methods that qualify, on this fit's design and scale.

    Attributes
    ----------
    names : tuple of str
        Methods beside the fit's own; empty for all.
    """

    names: tuple[str, ...] = ()
    name: ClassVar[str] = "estimators"
    citation: ClassVar[str] = "sun2021"
    payload_kinds: ClassVar = {"estimators": "path"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a method; payload ``estimators`` has their event studies as series."""
        scale = fit.estimate.scale
        method = resolve_method(fit, inference)
        drawn = draw_paired(fit, method, rng)
        rows: list[dict[str, object]] = []
        paths: list[tuple[int, str, str, float, str]] = []
        titles: dict[str, Words] = {}
        for name in dict.fromkeys((fit.estimator.name, *(self.names or tuple(ESTIMATORS)))):
            estimator = fit.estimator if name == fit.estimator.name else ESTIMATORS[name]()
            title = titles[str(estimator.title)] = estimator.title
            row: dict[str, object] = {"estimator": str(title), "estimator_text": pack_text(title), "base": ""}
            try:
                refit = fit if estimator is fit.estimator else estimate_beside(name, fit)
                overall = refit.view("overall")
                if overall.scale != scale:
                    rows.append(row | _tell(Text("checks.estimators-scale", scale=overall.scale)))
                    continue
                paired = compare_paired(fit, refit, method, rng, drawn)
                numbers = (paired.effect, paired.low, paired.high, paired.p)
                row |= {"effect": float(overall.effects[0]), "base": refit.estimate.base} | _tell("")
                row["target"] = refit.estimator.target
                rows.append(row | dict(zip(NUMBERS[4:], numbers, strict=True)))
                paths += _path(refit, title)
            except TwintradeError as error:
                rows.append(row | _tell(error.text))
        table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(("effect", *NUMBERS[4:]), np.float64))
        known = table.dropna(subset=["effect"])
        if len(known) < 2:
            return self.unavailable(Text("checks.estimators-few"))
        low, high = known.iloc[int(known["effect"].argmin())], known.iloc[int(known["effect"].argmax())]
        same = known[known["target"] == fit.estimator.target]
        is_alone = (same["estimator"] == str(fit.estimator.title)).all()
        judged = NOT_JUDGED if is_alone else judge_table(same, measure_headline(fit, inference, rng))
        others = tuple(titles[name] for name in known.loc[known["target"] != fit.estimator.target, "estimator"])
        text = Text(
            "checks.estimators",
            n=len(known),
            low=format_effect(float(low["effect"]), scale),
            lowest=titles[str(low["estimator"])],
            high=format_effect(float(high["effect"]), scale),
            highest=titles[str(high["estimator"])],
            verdict=Text("checks.estimators-alone") if is_alone else describe_judged(judged, scale),
        )
        other_target = Text("checks.estimators-target", names=Listed(others), n=len(others))
        series = pd.DataFrame(paths, columns=["event_time", "series", "series_text", "value", "base"]).assign(
            unit=scale
        )
        return Finding(
            diagnostic=self.name,
            verdict=judged.verdict,
            text=Listed((text, other_target), "sentences") if others else text,
            value=float(high["effect"] - low["effect"]),
            unit=scale,
            bound=judged.bound,
            tolerance=judged.tolerance,
            table=table,
            payloads={"estimators": series},
        )


def _tell(reason: Words) -> dict[str, object]:
    return {"reason": str(reason), "reason_text": pack_text(reason)}


def _path(fit: Fit, title: Words) -> list[tuple[int, str, str, float, str]]:
    if "event" not in fit.views:
        return []
    study = fit.view("event")
    if not isinstance(study, EventStudy):
        return []
    name, packed, points = str(title), pack_text(title), zip(study.event_times, study.effects, strict=True)
    return [(int(e), name, packed, float(b), study.base) for e, b in points]
