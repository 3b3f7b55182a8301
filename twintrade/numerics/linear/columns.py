"""Norms, products and coefficients of tall columns, taken block by block."""

from collections.abc import Callable

import numpy as np

from twintrade.numerics.arrays import FloatArray

FEW_PRODUCTS = 16
ROWS_AT_ONCE = 1 << 14
LARGEST_INFLATION = 1e8
"""Variance inflation of a column up to which the Gram matrix, which squares the condition number, serves."""


def compute_column_norms(columns: FloatArray, weights: FloatArray | None) -> FloatArray:
    """Return the weighted Euclidean norm of each column, (k,)."""
    squares = np.zeros(columns.shape[1])
    for low in range(0, columns.shape[0], ROWS_AT_ONCE):
        rows = slice(low, low + ROWS_AT_ONCE)
        block = columns[rows]
        weighted = block if weights is None else block * weights[rows, None]
        squares += np.einsum("ij,ij->j", weighted, block)
    return np.sqrt(np.maximum(squares, 0.0))


def compute_products(left: FloatArray, right: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Left'W right of two tall arrays, block by block, so that no array as long as they are is taken.

    Few columns go without BLAS, whose threads wait longer than they work there.
    """
    total = np.zeros((left.shape[1], right.shape[1]))
    is_small = left.shape[1] * right.shape[1] <= FEW_PRODUCTS
    for low in range(0, left.shape[0], ROWS_AT_ONCE):
        rows = slice(low, low + ROWS_AT_ONCE)
        ours = left[rows] if weights is None else left[rows] * weights[rows, None]
        if is_small:
            total += np.einsum("ij,ik->jk", np.asfortranarray(ours), np.asfortranarray(right[rows]))
        else:
            total += ours.T @ right[rows]
    return total


def combine_columns(columns: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Columns · coefficients, (n,), likewise."""
    if columns.shape[1] <= FEW_PRODUCTS:
        return np.asarray(np.einsum("ij,j->i", columns, coefficients), dtype=np.float64)
    return np.asarray(columns @ coefficients, dtype=np.float64)


def regress(y: FloatArray, X: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """Coefficients and inverse Gram matrix of independent columns."""
    solve, bread = factor_columns(X, weights)
    return solve(y), bread


def factor_columns(
    X: FloatArray, weights: FloatArray | None
) -> tuple[Callable[[FloatArray], FloatArray], FloatArray]:
    """Return how y becomes its coefficients, and the inverse Gram matrix; columns are scaled to unit norm first.

    Columns too close to each other for the Gram matrix are taken by orthogonal triangles.
    """
    if X.shape[1] == 0:
        return lambda y: np.zeros(0), np.zeros((0, 0))
    gram = compute_products(X, X, weights)
    scale = 1.0 / np.sqrt(np.diag(gram))
    try:
        inverse = np.linalg.inv(gram * scale[:, None] * scale)
    except np.linalg.LinAlgError:
        return _factor_by_triangles(X, weights, scale)
    inflation = np.diag(inverse)
    if not (inflation.min() > 0 and inflation.max() <= LARGEST_INFLATION):
        return _factor_by_triangles(X, weights, scale)
    bread = 0.5 * (inverse + inverse.T) * scale[:, None] * scale
    return lambda y: bread @ compute_products(X, y[:, None], weights)[:, 0], bread


def _factor_by_triangles(
    X: FloatArray, weights: FloatArray | None, scale: FloatArray
) -> tuple[Callable[[FloatArray], FloatArray], FloatArray]:
    root = np.ones(X.shape[0]) if weights is None else np.sqrt(weights)
    q, r = np.linalg.qr(X * scale * root[:, None])
    inverse = scale[:, None] * np.linalg.inv(r)
    return lambda y: inverse @ (q.T @ (root * y)), inverse @ inverse.T
