"""Where a Poisson fit stands: predictor, means and deviance, and what a refit of some rows returns."""

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.poisson.steps import HALVINGS, LARGEST_PREDICTOR, TOLERATED_RISE


@dataclass(frozen=True, slots=True, eq=False)
class Refitted:
    """Predictor by row and coefficients of the columns; rows out of the fit carry what the others predict."""

    eta: FloatArray
    coefficients: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """A predictor with its means and deviance under given weights.

    Attributes
    ----------
    y, weights, eta, mu : FloatArray, shape (n_rows,)
    saturated, deviance : float
        Half the deviance, and the part of it that depends on the outcome alone.
    """

    y: FloatArray
    weights: FloatArray
    eta: FloatArray
    mu: FloatArray
    saturated: float
    deviance: float

    def move(self, change: FloatArray) -> tuple["Standing", float]:
        """Go as large a share of a change of the predictor as does not raise the deviance much; return it too."""
        share = 1.0
        for _ in range(HALVINGS):
            following = _standing(self.y, self.weights, self.eta + share * change, self.saturated)
            if following.deviance <= self.deviance * (1 + TOLERATED_RISE) + 1e-9 * self.weights.size:
                break
            share *= 0.5
        return following, share


def find_standing(y: FloatArray, weights: FloatArray, eta: FloatArray) -> Standing:
    """Return where a predictor stands."""
    return _standing(y, weights, eta, float(weights @ (xlogy(y, y) - y)))


def _standing(y: FloatArray, weights: FloatArray, eta: FloatArray, saturated: float) -> Standing:
    mu = np.exp(np.minimum(eta, LARGEST_PREDICTOR))
    return Standing(y, weights, eta, mu, saturated, saturated + float(weights @ (mu - y * eta)))
