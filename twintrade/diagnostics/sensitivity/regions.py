"""Ways to speak about all effects at once, side by side: pointwise, sup-t, Sidak, Bonferroni, Wald."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import scipy

from twintrade.diagnostics.base import Diagnostic
from twintrade.diagnostics.pre_period.pretrends import fill_missing_df
from twintrade.diagnostics.variants import compute_event_bands
from twintrade.effects import Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.inference.clustering import compute_sup_t, compute_t_quantile
from twintrade.numerics.arrays import BoolArray, FloatArray
from twintrade.text import Listed, Text

DRAWS = 19_999


def compute_critical_values(
    covariance: FloatArray, usable: BoolArray, level: float, df: float, rng: np.random.Generator
) -> dict[str, float]:
    """Return the half-width of each region in standard errors.

    sup-t is exact for the joint normal, by simulation; Sidak's is exact for independent effects; Bonferroni's holds
    under any dependence; Wald's (Scheffe 1953) is the shadow of the ellipsoid on each axis and holds for every
    linear combination of the effects.
    """
    n = int(usable.sum())
    wald = n * scipy.special.fdtri(n, df, level) if np.isfinite(df) else scipy.special.chdtri(n, 1 - level)
    return {
        "pointwise": compute_t_quantile((1 + level) / 2, df),
        "sup-t": compute_sup_t(covariance, usable, level, df, rng, DRAWS),
        "Sidak": compute_t_quantile((1 + level ** (1 / n)) / 2, df),
        "Bonferroni": compute_t_quantile(1 - (1 - level) / (2 * n), df),
        "Wald": float(np.sqrt(wald)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions(Diagnostic):
    """Simultaneous regions for the path of effects; they differ in width, never in the estimate.

    Attributes
    ----------
    level : float
    """

    level: float = 0.95
    name: ClassVar[str] = "regions"
    citation: ClassVar[str] = "montielolea2019"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the critical values; payload ``regions`` has one row an effect and region."""
        try:
            bands, covariance = compute_event_bands(fit, inference, rng)
        except TwintradeError as error:
            return self.unavailable(error.text)
        usable = np.nan_to_num(bands.se) > 0
        if not usable.any():
            return self.unavailable(Text("checks.no-joint-errors", inference=bands.inference))
        df = fill_missing_df(float(np.min(bands.df[usable])))
        critical = compute_critical_values(covariance, usable, self.level, df, rng)
        chosen = np.flatnonzero(usable)
        effects, se, names = bands.estimate.effects[chosen], bands.se[chosen], np.array(bands.estimate.names)[chosen]
        low, high = ({r: effects + sign * c * se for r, c in critical.items()} for sign in (-1, 1))
        parts = [
            pd.DataFrame({"event": names, "region": r, "effect": effects, "low": low[r], "high": high[r]})
            for r in critical
        ]
        holds = {region: int((np.abs(effects) > c * se).sum()) for region, c in critical.items()}
        table = pd.DataFrame({"region": list(critical), "critical_value": list(critical.values())})
        table["effects_without_zero"] = [holds[region] for region in critical]
        return Finding(
            diagnostic=self.name,
            verdict="informs",
            text=Text(
                "checks.regions",
                level=self.level,
                n=int(chosen.size),
                widths=Listed(
                    tuple(Text("checks.regions-width", region=r, width=c) for r, c in critical.items()), "comma"
                ),
                pointwise=holds["pointwise"],
                joint=holds["sup-t"],
            ),
            value=critical["sup-t"],
            unit="errors",
            table=table,
            payloads={"regions": pd.concat(parts, ignore_index=True)},
        )
