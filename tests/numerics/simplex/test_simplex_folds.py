"""Leaving out one period at a time, all at once, against one problem after another."""

import numpy as np
import pytest
from case_tables import loop_over
from single_cases import factor_matrix

from twintrade.numerics.simplex import ridge_augmentation as folds
from twintrade.numerics.simplex.predictor_weights import fit_simplex_weights
from twintrade.numerics.simplex.ridge_augmentation import N_RIDGE_PENALTIES as N_PENALTIES
from twintrade.numerics.simplex.ridge_augmentation import SMALLEST_RIDGE_PENALTY as SMALLEST_PENALTY
from twintrade.numerics.simplex.ridge_augmentation import (
    center_on_donors,
    compute_left_out_errors,
    fit_leave_one_out_weights,
)

SAME = 1e-10  # both solve the same convex problem to rounding


def problem(n_donors, n_before, seed, spread=0.0, rho=0.5):
    rng = np.random.default_rng(seed)
    values = factor_matrix(rng, n_donors + 1, n_before, rho=rho) + spread * rng.normal(size=(n_donors + 1, 1))
    donors, treated = center_on_donors(values)
    return donors, treated, fit_simplex_weights(donors.T, treated)


def one_by_one(donors, treated):
    rest = [np.arange(treated.size) != t for t in range(treated.size)]
    return np.stack([fit_simplex_weights(donors[:, r].T, treated[r]) for r in rest])


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
@loop_over("spread", [0.0, 3.0])
def test_weights_are_those_of_one_problem_after_another(n_donors, n_before, spread):
    for seed in range(3):
        donors, treated, base = problem(n_donors, n_before, seed, spread)
        np.testing.assert_allclose(
            fit_leave_one_out_weights(donors.T, treated, base), one_by_one(donors, treated), atol=SAME
        )


def test_the_start_does_not_matter():
    donors, treated, _ = problem(50, 12, 4)
    for start in (np.full(50, 0.02), np.eye(50)[7]):
        np.testing.assert_allclose(
            fit_leave_one_out_weights(donors.T, treated, start), one_by_one(donors, treated), atol=SAME
        )


def test_folds_are_solved_together_and_not_by_the_way_round(monkeypatch):
    donors, treated, base = problem(200, 15, 2, spread=3.0)
    monkeypatch.setattr(folds, "fit_simplex_weights", lambda *_: pytest.fail("a fold was solved by itself"))
    found = fit_leave_one_out_weights(donors.T, treated, base)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=SAME)


def test_where_donors_reproduce_the_path_the_usual_solver_decides():
    donors = np.random.default_rng(3).normal(size=(30, 5))
    treated = donors[:4].mean(axis=0)
    base = fit_simplex_weights(donors.T, treated)
    np.testing.assert_array_equal(fit_leave_one_out_weights(donors.T, treated, base), one_by_one(donors, treated))


def test_donors_that_are_copies_give_the_same_fit():
    donors, treated, base = problem(20, 10, 1)
    twice = np.vstack([donors, donors])
    found = fit_leave_one_out_weights(twice.T, treated, np.concatenate([base, np.zeros(20)]))
    np.testing.assert_allclose(found @ twice, one_by_one(donors, treated) @ donors, atol=1e-9)


def test_one_donor_has_all_the_weight():
    np.testing.assert_array_equal(
        fit_leave_one_out_weights(np.ones((4, 1)), np.zeros(4), np.ones(1)), np.ones((4, 1))
    )


@loop_over(("n_donors", "n_before"), SHAPES)
def test_left_out_errors_are_those_of_refits(n_donors, n_before):
    donors, treated, base = problem(n_donors, n_before, 5)
    penalties, errors = compute_left_out_errors(donors, treated, base)
    top = np.linalg.norm(donors, 2) ** 2
    np.testing.assert_allclose(penalties, top * SMALLEST_PENALTY ** (np.arange(N_PENALTIES + 1) / N_PENALTIES))
    for t in range(n_before):
        rest = np.arange(n_before) != t
        own = fit_simplex_weights(donors[:, rest].T, treated[rest])
        for k, penalty in enumerate(penalties):
            weights = ridge(donors[:, rest], treated[rest], penalty, own)
            assert errors[t, k] == pytest.approx(treated[t] - weights @ donors[:, t], abs=1e-8)
