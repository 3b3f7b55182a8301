"""Simultaneous bands hold all effects at once as often as they say, at 100 clusters and fewer."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.wild import Multiplier

REPETITIONS = 400
# Three binomial standard errors of a coverage of 95 %.
BINOMIAL = 3 * (0.95 * 0.05 / REPETITIONS) ** 0.5


def made(n_units: int, seed: int) -> Design:
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([range(n_units), range(10)], names=["unit", "period"])
    shocks = np.zeros((n_units, 10))
    for t in range(10):
        shocks[:, t] = (0.6 * shocks[:, t - 1] if t else 0) + rng.normal(size=n_units)
    onset = np.where(np.arange(n_units) % 2 == 0, np.inf, 5.0)
    panel = Panel.from_frame(index.to_frame(index=False).assign(y=shocks.ravel()), unit="unit")
    return Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="y", window=(-5, 4))


@pytest.mark.slow
@pytest.mark.parametrize("method", [Clustered(draws=2999), Multiplier(draws=999)], ids=["plug-in", "multiplier"])
@pytest.mark.parametrize("n_units", [50, 100])
def test_coverage_is_within_simulation_error(method, n_units) -> None:
    held = 0
    for seed in range(REPETITIONS):
        bands = method.infer(fit(TWFE(), made(n_units, seed)), "event", np.random.default_rng(seed))
        free = bands.se > 0
        held += bool(((bands.simultaneous_low <= 0) & (bands.simultaneous_high >= 0))[free].all())
    assert abs(held / REPETITIONS - 0.95) < BINOMIAL
