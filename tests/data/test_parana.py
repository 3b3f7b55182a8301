"""The monthly file of Paraná's municipalities: Portuguese names, two flows, months to quarters."""

import csv
import gzip
from collections import Counter

import pytest

from twintrade.data import TradeSource, read_trade
from twintrade.data.calendar import Frequency

FILE = "brazil_parana_municipality_partner_month_agri.csv.gz"


@pytest.fixture(scope="module")
def data_folder(shared):
    folder = shared / "data"
    if not (folder / FILE).is_file():
        pytest.skip("the file of Paraná is absent")
    return folder


@pytest.fixture(scope="module")
def slow(data_folder):
    """Sum the file the obvious way: (flow, municipality, partner, year, quarter) to dollars."""
    sums: Counter = Counter()
    with gzip.open(data_folder / FILE, "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            quarter = (int(row["month"]) - 1) // 3 + 1
            sums[row["flow"], row["municipality"], row["partner_pt"], int(row["year"]), quarter] += int(
                row["fob_usd"]
            )
    return sums


@pytest.mark.parametrize("flow", ["export", "import"])
def test_quarters_of_both_flows(data_folder, slow, tmp_path, monkeypatch, flow):
    monkeypatch.setenv("TWINTRADE_DATA", str(data_folder))
    source = TradeSource(
        file=f"TWINTRADE_DATA/{FILE}",
        city="municipality",
        partner="partner_pt",
        period="year",
        subperiod="month",
        frequency=Frequency.MONTH,
        to_frequency=Frequency.QUARTER,
        value="fob_usd",
        flow="exports" if flow == "export" else "imports",
        reporter="city",
        money_unit="USD",
        valuation="fob",
        absent="zero",
        where={"flow": flow},
    )
    table = read_trade([source], tmp_path)
    mine = {key[1:]: value for key, value in slow.items() if key[0] == flow}
    assert len(table.frame) == len(mine)
    assert table.frame["value"].sum() == sum(mine.values())
    assert len(table.partners) == len({key[1] for key in mine})
    assert len(table.cities) == len({key[0] for key in mine})
    assert (table.first, table.last) == (2020 * 4, 2025 * 4 + 3)
    germany = table.frame[(table.frame["partner"] == "DEU") & (table.frame["period"] == 2021 * 4 + 1)]
    slow_germany = {k[0]: v for k, v in mine.items() if k[1:] == ("Alemanha", 2021, 2)}
    assert dict(zip(germany["city"], germany["value"], strict=True)) == slow_germany
    assert str(data_folder) not in repr(table.provenance)
