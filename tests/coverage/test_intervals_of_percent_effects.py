"""How often intervals of three percent effects, of the chance to trade, and bounds hold what they are about."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.mechanisms.outcomes import PercentEffects
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.clustered import Clustered

CITIES, PARTNERS, YEARS, FIRST, CHANCE = 16, 14, 12, 7, 0.1
TOTALS = Imputation(family="poisson", measure="percent")
BY_PAIR = Clustered(by=("unit",))


def draw_pairs(rng, n, years):
    """Log size, log effect (large pairs gain less), and mean noise after the agreement."""
    size = rng.normal(size=n)
    return size, 0.2 - 0.1 * size + 0.25 * rng.normal(size=n), rng.gamma(8, 1 / 8, (n, years))


@cache
def find_truths():
    """What the three effects are among all pairs that could be drawn, with predictions free of error."""
    size, effect, noise = draw_pairs(np.random.default_rng(99), 400_000, YEARS - FIRST)
    ratio, weight = np.exp(effect) * noise.mean(axis=1), np.exp(size)
    row_average = np.exp((effect[:, None] + np.log(noise)).mean())
    return 100 * (np.array([weight @ ratio / weight.sum(), ratio.mean(), row_average]) - 1)


def draw_panel(rng, treated, *, is_sparse):
    """Flows with city and partner shocks; with gaps, a third of the rows have none and an agreement begins some."""
    n = CITIES * PARTNERS
    c, p, t = (a.ravel() for a in np.indices((CITIES, PARTNERS, YEARS)))
    pair = c * PARTNERS + p
    size, effect, noise = draw_pairs(rng, n, YEARS)
    signed = np.zeros(n, dtype=bool)
    signed[rng.choice(n, treated, replace=False)] = True
    after = signed[pair] & (t >= FIRST)
    index = size[pair] + 0.1 * rng.normal(size=(CITIES, YEARS))[c, t] + 0.1 * rng.normal(size=(PARTNERS, YEARS))[p, t]
    y = np.exp(3 + index + effect[pair] * after) * noise.ravel()
    if is_sparse:
        chance = rng.uniform(0.5, 0.8, n)[pair]
        y = y * (rng.random(y.size) < chance + CHANCE * after)
    frame = pd.DataFrame({"city": c, "partner": p, "period": 2000 + t, "y": y})
    frame["dyad"] = [f"{i:02d}-{j:02d}" for i, j in zip(c, p, strict=True)]
    onset = pd.Series(np.where(signed, 2000.0 + FIRST, np.inf), index=frame["dyad"].drop_duplicates().to_numpy())
    return Design(
        panel=Panel.from_frame(frame, unit="dyad", city="city", partner="partner"),
        treatment=Treatment.from_series(onset),
        outcome="y",
        fixed_effects="gravity",
    )


def hold(seeds, treated, *, is_sparse=False):
    """Effects, and whether intervals hold the truth: of three readings, with gaps of the chance and bounds too."""
    truths = np.append(find_truths(), [100 * CHANCE, 100 * np.expm1(0.2)])
    effects, held = [], []
    for seed in seeds:
        rng = np.random.default_rng([seed, treated])
        fitted = fit(TOTALS, draw_panel(rng, treated, is_sparse=is_sparse))
        table = PercentEffects().check(fitted, BY_PAIR, rng).table
        effects.append(table["effect"])
        held.append((table["low"] <= truths[: len(table)]) & (truths[: len(table)] <= table["high"]))
    return np.array(effects), np.array(held)


def test_intervals_hold_the_three_effects():
    effects, held = hold(range(8), 40)
    assert held.mean() > 0.8
    assert (np.abs(effects.mean(axis=0) - find_truths()) < 4 * effects.std(axis=0) / np.sqrt(8)).all()
    assert find_truths()[1] > find_truths()[2] + 8


@pytest.mark.slow
@pytest.mark.parametrize("treated", [12, 40])
def test_intervals_hold_the_three_effects_and_the_chance_to_trade(treated):
    n = 100
    least = 0.95 - 3 * np.sqrt(0.05 * 0.95 / n) - (0.05 if treated < 20 else 0.0)
    assert (hold(range(n), treated)[1].mean(axis=0) > least).all()
    assert hold(range(n), treated, is_sparse=True)[1][:, 3].mean() > least
