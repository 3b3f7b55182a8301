"""Figures that run on from January are taken apart or refused, never added up."""

import numpy as np
import pandas as pd
import pytest

from twintrade.data import read_trade
from twintrade.data.calendar import Frequency
from twintrade.data.fixes import list_lines_to_change
from twintrade.data.sources.faults import InvalidDataError

MONTHS = [f"{year}-{month:02d}" for year in (2019, 2020, 2021) for month in range(1, 13)]


def build_flows(seed=0):
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [["Lyon", "Paris"], ["GBR", "USA"], MONTHS], names=["city", "partner", "month"]
    )
    return pd.Series(np.rint(np.exp(rng.normal(10, 0.8, len(index)))), index)


def write(flows, name="value"):
    return flows.rename(name).reset_index().to_csv(index=False)


def run_on(flows):
    year = flows.index.get_level_values("month").str[:4]
    return flows.groupby(
        [flows.index.get_level_values("city"), flows.index.get_level_values("partner"), year]
    ).cumsum()


@pytest.fixture
def monthly(trade_source):
    def declare(**options):
        return trade_source(period="month", frequency=Frequency.MONTH, **options)

    return declare


def read_values(table):
    return table.frame.sort_values(["city", "partner", "period"])["value"].to_numpy()


def test_what_runs_on_is_taken_apart_and_adds_up_to_the_year(project, monthly):
    flows = build_flows()
    table = read_trade([monthly(cumulated=True)], project(write(run_on(flows))))
    assert read_values(table) == pytest.approx(flows.to_numpy())
    yearly = read_trade([monthly(cumulated=True, to_frequency=Frequency.YEAR)], project(write(run_on(flows))))
    year = flows.index.get_level_values("month").str[:4]
    sums = flows.groupby([flows.index.get_level_values(0), flows.index.get_level_values(1), year]).sum()
    assert read_values(yearly) == pytest.approx(sums.to_numpy())


def test_what_looks_cumulated_is_refused_with_the_line_to_write(project, monthly):
    with pytest.raises(InvalidDataError, match="look cumulated") as caught:
        read_trade([monthly()], project(write(run_on(build_flows()))))
    (lines,) = list_lines_to_change(caught.value.messages).values()
    assert lines[0].startswith("cumulated = true")


@pytest.mark.parametrize("name", ["1-12月累计", "exports YTD", "Valor acumulado", "valeur cumulée"])
def test_a_name_that_says_so_is_enough(project, monthly, name):
    with pytest.raises(InvalidDataError, match="column's name says so"):
        read_trade([monthly(value=name)], project(write(build_flows(), name)))
    table = read_trade([monthly(value=name, cumulated=False)], project(write(build_flows(), name)))
    assert read_values(table) == pytest.approx(build_flows().to_numpy())


@pytest.mark.parametrize("seed", range(20))
def test_figures_of_single_months_pass(project, monthly, seed):
    """Noise, zeros, and a season that rises to December."""
    flows = build_flows(seed)
    month = flows.index.get_level_values("month").str[5:].astype(int)
    flows = np.rint(flows * np.exp(0.08 * month)) * (np.random.default_rng(seed).random(len(flows)) > 0.1)
    assert read_values(read_trade([monthly()], project(write(flows)))) == pytest.approx(flows.to_numpy())


@pytest.mark.parametrize("flow", [np.arange(1.0, 37.0), 1000 + np.tile(np.arange(12.0), 3)], ids=["on", "by season"])
def test_figures_that_only_grow_pass(project, monthly, flow):
    flows = pd.Series(np.tile(flow, 4), build_flows().index)
    assert read_values(read_trade([monthly()], project(write(flows)))) == pytest.approx(flows.to_numpy())


def test_a_gap_is_covered_by_the_figure_after_it_and_said(project, monthly):
    runs = run_on(build_flows())
    january = runs.index.get_level_values("month").str.endswith("-01")
    table = read_trade([monthly(cumulated=True)], project(write(runs[~january])))
    assert table.frame["value"].sum() == pytest.approx(build_flows().sum())
    assert any("covers the periods of the gap" in str(message.text) for message in table.messages)


def test_a_sum_that_falls_is_an_error_in_its_row(project, monthly):
    runs = run_on(build_flows())
    runs.iloc[5] = 1.0
    with pytest.raises(InvalidDataError, match="smaller than the one before it in 2019-06"):
        read_trade([monthly(cumulated=True)], project(write(runs)))


def test_years_that_run_on_beside_others_that_do_not_are_refused_by_name(project, monthly):
    flows = build_flows()
    last = flows.index.get_level_values("month").str[:4] == "2021"
    mixed = run_on(flows).where(last, flows)
    other = mixed.rename(index={"Lyon": "Nice", "Paris": "Brest"}, level="city")
    mixed = pd.concat([mixed, other])
    with pytest.raises(InvalidDataError, match="in 2021 they never fall before the year ends, and in other years"):
        read_trade([monthly()], project(write(mixed)))
