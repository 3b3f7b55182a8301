"""Ridge augmentation of synthetic-control weights (Ben-Michael, Feller and Rothstein 2021)."""

import numpy as np

from twintrade.errors import EstimationError
from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.simplex.folds import fit_leave_one_out_weights

N_PENALTIES = 20
SMALLEST_PENALTY = 1e-8
"""Smallest penalty tried, as a share of the largest squared singular value."""


def augment_weights(donors: FloatArray, treated: FloatArray, penalty: float, base: FloatArray) -> FloatArray:
    """Return simplex weights plus the ridge correction of their imbalance (their eq. 12).

    ``donors`` (n_donors, n_before): outcomes before the onset less the donors' mean in each period; ``treated``
    (n_before,): the same of the treated unit; ``base`` (n_donors,): simplex weights.
    """
    imbalance = treated - base @ donors
    gram = donors.T @ donors + penalty * np.eye(donors.shape[1])
    return np.asarray(base + donors @ np.linalg.solve(gram, imbalance), dtype=np.float64)


def center_on_donors(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return donors and treated unit less the donors' mean in each period; the treated unit is the first row."""
    mean = values[1:].mean(axis=0)
    return values[1:] - mean, values[0] - mean


def standardize_covariates(predictors: FloatArray) -> FloatArray:
    """Return covariates less the donors' mean, in donors' standard deviations; those that do not vary are left out.

    ``predictors`` (1 + n_donors, n_covariates): the treated unit first.
    """
    spread = predictors[1:].std(axis=0)
    kept = spread > 0
    standardized = np.asarray((predictors[:, kept] - predictors[1:, kept].mean(axis=0)) / spread[kept])
    n_donors, n_covariates = standardized.shape[0] - 1, standardized.shape[1]
    if n_covariates >= n_donors - 1 or np.linalg.matrix_rank(standardized[1:]) < n_covariates:
        raise EstimationError(
            f"{n_covariates} covariates cannot be distinguished from {n_donors} donors; take fewer covariates"
        )
    return standardized


def remove_covariates(values: FloatArray, covariates: FloatArray) -> FloatArray:
    """Return outcomes less what the donors' regression on covariates predicts (Ben-Michael et al. 2021, section 5).

    ``values`` (1 + n_donors, n_before): less the donors' mean in each period; the treated unit first; ``covariates``
    (1 + n_donors, n_covariates): from ``standardize_covariates``.
    """
    slopes = np.linalg.lstsq(covariates[1:], values[1:], rcond=None)[0]
    return np.asarray(values - covariates @ slopes)


def balance_weights(weights: FloatArray, covariates: FloatArray) -> FloatArray:
    """Return the weights nearest to these under which donors have the treated unit's covariates, same sum."""
    donors = covariates[1:]
    imbalance = covariates[0] - weights @ donors
    return np.asarray(weights + donors @ np.linalg.solve(donors.T @ donors, imbalance))


def choose_penalty(donors: FloatArray, treated: FloatArray, base: FloatArray, *, one_se: bool = True) -> float:
    """Choose the penalty by leaving out one period before the onset at a time.

    The largest penalty within one standard error of the smallest mean squared error, or that of the smallest itself.

    ``donors``, ``treated``, ``base``: as in ``augment_weights``.
    """
    penalties, errors = compute_left_out_errors(donors, treated, base)
    squares = errors**2
    mean = squares.mean(axis=0)
    best = int(np.argmin(mean))
    if not one_se:
        return float(penalties[best])
    limit = mean[best] + squares[:, best].std(ddof=1) / np.sqrt(treated.size)
    return float(penalties[mean <= limit].max())


def compute_left_out_errors(
    donors: FloatArray, treated: FloatArray, base: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the penalties tried and each period's error when it is left out of the fit.

    With the imbalance d of the simplex weights that are fitted without period t, and K the donors' Gram matrix over
    periods plus the penalty, the ridge regression without t errs by ``d'K^-1 e_t / (e_t'K^-1 e_t)``: inverting the
    blocks of K shows it. One singular value decomposition serves every period and penalty.

    ``donors``, ``treated``, ``base``: as in ``augment_weights``. Returns ``penalties`` (n_penalties,); ``errors``
    (n_before, n_penalties).
    """
    n_donors, n_before = donors.shape
    square = np.linalg.qr(donors, mode="r") if n_donors > n_before else donors
    _, singular, across = np.linalg.svd(square)
    variances = np.zeros(n_before)
    variances[: singular.size] = singular**2
    penalties = variances[0] * SMALLEST_PENALTY ** (np.arange(N_PENALTIES + 1) / N_PENALTIES)
    inverse = 1.0 / (variances[:, None] + penalties)
    imbalance = treated - fit_leave_one_out_weights(donors.T, treated, base) @ donors
    errors = ((imbalance @ across.T) * across.T) @ inverse / (across.T**2 @ inverse)
    return penalties, np.asarray(errors)
