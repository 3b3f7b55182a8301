"""Two groups, two periods: regression, inverse-probability and doubly robust effects with their influence."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.comparisons.propensities import COLLINEAR, fit_propensity, fit_tilted_propensity

Method = Literal["regression", "ipw", "ipw_unnormalized", "doubly_robust", "doubly_robust_improved"]
"""The improved form balances the covariates by the odds and weights the regression by them; without normalization
comparison weights add up to what the propensity gives, not to one."""

PANEL_ONLY: tuple[Method, ...] = ("ipw_unnormalized", "doubly_robust_improved")

UNITS_AT_ONCE = 4096
"""Units whose influence is made at a time, so that what lies between fits in a second-level cache."""


@dataclass(frozen=True, slots=True, eq=False)
class TwoPeriodEffect:
    """One effect on the treated."""

    effect: float
    influence: FloatArray  # (n,): sum-scaled: effect - truth is about its sum


@dataclass(frozen=True, slots=True, eq=False)
class TwoPeriodEffects:
    """Effects on the treated of several changes."""

    effects: FloatArray  # (n_changes,)
    influence: FloatArray  # (n_changes, n)


@dataclass(frozen=True, slots=True, eq=False)
class SubsetRegression:
    """Least squares on some of the rows, evaluated on all."""

    fitted: FloatArray  # (n,)
    influence: FloatArray  # (n, n_covariates): sum-scaled influence on the coefficients


def fit_outcome_regression(outcome: FloatArray, covariates: FloatArray, weights: FloatArray) -> SubsetRegression:
    """Fit weighted least squares; rows of zero weight do not enter."""
    inverse = _inverse_gram(covariates, weights)
    slopes = inverse @ (covariates.T @ (weights * outcome))
    fitted = covariates @ slopes
    return SubsetRegression(fitted, (covariates * (weights * (outcome - fitted))[:, None]) @ inverse)


def _inverse_gram(covariates: FloatArray, weights: FloatArray) -> FloatArray:
    gram = (covariates * weights[:, None]).T @ covariates
    scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    if np.linalg.cond(gram / np.outer(scale, scale)) > COLLINEAR:
        raise EstimationError(
            "the covariates are collinear among the comparison units, or there are too few of these"
        )
    return np.asarray(np.linalg.inv(gram), dtype=np.float64)


def compute_ratio(numerator: FloatArray, denominator: FloatArray) -> tuple[float, FloatArray]:
    """Return the ratio of two sums and its sum-scaled influence."""
    total = denominator.sum()
    value = float(numerator.sum() / total)
    return value, (numerator - value * denominator) / total


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Treated and comparison units with all that does not depend on the outcome."""

    covariates: FloatArray  # (n, n_covariates)
    treated: FloatArray  # (n,): weights of the treated mean, adding up to one
    comparison: FloatArray | None  # (n,): weights of the comparison mean; None without a propensity
    # Whether the comparison's weights are divided by their own sum, not by the sum of the treated
    is_normalized: bool
    logit: FloatArray | None  # (n, n_covariates): influence on the propensity's coefficients
    untreated: FloatArray | None  # (n,): weights of the outcome regression; None without one
    inverse: FloatArray | None  # (n_covariates, n_covariates): inverse Gram matrix of the outcome regression
    loading: FloatArray | None  # (n,): influence of a regression residual through the estimated slopes

    def effect(self, change: FloatArray) -> TwoPeriodEffect:
        """Return the effect on the treated from each unit's change between two periods, shape (n,)."""
        effects = self.effects(change[None].copy())
        return TwoPeriodEffect(float(effects.effects[0]), effects.influence[0])

    def effects(self, changes: FloatArray) -> TwoPeriodEffects:
        """Return the effects on the treated from several changes of each unit, shape (n_changes, n).

        The changes are overwritten by the influence.
        """
        x, n_slopes = self.covariates, self.covariates.shape[1]
        means = [self.treated] if self.comparison is None else [self.treated, self.comparison]
        # Every sum over units in one product; what the regression takes off follows from the slopes.
        parts = list(means)
        parts += [] if self.comparison is None else list((x * self.comparison[:, None]).T)
        parts += [] if self.untreated is None else list((x * self.untreated[:, None]).T)
        sums = changes @ np.stack(parts).T
        slopes = np.zeros((changes.shape[0], n_slopes))
        if self.inverse is not None:
            slopes = sums[:, -n_slopes:] @ self.inverse
        averages = sums[:, : len(means)] - slopes @ (x.T @ np.stack(means, axis=1))
        factor, common, shared = self.treated, [averages[:, 0]], [self.treated]
        if self.comparison is not None and self.logit is not None:
            weighted = x * self.comparison[:, None]
            gaps = sums[:, len(means) : len(means) + n_slopes] - slopes @ (x.T @ weighted)
            if self.is_normalized:
                gaps -= averages[:, 1:] * weighted.sum(axis=0)
            common += [-averages[:, 1], *gaps.T]
            shared += [self.comparison if self.is_normalized else self.treated, *self.logit.T]
            factor = factor - self.comparison
        if self.loading is not None:
            factor = factor + self.loading
        common += list(slopes.T)
        shared += list((x * factor[:, None]).T)
        loads, rows = np.column_stack(common), np.stack(shared)
        for start in range(0, changes.shape[1], UNITS_AT_ONCE):
            chosen = slice(start, start + UNITS_AT_ONCE)
            changes[:, chosen] *= factor[chosen]
            changes[:, chosen] -= loads @ rows[:, chosen]
        return TwoPeriodEffects(averages[:, 0] - averages[:, 1:].sum(axis=1), changes)


def prepare_sides(treated: FloatArray, covariates: FloatArray, weights: FloatArray, method: Method) -> Sides:
    """Fit the propensity and prepare the outcome regression of two groups, for any number of changes.

    Sant'Anna and Zhao (2020): outcome regression; inverse-probability weights, normalized (Hajek) or not (Horvitz and
    Thompson, Abadie 2005); or both, by a logit and least squares ("traditional") or in their improved form.

    ``treated`` (n,); ``covariates`` (n, n_covariates): with a constant; ``weights`` (n,).
    """
    untreated = weights * (1 - treated)
    treated_weights = weights * treated
    n_treated, is_normalized = treated_weights.sum(), method != "ipw_unnormalized"
    treated_weights /= n_treated
    gradient = -(treated_weights @ covariates)
    inverse = comparison = logit = loading = None
    if method != "regression":
        fit = fit_tilted_propensity if method == "doubly_robust_improved" else fit_propensity
        fitted = fit(treated, covariates, weights)
        comparison, logit = untreated * fitted.odds, fitted.influence
        comparison /= comparison.sum() if is_normalized else n_treated
        gradient = gradient + comparison @ covariates
    fitting = comparison if comparison is not None and method == "doubly_robust_improved" else untreated
    if method not in ("ipw", "ipw_unnormalized"):
        inverse = _inverse_gram(covariates, fitting)
        loading = fitting * (covariates @ (inverse @ gradient))
    return Sides(
        covariates,
        treated_weights,
        comparison,
        is_normalized,
        logit,
        None if inverse is None else fitting,
        inverse,
        loading,
    )


def estimate_change_effect(
    change: FloatArray, treated: FloatArray, covariates: FloatArray, weights: FloatArray, method: Method
) -> TwoPeriodEffect:
    """Return the effect on the treated from each unit's change, as ``prepare_sides`` with one change alone."""
    return prepare_sides(treated, covariates, weights, method).effect(change)
