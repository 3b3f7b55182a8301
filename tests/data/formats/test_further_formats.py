"""Files of other programs: equal to their text twin, or named as what they are."""

import io
import json
import pickle
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pytest

from twintrade.data import read_trade
from twintrade.data.looks.column_look import look_at_trade
from twintrade.data.sources.faults import InvalidDataError
from twintrade.errors import DataError

TEXT = "city,partner,year,value\nLyon,GBR,2004,10\nLyon,GBR,2005,11.5\nParis,France,2004,\n"
FRAME = pd.DataFrame(
    {
        "city": ["Lyon", "Lyon", "Paris"],
        "partner": ["GBR", "GBR", "France"],
        "year": [2004, 2005, 2004],
        "value": [10.0, 11.5, np.nan],
    }
)
DOCUMENT = (
    '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:calcext="urn:calcext" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">{styles}<office:body><office:spreadsheet>{tables}'
    "</office:spreadsheet></office:body></office:document-content>"
)
HIDDEN = (
    '<office:automatic-styles><style:style style:name="h"><style:table-properties table:display="false"/>'
    "</style:style></office:automatic-styles>"
)
PAD = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'


def ods_cell(value) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{value}</text:p></table:table-cell>"


def ods_row(cells, attributes="") -> str:
    return f"<table:table-row {attributes}>{''.join(map(ods_cell, cells))}</table:table-row>"


def ods_rows() -> list[str]:
    rows = [list(FRAME.columns), *FRAME.astype(object).where(FRAME.notna(), None).to_numpy().tolist()]
    return [ods_row(row) for row in rows]


def ods(rows, others="") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as container:
        container.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        container.writestr("META-INF/manifest.xml", "<m/>")
        table = f'<table:table table:name="T">{"".join(rows)}{PAD}</table:table>'
        container.writestr("content.xml", DOCUMENT.format(styles=HIDDEN, tables=table + others))
    return out.getvalue()


def stata(frame, **options) -> bytes:
    out = io.BytesIO()
    frame.to_stata(out, write_index=False, **options)
    return out.getvalue()


def arrow(frame) -> bytes:
    out = io.BytesIO()
    feather.write_feather(pa.Table.from_pandas(frame, preserve_index=False), out)
    return out.getvalue()


LISTS = [["city", "partner", "year", "value", "year"], ["Lyon", "GBR", "2004", "10", "2004"]]
LISTS += [["Lyon", "GBR", "2005", "11.5", "2005"], ["Paris", "France", "2004", None, "2004"]]
RECORDS = json.loads(FRAME.to_json(orient="records"))
FILES = {
    "t.dta": stata(FRAME.astype({"year": "float64"}).assign(partner=FRAME["partner"].astype("category"))),
    "old.dta": stata(FRAME, version=114),
    "t.feather": arrow(FRAME),
    "records.json": json.dumps(RECORDS).encode(),
    "lists.json": json.dumps(LISTS).encode(),
    "answer.json": json.dumps({"count": 3, "error": "", "data": RECORDS}).encode(),
    "t.ods": ods(ods_rows()),
}


def read(project, trade_source, content, name, **changes):
    return read_trade([trade_source(file=name, **changes)], project(content, name))


@pytest.mark.parametrize("name", FILES)
def test_a_file_equals_its_text_twin(project, trade_source, name):
    twin = read(project, trade_source, TEXT, "t.csv").frame
    table = read(project, trade_source, FILES[name], name).frame
    pd.testing.assert_frame_equal(table.drop(columns="file"), twin.drop(columns="file"))


@pytest.mark.parametrize("name", FILES)
def test_init_looks_at_the_file(project, name):
    lines = {g.key: g.value for g in look_at_trade(project(FILES[name], name), name)}
    assert (lines["city"], lines["partner"], lines["period"], lines["value"]) == ("city", "partner", "year", "value")


def test_years_of_stata_are_years(project, trade_source):
    dated = FRAME.assign(year=pd.to_datetime(FRAME["year"].astype(str)))
    content = stata(dated, convert_dates={"year": "ty"})
    assert read(project, trade_source, content, "t.dta").frame["period"].tolist() == [2004, 2005, 2004]


def test_spss_equals_its_text_twin(project, trade_source, tmp_path):
    pyreadstat = pytest.importorskip("pyreadstat")
    coded = FRAME.assign(partner=[1.0, 1.0, 2.0])
    pyreadstat.write_sav(coded, tmp_path / "t.sav", variable_value_labels={"partner": {1.0: "GBR", 2.0: "France"}})
    twin = read(project, trade_source, TEXT, "t.csv").frame
    table = read_trade([trade_source(file="t.sav")], tmp_path).frame
    pd.testing.assert_frame_equal(table.drop(columns="file"), twin.drop(columns="file"))


@pytest.mark.parametrize("name", ["t.rds", "t.rda"])
def test_r_equals_its_text_twin(project, trade_source, tmp_path, name):
    rdata = pytest.importorskip("rdata")
    frame = FRAME.astype({"city": object, "partner": object, "year": "int32"})
    write, content = (rdata.write_rds, frame) if name == "t.rds" else (rdata.write_rda, {"x": frame, "n": 1})
    write(tmp_path / name, content)
    twin = read(project, trade_source, TEXT, "t.csv").frame
    table = read_trade([trade_source(file=name)], tmp_path).frame
    pd.testing.assert_frame_equal(table.drop(columns="file"), twin.drop(columns="file"))


def test_an_extra_that_is_not_installed_is_named(project, trade_source, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyreadstat", None)
    monkeypatch.setitem(__import__("sys").modules, "rdata", None)
    with pytest.raises(InvalidDataError, match=r"t.sav is an SPSS file, .*pip install pyreadstat"):
        read(project, trade_source, b"$FL2", "t.sav")
    with pytest.raises(InvalidDataError, match=r"t.rds is an R file, .*write.csv"):
        read(project, trade_source, b"X\n", "t.rds")


KINDS = {
    "a Stata file": b"<stata_dta><header><release>118</release>",
    "an SPSS file": b"$FL2@(#) SPSS DATA FILE",
    "an SQLite database": b"SQLite format 3\0",
    "a web page": b"\n<!DOCTYPE html><html><body>Sign in",
    "a JSON file": b'[["city","year"],["Lyon","2004"]]',
    "a picture": b"\x89PNG\r\n",
    "a SAS file": b"\0" * 12 + b"\xc2\xea\x81\x60" + b"\xb3\x14",
    "compressed with xz": b"\xfd7zXZ\0",
    "an XML file": b'<?xml version="1.0"?><a/>',
}


@pytest.mark.parametrize("kind", KINDS)
def test_another_kind_under_a_table_s_name_is_named(project, trade_source, kind):
    with pytest.raises(InvalidDataError, match=f"t.csv is {kind}"):
        read(project, trade_source, KINDS[kind], "t.csv")
    with pytest.raises(DataError, match=f"t.csv is {kind}"):
        look_at_trade(project(KINDS[kind], "t.csv"), "t.csv")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("t.xls", "old or binary Excel"),
        ("t.sas7bdat", "SAS"),
        ("t.accdb", "Access"),
        ("t.pkl", "Python pickle"),
        ("t.pdf", "PDF"),
    ],
)
def test_another_kind_is_named_by_its_ending(project, trade_source, name, kind):
    with pytest.raises(InvalidDataError, match=f"{name} is an? {kind}"):
        read(project, trade_source, b"\x80\x04", name)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("t.dta", b"nonsense", "not a whole Stata file"),
        ("t.dta", FILES["t.dta"][:-200], "not a whole Stata file"),
        ("t.feather", b"nonsense", "not a whole Feather file"),
        ("t.feather", pickle.dumps([1]), "not a whole Feather file"),
        ("t.json", b'[{"city": "Lyon",', "not a whole JSON file"),
        ("t.json", b'[{"city": 1, "city": 2}]', "stands twice"),
        ("t.json", b"[" * 5000, "not a whole JSON file"),
        ("t.json", b'{"error": "none", "count": 0}', "no list of records.*it holds “error”, “count”"),
        ("t.json", b'[["city", "year"], ["Lyon"]]', "row 2: 1 value under 2 names"),
        ("t.json", b'[{"city": "Lyon"}, ["Lyon"]]', "mixes records and lists"),
        ("t.json", b'[{"city": "L", "partner": "GBR", "year": 2004, "value": {"a": 1}}]', "lists or records"),
        ("t.json", b'[{"city": "L", "partner": "GBR", "year": 2004, "value": NaN}]', "not a whole JSON file"),
        ("t.json", b'[{"city": "L", "partner": "GBR", "year": 2004, "value": 1e999999999}]', "E\\+999999999"),
        ("t.ods", b"PK nonsense", "not a whole workbook"),
    ],
)
def test_damaged_files_end_in_words(project, trade_source, name, content, reason):
    with pytest.raises(InvalidDataError, match=reason):
        read(project, trade_source, content, name)


def test_an_ods_sheet_hides_nothing(project, trade_source):
    rows = ods_rows()
    hidden = [*rows[:2], rows[2].replace("<table:table-row ", '<table:table-row table:visibility="filter" '), rows[3]]
    table = read(project, trade_source, ods(hidden), "t.ods")
    assert [(m.code, m.row) for m in table.messages if m.code == "hidden-rows"] == [("hidden-rows", 3)]
    formula = rows[1].replace('office:value-type="float" office:value="10.0"', 'table:formula="of:=5+5"')
    for changed, reason in [
        ([rows[0], formula, *rows[2:]], r"row 2: 1 formula has no stored value .D2"),
        (
            [rows[0], rows[1].replace("table-cell ", 'table-cell table:number-rows-spanned="2" ', 1)],
            "merged cells .*A2:A3",
        ),
        (
            [
                rows[0],
                rows[1].replace("number-rows", "x"),
                rows[2]
                .replace("float", "string")
                .replace('office:value="11.5"', 'calcext:value-type="error"')
                .replace("11.5", "#DIV/0!"),
            ],
            r"#DIV/0!",
        ),
    ]:
        with pytest.raises(InvalidDataError, match=reason):
            read(project, trade_source, ods(changed), "t.ods")
    far = ods_row(["x"], 'table:number-rows-repeated="1048000"').replace(
        "<table:table-cell ", '<table:table-cell table:number-columns-repeated="900" '
    )
    with pytest.raises(InvalidDataError, match="clear the stray cells"):
        read(project, trade_source, ods([*rows, far]), "t.ods")


def test_sheets_of_an_ods_must_be_told_apart(project, trade_source):
    other = '<table:table table:name="U"{}>' + ods_row(["x"]) + "</table:table>"
    with pytest.raises(InvalidDataError, match="has the sheets “T”, “U”: set sheet"):
        read(project, trade_source, ods(ods_rows(), other.format("")), "t.ods")
    hidden = ods(ods_rows(), other.format(' table:style-name="h"'))
    assert len(read(project, trade_source, hidden, "t.ods").frame) == 3
