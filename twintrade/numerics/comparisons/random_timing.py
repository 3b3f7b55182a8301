"""Cohort means adjusted by their differences before treatment, when timing is random (Roth and Sant'Anna 2023)."""

import numpy as np

from twintrade.numerics.arrays import BoolArray, FloatArray
from twintrade.numerics.comparisons.moments import CohortMoments


def compute_cohort_covariances(m: CohortMoments) -> FloatArray:
    """Return the sample covariance of the outcomes within each cohort, shape (n_cohorts, n_periods, n_periods)."""
    return np.asarray(m.scatter / (m.counts - 1)[:, None, None])


def adjust_estimates(
    m: CohortMoments, raw: FloatArray, before: FloatArray, beta: FloatArray | None, pinned: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return estimates and the coefficients of their influence.

    ``raw``, ``before`` (n_cohorts, n_periods, k): weights of the cohort means in the estimate and in the difference
    before treatment (A_theta and A_0); ``beta`` (k,): none for the value that minimizes the Neyman variance;
    ``pinned`` (k,): estimates that are zero by construction. Returns ``effects`` (k,); ``coefficients`` (n_cohorts,
    n_periods, k): scaled so that the sum of squared influence is the Neyman variance.
    """
    spread = compute_cohort_covariances(m) / m.counts[:, None, None]
    if beta is None:
        variance = np.einsum("gtk,gts,gsk->k", before, spread, before)
        covariance = np.einsum("gtk,gts,gsk->k", before, spread, raw)
        beta = np.divide(covariance, variance, out=np.ones_like(variance), where=variance > 0)
    net = raw - beta * before
    net[:, :, pinned] = 0.0
    scale = 1.0 / np.sqrt(m.counts * (m.counts - 1))
    return np.einsum("gtk,gt->k", net, m.means), net * scale[:, None, None]


def compute_timing_reduction(m: CohortMoments, raw: FloatArray) -> FloatArray:
    """Return by how much the Neyman variance overstates, as far as outcomes before any treatment tell, shape (k,).

    The sum over cohorts of the regression of their weighted outcomes on those before the first onset, times the plain
    average of the cohorts' variances of the latter, over the number of units (their equation for sigma_**, with the
    average as in R's ``staggered``).
    """
    is_before = m.periods < m.onset.min()
    if not is_before.any():
        return np.zeros(raw.shape[2])
    s = compute_cohort_covariances(m)
    early = s[:, is_before][:, :, is_before]
    slopes = np.einsum("gts,gsk->tk", np.linalg.pinv(early) @ s[:, is_before], raw)
    return np.asarray(np.einsum("tk,ts,sk->k", slopes, early.mean(axis=0), slopes) / m.counts.sum())
