"""The test of one series against its own past: how far draws of its serial correlation alone would move it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from twintrade.effects import Bands
from twintrade.effects.bands import fill_absent
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, View
from twintrade.inference.base import Inference
from twintrade.inference.clustering.variances import has_variance
from twintrade.inference.refits.leave_out import get_regression
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.series import RestrictedSeries, choose_lags, invert_p_values, sum_bartlett
from twintrade.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoregressive(Inference):
    """Bootstrap of the t statistic of one series under first-order autoregressive errors fitted under the null.

    Every effect is held against series that have none: a constant effect is taken out from the onset on, the
    autoregression is fitted to what trend and seasons leave, and t statistics over Bartlett errors are compared.

    Attributes
    ----------
    lags : int or None
        Of the Bartlett errors; None takes floor(4 (T/100)^(2/9)).
    draws : int
    level : float
    """

    lags: int | None = None
    draws: int = 499
    level: float = 0.95
    name: ClassVar[str] = "autoregressive"
    citation: ClassVar[str] = "buhlmann1997"

    def infer(self, fit: Fit, view: View, rng: np.random.Generator) -> Bands:
        """Return p-values, and the interval of constant effects that are not rejected.

        Raises
        ------
        InferenceError
            Not a regression of one series on level, trend and their changes.
        """
        estimate, seed = fit.view(view), int(rng.integers(2**31))
        source, o = get_regression(estimate), fit.design.observations
        if source is None or estimate.sample.effects or np.unique(o.unit[source.rows]).size != 1:
            raise InferenceError(Text("inference.autoregressive-needs", method=fit.estimator.title))
        y, after = o.y[source.rows], o.event_time[source.rows] >= 0
        lags = choose_lags(y.size) if self.lags is None else self.lags
        errors = np.sqrt(np.diag(sum_bartlett(source.row_influence(), lags)))
        kept = source.design[:, ~source.selector.any(axis=1)]
        series = RestrictedSeries.of(source.design, kept, lags, np.random.default_rng(seed))
        loadings = source.along(source.bread @ source.selector)
        p, low, high = (fill_absent(estimate.n_effects) for _ in range(3))
        for k in np.flatnonzero(has_variance(estimate, errors)):

            def p_of(value: float, loading: FloatArray = loadings[:, [k]]) -> float:
                left = y - value * after
                return float(series.compute_p(left, loading, np.random.default_rng(seed), self.draws)[0])

            p[k] = p_of(0.0)
            low[k], high[k] = invert_p_values(
                p_of, float(estimate.effects[k]), float(errors[k]), 1 - self.level, precision=0.01
            )
        nothing = fill_absent(estimate.n_effects)
        return Bands(
            estimate=estimate,
            inference=self.name,
            level=self.level,
            se=nothing,
            low=low,
            high=high,
            p=p,
            df=nothing,
            simultaneous_low=nothing,
            simultaneous_high=nothing,
            note=Text("inference.autoregressive", draws=self.draws, lags=lags, n=y.size),
            facts={"draws": self.draws, "floor": 1 / (self.draws + 1)},
        )
