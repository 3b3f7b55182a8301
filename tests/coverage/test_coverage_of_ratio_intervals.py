"""How often the interval of a ratio holds a proportional effect that is the same for all, by randomization.

Panels of ``agreement_panels`` with zeros or small pairs noisier. TWINTRADE_SIMULATIONS sets the number of panels.
"""

import os

import numpy as np
import pytest

from benchmarks.agreement_panels import Cell, assign, draw_flows
from twintrade.errors import EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.inference.randomization import Randomization

pytestmark = pytest.mark.slow
N_PANELS = int(os.environ.get("TWINTRADE_SIMULATIONS", "60"))
EFFECT = 0.4
METHODS = {
    "imputation, total": Imputation(family="poisson", measure="percent"),
    "imputation, average pair": Imputation(family="poisson"),
    "cells, total": ETWFE(family="poisson", measure="percent"),
    "regression": PPML(shape="static"),
}
AT_LEAST = 0.93 - 2 * np.sqrt(0.05 * 0.95 / N_PANELS)
CELLS = {
    "5 scattered, by size": Cell(5, "scattered", "by size", 0.6, 10, "two_way"),
    "15 in few cities, zeros": Cell(15, "few cities", "heavy, zeros", 0.6, 10, "gravity"),
}


def measure(cell, method, n, draws=39):
    """Return the shares of intervals that hold the effect, that are finite and that leave zero out."""
    holds, finite, rejects = [], [], []
    for panel in range(n):
        rng = cell.seed(11, panel)
        made = assign(cell, rng)
        flows = draw_flows(made, rng) * np.exp(EFFECT * made.is_treated)
        try:
            fitted = fit(METHODS[method], made.design(flows, "level"))
        except EstimationError:
            # Zeros leave a cell without a log ratio.
            continue
        bands = Randomization(draws=draws).infer(fitted, "overall", rng)
        low, high = float(bands.low[0]), float(bands.high[0])
        assert ((low > 0) or (high < 0)) == (bands.p[0] <= 0.05)
        truth = 100 * np.expm1(EFFECT) if fitted.estimate.scale == "percent" else EFFECT
        holds.append(low <= truth <= high)
        finite.append(np.isfinite(high - low))
        rejects.append(bands.p[0] <= 0.05)
    return tuple(float(np.mean(shares)) for shares in (holds, finite, rejects))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cell", CELLS)
def test_intervals_of_ratios_hold_a_constant_proportional_effect(cell, method) -> None:
    assert measure(CELLS[cell], method, N_PANELS)[0] >= AT_LEAST
