"""Months to quarters and years: sums over whole periods only, and partial ones are said."""

import numpy as np
import pytest

from twintrade.data import read_trade
from twintrade.data.calendar import Frequency
from twintrade.data.sources.faults import InvalidDataError
from twintrade.errors import DataError

YEAR, QUARTER, MONTH = Frequency


def monthly(first=2004, last=2005, skip=(), blank=(), start_month=1):
    rows = ["city,partner,year,value"]
    for year in range(first, last + 1):
        for month in range(start_month if year == first else 1, 13):
            label = f"{year}-{month:02d}"
            if label not in skip:
                rows.append(f"Lyon,GBR,{label},{'-' if label in blank else month}")
    return "\n".join(rows)


def read(project, trade_source, content, **changes):
    return read_trade([trade_source(frequency=MONTH, **changes)], project(content))


@pytest.mark.parametrize(
    ("wanted", "sums"), [(QUARTER, [6, 15, 24, 33] * 2), (YEAR, [78, 78]), (MONTH, [*range(1, 13)] * 2)]
)
def test_sums(project, trade_source, wanted, sums):
    table = read(project, trade_source, monthly(), to_frequency=wanted)
    assert table.frequency is wanted
    assert table.frame["value"].tolist() == sums
    assert table.first == wanted.ordinal(2004, 1)


def test_ends_that_are_not_whole_are_left_out(project, trade_source):
    table = read(project, trade_source, monthly(start_month=3), to_frequency=YEAR)
    assert table.frame["period"].tolist() == [2005]
    (warning,) = [m for m in table.messages if m.code == "part-periods"]
    assert "2004" in warning.message
    with pytest.raises(DataError, match="covered whole"):
        read(project, trade_source, monthly(2004, 2004, start_month=2), to_frequency=YEAR)


def test_a_missing_month_makes_a_missing_year_unless_coverage_allows(project, trade_source):
    content = monthly(blank=("2004-05",))
    strict = read(project, trade_source, content, to_frequency=YEAR)
    assert np.isnan(strict.frame["value"].iloc[0])
    assert strict.frame["flag"].tolist() == ["missing", ""]
    loose = read(project, trade_source, content, to_frequency=YEAR, coverage=0.9)
    assert loose.frame["value"].tolist() == [73, 78]
    assert loose.frame["flag"].tolist() == ["partial", ""]


def test_an_absent_month_is_what_is_declared(project, trade_source):
    content = monthly(skip=("2004-05",))
    assert read(project, trade_source, content, to_frequency=YEAR).frame["value"].tolist() == [73, 78]
    missing = read(project, trade_source, content, to_frequency=YEAR, absent="missing")
    assert np.isnan(missing.frame["value"].iloc[0])
    with pytest.raises(DataError, match="Lyon-GBR, 2004"):
        read(project, trade_source, content, to_frequency=YEAR, absent="error")


def test_years_are_not_divided(project, trade_source):
    with pytest.raises(DataError, match="cannot be divided"):
        read_trade([trade_source(to_frequency=MONTH)], project("city,partner,year,value\nLyon,GBR,2004,1\n"))


def test_a_series_split_over_files_is_joined_before_it_is_summed(project, trade_source):
    lines = monthly(2004, 2004).splitlines()
    project("\n".join(lines[:7]))
    root = project("\n".join([lines[0], *lines[7:]]), "data/raw/second.csv")
    sources = [trade_source(frequency=MONTH, to_frequency=YEAR)]
    sources.append(trade_source(file="data/raw/second.csv", frequency=MONTH, to_frequency=YEAR))
    assert read_trade(sources, root).frame["value"].tolist() == [78]


def test_files_of_two_frequencies_meet_at_the_coarser(project, trade_source):
    project("city,partner,year,value\nLyon,GBR,2003,70\n")
    root = project(monthly(), "data/raw/monthly.csv")
    monthly_file = trade_source(file="data/raw/monthly.csv", frequency=MONTH, to_frequency=YEAR)
    assert read_trade([trade_source(), monthly_file], root).frame["value"].tolist() == [70, 78, 78]
    with pytest.raises(DataError, match="set to_frequency"):
        read_trade([trade_source(), trade_source(file="data/raw/monthly.csv", frequency=MONTH)], root)


def test_quarters_in_an_annual_panel_are_refused(project, trade_source):
    with pytest.raises(InvalidDataError, match="is a quarter"):
        read_trade([trade_source()], project("city,partner,year,value\nLyon,GBR,2004Q1,1\n"))
