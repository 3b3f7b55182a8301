"""Tables of any library and periods in any writing become the same panel, and stay as they were."""

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from case_tables import loop_over

import twintrade as tt


def assert_same_panel(found, wanted):
    pd.testing.assert_frame_equal(found.to_frame(), wanted.to_frame(), check_dtype=False)
    assert found.frequency == wanted.frequency


def read(frame, **options):
    return tt.panel(frame, city="city", partner="partner", **({"period": "year"} | options))


def to_duckdb(frame):
    duckdb = pytest.importorskip("duckdb")
    return duckdb.connect().from_arrow(pa.Table.from_pandas(frame, preserve_index=False))


def to_polars(frame, *, is_lazy=False):
    polars = pytest.importorskip("polars")
    table = polars.from_arrow(pa.Table.from_pandas(frame, preserve_index=False))
    return table.lazy() if is_lazy else table


LIBRARIES = {
    "arrow": lambda f: pa.Table.from_pandas(f, preserve_index=False),
    "duckdb": to_duckdb,
    "polars": to_polars,
    "polars, lazy": lambda f: to_polars(f, is_lazy=True),
    "pandas on arrow": lambda f: f.convert_dtypes(dtype_backend="pyarrow"),
    "pandas, nullable": lambda f: f.convert_dtypes(),
    "pandas, keys in the index": lambda f: f.set_index(["city", "partner", "year"]),
    "pandas, categories": lambda f: f.astype({"city": "category", "partner": "category"}),
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_table_of_any_library_gives_the_same_panel_and_design(library, example, example_panel, example_design):
    trade, agreements = example
    make = LIBRARIES[library]
    panel = read(make(trade))
    assert_same_panel(panel, example_panel)
    table = agreements if "index" in library or "categories" in library else make(agreements.astype({"date": str}))
    design = tt.compare(panel, table, "exports_usd", fixed_effects="gravity")
    np.testing.assert_array_equal(design.onset, example_design.onset)


def by_year(trade):
    yield "int", trade["year"]
    yield "float", trade["year"].astype(float)
    yield "str", trade["year"].astype(str)
    yield "datetime", pd.to_datetime(trade["year"].astype(str) + "-01-01")
    yield "end of year", pd.to_datetime(trade["year"].astype(str) + "-12-31").dt.tz_localize("UTC")
    yield "Period", pd.PeriodIndex(trade["year"].astype(str), freq="Y").to_series(index=trade.index)
    yield "date", pd.Series([datetime.date(y, 7, 1) for y in trade["year"]], dtype=object)
    yield "day as text", trade["year"].astype(str) + "-01-01"
    yield "category", trade["year"].astype("category")


@loop_over("position", range(9))
def test_years_are_read_in_any_writing_and_the_table_stays_as_it_was(position, example, example_panel):
    trade = example[0]
    name, column = list(by_year(trade))[position]
    frame = trade.assign(year=column)
    before = frame.copy()
    assert_same_panel(read(frame), example_panel)
    pd.testing.assert_frame_equal(frame, before)
    assert name


@pytest.mark.parametrize("frequency", ["quarter", "month"])
def test_the_frequency_is_found_and_dates_of_onset_are_read(frequency):
    code = {"quarter": "Q", "month": "M"}[frequency]
    periods = pd.period_range("2004-01-01", periods=16, freq=code)
    frame = pd.DataFrame({"city": np.repeat(["A", "B"], 16), "when": list(periods) * 2, "y": np.arange(32.0)})
    wanted = tt.panel(frame, city="city", period="when")
    assert wanted.frequency == frequency
    assert wanted.label(wanted.first_period) == {"quarter": "2004Q1", "month": "2004-01"}[frequency]
    for column in (
        pd.Series(frame["when"].dt.start_time),
        pd.Series(frame["when"].dt.end_time),
        frame["when"].astype(str),
        pd.Series([p.start_time.date() for p in frame["when"]], dtype=object),
    ):
        assert_same_panel(tt.panel(frame.assign(when=column), city="city", period="when"), wanted)
    for onset in (periods[6], periods[6].start_time, str(periods[6])):
        design = tt.compare(wanted, {"A": onset}, "y")
        assert design.onset.tolist() == [wanted.first_period + 6, np.inf]


WRONG = {
    "days": (
        lambda f: f.assign(when=pd.date_range("2004-01-01", periods=4)),
        r"'when' \(datetime64.*several dates a",
    ),
    "weeks": (lambda f: f.assign(when=pd.period_range("2004", periods=4, freq="W")), r"'when' \(period\[W.* W-SUN"),
    "no period": (
        lambda f: f.assign(when=list("abcd")),
        r"'when' \(str\) holds text that is no period; row 0 has 'a'",
    ),
    "an empty date": (lambda f: f.assign(when=pd.to_datetime(["2004-01-01", None] * 2)), r"no period in 2 rows"),
    "ordinals without a frequency": (lambda f: f.assign(when=[24048, 24049, 24050, 24051]), "which is no year"),
    "truth": (lambda f: f.assign(when=[True, False] * 2), r"'when' \(bool\) must hold whole periods"),
    "an empty city": (lambda f: f.assign(city=["A", None, "B", "B"]), r"'city' \(\w+\) has an empty key at row 1"),
    "two columns of a name": (lambda f: pd.concat([f, f[["y"]]], axis=1), "two columns of the panel are called 'y'"),
}


@loop_over("fault", WRONG)
def test_what_cannot_be_read_is_named_with_column_and_type(fault):
    change, message = WRONG[fault]
    frame = pd.DataFrame({"city": list("AABB"), "when": [2004, 2005] * 2, "y": 1.0})
    with pytest.raises(tt.TwintradeError, match=message):
        tt.panel(change(frame), city="city", period="when")


def test_an_outcome_that_is_no_number_is_named_with_its_type(example):
    panel = read(example[0].assign(exports_usd="much"))
    with pytest.raises(tt.TwintradeError, match=r"'exports_usd' \(\w+\) is not numeric"):
        tt.fit("ppml", tt.compare(panel, example[1], "exports_usd"))
    with pytest.raises(tt.TwintradeError, match="panel is a table, not 3"):
        read(3)
