"""Adjusted p-values of families of tests, each against its definition written out."""

from itertools import combinations

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.numerics.holm import adjust_holm
from twintrade.numerics.testing import adjust_romano_wolf, adjust_sharpened_q


def rejected_by_holm(p: np.ndarray, level: float) -> set[int]:
    """Go from the smallest p up and stop at the first that is not below level over what remains."""
    out: set[int] = set()
    for step, k in enumerate(np.argsort(p)):
        if p[k] > level / (p.size - step):
            break
        out.add(int(k))
    return out


def rejected_by_closure(p: np.ndarray, level: float) -> set[int]:
    """Reject a test if Bonferroni rejects every set of tests it belongs to."""
    every = [set(c) for n in range(1, p.size + 1) for c in combinations(range(p.size), n)]
    passed = [s for s in every if min(p[k] for k in s) > level / len(s)]
    return {k for k in range(p.size) if not any(k in s for s in passed)}


def n_rejected(p: np.ndarray, level: float) -> int:
    """Benjamini and Hochberg (1995): the largest rank r with p_(r) <= level r / m."""
    ordered = np.sort(p)
    return max((r for r in range(1, p.size + 1) if ordered[r - 1] <= level * r / p.size), default=0)


def rejected_in_two_stages(p: np.ndarray, level: float) -> set[int]:
    """Benjamini, Krieger and Yekutieli (2006), definition 6: the first stage estimates how many nulls are true."""
    first = level / (1 + level)
    found = n_rejected(p, first)
    if 0 < found < p.size:
        found = n_rejected(p, first * p.size / (p.size - found))
    return {int(k) for k in np.argsort(p)[:found]}


@pytest.fixture(params=range(6))
def p(request) -> np.ndarray:
    rng = np.random.default_rng(request.param)
    values = np.concatenate([rng.uniform(0, 0.02, 4), rng.uniform(0, 0.3, 3), rng.uniform(size=3)])
    return np.asarray(rng.permutation(values))


@pytest.mark.parametrize("level", [0.01, 0.05, 0.1, 0.5])
def test_holm_rejects_what_its_definition_and_the_closure_reject(p, level) -> None:
    adjusted = {int(k) for k in np.flatnonzero(adjust_holm(p) <= level)}
    assert adjusted == rejected_by_holm(p, level) == rejected_by_closure(p, level)


def test_a_sharpened_q_is_the_smallest_level_that_two_stages_reject_at(p) -> None:
    expected = np.ones(p.size)
    for level in np.arange(1000, 0, -1) / 1000:
        for k in rejected_in_two_stages(p, level):
            expected[k] = level
    assert adjust_sharpened_q(p) == pytest.approx(expected)


def test_missing_p_values_stay_missing_and_do_not_count() -> None:
    p = np.array([0.01, np.nan, 0.04])
    for adjust in (adjust_holm, adjust_sharpened_q):
        found = adjust(p)
        assert np.isnan(found[1])
        assert found[[0, 2]] == pytest.approx(adjust(p[[0, 2]]))
        assert np.isnan(adjust(np.array([np.nan]))).all()


@loop_over("seed", range(5))
def test_romano_wolf_equals_stepping_down_over_what_remains(seed) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(5, 5))
    drawn = rng.normal(size=(499, 5)) @ root.T / np.sqrt((root**2).sum(axis=1))
    observed = rng.normal(0, 2, 5)
    remaining, floor = set(range(5)), 0.0
    expected = np.empty(5)
    while remaining:
        k = max(remaining, key=lambda j: abs(observed[j]))
        count = sum(max(abs(row[j]) for j in remaining) >= abs(observed[k]) for row in drawn)
        floor = max(floor, (1 + count) / 500)
        expected[k] = floor
        remaining.remove(k)
    assert adjust_romano_wolf(observed, drawn) == pytest.approx(expected)


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.9])
def test_romano_wolf_rejects_any_true_null_as_often_as_it_says(rho) -> None:
    """Six true nulls: one false rejection or more in 5 % of families."""
    rng = np.random.default_rng(4)
    root = np.linalg.cholesky(rho + (1 - rho) * np.eye(6))
    drawn = rng.normal(size=(4999, 6)) @ root.T
    n = 2000
    families = [adjust_romano_wolf(rng.normal(size=6) @ root.T, drawn).min() <= 0.05 for _ in range(n)]
    assert np.mean(families) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / n) + 0.005)
