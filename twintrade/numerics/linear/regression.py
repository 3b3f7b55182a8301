"""Weighted least squares after absorbing fixed effects, with collinear regressors named."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.absorb import Absorber
from twintrade.numerics.arrays import FloatArray, IntArray
from twintrade.numerics.linear.columns import (
    ROWS_AT_ONCE,
    combine_columns,
    compute_column_norms,
    compute_products,
    factor_columns,
)
from twintrade.text import Listed, Text, Words

COLLINEAR = 1e-9
SUSPICIOUS = 1e-6
ROUNDING = 16 * float(np.finfo(np.float64).eps)
LARGEST_LOADING = 1e4
"""Of columns of unit norm: beyond it the Gram matrix does not say what explains a column."""


@dataclass(frozen=True, slots=True)
class Collinear:
    """A regressor that the rest explains."""

    column: int  # its position
    name: Words
    # The kept columns that, with the effects, reproduce it; empty if the fixed effects alone do
    columns: tuple[int, ...]
    explained_by: Words  # the fixed effects, or the names of those columns


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """A fitted linear model."""

    coefficients: FloatArray  # (k,) for the kept columns
    kept: IntArray  # (k,) positions of the kept columns
    x_tilde: FloatArray  # (n, k) kept regressors less what the effects explain
    # y_tilde, residuals: (n,)
    y_tilde: FloatArray
    residuals: FloatArray
    bread: FloatArray  # (k, k) inverse of x_tilde'W x_tilde
    collinear: tuple[Collinear, ...]  # the columns left out and what they are collinear with
    within_r2: float  # share of the weighted variation left by the effects that the regressors explain


def fit_least_squares(
    y: FloatArray,
    X: FloatArray,
    absorber: Absorber,
    weights: FloatArray | None = None,
    names: Sequence[Words] | None = None,
) -> LeastSquares:
    """Regress y on X and the effects of the absorber.

    ``y``: (n,); ``X``: (n, k); k may be zero; ``absorber``: the fixed effects; ``weights``: (n,) replace the
    absorber's own weights; ``names``: names of the columns, for `Collinear`.
    """
    check_outcome(y, X, absorber.n_rows)
    effects = absorber if weights is None else absorber.reweighted(weights)
    tilde = effects.project_each([y, *X.T]).residuals
    return regress_residuals(tilde, compute_column_norms(X, effects.weights), effects.weights, names)


def regress_residuals(
    tilde: FloatArray, norms: FloatArray, weights: FloatArray | None = None, names: Sequence[Words] | None = None
) -> LeastSquares:
    """Regress the first column on the others, all of them already net of the effects.

    ``tilde``: (n, 1 + k); ``norms``: (k,) norms of the regressors before the effects were taken out; ``weights``:
    (n,); ``names``: of the regressors, for `Collinear`.
    """
    y_tilde = tilde[:, 0]
    kept, collinear = find_independent_columns(tilde[:, 1:], norms, weights, names)
    x_tilde = tilde[:, 1:] if kept.size == norms.size else tilde[:, 1:][:, kept]
    solve, bread = factor_columns(x_tilde, weights)
    coefficients = solve(y_tilde)
    residuals = _left(y_tilde, x_tilde, coefficients, np.empty_like(y_tilde))
    # the Gram matrix squares the condition number; one step on the residuals takes that back
    more = solve(residuals)
    coefficients = coefficients + more
    residuals = _left(residuals, x_tilde, more, residuals)
    total, rest = (float(compute_column_norms(v[:, None], weights)[0] ** 2) for v in (y_tilde, residuals))
    within_r2 = 1.0 - rest / total if total > 0 else float("nan")
    return LeastSquares(coefficients, kept, x_tilde, y_tilde, residuals, bread, collinear, within_r2)


def _left(y: FloatArray, X: FloatArray, coefficients: FloatArray, out: FloatArray) -> FloatArray:
    """Y - X b, one block after another, into ``out``, which may be y."""
    for low in range(0, y.size, ROWS_AT_ONCE):
        rows = slice(low, low + ROWS_AT_ONCE)
        np.subtract(y[rows], combine_columns(X[rows], coefficients), out=out[rows])
    return out


def check_outcome(y: FloatArray, X: FloatArray, n: int) -> None:
    """Raise an EstimationError unless y is (n,), X is (n, k) and both are finite."""
    if y.shape != (n,) or X.ndim != 2 or X.shape[0] != n:
        raise EstimationError(f"Outcome {y.shape} and regressors {X.shape} do not match the {n} rows of the effects.")
    if not has_finite(y):
        bad = np.flatnonzero(~np.isfinite(y))
        raise EstimationError(
            f"The outcome is missing or infinite in {bad.size} rows (first: row {bad[0]}). Drop or repair them."
        )
    finite = [has_finite(X[:, j]) for j in range(X.shape[1])]
    if not all(finite):
        raise EstimationError(
            f"Regressor {finite.index(False)} is missing or infinite in some rows. Drop or repair them."
        )


def has_finite(values: FloatArray) -> bool:
    """Say whether all values are finite, from their extremes: no array as long as they are is taken."""
    if values.size == 0:
        return True
    return bool(np.isfinite(values.min()) and np.isfinite(values.max()))


def find_independent_columns(
    x_tilde: FloatArray,
    norms: FloatArray,
    weights: FloatArray | None = None,
    names: Sequence[Words] | None = None,
) -> tuple[IntArray, tuple[Collinear, ...]]:
    """Keep each column that the columns kept before it do not explain; earlier columns win.

    ``x_tilde``: (n, k) residuals on the effects; ``norms``: (k,) norms before absorption: a column whose remaining
    norm is at most 1e-9 of this is collinear.
    """
    labels = [f"x{j}" for j in range(x_tilde.shape[1])] if names is None else list(names)
    kept: list[int] = []
    collinear: list[Collinear] = []
    remaining = compute_column_norms(x_tilde, weights)
    gram = compute_products(x_tilde, x_tilde, weights)
    for j in range(x_tilde.shape[1]):
        if remaining[j] <= COLLINEAR * norms[j]:
            collinear.append(Collinear(j, labels[j], (), Text("numerics.fixed-effects")))
            continue
        loading = _loading(gram, kept, j, remaining)
        if kept and not _is_clear(gram, kept, j, loading, remaining):
            loading, left = _measure_on_rows(x_tilde, weights, kept, j, loading, remaining)
            noise = ROUNDING * float(np.linalg.norm(loading * norms[kept]))
            if left <= max(COLLINEAR * norms[j], noise):
                partners = tuple(
                    i for i, c in zip(kept, loading, strict=True) if abs(c) * remaining[i] > SUSPICIOUS * remaining[j]
                )
                collinear.append(
                    Collinear(j, labels[j], partners, Listed(tuple(labels[i] for i in partners), "comma"))
                )
                continue
        kept.append(j)
    return np.array(kept, dtype=np.int64), tuple(collinear)


def _loading(gram: FloatArray, kept: list[int], j: int, norms: FloatArray) -> FloatArray:
    """Coefficients of column j on the kept ones; infinite where the Gram matrix cannot be solved."""
    if not kept:
        return np.zeros(0)
    scale = 1.0 / norms[kept]
    inner = gram[np.ix_(kept, kept)] * scale[:, None] * scale
    try:
        return np.asarray(scale * np.linalg.solve(inner, scale * gram[kept, j]), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.full(len(kept), np.inf)


def _is_large(kept: list[int], j: int, loading: FloatArray, norms: FloatArray) -> bool:
    return bool((np.abs(loading) * norms[kept]).max() > LARGEST_LOADING * norms[j])


def _is_clear(gram: FloatArray, kept: list[int], j: int, loading: FloatArray, norms: FloatArray) -> bool:
    """Say whether the Gram matrix shows that much of column j is left."""
    if _is_large(kept, j, loading, norms):
        return False
    return bool(gram[j, j] - gram[kept, j] @ loading > SUSPICIOUS * gram[j, j])


def _measure_on_rows(
    x_tilde: FloatArray,
    weights: FloatArray | None,
    kept: list[int],
    j: int,
    loading: FloatArray,
    norms: FloatArray,
) -> tuple[FloatArray, float]:
    """Loading of column j on the kept ones, and the norm of what these leave, from the rows themselves."""
    others = x_tilde[:, kept]
    solve, _ = factor_columns(others, weights)
    if _is_large(kept, j, loading, norms):
        loading = solve(x_tilde[:, j])
    left = x_tilde[:, j] - others @ loading
    more = solve(left)
    left -= others @ more
    return loading + more, float(compute_column_norms(left[:, None], weights)[0])
