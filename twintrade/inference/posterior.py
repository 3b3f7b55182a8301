"""Intervals of an estimate that comes as draws: quantiles, and a simultaneous band of the same shape."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.effects import Bands, Draws
from twintrade.effects.bands import fill_absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.text import Text


@dataclass(frozen=True, slots=True)
class Posterior(Inference):
    """Equal-tailed intervals from draws.

    Attributes
    ----------
    level : float
    """

    level: float = 0.95
    name: ClassVar[str] = "posterior"
    citation: ClassVar[str] = "brodersen2015"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return quantile intervals; p is twice the smaller tail probability of zero, at least 2 / (draws + 1)."""
        estimate = fit.view(view)
        if not isinstance(estimate.uncertainty, Draws):
            raise InferenceError(f"posterior needs draws and {fit.estimator.name} gives none; take placebo or hac")
        values = estimate.uncertainty.values
        n_draws = values.shape[0]
        tail = (1 - self.level) / 2
        low, high = np.quantile(values, [tail, 1 - tail], axis=0)
        se = values.std(axis=0, ddof=1)
        below = (values <= 0).sum(axis=0)
        p = np.minimum(1.0, 2 * (1 + np.minimum(below, n_draws - below)) / (n_draws + 1))
        moves = se > 1e-14 * np.maximum(np.abs(estimate.effects), 1e-300)
        widest = np.abs((values[:, moves] - estimate.effects[moves]) / se[moves]).max(axis=1, initial=0.0)
        critical = float(np.quantile(widest, self.level)) if moves.any() else 0.0
        p, low, high = np.where(moves, p, np.nan), np.where(moves, low, np.nan), np.where(moves, high, np.nan)
        return Bands(
            estimate=estimate,
            inference=self.name,
            level=self.level,
            se=np.where(moves, se, np.nan),
            low=low,
            high=high,
            p=p,
            df=fill_absent(estimate.n_effects),
            simultaneous_low=np.where(moves, estimate.effects - critical * se, np.nan),
            simultaneous_high=np.where(moves, estimate.effects + critical * se, np.nan),
            covariance=np.atleast_2d(np.cov(values, rowvar=False)),
            note=Text("inference.posterior", draws=n_draws),
            facts={"draws": n_draws, "critical_value": critical},
        )
