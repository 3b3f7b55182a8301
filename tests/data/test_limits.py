"""Every bound of the readers has a test on its two sides."""

import gzip
import re
from pathlib import Path

import pytest

from twintrade.data import InvalidDataError, containers, limits, read_trade, read_twinnings
from twintrade.data.cells import quoted
from twintrade.data.dates import parse_date
from twintrade.data.periods import Frequency
from twintrade.data.reconcile import reconcile
from twintrade.errors import DataError

HEAD = "city,partner,year,value\n"


def messages(project, trade_source, content):
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], project(content))
    return caught.value


def test_every_bound_is_named_in_a_test():
    tests = "".join(p.read_text(encoding="utf-8") for p in Path(__file__).parent.glob("test_*.py"))
    names = [name for name in vars(limits) if name.isupper()]
    assert len(names) > 10
    assert [n for n in names if not re.search(rf'limits\.{n}|limits, "{n}"', tests)] == []


def test_faults_are_listed_up_to_the_bound_and_counted_beyond(project, trade_source, monkeypatch):
    rows = "".join(f"Lyon,GBR,{year},bad\n" for year in range(2000, 2006))
    monkeypatch.setattr(limits, "MAX_MESSAGES", 6)
    error = messages(project, trade_source, HEAD + rows)
    assert (len(error.messages), error.n_errors) == (6, 6)
    monkeypatch.setattr(limits, "MAX_MESSAGES", 5)
    error = messages(project, trade_source, HEAD + rows)
    assert (len(error.messages), error.n_errors) == (5, 6)


def test_a_message_quotes_a_cell_up_to_the_bound():
    whole = "x" * limits.MAX_QUOTED_CHARACTERS
    assert quoted(whole) == f"“{whole}”"
    assert quoted(whole + "x") == f"“{whole[:-1]}…”"


def test_a_name_as_long_as_the_bound_is_a_name(project, trade_source):
    name = "y" * limits.MAX_NAME_CHARACTERS
    assert read_trade([trade_source()], project(f"{HEAD}{name},GBR,2004,1\n")).frame["city"].tolist() == [name]
    assert "too long for a city" in str(messages(project, trade_source, f"{HEAD}{name}y,GBR,2004,1\n"))


def test_a_field_as_long_as_the_bound_is_read(project, trade_source, monkeypatch):
    monkeypatch.setattr(limits, "MAX_FIELD_CHARACTERS", 30)
    for mark in ("", '"'):
        note = f"{HEAD[:-1]},note\nLyon,GBR,2004,1,{mark}{{}}{mark}\n"
        assert len(read_trade([trade_source()], project(note.format("z" * 30))).frame) == 1
        with pytest.raises(DataError):
            read_trade([trade_source()], project(note.format("z" * 31)))


def test_a_value_as_large_as_the_bound_is_a_value(project, trade_source):
    largest = int(limits.MAX_VALUE)
    assert read_trade([trade_source()], project(f"{HEAD}Lyon,GBR,2004,{largest}\n")).frame["value"].tolist() == [1e18]
    text = str(messages(project, trade_source, f"{HEAD}Lyon,GBR,2004,{largest * 2}\n"))
    assert "larger than any trade figure" in text


@pytest.mark.parametrize(("year", "outside"), [(limits.FIRST_YEAR, -1), (limits.LAST_YEAR, 1)])
def test_years_of_periods_and_dates_have_bounds(project, trade_source, year, outside):
    assert read_trade([trade_source()], project(f"{HEAD}Lyon,GBR,{year},1\n")).frame["period"].tolist() == [year]
    assert "year" in str(messages(project, trade_source, f"{HEAD}Lyon,GBR,{year + outside},1\n"))
    if year == limits.FIRST_YEAR:
        assert parse_date(str(year)).year == year
    with pytest.raises(ValueError, match=r"outside the years|future"):
        parse_date(str(year + outside))


def test_a_tie_may_be_dated_so_many_years_after_the_sample(project, twinning_source):
    rows = "city,partner,partner_city,date,kind\nLyon,GBR,Leeds,2016,sister city\n"
    registry = read_twinnings([twinning_source()], project(rows, "data/raw/twins.csv"))
    for last, codes in (
        (2016 - limits.YEARS_BEYOND_SAMPLE, []),
        (2015 - limits.YEARS_BEYOND_SAMPLE, ["date-far-ahead"]),
    ):
        found = reconcile(registry, None, ["Lyon"], ["GBR"], 2000, last, Frequency.YEAR)
        assert [m.code for m in found.messages if m.level == "warning"] == codes


def test_expansion_has_a_ceiling_whatever_the_ratio(monkeypatch):
    content = gzip.compress(bytes(1000))
    monkeypatch.setattr(limits, "MAX_EXPANDED_BYTES", 1000)
    assert len(containers.expanded(content, "x.gz")) == 1000
    monkeypatch.setattr(limits, "MAX_EXPANDED_BYTES", 999)
    with pytest.raises(DataError, match="expands to more than 999"):
        containers.expanded(content, "x.gz")


def test_a_small_file_may_expand_freely(monkeypatch):
    content = gzip.compress(bytes(100_000))
    assert limits.MAX_EXPANSION_RATIO * len(content) < 100_000
    monkeypatch.setattr(limits, "MIN_RATIO_BYTES", 100_000)
    assert len(containers.expanded(content, "x.gz")) == 100_000
    monkeypatch.setattr(limits, "MIN_RATIO_BYTES", 99_999)
    with pytest.raises(DataError, match="expands to more than"):
        containers.expanded(content, "x.gz")
