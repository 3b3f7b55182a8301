"""Partners: the reviewed table is consistent, and nothing is matched by likeness."""

import csv
import gzip
from importlib import resources

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.data.geography.countries import (
    list_own_codes,
    load_places,
    resolve,
    resolve_column,
    resolve_un_codes,
    warn_of_validity,
)
from twintrade.data.sources.faults import Faults, InvalidDataError, TextColumn, build_text_array

N_ISO_3166 = 249


def test_the_table_holds_every_country_of_the_standard_once():
    table = load_places()
    standard = [p for p in table.values() if p.kind in ("country", "territory") and p.code != "XKX"]
    assert len(standard) == N_ISO_3166
    assert all(len(p.code) == 3 and p.code.isupper() and len(p.iso2) == 2 for p in standard)
    assert len({p.iso2 for p in standard}) == N_ISO_3166


NAMES = [
    ("United Kingdom", "GBR"),
    ("UK", "GBR"),
    ("GBR", "GBR"),
    ("usa", "USA"),
    ("Côte d’Ivoire", "CIV"),
    ("Cote d'Ivoire", "CIV"),
    ("Viet Nam", "VNM"),
    ("Korea, Rep.", "KOR"),
    ("Türkiye", "TUR"),
    ("Turkey", "TUR"),
    ("St. Lucia", "LCA"),
    ("Antigua & Barbuda", "ATG"),
    ("  South\u00a0Africa ", "ZAF"),
    ("Namibia", "NAM"),
    ("英国", "GBR"),
    ("澳大利亚", "AUS"),
    ("刚果（金）", "COD"),
    ("Países Baixos (Holanda)", "NLD"),
    ("Taiwan, China", "TWN"),
    ("China, Hong Kong SAR", "HKG"),
    ("USSR", "SUN"),
    ("World", "+WORLD"),
    ("欧盟", "+EU"),
    ("ASEAN", "+ASEAN"),
    ("Areas, nes", "+AREAS"),
    ("Vereinigtes Königreich", "GBR"),
    ("Österreich", "AUT"),
    ("Korea, Republik", "KOR"),
    ("Schweiz", "CHE"),
    ("États-Unis", "USA"),
    ("Royaume-Uni", "GBR"),
    ("Côte d’Ivoire", "CIV"),
    ("Corée du Nord", "PRK"),
    ("Países Bajos", "NLD"),
    ("Arabia Saudita", "SAU"),
    ("EE.UU.", "USA"),
    ("Guinea Ecuatorial", "GNQ"),
    ("Stati Uniti", "USA"),
    ("Cina", "CHN"),
    ("Union européenne", "+EU"),
    ("Welt", "+WORLD"),
]


@loop_over(("name", "code"), NAMES)
def test_names_in_three_languages(name, code):
    assert resolve([name, "France"]) == [code, "FRA"]


def test_aggregates_are_marked():
    assert {p.code for p in load_places().values() if p.is_aggregate} >= {"+WORLD", "+EU", "+ASEAN", "+AREAS"}
    assert not any(p.code.startswith("+") != p.is_aggregate for p in load_places().values())


def test_namibia_is_na_only_among_two_letter_codes():
    assert resolve(["NA", "NO"]) == ["NAM", "NOR"]
    with pytest.raises(InvalidDataError, match="would be Namibia"):
        resolve(["NA", "Norway"])


def test_a_label_beside_two_letter_codes_is_one_error_and_can_be_declared():
    """A national word for the total made every code of the column unknown, also once it was declared."""
    codes = ["DE", "CN", "NA", "Jamisi"]
    with pytest.raises(InvalidDataError) as caught:
        resolve(codes)
    assert caught.value.n_errors == 1
    assert "Jamisi" in caught.value.messages[0].message
    assert resolve(codes, {"Jamisi": "leave out"})[:3] == ["DEU", "CHN", "NAM"]
    with pytest.raises(InvalidDataError, match="would be Namibia"):
        resolve(["NA", "Formosa province"], {"Formosa province": "ARG"})


@loop_over("name", ["Nan", "None", "null", "", "Atlantis", "Korea"])
def test_unknown_names_are_refused_not_guessed(name):
    with pytest.raises(InvalidDataError):
        resolve([name, "France"])


def test_near_matches_are_offered_and_all_faults_listed():
    with pytest.raises(InvalidDataError) as caught:
        resolve(["Frnace", "Germany", "Grmany"])
    assert caught.value.n_errors == 2
    assert "France" in caught.value.messages[0].message
    assert "Germany" in caught.value.messages[1].message


def test_declared_names_count_first():
    assert resolve(["Formosa province", "France"], {"Formosa province": "ARG"}) == ["ARG", "FRA"]
    with pytest.raises(InvalidDataError, match="no known code"):
        resolve(["X land"], {"X land": "XLD"})


def test_figures_outside_a_partners_years_warn():
    faults = Faults()
    warn_of_validity(np.array(["SSD", "FRA", "SUN"], dtype=object), np.array([2005, 2005, 1990]), "f.csv", faults)
    assert [m.code for m in faults.messages] == ["partner-years"]
    assert "South Sudan" in faults.messages[0].message


@pytest.mark.parametrize(
    ("file", "column", "n_partners"),
    [
        ("us_state_partner_trade.csv.gz", "partner", 234),
        ("us_state_partner_trade.csv.gz", "partner_iso3", 234),
        ("brazil_parana_municipality_partner_month_agri.csv.gz", "partner_pt", 223),
    ],
)
def test_every_partner_of_published_tables_is_known(shared, file, column, n_partners):
    path = shared / "data" / file
    if not path.is_file():
        pytest.skip("the public data are absent")
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        names = sorted({row[column] for row in csv.DictReader(stream)})
    codes = resolve(names)
    assert len(set(codes)) == len(names) == n_partners


UN_NAMES = {
    "Other Asia, nes": "TWN",
    "Sudan (...2011)": "SDN",
    "Serbia and Montenegro (...2005)": "SCG",
    "Netherlands Antilles (…2010)": "ANT",
    "Belgium-Luxembourg (...1998)": "BLX",
    "USSR (...1990)": "SUN",
    "Mayotte (Overseas France)": "MYT",
    "Réunion (Overseas France)": "REU",
    "Northern Africa, nes": "+OTHER-AFRICA",
    "其它国家(地区)": "+REST",
    "澳洲": "AUS",
    "前苏联": "SUN",
}


def test_names_of_the_united_nations_and_of_chinese_yearbooks():
    assert resolve(UN_NAMES) == list(UN_NAMES.values())


def test_other_asia_says_whom_it_stands_for():
    faults = Faults()
    cells = build_text_array(["Other Asia, nes", "Japan"])
    resolve_column(TextColumn("partner", "t.csv", cells, np.array([2, 3])), {}, faults)
    assert [m.code for m in faults.messages] == ["other-asia"]


def test_a_former_country_has_its_years():
    faults = Faults()
    warn_of_validity(
        build_text_array(resolve(["Belgium-Luxembourg (...1998)"] * 2)), np.array([1998, 2003]), "t.csv", faults
    )
    (warning,) = faults.messages
    assert "1998" in warning.message


def test_codes_of_the_united_nations_are_one_place_each():
    text = resources.files("twintrade.data").joinpath("partners.csv").read_text(encoding="utf-8")
    rows = [(code, r) for r in csv.DictReader(text.splitlines()) for code in r["un"].split("|") if code]
    assert len({code for code, _ in rows}) == len(rows)
    standard = {r["code"] for _, r in rows if r["kind"] in ("country", "territory")}
    # 492 is Monaco in the standard and "Europe EU, nes" in Comtrade, which has Monaco in France.
    assert len(standard) == N_ISO_3166 - 1
    assert "MCO" not in standard
    cells = build_text_array(["156", "842", "4", "251", "x", "999"])
    column = TextColumn("i", "t.csv", cells, np.arange(6))
    assert resolve_un_codes(column).tolist() == ["CHN", "USA", "AFG", "FRA", "x", "999"]


TOTALS = [
    "Insgesamt",
    "Gesamt",
    "Summe",
    "Alle Länder",
    "Welt",
    "Total",
    "Ensemble",
    "Totale",
    "Totaal",
    "Total general",
    "合计",
]


@loop_over("name", TOTALS)
def test_the_total_of_all_partners_is_the_world(name):
    assert resolve([name]) == ["+WORLD"]


@loop_over(
    ("cities", "codes"),
    [
        (["DEU", "Lyon", "Hong Kong"], ["DEU", "", ""]),
        (["Deutschland", "France", "GBR"], ["DEU", "FRA", "GBR"]),
        (["ROM", "FRA", "GBR"], ["ROU", "FRA", "GBR"]),
        (["Georgia"], [""]),
        (["Georgia", "Alabama", "Ohio"], ["", "", ""]),
        (["CA", "GA", "AL"], ["", "", ""]),
    ],
)
def test_a_city_is_a_country_by_its_code_or_where_all_are(cities, codes):
    assert list_own_codes(cities).tolist() == codes
