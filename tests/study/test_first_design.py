"""What `init` writes suits the data: one pair alone, one city, many pairs; and what nobody can know is asked for."""

import re
import tomllib

import pandas as pd
import pytest

from twintrade.data.fixes import list_lines_to_change
from twintrade.data.looks.column_look import look_at_trade
from twintrade.data.looks.twinning_look import look_at_twinnings
from twintrade.effects import Message, Remedy
from twintrade.errors import UNDECIDED, DataError, DesignError, SpecError
from twintrade.study.checking import check_analysis
from twintrade.study.scaffold import build_simulated_tables, write_scaffold
from twintrade.study.spec.recipes import RECIPES
from twintrade.study.spec.spec_text import parse_tables, to_toml

CITIES, PARTNERS, YEARS = ("Lyon", "Lille", "Nantes"), ("GBR", "USA", "DEU", "JPN"), range(2003, 2015)
TIES = "city,partner,partner_city,date,kind\n"
BOTH = "Lyon,GBR,Birmingham,2008-04,sister city\nLille,DEU,Erfurt,2010-03,sister city\n"


def rows(cities=CITIES, partners=PARTNERS):
    return [(c, p, y, 100 + 7 * i + 3 * y % 11) for c in cities for i, p in enumerate(partners) for y in YEARS]


def begun(root, trade, ties, name="data/raw/t.csv"):
    (root / "data" / "raw").mkdir(parents=True)
    (root / name).write_text(trade, encoding="utf-8")
    (root / "data" / "raw" / "ties.csv").write_text(ties, encoding="utf-8")
    write_scaffold(root, "mine", name, "data/raw/ties.csv")
    text = (root / "analyses" / "mine.toml").read_text(encoding="utf-8")
    return text, tomllib.loads(text)


def table(found, head="city,partner,year,exports_usd"):
    return head + "\n" + "\n".join(",".join(map(str, row)) for row in found) + "\n"


def test_one_pair_alone_is_a_single_case(tmp_path):
    text, spec = begun(tmp_path, table(rows()), TIES + BOTH.splitlines()[0] + "\n")
    assert spec["recipe"] == "single_case"
    assert spec["case"] == {"city": "Lyon", "partner": "GBR"}
    assert "Synthetic control, logs: can be estimated" in check_analysis(tmp_path, "mine", text)


def test_several_pairs_are_compared_under_gravity_effects(tmp_path):
    _, spec = begun(tmp_path, table(rows()), TIES + BOTH)
    assert "recipe" not in spec
    assert spec["design"]["fixed_effects"] == "gravity"
    asked = {check["name"] for check in spec["diagnostic"]}
    assert {check["name"] for check in RECIPES["ppml_gravity"].preset["diagnostic"]} <= asked


def test_one_city_named_in_the_title_has_no_booms_to_take_out(tmp_path):
    found = [row[1:] for row in rows(("Lyon",))]
    ties = TIES + BOTH + "Lyon,USA,St. Louis,2009,sister city\n"
    trade = "Exports of Lyon (USD)\n" + table(found, "partner,year,exports")
    text, spec = begun(tmp_path, trade, ties)
    assert spec["data"]["trade"][0]["city"] == {"constant": "Lyon"}
    assert spec["design"]["fixed_effects"] == "two_way"
    assert re.search(r"TWFE, log.*: can be estimated", check_analysis(tmp_path, "mine", text))


def test_a_city_that_nothing_names_has_to_be_written(tmp_path):
    text, _ = begun(tmp_path, table([row[1:] for row in rows(("Lyon",))], "partner,year,exports_usd"), TIES + BOTH)
    with pytest.raises(DataError, match="city is still “NAME OF THE CITY”"):
        check_analysis(tmp_path, "mine", text)


def test_an_open_question_is_told_with_its_line_and_its_choices(tmp_path):
    found = [(*row, 7) for row in rows()]
    text, spec = begun(tmp_path, table(found, "city,partner,year,exports_usd,exports_eur"), TIES + BOTH)
    assert spec["data"]["trade"][0]["value"] == UNDECIDED
    with pytest.raises(
        SpecError, match=r"2 questions are open: line \d+, value: .*“exports_usd” or “exports_eur”; .*money_unit"
    ):
        check_analysis(tmp_path, "mine", text)


@pytest.mark.parametrize("is_open", [False, True])
def test_every_fourth_year_is_a_step_of_its_own(tmp_path, is_open):
    found = [(c, p, 1960 + 4 * (y - 2003), v) for c, p, y, v in rows()]
    ties = TIES + "Lyon,GBR,Birmingham,1983-04,sister city\nLille,DEU,Erfurt,1988-03,sister city\n"
    head = "city,partner,year,exports" + ("" if is_open else "_usd")
    text, spec = begun(tmp_path, table(found, head), ties)
    assert (spec["design"]["reference"], spec["design"]["window"]) == (-4, [-20, 20])
    assert re.search(r"reference = -4 +# GUESS: the table has one year in 4", text)
    report = check_analysis(tmp_path, "mine", text.replace("UNKNOWN", "USD"))
    assert "will be skipped" not in report
    assert "144 of 144 unit-periods" in report
    assert "Lyon-GBR from 1984" in report
    assert "the files have one year in 4: 1960, 1964" in report
    assert "1 unit has an agreement that falls between two observed years and counts from the later one" in report


def test_months_are_shown_a_year_to_either_side(tmp_path):
    found = [(c, p, f"{y}-{m:02d}", v + m) for c, p, y, v in rows() if y > 2006 for m in range(1, 13)]
    _, spec = begun(tmp_path, table(found, "city,partner,month,exports_usd"), TIES + BOTH)
    assert spec["design"]["window"] == [-12, 12]


LOOKS = [
    ("ville,pays_iso3,annee,hs2,flux,valeur_eur\nLyon,GBR,2004,01,Export,5\nLille,USA,2005,02,Import,7\n",
     {"city": "ville", "partner": "pays_iso3", "product": "hs2", "value": "valeur_eur", "money_unit": "EUR"}),
    ("Stadt;Bestimmungsland;Jahr;Ausfuhr in 1 000 EUR\nKöln;Österreich;2004;5,5\nBonn;Schweiz;2005;7,25\n",
     {"city": "Stadt", "partner": "Bestimmungsland", "flow": "exports", "money_unit": "1,000 EUR"}),
    ("Município,País,Ano,Mês,Importação (US$ CIF),Exportação (US$ FOB)\n"
     "Lapa,Chile,2010,1,5,7\nLapa,Peru,2010,2,6,9\n",
     {"city": "Município", "subperiod": "Mês", "flow": "exports", "valuation": "fob"}),
    ("城市,国家,年份,进口额（万美元）\n济南,英国,2004,5\n青岛,美国,2005,6\n",
     {"flow": "imports", "money_unit": "万美元"}),
    ("城市,国家,年份,进出口总额（万美元）\n济南,英国,2004,5\n青岛,美国,2005,6\n", {"flow": UNDECIDED}),
]  # fmt: skip


def test_a_wide_table_with_nothing_but_grouping_commas_is_asked_about(tmp_path):
    text = 'city,partner,2004,2005,2006\nLyon,GBR,"1,204","17,174","9,000"\nLille,USA,"1,300","2,222","3,333"\n'
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    (guess,) = [g for g in look_at_trade(tmp_path, "t.csv") if g.key == "decimal"]
    assert guess.value == "."
    assert "look closely" in str(guess.reason)


@pytest.mark.parametrize(("text", "expected"), LOOKS, ids=range(len(LOOKS)))
def test_columns_of_other_languages_are_known_by_their_names(tmp_path, text, expected):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    guesses = look_at_trade(tmp_path, "t.csv")
    found = {g.key: g.value for g in guesses}
    assert {k: found.get(k) for k in expected} == expected
    if "进出口" in text:
        (reason,) = (str(g.reason) for g in guesses if g.key == "flow")
        assert "exports and imports together" in reason
    if "Importação" in text:
        (said,) = (str(g.reason) for g in guesses if not g.key)
        assert 'value = "Importação (US$ CIF)", flow = "imports", valuation = "cif"' in said


def test_sides_and_kinds_of_a_registry_in_another_language(tmp_path):
    text = "Stadt;Land;Partnerstadt;Datum;Art\n"
    text += "Köln;Polen;Kattowitz;13. März 2009;Freundschaft\nBonn;Chile;X;05/2010;MoU\n"
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    found = {g.key: g.value for g in look_at_twinnings(tmp_path, "t.csv")}
    sides = {"city": "Stadt", "partner": "Land", "partner_city": "Partnerstadt", "date": "Datum", "kind": "Art"}
    assert {k: found[k] for k in sides} == sides
    assert found["kinds"] == {"Freundschaft": "friendship", "MoU": "memorandum"}


def test_entries_of_one_key_are_one_line_as_toml_wants_it():
    told = [
        Message("error", "partner", "in any language", "t.csv", row, "land", Remedy("partner_name", (name, code)))
        for row, (name, code) in enumerate((("Untied Kingdom", "GBR"), ("Grmany", "DEU")), 2)
    ]
    (line,) = list_lines_to_change(told)["t.csv"]
    assert tomllib.loads(line) == {"partner_names": {"Untied Kingdom": "GBR", "Grmany": "DEU"}}


def write_lists(root, undated):
    trade, registry = build_simulated_tables()
    trade.to_csv(root / "trade.csv", index=False)
    registry.to_csv(root / "dated.csv", index=False)
    undated.to_csv(root / "undated.csv", index=False)
    (root / "analyses").mkdir()


LINKS = pd.DataFrame({"city": ["Alder", "Birch"], "partner": ["Japan", "FRA"], "twin town": ["Kobe", "Lille"]})
UNDATED = {
    "no column of dates": LINKS,
    "an empty one": LINKS.assign(date=""),
    "dates of something else": LINKS.assign(retrieved="2024-05-06"),
}


@pytest.mark.parametrize("links", UNDATED.values(), ids=UNDATED)
def test_a_list_without_dates_is_declared_as_one_and_its_pairs_are_no_comparison(links, tmp_path):
    write_lists(tmp_path, links)
    _, said = write_scaffold(tmp_path, "case", "trade.csv", "dated.csv", undated="undated.csv")
    text = (tmp_path / "analyses" / "case.toml").read_text(encoding="utf-8")
    assert "Date unknown: agreement of Alder with Kobe (Japan)." in str(said[-2])
    assert "QUESTION" not in text
    table = parse_tables(text)["data"]["undated"]
    parts = {"file": "undated.csv", "partner": "partner", "city": "city", "partner_city": "twin town"}
    assert table == {**parts, "policy": "exclude"}
    for again in (text, to_toml(parse_tables(text))):
        report = check_analysis(tmp_path, "case", again, with_estimates=False)
        assert "units: 1 always treated, 70 comparison, 7 treated, 2 with an undated agreement" in report


def test_agreements_of_which_none_has_a_date_are_declared_so_and_nothing_can_be_estimated(tmp_path):
    write_lists(tmp_path, LINKS)
    write_scaffold(tmp_path, "case", "trade.csv", "undated.csv")
    text = (tmp_path / "analyses" / "case.toml").read_text(encoding="utf-8")
    assert "# [[data.twinnings]]" in text
    assert "\n[data.undated]\n" in text
    with pytest.raises(DesignError, match="no pair is treated within the sample"):
        check_analysis(tmp_path, "case", text, with_estimates=False)


@pytest.mark.parametrize(
    ("dated", "undated", "said"),
    [("dated.csv", "dated.csv", "has dates in “date”"), ("undated.csv", "undated.csv", "nothing can be estimated")],
)
def test_lists_that_are_not_what_they_are_given_as_are_refused(dated, undated, said, tmp_path):
    write_lists(tmp_path, LINKS)
    with pytest.raises(DataError, match=said):
        write_scaffold(tmp_path, "case", "trade.csv", dated, undated=undated)
