"""Interrupted time series: the treated flow alone, its trend before carried forward, with no comparison at all."""

from dataclasses import dataclass, field

import numpy as np

from twintrade.design import Design
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.effects import Draws, Dropped, EventStudy, Regression, Uncertainty, UnitInfluence
from twintrade.errors import EstimationError
from twintrade.estimators.base import Estimator, Requires
from twintrade.estimators.sentences import describe_design
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.series import SegmentedFit, build_segmented_design, fit_segmented
from twintrade.text import Text, Value


@dataclass(frozen=True, slots=True)
class InterruptedSeries(Estimator):
    """Level and slope change at the onset.

    The effect at event time e is the level change plus e times the slope change: the gap between the fitted line
    after the onset and the line before carried forward. Whatever else happened at the onset is in it.

    Three ways to allow for errors that hang together over time: ``hac`` inference, the same with
    ``is_prewhitened = true``, which a persistent series needs, and ``arma``, whose draws ``posterior`` reads.

    Attributes
    ----------
    slope_change : bool
        Whether the trend may change too.
    arma : (int, int) or None
        Orders of autoregressive and moving-average errors, fitted by maximum likelihood; None for least squares,
        whose errors ``hac`` inference takes care of.
    min_before, min_after : int
        Fewest periods on either side.
    n_draws, seed : int
        Draws from the normal approximation with ARMA errors.
    """

    slope_change: bool = True
    arma: tuple[int, int] | None = None
    min_before: int = 8
    min_after: int = 5
    n_draws: int = 4000
    seed: int = field(default=20240501)
    name = "interrupted_series"
    title = Text("labels.estimator-interrupted-series")
    citation = "bernal2017"
    compared_with = "trend before"
    requires = Requires(single_treated_unit=True, influence_sums_to_zero=False, covariates=False, weights=False)

    def estimate(self, design: Design) -> EventStudy:
        """Return the effect at every event time from the onset on."""
        rows, periods, y, onset = self._series(design)
        seasons = PERIODS_PER_YEAR[design.panel.frequency]
        fitted = fit_segmented(
            y, build_segmented_design(periods, onset, slope_change=self.slope_change, seasons=seasons)
        )
        event_times = np.unique((periods - onset)[periods >= onset])
        selector = self._selector(event_times, fitted.design.shape[1])
        coefficients, uncertainty = self._errors(design, rows, y, fitted, selector)
        jump = {"level_change": float(coefficients[2])}
        if self.slope_change:
            jump["slope_change"] = float(coefficients[3])
        return EventStudy.of(
            design,
            event_times,
            np.asarray(coefficients @ selector),
            uncertainty,
            sample=design.observations.sample(
                rows,
                n_slopes=fitted.design.shape[1],
                dropped=_donors_left_out(design, rows),
                statistics=jump | {"n_pre_periods": float((periods < onset).sum())},
            ),
            n_units=np.ones(event_times.size, dtype=np.int64),
            against=self.compared_with,
        )

    def _series(self, design: Design) -> tuple[IntArray, IntArray, FloatArray, int]:
        o = design.observations
        unit = int(np.flatnonzero(o.is_ever_treated)[0])
        onset = int(o.unit_onset[unit])
        rows = np.flatnonzero((o.unit == unit) & ~((o.event_time < 0) & o.is_affected)).astype(np.int64)
        n_before = int((o.period[rows] < onset).sum())
        n_after = rows.size - n_before
        if n_before < self.min_before or n_after < self.min_after:
            needed = {"min_before": self.min_before, "min_after": self.min_after}
            observed: dict[str, Value] = {
                "unit_name": str(o.unit_ids[unit]),
                "n_before": n_before,
                "n_after": n_after,
            }
            raise EstimationError(Text("estimators.short-series", **needed, **observed))
        return rows, o.period[rows], o.y[rows], onset

    def _selector(self, event_times: IntArray, n_slopes: int) -> FloatArray:
        selector = np.zeros((n_slopes, event_times.size))
        selector[2] = 1.0
        if self.slope_change:
            selector[3] = event_times
        return selector

    def _errors(
        self, design: Design, rows: IntArray, y: FloatArray, fitted: SegmentedFit, selector: FloatArray
    ) -> tuple[FloatArray, Uncertainty]:
        if self.arma is not None:
            center, covariance = _arma(y, fitted.design, self.arma)
            rng = np.random.default_rng(self.seed)
            draws = rng.multivariate_normal(center, covariance, size=self.n_draws, method="cholesky")
            return center, Draws(draws @ selector)
        regression = Regression(
            rows=rows,
            columns=fitted.design,
            residuals=fitted.residuals,
            weights=np.ones(y.size),
            bread=fitted.bread,
            selector=selector,
        )
        o = design.observations
        unit = o.unit_ids[np.unique(o.unit[rows])]
        return fitted.coefficients, UnitInfluence(unit, regression.row_influence().sum(axis=0)[None], regression)

    def assumption(self, design: Design) -> Text:
        """Return the identifying assumption."""
        return Text("estimators.interrupted-series-assumes", **describe_design(design))

    def estimand(self, design: Design) -> Text:
        """Return what the headline averages."""
        return Text("estimators.interrupted-series-averages", **describe_design(design))

    def equation(self, design: Design) -> str:
        """Return the estimating equation."""
        return "Yₜ = a + b(t − g) + c·1[t ≥ g] + d·(t − g)·1[t ≥ g] + eₜ"


def _arma(y: FloatArray, design: FloatArray, orders: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Return regression coefficients and their covariance under ARMA errors, by maximum likelihood."""
    from statsmodels.tsa.arima.model import ARIMA

    fitted = ARIMA(y, exog=design, order=(orders[0], 0, orders[1]), trend="n").fit()
    if not fitted.mle_retvals.get("converged", True):
        raise EstimationError(f"ARMA{orders} errors did not converge; take lower orders, or None with hac inference")
    n = design.shape[1]
    return np.asarray(fitted.params[:n]), np.asarray(fitted.cov_params())[:n, :n]


def _donors_left_out(design: Design, rows: IntArray) -> tuple[Dropped, ...]:
    o = design.observations
    n_other = o.n_rows - rows.size
    if n_other == 0:
        return ()
    sentence = Text("estimators.other-units-unused")
    return (Dropped("not-used", sentence, n_other, o.n_units - 1),)
