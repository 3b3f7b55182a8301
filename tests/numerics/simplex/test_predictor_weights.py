"""The search for predictor weights: as good as many drawn ones, and the same whatever the units."""

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.numerics.simplex.predictor_weights import fit_predictor_weights, standardize_predictors, weigh


def made(seed):
    """Outcomes of three factors, predictors that load on them with noise, and the outcome's mean."""
    rng = np.random.default_rng(seed)
    n_donors, n_before, n_predictors = rng.integers(8, 31), rng.integers(6, 20), rng.integers(3, 9)
    loadings, factors = rng.normal(size=(n_donors + 1, 3)), np.cumsum(rng.normal(size=(3, n_before)), axis=1)
    outcomes = 10 + loadings @ factors + 0.3 * rng.normal(size=(n_donors + 1, n_before))
    noise = 0.7 * rng.normal(size=(n_donors + 1, n_predictors - 1))
    predictors = loadings @ rng.normal(size=(3, n_predictors - 1)) + noise
    return standardize_predictors(np.column_stack([predictors, outcomes.mean(axis=1)])), outcomes


def drawn(n_predictors, rng):
    """Return 200 V: half even over the simplex, half over four powers of ten."""
    even = rng.dirichlet(np.ones(n_predictors), 100)
    return np.vstack([even, 10 ** rng.uniform(-4, 0, size=(100, n_predictors))])


BEST_DRAWN = (
    0.23105566019094675, 0.8741018256674716, 16.577470823600677, 0.15719495480461404,
    15.263915849350015, 0.35616992869066305, 5.471427948392618, 0.0655335528573329,
    0.7730439284045605, 4.451025263163823, 2.902024859272791, 0.6159001281920621,
    0.3087593698338165, 0.3188435527802646, 3.7411372915659546, 6.7159923362248435,
)  # fmt: skip
"""The least loss of 200 drawn weights by seed."""


@loop_over("seed", range(0, 16, 4))
def test_the_search_is_never_worse_than_the_best_of_200_drawn_weights(seed):
    check_search(seed)


@pytest.mark.slow
@loop_over("seed", [seed for seed in range(16) if seed % 4])
def test_the_search_is_never_worse_in_further_problems(seed):
    check_search(seed)


def check_search(seed):
    predictors, outcomes = made(seed)
    found = fit_predictor_weights(predictors, outcomes)
    assert found.loss <= BEST_DRAWN[seed] * (1 + 1e-9)
    assert found.loss <= found.start_losses.min()
    assert found.loss == pytest.approx(weigh(predictors, outcomes, found.importance).loss, rel=1e-9)


@pytest.mark.parametrize("seed", [pytest.param(k, marks=[pytest.mark.slow] * (k > 0)) for k in range(16)])
def test_the_best_of_200_drawn_weights_is_the_one_listed(seed):
    predictors, outcomes = made(seed)
    weights = drawn(predictors.shape[1], np.random.default_rng(seed + 99))
    least = min(weigh(predictors, outcomes, v).loss for v in weights)
    assert least == pytest.approx(BEST_DRAWN[seed], rel=1e-9)


def test_ends_that_differ_show_in_the_losses_of_the_starts():
    assert np.ptp(fit_predictor_weights(*made(15)).start_losses) > 0.5
    assert np.ptp(fit_predictor_weights(*made(2)).start_losses) < 1e-6


def test_one_predictor_leaves_nothing_to_choose():
    predictors, outcomes = made(1)
    found = fit_predictor_weights(predictors[:, :1], outcomes)
    assert found.importance.tolist() == [1.0]
    assert found.loss == weigh(predictors[:, :1], outcomes, np.ones(1)).loss


def test_the_unit_of_the_outcome_moves_no_weight():
    predictors, outcomes = made(3)
    once, again = fit_predictor_weights(predictors, outcomes), fit_predictor_weights(predictors, 1e-9 * outcomes)
    np.testing.assert_allclose(again.weights, once.weights, atol=1e-6)
