"""Pooling of cases against statsmodels and against counting."""

import itertools

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from twintrade.errors import EstimationError, InferenceError
from twintrade.numerics.simplex.predictor_weights import fit_simplex_weights
from twintrade.numerics.simplex.ridge_augmentation import compute_imbalances, fit_partially_pooled_weights
from twintrade.numerics.testing import bound_best_p, combine_fisher, fit_random_effects

ITERATED = 1e-6  # two root finders for the same heterogeneity


def test_hartung_knapp_is_that_of_statsmodels():
    rng = np.random.default_rng(1)
    variances = rng.uniform(0.1, 1.0, 9)
    effects = 0.5 + rng.normal(size=9) * np.sqrt(variances + 0.8)
    ours = fit_random_effects(effects, variances, is_truncated=False)
    theirs = combine_effects(effects, variances, method_re="iterated", use_t=True, atol=1e-12, maxiter=1000)
    assert ours.mean == pytest.approx(theirs.mean_effect_re, rel=ITERATED)
    assert ours.heterogeneity**2 == pytest.approx(theirs.tau2, rel=1e-5)
    assert ours.se == pytest.approx(theirs.sd_eff_w_re_hksj, rel=ITERATED)
    assert ours.q == pytest.approx(theirs.q)


def test_like_effects_do_not_shorten_the_interval():
    effects, variances = np.array([0.1, 0.11, 0.09, 0.1]), np.ones(4)
    assert fit_random_effects(effects, variances, is_truncated=False).se < 0.01
    assert fit_random_effects(effects, variances).se == pytest.approx(0.5)


def test_one_case_is_no_mean():
    with pytest.raises(InferenceError, match="needs two"):
        fit_random_effects(np.array([1.0]), np.array([1.0]))
    with pytest.raises(InferenceError, match="positive variance"):
        fit_random_effects(np.array([1.0, 2.0]), np.array([1.0, 0.0]))


def test_fisher_of_one_is_itself():
    assert combine_fisher(np.array([0.03])) == pytest.approx(0.03)


def test_best_of_counts_how_often_chance_does_as_well():
    assert bound_best_p(0.2, 1, 1) == pytest.approx(0.2)
    assert bound_best_p(0.05, 1, 10) == pytest.approx(1 - 0.95**10)
    grid = list(itertools.product([True, False], repeat=5))
    by_hand = sum(0.3 ** sum(hit) * 0.7 ** (5 - sum(hit)) for hit in grid if sum(hit) >= 4)
    assert bound_best_p(0.3, 4, 5) == pytest.approx(by_hand)
    with pytest.raises(InferenceError):
        bound_best_p(0.3, 4, 3)


def blocks(seed=3, n_cases=3):
    rng = np.random.default_rng(seed)
    treated = [rng.normal(size=8 - k) for k in range(n_cases)]
    donors = [rng.normal(size=(12, own.size)) for own in treated]
    return treated, donors


def test_no_pooling_is_one_synthetic_control_a_case():
    treated, donors = blocks()
    for own, others, weights in zip(treated, donors, fit_partially_pooled_weights(treated, donors, 0.0), strict=True):
        alone = fit_simplex_weights(others.T, own)
        loss = [((own - w @ others) ** 2).sum() for w in (weights, alone)]
        assert loss[0] == pytest.approx(loss[1], rel=1e-6)


def test_pooling_trades_separate_for_average_balance():
    treated, donors = blocks()
    found = [
        compute_imbalances(treated, donors, fit_partially_pooled_weights(treated, donors, v)) for v in (0.0, 0.5, 1.0)
    ]
    averages, separate = zip(*found, strict=True)
    assert averages[0] >= averages[1] >= averages[2] - 1e-9
    assert separate[0] <= separate[1] <= separate[2] + 1e-9


def test_pooling_is_a_share():
    treated, donors = blocks()
    with pytest.raises(EstimationError, match="between 0 and 1"):
        fit_partially_pooled_weights(treated, donors, 1.5)
