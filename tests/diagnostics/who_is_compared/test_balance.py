"""Means of treated and comparison pairs just before the agreement, of the rows that the headline compares."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.who_is_compared.balance import Balance
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered

TOTAL = Imputation(family="poisson", measure="percent")


def make() -> Design:
    """Twenty pairs of which two sign; the last comparison pair never trades."""
    rng = np.random.default_rng(4)
    index = pd.MultiIndex.from_product(
        [[f"u{i:02d}" for i in range(20)], range(2000, 2010)], names=["unit", "period"]
    )
    frame = index.to_frame(index=False)
    frame["flow"] = np.exp(3 + rng.normal(size=20).repeat(10) + 0.2 * rng.normal(size=200))
    frame.loc[frame["unit"] == "u19", "flow"] = 0.0
    panel = Panel.from_frame(frame, unit="unit")
    onset = np.where(np.arange(20) < 2, 2005.0, np.inf)
    return Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="flow", clusters=("unit",))


def balance(method, design) -> pd.DataFrame:
    table = Balance().check(fit(method, design), Clustered(), np.random.default_rng(1)).table
    return table.drop(columns=["variable_text"]).set_index("variable")


@pytest.mark.parametrize("method", [TOTAL, PPML(shape="static")], ids=lambda m: m.name)
def test_a_pair_that_the_headline_drops_has_no_part_in_the_balance(method):
    whole, without = (balance(method, design) for design in (make(), make().without(["u19"])))
    pd.testing.assert_frame_equal(whole, without)


def test_a_pair_that_the_headline_compares_has():
    """A pair of zeros is a comparison pair of a regression in levels."""
    whole, without = (balance(TWFE(shape="static"), design) for design in (make(), make().without(["u19"])))
    assert whole.loc["flow", "comparison"] == pytest.approx(without.loc["flow", "comparison"] * 17 / 18)


def test_a_treated_pair_that_nothing_is_imputed_for_has_no_part_either():
    design = make()
    flow = design.panel.columns["flow"].copy()
    flow[(design.panel.unit == 0) & (design.panel.period < 2005)] = 0.0
    design = replace(design, panel=replace(design.panel, columns={**design.panel.columns, "flow": flow}))
    assert balance(TOTAL, design).loc["flow", "n_treated"] == 1
