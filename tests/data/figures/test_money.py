"""Money units: a currency and a power of ten, or an error."""

import pytest
from case_tables import loop_over

from twintrade.data.figures.money import parse_money_unit
from twintrade.errors import DataError

UNITS = [
    ("USD", "USD", 0),
    ("usd", "USD", 0),
    ("1,000 USD", "USD", 3),
    ("1000 USD", "USD", 3),
    ("thousand US dollars", "USD", 3),
    ("USD million", "USD", 6),
    ("millions of euros", "EUR", 6),
    ("10,000 USD", "USD", 4),
    ("hundred million yuan", "CNY", 8),
    ("billion JPY", "JPY", 9),
    ("万美元", "USD", 4),
    ("千美元", "USD", 3),
    ("百万美元", "USD", 6),
    ("亿元", "CNY", 8),
    ("元", "CNY", 0),
    ("CNY", "CNY", 0),
    ("CHF", "CHF", 0),
    ("mln USD", "USD", 6),
    ("USD mln", "USD", 6),
    ("Mio. EUR", "EUR", 6),
    ("Mrd. EUR", "EUR", 9),
    ("DEM", "DEM", 0),
    ("1.000 EUR", "EUR", 3),
    ("10.000 EUR", "EUR", 4),
    ("1.000.000 EUR", "EUR", 6),
    ("1\u202f000 EUR", "EUR", 3),
    ("Tsd. EUR", "EUR", 3),
    ("T€", "EUR", 3),
    ("TEUR", "EUR", 3),
    ("k€", "EUR", 3),
    ("milliers d'euros", "EUR", 3),
    ("miles de millones de euros", "EUR", 9),
    ("百万欧元", "EUR", 6),
]


@loop_over(("text", "currency", "power"), UNITS)
def test_units(text, currency, power):
    unit = parse_money_unit(text)
    assert (unit.currency, unit.power) == (currency, power)


@loop_over(
    "text",
    ["", "tons", "万", "100,000 USD", "million million USD", "mil USD", "1.000.000.000.000 EUR", "dollars and cents"],
)
def test_what_is_no_unit(text):
    with pytest.raises(DataError, match="not known"):
        parse_money_unit(text)


@loop_over("text", ["UDS", "ECU", "QQQ", "XXX", "1,000 UDS"])
def test_three_letters_that_are_no_currency_are_refused(text):
    with pytest.raises(DataError, match="not known"):
        parse_money_unit(text)


@pytest.mark.parametrize("text", ["$", "1,000 $", "million $"])
def test_a_sign_of_several_currencies_asks_which(text):
    with pytest.raises(DataError, match="“\\$” is the sign of several currencies"):
        parse_money_unit(text)
