"""Weighted least squares after absorbing fixed effects, with collinear regressors named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.absorb import Absorber, build_absorber
from twintrade.numerics.absorption.annihilators import N_PROBES, PROBE_SEED, ZERO
from twintrade.numerics.absorption.levels import Levels, label_components
from twintrade.numerics.absorption.projection import expand
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group
from twintrade.text import Listed, Text, Words

# Norms, products and coefficients of tall columns, taken block by block.

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
        squares += np.einsum("ij,ij->j", block if weights is None else block * weights[rows, None], block)
    return np.sqrt(np.maximum(squares, 0.0))


def compute_products(left: FloatArray, right: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Left'W right of tall arrays, block by block; few columns without BLAS, whose threads would wait."""
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
    """Return how y becomes coefficients, and the inverse Gram matrix; near-collinear columns by triangles."""
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


COLLINEAR = 1e-9
SUSPICIOUS = 1e-6
ROUNDING = 16 * float(np.finfo(np.float64).eps)
LARGEST_LOADING = 1e4  # of columns of unit norm: beyond it the Gram matrix does not say what explains a column


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
    residuals: FloatArray  # (n,)
    bread: FloatArray  # (k, k) inverse of x_tilde'W x_tilde
    collinear: tuple[Collinear, ...]  # the columns left out and what they are collinear with
    within_r2: float  # share of the weighted variation left by the effects that the regressors explain


def fit_least_squares(
    y: FloatArray, X: FloatArray, effects: Absorber, names: Sequence[Words] | None = None
) -> LeastSquares:
    """Regress y on X (n, k) and effects under their weights; ``names`` are for messages."""
    check_outcome(y, X, effects.n_rows)
    tilde = effects.project_each([y, *X.T]).residuals
    return regress_residuals(tilde, compute_column_norms(X, effects.weights), effects.weights, names)


def regress_residuals(
    tilde: FloatArray, norms: FloatArray, weights: FloatArray | None = None, names: Sequence[Words] | None = None
) -> LeastSquares:
    """Regress the first column of ``tilde`` (n, 1 + k), net of effects, on the others; ``norms``: before that."""
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
    return LeastSquares(coefficients, kept, x_tilde, residuals, bread, collinear, within_r2)


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
    x_tilde: FloatArray, norms: FloatArray, weights: FloatArray | None = None, names: Sequence[Words] | None = None
) -> tuple[IntArray, tuple[Collinear, ...]]:
    """Keep columns whose norm net of those kept before exceeds 1e-9 of ``norms`` (k,), before absorption."""
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
        is_clear = not kept or (
            not _is_large(kept, j, loading, remaining)
            and gram[j, j] - gram[kept, j] @ loading > SUSPICIOUS * gram[j, j]
        )
        if not is_clear:
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


def _measure_on_rows(
    x_tilde: FloatArray, weights: FloatArray | None, kept: list[int], j: int, loading: FloatArray, norms: FloatArray
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


# Predicting cells outside the fitting rows: which are identified, and with which weights the rows enter.
#
# Whether dummies d of a cell lie in the row space of the fitting rows' dummies D is decided without forming either.
# For coefficients a drawn at random, a less any solution of D b = D a lies in the null space of D and is generic
# there, so that d'(a - b) = 0 for a few draws holds exactly for identified cells, with probability one. A row has
# leverage one exactly if the residual of generic columns is zero in it. The draws are fixed, so that results repeat.


def find_identified(codes_fit: Sequence[IntArray], codes_new: Sequence[IntArray]) -> BoolArray:
    """Say for each new cell (m,) whether fitting rows determine its sum of effects, by components or null space."""
    effects = build_absorber(codes_fit)
    known = find_present(effects.levels, codes_new)
    cells = [np.asarray(code)[known] for code in codes_new]
    if len(codes_fit) == 1 or not known.any():
        return known
    if len(codes_fit) == 2:
        known[known] = _same_component(effects.levels, cells)
        return known
    known[known] = np.abs(draw_null_probes(effects, cells, N_PROBES)).max(axis=1) < ZERO
    return known


def find_present(known: Levels, codes_new: Sequence[IntArray]) -> BoolArray:
    """Say for each new cell whether all its levels occur in the fitting rows, (m,)."""
    out = np.ones(np.asarray(codes_new[0]).size, dtype=np.bool_)
    for label, code in zip(known.labels, codes_new, strict=True):
        out &= np.isin(code, label)
    return out


def _same_component(known: Levels, cells: Sequence[IntArray]) -> BoolArray:
    component = label_components(*known.codes)
    of_level = []
    for code, size, label, cell in zip(known.codes, known.sizes, known.labels, cells, strict=True):
        table = np.empty(size, dtype=np.int64)
        table[code] = component
        of_level.append(table[np.searchsorted(label, cell)])
    return np.asarray(of_level[0] == of_level[1], dtype=np.bool_)


def draw_null_probes(
    effects: Absorber, cells: Sequence[IntArray], n_probes: int, tolerance: float = 1e-12
) -> FloatArray:
    """Values on cells (m, n_probes) of generic null-space coefficients; codes must all occur in the rows."""
    generator = np.random.default_rng(PROBE_SEED)
    known = effects.levels
    drawn = [generator.standard_normal((size, n_probes)) for size in known.sizes]
    solved = effects.project(expand(known.codes, drawn), tolerance).coefficients
    places = [np.searchsorted(label, cell) for label, cell in zip(known.labels, cells, strict=True)]
    return expand(places, [first - second for first, second in zip(drawn, solved, strict=True)])


def find_leverage_one(codes: Sequence[IntArray]) -> BoolArray:
    """Mark rows whose removal would leave some effect unidentified (leverage of one), (n,)."""
    effects = build_absorber(codes)
    columns = np.random.default_rng(PROBE_SEED).standard_normal((effects.n_rows, N_PROBES))
    return np.asarray(np.abs(effects.residualize(columns)).max(axis=1) < ZERO, dtype=np.bool_)


def find_resting(
    codes_fit: Sequence[IntArray], codes_new: Sequence[IntArray], alone: BoolArray
) -> tuple[BoolArray, BoolArray]:
    """Say which predictions rest on rows of leverage one, ``alone``: those that these leave or do not identify."""
    none = np.zeros(alone.size, dtype=np.bool_)
    if not alone.any():
        return np.zeros(np.asarray(codes_new[0]).size, dtype=np.bool_), none
    resting = find_identified(codes_fit, codes_new)
    if not alone.all():
        others = [np.asarray(c)[~alone] for c in codes_fit]
        resting[resting] = ~find_identified(others, [np.asarray(c)[resting] for c in codes_new])
    if not resting.any():
        return resting, none
    generic = np.random.default_rng(PROBE_SEED).standard_normal((int(resting.sum()), N_PROBES))
    weight = compute_projection_weights(codes_fit, [np.asarray(c)[resting] for c in codes_new], generic)
    return resting, np.asarray(alone & (np.abs(weight).max(axis=1) > ZERO), dtype=np.bool_)


def compute_projection_weights(
    codes_fit: Sequence[IntArray],
    codes_new: Sequence[IntArray],
    v: FloatArray,
    X_fit: FloatArray | None = None,
    X_new: FloatArray | None = None,
    weights: FloatArray | None = None,
) -> FloatArray:
    """Return fitting rows' weights (n, k) in sums of predictions, ω = W Z (Z'WZ)^- Z_new'v (Borusyak et al. 2024)."""
    effects = build_absorber(codes_fit, weights)
    known = effects.levels
    if v.size == 0:
        raise EstimationError("No cell is to be predicted: the window holds no treated row. Widen it.")
    used = np.abs(v).max(axis=1) > 0
    if not bool(find_present(known, [np.asarray(code)[used] for code in codes_new]).all()):
        raise EstimationError("Some predicted cells have a level that no fitting row has. Leave those cells out.")
    sums = [
        sum_by_group(v[used], np.searchsorted(label, np.asarray(code)[used]), size)
        for label, code, size in zip(known.labels, codes_new, known.sizes, strict=True)
    ]
    omega = expand(known.codes, effects.solve(sums))
    scale = effects.row_weights
    omega *= scale[:, None]
    if X_fit is None or X_new is None or X_fit.shape[1] == 0:
        return omega
    x_tilde = effects.residualize(X_fit)
    kept, _ = find_independent_columns(x_tilde, compute_column_norms(X_fit, effects.weights), effects.weights)
    bread = regress(np.zeros(known.n_rows), x_tilde[:, kept], effects.weights)[1]
    left = X_new[:, kept].T @ v - X_fit[:, kept].T @ omega
    return np.asarray(omega + scale[:, None] * (x_tilde[:, kept] @ (bread @ left)), dtype=np.float64)
