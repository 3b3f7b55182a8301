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

COLUMNS = ("unit", "is_tied", "influence", "share", "effect_without", "change")


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
            return self.unavailable("the method has no influence function")
        estimate = fit.view("overall")
        held = estimate.uncertainty
        assert isinstance(held, Influence)
        values = held.matrix()[:, 0]
        order = np.argsort(-np.abs(values), kind="stable")[: self.most]
        o, own = fit.design.observations, float(estimate.effects[0])
        tied = set(o.unit_ids[o.is_ever_treated])
        total = float((values**2).sum())
        rows = []
        jobs = {str(held.units[k]): str(held.units[k]) for k in order}
        found = run_jobs("influence", _without, jobs, shared=fit)
        for k, done in zip(order, found, strict=True):
            unit = held.units[k]
            without = float("nan") if done.values is None else float(done.values["effect"])
            share = float(values[k] ** 2) / total if total else float("nan")
            rows.append((str(unit), unit in tied, float(values[k]), share, without, without - own))
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        top, scale = table.iloc[0], fit.estimate.scale
        after = float(top["effect_without"])
        remains = f"without it the effect is {format_effect(after, scale)} in place of {format_effect(own, scale)}"
        if np.isnan(after):
            remains = f"without it no effect can be estimated in place of {format_effect(own, scale)}"
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=(
                f"The most influential unit is {top['unit']}: {remains}; the {len(table)} most influential units "
                f"make {100 * float(table['share'].sum()):.0f} % of the variance clustered by unit."
            ),
            value=float(top["share"]),
            unit="share of variance",
            table=table,
            payloads={"influence": table},
        )


def _without(fit: Fit, unit: str, rng: np.random.Generator) -> Arrays:
    return {"effect": fit.refit(fit.design.without([unit]), "overall").view("overall").effects[0]}
