"""Errors robust to heteroskedasticity and serial correlation, from the regression behind an estimate."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy.special import stdtr, stdtrit

from twintrade.effects import Bands, Influence
from twintrade.effects.bands import absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.variances import has_variance, is_reference, variance_messages
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.long_run import automatic_lags, long_run_covariance


@dataclass(frozen=True, slots=True)
class Hac(Inference):
    """Newey and West (1987), summed over units by period first (Driscoll and Kraay 1998 with several units).

    Attributes
    ----------
    lags : int or None
        Bartlett lags; None takes floor(4 (T/100)^(2/9)).
    is_prewhitened : bool
        Fit a first-order autoregression to the scores, correct its residuals, recolor (Andrews and Monahan 1992).
    small_sample : bool
        Multiply by T / (T - slopes), with T - slopes degrees of freedom.
    level : float
    """

    lags: int | None = None
    is_prewhitened: bool = False
    small_sample: bool = True
    level: float = 0.95
    name: ClassVar[str] = "hac"
    citation: ClassVar[str] = "newey1987"
    works_on: ClassVar[Literal["influence", "draws", "refit", "any"]] = "influence"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return bands with t quantiles.

        Raises
        ------
        InferenceError
            The estimate does not carry its regression.
        """
        estimate = fit.view(view)
        uncertainty = estimate.uncertainty
        if not isinstance(uncertainty, Influence) or uncertainty.regression is None:
            raise InferenceError(f"hac needs the regression behind the estimate, and {fit.estimator.name} has none")
        regression = uncertainty.regression
        period = fit.design.observations.period[regression.rows]
        order, codes = np.unique(period, return_inverse=True)
        scores = np.zeros((order.size, estimate.n_effects))
        np.add.at(scores, codes, regression.row_influence())
        lags = automatic_lags(order.size) if self.lags is None else self.lags
        n_slopes = estimate.sample.n_slopes or regression.bread.shape[0]
        covariance = long_run_covariance(scores, lags, is_prewhitened=self.is_prewhitened)
        df = order.size - n_slopes
        if self.small_sample:
            if df <= 0:
                raise InferenceError(f"{order.size} periods leave no degree of freedom for {n_slopes} coefficients")
            covariance = covariance * (order.size / df)
        return self._bands(fit, view, covariance, float(df) if self.small_sample else np.inf, lags, order.size)

    def _bands(self, fit: Fit, view: View, covariance: FloatArray, df: float, lags: int, n_periods: int) -> Bands:
        estimate = fit.view(view)
        se = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        usable = has_variance(estimate, se)
        se = np.where(usable, se, np.where(is_reference(estimate), 0.0, np.nan))
        critical = float(-stdtrit(min(df, 1e9), (1 - self.level) / 2))
        ratio = np.divide(np.abs(estimate.effects), se, out=np.full(se.size, np.nan), where=se > 0)
        kind = "prewhitened " if self.is_prewhitened else ""
        return Bands(
            estimate=estimate,
            inference=self.name,
            level=self.level,
            se=se,
            low=estimate.effects - critical * se,
            high=estimate.effects + critical * se,
            p=np.asarray(2 * stdtr(min(df, 1e9), -ratio)),
            df=np.full(se.size, df),
            simultaneous_low=absent(se.size),
            simultaneous_high=absent(se.size),
            covariance=covariance,
            note=(
                f"Errors robust to heteroskedasticity and autocorrelation ({kind}Bartlett, {lags} lags, "
                f"{n_periods} periods)"
            ),
            messages=variance_messages(estimate, np.zeros(se.size, dtype=bool), usable, "long-run", ""),
            facts={"lags": lags, "n_periods": n_periods, "critical_value": critical},
        )
