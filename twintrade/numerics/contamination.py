"""What a regression on several policies mixes: the weights of all policies' effects in the coefficient of one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.numerics.absorption.absorb import Absorber, build_absorber
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray, compact
from twintrade.numerics.linear.regression import COLLINEAR, LeastSquares, compute_column_norms, fit_least_squares
from twintrade.numerics.poisson.fit import PoissonFit, fit_poisson

NOT_APART = 1e-8  # share of the weights in directions that no row informs, above which effects cannot be told apart


@dataclass(frozen=True, slots=True, eq=False)
class Contamination:
    """The coefficient of the first of K policies as own effects and effects of the others (their proposition 1)."""

    coefficient: float  # NaN, as what follows, where the effects and the other policies determine the first
    weights: FloatArray  # (n,): ω of each row, with coefficient = ω'y; zero in rows that a Poisson fit left out
    own_part: (
        float  # Σ ω over the first policy's rows times its effects, weights that sum to one; NaN if not told apart
    )
    bias: FloatArray  # (K - 1,): likewise of each other policy, weights that sum to zero
    absolute: FloatArray  # (K - 1,): sum of |ω| over the rows of each other policy
    influence: FloatArray  # (n,): part of each row in the error of all biases together, given ω


def mark_absorbed(policies: FloatArray, codes: Sequence[IntArray], weights: FloatArray | None = None) -> BoolArray:
    """Say which policies (n, K) the effects determine in every row, (K,)."""
    left = compute_column_norms(build_absorber(codes, weights).residualize(policies), weights)
    return np.asarray(left <= COLLINEAR * compute_column_norms(policies, weights))


def decompose_coefficient(
    y: FloatArray,
    policies: FloatArray,
    cells: IntArray,
    codes: Sequence[IntArray],
    controls: FloatArray | None = None,
    weights: FloatArray | None = None,
    *,
    is_poisson: bool = False,
) -> Contamination:
    """Decompose the coefficient of the first policy (Goldsmith-Pinkham, Hull and Kolesár 2024).

    ``policies``: (n, K) of zeros and ones, which may overlap; ``cells``: (n, K), within which each policy's effect is
    one number. The effects come from one regression on all cells, and own effects and biases sum to the coefficient.
    Of a Poisson regression it is the last weighted least-squares step, whose effects are to first order.
    """
    x = controls if controls is not None else np.empty((y.size, 0))
    outcome, rows, w = y, np.arange(y.size), weights
    if is_poisson:
        fitted = fit_poisson(y, np.hstack([policies, x]), codes, weights)
        rows = fitted.rows
        w = fitted.mu if weights is None else fitted.mu * weights[rows]
        outcome = fitted.eta + fitted.residuals
    inside = build_absorber([code[rows] for code in codes], w)
    D, x = policies[rows], x[rows]
    residual = _net_of(inside, D[:, 0], np.hstack([D[:, 1:], x]))
    scored = residual if w is None else w * residual
    total = float(scored @ D[:, 0])
    if total <= COLLINEAR * float(D[:, 0] @ (D[:, 0] if w is None else w * D[:, 0])):
        unknown = np.full(policies.shape[1] - 1, np.nan)
        return Contamination(float("nan"), np.zeros(y.size), float("nan"), unknown, unknown, np.zeros(y.size))
    omega = scored / total
    loadings = _weigh_effects(D, cells[rows], x, inside, omega)
    # Residuals of the regression itself: those of its cells are too small where cells have few rows.
    residuals = _net_of(inside, outcome, np.hstack([D, x]))
    placed, influence = np.zeros(y.size), np.zeros(y.size)
    placed[rows], influence[rows] = omega, (omega - loadings[:, 0]) * residuals
    own_part, *bias = loadings.T @ outcome
    return Contamination(
        float(omega @ outcome), placed, float(own_part), np.array(bias), np.abs(omega) @ D[:, 1:], influence
    )


def estimate_alone(
    y: FloatArray,
    policies: FloatArray,
    codes: Sequence[IntArray],
    controls: FloatArray | None = None,
    weights: FloatArray | None = None,
    *,
    is_poisson: bool = False,
) -> float:
    """Return the first policy's coefficient in the rows without any other, which are compared with none ("EW")."""
    rows = np.flatnonzero(~policies[:, 1:].any(axis=1))
    x = policies[rows, :1] if controls is None else np.hstack([policies[rows, :1], controls[rows]])
    inside, w = [code[rows] for code in codes], None if weights is None else weights[rows]
    if not rows.size or mark_absorbed(x[:, :1], inside, w)[0]:
        return float("nan")
    fitted: PoissonFit | LeastSquares
    fitted = (
        fit_poisson(y[rows], x, inside, w) if is_poisson else fit_least_squares(y[rows], x, build_absorber(inside, w))
    )
    return float(fitted.coefficients[0]) if fitted.kept.size and fitted.kept[0] == 0 else float("nan")


def _net_of(effects: Absorber, column: FloatArray, others: FloatArray) -> FloatArray:
    """Return what effects and other columns leave of one, (n,)."""
    net = effects.residualize(np.column_stack([column, others]))
    root = np.sqrt(effects.row_weights)[:, None]
    loading = np.linalg.lstsq(net[:, 1:] * root, net[:, :1] * root, rcond=None)[0]
    return np.asarray((net[:, :1] - net[:, 1:] @ loading)[:, 0])


def _weigh_effects(
    policies: FloatArray, cells: IntArray, x: FloatArray, effects: Absorber, omega: FloatArray
) -> FloatArray:
    """Return the weights of rows in each policy's effects weighed with ω, (n, K); NaN where not told apart."""
    dummies, policy = [], []
    for k in range(policies.shape[1]):
        used = policies[:, k] > 0
        codes = compact(cells[used, k])
        block = np.zeros((omega.size, int(codes.max(initial=-1)) + 1))
        block[np.flatnonzero(used), codes] = 1.0
        dummies.append(block)
        policy += [k] * block.shape[1]
    columns = np.hstack([*dummies, x])
    norms = compute_column_norms(columns, effects.weights)
    net = effects.residualize(columns) / np.where(norms > 0, norms, 1.0)
    weighted = net * effects.row_weights[:, None]
    values, vectors = np.linalg.eigh(weighted.T @ net)
    is_known = values > COLLINEAR * max(float(values[-1]), COLLINEAR)
    # Weights of policies by cell, (K, cells), in the directions of the Gram matrix.
    targets = np.zeros((policies.shape[1], norms.size))
    targets[policy, np.arange(len(policy))] = omega @ columns[:, : len(policy)]
    targets = targets / np.where(norms > 0, norms, 1.0) @ vectors
    inverse = vectors[:, is_known] / values[is_known]
    lost = np.linalg.norm(targets[:, ~is_known], axis=1) > NOT_APART * np.linalg.norm(targets, axis=1)
    return np.where(lost, np.nan, weighted @ (inverse @ targets[:, is_known].T))
