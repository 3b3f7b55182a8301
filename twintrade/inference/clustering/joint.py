"""Several effects at once: Wald tests, sup-t critical values, and what to do with an indefinite covariance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from twintrade.errors import InferenceError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray

Reference = Literal["hotelling", "fixest"]
RANK = 1e-10
CONDITION = 1e-8
"""Smallest over largest eigenvalue of a correlation matrix, below which no joint test is made."""
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
    """Test that all effects are zero.

    The statistic is divided by the covariance's rank and referred to F(rank, df), as fixest does; directions without
    variance are left out of both. With infinite ``df`` it is chi-squared.
    """
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    kept = values > RANK * max(values.max(initial=0.0), 0.0)
    rank = int(kept.sum())
    if rank == 0:
        return JointTest(float("nan"), 0, df, float("nan"))
    projected = vectors[:, kept].T @ effects
    quadratic = float((projected**2 / values[kept]).sum())
    if np.isinf(df):
        return JointTest(quadratic, rank, df, float(scipy.special.chdtrc(rank, quadratic)))
    statistic = quadratic / rank
    return JointTest(statistic, rank, df, float(scipy.special.fdtrc(rank, df, statistic)))


def compute_joint_test(
    effects: FloatArray, covariance: FloatArray, df: float, fewest: float, reference: Reference = "hotelling"
) -> JointTest:
    """Test that all effects are zero, where the covariance can tell so many apart.

    A covariance from G clusters has rank below G: with about as many effects the statistic explodes under a true
    null, and fixest's F(k, G - 1) rejects far too often well before. Hotelling's (G - k) / (G - 1) F(k, G - k) is
    exact for G normal clusters alike. It is used also where single effects are referred to the normal distribution.

    ``effects`` (k,); ``covariance`` (k, k); ``df``: of the t distribution of single effects; infinite for the normal;
    ``fewest``: treated clusters in the dimension where they are fewest, since untreated ones add next to nothing to
    the covariance; infinite where it does not come from clusters.
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
    """Raise negative eigenvalues to zero where some variance is negative; say which were, shape (n_effects,).

    Cameron, Gelbach and Miller (2011), section 2.3. fixest does the same, and only where a diagonal is negative.
    """
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
    """Return the critical value of the largest |t| over the usable effects, by draws from their joint normal.

    Montiel Olea and Plagborg-Moller (2019), algorithm 1, with the quantile carried from the normal to t(df).
    """
    chosen = np.flatnonzero(usable)
    if chosen.size == 0:
        return float("nan")
    values, vectors = np.linalg.eigh(compute_correlation(covariance[np.ix_(chosen, chosen)]))
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    root /= np.sqrt((root**2).sum(axis=1))[:, None]
    largest = np.abs(rng.standard_normal((n_draws, chosen.size)) @ root.T).max(axis=1)
    return bound_critical_value(float(np.quantile(largest, level)), chosen.size, level, df)


def bound_critical_value(normal: float, n_effects: int, level: float, df: float) -> float:
    """Carry a simulated normal critical value to t(df), inside its analytic bounds.

    A sup-t value lies between the pointwise quantile and Sidak's; simulation noise must not leave these bounds.
    """
    low = compute_t_quantile((1 + level) / 2, df)
    high = compute_t_quantile((1 + level ** (1 / n_effects)) / 2, df)
    carried = normal if np.isinf(df) else compute_t_quantile(float(scipy.special.ndtr(normal)), df)
    return float(np.clip(carried, low, high))


def select_block(covariance: FloatArray, positions: IntArray) -> FloatArray:
    """Return the covariance of some effects."""
    return covariance[np.ix_(positions, positions)]
