"""Two groups, two repeated cross-sections: the same effects when nobody is observed twice."""

from typing import Literal

import numpy as np

from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.comparisons.propensities import fit_propensity
from twintrade.numerics.comparisons.two_period import (
    Method,
    SubsetRegression,
    TwoPeriodEffect,
    compute_ratio,
    fit_outcome_regression,
)

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
    """Return the effect on the treated from repeated cross-sections.

    Sant'Anna and Zhao (2020); the doubly robust form is the locally efficient one, with outcome models for the
    treated as well.

    ``outcome``, ``after``, ``treated`` (n,): ``after`` and ``treated`` are 0 or 1; ``covariates`` (n, n_covariates):
    with a constant; ``weights`` (n,); ``convention``: R's DRDID 1.2 adds, where it should subtract, the estimation
    effect of the comparison's first-period regression (doubly robust form). "exact" equals the infinitesimal
    jackknife; "drdid" reproduces the package.
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
        mean, part = compute_ratio(weights * values, weights)
        self.value += sign * mean
        self.influence += sign * part
        average = weights @ covariates / weights.sum()
        for factor, model in (models or {}).items():
            self.influence += sign * factor * (model.influence @ average)
        if odds_influence is not None:
            slope = (weights * (values - mean)) @ covariates / weights.sum()
            self.influence += sign * (odds_influence @ slope)

    def effect(self) -> TwoPeriodEffect:
        return TwoPeriodEffect(self.value, self.influence)
