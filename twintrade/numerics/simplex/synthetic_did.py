"""Unit and period weights of synthetic difference-in-differences, with both special cases by pinned weights."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray
from twintrade.numerics.simplex.frank_wolfe import fit_frank_wolfe_weights
from twintrade.numerics.simplex.weights import fit_simplex_weights

Pinned = Literal["sdid", "sc", "did"]
Solver = Literal["exact", "published"]
NEARLY_NONE = 1e-6
"""Ridge where none is wanted, in noise levels: makes the weights unique (eta of the reference software)."""
LEAST_GAIN = 1e-5
"""Where the published solver stops, in noise levels."""


@dataclass(frozen=True, slots=True, eq=False)
class DidWeights:
    """Weights of one block of treated units that share an onset."""

    omega: FloatArray  # (n_donors,)
    lambda_: FloatArray  # (n_before,)
    zeta: float  # regularization of omega


def compute_noise_level(donors_before: FloatArray) -> float:
    """Return the standard deviation of the donors' first differences (Arkhangelsky et al. 2021, eq. 5)."""
    steps = np.diff(donors_before, axis=1)
    return float(steps.std(ddof=1)) if steps.size > 1 else 0.0


def compute_did_weights(
    treated: FloatArray,
    donors: FloatArray,
    before: BoolArray,
    after: BoolArray,
    *,
    n_treated: int = 1,
    kind: Pinned = "sdid",
    solver: Solver = "exact",
) -> DidWeights:
    """Return the weights of Algorithm 1, or those that make it synthetic control or difference-in-differences.

    ``treated`` (n_periods,): mean of the treated units; ``donors`` (n_donors, n_periods); ``before``, ``after``
    (n_periods,); ``kind``: "sc" fits without intercept and gives no weight to periods before; "did" weighs everything
    equally; ``solver``: the optimum, or the stopping point of the reference software (California: -15.605 against
    -15.604 for sdid, -19.51 against -19.62 for sc).
    """
    n_before, n_after = int(before.sum()), int(after.sum())
    level = compute_noise_level(donors[:, before])
    zeta = (n_treated * n_after) ** 0.25 * level
    if kind == "did":
        return DidWeights(np.full(donors.shape[0], 1.0 / donors.shape[0]), np.full(n_before, 1.0 / n_before), zeta)
    if kind == "sc":
        zeta = NEARLY_NONE * level
        omega = _solve(donors[:, before].T, treated[before], zeta, level, solver)
        return DidWeights(omega, np.zeros(n_before), zeta)
    omega = _solve(*_free_level(donors[:, before].T, treated[before]), zeta, level, solver)
    later = donors[:, after].mean(axis=1)
    lambda_ = _solve(*_free_level(donors[:, before], later), NEARLY_NONE * level, level, solver)
    return DidWeights(omega, lambda_, zeta)


def compute_did_gaps(treated: FloatArray, donors: FloatArray, before: BoolArray, weights: DidWeights) -> FloatArray:
    """Return the gap to the weighted donors less its lambda-weighted level before, shape (n_periods,)."""
    gaps = treated - weights.omega @ donors
    return np.asarray(gaps - weights.lambda_ @ gaps[before], dtype=np.float64)


def _free_level(columns: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return both sides less their mean over rows: the fit with an intercept."""
    return columns - columns.mean(axis=0), target - target.mean()


def _solve(columns: FloatArray, target: FloatArray, zeta: float, level: float, solver: Solver) -> FloatArray:
    if solver == "published" and level > 0:
        return fit_frank_wolfe_weights(columns, target, zeta, LEAST_GAIN * level)
    return fit_simplex_weights(columns, target, ridge=zeta**2 * columns.shape[0])
