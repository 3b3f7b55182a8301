"""Size and coverage with one treated unit: exact where the theory says so, flagged where it does not.

TWINTRADE_SIMULATIONS sets the number of draws. Flows with two ends, drawn by
benchmarks/size_single_case.py, are in docs/lab/size_of_tests.md.
"""

import os

import numpy as np
import pandas as pd
import pytest
from single_cases import factor_matrix

from twintrade.design import Design, Panel, Treatment
from twintrade.design.case import Case
from twintrade.diagnostics.single_case.placebo_space import estimate_placebo_paths
from twintrade.estimators.base import fit
from twintrade.estimators.synthetic_control import SyntheticControl
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.conformal import PredictionIntervals, compute_null_residuals
from twintrade.inference.conley_taber import ConleyTaber, FermanPinto
from twintrade.inference.randomization import Randomization
from twintrade.numerics.series import compute_moving_block_p

pytestmark = pytest.mark.slow
N_SIMULATIONS = int(os.environ.get("TWINTRADE_SIMULATIONS", "500"))


def within(rate, nominal, n=N_SIMULATIONS):
    """Whether a simulated rate lies within three binomial errors of the nominal one."""
    return abs(rate - nominal) <= 3 * np.sqrt(nominal * (1 - nominal) / n)


def case_of(values, onset):
    n_units, n_periods = values.shape
    zeros = np.zeros(n_units, dtype=np.int64)
    return Case(
        values=values,
        units=np.array([f"u{i}" for i in range(n_units)], dtype=object),
        periods=np.arange(n_periods),
        onset=onset,
        anticipation=0,
        city=zeros,
        partner=np.arange(n_units),
        predictors=np.empty((n_units, 0)),
    )


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_placebo_ranks_have_their_size(rho):
    """Exchangeable units with two factors and AR(1) errors; 19 donors, so a rank of 1 or 2 has probability 0.10."""
    rng = np.random.default_rng(100 + int(10 * rho))
    shift, ratio = [], []
    for _ in range(N_SIMULATIONS):
        paths = estimate_placebo_paths(SyntheticControl(), case_of(factor_matrix(rng, 20, 25, rho=rho), 20))
        shift.append(paths.rank().p <= 0.1 + 1e-9)
        ratio.append(paths.rmspe_rank().p <= 0.1 + 1e-9)
    print(f"placebo size at 0.10, rho {rho}: mean gap {np.mean(shift):.3f}, RMSPE ratio {np.mean(ratio):.3f}")
    assert within(np.mean(shift), 0.1)
    assert within(np.mean(ratio), 0.1)


@pytest.mark.parametrize(("rho", "n_after"), [(0.0, 1), (0.0, 5), (0.5, 1), (0.5, 5)])
def test_conformal_intervals_cover_under_stationary_errors(rho, n_after):
    """The true effect is covered when its p-value exceeds 0.1: donors and weights are right, errors stationary."""
    rng = np.random.default_rng(200 + int(10 * rho) + n_after)
    covered = []
    for _ in range(N_SIMULATIONS):
        n_periods = 40 + n_after
        donors = factor_matrix(rng, 10, n_periods, rho=0.0)
        shocks, errors = rng.normal(size=n_periods + 50), np.zeros(n_periods + 50)
        for t in range(1, errors.size):
            errors[t] = rho * errors[t - 1] + shocks[t]
        own = 0.5 * donors[0] + 0.3 * donors[1] + 0.2 * donors[2] + 0.5 * errors[50:]
        own[40:] += 2.0
        case = case_of(np.vstack([own, donors]), n_periods)
        residuals = compute_null_residuals(SyntheticControl(), case, np.arange(n_periods) >= 40, 2.0)
        covered.append(compute_moving_block_p(residuals, n_after) > 0.1)
    print(f"conformal coverage of 0.90, rho {rho}, {n_after} after: {np.mean(covered):.3f}")
    # Discreteness makes it conservative; serial dependence costs a little in 40 periods.
    assert np.mean(covered) >= 0.9 - 3 * np.sqrt(0.09 / N_SIMULATIONS) - (0.03 if rho else 0.0)


def few_treated_design(rng, size, n_treated=1):
    n_units, n_periods = size.size, 12
    # No common factor: scaled by size it would be a trend of its own for small units.
    errors = factor_matrix(rng, n_units, n_periods, rho=0.5, factors=0) - 10
    values = errors / np.sqrt(size)[:, None]
    frame = pd.DataFrame(
        {
            "unit": np.repeat([f"u{i:03d}" for i in range(n_units)], n_periods),
            "year": np.tile(np.arange(n_periods), n_units),
            "y": values.ravel(),
            "size": np.repeat(size, n_periods),
        }
    )
    panel = Panel.from_frame(frame, unit="unit", period="year")
    onset = np.where(np.arange(n_units) < n_treated, 6.0, np.inf)
    return Design(panel=panel, treatment=Treatment(units=panel.units, onset=onset), outcome="y")


def rejections(size_of, seed, methods, n_treated=1):
    rng = np.random.default_rng(seed)
    found = {name: [] for name in methods}
    for _ in range(N_SIMULATIONS):
        fitted = fit(TWFE(shape="static"), few_treated_design(rng, size_of(rng), n_treated))
        for name, method in methods.items():
            found[name].append(method.infer(fitted, "overall", rng).p[0] <= 0.1 + 1e-9)
    return {name: float(np.mean(values)) for name, values in found.items()}


@pytest.mark.parametrize("n_treated", [1, 2, 5])
def test_few_treated_methods_have_their_size_and_clustered_errors_do_not(n_treated):
    methods = {
        "conley_taber": ConleyTaber(draws=999),
        "ferman_pinto": FermanPinto(size="size", draws=999),
        "null free": ConleyTaber(null="free", draws=999),
        "randomization": Randomization(draws=199),
        "clustered": Clustered(draws=99),
    }
    rates = rejections(lambda rng: np.ones(40), 7 + n_treated, methods, n_treated)
    print(f"{n_treated} of 40 treated, alike, rejections at 0.10: {rates}")
    assert all(within(rates[name], 0.1) for name in ("conley_taber", "ferman_pinto", "randomization"))
    assert n_treated < 5 or rates["null free"] > rates["conley_taber"]
    assert n_treated > 1 or rates["clustered"] > 0.5


def test_a_small_treated_unit_needs_the_size_correction():
    def sizes(rng):
        return np.concatenate([[2.0], np.exp(rng.uniform(np.log(2), np.log(100), 59))])

    rates = rejections(sizes, 8, {"conley_taber": ConleyTaber(), "ferman_pinto": FermanPinto(size="size")})
    print("one small of 60 treated:", rates)
    assert rates["conley_taber"] > 0.3
    assert abs(rates["ferman_pinto"] - 0.1) <= 0.06


@pytest.mark.parametrize("n_before", [15, 25])
@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_prediction_intervals_cover(rho, n_before):
    rng = np.random.default_rng(300 + int(10 * rho) + n_before)
    n = n_before + 1
    draws = min(N_SIMULATIONS, 500)
    covered = {"normal": [], "subgaussian": []}
    for _ in range(draws):
        values = factor_matrix(rng, 12, n, rho=rho)
        values[0] = 0.5 * values[1] + 0.5 * values[2] + factor_matrix(rng, 1, n, rho=rho, factors=0)[0] - 10
        values[0, n_before:] += 1.0
        frame = pd.DataFrame(
            {"unit": np.repeat(list("abcdefghijkl"), n), "year": np.tile(range(n), 12), "y": values.ravel()}
        )
        panel = Panel.from_frame(frame, unit="unit", period="year")
        treatment = Treatment(units=panel.units, onset=np.where(panel.units == "a", float(n_before), np.inf))
        fitted = fit(SyntheticControl(), Design(panel=panel, treatment=treatment, outcome="y"))
        for noise, found in covered.items():
            bands = PredictionIntervals(noise=noise, draws=50, level=0.9).infer(fitted, "overall", rng)
            found.append(bands.low[0] < 1.0 < bands.high[0])
    rates = {noise: float(np.mean(found)) for noise, found in covered.items()}
    print(f"prediction intervals of 0.90, {n_before} periods before, rho {rho}: {rates}")
    assert min(rates.values()) >= 0.9 - 3 * np.sqrt(0.09 / draws)
    assert rates["subgaussian"] >= rates["normal"]
