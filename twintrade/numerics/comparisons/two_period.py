"""Two groups, two periods: regression, inverse-probability and doubly robust effects with their influence."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray, IntArray

# Propensity to be treated: the logit of greatest likelihood, or the one whose odds balance the covariates.

TRIM = 0.995  # comparison units whose propensity reaches this are left out, as the authors' package does
COLLINEAR = 1e13  # condition number of the correlations of covariates from which on they count as collinear
OVERLAP = 0.999  # a fitted propensity from here on counts as no overlap
LONGEST = 4.0  # largest change of a row's log odds in one step


class NoOverlapError(EstimationError):
    """The covariates tell treated from comparison rows; ``rows`` are those without a counterpart."""

    def __init__(self, message: str, rows: IntArray) -> None:
        super().__init__(message, rows)
        self.rows = rows


@dataclass(frozen=True, slots=True, eq=False)
class Propensity:
    """Logit of being treated."""

    odds: FloatArray  # (n,): p / (1 - p), zero for trimmed comparison units
    influence: FloatArray  # (n, n_covariates): sum-scaled influence on the coefficients


def fit_propensity(treated: FloatArray, covariates: FloatArray, weights: FloatArray) -> Propensity:
    """Fit a logit of treatment on covariates, a constant among them, by Newton's method."""

    def gain(index: FloatArray) -> tuple[FloatArray, FloatArray]:
        p = 1.0 / (1.0 + np.exp(-index))
        return weights * (treated - p), weights * p * (1 - p)

    return _solved(treated, covariates, weights, gain, np.zeros(covariates.shape[1]))


def fit_tilted_propensity(treated: FloatArray, covariates: FloatArray, weights: FloatArray) -> Propensity:
    """Fit a logit whose odds give comparison units the covariate sums of the treated (Graham et al. 2012)."""

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
    gram = (covariates * weights[:, None]).T @ covariates
    scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    if np.linalg.cond(gram / np.outer(scale, scale)) > COLLINEAR:
        raise EstimationError("a covariate is constant, or the covariates are collinear")
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
        """Return effects on the treated from several changes, (n_changes, n), which their influence overwrites."""
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
    """Fit the propensity and prepare the outcome regression of two groups (Sant'Anna and Zhao 2020)."""
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
    weighting = None if inverse is None else fitting
    propensity = comparison, is_normalized, logit
    return Sides(covariates, treated_weights, *propensity, weighting, inverse, loading)


def estimate_change_effect(
    change: FloatArray, treated: FloatArray, covariates: FloatArray, weights: FloatArray, method: Method
) -> TwoPeriodEffect:
    """Return the effect on the treated from each unit's change, as ``prepare_sides`` with one change alone."""
    return prepare_sides(treated, covariates, weights, method).effect(change)


# Two groups, two repeated cross-sections: the same effects when nobody is observed twice.

Convention = Literal["exact", "drdid"]


def estimate_sections_effect(
    outcome: FloatArray,
    after: FloatArray,
    treated: FloatArray,
    covariates: FloatArray,
    weights: FloatArray,
    method: Method,
    convention: Convention = "exact",
) -> TwoPeriodEffect:
    """Return the effect on the treated from repeated cross-sections (Sant'Anna and Zhao 2020, locally efficient).

    ``convention``: R's DRDID 1.2 adds, where it should subtract, the estimation effect of the comparison's
    first-period regression ("drdid"); "exact" equals the infinitesimal jackknife. ``covariates``: with a constant.
    """
    total = _Sum(outcome.size)
    groups = {(d, t): weights * (treated == d) * (after == t) for d in (0, 1) for t in (0, 1)}
    models = (
        {k: fit_outcome_regression(outcome, covariates, groups[k]) for k in ((0, 0), (0, 1))}
        if method != "ipw"
        else {}
    )
    if method == "regression":
        on_treated = weights * treated
        for t, sign in ((1, 1.0), (0, -1.0)):
            total.add(sign, outcome, groups[1, t], covariates)
            total.add(-sign, models[0, t].fitted, on_treated, covariates, {1.0: models[0, t]})
        return total.effect()
    p = fit_propensity(treated, covariates, weights)
    for t, sign in ((1, 1.0), (0, -1.0)):
        model = models.get((0, t))
        residual = outcome if model is None else outcome - model.fitted
        slopes = {} if model is None else {1.0 if convention == "drdid" and t == 0 else -1.0: model}
        total.add(sign, residual, groups[1, t], covariates, slopes)
        total.add(-sign, residual, groups[0, t] * p.odds, covariates, slopes, p.influence)
        if model is None:
            continue
        treated_fit = fit_outcome_regression(outcome, covariates, groups[1, t])
        gap = treated_fit.fitted - model.fitted
        total.add(sign, gap, weights * treated, covariates, {1.0: treated_fit, -1.0: model})
        total.add(-sign, gap, groups[1, t], covariates, {1.0: treated_fit, -1.0: model})
    return total.effect()


class _Sum:
    """A signed sum of weighted means and its influence."""

    def __init__(self, n: int) -> None:
        self.value = 0.0
        self.influence = np.zeros(n)

    def add(
        self,
        sign: float,
        values: FloatArray,
        weights: FloatArray,
        covariates: FloatArray,
        models: dict[float, SubsetRegression] | None = None,
        odds_influence: FloatArray | None = None,
    ) -> None:
        """Add the weighted mean of values that contain the fitted values of ``models``, times their signs."""
        total = weights.sum()
        mean = float((weights * values).sum() / total)
        self.value += sign * mean
        self.influence += sign * ((weights * values - mean * weights) / total)
        average = weights @ covariates / total
        for factor, model in (models or {}).items():
            self.influence += sign * factor * (model.influence @ average)
        if odds_influence is not None:
            slope = (weights * (values - mean)) @ covariates / total
            self.influence += sign * (odds_influence @ slope)

    def effect(self) -> TwoPeriodEffect:
        return TwoPeriodEffect(self.value, self.influence)
