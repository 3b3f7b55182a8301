"""Predicting cells outside the fitting rows: which are identified, and with which weights the rows enter.

Whether dummies d of a cell lie in the row space of the fitting rows' dummies D is decided without forming either.
For coefficients a drawn at random, a less any solution of D b = D a lies in the null space of D and is generic there,
so that d'(a - b) = 0 for a few draws holds exactly for identified cells, with probability one. A row has leverage one
exactly if the residual of generic columns is zero in it. The draws are fixed, so that results repeat.
"""

from collections.abc import Sequence

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.absorb import Absorber, build_absorber
from twintrade.numerics.absorption.annihilators import N_PROBES, PROBE_SEED, ZERO
from twintrade.numerics.absorption.levels import Levels, label_components
from twintrade.numerics.absorption.projection import expand
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, sum_by_group
from twintrade.numerics.linear.columns import compute_column_norms, regress
from twintrade.numerics.linear.regression import find_independent_columns


def find_identified(codes_fit: Sequence[IntArray], codes_new: Sequence[IntArray]) -> BoolArray:
    """Say for each new cell whether the fitting rows determine its sum of effects.

    ``codes_fit``: (n,) per effect; ``codes_new``: (m,) per effect, in the same coding. Returns (m,). One and two
    effects by levels and connected components; more by the null-space test above.
    """
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
    """Values on cells (m, n_probes) of generic coefficients in the null space of the absorber's rows.

    Codes of the cells are the caller's and must all occur in the rows.
    """
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
    """Say which predictions rest on rows of leverage one, and on which of these rows some prediction rests.

    A prediction rests on such a row if the row has weight in it: exactly if the other rows do not identify it. With
    several such rows, those that all rows but these do not identify rest on at least one of them.

    ``codes_fit``, ``codes_new``: (n,) and (m,) per effect, in the same coding; ``alone``: (n,) rows of leverage one,
    all or some. Returns ``resting`` : (m,). A cell that the rows do not identify rests on none; ``carrying`` : (n,).
    """
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
    """Weights with which fitting rows enter weighted sums of predictions for new cells.

    ``codes_fit``, ``codes_new``: (n,) and (m,) per effect; ``v``: (m, k) weights of the predictions; ``X_fit``,
    ``X_new``: (n, p) and (m, p) covariates; those that the effects absorb among the fitting rows get the coefficient
    zero; ``weights``: (n,) of the least-squares fit. Returns (n, k) ω such that the sum over new cells of v times
    their prediction is ω'y for any outcome y of the fitting rows: ω = W Z (Z'WZ)^- Z_new'v for Z dummies and
    covariates (Borusyak, Jaravel and Spiess 2024).
    """
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
