"""Interrupted time series: the treated flow alone, its trend before carried forward, with no comparison at all."""

import warnings
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from twintrade.design import Design
from twintrade.design.case import Case
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.effects import Draws, Dropped, EventStudy, Regression, Uncertainty, UnitInfluence
from twintrade.errors import EstimationError
from twintrade.estimators.base import Catalogued, Requires
from twintrade.estimators.cases import SingleCase, refuse_few_periods
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.series import build_segmented_design, fit_segmented
from twintrade.text import Text, Value

# Structural time series: level, trend and donors fitted before the agreement and forecast without it.


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What a structural series says about the path without the agreement."""

    gaps: FloatArray  # (n_periods,): observed less forecast, one step ahead before the onset
    covariance: FloatArray  # (n_after, n_after): of the forecast error after the onset


@dataclass(frozen=True, slots=True)
class StructuralSeries(SingleCase):
    """Brodersen et al. (2015) with maximum likelihood in place of spike-and-slab priors.

    The donors enter as their leading principal components. Draws of the counterfactual come from the state's
    forecast distribution and the parameters' normal approximation.

    Attributes
    ----------
    level : {"local level", "local linear trend", "random walk with drift"}
        Harvey's trend component.
    n_components : int
        Principal components of the donors used as regressors; 0 for none.
    variance_factor : float
        Multiplies the level's estimated innovation variance: the sensitivity analysis over how fast the level may
        drift on its own.
    min_before : int
        Fewest periods before the onset.
    """

    level: Literal["local level", "local linear trend", "random walk with drift"] = "local level"
    n_components: int = 1
    variance_factor: float = 1.0
    n_draws: int = 2000
    seed: int = field(default=20240501)
    min_before: int = 8
    name = "structural_series"
    compared_with = "trend before"
    citation = "brodersen2015"
    fits_whole_path = False
    requires = Requires(single_treated_unit=True, covariates=False, weights=False, has_influence=False)
    says = "estimators.structural-series-"
    formula = "Yₜ = μₜ + β′xₜ + εₜ,  μₜ₊₁ = μₜ + ηₜ,  τₜ = Yₜ − E[Yₜ | Y before, x]"

    def gaps(self, case: Case) -> FloatArray:
        """Return observed less forecast after the onset, and less the one-step forecast before."""
        return self.forecast(case).gaps

    def estimate(self, design: Design) -> EventStudy:
        """Return the gap by event time with draws of it; before the onset the one-step forecast error."""
        study = SingleCase.estimate(self, design)
        assert isinstance(study, EventStudy)
        forecast = self.forecast(self.case(design))
        n_after = forecast.covariance.shape[0]
        values, vectors = np.linalg.eigh(forecast.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        draws = np.repeat(forecast.gaps[None], self.n_draws, axis=0)
        draws[:, -n_after:] += np.random.default_rng(self.seed).normal(size=(self.n_draws, n_after)) @ root.T
        return replace(study, uncertainty=Draws(draws))

    def forecast(self, case: Case) -> Forecast:
        """Fit the periods before the onset and forecast the others."""
        from statsmodels.tsa.statespace.structural import UnobservedComponents

        refuse_few_periods(case, self.min_before, self.name)
        x = compute_principal_components(case.donors, case.is_before, self.n_components)
        n_before = int(np.flatnonzero(case.is_before)[-1]) + 1
        # In standard deviations, so that the optimizer's steps do not depend on the unit of money.
        spread = float(case.treated[:n_before].std()) or 1.0
        options: dict[str, Any] = {"exog": x[:n_before]} if x.shape[1] else {}
        options |= {"seasonal": case.seasons} if case.seasons > 1 else {}
        model = UnobservedComponents(case.treated[:n_before] / spread, level=self.level, **options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = model.fit(disp=False, maxiter=500)
        if not fitted.mle_retvals.get("converged", True):
            raise EstimationError("the structural series did not converge; take a simpler trend or fewer components")
        if self.variance_factor != 1.0:
            is_drift = [name.startswith("sigma2.level") for name in model.param_names]
            params = np.asarray(fitted.params)
            fitted = model.smooth(np.where(is_drift, params * self.variance_factor, params))
        n_after = case.periods.size - n_before
        after = np.asarray(fitted.forecast(n_after, exog=x[n_before:] if x.shape[1] else None))
        # The diffuse start has no forecast: the first fitted values are set to the observation.
        started = np.arange(n_before) >= int(fitted.loglikelihood_burn) + x.shape[1]
        before = np.where(started, np.asarray(fitted.fittedvalues) * spread, case.treated[:n_before])
        covariance = spread**2 * compute_forecast_covariance(fitted, n_after, x[n_before:])
        return Forecast(case.treated - np.concatenate([before, after * spread]), covariance)


def compute_principal_components(donors: FloatArray, before: np.ndarray, n_components: int) -> FloatArray:
    """Return leading components of the donors, (n_periods, n_components), with loadings from before the onset."""
    n_components = min(n_components, donors.shape[0], int(before.sum()) - 1)
    if n_components <= 0:
        return np.empty((donors.shape[1], 0))
    center = donors[:, before].mean(axis=1, keepdims=True)
    loadings = np.linalg.svd((donors - center)[:, before], full_matrices=False)[0][:, :n_components]
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    scores = (donors - center).T @ (loadings * signs)
    spread = scores[before].std(axis=0)
    return np.asarray(scores / np.where(spread > 0, spread, 1.0))


def compute_forecast_covariance(smoothed: Any, n_after: int, x: FloatArray) -> FloatArray:
    """Return the joint covariance of observations after the onset, (n_after, n_after), uncertain slopes included."""
    system = smoothed.model.ssm
    move, choose = system["transition"], system["selection"]
    innovation = choose @ system["state_cov"] @ choose.T
    look = system["design"][0]
    spread = smoothed.predicted_state_cov[:, :, -1]
    out = np.zeros((n_after, n_after))
    for h in range(n_after):
        carried = spread @ look
        for k in range(h, n_after):
            out[h, k] = out[k, h] = look @ carried
            carried = move @ carried
        spread = move @ spread @ move.T + innovation
    out[np.diag_indices(n_after)] += system["obs_cov"][0, 0]
    is_slope = np.array([name.startswith("beta") for name in smoothed.model.param_names])
    slopes = np.asarray(smoothed.cov_params(), dtype=np.float64)[np.ix_(is_slope, is_slope)]
    if x.shape[1] and np.isfinite(slopes).all():
        out += x @ slopes @ x.T
    return out


@dataclass(frozen=True, slots=True)
class InterruptedSeries(Catalogued):
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
    citation = "bernal2017"
    compared_with = "trend before"
    requires = Requires(single_treated_unit=True, influence_sums_to_zero=False, covariates=False, weights=False)
    says = "estimators.interrupted-series-"
    formula = "Yₜ = a + b(t − g) + c·1[t ≥ g] + d·(t − g)·1[t ≥ g] + eₜ"

    def estimate(self, design: Design) -> EventStudy:
        """Return the effect at every event time from the onset on."""
        rows, periods, y, onset = self._series(design)
        seasons = PERIODS_PER_YEAR[design.panel.frequency]
        fitted = fit_segmented(
            y, build_segmented_design(periods, onset, slope_change=self.slope_change, seasons=seasons)
        )
        event_times = np.unique((periods - onset)[periods >= onset])
        selector = np.zeros((fitted.design.shape[1], event_times.size))
        selector[2] = 1.0
        if self.slope_change:
            selector[3] = event_times
        o = design.observations
        uncertainty: Uncertainty
        if self.arma is not None:
            coefficients, covariance = _arma(y, fitted.design, self.arma)
            rng = np.random.default_rng(self.seed)
            draws = rng.multivariate_normal(coefficients, covariance, size=self.n_draws, method="cholesky")
            uncertainty = Draws(draws @ selector)
        else:
            coefficients, weights = fitted.coefficients, np.ones(y.size)
            source = Regression(rows, fitted.design, fitted.residuals, weights, fitted.bread, selector)
            units = o.unit_ids[np.unique(o.unit[rows])]
            uncertainty = UnitInfluence(units, source.row_influence().sum(axis=0)[None], source)
        jump = {"level_change": float(coefficients[2])}
        if self.slope_change:
            jump["slope_change"] = float(coefficients[3])
        n_other = o.n_rows - rows.size
        unused = Dropped("not-used", Text("estimators.other-units-unused"), n_other, o.n_units - 1)
        dropped = (unused,) if n_other else ()
        return EventStudy.of(
            design,
            event_times,
            np.asarray(coefficients @ selector),
            uncertainty,
            sample=o.sample(
                rows,
                n_slopes=fitted.design.shape[1],
                dropped=dropped,
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


def _arma(y: FloatArray, design: FloatArray, orders: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Return regression coefficients and their covariance under ARMA errors, by maximum likelihood."""
    from statsmodels.tsa.arima.model import ARIMA

    fitted = ARIMA(y, exog=design, order=(orders[0], 0, orders[1]), trend="n").fit()
    if not fitted.mle_retvals.get("converged", True):
        raise EstimationError(f"ARMA{orders} errors did not converge; take lower orders, or None with hac inference")
    n = design.shape[1]
    return np.asarray(fitted.params[:n]), np.asarray(fitted.cov_params())[:n, :n]
