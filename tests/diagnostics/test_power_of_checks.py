"""Recipes have checks that can see; what checks state of their power holds. Panels: benchmarks/power_of_checks.py."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.power_of_checks import (
    COMPARING,
    ENOUGH,
    HEAD,
    OF_HEADLINE,
    OF_REGRESSION,
    PAGE,
    RECIPES,
    RESULTS,
    SEEN,
    TABLES,
    Trial,
    judge,
)
from benchmarks.size_of_auto import fill_page
from benchmarks.studies import read_rows
from twintrade.study.spec.recipes import expand_recipe

ROOM = 0.15
"""By how much the mean stated power of a check may miss the share of panels in which it objects, beyond chance."""


@pytest.fixture(scope="module")
def stored() -> pd.DataFrame:
    return read_rows(RESULTS, HEAD).query("run == 'now'")


def test_every_pooled_recipe_asks_four_checks_that_see_half_the_interval(stored) -> None:
    rows = stored[stored["by"] == "headline"]
    power = (rows["verdict"] == "objects").groupby([rows["recipe"], rows["check"]]).mean()
    for group, recipes in RECIPES.items():
        able = {check for check, share in power[group].items() if share >= SEEN}
        for recipe in recipes:
            asked = {check["name"] for check in expand_recipe({"recipe": recipe})["diagnostic"]}
            assert len(able & asked) >= ENOUGH, recipe


def test_stated_power_is_the_share_of_panels_in_which_a_check_objects(stored) -> None:
    rows = stored[stored["by"] == "difference"]
    groups = rows.assign(objects=rows["verdict"] == "objects").groupby(["recipe", "check"])
    table = groups.agg(n=("objects", "size"), objects=("objects", "mean"), stated=("power", "mean"))
    chance = 3 * np.sqrt(table["stated"] * (1 - table["stated"]) / table["n"])
    off = (table["objects"] - table["stated"]).abs() - chance
    assert off[off > ROOM].to_dict() == {}
    assert set(rows["check"]) == set(COMPARING)


def test_the_page_shows_the_stored_results_of_every_check(stored) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert fill_page(text, read_rows(RESULTS, HEAD), TABLES) == text
    assert set(stored["check"]) == {*OF_HEADLINE, *OF_REGRESSION}


def test_a_stored_panel_is_found_again(stored) -> None:
    for by in ("headline", "difference"):
        trial = Trial("two-way logs", "anticipation", by, 0)
        keys = zip(("recipe", "check", "by", "panel"), ("two-way logs", "anticipation", by, 0), strict=True)
        row = stored[np.logical_and.reduce([stored[key] == value for key, value in keys])].iloc[0]
        found = judge(trial)
        assert found["verdict"] == row["verdict"]
        assert float(str(found["power"])) == pytest.approx(row["power"], abs=1e-3)
