"""Exchange rates and deflators: every factor named, none invented."""

import csv
import sys

import pytest

from twintrade.data import read_trade
from twintrade.data.calendar import Frequency
from twintrade.data.figures.conversions import build_conversions_frame, load_ecb_rates
from twintrade.data.schema import Deflator, ExchangeRates
from twintrade.data.sources.faults import InvalidDataError
from twintrade.errors import DataError

TRADE = "city,partner,year,value\nJinan,GBR,2004,80\nJinan,GBR,2005,160\n"
RATES = "currency,year,rate\nCNY,2004,8\nCNY,2005,8\nGBP,2004,0.5\n"
PRICES = "year,index\n2003,50\n2004,100\n2005,125\n"
# Products of correctly rounded factors: one rounding each.
RELATIVE = 1e-14


@pytest.fixture
def root(project):
    project(RATES, "data/raw/rates.csv")
    project(PRICES, "data/raw/prices.csv")
    return project(TRADE)


def rates(**changes):
    return ExchangeRates(**({"target": "USD", "file": "data/raw/rates.csv"} | changes))


def test_a_users_table_of_rates(root, trade_source):
    table = read_trade([trade_source(money_unit="CNY", exchange=rates())], root)
    assert table.money_unit == "USD"
    assert table.frame["value"].tolist() == pytest.approx([10, 20], rel=RELATIVE)
    assert [(c.kind, c.currency, c.target, c.period, c.factor) for c in table.conversions] == [
        ("exchange", "CNY", "USD", "2004", 0.125),
        ("exchange", "CNY", "USD", "2005", 0.125),
    ]
    frame = build_conversions_frame(table.conversions)
    assert frame["source"].tolist() == ["data/raw/rates.csv"] * 2
    assert (frame["factor"] * 80).iloc[0] == table.frame["value"].iloc[0]
    assert [r.path for r in table.provenance] == ["data/raw/trade.csv", "data/raw/rates.csv"]


def test_the_other_quotation(root, trade_source):
    table = read_trade([trade_source(money_unit="CNY", exchange=rates(quoted="target_per_currency"))], root)
    assert table.frame["value"].tolist() == [640, 1280]


def test_a_period_without_a_rate_is_an_error(root, trade_source):
    with pytest.raises(InvalidDataError, match=r"no exchange rate of GBP to USD for 2005"):
        read_trade([trade_source(money_unit="GBP", exchange=rates())], root)
    with pytest.raises(InvalidDataError, match="no rate of AUD"):
        read_trade([trade_source(money_unit="AUD", exchange=rates())], root)


def test_two_currencies_meet_only_through_rates(root, project, trade_source):
    project("city,partner,year,value\nJinan,USA,2004,7\n", "data/raw/dollars.csv")
    dollars = trade_source(file="data/raw/dollars.csv")
    with pytest.raises(DataError, match="different currencies"):
        read_trade([trade_source(money_unit="CNY"), dollars], root)
    table = read_trade([trade_source(money_unit="CNY", exchange=rates()), dollars], root)
    assert table.frame["value"].tolist() == pytest.approx([10, 20, 7], rel=RELATIVE)


def test_deflating_by_a_declared_series(root, trade_source):
    deflator = Deflator(file="data/raw/prices.csv", period="year", index="index", base="2004")
    table = read_trade([trade_source(deflator=deflator)], root)
    assert table.money_unit == "USD of 2004"
    assert table.frame["value"].tolist() == pytest.approx([80, 128], rel=RELATIVE)
    assert table.conversions[1].factor == pytest.approx(0.8, rel=RELATIVE)
    with pytest.raises(DataError, match="no price index for 2009"):
        read_trade(
            [trade_source(deflator=Deflator(file="data/raw/prices.csv", period="year", index="index", base="2009"))],
            root,
        )


def test_yearly_rates_serve_months_and_say_so(root, project, trade_source):
    project("city,partner,year,value\nJinan,GBR,2004-01,8\nJinan,GBR,2005-02,16\n")
    table = read_trade([trade_source(frequency=Frequency.MONTH, money_unit="CNY", exchange=rates())], root)
    assert table.frame["value"].tolist() == pytest.approx([1, 2], rel=RELATIVE)
    assert "coarse-rates" in {m.code for m in table.messages}
    project(TRADE)
    with pytest.raises(InvalidDataError, match="finer"):
        read_trade([trade_source(exchange=rates(target="EUR", frequency=Frequency.MONTH))], root)


def test_annual_means_of_the_central_banks_rates(shared):
    pytest.importorskip("currency_converter", reason="the extra fx is not installed")
    with (shared / "data" / "fx_annual_ecb.csv").open(encoding="utf-8") as stream:
        known = {(r["currency"], int(r["year"])): float(r["lc_per_usd_avg"]) for r in csv.DictReader(stream)}
    for currency, year in (("GBP", 2004), ("CNY", 2010), ("AUD", 2004)):
        found = load_ecb_rates(currency, "USD", [year], Frequency.YEAR)[year]
        assert found == pytest.approx(known[currency, year], rel=1e-5)  # printed with six decimals
    # The yuan has rates from April 2005: 2005 is no whole year.
    assert load_ecb_rates("CNY", "USD", [2005], Frequency.YEAR) == {}


def test_without_the_package_the_error_says_what_to_install(root, trade_source, monkeypatch):
    monkeypatch.setitem(sys.modules, "currency_converter", None)  # as if it were not installed
    with pytest.raises(InvalidDataError, match="pip install CurrencyConverter"):
        read_trade([trade_source(money_unit="CNY", exchange=ExchangeRates(target="USD"))], root)
