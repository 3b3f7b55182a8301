"""How often the row average of log ratios is called an effect where there is none, and where there is one."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization

METHOD = Imputation(family="poisson", measure="log_ratio")
CITIES, PARTNERS, YEARS = 10, 9, 12
DRAWS, EFFECT = 99, 0.35


def draw_panel(rng, effect: float, zeros: float) -> Design:
    """Eight treated pairs in four cities; noise with heavy tails that lasts and is shared within a city."""
    c, p, t = (a.ravel() for a in np.indices((CITIES, PARTNERS, YEARS)))
    pair, n = c * PARTNERS + p, CITIES * PARTNERS
    shocks = 0.25 * rng.standard_t(4, (n, YEARS)) + 0.1 * rng.standard_t(4, (CITIES, YEARS)).repeat(PARTNERS, axis=0)
    noise = np.empty((n, YEARS))
    noise[:, 0] = shocks[:, 0]
    for year in range(1, YEARS):
        noise[:, year] = 0.6 * noise[:, year - 1] + 0.8 * shocks[:, year]
    size = 1.5 * rng.normal(size=n)
    onset = np.full(n, np.inf)
    for city in rng.choice(CITIES, 4, replace=False):
        onset[city * PARTNERS + rng.choice(PARTNERS, 2, replace=False)] = 2000.0 + rng.integers(4, 9, 2)
    after = 2000 + t >= onset[pair]
    growth = 0.1 * rng.normal(size=(PARTNERS, YEARS)).cumsum(axis=1)[p, t]
    y = np.exp(5 + size[pair] + growth + noise[pair, t] + effect * after)
    # Small pairs have most of the zeros.
    chance = zeros * 2 / (1 + np.exp(size[pair]))
    frame = pd.DataFrame({"city": c, "partner": p, "period": 2000 + t, "y": y * (rng.random(y.size) >= chance)})
    panel = Panel.from_frame(frame.assign(city=[f"c{i}" for i in c]), city="city", partner="partner")
    names = pd.Series(onset, index=[f"c{i // PARTNERS}-{i % PARTNERS}" for i in range(n)])
    treatment = Treatment(panel.units, names.reindex(panel.units).to_numpy())
    return Design(panel=panel, treatment=treatment, outcome="y", fixed_effects="gravity", clusters=("city",))


def count_rejections(seeds, effect: float, zeros: float) -> dict[str, float]:
    """Shares of panels in which each inference rejects no effect, of those by units, and the mean estimate."""
    found = []
    for seed in seeds:
        rng = np.random.default_rng([seed, int(100 * zeros)])
        fitted = fit(METHOD, draw_panel(rng, effect, zeros))
        estimate = float(fitted.view("overall").effects[0])
        one = {"estimate": estimate, "by_unit": fitted.estimate.sample.statistics["is_by_unit"]}
        for name, how in (
            ("by city", Randomization(draws=DRAWS, intervals=False)),
            ("by pair", Randomization(draws=DRAWS, intervals=False, across="units")),
            ("clustered", Clustered()),
        ):
            try:
                one[name] = float(how.infer(fitted, "overall", rng).p[0] <= 0.05)
            except InferenceError:
                one[name] = np.nan
        found.append(one)
    return pd.DataFrame(found).mean().to_dict()


def test_zeros_decide_what_is_averaged_and_no_effect_is_none():
    few, many = (count_rejections(range(4), 0.0, zeros) for zeros in (0.02, 0.12))
    assert few["by_unit"] < 0.5 < many["by_unit"]
    moved = count_rejections(range(4), EFFECT, 0.02)["estimate"] - few["estimate"]
    assert moved == pytest.approx(EFFECT, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("zeros", [0.02, 0.12])
def test_no_effect_is_rejected_in_5_percent_and_one_more_often(zeros):
    n = 100
    most = 0.05 + 3 * np.sqrt(0.05 * 0.95 / n)
    none = count_rejections(range(n), 0.0, zeros)
    assert max(none["by city"], none["by pair"]) <= most
    there = count_rejections(range(40), EFFECT, zeros)
    assert min(there["by city"], there["by pair"]) > 0.4
