"""Whether rows are summed into cohort means is decided once, for every method that takes means."""

import ast
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import DesignError
from twintrade.estimators.base import ESTIMATORS
from twintrade.estimators.cohort_means.collapsed import SumsRows

SUMMING = {"etwfe", "imputation", "stacked", "sun_abraham", "twfe", "two_stage"}


class Toy(SumsRows[str]):
    """Returns the way it was estimated."""

    tells = True

    def check(self, design):
        if design.transform == "log":
            raise DesignError("no logarithms")

    def estimate_means(self, means):
        return f"means of {means.small.n_units}" if self.tells else None

    def estimate_rows(self, design):
        return f"rows of {design.observations.n_units}"

    def assumption(self, design):
        return ""

    def estimand(self, design):
        return ""


class OnlyRowsTell(Toy):
    tells = False


class TakesNoMeans(Toy):
    def takes_means(self, design):
        return False


@pytest.fixture(scope="module")
def design():
    frame = pd.DataFrame(
        [(f"u{u:02d}", t, 1.0 + u * t) for u in range(12) for t in range(6)], columns=["u", "t", "y"]
    )
    panel = Panel.from_frame(frame.assign(x=frame.y**2), unit="u", period="t")
    onset = pd.Series(np.repeat([3.0, 4.0, np.inf], 4), index=panel.units)
    return Design(panel=panel, treatment=Treatment.from_series(onset), outcome="y")


def test_a_two_way_panel_is_summed_into_its_cohorts(design):
    assert Toy().estimate(design) == "means of 3"


@pytest.mark.parametrize("changes", [{"covariates": ("x",)}, {"weights": "y"}, {"fixed_effects": ("unit",)}])
def test_rows_that_means_do_not_stand_for_stay(design, changes):
    assert Toy().estimate(replace(design, **changes)) == "rows of 12"


@pytest.mark.parametrize("method", [OnlyRowsTell, TakesNoMeans])
def test_a_method_may_ask_for_rows(design, method):
    assert method().estimate(design) == "rows of 12"


def test_options_are_checked_before_anything_is_summed(design):
    with pytest.raises(DesignError, match="no logarithms"):
        Toy().estimate(replace(design, transform="log"))


def test_every_method_on_means_is_such_a_method():
    assert {name for name in ESTIMATORS if issubclass(ESTIMATORS[name], SumsRows)} == SUMMING


def test_rows_are_summed_in_one_place(root):
    callers = [
        file.relative_to(root).as_posix()
        for file in (root / "twintrade/estimators").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "collapse"
    ]
    assert callers == ["twintrade/estimators/cohort_means/collapsed.py"]
