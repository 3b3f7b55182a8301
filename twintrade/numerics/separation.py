"""Rows that a Poisson fit predicts perfectly at zero (Correia, Guimarães and Zylkin 2019), found completely.

A row with outcome zero is separated if some combination of regressors and effects is zero wherever the outcome is
positive, nowhere negative where it is zero, and positive there. Levels without any positive outcome go first. What is
left can only be separated along directions that the rows with positive outcomes leave free; these are found as in
`prediction`. Usually there are none and the search ends. Otherwise a linear program over them decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from twintrade.errors import EstimationError
from twintrade.numerics.absorb import Absorber, absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.least_squares import column_norms
from twintrade.numerics.prediction import null_probes

FREE = 1e-6
FIRST_PROBES = 2
MOST_PROBES = 512


@dataclass(frozen=True, slots=True)
class Separated:
    """Positions of rows that were dropped, (m,), and why."""

    rows: IntArray
    reason: str


def all_zero_levels(y: FloatArray, codes: Sequence[IntArray], kept: BoolArray) -> tuple[BoolArray, list[Separated]]:
    """Drop rows of levels without any positive outcome, again and again until none is left."""
    kept = kept.copy()
    dropped: list[list[IntArray]] = [[] for _ in codes]
    changed = True
    while changed:
        changed = False
        for place, code in enumerate(codes):
            empty = np.bincount(code, y * kept)[code] <= 0
            empty &= kept
            if empty.any():
                dropped[place].append(np.flatnonzero(empty))
                kept &= ~empty
                changed = True
    found = [
        Separated(np.sort(np.concatenate(rows)), f"all-zero level of effect {place}")
        for place, rows in enumerate(dropped)
        if rows
    ]
    return kept, found


def separated_by_regressors(y: FloatArray, X: FloatArray, codes: Sequence[IntArray]) -> tuple[BoolArray, bool]:
    """Find the zeros that regressors and effects separate, given that every level has a positive outcome.

    Returns
    -------
    separated : BoolArray
        (n,).
    full_rank : bool
        Whether the regressors are independent of the effects and of each other among the positive outcomes alone;
        then they are so among all rows.
    """
    positive = y > 0
    zeros = np.flatnonzero(~positive)
    none = np.zeros(y.size, dtype=np.bool_)
    effects = absorber([code[positive] for code in codes])
    tilde = effects.project(X[positive], tolerance=1e-11) if X.shape[1] else None
    residuals = np.empty((int(positive.sum()), 0)) if tilde is None else tilde.residuals
    null = _null_combinations(residuals, column_norms(X[positive], None))
    if zeros.size == 0:
        return none, null.shape[1] == 0
    cells = [code[zeros] for code in codes]
    free = _free_regressors(effects, X, null, positive, zeros, codes)
    values = _free_directions(effects, cells, free)
    if values.shape[1]:
        none[zeros[_largest_support(values)]] = True
    return none, null.shape[1] == 0


def _null_combinations(residuals: FloatArray, norms: FloatArray) -> FloatArray:
    """Combinations (k, m) of the columns, scaled to unit norm before absorption, that the effects explain."""
    k = residuals.shape[1]
    if k == 0:
        return np.empty((0, 0))
    scale = np.where(norms > 0, 1.0 / np.where(norms > 0, norms, 1.0), 1.0)
    triangle = np.linalg.qr(residuals * scale, mode="r")
    _, values, vectors = np.linalg.svd(triangle, full_matrices=True)
    spectrum = np.concatenate([values, np.zeros(k - values.size)])
    return np.ascontiguousarray(scale[:, None] * vectors[spectrum <= 1e-9].T)


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
        found = effects.effect_coefficients(direction[positive, m])
        for code, values in zip(codes, found, strict=True):
            out[:, m] -= values[code[zeros]]
    scale: FloatArray = np.maximum(np.abs(direction).max(axis=0), 1e-300)
    return out / scale


def _free_directions(effects: Absorber, cells: Sequence[IntArray], free: FloatArray) -> FloatArray:
    """A basis (n_zeros, d), by rows of zeros, of everything that the positive outcomes leave undetermined there."""
    n_probes = FIRST_PROBES
    while True:
        probed = null_probes(effects, cells, n_probes)
        values = np.hstack([free, probed])
        values[np.abs(values) < FREE] = 0.0
        touched = values.any(axis=1)
        if not touched.any():
            return np.empty((free.shape[0], 0))
        left, spectrum, _ = np.linalg.svd(values[touched], full_matrices=False)
        rank = int((spectrum > 1e-7 * spectrum[0]).sum())
        if rank < values.shape[1] or not probed.any():
            basis = np.zeros((values.shape[0], rank))
            basis[touched] = left[:, :rank] * spectrum[:rank]
            return basis
        if n_probes >= MOST_PROBES:
            raise EstimationError(
                f"More than {MOST_PROBES} combinations of effects are undetermined by the positive outcomes: the "
                "flows are too sparse for these fixed effects. Keep the largest connected component, or use coarser "
                "effects."
            )
        n_probes *= 4


def _largest_support(values: FloatArray) -> BoolArray:
    """Rows that some combination with no negative row makes positive: max Σu with 0 ≤ u ≤ 1 and u ≤ values·c.

    Feasible combinations form a cone, so that the optimum is one on the largest possible support and zero elsewhere.
    """
    norms = np.abs(values).max(axis=1)
    touched = np.flatnonzero(norms > 10 * FREE)
    out = np.zeros(values.shape[0], dtype=np.bool_)
    scaled = values[touched] / norms[touched, None]
    distinct, back, counts = np.unique(scaled.round(7), axis=0, return_inverse=True, return_counts=True)
    m, d = distinct.shape
    if m == 0:
        return out
    constraints: Any = sp.hstack([sp.csr_array(-distinct), sp.eye_array(m)], format="csr")
    found = linprog(
        np.concatenate([np.zeros(d), -counts.astype(np.float64)]),
        A_ub=constraints,
        b_ub=np.zeros(m),
        bounds=[(None, None)] * d + [(0.0, 1.0)] * m,
        method="highs",
    )
    if found.status != 0 or found.x is None:
        raise EstimationError(f"The linear program that finds separated rows failed: {found.message}")
    out[touched] = (found.x[d:] > 0.5)[back.ravel()]
    return out
