"""Other containers of a table: Parquet, gzip, awkward text; and what is remembered of each file."""

import gzip
import hashlib
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twintrade.data import read_data_card, read_trade
from twintrade.data.sources import limits
from twintrade.data.sources.faults import InvalidDataError

CLEAN = "city,partner,year,value\nLyon,GBR,2004,10\nLyon,GBR,2005,11.5\n"


def parquet(**columns) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def test_parquet_equals_its_text_twin(project, trade_source):
    text = read_trade([trade_source()], project(CLEAN)).frame
    content = parquet(
        city=["Lyon", "Lyon"],
        partner=pa.array(["GBR", "GBR"]).dictionary_encode(),
        year=[2004, 2005],
        value=[10.0, 11.5],
    )
    source = trade_source(file="data/raw/t.parquet")
    table = read_trade([source], project(content, "data/raw/t.parquet"))
    assert table.frame.drop(columns="file").equals(text.drop(columns="file"))


def test_parquet_values_stay_exact(project, trade_source):
    content = parquet(
        city=["A"] * 3,
        partner=["GBR"] * 3,
        year=[2004, 2005, 2006],
        value=[Decimal("0.10"), None, Decimal("12345678901.25")],
    )
    table = read_trade([trade_source(file="t.parquet")], project(content, "t.parquet"))
    assert table.frame["value"].iloc[[0, 2]].tolist() == [0.1, 12345678901.25]
    assert table.frame["flag"].iloc[1] == "missing"


def test_faulty_parquet(project, trade_source):
    source = trade_source(file="t.parquet")
    for content, reason in [
        (b"nonsense", "not a whole Parquet file"),
        (parquet(city=["A"], partner=["GBR"], year=[2004], value=[float("inf")]), "infinite"),
        (parquet(city=["A"], partner=["GBR"], year=[2004], value=[[1]]), "not one value a row"),
        (parquet(city=["A"], partner=["GBR"], year=[2004]), "no column “value”"),
    ]:
        with pytest.raises(InvalidDataError, match=reason):
            read_trade([source], project(content, "t.parquet"))


def test_gzip_within_limits(project, trade_source, monkeypatch):
    content = gzip.compress((CLEAN + "\n" * 100_000).encode())
    source = trade_source(file="t.csv.gz")
    assert len(read_trade([source], project(content, "t.csv.gz")).frame) == 2
    monkeypatch.setattr(limits, "MIN_RATIO_BYTES", 0)
    monkeypatch.setattr(limits, "MAX_EXPANSION_RATIO", 1000)
    assert len(read_trade([source], project(content, "t.csv.gz")).frame) == 2
    monkeypatch.setattr(limits, "MAX_EXPANSION_RATIO", 50)
    with pytest.raises(InvalidDataError, match="expands to more than"):
        read_trade([source], project(content, "t.csv.gz"))
    monkeypatch.undo()
    with pytest.raises(InvalidDataError, match="not a whole gzip file"):
        read_trade([source], project(content[:-9], "t.csv.gz"))
    with pytest.raises(InvalidDataError, match="not a whole gzip file"):
        read_trade([source], project(CLEAN, "t.csv.gz"))


def test_the_limit_on_bytes_on_both_sides(project, trade_source, monkeypatch):
    monkeypatch.setattr(limits, "MAX_INPUT_BYTES", len(CLEAN))
    assert len(read_trade([trade_source()], project(CLEAN)).frame) == 2
    monkeypatch.setattr(limits, "MAX_INPUT_BYTES", len(CLEAN) - 1)
    with pytest.raises(InvalidDataError, match="more than"):
        read_trade([trade_source()], project(CLEAN))


def test_rows_after_a_cell_of_several_lines_keep_their_number(project, trade_source):
    content = 'city,partner,year,value,note\nLyon,GBR,2004,10,"two\nlines"\nLyon,GBR,2005,bad,\n'
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], project(content))
    assert [m.row for m in caught.value.messages] == [4]


def test_line_separators_inside_a_cell_start_no_row(project, trade_source):
    content = CLEAN.replace("Lyon,GBR,2005", "Ly\u2028on,GBR,2005")
    with pytest.raises(InvalidDataError, match="differ only in"):
        read_trade([trade_source()], project(content))


def test_footers_end_the_table_where_declared(project, trade_source):
    content = CLEAN + "Source: customs\n"
    with pytest.raises(InvalidDataError, match=r"row 4: 1 cell under 4 .*last_row = 3"):
        read_trade([trade_source()], project(content))
    assert len(read_trade([trade_source(last_row=3)], project(content)).frame) == 2


def test_messages_quote_little_and_nothing_that_controls_a_terminal(project, trade_source):
    evil = "\x1b[31m\u202e" + "9" * 500 + "x"
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], project(CLEAN + f"Lyon,GBR,2006,{evil}\n"))
    text = caught.value.messages[0].message
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) < 250


def test_what_is_remembered_of_a_file(project, trade_source):
    root = project(CLEAN)
    card = "# trade\n\n- **Publisher:** An office.\n- **Rights:** public domain.\n"
    project(card, "data/raw/trade.md")
    record = read_trade([trade_source(money_unit="1,000 USD")], root).provenance[0]
    assert record.sha256 == hashlib.sha256(CLEAN.encode()).hexdigest()
    assert (record.bytes, record.rows, record.encoding, record.separator) == (len(CLEAN), 2, "utf-8", ",")
    assert (record.publisher, record.licence, record.unit) == ("An office.", "public domain.", "1,000 USD")
    assert str(root) not in repr(record)
    assert read_data_card(root, "data/raw/nothing.csv").text == ""
    project("file,what,original_publisher,licence\nnothing.csv,figures,Another office,open\n", "data/raw/sources.csv")
    card = read_data_card(root, "data/raw/nothing.csv")
    assert (card.publisher, card.licence) == ("Another office", "open")


def test_every_bundled_file_has_a_data_card(root):
    for file in sorted((root / "data/raw").glob("*.csv")):
        card = read_data_card(root, f"data/raw/{file.name}")
        assert card.publisher, file.name
        assert card.licence, file.name


def test_a_cell_beyond_the_limit_is_said_in_words(project, trade_source):
    content = CLEAN + f"{'x' * (limits.MAX_FIELD_CHARACTERS + 1)},GBR,2006,1\n"
    with pytest.raises(InvalidDataError, match="a cell of more than 100,000 characters"):
        read_trade([trade_source()], project(content))
