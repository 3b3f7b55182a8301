"""How often the interval of a ratio of totals holds a proportional effect that is the same for all, by randomization.

Panels of ``agreement_panels`` with zeros or small pairs noisier. TWINTRADE_SIMULATIONS sets the number of panels.
"""

import os

import numpy as np
import pytest

from benchmarks.agreement_panels import Cell, assign, draw_flows
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.randomization import Randomization

pytestmark = pytest.mark.slow
N_PANELS = int(os.environ.get("TWINTRADE_SIMULATIONS", "60"))
EFFECT = 0.4
AT_LEAST = 0.93 - 2 * np.sqrt(0.05 * 0.95 / N_PANELS)
CELLS = {
    "5 scattered, by size": Cell(5, "scattered", "by size", 0.6, 10, "two_way"),
    "15 in few cities, zeros": Cell(15, "few cities", "heavy, zeros", 0.6, 10, "gravity"),
}


def measure(cell, n, draws=39):
    """Return the share of panels whose interval holds the effect, and of finite intervals."""
    holds, finite = [], []
    for panel in range(n):
        rng = cell.seed(11, panel)
        made = assign(cell, rng)
        flows = draw_flows(made, rng) * np.exp(EFFECT * made.is_treated)
        fitted = fit(Imputation(family="poisson", measure="percent"), made.design(flows, "level"))
        bands = Randomization(draws=draws).infer(fitted, "overall", rng)
        low, high = float(bands.low[0]), float(bands.high[0])
        assert ((low > 0) or (high < 0)) == (bands.p[0] <= 0.05)
        holds.append(low <= 100 * np.expm1(EFFECT) <= high)
        finite.append(np.isfinite(high - low))
    return float(np.mean(holds)), float(np.mean(finite))


@pytest.mark.parametrize("cell", CELLS)
def test_intervals_of_ratios_hold_a_constant_proportional_effect(cell) -> None:
    assert measure(CELLS[cell], N_PANELS)[0] >= AT_LEAST
