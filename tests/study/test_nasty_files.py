"""Tables as yearbooks and web pages have them are read right or asked about; their clean twin raises no question."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.errors import TwintradeError
from twintrade.study.checking import check_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.scaffold import write_scaffold
from twintrade.study.spec.analysis import parse

CITIES = ("Jinan", "Linyi", "Qingdao", "Rizhao", "Weifang", "Yantai")
COUNTRIES = ("Germany", "Japan", "France", "Brazil")
YEARS = np.arange(2000, 2013)
AGREEMENTS = (
    ("Jinan", "Augsburg", "Germany", "2004-09-28", "sister city"),
    ("Qingdao", "Shimonoseki", "Japan", "2006-10-03", "sister city"),
    ("Yantai", "Angers", "France", "2005-05-12", "sister city"),
)
ONSETS = {"Jinan-DEU": 2004, "Qingdao-JPN": 2006, "Yantai-FRA": 2005}


def build_trade():
    rng = np.random.default_rng(14)
    walk = np.cumsum(rng.normal(0.04, 0.12, (len(CITIES), len(COUNTRIES), YEARS.size)), axis=-1)
    values = np.exp(rng.normal(15, 0.8, (len(CITIES), len(COUNTRIES), 1)) + walk)
    index = pd.MultiIndex.from_product([CITIES, COUNTRIES, YEARS], names=["city", "country", "year"])
    return pd.Series(np.rint(values).ravel(), index, name="exports_usd").astype(np.int64).reset_index()


def build_registry():
    columns = ["city", "partner_city", "partner_country", "date", "type"]
    return pd.DataFrame(AGREEMENTS, columns=columns)


TRADE = build_trade()
BY_PAIR = TRADE.groupby(["city", "country"])["exports_usd"]


def replace_value(name, values):
    return TRADE.drop(columns="exports_usd").assign(**{name: values})


def mark(name, before, after, from_year):
    return TRADE.assign(**{name: np.where(TRADE["year"] < from_year, before, after)})


NO_MONEY = {
    "ln_exports_usd": np.log(TRADE["exports_usd"]),
    "log_value_usd": np.log10(TRADE["exports_usd"]),
    "asinh_exports_usd": np.arcsinh(TRADE["exports_usd"]),
    "出口额对数": np.log(TRADE["exports_usd"]),
    "exports_usd_ma3": BY_PAIR.transform(lambda v: v.rolling(3, min_periods=1).mean()),
    "Ausfuhr, gleitender Durchschnitt (USD)": BY_PAIR.transform(lambda v: v.rolling(3, min_periods=1).mean()),
    "cumulative_exports_usd": BY_PAIR.cumsum(),
    "exports_usd_lag1": BY_PAIR.shift().fillna(1e6),
    "predicted_exports_usd": TRADE["exports_usd"] * 0.97,
    "export growth (%)": BY_PAIR.pct_change().fillna(0),
    "trade_usd": TRADE["exports_usd"] * 1.9,
    "贸易额（美元）": TRADE["exports_usd"] * 1.9,
}
SWITCHES = {
    "valuation": mark("valuation", "FOB", "CIF (partner imports)", 2007),
    "price basis": mark("price_basis", "current", "constant 2000", 2006),
    "level": TRADE.assign(level=np.where((TRADE["city"] == "Jinan") & (TRADE["year"] < 2004), "province", "city")),
}


def begin(folder: Path, trade: pd.DataFrame, registry: pd.DataFrame) -> str:
    """Write both tables and the analysis that ``init`` makes of them; return its text."""
    (folder / "analyses").mkdir()
    trade.to_csv(folder / "trade.csv", index=False)
    registry.to_csv(folder / "registry.csv", index=False)
    write_scaffold(folder, "case", "trade.csv", "registry.csv")
    return (folder / "analyses" / "case.toml").read_text(encoding="utf-8")


def read(folder: Path, text: str):
    """Return the values and onsets of an analysis."""
    spec, _ = parse(text)
    observed = observe("case", spec, folder)
    design = Designs(observed).base(spec.design)
    inside = design.onset < design.panel.last_period + 1
    onsets = dict(zip(design.panel.units[inside], design.onset[inside], strict=True))
    return np.sort(design.panel.values(spec.design.outcome)), onsets


def is_asked(folder: Path, text: str) -> str:
    """Return what is asked, "" where the analysis could be run."""
    try:
        check_analysis(folder, "case", text, with_estimates=False)
    except TwintradeError as error:
        return str(error)
    return ""


def test_the_clean_twin_raises_no_question(tmp_path):
    text = begin(tmp_path, TRADE, build_registry())
    assert "QUESTION" not in text
    assert text.count("# GUESS: ") == 5
    assert is_asked(tmp_path, text) == ""
    values, onsets = read(tmp_path, text)
    assert np.array_equal(values, np.sort(TRADE["exports_usd"].to_numpy()))
    assert onsets == ONSETS


@loop_over("name", NO_MONEY)
def test_a_value_column_that_is_no_money_is_asked_about_once(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("no_money")
    text = begin(folder, replace_value(name, NO_MONEY[name]), build_registry())
    key = "flow" if name in ("trade_usd", "贸易额（美元）") else "value"
    asked = [line for line in text.splitlines() if "# QUESTION" in line and not line.startswith("money_unit")]
    assert len(asked) == 1
    assert asked[0].startswith(f'{key} = "UNDECIDED"')
    assert "question" in is_asked(folder, text)


@pytest.mark.parametrize("name", ["ln_exports_usd", "cumulative_exports_usd", "exports_usd_ma3"])
def test_amounts_beside_what_is_made_of_them_are_taken_without_a_question(name, tmp_path):
    text = begin(tmp_path, TRADE.assign(**{name: NO_MONEY[name]}), build_registry())
    assert "QUESTION" not in text
    assert np.array_equal(read(tmp_path, text)[0], np.sort(TRADE["exports_usd"].to_numpy()))


@loop_over("name", SWITCHES)
def test_a_basis_that_changes_stops_until_one_line_confirms_it(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("switch")
    text = begin(folder, SWITCHES[name], build_registry())
    assert "\nwhere =" not in text
    said = is_asked(folder, text)
    assert "changes from" in said
    assert "confirmed = true" in said
    assert is_asked(folder, text.replace('file = "trade.csv"', 'file = "trade.csv"\nconfirmed = true')) == ""


def test_kinds_that_may_be_no_agreements_are_one_question_and_none_leaves_them_out(tmp_path):
    more = [("Linyi", "Tours", "France", "2003-01-15", "letter of intent")]
    more += [("Rizhao", "Suita", "Japan", "2005-06-01", "friendly exchange (planned)")]
    registry = build_registry()
    registry = pd.concat([registry, pd.DataFrame(more, columns=registry.columns)])
    text = begin(tmp_path, TRADE, registry)
    assert text.count("QUESTION") == 1
    assert "1 question is open" in is_asked(tmp_path, text)
    assert read(tmp_path, text.replace("UNDECIDED", "none"))[1] == ONSETS


DATES = {
    "words of signing decide": ("signing", {"record_updated": "2015-01-01", "approved_date": "1999-01-02"}, None),
    "one is of the list": ("date", {"retrieved": "2015-01-01"}, None),
    "the year alone": ("date", {"year": None}, None),
    "nothing decides": ("start date", {"approved date": "2003-05-01"}, "date"),
}


@loop_over("name", DATES)
def test_several_date_columns_are_one_question_unless_words_decide(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dates")
    column, further, asked = DATES[name]
    registry = build_registry()
    for other, cell in further.items():
        registry[other] = registry["date"].str[:4] if cell is None else cell
    text = begin(folder, TRADE, registry.rename(columns={"date": column}))
    assert text.count("QUESTION") == (asked is not None)
    answered = text.replace('date = "UNDECIDED"', f'date = "{column}"')
    assert is_asked(folder, answered) == ""
    assert read(folder, answered)[1] == ONSETS


def test_day_and_month_are_read_by_their_own_separator(tmp_path):
    registry = build_registry().assign(date=["28.09.2004", "10/03/2006", "12.05.2005"])
    registry.loc[3] = ("Weifang", "Pinhais", "Brazil", "03/15/2007", "sister city")
    text = begin(tmp_path, TRADE, registry)
    assert "QUESTION" not in text
    assert read(tmp_path, text)[1] == ONSETS | {"Weifang-BRA": 2007}


@pytest.mark.parametrize("place", ["pair from its agreement on", "city in one year"])
def test_a_tenfold_jump_is_named(place, tmp_path):
    is_pair = (TRADE["city"] == "Yantai") & (TRADE["country"] == "France") & (TRADE["year"] >= 2005)
    is_city = (TRADE["city"] == "Yantai") & (TRADE["year"] == 2008)
    is_there = is_pair if place.startswith("pair") else is_city
    trade = TRADE.assign(exports_usd=TRADE["exports_usd"] * np.where(is_there, 10, 1))
    text = begin(tmp_path, trade, build_registry())
    report = check_analysis(tmp_path, "case", text, with_estimates=False)
    assert "of a treated pair or its city" in report
    assert "near a power of ten" in report


def test_one_line_joins_a_city_renamed_in_both_tables(tmp_path):
    names = {"Weifang": "Xiangfan"}
    trade = TRADE.assign(city=TRADE["city"].replace(names))
    is_renamed = (trade["city"] == "Xiangfan") & (trade["year"] >= 2010)
    trade.loc[is_renamed, "city"] = "Xiangyang"
    registry = build_registry()
    registry.loc[3] = ("Xiangyang", "Pinhais", "Brazil", "2007-03-15", "sister city")
    text = begin(tmp_path, trade, registry)
    assert 'city_names = [{ name = "Xiangyang", city = "Xiangfan" }]' in is_asked(tmp_path, text)
    line = 'city_names = [{ name = "Xiangyang", city = "Xiangfan" }]'
    answered = text.replace('file = "trade.csv"', f'file = "trade.csv"\n{line}')
    assert is_asked(tmp_path, answered) == ""
    values, onsets = read(tmp_path, answered)
    assert np.array_equal(values, np.sort(TRADE["exports_usd"].to_numpy()))
    assert onsets == ONSETS | {"Xiangfan-BRA": 2007}


def test_an_open_unit_does_not_hide_that_one_pair_alone_is_treated(tmp_path):
    text = begin(tmp_path, TRADE.rename(columns={"exports_usd": "exports"}), build_registry().head(1))
    assert 'recipe = "single_case"' in text
    assert text.count("QUESTION") == 1


def test_a_table_of_one_year_is_called_that(tmp_path):
    text = begin(tmp_path, TRADE[TRADE["year"] == 2005], build_registry())
    assert "the files hold one year alone, 2005" in is_asked(tmp_path, text)
