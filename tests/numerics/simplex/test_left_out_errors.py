"""Errors in periods left out one at a time, against refits."""

import numpy as np
import pytest
from case_tables import loop_over
from single_cases import factor_matrix

from twintrade.numerics.simplex.predictor_weights import fit_simplex_weights
from twintrade.numerics.simplex.ridge_augmentation import N_RIDGE_PENALTIES as N_PENALTIES
from twintrade.numerics.simplex.ridge_augmentation import SMALLEST_RIDGE_PENALTY as SMALLEST_PENALTY
from twintrade.numerics.simplex.ridge_augmentation import center_on_donors, compute_left_out_errors


def problem(n_donors, n_before, seed):
    rng = np.random.default_rng(seed)
    return center_on_donors(factor_matrix(rng, n_donors + 1, n_before, rho=0.5))


def ridge(donors, treated, penalty, base):
    """The correction by least squares on donors under a root of the penalty, without a Gram matrix."""
    stacked = np.vstack([donors.T @ donors, np.sqrt(penalty) * donors])
    if donors.shape[0] < donors.shape[1]:  # the dual is the better conditioned one then
        gram = donors @ donors.T + penalty * np.eye(donors.shape[0])
        return base + np.linalg.solve(gram, donors @ (treated - base @ donors))
    target = np.concatenate([treated - base @ donors, np.zeros(donors.shape[0])])
    return base + donors @ np.linalg.lstsq(stacked, target, rcond=None)[0]


SHAPES = [(300, 20), (40, 30), (8, 15), (15, 31), (60, 8), (4, 4), (2, 9)]


@loop_over(("n_donors", "n_before"), SHAPES)
def test_left_out_errors_are_those_of_refits(n_donors, n_before):
    donors, treated = problem(n_donors, n_before, 5)
    penalties, errors = compute_left_out_errors(donors, treated)
    top = np.linalg.norm(donors, 2) ** 2
    np.testing.assert_allclose(penalties, top * SMALLEST_PENALTY ** (np.arange(N_PENALTIES + 1) / N_PENALTIES))
    for t in range(n_before):
        rest = np.arange(n_before) != t
        own = fit_simplex_weights(donors[:, rest].T, treated[rest])
        for k, penalty in enumerate(penalties):
            weights = ridge(donors[:, rest], treated[rest], penalty, own)
            assert errors[t, k] == pytest.approx(treated[t] - weights @ donors[:, t], abs=1e-8)
