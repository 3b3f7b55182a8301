"""Propensity to be treated: the logit of greatest likelihood, or the one whose odds balance the covariates."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray, IntArray

TRIM = 0.995
"""Comparison units whose propensity reaches this are left out, as the authors' package does."""

COLLINEAR = 1e13
"""Condition number of the correlations of covariates from which on they count as collinear."""

OVERLAP = 0.999
"""A fitted propensity from here on counts as no overlap."""


LONGEST = 4.0
"""Largest change of a row's log odds in one step."""


class NoOverlapError(EstimationError):
    """The covariates tell treated from comparison rows.

    ``rows``: positions of the rows without a counterpart.
    """

    def __init__(self, message: str, rows: IntArray) -> None:
        super().__init__(message, rows)
        self.rows = rows


@dataclass(frozen=True, slots=True, eq=False)
class Propensity:
    """Logit of being treated."""

    odds: FloatArray  # (n,): p / (1 - p), zero for trimmed comparison units
    influence: FloatArray  # (n, n_covariates): sum-scaled influence on the coefficients


def fit_propensity(treated: FloatArray, covariates: FloatArray, weights: FloatArray) -> Propensity:
    """Fit a logit by Newton's method.

    ``treated`` (n,): 0 or 1; ``covariates`` (n, n_covariates): with a constant; ``weights`` (n,).
    """

    def gain(index: FloatArray) -> tuple[FloatArray, FloatArray]:
        p = 1.0 / (1.0 + np.exp(-index))
        return weights * (treated - p), weights * p * (1 - p)

    return _solved(treated, covariates, weights, gain, np.zeros(covariates.shape[1]))


def fit_tilted_propensity(treated: FloatArray, covariates: FloatArray, weights: FloatArray) -> Propensity:
    """Fit a logit whose odds give the comparison units the covariate sums of the treated (Graham et al. 2012).

    Parameters and exceptions as in ``fit_propensity``.
    """

    def gain(index: FloatArray) -> tuple[FloatArray, FloatArray]:
        tilt = weights * (1 - treated) * np.exp(index)
        return weights * treated - tilt, tilt

    start = np.zeros(covariates.shape[1])
    start[0] = np.log((weights @ treated) / (weights @ (1 - treated)))
    return _solved(treated, covariates, weights, gain, start)


Gain = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""From the index of each row to its score and its curvature."""


def _solved(
    treated: FloatArray, covariates: FloatArray, weights: FloatArray, gain: Gain, start: FloatArray
) -> Propensity:
    refuse_collinear(covariates, weights)
    slopes, index = start, covariates @ start
    for _ in range(60):
        score, curvature = gain(index)
        try:
            step = np.linalg.solve((covariates * curvature[:, None]).T @ covariates, covariates.T @ score)
        except np.linalg.LinAlgError:
            raise _no_overlap(index, "the covariates predict treatment: no overlap") from None
        # A long step would overshoot where the odds grow exponentially.
        slopes = slopes + step / max(1.0, float(np.abs(covariates @ step).max()) / LONGEST)
        index = np.clip(covariates @ slopes, -500, 500)
        if np.abs(step).max() <= 1e-10 * (1 + np.abs(slopes).max()):
            break
    else:
        raise _no_overlap(index, "the covariates predict treatment: no overlap")
    p = 1.0 / (1.0 + np.exp(-index))
    if p.max() >= OVERLAP:
        raise _no_overlap(
            index, f"a fitted propensity of {p.max():.4f}: the covariates nearly predict treatment, no overlap"
        )
    score, curvature = gain(index)
    influence = (covariates * score[:, None]) @ np.linalg.inv((covariates * curvature[:, None]).T @ covariates)
    return Propensity(np.where((treated == 0) & (p >= TRIM), 0.0, np.exp(index)), influence)


def _no_overlap(index: FloatArray, message: str) -> NoOverlapError:
    return NoOverlapError(message, np.flatnonzero(1.0 / (1.0 + np.exp(-index)) >= OVERLAP))


def refuse_collinear(covariates: FloatArray, weights: FloatArray) -> None:
    """Refuse covariates that are constant or collinear under the weights."""
    gram = (covariates * weights[:, None]).T @ covariates
    scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    if np.linalg.cond(gram / np.outer(scale, scale)) > COLLINEAR:
        raise EstimationError("a covariate is constant, or the covariates are collinear")
