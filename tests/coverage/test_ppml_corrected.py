"""Three-way PPML with few cities and partners: the correction moves the interval towards its nominal coverage."""

import numpy as np
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.ppml import PPML
from twintrade.estimators.ppml_corrected import PPMLCorrected
from twintrade.inference.clustered import Clustered
from twintrade.inference.weidner_zylkin import WeidnerZylkin

EFFECT = 0.5
N_PERIODS = 5


def drawn(rng, size):
    """One panel: lognormal errors with mean one, variance equal to the mean, and some memory."""
    i, j, t = (a.ravel() for a in np.meshgrid(np.arange(size), np.arange(size), np.arange(N_PERIODS), indexing="ij"))
    city, partner = rng.normal(0, 0.25, (2, size, N_PERIODS))
    dyad = rng.normal(0, 0.5, (size, size))
    onset = np.where(rng.random((size, size)) < 0.5, rng.integers(1, N_PERIODS, (size, size)), np.inf)
    mean = np.exp(city[i, t] + partner[j, t] + dyad[i, j] + EFFECT * (t >= onset[i, j]))
    noise = np.empty((size, size, N_PERIODS))
    noise[..., 0] = rng.normal(size=(size, size))
    for s in range(1, N_PERIODS):
        noise[..., s] = 0.3 * noise[..., s - 1] + np.sqrt(0.91) * rng.normal(size=(size, size))
    spread = np.log1p(1 / mean)
    names = np.array([f"c{k:03d}" for k in range(size)], dtype=object)
    units = np.array([f"{a}-{b}" for a in names for b in names], dtype=object)
    panel = Panel(
        units=units,
        unit=i * size + j,
        period=t,
        unit_city=np.repeat(np.arange(size), size),
        unit_partner=np.tile(np.arange(size), size),
        cities=names,
        partners=names,
        columns={"y": mean * np.exp(np.sqrt(spread) * noise[i, j, t] - spread / 2)},
    )
    treatment = Treatment(units, onset.ravel())
    return Design(panel=panel, treatment=treatment, outcome="y", fixed_effects="gravity", clusters=("unit",))


def coverage(size, n_draws, seed):
    rng = np.random.default_rng(seed)
    hits, errors = np.zeros((n_draws, 2)), np.zeros((n_draws, 2))
    for d in range(n_draws):
        design = drawn(rng, size)
        plain = Clustered().infer(fit(PPML("static"), design), "overall", rng)
        corrected = WeidnerZylkin(draws=99).infer(fit(PPMLCorrected("static"), design), "overall", rng)
        for k, bands in enumerate((plain, corrected)):
            hits[d, k] = bands.low[0] <= EFFECT <= bands.high[0]
            errors[d, k] = bands.estimate.effects[0] - EFFECT
    return hits.mean(axis=0), errors.mean(axis=0), errors.std(axis=0) / np.sqrt(n_draws)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "n_draws"), [(20, 400), (40, 100)])
def test_corrected_intervals_cover_more_and_are_centered(size, n_draws):
    hits, bias, error = coverage(size, n_draws, seed=20 + size)
    assert hits[1] > hits[0]
    assert hits[1] >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / n_draws)
    assert abs(bias[1]) <= 3 * error[1]
    assert abs(bias[1]) < abs(bias[0]) or abs(bias[0]) <= error[0]


def test_one_draw_moves_the_estimate_and_widens_the_interval():
    design = drawn(np.random.default_rng(3), 8)
    rng = np.random.default_rng(0)
    plain = Clustered(correction="none").infer(fit(PPML("static"), design), "overall", rng)
    corrected = WeidnerZylkin(draws=99).infer(fit(PPMLCorrected("static"), design), "overall", rng)
    assert corrected.se[0] > plain.se[0]
    shown = corrected.estimate.sample.statistics["bias after onset"]
    assert plain.estimate.effects[0] - corrected.estimate.effects[0] == pytest.approx(shown)
    assert shown != 0
