"""What is guessed about an undeclared file reads it as a careful user would have declared it."""

import csv
import re

import pytest
from case_tables import loop_over
from made_workbooks import sheet, workbook

from twintrade.data import TradeSource, read_trade
from twintrade.data.calendar import Frequency
from twintrade.data.figures import money as header_units
from twintrade.data.figures.money import parse_money_unit, read_header
from twintrade.data.formats.delimited import decode, list_possible_encodings
from twintrade.data.looks import look_at_both
from twintrade.data.looks.column_look import look_at_trade
from twintrade.data.looks.twinning_look import look_at_twinnings
from twintrade.data.registry.reading import read_twinnings
from twintrade.data.schema import Constant, TwinningSource
from twintrade.errors import UNDECIDED, DataError


def declared(guesses):
    return {g.key: g.value for g in guesses if g.key}


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
    assert len(read_twinnings([TwinningSource(**found | {"id": "id"})], root).frame) == 519


KINDS = [
    ("类别", ("友好城市", "友好交流城市"), ("sister city", "friendship")),
    ("性质", ("友好城市", "友好合作城市"), ("sister city", "friendship")),
    ("Art", ("Partnerschaft", "Freundschaft"), ("sister city", "friendship")),
    ("nature", ("jumelage", "charte d'amitié"), ("sister city", "friendship")),
]


@pytest.mark.parametrize(("name", "words", "kinds"), KINDS)
def test_the_kind_is_found_by_its_column_and_guessed_by_its_words(project, name, words, kinds):
    lines = f"city,partner,signature,date,{name}\nLyon,GBR,yes,2004,{words[0]}\nNice,GBR,yes,2005,{words[1]}\n"
    guesses = look_at_twinnings(project(lines, "data/raw/twins.csv"), "data/raw/twins.csv")
    found = declared(guesses)
    assert found["kind"] == name
    assert found["kinds"] == dict(zip(words, kinds, strict=True))


def test_names_of_treaties_are_no_kinds(project):
    lines = "".join(f"City {i},{code},20{i:02d},Treaty {i}\n" for i, code in enumerate(["GBR", "USA", "DEU"] * 5))
    root = project("city,partner,date,agreement\n" + lines, "data/raw/twins.csv")
    guesses = look_at_twinnings(root, "data/raw/twins.csv")
    found = declared(guesses)
    assert found["kind"] == {"constant": "sister city"}
    assert "kinds" not in found
    reason = next(str(g.reason) for g in guesses if g.key == "kind")
    assert "“agreement” has 15 different entries, names of agreements rather than kinds" in reason
    constant = {"kind": Constant("sister city"), "partner_city": Constant("")}
    assert set(read_twinnings([TwinningSource(**found | constant)], root).frame["kind"]) == {"sister city"}


def test_a_column_of_few_kinds_is_taken_where_another_has_names(project):
    lines = "".join(f"Lyon,{code},20{i:02d},Treaty {i},friendship\n" for i, code in enumerate(["GBR", "USA"] * 7))
    root = project("city,partner,date,agreement,kind\n" + lines, "data/raw/twins.csv")
    found = declared(look_at_twinnings(root, "data/raw/twins.csv"))
    assert (found["kind"], found["kinds"]) == ("kind", {"friendship": "friendship"})


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
        "units.csv",
        b"city,partner,2004 (USD mn),2005 (USD mn),2006 (USD mn),2006 (kg)\nLyon,GBR,1,2,3,8\nNice,GBR,4,5,6,8\n",
        {"layout": "wide", "money_unit": "million USD", "ignore": ["2006 (kg)"]},
    ),
    (
        "flows.csv",
        b"city,partner,month,flow,usd\nLyon,GBR,2004-01,Import,1\nLyon,GBR,2004-01,Export,2\nLyon,USA,2004-02,Export,2\n",
        {"frequency": "month", "flow": "exports", "where": {"flow": "Export"}},
    ),
]


def test_a_cover_sheet_is_passed_over(project):
    cover = sheet([["Exports of cities by country"], ["Source", "customs"], ["Unit", "1,000 USD"]])
    table = sheet([["city", "partner", "year", "usd"], *([c, "GBR", 2004, 5] for c in ("Lyon", "Nice", "Metz"))])
    root = project(workbook({"Notes": cover, "Exports": table}), "data/raw/book.xlsx")
    found = {g.key: g for g in look_at_trade(root, "data/raw/book.xlsx")}
    assert (found["sheet"].value, found["city"].value) == ("Exports", "city")
    assert "the first of 2 sheets that holds a table" in str(found["sheet"].reason)
    root = project(workbook({"Exports": table, "More": table}), "data/raw/two.xlsx")
    assert declared(look_at_trade(root, "data/raw/two.xlsx"))["sheet"] == "Exports"


def test_agreements_stand_in_the_sheet_that_the_trade_table_does_not_read(project):
    rows = [[c, p, y, 5] for c in ("Lyon", "Nice") for p in ("GBR", "USA") for y in (2004, 2005)]
    trade = sheet([["city", "partner", "year", "usd"], *rows])
    agreements = sheet([["city", "country", "signed"], ["Lyon", "GBR", 1985], ["Nice", "USA", 1990]])
    for named in ({"a": trade, "b": agreements}, {"Notes": sheet([["x"]]), "a": trade, "b": agreements}):
        root = project(workbook(named), "data/raw/both.xlsx")
        exports, register = look_at_both(root, *["data/raw/both.xlsx"] * 2)
        assert (declared(exports)["sheet"], declared(register)["sheet"]) == ("a", "b")
        assert declared(register)["date"] == "signed"


@pytest.mark.parametrize(("name", "content", "expected"), AWKWARD)
def test_awkward_files(project, name, content, expected):
    root = project(content, f"data/raw/{name}")
    guesses = look_at_trade(root, f"data/raw/{name}")
    found = declared(guesses)
    assert {k: found[k] for k in expected} == expected
    assert all(g.reason for g in guesses if g.key != "file")
    values = found | {"frequency": Frequency(found.get("frequency", "year"))}
    if "UNKNOWN" in found["money_unit"]:
        with pytest.raises(DataError, match="money_unit is still “UNKNOWN”"):
            read_trade([TradeSource(**values)], root)
        values["money_unit"] = "USD"
    assert len(read_trade([TradeSource(**values)], root).frame) >= 2


WESTERN = "city;partner;year;exports_eur\nSão Paulo;GBR;2004;1\nCuraçao;GBR;2005;2\nMünchen;USA;2004;3\n"


def test_western_letters_are_not_read_as_chinese_and_both_readings_are_shown(project):
    raw = WESTERN.encode("cp1252")
    assert raw.decode("gb18030") != WESTERN
    root = project(raw)
    (guess,) = (g for g in look_at_trade(root, "data/raw/trade.csv") if g.key == "encoding")
    assert guess.value == "cp1252"
    assert "cp1252: “São Paulo;" in str(guess.reason)
    assert "gb18030: “" in str(guess.reason)
    with pytest.raises(DataError, match='as in encoding = "cp1252"'):
        decode(raw, None, "trade.csv")


@pytest.mark.parametrize("encoding", ["gb18030", "big5"])
def test_chinese_stays_chinese(encoding):
    text = "城市,國家\n" + "臺北,英國\n臺中,法國\n" * 3
    assert list_possible_encodings(text.encode(encoding))[0] != "cp1252"
    assert "cp1251" not in list_possible_encodings(text.encode(encoding))
    for word in ("济南", "重庆", "上海"):
        found = list_possible_encodings(f"city,value\n{word},1\n".encode("gb18030"))
        assert found[0] == "gb18030"
        assert "cp1251" not in found


OF_ONE_BYTE = {
    "cp1250": ("Miasto;Kraj\nGdańsk;Niemcy\nŁódź;Chiny\nKraków;Francja\n1\u00a0234,5 tys. zł\n", "cp1250"),
    "cp1251": ("город;страна\nМосква;Китай\nСанкт-Петербург;Франция\n", "cp1251"),
    "cp1252": ("Orléans;Besançon;Nîmes;à côté\nCe n’est – œuvre\nKöln;Größe €\n", "cp1252"),
    "cp1251 beside Latin": ("city;страна\nMoscow;Китай\nKazan;Германия\n", "cp1251"),
}


@pytest.mark.parametrize("name", OF_ONE_BYTE)
def test_letters_of_eastern_europe_are_read_as_such(name):
    text, encoding = OF_ONE_BYTE[name]
    assert list_possible_encodings(text.encode(encoding))[0] == encoding


def test_two_encodings_that_both_make_letters_are_both_shown(project):
    """Gdansk with its accent is a word in either: the user sees both."""
    root = project("miasto;partner;rok;exports_eur\nGdańsk;GBR;2004;1\nPoznań;GBR;2005;2\n".encode("cp1250"))
    (guess,) = (g for g in look_at_trade(root, "data/raw/trade.csv") if g.key == "encoding")
    assert "cp1252: “Gdañsk" in str(guess.reason)
    assert "cp1250: “Gdańsk" in str(guess.reason)


UNITS = [
    ("Exports (1,000 EUR)", "1,000 EUR"),
    ("exports k€", "1,000 EUR"),
    ("Value in mn EUR", "million EUR"),
    ("M€", "million EUR"),
    ("出口额（万美元）", "万美元"),
    ("出口额（万元）", "ten thousand CNY"),
    ("进口（亿元）", "hundred million CNY"),
    ("exports_usd", "USD"),
    ("lakh INR", "hundred thousand UNKNOWN"),
    ("exports", "UNKNOWN"),
    ("Ausfuhr (1.000 EUR)", "1,000 EUR"),
    ("Ausfuhr in 1.000 Euro", "1,000 EUR"),
    ("Ausfuhr in Tsd. EUR", "1,000 EUR"),
    ("Ausfuhr_TsdEuro", "1,000 EUR"),
    ("Ausfuhr in Tausend €", "1,000 EUR"),
    ("Ausfuhr (T€)", "1,000 EUR"),
    ("Ausfuhr (TEUR)", "1,000 EUR"),
    ("Ausfuhr (10.000 EUR)", "ten thousand EUR"),
    ("Ausfuhr (1.000.000 EUR)", "million EUR"),
    ("Exportations (1 000 €)", "1,000 EUR"),
    ("Exportations (1\u00a0000 €)", "1,000 EUR"),
    ("Exportations (1\u202f000 €)", "1,000 EUR"),
    ("Exportations (milliers d'euros)", "1,000 EUR"),
    ("Exportações (mil reais)", "1,000 BRL"),
    ("Exportaciones (miles de euros)", "1,000 EUR"),
    ("Exportaciones (miles de millones de euros)", "billion EUR"),
    ("Esportazioni (migliaia di euro)", "1,000 EUR"),
    ("Exportaciones (miles de dólares de EE. UU.)", "1,000 USD"),
    ("Exportaciones en millones de dólares", "million USD"),
    ("Exportações (milhões de dólares dos EUA)", "million USD"),
    ("Esportazioni in migliaia di dollari", "1,000 USD"),
    ("Exportations (milliers de dollars des États-Unis)", "1,000 USD"),
    ("Exports (thousand Canadian dollars)", "1,000 CAD"),
    ("Exportations (milliers de dollars canadiens)", "1,000 CAD"),
    ("Exportaciones (miles de dólares australianos)", "1,000 AUD"),
    ("Exports (million New Zealand dollars)", "million NZD"),
    ("Exports (S$ million)", "million SGD"),
    ("出口额（百万新台币）", "million TWD"),
    ("Eksport towarów (tys. zł)", "1,000 PLN"),
    ("Wartość eksportu w milionów złotych", "million PLN"),
    ("Vývoz (tis. Kč)", "1,000 CZK"),
    ("Экспорт, тыс. долл. США", "1,000 USD"),
    ("Экспорт, тысяч долларов США", "1,000 USD"),
    ("Экспорт (млн руб.)", "million RUB"),
    ("出口额（千美元）", "1,000 USD"),
    ("出口额（萬美元）", "万美元"),
    ("出口额（百万欧元）", "million EUR"),
    ("Exports (£m)", "million GBP"),
    ("exports_eur_k", "1,000 EUR"),
    ("Ausfuhr 2015 EUR", "EUR"),
    ("Trade Value 1000USD", "1,000 USD"),
    ("export_1000eur", "1,000 EUR"),
    ("ALL_VAL_MO USD", "USD"),
]


@loop_over(("header", "unit"), UNITS)
def test_a_unit_is_taken_from_the_header_or_left_for_the_user_to_write(header, unit):
    assert (read_header(header).declare(), read_header(header).is_whole) == (unit, "UNKNOWN" not in unit)
    if "UNKNOWN" in unit:
        with pytest.raises(DataError, match="money_unit is still"):
            parse_money_unit(unit)
    else:
        assert parse_money_unit(unit).power == (read_header(header).power or parse_money_unit(unit).power)


def test_no_pattern_is_made_for_a_name_that_a_header_does_not_hold(monkeypatch):
    patterns, search = [], re.search
    monkeypatch.setattr(header_units.re, "search", lambda *found: patterns.append(found) or search(*found))
    assert read_header.__wrapped__("exports_usd").currency == "USD"
    assert len(patterns) < 10


UNREAD = [
    "Exports (500 EUR)",
    "Exports, 100,000 USD",
    "Exports (zillion EUR)",
    "Exports (US$ mil)",
    "出口额（百亿元）",
]


@pytest.mark.parametrize(
    "header", [*UNREAD, "10^3 EUR", "Exports in thousand million EUR", "zil_eur", "exports_usd_th"]
)
def test_a_unit_with_something_not_understood_beside_it_is_asked_for(project, header):
    root = project(f'city,partner,year,"{header}"\nLyon,GBR,2004,1\nNice,USA,2005,2\n')
    (unit,) = (g for g in look_at_trade(root, "data/raw/trade.csv") if g.key == "money_unit")
    assert unit.value == UNDECIDED


TITLED = [
    ("Ausfuhr in 1.000 Euro", "Ausfuhr (1000 EUR)", "1,000 EUR", "column's name"),
    ("Ausfuhr in 1.000 Euro", "Ausfuhr (1.000 EUR)", "1,000 EUR", "column's name"),
    ("Ausfuhr in Euro", "Ausfuhr (1.000 EUR)", "1,000 EUR", "column's name"),
    ("Ausfuhr in 1.000 Euro", "Ausfuhr EUR", "1,000 EUR", "above the header"),
    ("Ausfuhr in 1.000 Euro", "Ausfuhr", "1,000 EUR", "above the header"),
    ("Werte in Euro", "Ausfuhr (Mio.)", "million EUR", "above the header"),
    ("Angaben in Tsd.", "Ausfuhr (EUR)", "1,000 EUR", "above the header"),
    ("Ausfuhr in 1.000 Euro", "Ausfuhr (Mio. Euro)", UNDECIDED, "million EUR and 1,000 EUR"),
    ("Ausfuhr in 1.000 Euro", "Ausfuhr (1000 USD)", UNDECIDED, "1,000 USD and 1,000 EUR"),
    ("Ausfuhr in 500 Euro", "Ausfuhr", UNDECIDED, "not understood"),
]


@pytest.mark.parametrize(("title", "header", "unit", "reason"), TITLED)
def test_the_title_says_only_what_the_column_leaves_open(project, title, header, unit, reason):
    root = project(f"{title}\n\ncity;partner;year;{header}\n" + "Lyon;GBR;2004;1\nNice;USA;2005;2\n" * 3)
    (guess,) = (g for g in look_at_trade(root, "data/raw/trade.csv") if g.key == "money_unit")
    assert guess.value == unit
    assert reason in str(guess.reason)


def test_blank_dates_are_declared_as_left_out(project):
    lines = "city,partner,partner_city,date\nLyon,GBR,Leeds,2004\nNice,GBR,Bath,\n"
    root = project(lines, "data/raw/twins.csv")
    found = look_at_twinnings(root, "data/raw/twins.csv")
    assert declared(found)["undated"] == "exclude"
    assert any(g.key == "undated" and "(1)" in str(g.reason) for g in found)
    dated = project(lines.replace("Bath,", "Bath,2005"), "data/raw/twins.csv")
    assert "undated" not in declared(look_at_twinnings(dated, "data/raw/twins.csv"))


def test_columns_of_bounds_are_read_as_bounds_and_never_as_the_date(project):
    lines = "city,partner,date,not_before,not_after\nLyon,GBR,2004,,\nNice,GBR,,2005-01,2007-06\n"
    for text in (lines, lines.replace("2004", "")):
        found = declared(look_at_twinnings(project(text, "data/raw/twins.csv"), "data/raw/twins.csv"))
        assert (found["not_before"], found["not_after"]) == ("not_before", "not_after")
        assert found.get("date", "date") == "date"
        assert "" not in found


def test_a_file_that_is_no_trade_table_is_said_to_be_none(project):
    with pytest.raises(DataError, match="no column looks like"):
        look_at_trade(project("a,b\nx,y\nz,w\n"), "data/raw/trade.csv")
    with pytest.raises(DataError, match=r"partner countries \(codes, or names in English, .* languages\)"):
        look_at_trade(
            project("Miasto,Kraj,Rok,EUR\nMombasa,Ujerumani,2004,1\nMombasa,Uhispania,2005,2\n"), "data/raw/trade.csv"
        )
    with pytest.raises(DataError, match="no column looks like partner countries"):
        look_at_twinnings(project("a,b\nx,y\nz,w\n"), "data/raw/trade.csv")


MONTHS = {
    "Mês": ("Abril", "Maio", "Dezembro"),
    "Monat": ("Januar", "März", "Mai"),
    "Période": ("mars", "août", "septembre"),
    "mese": ("Marzo", "Maggio", "dicembre"),
    "월": ("3월", "8월", "12월"),
    "时间段": ("1月", "8月", "12月"),
    "Month": ("March", "May", "Total"),
    "Trimestre": ("T1", "T2", "T4"),
}


@pytest.mark.parametrize("name", MONTHS)
def test_months_as_words_beside_a_year_are_periods_and_no_city(project, name):
    words = MONTHS[name]
    lines = [f"{w},{y},{c},GBR,5" for w in words for y in (2004, 2005) for c in ("Lyon", "Nice")]
    root = project("\n".join([f"{name},Year,town,partner,exports_usd", *lines]) + "\n")
    guesses = look_at_trade(root, "data/raw/trade.csv")
    found = declared(guesses)
    frequency = "quarter" if name == "Trimestre" else "month"
    assert (found["period"], found["subperiod"], found["city"]) == ("Year", name, "town")
    assert found["frequency"] == frequency
    source = TradeSource(**found | {"frequency": Frequency(frequency)})
    if "Total" in words:
        assert any("as “Total”" in str(g.reason) for g in guesses)
        with pytest.raises(DataError, match="“Total” is not a month of the year"):
            read_trade([source], root)
    else:
        assert len(read_trade([source], root).frame) == 12


@pytest.mark.parametrize("names", [("exporter", "importer"), ("pais", "destino")], ids="-".join)
def test_codes_of_countries_that_are_also_months_are_no_months(project, names):
    codes = ("AGO", "MAR", "AGO", "MAR", "AGO")
    lines = [f"{code},{p},{y},5" for code in codes for p in ("ARE", "CHN", "DEU") for y in (2001, 2002)]
    root = project("\n".join([f"{','.join(names)},year,export", *lines]) + "\n")
    found = declared(look_at_trade(root, "data/raw/trade.csv"))
    assert "subperiod" not in found
    if names[0] == "exporter":
        assert (found["city"], found["partner"]) == names


def test_cells_of_which_a_third_are_no_months_are_no_months(project):
    lines = [f"{code},{p},{y},5" for code in ("AGO", "MAR", "BRA") for p in ("ARE", "CHN") for y in (2001, 2002)]
    root = project("\n".join(["x,partner,year,exports_usd", *lines]) + "\n")
    assert "subperiod" not in declared(look_at_trade(root, "data/raw/trade.csv"))
