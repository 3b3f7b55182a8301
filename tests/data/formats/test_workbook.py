"""Workbooks: equal to their clean twin, or refused with the cell; nothing hidden goes unsaid."""

import pytest
from made_workbooks import sheet, workbook

from twintrade.data import read_trade
from twintrade.data.sources import limits
from twintrade.data.sources.faults import InvalidDataError

HEADER = ["city", "partner", "year", "value"]
ROWS = [HEADER, ["Lyon", "GBR", 2004, 10], ["Lyon", "GBR", 2005, 1.234], ["Paris", "英国", "2005", "7"]]
FILE = "data/raw/trade.xlsx"


@pytest.fixture
def read(project, trade_source):
    def go(content, **changes):
        return read_trade([trade_source(file=FILE, **changes)], project(content, FILE))

    return go


def codes(table):
    return {m.code for m in table.messages}


def test_a_clean_sheet(read):
    table = read(workbook({"data": sheet(ROWS)}))
    assert table.frame["value"].tolist() == [10, 1.234, 7]
    assert table.frame["period"].tolist() == [2004, 2005, 2005]
    assert table.frame["row"].tolist() == [2, 3, 4]
    assert table.provenance[0].sheet == "data"
    assert codes(table) == {"city-enters-or-leaves", "partner-reading"}


def test_sheets_with_the_same_columns_are_named_and_others_are_not(read):
    book = workbook(
        {"data": sheet(ROWS), "more": sheet(ROWS[:2]), "notes": sheet([["a"], ["b"]]), "head": sheet([HEADER])}
    )
    assert read(book, sheet="data").provenance[0].alike_sheets == ("more",)
    assert read(workbook({"data": sheet(ROWS)})).provenance[0].alike_sheets == ()


def test_blank_rows_keep_the_sheets_row_numbers(read):
    table = read(workbook({"data": sheet([ROWS[0], ROWS[1], [], ROWS[2]])}))
    assert table.frame["row"].tolist() == [2, 4]


def test_hidden_rows_are_read_and_said(read):
    table = read(workbook({"data": sheet(ROWS, hidden_rows=(3,))}))
    (warning,) = [m for m in table.messages if m.code == "hidden-rows"]
    assert warning.level == "warning"
    assert warning.row == 3
    assert len(table.frame) == 3


def test_merged_cells_are_named_from_the_first_on_and_counted(read):
    table = [ROWS[0], *(ROWS[1] for _ in range(24))]
    merged = [f"A{k}:A{k + 1}" for k in range(24, 0, -2)][:11]
    with pytest.raises(InvalidDataError, match=r"row 4: merged cells inside the table \(A4:A5, .* and 3 more\)"):
        read(workbook({"data": sheet(table, merged=merged)}))


def test_merged_cells_in_the_table_are_refused_above_it_they_do_no_harm(read):
    with pytest.raises(InvalidDataError, match=r"merged cells inside the table .A2:A3"):
        read(workbook({"data": sheet(ROWS, merged=("A2:A3",))}))
    titled = workbook({"data": sheet([["Exports"], *ROWS], merged=("A1:D1",))})
    assert len(read(titled, header=2).frame) == 3
    with pytest.raises(InvalidDataError, match="set header = 2"):
        read(titled)


def test_formulas_need_a_stored_value(read):
    good = [HEADER, ["Lyon", "GBR", 2004, ("5+5", 10)]]
    assert read(workbook({"data": sheet(good)})).frame["value"].tolist() == [10]
    bad = [HEADER, ["Lyon", "GBR", 2004, ("5+5", None)], ["Lyon", "GBR", 2005, 3]]
    with pytest.raises(InvalidDataError, match=r"row 2: 1 formula has no stored value .D2"):
        read(workbook({"data": sheet(bad)}))


def test_merged_cells_and_formulas_are_told_at_once(read):
    bad = [*ROWS, ["Nice", "GBR", 2004, ("5+5", None)], *(["Nice", "GBR", y, ("1", None)] for y in range(2005, 2014))]
    with pytest.raises(InvalidDataError) as caught:
        read(workbook({"data": sheet(bad, merged=("A3:A4", "B2:B3"))}))
    told = str(caught.value)
    assert "row 2: merged cells inside the table (B2:B3, A3:A4)" in told
    assert "row 5: 10 formulas have no stored value (D5, D6, D7, D8, D9, D10, D11, D12 and 2 more)" in told
    assert caught.value.n_errors == 1


def test_several_sheets_must_be_told_apart(read):
    book = workbook({"2004": sheet(ROWS), "notes": sheet([["nothing"]])})
    with pytest.raises(InvalidDataError, match="“2004”, “notes”: set sheet"):
        read(book)
    assert len(read(book, sheet="2004").frame) == 3
    with pytest.raises(InvalidDataError, match="has no sheet “2005”"):
        read(book, sheet="2005")
    hidden = workbook({"2004": sheet(ROWS), "notes": sheet([["nothing"]])}, {"notes": "hidden"})
    assert len(read(hidden).frame) == 3


@pytest.mark.parametrize("value", [-5, "#DIV/0!", True, "12%", "=1+1", "1,234"])
def test_faulty_cells_have_the_sheets_row(read, value):
    with pytest.raises(InvalidDataError) as caught:
        read(workbook({"data": sheet([*ROWS, ["Nice", "GBR", 2004, value]])}))
    assert [(m.row, m.column) for m in caught.value.messages if m.level == "error"] == [(5, "value")]


def test_a_wide_sheet_has_years_as_numbers(read):
    rows = [["city", "partner", 2004, 2005], ["A", "GBR", 1, 2], ["B", "GBR", 3, 4]]
    table = read(workbook({"data": sheet(rows)}), layout="wide", period=None, value=None)
    assert table.frame["value"].tolist() == [1, 2, 3, 4]
    assert table.frame["period"].tolist() == [2004, 2005, 2004, 2005]


def test_a_text_file_called_xlsx_and_a_workbook_called_csv(read, project, trade_source):
    with pytest.raises(InvalidDataError, match="not a whole workbook"):
        read(b"city,partner,year,value\n")
    with pytest.raises(InvalidDataError, match="zip container, as Excel workbooks are"):
        read_trade([trade_source()], project(workbook({"data": sheet(ROWS)})))
    with pytest.raises(InvalidDataError, match=r"encrypted, or an old .xls"):
        read(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    with pytest.raises(InvalidDataError, match=r"save it as .xlsx or .csv"):
        read_trade([trade_source(file="data/raw/x.xls")], project(b"anything", "data/raw/x.xls"))


def test_a_truncated_workbook(read):
    book = workbook({"data": sheet(ROWS)})
    for length in (len(book) // 3, len(book) - 30):
        with pytest.raises(InvalidDataError, match="workbook"):
            read(book[:length])


def test_a_damaged_part_fails_its_checksum(read):
    book = bytearray(workbook({"data": sheet(ROWS)}))
    at = book.find(b"xl/worksheets/sheet1.xml") + 40
    book[at] ^= 0xFF
    with pytest.raises(InvalidDataError, match="workbook"):
        read(bytes(book))


def test_entities_are_refused(read):
    bomb = '<!DOCTYPE lolz [<!ENTITY lol "lol">]>'
    with pytest.raises(InvalidDataError, match="declares XML entities"):
        read(workbook({"data": sheet(ROWS, prolog=bomb)}))


def test_a_stray_cell_in_the_last_corner(read):
    content = sheet(ROWS).replace("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    with pytest.raises(InvalidDataError, match="reaches to XFD1048576"):
        read(workbook({"data": content}))


def test_the_limit_on_cells_on_both_sides(read, monkeypatch):
    book = workbook({"data": sheet(ROWS)})
    monkeypatch.setattr(limits, "MAX_SHEET_CELLS", 16)
    assert len(read(book).frame) == 3
    monkeypatch.setattr(limits, "MAX_SHEET_CELLS", 15)
    with pytest.raises(InvalidDataError, match="reaches to D4"):
        read(book)


def test_the_limit_on_expansion_on_both_sides(read, monkeypatch):
    book = workbook({"data": sheet(ROWS)}, extra={"xl/media/zeros.bin": bytes(200_000)})
    monkeypatch.setattr(limits, "MIN_RATIO_BYTES", 0)
    monkeypatch.setattr(limits, "MAX_EXPANSION_RATIO", 1000)
    assert len(read(book).frame) == 3
    monkeypatch.setattr(limits, "MAX_EXPANSION_RATIO", 20)
    with pytest.raises(InvalidDataError, match="expands to more than"):
        read(book)


def test_the_limit_on_parts_on_both_sides(read, monkeypatch):
    book = workbook({"data": sheet(ROWS)})
    monkeypatch.setattr(limits, "MAX_ARCHIVE_MEMBERS", 5)
    assert len(read(book).frame) == 3
    monkeypatch.setattr(limits, "MAX_ARCHIVE_MEMBERS", 4)
    with pytest.raises(InvalidDataError, match="5 parts"):
        read(book)
