"""Simulated series: the same for a seed, and with an effect only where one is planted."""

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.study.spec.analysis import PlantedEffect, SimulatedTrade, simulate_trade

OPTIONS = {"seed": 3, "cities": ("A", "B"), "partners": ("GBR", "FRA"), "first": 2000, "last": 2009}


def drawn(**changes):
    return simulate_trade(SimulatedTrade(**{**OPTIONS, **changes}), "city", "partner", "year", "value")


def test_a_seed_gives_one_table_and_another_seed_another():
    assert drawn().equals(drawn())
    assert not drawn().equals(drawn(seed=4))
    assert len(drawn()) == 2 * 2 * 10
    assert (drawn()["value"] > 0).all()


def test_a_planted_effect_moves_its_rows_by_its_size_and_no_others():
    plain, planted = drawn(), drawn(effect=0.5, effect_on=("A-GBR",), effect_from=2005)
    changed = (plain["city"] == "A") & (plain["partner"] == "GBR") & (plain["year"] >= 2005)
    ratio = np.log(planted["value"] / plain["value"])
    # Values are rounded to whole dollars of some ten millions.
    np.testing.assert_allclose(ratio[changed], 0.5, atol=1e-6)
    assert (ratio[~changed] == 0).all()


def test_further_effects_add_to_the_first_in_their_own_rows():
    also = (PlantedEffect(effect=0.3, effect_on=("A-GBR", "B-FRA"), effect_from=2007),)
    plain, planted = drawn(), drawn(effect=0.5, effect_on=("A-GBR",), effect_from=2005, also=also)
    dyad, year = plain["city"] + "-" + plain["partner"], plain["year"]
    wanted = 0.5 * ((dyad == "A-GBR") & (year >= 2005)) + 0.3 * (dyad.isin(["A-GBR", "B-FRA"]) & (year >= 2007))
    np.testing.assert_allclose(np.log(planted["value"] / plain["value"]), wanted, atol=1e-6)


@loop_over(
    "changes",
    [
        {"seed": -1},
        {"cities": ()},
        {"last": 2000},
        {"level": 0.0},
        {"noise": -1.0},
        {"effect": 0.5},
        {"effect_on": ("A-USA",)},
        {"also": (PlantedEffect(effect=0.5, effect_on=("A-USA",), effect_from=2005),)},
    ],
)
def test_what_cannot_be_drawn_is_refused(changes):
    with pytest.raises(ValueError):
        SimulatedTrade(**{**OPTIONS, **changes})
