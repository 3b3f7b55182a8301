"""Trade tables: what is read equals what is written, and every fault names its row."""

import tomllib
import unicodedata

import numpy as np
import pandas as pd
import pytest
from bundled_sources import US_EXPORTS

from twintrade.data import read_trade
from twintrade.data.calendar import Frequency
from twintrade.data.covariates import complete
from twintrade.data.fixes import list_lines_to_change
from twintrade.data.schema import CityName, Constant, RevisionColumn, UnitColumn
from twintrade.data.sources.faults import AbsentInputError, InvalidDataError
from twintrade.errors import DataError

CLEAN = "city,partner,year,value\nLyon,GBR,2004,10\nLyon,GBR,2005,11.5\nLyon,USA,2004,0\nParis,GBR,2005,7\n"


def codes(table):
    return {m.code for m in table.messages}


def test_a_clean_file(project, trade_source):
    table = read_trade([trade_source()], project(CLEAN))
    assert table.frame["city"].tolist() == ["Lyon", "Lyon", "Lyon", "Paris"]
    assert table.frame["partner"].tolist() == ["GBR", "GBR", "USA", "GBR"]
    assert table.frame["period"].tolist() == [2004, 2005, 2004, 2005]
    assert table.frame["value"].tolist() == [10, 11.5, 0, 7]
    assert table.frame["row"].tolist() == [2, 3, 4, 5]
    assert set(table.frame["file"]) == {"data/raw/trade.csv"}
    assert (table.first, table.last, table.money_unit, table.frequency) == (2004, 2005, "USD", Frequency.YEAR)
    assert table.provenance[0].rows == 4
    assert len(table.provenance[0].sha256) == 64


def test_figures_before_a_partner_existed_are_named(project, trade_source):
    rows = "Lyon,SSD,2005,1\nLyon,SSD,2012,1\nLyon,SUN,1990,1\n"
    (said,) = [m for m in read_trade([trade_source()], project(CLEAN + rows)).messages if m.code == "partner-years"]
    assert "South Sudan" in str(said.text)
    assert "2005" in str(said.text)
    assert "2012" not in str(said.text)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + CLEAN.encode(),
        CLEAN.replace("\n", "\r\n").encode(),
        CLEAN.replace("Lyon,USA", "\n\nLyon\xa0,  USA").encode(),
        CLEAN.replace(",", ";").encode(),
        CLEAN.replace(",", ";").replace("11.5", "11,5").encode(),
        CLEAN.replace(",", "\t").encode(),
        CLEAN.replace("Lyon", '"Lyon"').encode(),
        CLEAN.encode("utf-16"),
        CLEAN.replace("GBR", "英国").encode(),
    ],
    ids=["bom", "crlf", "spaces", "semicolon", "decimal-comma", "tab", "quotes", "utf-16", "chinese"],
)
def test_dialects_equal_their_clean_twin(project, trade_source, content):
    clean = read_trade([trade_source()], project(CLEAN)).frame
    other = read_trade([trade_source()], project(content)).frame
    assert other.drop(columns="row").equals(clean.drop(columns="row"))


def test_declared_encodings(project, trade_source):
    chinese = CLEAN.replace("Lyon", "济南").replace("GBR", "英国")
    for encoding in ("gbk", "gb18030", "utf-16-le"):
        root = project(chinese.encode(encoding))
        table = read_trade([trade_source(encoding=encoding)], root)
        assert table.cities == ["Paris", "济南"]
        assert table.partners == ["GBR", "USA"]


def test_an_undeclared_encoding_is_refused_with_line_and_key(project, trade_source):
    root = project(CLEAN.replace("Paris", "济南").encode("gb18030"))
    with pytest.raises(InvalidDataError, match=r'row 5.*济南.*encoding = "gb18030"'):
        read_trade([trade_source()], root)


FAULTY_FILES = [
    ("", "is empty"),
    ("city,partner,year,value\n", "no rows"),
    (CLEAN + "Lyon,USA\n", "row 6: 2 cells"),
    (CLEAN + '"Lyon,USA,2005,3\n', "row 6: a quotation mark"),
    (CLEAN + "Ly\0on,USA,2005,3\n", "row 6: a NUL"),
    ("Exports by city\n\n" + CLEAN, "set header = 3"),
    (CLEAN.replace("value", "amount"), "no column “value”"),
    (CLEAN.replace("value", "value,value").replace("\n", ",1\n").replace("value,1", "value"), "stands twice"),
    (b"PK\x03\x04" + b"x" * 50, "zip container"),
    (b"PAR1" + b"x" * 50, "Parquet"),
]


@pytest.mark.parametrize(("content", "reason"), FAULTY_FILES)
def test_files_that_are_no_table(project, trade_source, content, reason):
    with pytest.raises(InvalidDataError, match=reason):
        read_trade([trade_source()], project(content))


FAULTY_ROWS = [
    (",GBR,2006,1", "city", "blank"),
    ("合计,GBR,2006,1", "city", "total"),
    ("Lyon①,GBR,2006,1", "city", "footnote mark"),
    ("Lyon (2),GBR,2006,1", "city", "footnote mark"),
    ("L" * 300 + ",GBR,2006,1", "city", "too long"),
    ("Lyon,,2006,1", "partner", "blank"),
    ("Lyon,Ruritania,2006,1", "partner", "no known partner"),
    ("Lyon,GBR,2006/07,1", "year", "month"),
    ("Lyon,GBR,2006,-1", "value", "negative"),
    ("Lyon,GBR,2006,1(e)", "value", "mark"),
    ("Lyon,GBR,2005,12", "", "row 3"),
    ("LYON,GBR,2006,12", "", "differ only in case"),
]


@pytest.mark.parametrize(("row", "column", "reason"), FAULTY_ROWS)
def test_faulty_rows(project, trade_source, row, column, reason):
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], project(CLEAN + row + "\n"))
    (message,) = [m for m in caught.value.messages if m.level == "error"]
    assert reason in message.message
    assert message.column == column
    assert message.row in (6, None)


def test_rows_that_repeat_are_told_beside_cells_that_cannot_be_read(project, trade_source):
    """A user corrects a file once: the rows that can be read are searched for repeats whatever else is wrong."""
    bad = "Lyon,Ruritania,2004,1\nLyon,Ruritania,2004,2\nLyon,USA,2005,b\nLyon,USA,x,\n"
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], project(CLEAN + "Lyon,GBR,2005,12\n" + bad))
    faults = [(m.row, m.code) for m in caught.value.messages if m.level == "error"]
    assert sorted(faults) == [(6, "duplicate"), (7, "partner"), (9, "number"), (10, "period")]


def test_products_of_a_faulty_file_are_no_repeats(project, trade_source):
    content = (
        "city,partner,year,hs,value\nLyon,GBR,2004,01,1\nLyon,GBR,2004,02,2\nLyon,GBR,2004,02,3\nLyon,GBR,x,02,3\n"
    )
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source(product="hs", product_revision="HS2012")], project(content))
    assert [(m.row, m.code) for m in caught.value.messages] == [(5, "period"), (4, "duplicate")]


def test_all_faults_of_all_files_at_once(project, trade_source):
    project("city,partner,year,value\nLyon,XX1,2004,a\nLyon,GBR,20,b\n")
    root = project("nothing", "data/raw/other.csv")
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source(), trade_source(file="data/raw/other.csv")], root)
    assert caught.value.n_errors == 5
    assert {m.code for m in caught.value.messages} == {"number", "partner", "period", "file"}
    assert "5 faults" in str(caught.value)


def test_towns_called_nan_none_and_na_stay_text(project, trade_source):
    table = read_trade(
        [trade_source()], project("city,partner,year,value\nNan,NAM,2004,1\nNone,NAM,2004,2\nNA,NAM,2004,3\n")
    )
    assert table.cities == ["NA", "Nan", "None"]
    assert table.partners == ["NAM"]


def test_missing_is_not_zero_unless_declared(project, trade_source):
    root = project(CLEAN.replace(",7", ",-"))
    table = read_trade([trade_source()], root)
    assert np.isnan(table.frame["value"].iloc[3])
    assert table.frame["flag"].iloc[3] == "missing"
    assert "missing-figures" in codes(table)
    zero = read_trade([trade_source(blank="zero")], root)
    assert zero.frame["value"].iloc[3] == 0
    assert zero.frame["flag"].iloc[3] == "blank is zero"


def test_only_blanks_and_dashes_are_zero_where_blank_is_and_no_token_that_is_declared_missing(project, trade_source):
    cells = ["5", "–", "-", "", ".", "…", "..", ":", "x", "s", "c"]
    lines = "".join(f"Lyon,GBR,{2004 + i},{cell}\n" for i, cell in enumerate(cells))
    root = project("city,partner,year,value\n" + lines)
    table = read_trade([trade_source(blank="zero")], root)
    assert table.frame["value"].tolist()[:4] == [5, 0, 0, 0]
    assert table.frame["value"].iloc[4:].isna().all()
    assert set(table.frame["flag"].iloc[4:]) == {"missing"}
    told = {m.code: m.message for m in table.messages}
    assert "in 3 cells" in told["missing-figures"]
    assert "in 7 cells" in told["unknown-figures"]
    declared = read_trade([trade_source(blank="zero", missing_tokens=("–",))], root)
    assert np.isnan(declared.frame["value"].iloc[1])
    assert declared.frame["value"].tolist()[2:4] == [0, 0]


def test_aggregates_are_left_out_and_counted(project, trade_source):
    table = read_trade([trade_source()], project(CLEAN + "Lyon,World,2004,99\nLyon,ASEAN,2004,9\n"))
    assert table.partners == ["GBR", "USA"]
    assert [(str(rule), n) for rule, n in table.provenance[0].dropped] == [("aggregate partner", 2)]
    assert "aggregate-partner" in codes(table)


def test_units_are_converted_exactly(project, trade_source):
    root = project(CLEAN.replace("11.5", "1.005"))
    table = read_trade([trade_source(money_unit="万美元", decimal=".")], root)
    assert table.money_unit == "USD"
    assert table.frame["value"].tolist() == [100000, 10050, 0, 70000]


def test_units_by_row(project, trade_source):
    content = "city,partner,year,value,unit\nLyon,GBR,2004,10,USD\nLyon,GBR,2005,10,1000 USD\n"
    table = read_trade(
        [trade_source(money_unit=UnitColumn("unit"))], project(content.replace("1000 USD", "million USD"))
    )
    assert table.frame["value"].tolist() == [10, 10_000_000]
    with pytest.raises(InvalidDataError, match="EUR, USD"):
        read_trade([trade_source(money_unit=UnitColumn("unit"))], project(content.replace("1000 USD", "EUR")))
    with pytest.raises(InvalidDataError, match="not known"):
        read_trade([trade_source(money_unit="tons")], project(content))


def test_constants_and_rows_that_do_not_count(project, trade_source):
    content = "flow,year,value\nX,2004,1\nM,2004,2\nX,2005,3\n"
    source = trade_source(city=Constant("Qingdao"), partner=Constant("GBR"), where={"flow": "X"})
    table = read_trade([source], project(content))
    assert table.frame[["city", "partner", "value"]].to_numpy().tolist() == [
        ["Qingdao", "GBR", 1],
        ["Qingdao", "GBR", 3],
    ]
    assert table.frame["row"].tolist() == [2, 4]
    assert [(str(rule), n) for rule, n in table.provenance[0].dropped] == [("other than flow = X", 1)]


def test_a_declared_wide_layout_equals_the_long_one(project, trade_source):
    long = read_trade(
        [trade_source()], project("city,partner,year,value\nA,GBR,2004,1\nA,GBR,2005,2\nB,GBR,2004,3\nB,GBR,2005,4\n")
    )
    root = project("city,partner,remark,2004,2005\nA,GBR,x,1,2\nB,GBR,y,3,4\n", "data/raw/wide.csv")
    source = trade_source(file="data/raw/wide.csv", layout="wide", period=None, value=None, ignore=("remark",))
    wide = read_trade([source], root)
    columns = ["city", "partner", "period", "value"]
    assert wide.frame[columns].equals(long.frame[columns])
    assert wide.frame["row"].tolist() == [2, 2, 3, 3]


def test_an_undeclared_wide_layout_says_how_to_declare_it(project, trade_source):
    root = project("city,partner,2004,2005,2006\nA,GBR,1,2,3\n")
    with pytest.raises(InvalidDataError, match='declare layout = "wide"'):
        read_trade([trade_source()], root)


def test_a_wide_column_that_is_no_period_is_one_error(project, trade_source):
    root = project("city,partner,2004,total\nA,GBR,abc,2\nB,GBR,3,4\n")
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source(layout="wide", period=None, value=None)], root)
    assert [(m.row, m.column) for m in caught.value.messages] == [(1, "header"), (2, "2004")]


def test_a_city_crosswalk_with_years(project, trade_source):
    content = "city,partner,year,value\nLaiwu,GBR,2018,1\nLaiwu,GBR,2020,2\nJinan,GBR,2018,3\n"
    lines = (CityName(name="Laiwu", city="Jinan", first=2019),)
    table = read_trade([trade_source(city_names=lines)], project(content))
    assert table.frame[["city", "period"]].to_numpy().tolist() == [["Jinan", 2018], ["Jinan", 2020], ["Laiwu", 2018]]


def test_two_cities_with_one_romanization_are_told_apart_by_their_codes(project, trade_source):
    content = "code,city,partner,year,value\n3205,Suzhou,GBR,2004,1\n3413,Suzhou,USA,2004,2\n"
    with pytest.raises(InvalidDataError, match="“3205” and “3413”: two cities"):
        read_trade([trade_source(city_code="code")], project(content))
    with pytest.raises(InvalidDataError, match="“Soochow” and “Suzhou”: one city"):
        read_trade([trade_source(city_code="code")], project(content.replace("3413,Suzhou", "3205,Soochow")))


def test_the_advice_for_two_cities_of_one_name_is_a_line_that_reads_them_apart(project, trade_source):
    content = "code,city,partner,year,value\n321200,泰州,GBR,2004,1\n331000,泰州,GBR,2004,2\n"
    with pytest.raises(InvalidDataError, match="set city_code to the column of their codes"):
        read_trade([trade_source()], project(content))
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source(city_code="code")], project(content))
    ((line,),) = list_lines_to_change(caught.value.messages).values()
    names = tomllib.loads(line)["city_names"]
    assert [entry["code"] for entry in names] == ["321200", "331000"]
    lines = tuple(CityName(**entry) for entry in names)
    frame = read_trade([trade_source(city_code="code", city_names=lines)], project(content)).frame
    assert frame[["city", "value"]].to_numpy().tolist() == [["泰州 (321200)", 1.0], ["泰州 (331000)", 2.0]]


def test_a_unit_in_the_header_that_contradicts_the_declared_one_warns(project, trade_source):
    root = project(CLEAN.replace("value", "出口额（万美元）"))
    assert "unit-in-header" in codes(read_trade([trade_source(value="出口额（万美元）")], root))
    assert "unit-in-header" not in codes(
        read_trade([trade_source(value="出口额（万美元）", money_unit="万美元")], root)
    )


def test_a_declared_encoding_that_the_bytes_contradict(project, trade_source):
    root = project(CLEAN.replace("Lyon", "济南"))
    for encoding in ("gb18030", "latin-1", "cp1252"):
        with pytest.raises(InvalidDataError, match="is UTF-8, not"):
            read_trade([trade_source(encoding=encoding)], root)


def test_composed_and_decomposed_names_are_one(project, trade_source):
    content = unicodedata.normalize("NFD", CLEAN.replace("Lyon", "Besançon").replace("value", "année"))
    table = read_trade([trade_source(value=unicodedata.normalize("NFC", "année"))], project(content))
    assert table.cities == ["Besançon", "Paris"]


def test_figures_under_no_name_are_refused_in_a_wide_layout(project, trade_source):
    wide = {"layout": "wide", "period": None, "value": None}
    assert len(read_trade([trade_source(**wide)], project("city,partner,2004,\nA,GBR,1,\n")).frame) == 1
    with pytest.raises(InvalidDataError, match="column 4 has cells but no name"):
        read_trade([trade_source(**wide)], project("city,partner,2004,\nA,GBR,1,2\n"))
    with pytest.raises(InvalidDataError, match=r"so have 1 more: .* a header of two rows has to become one row"):
        read_trade([trade_source(**wide)], project("city,partner,2004,,2005,\n,,Ex,Im,Ex,Im\nA,GBR,1,2,1,2\n"))


def test_products_are_added_up_and_never_partially(project, trade_source):
    content = "city,partner,year,hs,value\nA,GBR,2004,01,1\nA,GBR,2004,02,2\nA,GBR,2005,01,3\nA,GBR,2005,02,-\n"
    table = read_trade([trade_source(product="hs", product_revision="HS2012")], project(content))
    assert table.frame["value"].iloc[0] == 3
    assert np.isnan(table.frame["value"].iloc[1])
    with pytest.raises(InvalidDataError, match="row 2"):
        read_trade(
            [trade_source(product="hs", product_revision="HS2012")], project(content.replace("2004,02", "2004,01"))
        )


def test_products_need_their_classification(project, trade_source):
    root = project("city,partner,year,hs,value\nA,GBR,2004,01,1\n")
    with pytest.raises(InvalidDataError, match="product_revision"):
        read_trade([trade_source(product="hs")], root)
    project("city,partner,year,hs,value\nA,GBR,2005,01,1\n", "data/raw/other.csv")
    two = [trade_source(product="hs", product_revision="HS2012")]
    two.append(trade_source(file="data/raw/other.csv", product="hs", product_revision="HS2017"))
    with pytest.raises(DataError, match="differ in product_revision"):
        read_trade(two, root)


def test_overlapping_files_need_a_precedence(project, trade_source):
    project(CLEAN)
    root = project("city,partner,year,value\nLyon,GBR,2005,12\nLyon,GBR,2006,13\n", "data/raw/new.csv")
    old, new = trade_source(), trade_source(file="data/raw/new.csv")
    with pytest.raises(InvalidDataError, match="give the files a precedence"):
        read_trade([old, new], root)
    table = read_trade([old, trade_source(file="data/raw/new.csv", precedence=1)], root)
    here = table.frame[(table.frame["partner"] == "GBR") & (table.frame["city"] == "Lyon")]
    assert here["value"].tolist() == [10, 12, 13]
    assert "superseded" in codes(table)
    assert [(str(rule), n) for rule, n in table.provenance[0].dropped] == [("superseded", 1)]


@pytest.mark.parametrize(
    "change",
    [
        {"flow": "imports"},
        {"reporter": "partner"},
        {"valuation": "cif"},
        {"money_unit": "EUR"},
        {"absent": "missing"},
    ],
)
def test_what_does_not_measure_the_same_is_never_joined(project, trade_source, change):
    root = project(CLEAN)
    with pytest.raises(DataError, match=r"differ|different currencies"):
        read_trade([trade_source(valuation="fob"), trade_source(**({"valuation": "fob"} | change))], root)


def test_row_and_file_order_change_nothing(project, trade_source):
    lines = CLEAN.splitlines()
    project(CLEAN)
    root = project("\n".join([lines[0], *reversed(lines[1:])]), "data/raw/reversed.csv")
    one = read_trade([trade_source()], root).frame
    two = read_trade([trade_source(file="data/raw/reversed.csv")], root).frame
    assert one.drop(columns=["file", "row"]).equals(two.drop(columns=["file", "row"]))


def test_suspicious_but_well_formed_tables_warn(project, trade_source):
    rows = [f"Lyon,GBR,{y},{v}" for y, v in ((2001, 10), (2002, 11), (2003, 12000), (2006, 12500))]
    table = read_trade([trade_source()], project("city,partner,year,value\n" + "\n".join([*rows, "Nice,GBR,2002,5"])))
    by_code = {m.code: m.message for m in table.messages}
    assert "Lyon–GBR in 2003, 1,091-fold (near a thousand)" in by_code["unit-jump"]
    assert "2004, 2005" in by_code["period-gap"]
    assert "Nice 2002 to 2002" in by_code["city-enters-or-leaves"]


def test_the_rectangle_is_filled_as_declared(project, trade_source):
    table = read_trade([trade_source()], project(CLEAN))
    zero = complete(table)
    assert len(zero.frame) == 2 * 2 * 2
    assert zero.frame["is_filled"].sum() == 4
    assert (zero.frame.loc[zero.frame["is_filled"], "value"] == 0).all()
    assert zero.frame.loc[~zero.frame["is_filled"], "value"].tolist() == table.frame["value"].tolist()
    assert complete(table, "missing").frame["value"].isna().sum() == 4
    with pytest.raises(InvalidDataError, match="Lyon-USA has no row for 2005"):
        complete(table, "error")


def test_years_that_nobody_recorded_are_not_filled(project, trade_source):
    table = read_trade([trade_source()], project(CLEAN.replace("2005", "2012").replace("USA,2004", "USA,2008")))
    assert (table.step, codes(table) & {"period-step", "period-gap", "gaps"}) == (4, {"period-step", "gaps"})
    filled = complete(table).frame
    assert (sorted(set(filled["period"])), filled["is_filled"].sum()) == ([2004, 2008, 2012], 8)
    assert filled.loc[~filled["is_filled"], "value"].tolist() == table.frame["value"].tolist()


def test_a_country_is_no_partner_of_itself_that_a_zero_could_stand_for(project, trade_source):
    rows = [f"{a},{b},2004,1\n" for a in ("GBR", "USA", "FRA") for b in ("GBR", "USA", "FRA") if a != b]
    filled = complete(read_trade([trade_source()], project("city,partner,year,value\n" + "".join(rows))), "error")
    assert len(filled.frame) == 6
    assert "3 pairs of a country with itself stand in no file and are not filled" in filled.messages[-1].message


def test_domestic_sales_are_named_and_kept(project, trade_source):
    rows = "GBR,GBR,2004,90\nGBR,USA,2004,5\nUSA,GBR,2005,7\n"
    table = read_trade([trade_source()], project("city,partner,year,value\n" + rows))
    (warning,) = [m for m in table.messages if m.code == "own-partner"]
    assert warning.level == "warning"
    assert warning.message.startswith("1 pair is a country with itself (GBR-GBR): domestic sales, no exports.")
    kept = complete(table).frame
    assert set(zip(kept["city"], kept["partner"], strict=True)) == {("GBR", "GBR"), ("GBR", "USA"), ("USA", "GBR")}


def test_the_bundled_exports(root):
    table = read_trade([US_EXPORTS], root)
    assert (len(table.cities), len(table.partners), table.first, table.last) == (7, 24, 2016, 2025)
    assert len(table.frame) == 1642
    filled = complete(table).frame
    assert (len(filled), filled["is_filled"].sum()) == (1680, 38)
    assert table.provenance[0].publisher.startswith("US Census Bureau")


STATES = "State,partner,year,value\nLyon,GBR,2004,10\nAll States,GBR,2004,30\nUnknown,GBR,2004,3\nNice,GBR,2004,17\n"


@pytest.mark.parametrize(
    ("rules", "cities", "said"),
    [
        ({"drop": {"State": ("All States", "Unknown")}}, ["Lyon", "Nice"], "State ≠ All States or Unknown"),
        (
            {"drop": {"State": "Unknown"}, "where": {"State": ("Lyon", "Unknown")}},
            ["Lyon"],
            "State = Lyon or Unknown",
        ),
        ({"where": {"State": ("Lyon", "Nice")}}, ["Lyon", "Nice"], "State = Lyon or Nice"),
    ],
)
def test_rows_are_read_or_left_out_by_lists_of_values_and_counted(project, trade_source, rules, cities, said):
    table = read_trade([trade_source(city="State", **rules)], project(STATES))
    assert table.cities == cities
    assert said in "; ".join(str(rule) for rule, _ in table.provenance[0].dropped)
    assert sum(n for _, n in table.provenance[0].dropped) == 4 - len(cities)


@pytest.mark.parametrize("key", ["where", "drop"])
def test_a_value_that_no_row_has_is_an_error_by_itself(project, trade_source, key):
    with pytest.raises(InvalidDataError, match="no row has “Lion”"):
        read_trade([trade_source(city="State", **{key: {"State": ("Lyon", "Lion")}})], project(STATES))


def test_a_partner_is_left_out_by_a_word(project, trade_source):
    root = project(CLEAN + "Lyon,NICS,2004,5\nLyon,Altogether,2004,5\n")
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], root)
    ((line,),) = list_lines_to_change(caught.value.messages).values()
    names = tomllib.loads(line)["partner_names"]
    assert names == {"NICS": "CODE", "Altogether": "leave out"}
    table = read_trade([trade_source(partner_names=names | {"NICS": "Leave out"})], root)
    assert table.partners == ["GBR", "USA"]
    assert [n for _, n in table.provenance[0].dropped] == [2]


def test_an_absent_file_says_what_to_do(tmp_path, trade_source, monkeypatch):
    with pytest.raises(AbsentInputError, match="is not there"):
        read_trade([trade_source()], tmp_path)
    monkeypatch.delenv("TWINTRADE_DATA", raising=False)
    with pytest.raises(AbsentInputError, match="set the environment variable TWINTRADE_DATA"):
        read_trade([trade_source(file="TWINTRADE_DATA/x.csv")], tmp_path)


REVISED = "city,partner,year,hs,rev,value\nA,GBR,2011,01,HS2007,1\nA,GBR,2011,02,HS2007,2\nA,GBR,2012,01,HS2012,4\n"
BY_ROW = {"product": "hs", "product_revision": RevisionColumn("rev")}


def test_revisions_by_row_are_refused_where_they_mix_unless_they_follow_each_other(project, trade_source):
    root = project(REVISED)
    with pytest.raises(InvalidDataError, match="row 4: products follow “HS2012” here and “HS2007” before"):
        read_trade([trade_source(**BY_ROW)], root)
    by_period = BY_ROW | {"mixed_revisions": "by_period"}
    table = read_trade([trade_source(**by_period)], root)
    assert table.frame["value"].tolist() == [3, 4]
    told = {m.code: m.message for m in table.messages}
    assert "HS2007 2011 to 2011; HS2012 2012 to 2012" in told["revision-change"]
    twice = project(REVISED + "A,GBR,2012,02,HS2007,8\n")
    with pytest.raises(InvalidDataError, match="row 4: A-GBR, 2012 has products of several revisions"):
        read_trade([trade_source(**by_period)], twice)
    blank = project(REVISED.replace("HS2012", ""))
    with pytest.raises(InvalidDataError, match="row 4, column rev: the revision of the product is blank"):
        read_trade([trade_source(**by_period)], blank)


def test_files_of_two_revisions_follow_each_other_only_as_declared(project, trade_source):
    project("city,partner,year,hs,value\nA,GBR,2011,01,1\n")
    root = project("city,partner,year,hs,value\nA,GBR,2012,01,2\n", "data/raw/new.csv")
    rule = {"product": "hs", "mixed_revisions": "by_period"}
    two = [trade_source(product_revision="HS2007", **rule)]
    two.append(trade_source(file="data/raw/new.csv", product_revision="HS2012", **rule))
    table = read_trade(two, root)
    assert table.frame["value"].tolist() == [1, 2]
    assert "revision-change" in codes(table)


def test_a_title_that_speaks_of_another_unit_warns(project, trade_source):
    root = project("Unit: 1,000 USD\n" + CLEAN)
    told = {m.code: m for m in read_trade([trade_source(header=2)], root).messages}
    assert (
        "the title above the header says “Unit: 1 000 USD”, and money_unit is “USD”" in told["unit-in-header"].message
    )
    assert "unit-in-header" not in codes(read_trade([trade_source(header=2, money_unit="1,000 USD")], root))
    euros = project(CLEAN.replace("value", "exports_usd"))
    assert "unit-in-header" in codes(read_trade([trade_source(value="exports_usd", money_unit="EUR")], euros))


def test_rows_of_a_wide_table_are_counted_as_rows(project, trade_source):
    wide = {"layout": "wide", "period": None, "value": None}
    root = project("city,partner,2004,2005\nA,GBR,1,2\nA,World,3,4\n")
    table = read_trade([trade_source(**wide)], root)
    assert [(str(rule), n) for rule, n in table.provenance[0].dropped] == [("aggregate partner", 1)]
    unknown = project("city,partner,2004,2005\nA,Ruritania,1,2\nB,Ruritania,3,4\n")
    with pytest.raises(InvalidDataError, match=r"and 1 more row\)"):
        read_trade([trade_source(**wide)], unknown)


def test_a_wide_layout_is_advised_only_where_it_is_not_declared(project, trade_source):
    root = project("city,land,2004,2005,2006\nA,GBR,1,2,3\n")
    with pytest.raises(DataError, match='declare layout = "wide"'):
        read_trade([trade_source()], root)
    with pytest.raises(DataError, match="no column “partner”") as told:
        read_trade([trade_source(layout="wide", period=None, value=None)], root)
    assert "layout" not in str(told.value)


def test_codes_of_the_united_nations_are_read_where_they_are_declared(project, trade_source):
    content = "city,partner,year,value\n156,842,2004,1\n156,4,2004,2\n156,000,2004,3\n"
    with pytest.raises(InvalidDataError, match="no known partner"):
        read_trade([trade_source()], project(content))
    frame = read_trade([trade_source(country_codes="un")], project(content)).frame
    assert frame[["city", "partner", "value"]].to_numpy().tolist() == [["CHN", "AFG", 2.0], ["CHN", "USA", 1.0]]


def test_series_of_one_figure_are_named(project, trade_source):
    rows = [f"A,GBR,{y},7\nA,USA,{y},{y}\nA,FRA,{y},0\n" for y in range(2004, 2009)]
    table = read_trade([trade_source()], project("city,partner,year,value\n" + "".join(rows)))
    (warning,) = [m.message for m in table.messages if m.code == "constant-series"]
    assert warning.endswith(": A-GBR")


@pytest.mark.parametrize("head", ["unit", "note"])
def test_a_jump_names_a_column_of_units_only_where_the_file_has_one(project, trade_source, head):
    rows = [f"Lyon,GBR,{y},{v},x" for y, v in ((2001, 10), (2002, 11), (2003, 12000), (2004, 12500))]
    table = read_trade([trade_source()], project(f"city,partner,year,value,{head}\n" + "\n".join(rows)))
    assert "unit-jump" in {m.code for m in table.messages}
    lines = [line for lines in list_lines_to_change(table.messages).values() for line in lines]
    is_named = [line.startswith('money_unit = { column = "unit" }') for line in lines]
    assert any(is_named) == (head == "unit")
    assert not any("the column of units" in line for line in lines)


def test_a_rectangle_is_filled_without_a_text_for_every_cell(project, trade_source, monkeypatch):
    table = read_trade([trade_source(absent="zero")], project(CLEAN))
    columns = {}
    build = pd.DataFrame
    monkeypatch.setattr(pd, "DataFrame", lambda given: columns.update(given) or build(given))
    assert len(complete(table).frame) == 8
    assert not [name for name, column in columns.items() if column.dtype == object]
