"""Scores of an estimate under one effect for all treated rows, from its row weights alone, and their expectation."""

from dataclasses import dataclass

import numpy as np

from twintrade.design import Observations
from twintrade.effects import Estimate
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.clustering.joint import repair_covariance
from twintrade.inference.clustering.row_weights import RowWeights, find_row_weights
from twintrade.numerics.absorption import build_absorber
from twintrade.numerics.arrays import (
    FloatArray,
    IntArray,
    compact,
    intersect_codes,
    list_signed_subsets,
    sum_by_group,
)
from twintrade.numerics.linear import ResidualMaker, compute_expected_squares, fit_least_squares
from twintrade.numerics.poisson import fit_poisson

NEGLIGIBLE = 1e-8
LEAST_EXPECTED = 1e-3
"""Share of the variance below which an expected sum of squares counts as that share: no score is left to scale."""


@dataclass(frozen=True, slots=True, eq=False)
class ScaledVariance:
    """A clustered covariance over its expectation.

    Attributes
    ----------
    raw, covariance : FloatArray, shape (n_effects, n_effects)
        By inclusion and exclusion over the dimensions, before and after scaling.
    factor : FloatArray, shape (n_effects,)
        True variance over expected estimate, where rows are independent with one variance.
    df : FloatArray, shape (n_effects,)
        Satterthwaite degrees of freedom, of the dimension that has the fewest.
    sizes : dict of str to int
        Clusters by dimension.
    """

    raw: FloatArray
    covariance: FloatArray
    factor: FloatArray
    df: FloatArray
    sizes: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """The outcome (for Poisson the working residual) on the rows used, what explains it, and the weights."""

    rows: IntArray
    outcome: FloatArray
    treatment: FloatArray
    maker: ResidualMaker
    v: FloatArray
    u: FloatArray


def compute_scaled_variance(fit: Fit, estimate: Estimate, names: tuple[str, ...]) -> ScaledVariance:
    """Return the clustered covariance of an estimate, scaled to be unbiased for independent rows of one variance.

    Raises
    ------
    InferenceError
        No row weights, no dimension to cluster by, or one cluster only.
    """
    if not names:
        raise InferenceError("no dimension is named to cluster by: name one under cluster in the design")
    m, o = _build_model(fit, estimate), fit.design.observations
    codes = {name: np.arange(m.rows.size) if name == "row" else compact(o.codes(name)[m.rows]) for name in names}
    sizes = {name: int(c.max()) + 1 for name, c in codes.items()}
    if min(sizes.values()) < 2:
        raise InferenceError("there is one cluster only and no variance without a second; cluster by something finer")
    net = m.maker.apply(np.column_stack([m.outcome, m.treatment]))
    scores = m.v * (net[:, 0] - (m.u @ m.outcome) * net[:, 1])[:, None]
    k = estimate.n_effects
    raw, mean, df, largest = np.zeros((k, k)), np.zeros(k), np.full(k, np.inf), np.zeros(k)
    for sign, chosen in list_signed_subsets(names):
        joint = intersect_codes([codes[name] for name in chosen])
        sums = sum_by_group(scores, joint)
        expected = compute_expected_squares(m.v, m.u, net[:, 1], m.maker, joint, has_degrees=len(chosen) == 1)
        raw, mean = raw + sign * sums.T @ sums, mean + sign * expected.mean
        if len(chosen) == 1:
            df, largest = np.minimum(df, expected.df), np.maximum(largest, (sums**2).sum(axis=0))
    total = (m.v**2).sum(axis=0)
    factor = total / np.maximum(mean, LEAST_EXPECTED * np.where(total > 0, total, 1.0))
    return ScaledVariance(raw, _scale(raw, largest, factor), factor, df, sizes)


def _scale(raw: FloatArray, largest: FloatArray, factor: FloatArray) -> FloatArray:
    """Multiply by the factors; a variance that is not positive is that of the dimension with the largest."""
    variance = np.diag(raw)
    wanted = np.where(variance > 0, variance, largest)
    positive = repair_covariance(raw)[0]
    before = np.diag(positive)
    root = np.sqrt(np.divide(wanted * factor, before, out=np.zeros_like(wanted), where=before > 0))
    out: FloatArray = positive * np.outer(root, root)
    np.fill_diagonal(out, wanted * factor)
    return out


def _build_model(fit: Fit, estimate: Estimate) -> _Model:
    o, overall = fit.design.observations, fit.view("overall")
    row_weights, average = find_row_weights(fit, estimate), find_row_weights(fit, overall)
    if row_weights is None or average is None:
        raise InferenceError(
            f"{fit.estimator.name} gives no weights of its rows for this design; use jackknife or randomization"
        )
    dose = o.dose
    treatment = (o.is_treated.astype(np.float64) if dose is None else dose[o.rows])[row_weights.rows]
    u = average.values[:, 0]
    if not abs(u @ treatment) > NEGLIGIBLE * np.abs(u).sum():
        raise InferenceError(f"a constant effect on treated rows is not what {fit.estimator.name} estimates")
    u = u / (u @ treatment)
    make = _linearize_poisson if fit.estimator.is_poisson else _take_outcome
    return make(o, row_weights, u, treatment)


def _take_outcome(o: Observations, row_weights: RowWeights, u: FloatArray, treatment: FloatArray) -> _Model:
    weights, rows = o.weights_of(row_weights.rows), row_weights.rows
    effects = build_absorber([c[rows] for c in o.effect_codes()], weights)
    x = fit_least_squares(o.y[rows], o.covariates[rows], effects)
    return _Model(rows, o.y[rows], treatment, ResidualMaker(effects, x.x_tilde, x.bread), row_weights.values, u)


def _linearize_poisson(o: Observations, row_weights: RowWeights, u: FloatArray, treatment: FloatArray) -> _Model:
    """Take working residuals, and their weights, of the model with one proportional effect."""
    codes, columns = o.effect_codes(), np.column_stack([treatment, o.covariates[row_weights.rows]])
    whole = fit_poisson(
        o.y[row_weights.rows], columns, [c[row_weights.rows] for c in codes], o.weights_of(row_weights.rows)
    )
    used, rows = whole.rows, row_weights.rows[whole.rows]
    lost = np.delete(np.abs(row_weights.values).sum(axis=1), used).sum()
    if lost > NEGLIGIBLE * np.abs(row_weights.values).sum():
        raise InferenceError("rows that the fixed effects separate carry weight in this estimate; use randomization")
    weights = whole.mu * o.row_weights[rows]
    effects = build_absorber([c[rows] for c in codes], weights)
    x = fit_least_squares(whole.residuals, o.covariates[rows], effects)
    maker = ResidualMaker(effects, x.x_tilde, x.bread)
    return _Model(rows, whole.residuals, treatment[used], maker, row_weights.values[used], u[used])
