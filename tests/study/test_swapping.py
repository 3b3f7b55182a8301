"""`swap` takes the design of an analysis to another pair, and no sentence about the old one."""

import tomllib
from pathlib import Path

import pytest

from twintrade.errors import SpecError
from twintrade.study.checking import check_analysis
from twintrade.study.scaffold import swap_pair
from twintrade.study.spec.analysis import parse
from twintrade.study.spec.spec_text import find_open_guesses
from twintrade.study.store import find_analyses

ROOT = Path(__file__).parents[2]
CITIES = ("济南市", "青岛市", "长沙市", "杭州市")
COUNTRIES = {"英国": 5, "德国": 7, "法国": 3, "日本": 2, "澳大利亚": 4}


@pytest.fixture
def new_tables(tmp_path):
    """An analysis of one pair and one of many, and the tables of other pairs, in Chinese."""
    rows = [
        f"{city},{country},{year},{(i + 2) * size * (100 + year % 7 + i)}"
        for i, city in enumerate(CITIES)
        for country, size in COUNTRIES.items()
        for year in range(1996, 2016)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["城市,国家,年份,出口额（万美元）", *rows]) + "\n", encoding="utf-8")
    agreements = ["青岛市,英国,南安普敦,2008-05-12,友好城市", "济南市,德国,奥格斯堡,2004-05,友好城市"]
    register = "\n".join(["城市,国家,友好城市,签约日期,类型", *agreements]) + "\n"
    (tmp_path / "r.csv").write_text(register, encoding="utf-8")
    (tmp_path / "analyses").mkdir()
    for name in ("jinan-uk", "us-states"):
        text = (ROOT / "analyses" / f"{name}.toml").read_text(encoding="utf-8")
        (tmp_path / "analyses" / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def swap(root, name="jinan-uk", pair="Qingdao–United Kingdom"):
    (analysis,) = find_analyses(root, [name])
    *_, left = swap_pair(analysis, "new", "t.csv", "r.csv", pair)
    return left, (root / "analyses" / "new.toml").read_text(encoding="utf-8")


def test_the_design_comes_along_and_no_sentence(new_tables):
    left, text = swap(new_tables)
    old = tomllib.loads((new_tables / "analyses" / "jinan-uk.toml").read_text(encoding="utf-8"))
    new = tomllib.loads(text)
    assert new["case"] == {"city": "青岛市", "partner": "GBR", "country": "CHN"}
    assert {key: new["design"][key] for key in ("treatment", "window")} == {
        key: old["design"][key] for key in ("treatment", "window")
    }
    assert (new["recipe"], new["inference"]) == (old["recipe"], old["inference"])
    assert new["report"] == {"language": ["en-GB", "zh-CN"]}
    assert not any(word in text for word in ("Jinan", "Coventry", "1995", "SIMULATED", "考文垂"))
    assert left[:3] == ("title", "question", "limits")
    assert "report.translated" in left
    assert {"window", "date"} <= {key for _, key in find_open_guesses(text)}
    assert "Double ratio: can be estimated" in str(check_analysis(new_tables, "new", text))


@pytest.mark.parametrize("typed", ["青岛市–英国", "青岛 - GBR", "青岛市-英国", "qingdao → UK", "青岛|英国"])
def test_a_pair_is_named_in_either_script(new_tables, typed):
    _, text = swap(new_tables, pair=typed)
    assert parse(text)[0].case.city == "青岛市"
    assert parse(text)[0].case.partner == "GBR"


def test_many_pairs_take_no_pair_and_leave_names_of_places_behind(new_tables):
    file = new_tables / "analyses" / "us-states.toml"
    text = file.read_text(encoding="utf-8").replace("[design]\n", '[design]\nwithout = ["TX-PHL"]\n', 1)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match="leave out --pair"):
        swap(new_tables, "us-states")
    left, text = swap(new_tables, "us-states", pair="")
    assert "case" not in tomllib.loads(text)
    assert "TX-PHL" not in text
    assert {"design.without", "data.undated"} <= set(left)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "say which pair"),
        ("Qingdao", "with a dash between"),
        ("Qingdao–Atlantis", "no country"),
        ("Qingdao–Peru", "no rows for “Peru”"),
        ("Wuhan–United Kingdom", "no city “Wuhan”"),
    ],
)
def test_a_pair_that_the_new_table_lacks_is_refused(new_tables, typed, said):
    with pytest.raises(SpecError, match=said):
        swap(new_tables, pair=typed)
    assert not (new_tables / "analyses" / "new.toml").exists()


def test_city_names_may_be_a_mapping(new_tables):
    _, text = swap(new_tables)
    listed = text.replace('city = "城市"', 'city = "城市"\ncity_names = [{ name = "青岛市", city = "Qingdao" }]', 1)
    mapped = text.replace('city = "城市"', 'city = "城市"\ncity_names = { "青岛市" = "Qingdao" }', 1)
    one, other = (parse(content)[0].data.trade[0].city_names for content in (listed, mapped))
    assert one == other
    assert other[0].city == "Qingdao"
