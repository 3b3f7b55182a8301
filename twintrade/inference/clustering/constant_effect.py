"""Scores of an estimate under one effect for all treated rows, from its row weights alone, and their expectation."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from twintrade.effects import Estimate
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.clustering.clusters import RowWeights, find_row_weights
from twintrade.numerics import arrays, linear
from twintrade.numerics.absorption import factor_order, lay_out_elimination
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.numerics.linear import ConstantEffect, Expectation, ProjectedForms
from twintrade.numerics.poisson import fit_poisson

# Several effects at once: Wald tests, sup-t critical values, and what to do with an indefinite covariance.

Reference = Literal["hotelling", "fixest"]
RANK = 1e-10
CONDITION = 1e-8  # smallest over largest eigenvalue of a correlation matrix, below which no joint test is made
CHUNK = 2_000_000


def compute_t_quantile(probability: float, df: float) -> float:
    """Return a quantile of Student's t, of the normal for infinite ``df``."""
    return float(scipy.special.ndtri(probability) if np.isinf(df) else scipy.special.stdtrit(df, probability))


def compute_t_quantiles(probability: float, df: FloatArray) -> FloatArray:
    """Return one quantile for each of several degrees of freedom; NaN where these are."""
    known, where = np.unique(df, return_inverse=True)
    return np.array([np.nan if np.isnan(d) else compute_t_quantile(probability, float(d)) for d in known])[where]


def compute_two_sided_p(statistic: FloatArray, df: float | FloatArray) -> FloatArray:
    """Return two-sided p-values of t statistics, with the same degrees of freedom or each with its own."""
    size = np.abs(statistic)
    return np.asarray(2 * np.where(np.isinf(df), scipy.special.ndtr(-size), scipy.special.stdtr(df, -size)))


@dataclass(frozen=True, slots=True)
class JointTest:
    """A joint test that several effects are zero."""

    statistic: float  # F where `df2` is finite, else chi-squared
    df1: int
    df2: float
    p: float

    @property
    def name(self) -> str:
        """The test's name for tables: "F" or "Wald"."""
        return "Wald" if np.isinf(self.df2) else "F"


def compute_wald(effects: FloatArray, covariance: FloatArray, df: float) -> JointTest:
    """Test that all effects are zero: F(rank, df) as in fixest, chi-squared for infinite ``df``."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    kept = values > RANK * max(values.max(initial=0.0), 0.0)
    rank = int(kept.sum())
    if rank == 0:
        return JointTest(float("nan"), 0, df, float("nan"))
    quadratic = float(((vectors[:, kept].T @ effects) ** 2 / values[kept]).sum())
    if np.isinf(df):
        return JointTest(quadratic, rank, df, float(scipy.special.chdtrc(rank, quadratic)))
    statistic = quadratic / rank
    return JointTest(statistic, rank, df, float(scipy.special.fdtrc(rank, df, statistic)))


def compute_joint_test(
    effects: FloatArray, covariance: FloatArray, df: float, fewest: float, reference: Reference = "hotelling"
) -> JointTest:
    """Test that all effects (k,) are zero, where the covariance can tell so many apart.

    A covariance from G clusters has rank below G, so that fixest's F(k, G - 1) rejects far too often; Hotelling's (G
    - k) / (G - 1) F(k, G - k) is exact for G normal clusters alike. ``df``: of t, infinite for the normal;
    ``fewest``: treated clusters in the dimension with the fewest, infinite without clusters.
    """
    n = effects.size
    if n >= fewest - 1:
        raise InferenceError(
            f"{n} effects cannot be tested together on {fewest:.0f} treated clusters, which hardly tell so many "
            "apart; shorten the window or use randomization"
        )
    if not (np.diag(covariance) > 0).all():
        raise InferenceError("some effect to be tested has no variance")
    values = np.linalg.eigvalsh(compute_correlation(covariance))
    if values[0] < CONDITION * values[-1]:
        raise InferenceError(f"the covariance of the {n} effects to be tested together is singular or nearly so")
    wald = compute_wald(effects, covariance, df if reference == "fixest" else min(df, fewest - 1))
    if reference == "fixest" or np.isinf(fewest):
        return wald
    statistic, df2 = wald.statistic * (fewest - n) / (fewest - 1), fewest - n
    return JointTest(statistic, wald.df1, df2, float(scipy.special.fdtrc(wald.df1, df2, statistic)))


def read_fewest_clusters(facts: Mapping[str, float | int | str]) -> float:
    """Return the fewest treated clusters of any dimension that bands were made from; infinite where none are."""
    return float(facts.get("fewest_clusters", np.inf))


def repair_covariance(covariance: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Raise negative eigenvalues to zero where a variance is negative (CGM 2011, 2.3), as fixest; say which were."""
    scale = float(np.abs(np.diag(covariance)).max(initial=0.0))
    negative = np.asarray(np.diag(covariance) < -RANK * scale)
    if not negative.any():
        return covariance, negative
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return (vectors * np.clip(values, 0.0, None)) @ vectors.T, negative


def compute_correlation(covariance: FloatArray) -> FloatArray:
    """Return the correlation matrix of effects that all have a variance."""
    se = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(se, se))


def compute_sup_t(
    covariance: FloatArray, usable: BoolArray, level: float, df: float, rng: np.random.Generator, n_draws: int
) -> float:
    """Return the critical value of the largest |t| by draws (Montiel Olea, Plagborg-Moller 2019, algorithm 1)."""
    chosen = np.flatnonzero(usable)
    if chosen.size == 0:
        return float("nan")
    values, vectors = np.linalg.eigh(compute_correlation(covariance[np.ix_(chosen, chosen)]))
    root = vectors * np.sqrt(np.where(values > RANK * values[-1], values, 0.0))
    root /= np.sqrt((root**2).sum(axis=1))[:, None]
    largest = np.abs(rng.standard_normal((n_draws, chosen.size)) @ root.T).max(axis=1)
    return bound_critical_value(float(np.quantile(largest, level)), chosen.size, level, df)


def bound_critical_value(normal: float, n_effects: int, level: float, df: float) -> float:
    """Carry a simulated normal value to t(df), between the pointwise quantile and Sidak's, where sup-t must lie."""
    low = compute_t_quantile((1 + level) / 2, df)
    high = compute_t_quantile((1 + level ** (1 / n_effects)) / 2, df)
    carried = normal if np.isinf(df) else compute_t_quantile(float(scipy.special.ndtr(normal)), df)
    return float(np.clip(carried, low, high))


def select_block(covariance: FloatArray, positions: IntArray) -> FloatArray:
    """Return the covariance of some effects."""
    return covariance[np.ix_(positions, positions)]


WEIGHTS_AT_ONCE, FEWEST_AT_ONCE = 4_000_000, 8  # weights of rows, and effects, that are made at once
NEGLIGIBLE = 1e-8
LEAST_EXPECTED = 1e-3
"""Share of the variance below which an expected sum of squares counts as that share: no score is left to scale."""


@dataclass(frozen=True, slots=True, eq=False)
class ScaledVariance:
    """A clustered covariance over its expectation."""

    # raw, covariance: (n_effects, n_effects): by inclusion and exclusion over the dimensions, before and after
    # scaling
    raw: FloatArray
    covariance: FloatArray
    # (n_effects,): true variance over expected estimate, where rows are independent with one variance
    factor: FloatArray
    df: FloatArray  # (n_effects,): satterthwaite degrees of freedom, of the dimension that has the fewest
    sizes: dict[str, int]  # clusters by dimension


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """Residuals of the outcome (for Poisson the working residual) on the rows used, and its constant effect."""

    rows: IntArray
    residuals: FloatArray
    effect: ConstantEffect


def compute_scaled_variances(
    fit: Fit, estimates: Sequence[Estimate], names: tuple[str, ...]
) -> Iterator[ScaledVariance]:
    """Yield the clustered covariance of estimates, scaled to be unbiased for independent rows of one variance."""
    if not names:
        raise InferenceError("no dimension is named to cluster by: name one under cluster in the design")
    average = _find_weights(fit, fit.view("overall"), slice(None))
    known: list[tuple[IntArray, _Model]] = []
    for estimate in estimates:
        parts: list[_Scores] = []
        # Weights of all effects at once would be as large as the data many times over.
        step = max(FEWEST_AT_ONCE, WEIGHTS_AT_ONCE // average.rows.size)
        for start in range(0, max(estimate.n_effects, 1), step):
            effects = slice(start, min(start + step, estimate.n_effects))
            given = _find_weights(fit, estimate, effects)
            rows = average.rows if np.array_equal(given.rows, average.rows) else np.union1d(given.rows, average.rows)
            if not known or not np.array_equal(known[0][0], rows):
                known = [(rows, _build_model(fit, _spread(average, rows)[:, 0], rows))]
            model = known[0][1]
            parts.append(_sum_scores(fit, model, _take_used(_spread(given, rows), rows, model.rows), names))
        yield _compute_variance(parts)


@dataclass(frozen=True, slots=True, eq=False)
class _Scores:
    """Scores of some effects, summed by each set of dimensions, and what to expect of their squares."""

    total: FloatArray  # (n_effects,): of squared weights
    sums: dict[tuple[str, ...], FloatArray]  # (n_clusters, n_effects)
    expected: dict[tuple[str, ...], Expectation]
    sizes: dict[str, int]  # clusters by dimension


def _sum_scores(fit: Fit, m: _Model, v: FloatArray, names: tuple[str, ...]) -> _Scores:
    o, known = fit.design.observations, fit.design.workings
    digest = hashlib.blake2b(np.ascontiguousarray(v).data)
    digest.update(m.effect.u.data)
    codes = {
        name: np.arange(m.rows.size) if name == "row" else arrays.compact(o.codes(name)[m.rows]) for name in names
    }
    sizes = {name: int(c.max()) + 1 for name, c in codes.items()}
    if min(sizes.values()) < 2:
        raise InferenceError("there is one cluster only and no variance without a second; cluster by something finer")
    scores = _Scores((v**2).sum(axis=0), {}, {}, sizes)
    for _, chosen in arrays.list_signed_subsets(names):
        joint = arrays.intersect_codes([codes[name] for name in chosen])
        asked = "expected-squares", digest.digest(), chosen
        scores.sums[chosen] = np.column_stack([arrays.sum_by_group(column * m.residuals, joint) for column in v.T])
        if asked not in known:
            known[asked] = linear.compute_expected_squares(v, m.effect, joint, has_degrees=len(chosen) == 1)
        scores.expected[chosen] = known[asked]
    return scores


def _compute_variance(parts: Sequence[_Scores]) -> ScaledVariance:
    total = np.concatenate([part.total for part in parts])
    k, sizes = total.size, parts[0].sizes
    raw, mean, df, largest = np.zeros((k, k)), np.zeros(k), np.full(k, np.inf), np.zeros(k)
    for sign, chosen in arrays.list_signed_subsets(tuple(sizes)):
        sums = np.hstack([part.sums[chosen] for part in parts])
        expected = [part.expected[chosen] for part in parts]
        raw = raw + sign * sums.T @ sums
        mean = mean + sign * np.concatenate([one.mean for one in expected])
        if len(chosen) == 1:
            df = np.minimum(df, np.concatenate([one.df for one in expected]))
            largest = np.maximum(largest, (sums**2).sum(axis=0))
    factor = total / np.maximum(mean, LEAST_EXPECTED * np.where(total > 0, total, 1.0))
    # A variance that is not positive is that of the dimension with the largest.
    wanted = np.where(np.diag(raw) > 0, np.diag(raw), largest)
    positive = repair_covariance(raw)[0]
    before = np.diag(positive)
    root = np.sqrt(np.divide(wanted * factor, before, out=np.zeros_like(wanted), where=before > 0))
    scaled: FloatArray = positive * np.outer(root, root)
    np.fill_diagonal(scaled, wanted * factor)
    return ScaledVariance(raw, scaled, factor, df, sizes)


def _find_weights(fit: Fit, estimate: Estimate, effects: slice) -> RowWeights:
    row_weights = find_row_weights(fit, estimate, effects)
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


def require_constant_effect(fit: Fit) -> None:
    """Say why no effect for all treated rows can be taken out of the outcome, where the overall weights tell."""
    average = _find_weights(fit, fit.view("overall"), slice(1))
    _find_treatment(fit, average.values[:, 0], average.rows)


def _find_treatment(fit: Fit, u: FloatArray, rows: IntArray) -> FloatArray:
    o = fit.design.observations
    treatment = (o.is_treated.astype(np.float64) if o.dose is None else o.dose[o.rows])[rows]
    if not abs(u @ treatment) > NEGLIGIBLE * np.abs(u).sum():
        raise InferenceError(f"a constant effect on treated rows is not what {fit.estimator.name} estimates")
    return treatment


def _build_model(fit: Fit, u: FloatArray, rows: IntArray) -> _Model:
    treatment = _find_treatment(fit, u, rows)
    u, absorbed = u / (u @ treatment), _absorb(fit, treatment, rows)
    used = absorbed.used
    effect = linear.build_constant_effect(absorbed.forms, u[used], treatment[used])
    residuals = absorbed.forms.q.residualize(absorbed.outcome[:, None])[:, 0]
    residuals -= (effect.u @ absorbed.outcome) * effect.net_treatment
    return _Model(rows[used], residuals, effect)


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
