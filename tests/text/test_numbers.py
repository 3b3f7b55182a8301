import math

import pytest
from case_tables import loop_over

from twintrade.text import numbers, texts


@loop_over(
    ("value", "decimals", "expected"),
    [
        (0.0, 3, "0.000"),
        (-0.0, 3, "0.000"),
        (-0.0004, 3, "0.000"),
        (-0.0006, 3, "−0.001"),
        (-1234567.891, 2, "−1,234,567.89"),
        (999.9996, 3, "1,000.000"),
        (2.5, 0, "2"),
        (math.nan, 3, ""),
        (None, 3, ""),
        (math.inf, 1, "∞"),
        (-math.inf, 1, "−∞"),
    ],
)
def test_fixed_rounds_once_with_true_minus_and_no_negative_zero(value, decimals, expected):
    assert numbers.format_fixed(value, decimals) == expected


@loop_over(
    ("p", "floor", "expected"),
    [
        (0.04, None, "p = 0.04"),
        (0.0494, None, "p = 0.049"),
        (0.0004, None, "p < 0.001"),
        (0.31, None, "p = 0.31"),
        (1.0, None, "p = 1.00"),
        (math.nan, None, ""),
        (0.04, 0.04, "p = 0.04 (its floor)"),
        (0.12, 0.04, "p = 0.12 (floor 0.04)"),
        (0.01, 0.04, "p ≥ floor 0.04"),
    ],
)
def test_p_values_are_never_printed_below_their_floor(p, floor, expected):
    assert texts.format_p_value(p, floor) == expected


def test_percent_is_the_exponential_not_a_hundred_times():
    assert numbers.format_log_percent(0.5) == "64.9%"
    assert numbers.format_log_percent(-0.5) == "−39.3%"


def test_level_effects_take_their_decimals_from_the_standard_error():
    assert numbers.choose_effect_decimals("level", 12345.678, 23.4) == 1
    assert numbers.choose_effect_decimals("level", 12345.678, 2340.0) == 0
    assert numbers.choose_effect_decimals("log points", 0.1, 0.00001) == 3


def test_intervals_read_as_a_to_b():
    assert texts.format_interval(-0.12345, 0.5, 2) == "−0.12 to 0.50"
    assert texts.format_interval(math.nan, 0.5, 2) == ""


def test_quantities_name_their_size_and_unit():
    assert texts.format_quantity(1_240_000_000, "US dollars") == "1.24 billion US dollars"
    assert texts.format_quantity(-12_345_678, "pounds") == "−12.3 million pounds"
    assert texts.format_quantity(950, "pounds") == "950 pounds"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("1 units over 2 periods", "1 unit over 2 periods"),
        ("there are 1 treated units", "there are 1 treated unit"),
        ("11 units, 2,001 units, 0.1 units, −1 units", "11 units, 2,001 units, 0.1 units, −1 units"),
        ("1 unitsy", "1 unitsy"),
    ],
)
def test_one_of_a_thing_is_singular(sentence, expected):
    assert texts.correct_singular(sentence) == expected
