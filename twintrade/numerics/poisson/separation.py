"""Rows that a Poisson fit predicts perfectly at zero (Correia, Guimarães and Zylkin 2019), found completely.

A row with outcome zero is separated if some combination of regressors and effects is zero wherever the outcome is
positive, nowhere negative where it is zero, and positive there. Levels without any positive outcome go first. What is
left can only be separated along directions that the rows with positive outcomes leave free; these are found as in
`prediction`. Usually there are none and the search ends. Otherwise a linear program over them decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy

from twintrade.errors import EstimationError
from twintrade.numerics.absorption.absorb import Absorber, build_absorber
from twintrade.numerics.absorption.annihilators import PROBE_SEED
from twintrade.numerics.absorption.projection import expand
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.linear.regression import compute_column_norms, draw_null_probes, find_independent_columns

FREE = 1e-6
SCREEN = 1e-9
FIRST_PROBES = 2
LARGEST_LOADING = 1e5
MOST_PROBES = 32

Cause = Literal["all-zero level", "weight of zero", "prediction"]


@dataclass(frozen=True, slots=True)
class Separated:
    """Positions of rows that were dropped, (m,), and why; ``effect`` is the place of the effect whose level it is."""

    rows: IntArray
    cause: Cause
    effect: int = -1


@dataclass(frozen=True, slots=True)
class _SeparatingDirections:
    """Zeros (n_zeros,) that free directions touch, the directions on those (m, d), and whether these are all."""

    touched: BoolArray
    basis: FloatArray
    is_complete: bool


def drop_all_zero_levels(
    y: FloatArray, codes: Sequence[IntArray], kept: BoolArray
) -> tuple[BoolArray, list[Separated]]:
    """Drop rows of levels without any positive outcome among the rows kept so far."""
    outcome = y if bool(kept.all()) else y * kept
    kept = kept.copy()
    dropped = []
    for place, code in enumerate(codes):
        # rows that go are zeros, so that no other level's sum changes and one look at each effect is enough
        sums = np.bincount(code, outcome)
        if bool((sums > 0).all()):
            continue
        empty = (sums <= 0)[code]
        empty &= kept
        if empty.any():
            dropped.append(Separated(np.flatnonzero(empty), "all-zero level", place))
            kept &= ~empty
    return kept, dropped


def find_separated(y: FloatArray, X: FloatArray, effects: Absorber, kept: BoolArray) -> tuple[BoolArray, bool]:
    """Find zeros (n,) that regressors and effects separate, and whether regressors are independent without zeros."""
    positive = y > 0
    positive &= kept
    zeros = np.flatnonzero(kept & ~positive)
    none = np.zeros(y.size, dtype=np.bool_)
    codes = effects.levels.codes
    if effects.cube is not None:
        # conjugate gradients on all rows say at once that nothing is separated; anything else is looked at closely
        among = effects.reweighted(positive.astype(np.float64))
        if _null_combinations(among, X, positive).shape[1] == 0 and not _touches(among, zeros):
            return none, True
    absorber = build_absorber([code[positive] for code in codes], is_cube_sought=False)
    null = _null_combinations(absorber, X[positive], None)
    full_rank = null.shape[1] == 0
    if zeros.size == 0:
        return none, full_rank
    if not full_rank:
        # what the effects absorb among all rows separates nothing, and its rounding must not pass for a direction
        own_weights = kept.astype(np.float64)
        tilde = effects.reweighted(own_weights).residualize(X)
        X = X[:, find_independent_columns(tilde, compute_column_norms(X, own_weights), own_weights)[0]]
        null = _null_combinations(absorber, X[positive], None)
    free = _free_regressors(absorber, X, null, positive, zeros, codes)
    directions = _free_directions(absorber, codes, zeros, free)
    if directions.touched.any():
        touched = zeros[directions.touched]
        support = _in_basis(directions.basis) if directions.is_complete else _in_levels(X, codes, positive, touched)
        none[touched[support]] = True
    return none, full_rank


def _touches(among: Absorber, zeros: IntArray) -> bool:
    """Say whether rows leave a generic sum of effects open on some zeros: residuals vanish where it is determined."""
    generator = np.random.default_rng(PROBE_SEED)
    drawn = [generator.standard_normal((size, 1)) for size in among.levels.sizes]
    left = among.project(expand(among.levels.codes, drawn), SCREEN, is_spare=True).residuals[:, 0]
    return bool((np.abs(left[zeros]) > FREE).any())


def _null_combinations(effects: Absorber, X: FloatArray, among: BoolArray | None) -> FloatArray:
    """Combinations (k, m) of unit-norm columns that effects explain among rows, loosely projected, then tightly."""
    k = X.shape[1]
    if k == 0:
        return np.empty((0, 0))
    norms = compute_column_norms(X, effects.weights)
    scale = np.where(norms > 0, 1.0 / np.where(norms > 0, norms, 1.0), 1.0)
    for tolerance, negligible in ((1e-3, 1e-2), (1e-11, 1e-9)):
        left = effects.residualize(X, tolerance)
        triangle = np.linalg.qr((left if among is None else left[among]) * scale, mode="r")
        _, values, vectors = np.linalg.svd(triangle, full_matrices=True)
        spectrum = np.concatenate([values, np.zeros(k - values.size)])
        if spectrum.min() > negligible:
            return np.empty((k, 0))
    return np.ascontiguousarray(scale[:, None] * vectors[spectrum <= negligible].T)


def _free_regressors(
    effects: Absorber,
    X: FloatArray,
    null: FloatArray,
    positive: BoolArray,
    zeros: IntArray,
    codes: Sequence[IntArray],
) -> FloatArray:
    """Values on the zeros (n_zeros, m) of combinations that, with suitable effects, vanish on positive outcomes."""
    if null.shape[1] == 0:
        return np.empty((zeros.size, 0))
    direction = X @ null
    out = direction[zeros].copy()
    for m in range(null.shape[1]):
        coefficients = effects.effect_coefficients(direction[positive, m])
        for code, values in zip(codes, coefficients, strict=True):
            out[:, m] -= values[code[zeros]]
    scale: FloatArray = np.maximum(np.abs(direction).max(axis=0), 1e-300)
    return out / scale


def _free_directions(
    effects: Absorber, codes: Sequence[IntArray], zeros: IntArray, free: FloatArray
) -> _SeparatingDirections:
    """Probe what the positive outcomes leave undetermined on the zeros, with more probes until they span it."""
    cells = [code[zeros] for code in codes]
    n_probes = FIRST_PROBES
    while True:
        probed = draw_null_probes(effects, cells, n_probes, tolerance=1e-10)
        values = np.hstack([free, probed])
        values[np.abs(values) < FREE] = 0.0
        touched = np.asarray(values.any(axis=1), dtype=np.bool_)
        if not touched.any():
            return _SeparatingDirections(touched, np.empty((0, 0)), is_complete=True)
        left, spectrum, _ = np.linalg.svd(values[touched], full_matrices=False)
        rank = int((spectrum > 1e-7 * spectrum[0]).sum())
        if np.linalg.matrix_rank(values[touched][:, free.shape[1] :], tol=1e-7 * spectrum[0]) < n_probes:
            return _SeparatingDirections(touched, left[:, :rank], is_complete=True)
        if n_probes >= MOST_PROBES:
            return _SeparatingDirections(touched, left, is_complete=False)
        n_probes *= 4


def _in_basis(basis: FloatArray) -> BoolArray:
    """Largest support (m,) of a non-negative combination of the columns; proportional rows are grouped."""
    norms = np.abs(basis).max(axis=1)
    scaled = basis / np.maximum(norms, 1e-300)[:, None]
    # grouped by rounded values, but exact values enter: opposite rows must stay opposite
    _, first, back, counts = np.unique(
        scaled.round(8), axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    bounds = [(-LARGEST_LOADING, LARGEST_LOADING)] * basis.shape[1]
    return _largest_support(scipy.sparse.csr_array(scaled[first]), None, counts.astype(np.float64), bounds)[
        back.ravel()
    ]


def _in_levels(X: FloatArray, codes: Sequence[IntArray], positive: BoolArray, zeros: IntArray) -> BoolArray:
    """The same over all effects and regressors, zero on every positive outcome: where too much is undetermined."""
    scaled = X / np.maximum(np.abs(X).max(axis=0, initial=0.0), 1e-300)
    blocks = [scipy.sparse.csr_array((np.ones(code.size), code, np.arange(code.size + 1))) for code in codes]
    design = scipy.sparse.hstack([*blocks, scipy.sparse.csr_array(scaled)], format="csr")
    bounds: list[tuple[float | None, float | None]] = [(None, None)] * (design.shape[1] - X.shape[1])
    bounds += [(-LARGEST_LOADING, LARGEST_LOADING)] * X.shape[1]
    rows = np.flatnonzero(positive)
    return _largest_support(design[zeros], design[rows], np.ones(zeros.size), bounds)


def _largest_support(
    values: scipy.sparse.csr_array,
    zero: scipy.sparse.csr_array | None,
    counts: FloatArray,
    bounds: Sequence[tuple[float | None, float | None]],
) -> BoolArray:
    """Rows that some c with zero·c = 0 and values·c ≥ 0 makes positive: max Σu, 0 ≤ u ≤ 1, u ≤ values·c."""
    m, d = values.shape
    constraints: Any = scipy.sparse.hstack([-values, scipy.sparse.eye_array(m)], format="csr")
    equations: Any = (
        None
        if zero is None
        else scipy.sparse.hstack([zero, scipy.sparse.csr_array((zero.shape[0], m))], format="csr")
    )
    solution = scipy.optimize.linprog(
        np.concatenate([np.zeros(d), -counts]),
        A_ub=constraints,
        b_ub=np.zeros(m),
        A_eq=equations,
        b_eq=None if zero is None else np.zeros(zero.shape[0]),
        bounds=[*bounds, *[(0.0, 1.0)] * m],
        method="highs" if zero is None else "highs-ipm",
    )
    if solution.status != 0 or solution.x is None:
        raise EstimationError(f"The linear program that finds separated rows failed: {solution.message}")
    return np.asarray(solution.x[d:] > 0.5, dtype=np.bool_)
