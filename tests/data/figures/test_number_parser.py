"""The number parser: every cell ends as its exact value, as missing, or as an error with its row."""

import math
from decimal import Decimal

import numpy as np
import pytest
from case_tables import loop_over
from hypothesis import given
from hypothesis import strategies as st

from twintrade.data import read_trade
from twintrade.data.figures.numbers import Numbers, NumberStyle, parse_numbers
from twintrade.data.fixes import list_lines_to_change
from twintrade.data.sources.faults import Faults, TextColumn, build_text_array
from twintrade.errors import DataError


def column(cells, is_number=None):
    typed = None if is_number is None else np.array(is_number, dtype=bool)
    return TextColumn("value", "file.csv", build_text_array(cells), np.arange(len(cells)) + 2, typed)


def parse(cells, shift=0, is_number=None, **style) -> tuple[Numbers, Faults]:
    faults = Faults()
    return parse_numbers(column(cells, is_number), NumberStyle(**style), faults, shift), faults


ACCEPTED = [
    (["0", "12", "3.5"], [0, 12, 3.5]),
    (["1,234", "12.5"], [1234, 12.5]),
    (["1,234,567", "1,234"], [1234567, 1234]),
    (["1.234.567", "1.234"], [1234567, 1234]),
    (["1.234,5", "1.234", "7"], [1234.5, 1234, 7]),
    (["12,5", "1,234"], [12.5, 1.234]),
    (["0,123", "1,5"], [0.123, 1.5]),
    (["1 234", "1\u00a0234\u00a0567", "1\u202f234,5"], [1234, 1234567, 1234.5]),
    (["1'234'567", "1’234"], [1234567, 1234]),
    ([" 12 ", "\u00a05\u3000"], [12, 5]),
    (["５００", "１，２３４，５６７"], [500, 1234567]),
    ([".5", "1.25"], [0.5, 1.25]),
    (["900719925474099", "9007199254740993"], [900719925474099, 9007199254740992]),
]


@loop_over(("cells", "values"), ACCEPTED)
def test_values_equal_their_clean_twins(cells, values):
    numbers, faults = parse(cells)
    assert faults.n_errors == 0, faults.messages
    assert numbers.values.tolist() == values


REFUSED = [
    ("-5", "negative"),
    ("−5", "negative"),
    ("(500)", "parentheses"),
    ("500-", "read as −500"),
    ("500 −", "read as −500"),
    ("1.234,5-", "read as −1.234,5"),
    ("△500", "read as −500"),
    ("▲ 1,500", "read as −1,500"),
    ("‐500", "read as −500"),
    ("- 777", "read as −777"),
    ("（500）", "read as −500"),
    ("( 500 )", "read as −500"),
    ("负500", "read as −500"),
    ("-$5", "read as −5"),
    ("12%", "percentage"),
    ("#DIV/0!", "spreadsheet error"),
    ("#N/A", "spreadsheet error"),
    ("TRUE", "truth value"),
    ("1-Mar", "date"),
    ("Mar-01", "date"),
    ("0x1F", "hexadecimal"),
    ("1_000", "underscores"),
    ("1e300", "larger"),
    ("inf", "infinite"),
    ("∞", "infinite"),
    ("007", "zero"),
    ("5.", "separator"),
    ("12 34", "groups"),
    ("1,2,3", "groups"),
    ("1,23,456", "groups"),
    ("12①", "mark"),
    ("12*", "mark"),
    ("12(r)", "mark"),
    ("12p", "mark"),
    ("12²", "mark"),
    ("12e", "mark"),
    ("$5", "currency"),
    ("5万", "unit"),
    ("1 million", "unit"),
    ("٥", "not a number"),
    ("twelve", "not a number"),
    ("1,234", "nothing in the column says which"),
    ("=1+1", "not a number"),
]


@loop_over(("cell", "reason"), REFUSED)
def test_a_cell_that_is_no_number_is_an_error_with_its_row(cell, reason):
    numbers, faults = parse(["1", cell, "3"])
    errors = [m for m in faults.messages if m.level == "error"]
    assert len(errors) == faults.n_errors == 1
    assert (errors[0].file, errors[0].row, errors[0].column) == ("file.csv", 3, "value")
    assert reason in errors[0].message
    assert math.isnan(numbers.values[1])
    assert numbers.values[[0, 2]].tolist() == [1, 3]


def test_missing_tokens_are_missing_and_counted_never_zero():
    numbers, faults = parse(["-", "—", "…", "...", "n.a.", ":", "x", "", "无", "NaN", "", "0", "0.0"])
    assert faults.n_errors == 0
    assert np.isnan(numbers.values[:11]).all()
    assert numbers.values[11:].tolist() == [0, 0]
    assert numbers.missing["blank"] == 2
    assert numbers.is_blank.tolist() == [True] * 2 + [False] * 5 + [True] + [False] * 2 + [True, False, False]
    assert sum(numbers.missing.values()) == 11
    assert set(numbers.flags[:11]) == {"missing"}
    assert set(numbers.flags[11:]) == {""}


def test_declared_marks_become_flags():
    numbers, faults = parse(["12(r)", "3 p", "4"], flags={"(r)": "revised", "p": "provisional"})
    assert faults.n_errors == 0
    assert numbers.values.tolist() == [12, 3, 4]
    assert list(numbers.flags) == ["revised", "provisional", ""]


WORSE_THAN_A_MARK = ["-", "−", "‐", "△", "▲", "▼", "负", "- ", "(", ")", "-$", "5", "万", "%", "k", ".", ""]


@pytest.mark.parametrize("mark", WORSE_THAN_A_MARK)
def test_a_sign_a_digit_or_a_power_is_no_footnote_mark(mark, trade_source, project):
    root = project(f"city,partner,year,value\nLyon,GBR,2004,{mark}777\nLyon,GBR,2005,1{mark}\n")
    with pytest.raises(DataError, match="is no footnote mark"):
        read_trade([trade_source(flags={mark: "revised"})], root)


@loop_over("cell", ["500-", "△500", "▲500", "‐500", "500)", "(500", "- 500", "负500"])
def test_no_advice_makes_a_negative_a_positive(cell):
    _, faults = parse(["1", cell])
    assert "flags" not in str(list_lines_to_change(faults.messages))
    assert "flags" not in faults.messages[0].message


def test_a_column_with_both_decimal_marks_is_refused_with_both_rows():
    _, faults = parse(["12.5", "12,5"])
    assert faults.n_errors >= 1
    assert "row 2" in faults.messages[0].message
    assert "row 3" in faults.messages[0].message


def test_three_decimals_among_integers_warn():
    numbers, faults = parse(["1.234", "5"])
    assert numbers.values.tolist() == [1.234, 5]
    assert [(m.level, m.code, m.row) for m in faults.messages] == [("warning", "thousands-or-decimals", 2)]


def test_a_declared_decimal_mark_decides():
    assert parse(["1,234"], decimal=",")[0].values.tolist() == [1.234]
    assert parse(["1,234"], decimal=".")[0].values.tolist() == [1234]
    assert parse(["1.234"], decimal=",")[0].values.tolist() == [1234]
    assert parse(["12.5"], decimal=",")[1].n_errors == 1


def test_numbers_of_a_workbook_keep_their_point():
    numbers, faults = parse(["1.234", "1.5", "2,5"], is_number=[True, True, False], decimal=",")
    assert faults.n_errors == 0
    assert numbers.values.tolist() == [1.234, 1.5, 2.5]


def test_units_move_the_point_without_a_second_rounding():
    numbers, _ = parse(["1.005", "0.07", "3"], shift=3, decimal=".")
    assert numbers.values.tolist() == [1005.0, 70.0, 3000.0]
    numbers, _ = parse(["1.005", "1.005"], shift=np.array([0, 4]), decimal=".")
    assert numbers.values.tolist() == [1.005, 10050.0]


def test_errors_are_capped_and_counted():
    _, faults = parse(["bad"] * 500)
    assert faults.n_errors == 500
    assert len(faults.messages) == 200


def slow_reader(cell: str) -> float:
    """The obvious reader of plain numbers with grouping by comma."""
    return float(Decimal(cell.replace(",", "")))


plain = st.decimals(min_value=0, max_value=10**12, places=2).map(lambda d: f"{d:.2f}")
grouped = st.decimals(min_value=0, max_value=10**12, places=2).map(lambda d: f"{d:,.2f}")


@given(st.lists(st.one_of(plain, grouped), min_size=1, max_size=30))
def test_agrees_with_a_slow_reader(cells):
    numbers, faults = parse(cells)
    assert faults.n_errors == 0
    assert numbers.values.tolist() == [slow_reader(c) for c in cells]


@given(st.lists(st.text(alphabet="0123456789.,-+()eE%'  ①万x", max_size=8), min_size=1, max_size=8))
def test_any_text_ends_in_a_value_a_gap_or_an_error(cells):
    numbers, faults = parse(cells)
    bad = {m.row for m in faults.messages if m.level == "error" and m.code in ("number", "number-size")}
    for i, cell in enumerate(cells):
        if math.isnan(numbers.values[i]):
            assert numbers.flags[i] == "missing" or i + 2 in bad, cell
        else:
            assert numbers.values[i] >= 0
            digits = "".join(c for c in cell if c.isdigit()).strip("0")
            if digits and "e" not in cell.lower():
                assert digits.lstrip("0") == f"{Decimal(repr(float(numbers.values[i]))):f}".replace(".", "").strip(
                    "0"
                )


def test_many_points_before_three_digits_beside_small_whole_figures_group_thousands():
    """60 figures from 1.000 on, beside 579 and 12, are no decimals; with 1200, few of them, or 0.5 they may be."""
    grouped = [f"{1 + i % 9}.{100 + i}" for i in range(60)]
    _, faults = parse([*grouped, "579", "12"])
    assert [m.code for m in faults.messages] == ["thousands-likely"]
    for cells in ([*grouped, "579", "1200"], [*grouped[:20], "579", "12"], [*grouped, "579", "0.5"]):
        assert not parse(cells)[1].n_errors
