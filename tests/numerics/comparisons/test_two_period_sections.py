"""Repeated cross-sections: the influence is the derivative with respect to each row's weight."""

from typing import get_args

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.numerics.comparisons.two_period import Method, estimate_change_effect, estimate_sections_effect

DERIVATIVE = 1e-7
"""A central difference with step 1e-5 is good to about 1e-10 of the effect's size."""


def rows(rng, n=240):
    x = rng.normal(size=n)
    treated = (rng.random(n) < 1 / (1 + np.exp(-0.5 * x))).astype(float)
    after = (rng.random(n) < 0.5).astype(float)
    outcome = x * (1 + after) + treated + after + treated * after * (1 + 0.3 * x) + rng.normal(size=n)
    return outcome, after, treated, np.column_stack([np.ones(n), x]), rng.uniform(0.5, 2, n)


def derivative(effect, weights, step=1e-5):
    out = np.empty(weights.size)
    for i in range(weights.size):
        up, down = weights.copy(), weights.copy()
        up[i] += step
        down[i] -= step
        out[i] = (effect(up) - effect(down)) / (2 * step)
    return out * weights


@pytest.mark.parametrize("method", ["regression", "ipw", "doubly_robust"])
def test_sections_influence_is_the_infinitesimal_jackknife(method):
    y, after, treated, x, w = rows(np.random.default_rng(3))
    result = estimate_sections_effect(y, after, treated, x, w, method)
    slow = derivative(lambda v: estimate_sections_effect(y, after, treated, x, v, method).effect, w)
    np.testing.assert_allclose(result.influence, slow, atol=DERIVATIVE)


def test_the_package_convention_differs_in_one_sign_only():
    y, after, treated, x, w = rows(np.random.default_rng(4))
    exact = estimate_sections_effect(y, after, treated, x, w, "doubly_robust")
    package = estimate_sections_effect(y, after, treated, x, w, "doubly_robust", "drdid")
    assert exact.effect == package.effect
    moved = np.flatnonzero(np.abs(exact.influence - package.influence) > 1e-12)
    assert moved.size > 0
    assert ((treated[moved] == 0) & (after[moved] == 0)).all()


@loop_over("method", get_args(Method))
def test_panel_influence_is_the_infinitesimal_jackknife(method):
    y, _, treated, x, w = rows(np.random.default_rng(5))
    result = estimate_change_effect(y, treated, x, w, method)
    slow = derivative(lambda v: estimate_change_effect(y, treated, x, v, method).effect, w)
    np.testing.assert_allclose(result.influence, slow, atol=DERIVATIVE)
