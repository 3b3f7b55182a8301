"""Which way goods went and which column holds the values is read from words and values, or asked; never wrong."""

from dataclasses import dataclass

import numpy as np
import pytest

from twintrade.data.looks import look_at_both, read_back_trade
from twintrade.data.looks.column_look import look_at_trade
from twintrade.errors import UNDECIDED

YEARS = range(2010, 2014)
CITIES = ("Lyon", "Lille", "Nantes")
COUNTRIES = ("FRA", "DEU", "ITA", "ESP")
PARTNERS = ("GBR", "USA", "JPN", "BRA")


def declared(guesses):
    return {g.key: g.value for g in guesses if g.key}


def write(root, name, names, rows):
    lines = [",".join(f'"{n}"' for n in names), *(",".join(map(str, row)) for row in rows)]
    (root / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return name


def city_rows(*makers):
    return [[c, p, y, *(make(i + y % 7) for make in makers)]
            for i, c in enumerate(CITIES) for p in PARTNERS for y in YEARS]  # fmt: skip


def country_rows():
    return [[a, b, y, 100 + y % 5] for a in COUNTRIES for b in COUNTRIES if a != b for y in YEARS]


VALUES = [
    (("gdp_usd", "exports_usd"), "exports_usd", "exports"),
    (("进出口总额（万美元）", "出口额（万美元）"), "出口额（万美元）", "exports"),
    (("imports_usd", "exports_usd"), "exports_usd", "exports"),
    (("partner_upper_sum", "value_usd"), "value_usd", "exports"),
    (("IYR", "EYR"), "EYR", "exports"),
    (("IYR", "population"), "IYR", "imports"),
    (("进出口总额（万美元）", "人口"), "进出口总额（万美元）", UNDECIDED),
    (("exports_kg", "exports_usd"), "exports_usd", "exports"),
    (("exports_eur", "exports_usd"), UNDECIDED, None),
    (("a", "b"), UNDECIDED, None),
    (("gdp_usd", "population"), UNDECIDED, None),
    (("Importe", "Exportación_eur"), "Exportación_eur", "exports"),
    (("Importe", "peso"), "Importe", UNDECIDED),
    (("X", "M"), "X", "exports"),
    (("trade_balance", "value"), "value", "exports"),
]


@pytest.mark.parametrize(("names", "value", "flow"), VALUES, ids=[v[0][0] + " " + v[0][1] for v in VALUES])
def test_values_are_chosen_by_words_and_never_by_size(tmp_path, names, value, flow):
    rows = city_rows(lambda k: 10**9 + k, lambda k: 5 + k)
    for order in ((0, 1), (1, 0)):
        table = [[*row[:3], *(row[3 + i] for i in order)] for row in rows]
        head = ["city", "partner", "year", *(names[i] for i in order)]
        found = declared(look_at_trade(tmp_path, write(tmp_path, "t.csv", head, table)))
        assert found["value"] == value
        assert flow is None or found["flow"] == flow


@pytest.mark.parametrize(
    "title", ["单位：美元;2008年以后为万美元", "单位：万美元 人民币万元", "Unit: EUR until 2001 USD"]
)
def test_a_title_with_two_units_is_a_question(tmp_path, title):
    write(tmp_path, "t.csv", ["city", "partner", "year", "exports"], city_rows(lambda k: k))
    (tmp_path / "t.csv").write_text(title + "\n\n" + (tmp_path / "t.csv").read_text(encoding="utf-8"), "utf-8")
    (guess,) = [g for g in look_at_trade(tmp_path, "t.csv") if g.key == "money_unit"]
    assert guess.value == UNDECIDED
    assert len(guess.options) >= 2


PAIRS = [
    ("exporter", "importer"),
    ("origin", "destination"),
    ("from", "to"),
    ("iso_o", "iso_d"),
    ("出口国", "进口国"),
    ("reporter", "partner"),
    ("export_country", "import_country"),
]


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
@pytest.mark.parametrize("is_turned", [False, True])
def test_both_ends_countries_have_the_same_part_in_both_files(tmp_path, pair, is_turned):
    rows = [[b, a, y, v] if is_turned else [a, b, y, v] for a, b, y, v in country_rows()]
    head = [*(reversed(pair) if is_turned else pair), "year", "value_eur"]
    write(tmp_path, "t.csv", head, rows)
    for order in (pair, pair[::-1]):
        ends = {pair[0]: "FRA", pair[1]: "DEU"}
        write(tmp_path, "r.csv", [*order, "date"], [[*(ends[n] for n in order), "2011-05-01"]])
        trade, registry = look_at_both(tmp_path, "t.csv", "r.csv")
        said = read_back_trade(tmp_path, trade)
        for found in (declared(trade), declared(registry)):
            assert (found["city"], found["partner"]) == pair
        assert (declared(trade)["flow"], declared(trade)["reporter"]) == ("exports", "city")
        assert str(said[0]).startswith("In 2010 ")
        assert " sold " in str(said[0])


def test_a_row_is_said_with_its_ends_in_their_order(tmp_path):
    write(tmp_path, "t.csv", ["importer", "exporter", "year", "million EUR"], [["DEU", "FRA", 2014, 12.3]] * 2)
    write(tmp_path, "r.csv", ["exporter", "importer", "date"], [["FRA", "DEU", 2011]])
    said = read_back_trade(tmp_path, look_at_both(tmp_path, "t.csv", "r.csv")[0])
    assert str(said[0]) == "In 2014 France sold goods of 12.3 million EUR to Germany."


def test_two_ends_without_words_are_a_question(tmp_path):
    write(tmp_path, "t.csv", ["country1", "country2", "year", "value_eur"], country_rows())
    write(tmp_path, "r.csv", ["country1", "country2", "date"], [["FRA", "DEU", 2011]])
    trade, registry = look_at_both(tmp_path, "t.csv", "r.csv")
    assert declared(trade)["city"] == declared(trade)["partner"] == UNDECIDED
    assert declared(registry)["city"] == UNDECIDED
    assert read_back_trade(tmp_path, trade) == []


def test_the_register_has_its_city_where_the_trade_files_cities_are(tmp_path):
    write(tmp_path, "t.csv", ["town", "partner", "year", "exports_eur"], city_rows(lambda k: k + 1))
    head = ["province", "sister", "country", "our side", "date"]
    write(tmp_path, "r.csv", head, [["Rhône", "Leeds", "GBR", "Lyon", 2011], ["Nord", "Kiel", "DEU", "Lille", 2012]])
    trade, registry = look_at_both(tmp_path, "t.csv", "r.csv")
    assert declared(trade)["city"] == "town"
    assert (declared(registry)["city"], declared(registry)["partner"]) == ("our side", "country")


WAYS = [
    (("city", "country of origin", "value_eur"), "imports", "city"),
    (("city", "country of destination", "value_eur"), "exports", "city"),
    (("city", "原产国", "金额（美元）"), "imports", "city"),
    (("city", "country of origin", "exports_eur"), UNDECIDED, "city"),
    (("origin state", "country of destination", "imports_eur"), "imports", "partner"),
]


@pytest.mark.parametrize(("names", "flow", "reporter"), WAYS, ids=[" ".join(w[0]) for w in WAYS])
def test_the_words_of_an_end_say_the_way(tmp_path, names, flow, reporter):
    rows = city_rows(lambda k: k + 1)
    found = declared(look_at_trade(tmp_path, write(tmp_path, "t.csv", [*names[:2], "year", names[2]], rows)))
    assert (found["flow"], found["reporter"]) == (flow, reporter)


@dataclass(frozen=True, slots=True)
class Language:
    """Column names of one language."""

    city: str
    country: str
    origin: str
    destination: str
    exporter: str
    importer: str
    year: str
    exports: str
    imports: str
    both: str
    value: str
    others: tuple[str, ...]


LANGUAGES = (
    Language("city", "country", "country of origin", "destination country", "exporter", "importer", "year",
             "Exports", "Imports", "Total trade", "Value", ("GDP", "Population", "Net weight", "Trade balance")),
    Language("ville", "pays", "pays d'origine", "pays de destination", "pays exportateur", "pays importateur",
             "année", "Exportations", "Importations", "Commerce total", "Valeur",
             ("PIB", "Population", "Poids (kg)", "Solde commercial")),
    Language("Stadt", "Land", "Ursprungsland", "Bestimmungsland", "Exportland", "Importland", "Jahr",
             "Ausfuhr", "Einfuhr", "Außenhandel", "Wert", ("BIP", "Einwohner", "Gewicht", "Exportwachstum")),
    Language("ciudad", "país", "país de origen", "país de destino", "país exportador", "país importador", "año",
             "Exportaciones", "Importaciones", "Comercio total", "Valor", ("PIB", "Población", "Peso", "Saldo")),
    Language("cidade", "país", "país de origem", "país de destino", "país exportador", "país importador", "ano",
             "Exportação", "Importação", "Corrente de comércio", "Valor",
             ("PIB", "População", "Peso líquido", "Saldo")),
    Language("città", "paese", "paese di origine", "paese di destinazione", "paese esportatore",
             "paese importatore", "anno", "Esportazioni", "Importazioni", "Interscambio", "Valore",
             ("PIL", "Popolazione", "Peso", "Quantità")),
    Language("城市", "国家", "原产国", "目的国", "出口国", "进口国", "年份", "出口额", "进口额", "进出口总额", "金额",
             ("地区生产总值", "人口", "重量", "贸易差额")),
    Language("gemeente stad", "land", "land van herkomst", "land van bestemming", "uitvoerland", "invoerland", "jaar",
             "Uitvoer", "Invoer", "Totale handel", "Waarde", ("BBP", "Bevolking", "Gewicht", "Aantal firms")),
)  # fmt: skip


def _draw(rng, words):
    """One table: names, rows, its column of values, and which way goods went, "" where no file could say it."""
    ends, way = [
        ((words.city, words.country), ""),
        ((words.city, words.origin), "in"),
        ((words.city, words.destination), "out"),
        ((words.exporter, words.importer), "out"),
    ][rng.integers(4)]
    of_flow = {"out": words.exports, "in": words.imports}
    if not way:
        way = str(rng.choice(["out", "in"]))
        value = of_flow[way]
    else:
        value = words.value if rng.random() < 0.5 else of_flow[way]
    further = [str(n) for n in rng.choice(words.others, rng.integers(0, 3), replace=False)]
    if value == words.exports and rng.random() < 0.6:
        further += [str(rng.choice([words.imports, words.both]))]
    figures = {value: 100} | dict.fromkeys(further, 10**7)
    unit = str(rng.choice(["", " (USD)", " (EUR)"]))
    return ends, figures, value + unit, way, unit


@pytest.mark.parametrize("n", [10, pytest.param(60, marks=pytest.mark.slow)])
@pytest.mark.parametrize("language", range(len(LANGUAGES)), ids=[w.year for w in LANGUAGES])
def test_names_in_eight_languages_are_read_right_or_asked_about(tmp_path, language, n):
    words = LANGUAGES[language]
    rng = np.random.default_rng([17, language])
    n_right = 0
    for i in range(n):
        ends, figures, value, way, unit = _draw(rng, words)
        is_pair = ends[0] == words.exporter
        keys = [(a, b, y) for a in (COUNTRIES if is_pair else CITIES) for b in PARTNERS for y in YEARS]
        columns = {ends[0]: 0, ends[1]: 1, words.year: 2} | {f + unit: size for f, size in figures.items()}
        names = [str(name) for name in rng.permutation(list(columns))]
        rows = [[key[columns[name]] if columns[name] < 3 else columns[name] + int(rng.integers(1, 99))
                 for name in names] for key in keys]  # fmt: skip
        found = declared(look_at_trade(tmp_path, write(tmp_path, f"t{i}.csv", names, rows)))
        told = [found[key] for key in ("value", "city", "partner", "flow")]
        case = (names, found)
        assert found["value"] in (value, UNDECIDED), case
        goes = "out" if (found["flow"] == "exports") == (found["reporter"] == "city") else "in"
        assert UNDECIDED in told or ((found["city"], found["partner"]), goes) == (ends, way), case
        n_right += UNDECIDED not in told
    assert n_right >= 0.8 * n


def test_cities_in_other_letters_are_matched_where_one_alone_is_so_called(tmp_path):
    rows = [[c, p, y, 5 + y % 3] for c in ("济南市", "泰州", "台州", "Lyon") for p in PARTNERS for y in YEARS]
    write(tmp_path, "t.csv", ["city", "partner", "year", "exports_eur"], rows)
    ties = [["Jinan", "GBR", 2011], ["Taizhou", "USA", 2011], ["Lyon", "USA", 2012], ["Florence", "JPN", 2012]]
    write(tmp_path, "r.csv", ["city", "partner", "date"], ties)
    found = declared(look_at_both(tmp_path, "t.csv", "r.csv")[1])
    assert found["city_names"] == [{"name": "Jinan", "city": "济南市"}]


def test_a_registers_city_is_where_the_cities_are_whatever_its_columns_are_called(tmp_path):
    write(tmp_path, "t.csv", ["city", "partner", "year", "exports_eur"], city_rows(lambda k: k + 1))
    ties = [["Leeds", "GBR", "Lyon", 2011, "ended in 2013"], ["Boston", "USA", "Lille", 2012, ""]]
    write(tmp_path, "r.csv", ["city", "partner", "partner_city", "date", "remark"], ties)
    registry = look_at_both(tmp_path, "t.csv", "r.csv")[1]
    assert (declared(registry)["city"], declared(registry)["partner"]) == ("partner_city", "partner")
    assert any("nothing reads: “remark”" in str(g.reason) for g in registry)
