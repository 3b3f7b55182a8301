"""Two groups, two periods: regression, inverse-probability and doubly robust effects with their influence."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray, IntArray

Method = Literal["regression", "ipw", "doubly_robust"]

TRIM = 0.995
"""Comparison units whose propensity reaches this are left out, as the authors' package does."""

COLLINEAR = 1e13
"""Condition number of the correlations of covariates from which on they count as collinear."""

OVERLAP = 0.999
"""A fitted propensity from here on counts as no overlap."""


class NoOverlapError(EstimationError):
    """The covariates tell treated from comparison rows.

    Attributes
    ----------
    rows : IntArray
        Positions of the rows without a counterpart.
    """

    def __init__(self, message: str, rows: IntArray) -> None:
        super().__init__(message)
        self.rows = rows


@dataclass(frozen=True, slots=True, eq=False)
class TwoPeriodEffect:
    """One effect on the treated.

    Attributes
    ----------
    effect : float
    influence : FloatArray, shape (n,)
        Sum-scaled: effect - truth is about its sum.
    """

    effect: float
    influence: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Propensity:
    """Logit of being treated.

    Attributes
    ----------
    odds : FloatArray, shape (n,)
        p / (1 - p), zero for trimmed comparison units.
    influence : FloatArray, shape (n, n_covariates)
        Sum-scaled influence on the coefficients.
    """

    odds: FloatArray
    influence: FloatArray


def propensity(treated: FloatArray, covariates: FloatArray, weights: FloatArray) -> Propensity:
    """Fit a logit by Newton's method.

    Parameters
    ----------
    treated : FloatArray, shape (n,)
        0 or 1.
    covariates : FloatArray, shape (n, n_covariates)
        With a constant.
    weights : FloatArray, shape (n,)

    Raises
    ------
    EstimationError
        Collinear covariates.
    NoOverlapError
        Covariates that (nearly) predict treatment.
    """
    _refuse_collinear(covariates, weights)
    slopes = np.zeros(covariates.shape[1])
    for _ in range(60):
        p = 1.0 / (1.0 + np.exp(-np.clip(covariates @ slopes, -500, 500)))
        hessian = (covariates * (weights * p * (1 - p))[:, None]).T @ covariates
        score = covariates.T @ (weights * (treated - p))
        try:
            step = np.linalg.solve(hessian, score)
        except np.linalg.LinAlgError:
            raise NoOverlapError(
                "the covariates predict treatment: no overlap", np.flatnonzero(p >= OVERLAP)
            ) from None
        slopes = slopes + step
        if np.abs(step).max() <= 1e-10 * (1 + np.abs(slopes).max()):
            break
    else:
        raise NoOverlapError("the covariates predict treatment: no overlap", np.flatnonzero(p >= OVERLAP))
    p = 1.0 / (1.0 + np.exp(-np.clip(covariates @ slopes, -500, 500)))
    if p.max() >= OVERLAP:
        message = f"a fitted propensity of {p.max():.4f}: the covariates nearly predict treatment, no overlap"
        raise NoOverlapError(message, np.flatnonzero(p >= OVERLAP))
    p = np.minimum(p, 1 - 1e-6)
    hessian = (covariates * (weights * p * (1 - p))[:, None]).T @ covariates
    influence = (covariates * (weights * (treated - p))[:, None]) @ np.linalg.inv(hessian)
    odds = np.where((treated == 0) & (p >= TRIM), 0.0, p / (1 - p))
    return Propensity(odds, influence)


def _refuse_collinear(covariates: FloatArray, weights: FloatArray) -> None:
    gram = (covariates * weights[:, None]).T @ covariates
    scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    if np.linalg.cond(gram / np.outer(scale, scale)) > COLLINEAR:
        raise EstimationError("a covariate is constant, or the covariates are collinear")


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """Least squares on some of the rows, evaluated on all.

    Attributes
    ----------
    fitted : FloatArray, shape (n,)
    influence : FloatArray, shape (n, n_covariates)
        Sum-scaled influence on the coefficients.
    """

    fitted: FloatArray
    influence: FloatArray


def regression(outcome: FloatArray, covariates: FloatArray, weights: FloatArray) -> Regression:
    """Fit weighted least squares; rows of zero weight do not enter.

    Raises
    ------
    EstimationError
        Too few comparison rows for the covariates, or collinear ones.
    """
    gram = (covariates * weights[:, None]).T @ covariates
    scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    if np.linalg.cond(gram / np.outer(scale, scale)) > COLLINEAR:
        raise EstimationError(
            "the covariates are collinear among the comparison units, or there are too few of these"
        )
    inverse = np.linalg.inv(gram)
    slopes = inverse @ (covariates.T @ (weights * outcome))
    fitted = covariates @ slopes
    return Regression(fitted, (covariates * (weights * (outcome - fitted))[:, None]) @ inverse)


def ratio(numerator: FloatArray, denominator: FloatArray) -> tuple[float, FloatArray]:
    """Return the ratio of two sums and its sum-scaled influence."""
    total = denominator.sum()
    value = float(numerator.sum() / total)
    return value, (numerator - value * denominator) / total


def change_effect(
    change: FloatArray,
    treated: FloatArray,
    covariates: FloatArray,
    weights: FloatArray,
    method: Method,
    fitted_propensity: Propensity | None = None,
) -> TwoPeriodEffect:
    """Return the effect on the treated from each unit's change between two periods.

    Sant'Anna and Zhao (2020): outcome regression, Hajek-type inverse-probability weights, or both ("traditional"
    doubly robust with a logit and least squares).

    Parameters
    ----------
    change : FloatArray, shape (n,)
    treated : FloatArray, shape (n,)
    covariates : FloatArray, shape (n, n_covariates)
        With a constant.
    weights : FloatArray, shape (n,)
    method : {"regression", "ipw", "doubly_robust"}
    fitted_propensity : Propensity, optional
        When already fitted on the same rows.

    Raises
    ------
    EstimationError
        No overlap, or collinear covariates.
    """
    influence = np.zeros(change.size)
    outcome = change
    model: Regression | None = None
    if method != "ipw":
        model = regression(change, covariates, weights * (1 - treated))
        outcome = change - model.fitted
    on_treated = weights * treated
    mean_treated, part = ratio(on_treated * outcome, on_treated)
    influence += part
    effect = mean_treated
    gradient = -(on_treated @ covariates) / on_treated.sum()
    if method != "regression":
        p = fitted_propensity or propensity(treated, covariates, weights)
        on_comparison = weights * (1 - treated) * p.odds
        mean_comparison, part = ratio(on_comparison * outcome, on_comparison)
        effect -= mean_comparison
        influence -= part
        slope = (on_comparison * (outcome - mean_comparison)) @ covariates / on_comparison.sum()
        influence -= p.influence @ slope
        gradient = gradient + (on_comparison @ covariates) / on_comparison.sum()
    if model is not None:
        influence += model.influence @ gradient
    return TwoPeriodEffect(effect, influence)
