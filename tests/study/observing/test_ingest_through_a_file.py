"""What the data card says was done to values gives the file's own figures back; months become years as declared."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from twintrade.errors import DataError
from twintrade.study.execute import plan_analysis
from twintrade.study.observing.observe import format_currency, observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.run.columns import run
from twintrade.study.store.replay import build_tidy_files, from_bytes

ROUNDINGS = 4e-16
"""A product of three correctly rounded factors, each within half a unit in the last place."""

CITIES, PARTNERS, YEARS = ("Jinan", "Qingdao", "Yantai"), ("GBR", "USA", "DEU"), range(2004, 2010)
TIES = "city,partner,partner_city,date,kind\nJinan,GBR,Coventry,2006-05,sister city\n"
RATES = "currency,year,rate\n" + "".join(f"CNY,{y},{8.27 - (y - 2004) * 0.21:.2f}\n" for y in YEARS)
PRICES = "year,index\n" + "".join(f"{y},{100 + 3 * (y - 2004)}\n" for y in YEARS)
SPEC = """title = "t"
[[data.trade]]
file = "data/raw/trade.csv"
city = "city"
partner = "partner"
period = "period"
value = "value"
flow = "exports"
reporter = "city"
absent = "error"
{trade}
[[data.twinnings]]
file = "data/raw/ties.csv"
city = "city"
partner = "partner"
partner_city = "partner_city"
date = "date"
kind = "kind"
[design]
fixed_effects = "two_way"
cluster = ["unit"]
[[estimator]]
name = "twfe"
[inference]
name = "clustered"
draws = 99
"""


def amount(city: str, partner: str, year: int) -> float:
    return 100 + 7 * CITIES.index(city) + 13 * PARTNERS.index(partner) + (year - 2000) ** 2 / 10


def written(folder: Path, lines: list[str], **files: str) -> Path:
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True)
    (raw / "trade.csv").write_text("city,partner,period,value\n" + "\n".join(lines) + "\n")
    for name, content in {"ties": TIES, **files}.items():
        (raw / f"{name}.csv").write_text(content)
    return folder


def results(root: Path, trade: str) -> dict[str, bytes]:
    made, _ = plan_analysis(root, "t", SPEC.replace("{trade}", trade))
    return build_tidy_files(assemble_results(run(made, observe("t", made.spec, root)), {}))


def test_the_factors_of_the_data_card_give_the_figures_of_the_file_back(tmp_path):
    figures = {(c, p, y): amount(c, p, y) for c, p, y in itertools.product(CITIES, PARTNERS, YEARS)}
    lines = [f"{c},{p},{y},{v}" for (c, p, y), v in figures.items()]
    root = written(tmp_path, lines, rates=RATES, prices=PRICES)
    files = results(
        root,
        'money_unit = "万元"\nexchange = { target = "USD", file = "data/raw/rates.csv" }\n'
        'deflator = { file = "data/raw/prices.csv", period = "year", index = "index", base = "2006" }',
    )
    factors, data = from_bytes(files["payloads/conversions.csv"]), from_bytes(files["data.csv"])
    assert set(factors["kind"]) == {"unit", "exchange", "deflator"}
    assert factors["source"].unique().tolist() == [f"data/raw/{n}.csv" for n in ("trade", "rates", "prices")]
    per_year = factors[factors["kind"] != "unit"].assign(year=lambda f: f["period"].astype(int))
    product = per_year.groupby("year")["factor"].prod() * factors.loc[factors["kind"] == "unit", "factor"].item()
    for row in data.to_dict("records"):
        own = figures[row["city"], row["partner"], row["period"]]
        assert row["outcome"] / product[row["period"]] == pytest.approx(own, rel=ROUNDINGS)
    assert "US dollars of 2006" in from_bytes(files["specifications.csv"])["outcome_unit"].tolist()


def test_values_taken_as_they_stand_have_no_list_of_factors(tmp_path):
    lines = [f"{c},{p},{y},{amount(c, p, y)}" for c, p, y in itertools.product(CITIES, PARTNERS, YEARS)]
    assert "payloads/conversions.csv" not in results(written(tmp_path, lines), 'money_unit = "USD"')


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("USD", "US dollars"),
        ("USD of 2015", "US dollars of 2015"),
        ("CHF", "CHF"),
        ("CHF of 2015Q1", "CHF of 2015Q1"),
    ],
)
def test_money_is_named_in_words(unit, name):
    assert format_currency(unit) == name


def monthly(skip: set[tuple[str, str, int, int]]) -> list[str]:
    return [
        f"{c},{p},{y}-{m:02d},{amount(c, p, y) + m}"
        for c, p, y, m in itertools.product(CITIES, PARTNERS, YEARS, range(1, 13))
        if (c, p, y, m) not in skip
    ]


def yearly(root: Path, further: str) -> tuple[dict[tuple[str, str, int], float], set[str]]:
    trade = f'money_unit = "USD"\nfrequency = "month"\nto_frequency = "year"\n{further}'
    made, _ = plan_analysis(root, "t", SPEC.replace('absent = "error"', "").replace("{trade}", trade))
    observed = observe("t", made.spec, root)
    panel = observed.panel
    cities, partners = panel.cities[panel.unit_city[panel.unit]], panel.partners[panel.unit_partner[panel.unit]]
    keys = zip(map(str, cities), map(str, partners), map(int, panel.period), strict=True)
    return dict(zip(keys, panel.values("exports"), strict=True)), {m.code for m in observed.messages}


def test_months_become_years_under_the_declared_coverage(tmp_path):
    skip = {("Jinan", "USA", 2005, m) for m in (3, 4)} | {("Yantai", "DEU", 2007, m) for m in range(1, 12)}
    root = written(tmp_path, monthly(skip))
    whole = 12 * amount("Jinan", "GBR", 2005) + 78
    strict, codes = yearly(root, 'absent = "missing"')
    assert strict["Jinan", "GBR", 2005] == pytest.approx(whole, rel=ROUNDINGS)
    assert np.isnan(strict["Jinan", "USA", 2005])
    assert "part-periods" in codes
    lenient, _ = yearly(root, 'absent = "missing"\ncoverage = 0.8')
    assert lenient["Jinan", "USA", 2005] == pytest.approx(10 * amount("Jinan", "USA", 2005) + 71, rel=ROUNDINGS)
    assert np.isnan(lenient["Yantai", "DEU", 2007])
    zeros, _ = yearly(root, 'absent = "zero"')
    assert zeros["Yantai", "DEU", 2007] == pytest.approx(amount("Yantai", "DEU", 2007) + 12, rel=ROUNDINGS)
    with pytest.raises(DataError, match=r"Yantai-DEU.*2007|lack rows"):
        yearly(root, 'absent = "error"')


def test_a_year_that_the_file_covers_in_part_is_left_out_and_said(tmp_path):
    lines = [line for line in monthly(set()) if not line.split(",")[2] > "2009-06"]
    values, codes = yearly(written(tmp_path, lines), 'absent = "missing"')
    assert {year for *_, year in values} == set(range(2004, 2009))
    assert "part-periods" in codes


@pytest.mark.parametrize(("share", "is_told"), [(0.5, True), (0.95, False)])
def test_a_last_year_far_below_the_one_before_is_asked_about(tmp_path, share, is_told):
    lines = [
        f"{c},{p},{y},{amount(c, p, y) * (share if y == YEARS[-1] else 1)}"
        for c, p, y in itertools.product(CITIES, PARTNERS, YEARS)
    ]
    root = written(tmp_path, lines)
    made, _ = plan_analysis(root, "t", SPEC.replace("{trade}", 'money_unit = "USD"'))
    told = [m.message for m in observe("t", made.spec, root).messages if m.code == "part-period"]
    assert bool(told) is is_told
    assert all("is it a part of a year?" in text for text in told)
