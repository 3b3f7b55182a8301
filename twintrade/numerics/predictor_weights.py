"""Which predictors matter in a synthetic control: weights V chosen so that the outcome before the onset fits."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.simplex import simplex_weights


@dataclass(frozen=True, slots=True, eq=False)
class PredictorFit:
    """Donor weights under given or chosen predictor weights.

    Attributes
    ----------
    weights : FloatArray, shape (n_donors,)
    importance : FloatArray, shape (n_predictors,)
        Diagonal of V, summing to one.
    loss : float
        Mean squared gap of the outcome before the onset.
    """

    weights: FloatArray
    importance: FloatArray
    loss: float


def standardized(predictors: FloatArray) -> FloatArray:
    """Divide each predictor by its standard deviation over all units, shape (n_units, n_predictors)."""
    spread = predictors.std(axis=0, ddof=1)
    return predictors / np.where(spread > 0, spread, 1.0)


def weigh(predictors: FloatArray, outcomes: FloatArray, importance: FloatArray) -> PredictorFit:
    """Return donor weights for given V (Abadie, Diamond and Hainmueller 2010, eq. 5).

    Parameters
    ----------
    predictors : FloatArray, shape (1 + n_donors, n_predictors)
        Standardized; the treated unit first.
    outcomes : FloatArray, shape (1 + n_donors, n_before)
    importance : FloatArray, shape (n_predictors,)
        Non-negative.
    """
    share = importance / importance.sum()
    root = np.sqrt(share)
    weights = simplex_weights((predictors[1:] * root).T, predictors[0] * root)
    gaps = outcomes[0] - weights @ outcomes[1:]
    return PredictorFit(weights, share, float(np.mean(gaps**2)))


def nested(predictors: FloatArray, outcomes: FloatArray, max_evaluations: int = 4000) -> PredictorFit:
    """Search V that minimizes the outcome's misfit before the onset.

    The problem has flat and kinked regions, so it is started from equal weights and from regression weights, and
    searched without derivatives, restarting where the simplex collapsed, until a restart brings no gain.
    V itself is not unique; the fit is what counts.
    """
    best = weigh(predictors, outcomes, np.ones(predictors.shape[1]))
    for start in (np.ones(predictors.shape[1]), _regression_start(predictors, outcomes)):
        found = _search(predictors, outcomes, start, max_evaluations)
        best = found if found.loss < best.loss else best
    return best


def _search(predictors: FloatArray, outcomes: FloatArray, start: FloatArray, max_evaluations: int) -> PredictorFit:
    def loss(x: FloatArray) -> float:
        return weigh(predictors, outcomes, np.abs(x) + 1e-12).loss

    at = np.asarray(start / start.sum(), dtype=np.float64)
    value = loss(at)
    for _ in range(5):
        found = minimize(
            loss,
            at,
            method="Nelder-Mead",
            options={
                "maxfev": max_evaluations,
                "xatol": 1e-6,
                "fatol": 1e-9 * max(value, 1e-12),
                "adaptive": True,
            },
        )
        at, gain, value = np.abs(found.x) / np.abs(found.x).sum(), value - float(found.fun), float(found.fun)
        if gain <= 1e-4 * max(value, 1e-12):
            break
    return weigh(predictors, outcomes, at + 1e-12)


def _regression_start(predictors: FloatArray, outcomes: FloatArray) -> FloatArray:
    """Squared coefficients of the outcomes on the predictors, summed over periods."""
    x = np.column_stack([np.ones(predictors.shape[0]), predictors])
    coefficients = np.linalg.lstsq(x, outcomes, rcond=None)[0][1:]
    size = (coefficients**2).sum(axis=1)
    return size if size.sum() > 0 else np.ones(predictors.shape[1])
