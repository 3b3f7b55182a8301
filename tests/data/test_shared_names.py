"""Names that share a code or a city are added up where that is declared, and refused where it is not."""

import tomllib

import numpy as np
import pytest

from twintrade.data import read_trade
from twintrade.data.fixes import list_lines_to_change
from twintrade.data.schema import CityName
from twintrade.data.sources.faults import InvalidDataError

PARTNERS = {"Gaza": "PSE", "West Bank": "PSE", "Palestine": "PSE"}
LAIWU = (CityName(name="Laiwu", city="Jinan", first=2019),)
TWO_PARTS = """city,partner,year,value
Lyon,Gaza,2018,3
Lyon,West Bank,2018,4
Lyon,Gaza,2019,5
Lyon,West Bank,2019,7
"""
TWO_CITIES = """city,code,partner,year,value
Jinan,3701,USA,2018,100
Laiwu,3712,USA,2018,10
Jinan,3701,USA,2019,110
Laiwu,3712,USA,2019,20
"""


def read_values(table):
    rows = table.frame[["city", "partner", "period", "value"]].itertuples(index=False)
    return {(city, partner, period): value for city, partner, period, value in rows}


def list_texts(table, code):
    return [str(m.text) for m in table.messages if m.code == code]


def test_two_names_of_one_partner_are_added_up_and_said(project, trade_source):
    table = read_trade([trade_source(partner_names=PARTNERS, add_up=True)], project(TWO_PARTS))
    assert read_values(table) == {("Lyon", "PSE", 2018): 7, ("Lyon", "PSE", 2019): 12}
    (said,) = list_texts(table, "names-added-up")
    assert said == "2 figures are sums of rows with different names: PSE of Gaza and West Bank"


@pytest.mark.parametrize("options", [{}, {"city_code": "code"}])
def test_a_city_joins_another_from_its_year_on(project, trade_source, options):
    table = read_trade([trade_source(city_names=LAIWU, add_up=True, **options)], project(TWO_CITIES))
    assert read_values(table) == {
        ("Jinan", "USA", 2018): 100,
        ("Laiwu", "USA", 2018): 10,
        ("Jinan", "USA", 2019): 130,
    }
    assert list_texts(table, "names-added-up") == [
        "one figure is a sum of rows with different names: Jinan of Jinan and Laiwu"
    ]


def test_codes_are_of_names_where_names_are_added_up_and_still_tell_two_cities_apart(project, trade_source):
    """Two Taizhous, one of which took Jiangyan in and is written in two ways; the other has no line."""
    names = (
        CityName(name="Taizhou", code="3212", city="Taizhou (Jiangsu)"),
        CityName(name="T'aichou", city="Taizhou (Jiangsu)"),
        CityName(name="Jiangyan", city="Taizhou (Jiangsu)"),
    )
    rows = "Taizhou,3212,USA,2018,1\nTaizhou,3310,USA,2018,2\nJiangyan,3284,USA,2018,4\nT'aichou,3212,USA,2019,8\n"
    source = trade_source(city_names=names, add_up=True, city_code="code")
    values = read_values(read_trade([source], project("city,code,partner,year,value\n" + rows)))
    assert values == {
        ("Taizhou", "USA", 2018): 2,
        ("Taizhou (Jiangsu)", "USA", 2018): 5,
        ("Taizhou (Jiangsu)", "USA", 2019): 8,
    }
    with pytest.raises(InvalidDataError, match="two cities with one name"):
        read_trade([source], project("city,code,partner,year,value\n" + rows + "Taizhou,9999,USA,2019,3\n"))


def test_undeclared_they_are_refused_with_the_line_to_write(project, trade_source):
    with pytest.raises(InvalidDataError, match="stands here as “West Bank” and in row 2 as “Gaza”") as caught:
        read_trade([trade_source(partner_names=PARTNERS)], project(TWO_PARTS))
    (lines,) = list_lines_to_change(caught.value.messages).values()
    assert [tomllib.loads(line) for line in lines] == [{"add_up": True}]


@pytest.mark.parametrize("name", ["Gaza", "GAZA"])
def test_the_same_name_twice_stays_an_error(project, trade_source, name):
    with pytest.raises(InvalidDataError, match="Lyon-PSE, 2018 stands here and in row 2"):
        read_trade([trade_source(partner_names=PARTNERS, add_up=True)], project(TWO_PARTS + f"Lyon,{name},2018,9\n"))


def test_a_sum_is_missing_when_a_part_is(project, trade_source):
    content = TWO_PARTS.replace("West Bank,2019,7", "West Bank,2019,")
    table = read_trade([trade_source(partner_names=PARTNERS, add_up=True)], project(content))
    values = read_values(table)
    assert values["Lyon", "PSE", 2018] == 7
    assert np.isnan(values["Lyon", "PSE", 2019])


def test_an_absent_part_means_what_an_absent_row_means(project, trade_source):
    content = TWO_PARTS + "Lyon,Gaza,2020,1\nLyon,Gaza,2021,2\nLyon,West Bank,2021,3\n"
    source = {"partner_names": PARTNERS, "add_up": True}
    values = read_values(read_trade([trade_source(**source, absent="zero")], project(content)))
    assert [values["Lyon", "PSE", year] for year in (2020, 2021)] == [1, 5]
    table = read_trade([trade_source(**source, absent="missing")], project(content))
    values = read_values(table)
    assert np.isnan(values["Lyon", "PSE", 2020])
    assert values["Lyon", "PSE", 2021] == 5
    with pytest.raises(InvalidDataError, match="Lyon-PSE, 2020 has no row of a name"):
        read_trade([trade_source(**source, absent="error")], project(content))


def test_products_of_both_names_are_added_up_and_no_product_twice(project, trade_source):
    rows = "Lyon,Gaza,2018,01,3\nLyon,Gaza,2018,02,4\nLyon,West Bank,2018,01,5\n"
    source = trade_source(partner_names=PARTNERS, add_up=True, product="hs", product_revision="HS2012")
    table = read_trade([source], project("city,partner,year,hs,value\n" + rows))
    assert read_values(table) == {("Lyon", "PSE", 2018): 12}
    with pytest.raises(InvalidDataError, match="stands here and in row 2"):
        read_trade([source], project("city,partner,year,hs,value\n" + rows + "Lyon,Gaza,2018,01,9\n"))


def test_a_name_for_the_sum_of_the_others_is_refused(project, trade_source):
    rows = [
        f"Lyon,{name},{year},{value}"
        for year in range(2010, 2016)
        for name, value in (("Gaza", year % 7 + 1), ("West Bank", year % 5 + 3))
    ]
    rows += [f"Lyon,Palestine,{year},{year % 7 + year % 5 + 4}\nLyon,USA,{year},50" for year in range(2010, 2016)]
    with pytest.raises(InvalidDataError, match="“Palestine” equals the sum of the other partners"):
        read_trade(
            [trade_source(partner_names=PARTNERS, add_up=True)],
            project("city,partner,year,value\n" + "\n".join(rows) + "\n"),
        )


def test_the_same_figure_under_two_names_is_a_warning(project, trade_source):
    content = "city,partner,year,value\nLyon,Germany,2018,30\nLyon,DEU,2018,30\n"
    table = read_trade([trade_source(add_up=True)], project(content))
    (said,) = list_texts(table, "names-alike")
    assert "DEU of DEU and Germany" in said


def test_nothing_to_add_up_is_said(project, trade_source):
    table = read_trade([trade_source(add_up=True)], project("city,partner,year,value\nLyon,USA,2018,30\n"))
    assert read_values(table) == {("Lyon", "USA", 2018): 30}
    assert list_texts(table, "names-added-up") == ["add_up is true, and no two names share a figure"]
