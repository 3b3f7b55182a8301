"""The units that move the headline most."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.variants import format_effect, has_influence
from twintrade.effects import Finding, Influence
from twintrade.estimators.base import Fit
from twintrade.fanout import Arrays, run_jobs
from twintrade.inference.base import Inference
from twintrade.text import Text

COLUMNS = ("unit", "is_treated", "influence", "share", "effect_without", "change")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitInfluenceCheck(Diagnostic):
    """The ten dyads that move the headline most: first by influence, then by leaving each of them out.

    Attributes
    ----------
    most : int
    """

    most: int = 10
    name: ClassVar[str] = "influence"
    citation: ClassVar[str] = ""

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a unit, the most influential first; payload ``influence``."""
        if not has_influence(fit):
            return self.unavailable(Text("checks.no-influence"))
        estimate = fit.view("overall")
        influence = estimate.uncertainty
        assert isinstance(influence, Influence)
        values = influence.matrix()[:, 0]
        order = np.argsort(-np.abs(values), kind="stable")[: self.most]
        o, headline = fit.design.observations, float(estimate.effects[0])
        treated = set(o.unit_ids[o.is_ever_treated])
        total = float((values**2).sum())
        rows = []
        jobs = {str(influence.units[k]): str(influence.units[k]) for k in order}
        refits = run_jobs("influence", _without, jobs, shared=fit)
        for k, done in zip(order, refits, strict=True):
            unit = influence.units[k]
            without = float("nan") if done.values is None else float(done.values["effect"])
            share = float(values[k] ** 2) / total if total else float("nan")
            rows.append((str(unit), unit in treated, float(values[k]), share, without, without - headline))
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        top, scale = table.iloc[0], fit.estimate.scale
        after = float(top["effect_without"])
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Text(
                "checks.influence",
                unit=str(top["unit"]),
                known="no" if np.isnan(after) else "yes",
                without=format_effect(after, scale),
                effect=format_effect(headline, scale),
                n=len(table),
                share=float(table["share"].sum()),
            ),
            value=float(top["share"]),
            unit="share",
            table=table,
            payloads={"influence": table},
        )


def _without(fit: Fit, unit: str, rng: np.random.Generator) -> Arrays:
    return {"effect": fit.refit(fit.design.without([unit]), "overall").view("overall").effects[0]}
