"""The data report lists every fault where it stands and ends in lines to change."""

import pytest

from twintrade.data import read_trade
from twintrade.data.fixes import format_data_report
from twintrade.data.sources import limits
from twintrade.data.sources.faults import InvalidDataError
from twintrade.effects import Message

FAULTY = "city,partner,year,value\nLyon,GBR,2004,-5\nLyon,Ruritania,2005,1\nLyon,GBR,2005,1(r)\n"


def test_a_report_of_faults(project, trade_source):
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], project(FAULTY))
    report = format_data_report([], caught.value.messages, caught.value.n_errors)
    lines = report.splitlines()
    assert "Errors (3)" in lines
    assert [line.split(":")[0].strip() for line in lines if line.startswith("    row")] == [
        *("row 2, value", "row 3, partner", "row 4, value")
    ]
    end = report[report.index("Lines to change") :]
    assert "partner_names" in end
    assert "flags" in end
    assert end.strip().splitlines()[-1] == lines[-1]


def test_a_report_of_a_good_file(project, trade_source):
    table = read_trade([trade_source()], project("city,partner,year,value\nLyon,GBR,2004,5\nLyon,World,2004,6\n"))
    report = format_data_report(table.provenance, table.messages)
    assert "data/raw/trade.csv: 2 rows, utf-8, USD" in report
    assert "left out by rule: aggregate partner, 1 row\n" in report
    assert "Errors" not in report
    assert "Lines to change" not in report


def test_more_errors_than_are_listed(project, trade_source):
    rows = "".join(f"Lyon,GBR,{1800 + i},bad\n" for i in range(250))
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], project("city,partner,year,value\n" + rows))
    report = format_data_report([], caught.value.messages, caught.value.n_errors)
    assert "Errors (250, the first 200 in 1 line)" in report


def test_every_counted_message_is_in_the_list():
    """A head that counts twelve stands over lines that add up to twelve."""
    alike = [Message("warning", "a", "the same", "x.csv") for _ in range(12)]
    assert "    the same (12 times)" in format_data_report([], alike).splitlines()
    by_row = [Message("warning", "a", "the same", "x.csv", row, "v") for row in (3, 4, 4, 5)]
    assert "    rows 3 to 5, v: the same (4 times)" in format_data_report([], by_row).splitlines()
    once = [Message("warning", "a", "the same", "x.csv", row, "v") for row in (3, 4, 9)]
    assert "    rows 3 to 4, 9, v: the same" in format_data_report([], once).splitlines()
    n = limits.MAX_LISTED_PER_COLUMN
    many = [Message("warning", "a", f"number {k}", "x.csv", row, "v") for k in range(n + 2) for row in (2, 3)]
    lines = format_data_report([], many).splitlines()
    assert f"Warnings ({2 * n + 4})" in lines
    assert "    v, a: 4 more like these; a run lists them" in lines
