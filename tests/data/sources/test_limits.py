"""Every bound of the readers has a test on its two sides."""

import datetime
import gzip
import io
import re
import struct
import time
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from case_tables import loop_over
from made_workbooks import sheet, workbook

from twintrade.data import read_trade
from twintrade.data.calendar import Frequency, TwinningDate, parse_date, refuse_future
from twintrade.data.fixes import format_data_report
from twintrade.data.formats import containers
from twintrade.data.formats.containers import limit_time
from twintrade.data.formats.tables import open_table
from twintrade.data.looks.file_look import look_at_file
from twintrade.data.registry.matching import reconcile
from twintrade.data.registry.reading import read_twinnings
from twintrade.data.schema import FileFormat
from twintrade.data.sources import limits
from twintrade.data.sources.faults import Faults, InvalidDataError, quote_cell
from twintrade.errors import DataError

HEAD = "city,partner,year,value\n"


def messages(project, trade_source, content):
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], project(content))
    return caught.value


def test_every_bound_is_named_in_a_test():
    tests = "".join(p.read_text(encoding="utf-8") for p in Path(__file__).parents[1].rglob("test_*.py"))
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
    assert quote_cell(whole) == f"“{whole}”"
    assert quote_cell(whole + "x") == f"“{whole[:-1]}…”"


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
    assert len(containers.expand(content, "x.gz")) == 1000
    monkeypatch.setattr(limits, "MAX_EXPANDED_BYTES", 999)
    with pytest.raises(DataError, match="expands to more than 999"):
        containers.expand(content, "x.gz")


def test_a_small_file_may_expand_freely(monkeypatch):
    content = gzip.compress(bytes(100_000))
    assert limits.MAX_EXPANSION_RATIO * len(content) < 100_000
    monkeypatch.setattr(limits, "MIN_RATIO_BYTES", 100_000)
    assert len(containers.expand(content, "x.gz")) == 100_000
    monkeypatch.setattr(limits, "MIN_RATIO_BYTES", 99_999)
    with pytest.raises(DataError, match="expands to more than"):
        containers.expand(content, "x.gz")


def test_a_clock_that_stands_before_the_floor_refuses_no_date_up_to_it():
    floor = limits.CLOCK_FLOOR
    wrong = datetime.date(1970, 1, 1)
    refuse_future(TwinningDate(floor.year, floor.month, floor.day), wrong)
    with pytest.raises(ValueError, match="in the future"):
        refuse_future(TwinningDate(floor.year, floor.month, floor.day + 2), wrong)


def test_a_day_is_granted_for_time_zones_and_no_more():
    today = datetime.date(2030, 5, 30)
    refuse_future(TwinningDate(2030, 5, 31), today)
    refuse_future(TwinningDate(2030), today)
    with pytest.raises(ValueError, match="in the future"):
        refuse_future(TwinningDate(2030, 6), today)


def test_the_report_prints_so_many_faults_of_a_column_and_counts_the_rest(project, trade_source):
    most = limits.MAX_LISTED_PER_COLUMN
    for n, more in ((most, ""), (most + 3, "value, number: 3 more like these")):
        rows = "".join(f"Lyon,GBR,{1900 + i},one hundred and {i}\n" for i in range(n))
        error = messages(project, trade_source, HEAD + rows)
        report = format_data_report((), error.messages, error.n_errors)
        assert report.count("“one hundred and") == most
        assert more in report
        assert ("more like these" in report) == bool(more)


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in members.items():
            container.writestr(f"{name}.csv", content)
    return out.getvalue()


def test_a_zipped_table_may_expand_as_far_as_a_compressed_one(monkeypatch):
    content = zipped(t=bytes(1000))
    monkeypatch.setattr(limits, "MAX_EXPANDED_BYTES", 1000)
    assert len(containers.read_zip_table(content, None, "x.zip")) == 1000
    monkeypatch.setattr(limits, "MAX_EXPANDED_BYTES", 999)
    with pytest.raises(DataError, match="expands to more than 999"):
        containers.read_zip_table(content, None, "x.zip")


def test_a_zip_file_may_have_so_many_members(monkeypatch):
    content = zipped(a=b"1", b=b"2")
    monkeypatch.setattr(limits, "MAX_ARCHIVE_MEMBERS", 2)
    assert containers.read_zip_table(content, "b.csv", "x.zip") == b"2"
    monkeypatch.setattr(limits, "MAX_ARCHIVE_MEMBERS", 1)
    with pytest.raises(DataError, match="has 2 parts"):
        containers.read_zip_table(content, "b.csv", "x.zip")


ZIPS = [
    (zipped(a=b"1")[:-30], None, "not a whole zip file"),
    (zipped(a=b"1"), "c.csv", "holds no member “c.csv”; its tables are “a.csv”"),
    (zipped(), None, "holds 0 tables: a zip file must hold one"),
    (zipped(a=b"1", b=b"2"), None, "holds 2 tables (“a.csv”, “b.csv”): set member"),
    (zipped(a=b"1").replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"), None, "encrypted"),
]  # fmt: skip


@loop_over(("content", "member", "told"), ZIPS, ids=range(len(ZIPS)))
def test_a_zip_file_that_is_no_table_is_told(content, member, told):
    with pytest.raises(DataError, match=re.escape(told)):
        containers.read_zip_table(content, member, "x.zip")


@pytest.mark.parametrize(
    "read", [*(f.parse for f in Frequency), parse_date], ids=["year", "quarter", "month", "date"]
)
def test_a_period_or_date_longer_than_the_bound_is_refused_before_it_is_looked_at(read):
    longest = "2004" + "*" * (limits.MAX_DATE_CHARACTERS - 4)
    with pytest.raises(ValueError, match="is") as told:
        read(longest)
    assert "too long" not in str(told.value)
    with pytest.raises(ValueError, match="is too long for a"):
        read(longest + "*")


def measure_reading(project, trade_source, long: int) -> float:
    """Return CPU seconds until a table whose cells are hard to read, and so long, is refused."""
    cells = ["2004" + "*" * long + "x", "1" * long, "1," * (long // 2), "2004" + "1-" * (long // 2), "p" * long]
    rows = "".join(f'Lyon,GBR,"{cell}","{cell}"\n' for cell in cells)
    started = time.process_time()
    error = messages(project, trade_source, HEAD + rows)
    assert error.n_errors == 2 * len(cells)
    return time.process_time() - started


def test_a_cell_that_would_keep_a_reader_busy_costs_no_time(project, trade_source):
    """One ten times as long costs ten times as much at the most, where going back and forth in it would a hundred."""
    longest = limits.MAX_FIELD_CHARACTERS - 10
    _, short, long = (measure_reading(project, trade_source, n) for n in (longest // 10, longest // 10, longest))
    assert long < 40 * short


def test_a_file_may_be_read_as_long_as_the_bound_and_is_given_up_beyond(project, trade_source):
    root, now = project(f"{HEAD}Lyon,GBR,2004,1\n"), iter((0.0, *[float(limits.MAX_READING_SECONDS)] * 99))
    with limit_time("trade.csv", lambda: next(now)):
        assert read_trade([trade_source()], root).frame["value"].tolist() == [1.0]
    later = iter((0.0, *[limits.MAX_READING_SECONDS + 0.5] * 99))
    told = r"is not read after 20 minutes.*save the columns and rows that count as \.csv"
    with pytest.raises(DataError, match=told), limit_time("trade.csv", lambda: next(later)):
        read_trade([trade_source()], root)


def long_file(ending: str) -> bytes:
    n = 40_000
    table = HEAD + "".join(f"Lyon {i},GBR,2004,1\n" for i in range(n))
    if ending == "csv":
        return table.encode()
    if ending == "quoted.csv":
        return table.replace("GBR", '"GBR"').encode()
    if ending == "csv.gz":
        return gzip.compress(bytes(3 * 1024**2))
    if ending == "zip":
        return zipped(t=bytes(3 * 1024**2))
    if ending == "xlsx":
        return workbook({"t": sheet([HEAD.strip().split(","), *[["Lyon", "GBR", 2004, 1]] * 6000])})
    out = io.BytesIO()
    frame = pd.DataFrame({"city": ["Lyon"] * 3 * n, "partner": "GBR", "year": 2004, "value": 1})
    frame.to_parquet(out, row_group_size=n)
    return out.getvalue()


@pytest.mark.parametrize("ending", ["csv", "quoted.csv", "csv.gz", "zip", "xlsx", "parquet"])
def test_the_time_is_looked_at_between_rows_members_and_chunks_of_every_kind_of_file(tmp_path, ending):
    file = f"long.{ending}"
    (tmp_path / file).write_bytes(long_file(ending))
    looked = []

    def clock() -> float:
        looked.append(None)
        return 0.0 if len(looked) < 4 else limits.MAX_READING_SECONDS + 1.0

    with pytest.raises(DataError, match=rf"long\.{ending} is not read after"), limit_time(file, clock):
        open_table(tmp_path, file, FileFormat(), ["city"], Faults())
    assert len(looked) == 4


def test_a_look_of_init_and_the_reading_after_it_share_one_limit(tmp_path):
    (tmp_path / "t.csv").write_text(f"{HEAD}Lyon,GBR,2004,1\nLyon,GBR,2005,1\n", encoding="utf-8")
    asked = []

    def clock() -> float:
        asked.append(None)
        return float(len(asked))

    with limit_time("t.csv", clock):
        look_at_file(tmp_path, "t.csv")
    assert len(asked) >= 2
    with pytest.raises(DataError, match="not read after"), limit_time("t.csv", lambda: clock() * 1e6):
        look_at_file(tmp_path, "t.csv")


def write_spss_head(order, n_cases, width):
    """Return the first bytes of an SPSS file; the others are never looked at."""
    return b"$FL2" + b" " * 60 + struct.pack(f"{order}5i", 2, width, 1, 0, n_cases) + bytes(92)


def write_r_sequence(length):
    """Return an R file with a sequence that is stored as its length, start and step."""
    head = b"X\n" + struct.pack(">3i", 3, 0x40301, 0x30500) + struct.pack(">i", 5) + b"UTF-8"
    name = struct.pack(">2i", 0x00040009, 14) + b"compact_intseq"
    return gzip.compress(head + struct.pack(">i", 238) + name + struct.pack(">2i3d", 14, 3, length, 1, 1))


CELLS = limits.MIN_RATIO_BYTES // 8


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("file", "write", "n"),
    [
        ("t.sav", lambda order, n: write_spss_head(order, n, 4), CELLS // 4),
        ("t.rds", lambda order, n: write_r_sequence(n), CELLS),
    ],
    ids=["spss", "r"],
)
def test_files_that_claim_more_cells_than_their_size_holds_are_refused_unread(file, write, n, order, tmp_path):
    said = {}
    for rows in (n, n + 1, 2**31 - 1):
        (tmp_path / file).write_bytes(write(order, rows))
        with pytest.raises(DataError) as caught:  # of a bearable size: for want of the library, or of the rest
            open_table(tmp_path, file, FileFormat(), ["city"], Faults())
        said[rows] = "cells at most are plausible for its size" in str(caught.value)
    assert said == {n: False, n + 1: True, 2**31 - 1: True}
