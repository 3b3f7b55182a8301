"""The Poisson fit of all rows, from which fits without some of them start."""

from collections.abc import Sequence

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.absorb import build_absorber
from twintrade.numerics.absorption.annihilators import N_PROBES, ZERO
from twintrade.numerics.absorption.hats import build_hat, lay_out_effects
from twintrade.numerics.absorption.near_regressions import factor_effects
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.linear.prediction import draw_null_probes
from twintrade.numerics.poisson.fit import fit_poisson
from twintrade.numerics.poisson.large_panels import LargeFit
from twintrade.numerics.poisson.without_rows import WholeFit

HAT_LIMIT = 4e6
"""Rows times levels up to which steps from the projection written out cost less than those from a factor."""


def fit_all_rows(
    y: FloatArray, X: FloatArray, codes: Sequence[IntArray], weights: FloatArray | None
) -> WholeFit | LargeFit | None:
    """Fit all rows; None where rows cannot be left out cheaply of this fit.

    Parameters
    ----------
    y : FloatArray, shape (n_rows,)
    X : FloatArray, shape (n_rows, n_covariates)
    codes : sequence of IntArray, each of shape (n_rows,)
        The first effect is the one in whose levels rows will be left out.
    weights : FloatArray, shape (n_rows,), or None
    """
    if weights is not None and not (weights > 0).all():
        return None
    try:
        fit = fit_poisson(y, X, codes, weights)
    except EstimationError:
        return None
    rows = fit.rows
    codes, X, y = [code[rows] for code in codes], X[rows][:, fit.kept], y[rows]
    used_weights = np.ones(rows.size) if weights is None else weights[rows]
    scale = float(np.average(y, weights=used_weights))
    effects = lay_out_effects(codes)
    if effects is None:
        return None
    eta, means = fit.eta - np.log(scale), used_weights * (fit.mu / scale)
    if float(rows.size) * effects.n_others > HAT_LIMIT:
        return LargeFit(rows, y / scale, scale, eta, used_weights, factor_effects(codes, X, means))
    if _leaves_zeros_free(y, codes):
        return None
    positive = build_hat(effects, (y > 0).astype(np.float64))
    whole = WholeFit(
        rows=rows,
        y=y / scale,
        scale=scale,
        eta=eta,
        X=X,
        weights=used_weights,
        effects=effects,
        fitted=build_hat(effects, means),
        positive=positive,
        left=positive.residuals(X),
    )
    none = np.empty(0, dtype=np.int64)
    return whole if whole.determines(none, none, np.empty((0, 0))) else None


def _leaves_zeros_free(y: FloatArray, codes: Sequence[IntArray]) -> bool:
    """Say whether rows with a positive outcome leave some zero's sum of effects undetermined."""
    zeros, positive = y == 0, y > 0
    if not zeros.any():
        return False
    among = build_absorber([code[positive] for code in codes])
    return bool((np.abs(draw_null_probes(among, [code[zeros] for code in codes], N_PROBES)) > ZERO).any())
