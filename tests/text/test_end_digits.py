"""Ends of intervals are printed to the digits that other draws would leave, in percent and in money."""

import math

from case_tables import loop_over

from twintrade.render.brief.document import write_range
from twintrade.render.brief.facts import Effect
from twintrade.render.reading import format_ends, read_shown_ends
from twintrade.study.answers import _interval
from twintrade.study.claims.deciding import describe_range
from twintrade.study.deposit.verify_appendix import compute_value, is_rounded
from twintrade.text import numbers, texts, use_language


@loop_over(
    ("value", "error", "shown"),
    [
        (-51.64, math.nan, "−51.6"),
        (-51.64, 0.0, "−51.6"),
        (-51.64, 0.049, "−51.6"),
        (-51.64, 0.051, "−52"),
        (-51.64, 0.49, "−52"),
        (-51.64, 0.51, "−50"),
        (-51.64, 4.9, "−50"),
        (57.2, 6.0, "60"),
        (57.2, 12.0, "100"),
        (143.0, 6.0, "100"),
        (-3.1, 2.4, "0"),
        (-96.4, 2.4, "−96"),
        (math.inf, 2.4, "∞"),
    ],
)
def test_the_error_is_below_half_of_the_last_digit(value, error, shown):
    assert numbers.format_fixed(value, numbers.choose_end_decimals(value, error, 1)) == shown


@loop_over(
    ("value", "error", "shown"),
    [
        (6_493_072_756.0, math.nan, "6.49 billion US dollars"),
        (6_493_072_756.0, 0.04e9, "6.5 billion US dollars"),
        (6_493_072_756.0, 0.48e9, "6 billion US dollars"),
        (-41_600_000.0, 3e6, "−40 million US dollars"),
        (-953_000.0, 30_000.0, "−1.0 million US dollars"),
        (953_000.0, 2_000.0, "950,000 US dollars"),
        (1_240.0, 60.0, "1,000 US dollars"),
    ],
)
def test_money_keeps_the_digits_that_hold(value, error, shown):
    assert texts.format_quantity(value, "US dollars", error) == shown


LOGS = {"low": -0.7, "high": 0.35, "low_error": 0.03, "high_error": 0.025, "scale": "log points", "effect": -0.1}
SHARES = {"low": -50.34, "high": 41.91, "low_error": 1.49, "high_error": 3.55, "scale": "percent", "effect": -9.5}


def test_every_place_prints_the_same_ends():
    for record in (LOGS, SHARES):
        low, high = read_shown_ends(record)
        effect = Effect(percent=-9.5, low=low.value, high=high.value, low_error=low.error, high_error=high.error)
        assert write_range(effect) == "−50% to +40%"
        assert format_ends((low, high), 1, "%") == "−50% to 40%"
        assert _interval(record) == "−50% to +40%"
        shown = str(describe_range(record, record["scale"]))
        assert "−50%" in shown
        assert "40%" in shown


def test_chinese_prints_the_same_digits():
    with use_language("zh-CN"):
        assert "−50%" in format_ends(read_shown_ends(SHARES), 1, "%")
        assert texts.format_quantity(6_493_072_756.0, "", 0.48e9) == "60亿"


def test_a_printed_end_is_found_in_the_results():
    rows = [{"low": "-51.64"}]
    assert is_rounded(compute_value(rows, "low", "~1"), "", "−", "50")
    assert not is_rounded(compute_value(rows, "low", ""), "", "−", "50")
    assert is_rounded(compute_value([{"low": "-0.7"}], "low", "log~1"), "", "−", "50")
