"""p-values of linear estimates of one series, from draws of autoregressive errors fitted under the null."""

from dataclasses import dataclass

import numpy as np

from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.series.break_date import draw_ar_errors
from twintrade.numerics.series.long_run import weigh_bartlett

GRID = np.linspace(-0.5, 0.98, 60)
N_SERIES = 400


@dataclass(frozen=True, slots=True, eq=False)
class RestrictedSeries:
    """A regression of one series, and the serial correlation of its errors if there is no effect.

    The coefficient of the autoregression is the one under which the residuals of the null are as correlated as they
    are in half of the series (Andrews 1993): least squares has it too small, and the test rejects too often.
    """

    # basis, null: (n_periods, n_columns): orthonormal bases of the regressors, and of those that stay under the null
    basis: FloatArray
    null: FloatArray
    medians: FloatArray  # (n_grid,): median autocorrelation of the null's residuals under each coefficient of `GRID`
    lags: int  # of the Bartlett errors

    @classmethod
    def of(cls, columns: FloatArray, kept: FloatArray, lags: int, rng: np.random.Generator) -> "RestrictedSeries":
        """Tabulate medians for regressors, and for those of them that stay under the null."""
        basis, null = np.linalg.qr(columns)[0], np.linalg.qr(kept)[0]
        steps = rng.normal(size=(columns.shape[0], N_SERIES))
        medians = [_correlate(_take_off(_accumulate(rho, steps).T, null)) for rho in GRID]
        return cls(basis, null, np.maximum.accumulate(np.median(medians, axis=1)), lags)

    def draw_t(self, y: FloatArray, loadings: FloatArray, rng: np.random.Generator, draws: int) -> FloatArray:
        """Return how many errors each estimate is from zero, in the series and in draws without any effect.

        A t statistic over Bartlett errors is far from Student's t in a short series, and so it is in the draws.

        ``y`` (n_periods,): less the effect that is tested; ``loadings`` (n_periods, n_effects): estimates are ``y @
        loadings``. Returns (draws + 1, n_effects): the series first.
        """
        left = _take_off(y[None], self.null)
        rho = float(np.interp(_correlate(left)[0], self.medians, GRID))
        series = np.vstack([y, draw_ar_errors(left[0], rng, draws, rho)])
        return np.asarray(np.abs(series @ loadings) / self._compute_errors(_take_off(series, self.basis), loadings))

    def _compute_errors(self, residuals: FloatArray, loadings: FloatArray) -> FloatArray:
        """Return Bartlett errors, shape (n_series, n_effects), but for a factor that all series share."""
        n = residuals.shape[1]
        total = np.zeros((residuals.shape[0], loadings.shape[1]))
        for lag in range(min(self.lags, n - 1) + 1):
            products = (residuals[:, lag:] * residuals[:, : n - lag]) @ (loadings[lag:] * loadings[: n - lag])
            total += (1 if lag == 0 else 2) * weigh_bartlett(lag, self.lags + 1) * products
        return np.sqrt(total)


def _take_off(series: FloatArray, basis: FloatArray) -> FloatArray:
    """Return the residuals of series, shape (n_series, n_periods), on an orthonormal basis."""
    return np.asarray(series - (series @ basis) @ basis.T)


def _correlate(residuals: FloatArray) -> FloatArray:
    """Return the first autocorrelation of each series; zero where nothing is left."""
    total = (residuals[:, :-1] ** 2).sum(axis=1)
    products = (residuals[:, 1:] * residuals[:, :-1]).sum(axis=1)
    return np.asarray(np.divide(products, total, out=np.zeros_like(total), where=total > 0))


def _accumulate(rho: float, steps: FloatArray) -> FloatArray:
    """Return stationary autoregressions of normal steps, shape (n_periods, n_series)."""
    out = np.empty_like(steps)
    out[0] = steps[0] / np.sqrt(1 - rho**2)
    for t in range(1, steps.shape[0]):
        out[t] = rho * out[t - 1] + steps[t]
    return out
