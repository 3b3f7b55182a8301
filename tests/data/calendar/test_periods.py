"""Periods: one integer a period, or a refusal that says why."""

import numpy as np
import pytest
from case_tables import loop_over
from hypothesis import given
from hypothesis import strategies as st

from twintrade.data.calendar import Frequency, parse_part, parse_periods
from twintrade.data.sources.faults import CellError, Faults, TextColumn, build_text_array

YEAR, QUARTER, MONTH = Frequency

ACCEPTED = [
    (YEAR, "2005", 2005),
    (YEAR, " 2005 ", 2005),
    (YEAR, "2005年", 2005),
    (YEAR, "２００５", 2005),
    (YEAR, "2005.0", 2005),
    (QUARTER, "2005Q1", 2005 * 4),
    (QUARTER, "２００５年第３季度", 2005 * 4 + 2),
    (QUARTER, "２００５Ｑ３", 2005 * 4 + 2),
    (QUARTER, "2005-Q4", 2005 * 4 + 3),
    (QUARTER, "Q2 2005", 2005 * 4 + 1),
    (QUARTER, "2005年第三季度", 2005 * 4 + 2),
    (MONTH, "2005-01", 2005 * 12),
    (MONTH, "２００５年３月", 2005 * 12 + 2),
    (MONTH, "２００５－０３", 2005 * 12 + 2),
    (MONTH, "200512", 2005 * 12 + 11),
    (MONTH, "2005M2", 2005 * 12 + 1),
    (MONTH, "Sept 2005", 2005 * 12 + 8),
    (MONTH, "2005 March", 2005 * 12 + 2),
    (MONTH, "2005年1月", 2005 * 12),
    (MONTH, "2005-01-31", 2005 * 12),
    (MONTH, "01.2005", 2005 * 12),
    (MONTH, "12/2005", 2005 * 12 + 11),
]


@loop_over(("frequency", "text", "period"), ACCEPTED)
def test_periods_are_consecutive_integers(frequency, text, period):
    assert frequency.parse(text) == period


REFUSED = [
    (YEAR, "2005/06", "month"),
    (YEAR, "2005-2006", "two years"),
    (YEAR, "FY2005", "fiscal"),
    (YEAR, "'03", "two-digit"),
    (YEAR, "03", "two-digit"),
    (YEAR, "民国94", "Republic"),
    (YEAR, "94年", "Republic"),
    (YEAR, "38353", "day number"),
    (YEAR, "2005Q1", "quarter"),
    (YEAR, "2005年1-6月", "part of a year"),
    (YEAR, "2005p", "mark"),
    (YEAR, "1700", "outside"),
    (YEAR, "Total", "total"),
    (YEAR, "资料来源：统计局", "footer"),
    (YEAR, "", "not a year"),
    (QUARTER, "2005", "year"),
    (QUARTER, "2005:1", "not a quarter"),
    (MONTH, "2005-13", "no month"),
    (MONTH, "13.2005", "no month"),
    (YEAR, "01.2005", "month"),
    (MONTH, "2005.1", "not a month"),
    (MONTH, "2005Q1", "quarter"),
]


@loop_over(("frequency", "text", "reason"), REFUSED)
def test_anything_else_is_refused_with_its_reason(frequency, text, reason):
    with pytest.raises(ValueError, match=reason):
        frequency.parse(text)


@given(st.sampled_from(list(Frequency)), st.integers(1800, 2100), st.integers(1, 12))
def test_labels_read_back(frequency, year, month):
    period = frequency.ordinal(year, month)
    assert frequency.parse(frequency.label(period)) == period
    assert period // frequency.per_year == year


@given(st.text(max_size=12), st.sampled_from(list(Frequency)))
def test_any_text_is_a_period_or_a_value_error(text, frequency):
    try:
        period = frequency.parse(text)
    except ValueError:
        return
    assert 1800 <= period // frequency.per_year <= 2100


def test_a_year_alone_names_no_month():
    assert YEAR.ordinal(2004) == 2004
    with pytest.raises(ValueError, match="is a year alone: name the month too"):
        MONTH.ordinal(2004)


def test_faulty_rows_carry_their_number():
    faults = Faults()
    column = TextColumn("year", "f.csv", build_text_array(["2005", "", "FY06"]), np.array([2, 3, 9]))
    assert parse_periods(column, YEAR, faults).tolist() == [2005, -1, -1]
    assert [(m.row, m.column) for m in faults.messages] == [(3, "year"), (9, "year")]
    assert "is blank" in faults.messages[0].message


def test_year_and_month_in_two_columns():
    faults = Faults()
    rows = np.array([2, 3, 4])
    years = TextColumn("year", "f.csv", build_text_array(["2005", "2005", "2006"]), rows)
    months = TextColumn("month", "f.csv", build_text_array(["1", "12月", "13"]), rows)
    assert parse_periods(years, MONTH, faults, months).tolist() == [2005 * 12, 2005 * 12 + 11, -1]
    assert faults.messages[0].row == 4


def test_a_column_of_split_years_is_no_column_of_months():
    faults = Faults()
    split = TextColumn("year", "t.csv", build_text_array(["2004/05", "2005/06", "2004/05"]), np.arange(2, 5))
    assert parse_periods(split, Frequency.MONTH, faults).tolist() == [-1, -1, -1]
    assert faults.n_errors == 3
    assert "spans two" in faults.messages[0].message
    clean = Faults()
    months = TextColumn("month", "t.csv", build_text_array(["2004/05", "2005/06", "2005/07"]), np.arange(2, 5))
    assert parse_periods(months, Frequency.MONTH, clean).tolist() == [24052, 24065, 24066]
    assert clean.n_errors == 0


PARTS = [
    (MONTH, "Abril", 4),
    (MONTH, "März", 3),
    (MONTH, "MARZO", 3),
    (MONTH, "septembre", 9),
    (MONTH, "8月", 8),
    (MONTH, "08月份", 8),
    (MONTH, "十二月", 12),
    (MONTH, "M08", 8),
    (MONTH, "mei", 5),
    (MONTH, "12", 12),
    (MONTH, "13", None),
    (MONTH, "Total", None),
    (QUARTER, "Q3", 3),
    (QUARTER, "Ｑ３", 3),
    (QUARTER, "T2", 2),
    (QUARTER, "第三季度", 3),
    (QUARTER, "2. Quartal", 2),
    (QUARTER, "1er trimestre", 1),
    (QUARTER, "Mar", None),
    (QUARTER, "M1", None),
    (QUARTER, "5", None),
]


@loop_over(("frequency", "text", "part"), PARTS)
def test_a_part_of_a_year_is_its_number_or_refused(frequency, text, part):
    if part is None:
        with pytest.raises(ValueError, match="of the year"):
            parse_part(text, frequency)
    else:
        assert parse_part(text, frequency) == part


def test_a_year_that_spans_two_says_what_to_write():
    with pytest.raises(CellError, match="write in every row the one year it counts for"):
        Frequency.YEAR.parse("2019/2020")


def test_a_column_of_split_years_is_one_of_fiscal_years_by_their_first():
    for cells in (["2004/05", "2005/06", "1999/00"], ["2004/2005", "2005–2006", "1999-2000"]):
        faults = Faults()
        split = TextColumn("year", "t.csv", build_text_array(cells), np.arange(2, 5))
        assert parse_periods(split, YEAR, faults).tolist() == [2004, 2005, 1999]
        assert (faults.n_errors, [m.code for m in faults.messages]) == (0, ["fiscal-years"])
    mixed = TextColumn("year", "t.csv", build_text_array(["2004/05", "2006"]), np.arange(2, 4))
    assert parse_periods(mixed, YEAR, faults).tolist() == [-1, 2006]


@loop_over(
    ("frequency", "text", "period"),
    [
        (YEAR, "平成17年", 2005),
        (YEAR, "中華民國94年", 2005),
        (YEAR, "令和元年", 2019),
        (MONTH, "民國 94 年 5 月", 2005 * 12 + 4),
        (QUARTER, "I/2005", 2005 * 4),
        (QUARTER, "2005-IV", 2005 * 4 + 3),
        (QUARTER, "III. Quartal 2005", 2005 * 4 + 2),
        (QUARTER, "II квартал 2005", 2005 * 4 + 1),
    ],
)
def test_eras_and_roman_quarters_are_read(frequency, text, period):
    assert frequency.parse(text) == period


def test_a_roman_number_is_a_quarter_beside_its_year_and_no_month():
    assert parse_part("IV", QUARTER) == 4
    with pytest.raises(ValueError, match="month"):
        MONTH.parse("IV/2005")
