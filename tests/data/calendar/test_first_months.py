"""Months that begin a quarter name it, where they cannot be numbers of quarters."""

from case_tables import loop_over

from twintrade.data.calendar import Frequency, are_first_months, parse_periods
from twintrade.data.sources import Faults
from twintrade.data.sources.faults import TextColumn, build_text_array


@loop_over(
    ("cells", "is_so"),
    [
        (["201901", "201904", "201907", "201910"], True),
        (["2019-07"], True),
        (["201901", "201904"], False),
        (["201901", "201902", "201907"], False),
        (["2019Q1", "201907"], False),
    ],
)
def test_only_july_or_october_prove_months(cells, is_so):
    assert are_first_months(cells) is is_so


def test_they_are_read_as_quarters():
    cells = build_text_array(["201910", "202001", "202004"])
    faults = Faults()
    periods = parse_periods(TextColumn("m", "f.csv", cells, cells), Frequency.QUARTER, faults)
    assert [Frequency.QUARTER.label(p) for p in periods] == ["2019Q4", "2020Q1", "2020Q2"]
    faults.raise_if_any()
