"""Jumps of any factor are told where a series' own variation does not explain them, and seldom elsewhere."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.data.calendar import Frequency
from twintrade.data.doubts import find_jumps, warn_of_jumps
from twintrade.data.sources.faults import Faults

CITIES, PARTNERS, YEARS, AT = 7, 12, range(2000, 2014), 7
SPIKE = 1.2e16


def draw(rng, spread, df, zeros=0.2, persistence=0.7):
    """Exports of cities to partners: heavy-tailed AR(1) in logs, with zeros; one calm pair without (C0–P0)."""
    noise = rng.standard_t(df, (CITIES, PARTNERS, len(YEARS) + 10)) * spread
    noise[0, 0] = rng.standard_t(5, noise.shape[2]) * 0.25
    logs = np.zeros_like(noise)
    for t in range(1, logs.shape[2]):
        logs[..., t] = persistence * logs[..., t - 1] + noise[..., t]
    values = np.floor(np.exp(logs[..., 10:] + rng.normal(12, 2, (CITIES, PARTNERS, 1))))
    is_zero = rng.random(values.shape) < zeros
    is_zero[0, 0] = False
    values[0, 0] = np.floor(np.exp(logs[0, 0, 10:] + 15))
    return np.where(is_zero, 0.0, values)


def lay_out(values):
    names = pd.MultiIndex.from_product(
        [[f"C{i}" for i in range(CITIES)], [f"P{i:02}" for i in range(PARTNERS)], YEARS],
        names=["city", "partner", "period"],
    )
    return pd.Series(values.ravel(), names, name="value").reset_index()


def shift(place, factor):
    def change(values):
        values[place][..., AT:] *= factor

    return change


def spike(values):
    values[0, 0, AT] = SPIKE


def spike_of_a_city(values):
    values[0, :, AT] *= 100


def whole_file(values):
    values[..., AT:] *= 1e4


CASES = {
    "city, ten-fold": (shift((0,), 10), "C0", 1.0),
    "city, 100-fold": (shift((0,), 100), "C0", 1.0),
    "city, 3,846-fold": (shift((0,), 3846), "C0", 1.0),
    "city, ten-thousandth": (shift((0,), 1e-4), "C0", 1.0),
    "city, million-fold": (shift((0,), 1e6), "C0", 1.0),
    "city, 100-fold for a year": (spike_of_a_city, "C0", 1.0),
    "pair, 3,846-fold": (shift((0, 0), 3846), "C0", 0.9),
    "pair, 10,000-fold": (shift((0, 0), 1e4), "C0", 0.9),
    "pair, million-fold": (shift((0, 0), 1e6), "C0", 1.0),
    "one figure of 1.2e16": (spike, "C0", 1.0),
    "whole file, 10,000-fold": (whole_file, "C1", 1.0),
}


@loop_over("name", CASES)
def test_a_jump_is_found_in_its_year(name):
    change, city, least = CASES[name]
    rng = np.random.default_rng(11)
    hits = []
    for _ in range(10):
        values = draw(rng, 0.3, 4)
        change(values)
        hits.append(any(j.city == city and j.period == YEARS[AT] for j in find_jumps(lay_out(values))))
    assert np.mean(hits) >= least


def test_false_alarms_are_rare():
    """Per pair of heavy-tailed flows with zeros, and of the calm pair, in 40 tables of each kind without a jump."""
    rng = np.random.default_rng(12)
    for spread, df, most in ((0.3, 30, 0.0005), (0.4, 4, 0.002), (0.8, 4, 0.002)):
        jumps = [find_jumps(lay_out(draw(rng, spread, df))) for _ in range(40)]
        large = [j for found in jumps for j in found if not j.is_small]
        assert len(large) <= most * 40 * CITIES * PARTNERS
        # A small one is said only where an agreement begins in the same year.
        assert sum(map(len, jumps)) - len(large) <= 0.001 * 40 * CITIES * PARTNERS * (len(YEARS) - 1)
        assert not any(j.partner == "" or (j.city, j.partner) == ("C0", "P00") for found in jumps for j in found)


def test_ten_times_a_calm_pair_from_one_year_on_is_a_small_jump():
    """Of 40 pairs whose figures move by a tenth, nearly every one is found; none without the jump."""
    found = {1: [], 10: []}
    for factor, hits in found.items():
        rng = np.random.default_rng(13)
        for _ in range(40):
            values = np.exp(rng.normal(15, 0.1, (CITIES, PARTNERS, len(YEARS))))
            shift((0, 0), factor)(values)
            jumps = find_jumps(lay_out(values))
            hits.append(any((j.partner, j.period, j.is_small) == ("P00", YEARS[AT], True) for j in jumps))
    assert sum(found[10]) >= 36
    assert not any(found[1])


@pytest.mark.parametrize(
    ("factor", "said"), [(1e4, "near ten thousand, 万"), (3846, "3,846-fold;"), (1e2, "a hundred")]
)
def test_the_factor_is_named(factor, said):
    """A pair that grows by a tenth a year, and the year in which its unit changes."""
    frame = pd.DataFrame({"city": "Lyon", "partner": "GBR", "period": range(2000, 2010)})
    frame["value"] = 1000.0 * 1.1 ** np.arange(10) * np.where(frame["period"] > 2004, factor / 1.1, 1)
    faults = Faults()
    warn_of_jumps(find_jumps(frame), Frequency.YEAR, [], faults)
    ((message),) = faults.messages
    assert "Lyon–GBR in 2005" in message.message
    assert said in message.message + ";"


def test_short_and_constant_series_are_no_jumps():
    frame = pd.DataFrame({"city": ["A"] * 3 + ["B"] * 3, "partner": "GBR", "period": [0, 1, 2] * 2})
    assert find_jumps(frame.assign(value=[5.0, 5, 5, 0, 0, 7])) == ()
    assert find_jumps(frame.assign(value=0.0)) == ()
