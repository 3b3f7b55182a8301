"""Errors estimated from rows before the first agreement are those that the rows were drawn with."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.study.registering.outcomes import STATED, Shocks, draw_outcome, estimate_shocks

CITIES, PARTNERS, YEARS, ONSET = 30, 20, 14, 2010
DRAWN = replace(STATED, zeros=0.10)
# Standard deviations over 20 seeds: .007 for pairs, .018 for cities, .012 for partners, .022 for serial correlation.
WITHIN = {"pair": 0.02, "city": 0.05, "partner": 0.04, "serial": 0.08, "zeros": 0.02, "size": 0.12}


@pytest.fixture(scope="module")
def panel():
    names = [f"c{k:02d}" for k in range(CITIES)], [f"p{k:02d}" for k in range(PARTNERS)], range(2000, 2000 + YEARS)
    frame = pd.MultiIndex.from_product(names, names=["city", "partner", "period"]).to_frame(index=False)
    return Panel.from_frame(frame, city="city", partner="partner")


def build_design(panel, y):
    onset = pd.Series(np.where(np.arange(panel.n_units) % 10 == 0, ONSET, np.inf), index=panel.units)
    return Design(panel=replace(panel, columns={"flow": y}), treatment=Treatment.from_series(onset), outcome="flow")


def test_what_was_drawn_is_estimated(panel):
    y = draw_outcome(panel, Shocks(DRAWN), np.random.default_rng(4))
    errors = estimate_shocks(build_design(panel, y)).errors
    assert {name: getattr(errors, name) for name in WITHIN} == {
        name: pytest.approx(getattr(DRAWN, name), abs=within) for name, within in WITHIN.items()
    }
    assert (errors.n_periods, errors.n_rows) == (ONSET - 2000, CITIES * PARTNERS * (ONSET - 2000))


def test_series_of_every_fourth_year_correlate_from_one_to_the_next(panel):
    y = draw_outcome(panel, Shocks(DRAWN), np.random.default_rng(4))
    yearly = build_design(panel, y)
    sparse = replace(panel, period=2000 + 4 * (panel.period - 2000))
    later = Treatment.from_series(pd.Series(2000 + 4 * (yearly.onset - 2000), index=panel.units))
    every_fourth = replace(build_design(sparse, y), treatment=later)
    assert estimate_shocks(every_fourth).errors.serial == pytest.approx(estimate_shocks(yearly).errors.serial)


def test_pairs_keep_their_sizes_and_what_they_never_traded(panel):
    y = draw_outcome(panel, Shocks(STATED), np.random.default_rng(5))
    y[panel.unit == 7] = 0.0
    shocks = estimate_shocks(build_design(panel, y))
    drawn = draw_outcome(panel, shocks, np.random.default_rng(6))
    assert (drawn[panel.unit == 7] == 0).mean() > 0.8
    means = [np.bincount(panel.unit, values) for values in (y, drawn)]
    assert np.corrcoef(np.log(means[0] + 1), np.log(means[1] + 1))[0, 1] > 0.95
