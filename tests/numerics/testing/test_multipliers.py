"""Multipliers kept as bits against the same multipliers written out, and their moments."""

import numpy as np
import pytest

from twintrade.numerics.testing import DRAWS_AT_ONCE, TWO_POINTS, draw_multipliers

# Sums of 700 products in another order.
ROUNDING = 1e-11


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261125)


@pytest.mark.parametrize("weights", TWO_POINTS)
@pytest.mark.parametrize("n_draws", [1, 13, DRAWS_AT_ONCE, DRAWS_AT_ONCE + 77])
def test_products_equal_those_written_out(rng, weights, n_draws) -> None:
    values = rng.normal(size=(700, 5))
    items = rng.permutation(1000)[:700]
    blocks = list(draw_multipliers(rng, n_draws, 1000, weights))
    found = np.vstack([block.times(values, items) for block in blocks])
    assert found.shape == (n_draws, 5)
    slow = np.array([[m[items] @ column for column in values.T] for block in blocks for m in block.dense()])
    assert np.abs(found - slow).max() < ROUNDING


@pytest.mark.parametrize("weights", TWO_POINTS)
def test_mean_zero_and_variance_one(rng, weights) -> None:
    drawn = np.vstack([block.dense() for block in draw_multipliers(rng, 600, 997, weights)])
    assert drawn.shape == (600, 997)
    assert abs(drawn.mean()) < 5 / np.sqrt(drawn.size)
    assert drawn.var() == pytest.approx(1.0, abs=0.02)
    if weights == "mammen":
        assert (drawn**3).mean() == pytest.approx(1.0, abs=0.05)


def test_two_values_of_mean_zero_and_variance_one() -> None:
    for first, second, probability in TWO_POINTS.values():
        assert first * (1 - probability) + second * probability == pytest.approx(0.0, abs=1e-15)
        assert first**2 * (1 - probability) + second**2 * probability == pytest.approx(1.0, abs=1e-15)


def test_multipliers_of_different_draws_and_items_are_unrelated(rng) -> None:
    drawn = np.vstack([block.dense() for block in draw_multipliers(rng, 4000, 24, "rademacher")])
    limit = 5 / np.sqrt(4000)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(24)).max() < limit
    assert np.abs((drawn[1:] * drawn[:-1]).mean(axis=0)).max() < limit
    half = DRAWS_AT_ONCE
    assert np.abs((drawn[half : 2 * half] * drawn[:half]).mean(axis=0)).max() < 5 / np.sqrt(half)
