"""Scores of an estimate under one effect for all treated rows, from its row weights alone, and their expectation."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from twintrade.effects import Estimate
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.clustering.joint import repair_covariance
from twintrade.inference.clustering.row_weights import RowWeights, find_row_weights
from twintrade.numerics.absorption import (
    factor_order,
    lay_out_elimination,
)
from twintrade.numerics.arrays import (
    FloatArray,
    IntArray,
    compact,
    intersect_codes,
    list_signed_subsets,
    sum_by_group,
)
from twintrade.numerics.linear import (
    ConstantEffect,
    ProjectedForms,
    build_constant_effect,
    compute_expected_squares,
)
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
    """The outcome (for Poisson the working residual) on the rows used, and its constant effect."""

    rows: IntArray
    outcome: FloatArray
    effect: ConstantEffect


def compute_scaled_variances(
    fit: Fit, estimates: Sequence[Estimate], names: tuple[str, ...]
) -> Iterator[ScaledVariance]:
    """Yield the clustered covariance of estimates, scaled to be unbiased for independent rows of one variance.

    Raises
    ------
    InferenceError
        No row weights, no dimension to cluster by, or one cluster only.
    """
    if not names:
        raise InferenceError("no dimension is named to cluster by: name one under cluster in the design")
    average = _find_weights(fit, fit.view("overall"))
    known: list[tuple[IntArray, _Model]] = []
    for estimate in estimates:
        given = _find_weights(fit, estimate)
        same = np.array_equal(given.rows, average.rows)
        rows = average.rows if same else np.union1d(given.rows, average.rows)
        if not known or not np.array_equal(known[0][0], rows):
            known = [(rows, _build_model(fit, _spread(average, rows)[:, 0], rows))]
        yield _compute_variance(fit, known[0][1], _take_used(_spread(given, rows), rows, known[0][1].rows), names)


def _compute_variance(fit: Fit, m: _Model, v: FloatArray, names: tuple[str, ...]) -> ScaledVariance:
    o, known = fit.design.observations, fit.design.workings
    asked = "expected-squares", hashlib.blake2b(v.tobytes() + m.effect.u.tobytes()).digest()
    codes = {name: np.arange(m.rows.size) if name == "row" else compact(o.codes(name)[m.rows]) for name in names}
    sizes = {name: int(c.max()) + 1 for name, c in codes.items()}
    if min(sizes.values()) < 2:
        raise InferenceError("there is one cluster only and no variance without a second; cluster by something finer")
    residuals = m.effect.forms.q.residualize(m.outcome[:, None])[:, 0]
    residuals -= (m.effect.u @ m.outcome) * m.effect.net_treatment
    k = v.shape[1]
    raw, mean, df, largest = np.zeros((k, k)), np.zeros(k), np.full(k, np.inf), np.zeros(k)
    for sign, chosen in list_signed_subsets(names):
        joint = intersect_codes([codes[name] for name in chosen])
        sums = (
            np.array([sum_by_group(column * residuals, joint) for column in v.T]).reshape(k, int(joint.max()) + 1).T
        )
        if (*asked, chosen) not in known:
            known[*asked, chosen] = compute_expected_squares(v, m.effect, joint, has_degrees=len(chosen) == 1)
        expected = known[*asked, chosen]
        raw, mean = raw + sign * sums.T @ sums, mean + sign * expected.mean
        if len(chosen) == 1:
            df, largest = np.minimum(df, expected.df), np.maximum(largest, (sums**2).sum(axis=0))
    total = (v**2).sum(axis=0)
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


def _find_weights(fit: Fit, estimate: Estimate) -> RowWeights:
    row_weights = find_row_weights(fit, estimate)
    if row_weights is None:
        raise InferenceError(
            f"{fit.estimator.name} gives no weights of its rows for this design; use jackknife or randomization"
        )
    return row_weights


def _spread(given: RowWeights, rows: IntArray) -> FloatArray:
    """Return weights on rows among which are those given, zero on the others."""
    if np.array_equal(given.rows, rows):
        return given.values
    out = np.zeros((rows.size, given.values.shape[1]))
    out[np.searchsorted(rows, given.rows)] = given.values
    return out


def _take_used(v: FloatArray, rows: IntArray, used: IntArray) -> FloatArray:
    if np.array_equal(rows, used):
        return v
    kept = np.isin(rows, used)
    if np.abs(v[~kept]).sum() > NEGLIGIBLE * np.abs(v).sum():
        raise InferenceError("rows that the fixed effects separate carry weight in this estimate; use randomization")
    return v[kept]


def _build_model(fit: Fit, u: FloatArray, rows: IntArray) -> _Model:
    o = fit.design.observations
    dose = o.dose
    treatment = (o.is_treated.astype(np.float64) if dose is None else dose[o.rows])[rows]
    if not abs(u @ treatment) > NEGLIGIBLE * np.abs(u).sum():
        raise InferenceError(f"a constant effect on treated rows is not what {fit.estimator.name} estimates")
    u, absorbed = u / (u @ treatment), _absorb(fit, treatment, rows)
    used = absorbed.used
    effect = build_constant_effect(absorbed.forms, u[used], treatment[used])
    return _Model(rows[used], absorbed.outcome, effect)


@dataclass(frozen=True, slots=True, eq=False)
class _Absorbed:
    """The outcome on the rows used, and the effects taken out of it: the same for all estimates of a model."""

    used: IntArray
    outcome: FloatArray
    forms: ProjectedForms


def _absorb(fit: Fit, treatment: FloatArray, rows: IntArray) -> _Absorbed:
    o, key = fit.design.observations, ("absorbed", fit.estimator.is_poisson)
    known: tuple[IntArray, _Absorbed] | None = fit.design.workings.get(key)
    if known is not None and np.array_equal(known[0], rows):
        return known[1]
    used, outcome, weights = np.arange(rows.size), o.y[rows], o.row_weights[rows]
    if fit.estimator.is_poisson:
        # Working residuals, and their weights, of the model with one proportional effect.
        columns = np.column_stack([treatment, o.covariates[rows]])
        whole = fit_poisson(outcome, columns, [c[rows] for c in o.effect_codes()], o.weights_of(rows))
        used, outcome, weights = whole.rows, whole.residuals, whole.mu * weights[whole.rows]
    kept = rows[used]
    q = factor_order(lay_out_elimination([c[kept] for c in o.effect_codes()], o.covariates[kept]), weights)
    absorbed = _Absorbed(used, outcome, ProjectedForms.of(q))
    fit.design.workings[key] = rows, absorbed
    return absorbed
