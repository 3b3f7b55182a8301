"""Where a change in trade comes from: more firms, more products, or more of each; the parts add up exactly."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_effect, simplify_inference
from twintrade.effects import Finding, Topic
from twintrade.errors import DesignError, TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.refits import is_linear, replace_outcome
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Listed, Text

ADDS_UP = 1e-8
COLUMNS = ("label", "group", "effect", "low", "high", "p")


def compute_log_margins(design: Design, margins: tuple[str, ...]) -> dict[str, FloatArray]:
    """Return the logarithm of each margin, the last one being the outcome per unit of the product of the others.

    ln X = ln m1 + ln(m2 per m1) + ... + ln(X per m_last), each count being of finer cells than the one before.

    ``margins``: columns that count, from coarse to fine: firms, firm-product cells.
    """
    columns = [design.panel.values(name) for name in margins]
    outcome = design.panel.values(design.outcome)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = [np.log(c) for c in (*columns, outcome)]
    names = [margins[0], *(_name_ratio(b, a) for a, b in pairwise(margins))]
    names.append(_name_ratio(design.outcome, margins[-1]))
    values = [logs[0], *(b - a for a, b in pairwise(logs))]
    return dict(zip(names, values, strict=True))


def _name_ratio(counted: str, by: str) -> str:
    return str(Text("checks.margins-per", counted=counted, by=by))


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins(Diagnostic):
    """Extensive and intensive margins of the log outcome, which are other targets and inform.

    Attributes
    ----------
    columns : tuple of str
        Columns of the panel that count, from coarse to fine.
    """

    columns: tuple[str, ...] = ()
    name: ClassVar[str] = "margins"
    citation: ClassVar[str] = ""
    payload_kinds: ClassVar = {"margins": "forest"}
    topic: ClassVar[Topic] = "margins"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the effect on each margin and whether they add up; payload ``margins``."""
        if not self.columns:
            return self.unavailable(Text("checks.margins-unnamed"))
        if not is_linear(fit):
            return self.unavailable(Text("checks.margins-linear"))
        log = fit.design.with_outcome(fit.design.outcome, "log")
        try:
            parts = compute_log_margins(log, self.columns)
        except DesignError as error:
            return self.unavailable(error.text)
        o = log.observations
        complete = np.all([np.isfinite(values[o.rows]) for values in parts.values()], axis=0)
        rows = np.zeros(log.panel.n_rows, dtype=bool)
        rows[o.rows[complete]] = True
        kept = log.restricted(rows)
        chosen = simplify_inference(fit, inference)
        try:
            total = _row("total", fit, replace_outcome(kept, kept.observations.y), chosen, rng)
            effects = [
                _row(name, fit, replace_outcome(kept, values[kept.observations.rows]), chosen, rng)
                for name, values in parts.items()
            ]
        except TwintradeError as error:
            return self.unavailable(error.text)
        table = pd.DataFrame([*effects, total], columns=list(COLUMNS))
        gap = abs(sum(row[2] for row in effects) - total[2])
        parts_said = [
            Text("checks.margins-part", name=row[0], effect=format_effect(row[2], "log points")) for row in effects
        ]
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Text(
                "checks.margins",
                effect=format_effect(total[2], "log points"),
                parts=Listed(tuple(parts_said), "semicolon"),
                adds="yes" if gap < ADDS_UP * max(1.0, abs(total[2])) else "no",
                gap=gap,
            ),
            value=gap,
            unit="log points",
            table=table,
            payloads={"margins": table},
        )


def _row(
    name: str, fit: Fit, design: Design, inference: Inference, rng: np.random.Generator
) -> tuple[str, str, float, float, float, float]:
    again = fit.refit(design, "overall")
    bands = inference.infer(again, "overall", np.random.default_rng(rng.integers(2**31)))
    group = "total" if name == "total" else "margin"
    return name, group, float(bands.estimate.effects[0]), float(bands.low[0]), float(bands.high[0]), float(bands.p[0])
