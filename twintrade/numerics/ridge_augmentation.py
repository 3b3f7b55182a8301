"""Ridge augmentation of synthetic-control weights (Ben-Michael, Feller and Rothstein 2021)."""

import numpy as np

from twintrade.numerics.arrays import FloatArray
from twintrade.numerics.simplex import simplex_weights

N_PENALTIES = 20
SMALLEST_PENALTY = 1e-8
"""Smallest penalty tried, as a share of the largest squared singular value."""


def augmented_weights(donors: FloatArray, treated: FloatArray, penalty: float, base: FloatArray) -> FloatArray:
    """Return simplex weights plus the ridge correction of their imbalance (their eq. 12).

    Parameters
    ----------
    donors : FloatArray, shape (n_donors, n_before)
        Outcomes before the onset less the donors' mean in each period.
    treated : FloatArray, shape (n_before,)
        The same of the treated unit.
    penalty : float
    base : FloatArray, shape (n_donors,)
        Simplex weights.
    """
    imbalance = treated - base @ donors
    gram = donors.T @ donors + penalty * np.eye(donors.shape[1])
    return np.asarray(base + donors @ np.linalg.solve(gram, imbalance), dtype=np.float64)


def centered(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return donors and treated unit less the donors' mean in each period; the treated unit is the first row."""
    mean = values[1:].mean(axis=0)
    return values[1:] - mean, values[0] - mean


def chosen_penalty(donors: FloatArray, treated: FloatArray, *, one_se: bool = True) -> float:
    """Choose the penalty by leaving out one period before the onset at a time.

    The largest penalty within one standard error of the smallest mean squared error, or that of the smallest itself.

    Parameters
    ----------
    donors, treated
        As in ``augmented_weights``.
    """
    n_before = donors.shape[1]
    top = float(np.linalg.norm(donors, 2) ** 2)
    penalties = top * SMALLEST_PENALTY ** (np.arange(N_PENALTIES + 1) / N_PENALTIES)
    errors = np.empty((n_before, penalties.size))
    for t in range(n_before):
        rest = np.arange(n_before) != t
        base = simplex_weights(donors[:, rest].T, treated[rest])
        for k, penalty in enumerate(penalties):
            weights = augmented_weights(donors[:, rest], treated[rest], float(penalty), base)
            errors[t, k] = (treated[t] - weights @ donors[:, t]) ** 2
    mean = errors.mean(axis=0)
    best = int(np.argmin(mean))
    if not one_se:
        return float(penalties[best])
    limit = mean[best] + errors[:, best].std(ddof=1) / np.sqrt(n_before)
    return float(penalties[mean <= limit].max())
