"""Covariates and weights that a design names, from the trade file and from tables of their own."""

import numpy as np
import pandas as pd
import pytest

from twintrade.errors import DataError, SpecError
from twintrade.study.execute import plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.run.columns import run

TRADE = "data/raw/tiny_trade.csv"
TABLE = '\n[[data.covariates]]\nfile = "data/raw/gdp.csv"\n'


@pytest.fixture
def trade(project):
    frame = pd.read_csv(project / TRADE)
    rng = np.random.default_rng(3)
    city, year = frame["city"].factorize()[0], frame["year"] - 2003
    frame = frame.assign(gdp=np.round(100 + 10 * city + year**1.5, 3), sw=1.0 + frame["partner"].factorize()[0])
    return frame.assign(rate=np.round(rng.normal(size=len(frame)), 4))


@pytest.fixture
def observed(project, spec_text):
    def go(design: str, tables: str = "", change=lambda text: text):
        text = change(spec_text).replace("[[data.twinnings]]", f"{tables}\n[[data.twinnings]]", 1)
        text = text.replace("[design]", f"[design]\n{design}", 1)
        plan, _ = plan_analysis(project, "tiny", text)
        return plan, observe("tiny", plan.spec, project)

    return go


def by_cell(observed, name):
    frame = observed.panel.to_frame()
    return frame.set_index(["city", "partner", "period"])[name]


def test_columns_of_the_trade_file_feed_the_design(project, trade, observed):
    trade.to_csv(project / TRADE, index=False)
    plan, read = observed('covariates = ["rate", "gdp"]\nweights = "sw"')
    truth = trade.set_index(["city", "partner", "year"])
    for name in ("rate", "gdp", "sw"):
        expected = truth[name].reindex(by_cell(read, name).index)
        assert np.array_equal(by_cell(read, name), expected)
    assert np.isfinite(assemble_results(run(plan, read), {}).effects["effect"]).all()


def test_a_column_that_says_something_of_cities_fills_rows_that_the_file_does_not_have(project, trade, observed):
    kept = trade.drop(index=[5, 77])
    kept.to_csv(project / TRADE, index=False)
    _, read = observed(
        'covariates = ["gdp"]', change=lambda text: text.replace('absent = "error"', 'absent = "zero"')
    )
    gone = trade.loc[5]
    assert by_cell(read, "gdp")[gone["city"], gone["partner"], gone["year"]] == gone["gdp"]
    assert "gdp of the trade file has one value a city and period" in "\n".join(m.message for m in read.messages)


@pytest.mark.parametrize(
    "keys", [("city", "year"), ("partner",), ("city", "partner"), ("year",), ("city", "partner", "year")]
)
def test_a_table_by_any_of_city_partner_and_period(project, trade, observed, keys):
    table = trade.groupby(list(keys), as_index=False)["rate"].first()
    table.to_csv(project / "data/raw/gdp.csv", index=False)
    names = {"year": "period"}
    declared = "".join(f'{names.get(key, key)} = "{key}"\n' for key in keys)
    _, read = observed('covariates = ["x"]', f'{TABLE}columns = {{ x = "rate" }}\n{declared}')
    expected = trade.merge(table, on=list(keys)).set_index(["city", "partner", "year"])["rate_y"]
    assert np.array_equal(by_cell(read, "x"), expected.reindex(by_cell(read, "x").index))
    assert [record.path for record in read.inputs].count("data/raw/gdp.csv") == 1


def test_what_a_table_lacks_is_counted(project, trade, observed):
    table = trade.drop_duplicates(["city", "year"]).query("city != 'Elm'")
    table.to_csv(project / "data/raw/gdp.csv", index=False)
    _, read = observed('covariates = ["gdp"]', f'{TABLE}columns = ["gdp"]\ncity = "city"\nperiod = "year"')
    (warning,) = [m.message for m in read.messages if m.code == "covariate-absent"]
    assert (
        warning
        == "gdp has no value in 160 of 1,280 rows, which a column with it leaves out; the first is Elm, AUS, 2003"
    )


def test_rows_that_differ_are_refused_with_both(project, observed):
    (project / "data/raw/gdp.csv").write_text("city,year,gdp\nElm,2003,1\nElm,2004,2\nElm,2003,1\nElm,2004,-2\n")
    with pytest.raises(
        DataError, match=r"gdp.csv row 5, column gdp: .*not the value of row 3 for the same Elm, 2004"
    ):
        observed('covariates = ["gdp"]', f'{TABLE}columns = ["gdp"]\ncity = "city"\nperiod = "year"')


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ('columns = ["gdp"]', "say what a row is about"),
        ('columns = { exports = "gdp" }\ncity = "city"', "“exports” is the name of another column"),
        ('columns = { city = "gdp" }\ncity = "city"', "“city” is the name of another column"),
    ],
)
def test_tables_that_cannot_be_meant(project, observed, table, reason):
    (project / "data/raw/gdp.csv").write_text("city,year,gdp\nElm,2003,1\n")
    with pytest.raises(SpecError, match=reason):
        observed('covariates = ["gdp"]', f"{TABLE}{table}\n")


def test_a_name_that_no_file_has(observed):
    with pytest.raises(DataError, match=r"tiny_trade.csv row 1: no column “gpd”"):
        observed('covariates = ["gpd"]')
