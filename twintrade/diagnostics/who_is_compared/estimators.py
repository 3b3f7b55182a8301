"""Every method that qualifies for the design, on one axis, and why they may differ."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_effect
from twintrade.effects import EventStudy, Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import ESTIMATORS, Fit
from twintrade.estimators.base import fit as fitted
from twintrade.inference.base import Inference

WHY = (
    "Methods differ where effects differ between cohorts (regressions weigh them by variance, the others by treated "
    "rows), where they use other comparison rows, and where their pre-period effects have another base"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimators(Diagnostic):
    """All registered methods that qualify, on this fit's design and scale.

    Attributes
    ----------
    names : tuple of str
        Methods to try; empty for all.
    """

    names: tuple[str, ...] = ()
    name: ClassVar[str] = "estimators"
    citation: ClassVar[str] = "sun2021"
    payload_kinds: ClassVar = {"estimators": "path"}

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a method; payload ``estimators`` has their event studies as series."""
        scale = fit.estimate.scale
        rows, paths = [], []
        for name in self.names or tuple(ESTIMATORS):
            method = fit.estimator if name == fit.estimator.name else ESTIMATORS[name]()
            title = method.title or method.name
            try:
                made = fit if method is fit.estimator else fitted(method, fit.design)
                overall = made.view("overall")
                if overall.scale != scale:
                    rows.append((title, np.nan, "", f"its effect comes in {overall.scale}"))
                    continue
                rows.append((title, float(overall.effects[0]), made.estimate.base, ""))
                paths += _path(made, title)
            except TwintradeError as error:
                rows.append((title, np.nan, "", str(error)))
        table = pd.DataFrame(rows, columns=["estimator", "effect", "base", "reason"])
        known = table.dropna(subset=["effect"])
        if len(known) < 2:
            return self.unavailable("fewer than two methods qualify for this design and scale")
        low, high = known.iloc[int(known["effect"].argmin())], known.iloc[int(known["effect"].argmax())]
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=(
                f"{len(known)} methods qualify; the effect runs from {format_effect(float(low['effect']), scale)} "
                f"({low['estimator']}) to {format_effect(float(high['effect']), scale)} ({high['estimator']}). {WHY}."
            ),
            value=float(high["effect"] - low["effect"]),
            unit=scale,
            table=table,
            payloads={
                "estimators": pd.DataFrame(paths, columns=["event_time", "series", "value", "base"]).assign(
                    unit=scale
                )
            },
        )


def _path(made: Fit, title: str) -> list[tuple[int, str, float, str]]:
    if "event" not in made.views:
        return []
    study = made.view("event")
    if not isinstance(study, EventStudy):
        return []
    return [(int(e), title, float(b), study.base) for e, b in zip(study.event_times, study.effects, strict=True)]
