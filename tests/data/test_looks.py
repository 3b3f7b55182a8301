"""What is guessed about an undeclared file reads it as a careful user would have declared it."""

import csv

import pytest

from twintrade.data import Frequency, TradeSource, TwinningSource, read_trade, read_twinnings
from twintrade.data.column_look import look_at_trade, look_at_twinnings
from twintrade.errors import DataError


def declared(guesses):
    return {g.key: g.value for g in guesses}


def test_the_bundled_trade_file(root):
    found = declared(look_at_trade(root, "data/raw/us_state_exports_selected.csv"))
    assert found["city"] == "city_state"
    assert found["partner"] == "partner_iso3"
    assert found["period"] == "year"
    assert found["value"] == "exports_usd"
    assert (found["flow"], found["money_unit"]) == ("exports", "USD")
    assert len(read_trade([TradeSource(**found)], root).frame) == 1642


def test_the_bundled_registry(root):
    guesses = look_at_twinnings(root, "data/raw/us_twin_registry.csv")
    found = declared(guesses)
    assert (found["date"], found["partner"]) == ("date", "partner_iso3")
    assert set(found["kinds"]) == {
        r["agreement_type"] for r in csv.DictReader((root / found["file"]).open(encoding="utf-8"))
    }
    assert len(read_twinnings([TwinningSource(**found | {"id": "id"})], root).frame) == 227


CHINESE = "城市;国家;年份;出口额（万美元）\n济南;英国;2004;10,5\n济南;美国;2005;11,25\n青岛;英国;2004;12,5\n"
AWKWARD = [
    ("trade.csv", CHINESE.encode("gb18030"), {"encoding": "gb18030", "separator": ";", "money_unit": "万美元"}),
    ("trade.tsv", CHINESE.replace(";", "\t").encode(), {"separator": "tab", "city": "城市"}),
    ("trade.csv", ("各市出口\n\n" + CHINESE.replace("10,5", "10").replace(";", "\t")).encode(), {"header": 3}),
    (
        "wide.csv",
        b"municipality,partner,2004,2005,2006\nLyon,GBR,1,2,3\nNice,GBR,4,5,6\n",
        {"layout": "wide", "city": "municipality"},
    ),
    (
        "flows.csv",
        b"city,partner,month,flow,usd\nLyon,GBR,2004-01,Import,1\nLyon,GBR,2004-01,Export,2\nLyon,USA,2004-02,Export,2\n",
        {"frequency": "month", "flow": "exports", "where": {"flow": "Export"}},
    ),
]


@pytest.mark.parametrize(("name", "content", "expected"), AWKWARD)
def test_awkward_files(project, name, content, expected):
    root = project(content, f"data/raw/{name}")
    guesses = look_at_trade(root, f"data/raw/{name}")
    found = declared(guesses)
    assert {k: found[k] for k in expected} == expected
    assert all(g.reason for g in guesses if g.key != "file")
    values = found | {"frequency": Frequency(found.get("frequency", "year"))}
    assert len(read_trade([TradeSource(**values)], root).frame) >= 2


def test_a_file_that_is_no_trade_table_is_said_to_be_none(project):
    with pytest.raises(DataError, match="no column looks like"):
        look_at_trade(project("a,b\nx,y\nz,w\n"), "data/raw/trade.csv")
    with pytest.raises(DataError, match="no column looks like dates"):
        look_at_twinnings(project("a,b\nx,y\nz,w\n"), "data/raw/trade.csv")
