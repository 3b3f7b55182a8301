"""Size of a single case's rank where small pairs are noisier: gaps over each case's noise, beside gaps as they are.

TWINTRADE_SIMULATIONS sets the number of panels.
"""

import os

import numpy as np
import pytest
from scipy.special import ndtri

from twintrade.design.case import Case
from twintrade.diagnostics.single_case.placebo_space import PlaceboPaths, estimate_placebo_paths
from twintrade.estimators.synthetic_control import DoubleRatio, SyntheticControl, SyntheticDid
from twintrade.numerics.testing import compute_placebo_rank, fit_random_effects

pytestmark = pytest.mark.slow
N_PANELS = int(os.environ.get("TWINTRADE_SIMULATIONS", "200"))
N_CITIES, N_PARTNERS, N_PERIODS, ONSET = 6, 8, 14, 8
RATIO = 2.4
"""Noise of the smallest third over that of the largest, as in the bundled data."""
METHODS = {
    "double ratio": (DoubleRatio(), True),
    "synthetic control": (SyntheticControl(demeaned=True), False),
    "synthetic DiD": (SyntheticDid(min_before=4), False),
}


def draw_case(rng: np.random.Generator, third: str, is_level: bool) -> Case:
    """Flows of cities and partners with AR(.5) errors; the treated one is drawn from a third by size."""
    n = N_CITIES * N_PARTNERS
    city, partner = np.repeat(np.arange(N_CITIES), N_PARTNERS), np.tile(np.arange(N_PARTNERS), N_CITIES)
    size = sum(
        rng.normal(0, 0.8, k)[code] for k, code in ((N_CITIES, city), (N_PARTNERS, partner), (n, np.arange(n)))
    )
    score = ndtri((np.argsort(np.argsort(size)) + 0.5) / n)
    errors = rng.normal(size=(n, N_PERIODS))
    for t in range(1, N_PERIODS):
        errors[:, t] = 0.5 * errors[:, t - 1] + np.sqrt(0.75) * errors[:, t]
    common = sum(
        rng.normal(0, 0.1, (k, N_PERIODS)).cumsum(1)[c] for k, c in ((N_CITIES, city), (N_PARTNERS, partner))
    )
    logs = 10 + size[:, None] + common + 0.2 * np.exp(-np.log(RATIO) / 2 * score / 0.97)[:, None] * errors
    order = np.argsort(size)
    treated = int(rng.choice(order[: n // 3] if third == "small" else order[-(n // 3) :]))
    rows = np.append(treated, np.delete(np.arange(n), treated))
    return Case(
        values=(np.exp(logs) if is_level else logs)[rows],
        units=np.array([f"u{k:02d}" for k in range(n)], dtype=object),
        periods=np.arange(N_PERIODS),
        onset=ONSET,
        anticipation=0,
        city=city[rows],
        partner=partner[rows],
        predictors=np.empty((n, 0)),
    )


def measure(method: str, third: str, n: int = N_PANELS) -> tuple[float, float]:
    """Return how often a true null is rejected at 10 %: over noise, and with gaps as they are."""
    rng = np.random.default_rng(1)
    estimator, is_level = METHODS[method]
    scaled, raw = [], []
    for _ in range(n):
        paths = estimate_placebo_paths(estimator, draw_case(rng, third, is_level))
        scaled.append(paths.rank().p <= 0.1 + 1e-9)
        raw.append(rank_raw(paths) <= 0.1 + 1e-9)
    print(f"{method}, {third} pair: {np.mean(scaled):.3f} over noise, {np.mean(raw):.3f} as they are")
    return float(np.mean(scaled)), float(np.mean(raw))


def rank_raw(paths: PlaceboPaths) -> float:
    moves = np.abs(np.nanmean(paths.gaps[:, paths.case.is_after], axis=1))
    return compute_placebo_rank(float(moves[0]), moves[1:]).p


@pytest.mark.parametrize("method", METHODS)
def test_small_and_large_pairs_are_rejected_alike(method):
    n = N_PANELS if method == "double ratio" else N_PANELS // 2
    rates = {third: measure(method, third, n) for third in ("small", "large")}
    error = np.sqrt(0.1 * 0.9 / n)
    assert all(rate <= 0.13 + error for rate, _ in rates.values())
    assert all(rate >= 0.05 - error for rate, _ in rates.values())
    assert rates["small"][1] - rates["large"][1] > 0.05  # what the noise is measured for


def test_a_mean_over_cases_weighs_them_by_their_own_noise():
    """Half of the cases small, half large: variances differ, and the mean's interval keeps its level."""
    rng = np.random.default_rng(5)
    rejected, ratio = [], []
    for _ in range(N_PANELS // 4):
        effects, variances = [], []
        for third in ("small", "small", "small", "large", "large", "large"):
            paths = estimate_placebo_paths(DoubleRatio(), draw_case(rng, third, True))
            effects.append(paths.effect)
            variances.append(float(np.mean(paths.placebo_moves**2)))
        mean = fit_random_effects(np.array(effects), np.array(variances), 0.95)
        rejected.append(mean.low > 0 or mean.high < 0)
        ratio.append(np.mean(variances[:3]) / np.mean(variances[3:]))
    assert np.mean(rejected) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / len(rejected))
    assert np.median(ratio) > 2
