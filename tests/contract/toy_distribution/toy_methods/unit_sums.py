"""Normal intervals from the sum of each unit's influence, for panels of many units."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import ClassVar

import numpy as np

from twintrade.effects import Bands, Influence
from twintrade.effects.estimate import fill_absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference


@dataclass(frozen=True, slots=True)
class UnitSums(Inference):
    """Errors clustered by unit without a correction, and quantiles of the normal distribution."""

    level: float = 0.95
    name: ClassVar[str] = "unit_sums"
    citation: ClassVar[str] = "liang1986"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return a pointwise interval for each effect that has an error."""
        estimate, normal = fit.view(view), NormalDist()
        if not isinstance(estimate.uncertainty, Influence):
            raise InferenceError(f"unit_sums needs an influence function, which {fit.estimator.name} has not")
        sums = estimate.uncertainty.matrix()
        se = np.sqrt((sums**2).sum(axis=0))
        se = np.where(se > 1e-12 * np.abs(estimate.effects), se, np.nan)
        margin = normal.inv_cdf((1 + self.level) / 2) * se
        ratios = np.abs(estimate.effects) / se
        absent = fill_absent(estimate.n_effects)
        return Bands(
            estimate=estimate,
            inference=self.name,
            level=self.level,
            se=se,
            low=estimate.effects - margin,
            high=estimate.effects + margin,
            p=np.array([2 * normal.cdf(-ratio) if np.isfinite(ratio) else np.nan for ratio in ratios]),
            df=absent,
            simultaneous_low=absent,
            simultaneous_high=absent,
            note=f"Errors are clustered by unit ({len(sums)} units), without a correction.",
        )
