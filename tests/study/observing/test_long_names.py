"""What the first page warns of: cities that the register spells longer than the table, and jumps of treated pairs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from twintrade.data.geography import list_near_names
from twintrade.errors import DataError
from twintrade.render.appendix import build_document
from twintrade.render.style import AppendixOptions
from twintrade.study import checking
from twintrade.study.checking import check_analysis
from twintrade.study.observing.observe import Observed, observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.jobs import plan_analysis
from twintrade.study.run.columns import run

SPEC = """title = "t"
[[data.trade]]
file = "data/raw/trade.csv"
city = "city"
partner = "partner"
period = "year"
value = "value"
flow = "exports"
reporter = "city"
absent = "error"
money_unit = "USD"
{trade}
[[data.twinnings]]
file = "data/raw/ties.csv"
city = "city"
partner = "partner"
partner_city = "partner_city"
date = "date"
kind = "kind"
{ties}
{undated}
[design]
fixed_effects = "two_way"
cluster = ["unit"]
[[estimator]]
name = "twfe"
[inference]
name = "clustered"
draws = 99
"""
UNDATED = """[data.undated]
file = "data/raw/undated.csv"
city = "city"
partner = "partner"
policy = "exclude"
"""
LONGER = [
    ("Alder City", "Alder"),
    ("City of Qingdao", "Qingdao"),
    ("Yantai (Shandong)", "Yantai"),
    ("济南市", "济南"),
    ("山东省济南市", "济南"),
    ("Qingdao-shi", "Qingdao"),
    ("Municipality of Yantai", "Yantai"),
    ("Alder, Ohio", "Alder"),
    ("VILLE D'ALDER", "Alder"),
    ("New Alder", ""),
    ("York", "York City"),
    ("济阳", ""),
    ("Jinan", "济南"),
    ("Ji'nan Shi", "济南"),
    ("濟南", "济南"),
    ("青岛市", "Qingdao"),
    ("Tsingtao", "Qingdao"),
    ("Jining", ""),
]
CITIES = ("Alder", "Qingdao", "Yantai", "济南", "Rowan")


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., str]:
    """Write trade of five cities with two partners, one good agreement and the given one; return the analysis."""

    def write(city: str, undated: str = "", cities: tuple[str, ...] = CITIES, ties: str = "", trade: str = "") -> str:
        raw = tmp_path / "data" / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        rows = [
            f"{c},{p},{y},{100 + 7 * i + 3 * y % 11 + 5 * j}"
            for i, c in enumerate(cities)
            for j, p in enumerate(("GBR", "USA"))
            for y in range(2000, 2010)
        ]
        (raw / "trade.csv").write_text("city,partner,year,value\n" + "\n".join(rows) + "\n", encoding="utf-8")
        agreements = ["Rowan,GBR,York,2004,sister city", *([f'"{city}",GBR,Leeds,2005,sister city'] if city else [])]
        head = "city,partner,partner_city,date,kind\n"
        (raw / "ties.csv").write_text(head + "\n".join(agreements) + "\n", encoding="utf-8")
        (raw / "undated.csv").write_text(f'city,partner\n"{undated}",USA\n', encoding="utf-8")
        return SPEC.format(trade=trade, ties=ties, undated=UNDATED if undated else "")

    return write


@pytest.fixture(autouse=True)
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Observed]:
    """Keep what a check reads of its files; columns, which are of the same numbers for every name, it tries none."""
    kept: list[Observed] = []
    monkeypatch.setattr(checking, "observe", lambda *given: kept.append(observe(*given)) or kept[-1])
    monkeypatch.setattr(checking, "try_columns", lambda *_: ([], False))
    return kept


def excluded(root: Path, text: str, observed: Observed | None = None) -> dict[str, str]:
    plan, _ = plan_analysis(root, "t", text)
    design = Designs(observed or observe("t", plan.spec, root), plan.spec.case).base(plan.spec.design)
    return dict(design.treatment.excluded)


@pytest.mark.parametrize(("city", "trade"), LONGER)
def test_a_city_spelt_longer_is_excluded_and_asked_about(project, seen, tmp_path, city, trade):
    text = project(city, cities=(*CITIES[:4], "York City", "Rowan"))
    told = check_analysis(tmp_path, "t", text)
    assert excluded(tmp_path, text, seen[0]) == ({f"{trade}-GBR": "unmatched"} if trade else {})
    if trade:
        assert f"is {trade} meant?" in told
        assert f'city_names = [{{ name = "{city}", city = "{trade}" }}]' in told
        assert "analyses/t.toml, [[data.twinnings]] at line" in told
        assert "in the tables of the files above" not in told
    else:
        assert "names a city that the trade table does not have" in told


def test_cities_that_the_table_leaves_out_on_purpose_are_a_note_and_look_alikes_stay_a_warning(project, tmp_path):
    def check(city, trade="", head=""):
        text = project(city, trade=trade).replace("[[data.trade]]", f"{head}[[data.trade]]", 1)
        return check_analysis(tmp_path, "t", text)

    unknown, note = "names a city that the trade table does not have", "concerns no unit of the panel"
    wider = "[data]\nwider_register = true\n"
    assert unknown in check("Florence")
    assert "A run lists them in payloads/agreements_outside_panel.csv" in check("Florence")
    told = check("Florence", head=wider)
    assert unknown not in told
    assert note in told
    assert "is Alder meant?" in check("Alder City", head=wider)
    told = check("Alder", trade='drop = { city = ["Alder"] }')
    assert unknown not in told
    assert note in told


def test_letters_that_cannot_be_compared_are_named_with_a_city_of_the_table(project, tmp_path):
    told = check_analysis(tmp_path, "t", project("佛罗伦萨", cities=("Alder", "Rowan")))
    assert "佛罗伦萨 stands in other letters than the cities of the table (Alder …)" in told
    assert "other letters" not in check_analysis(tmp_path, "t", project("Florenz", cities=("Alder", "Rowan")))


def test_one_city_in_two_kinds_of_letters_in_one_table_is_a_question(project, tmp_path):
    text = project("", cities=("Jinan", "Rowan"))
    table = tmp_path / "data" / "raw" / "trade.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    late = [x.replace("Jinan", "济南") if int(x.split(",")[2]) > 2004 else x for x in lines[1:]]
    table.write_text("\n".join([lines[0], *late]) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="are one city's names in two kinds of letters") as caught:
        check_analysis(tmp_path, "t", text)
    assert 'city_names = [{ name = "Jinan", city = "济南" }]' in str(caught.value)
    line = 'city_names = [{ name = "济南", city = "Jinan" }]'
    assert "2 cities" in check_analysis(tmp_path, "t", project("", cities=("Jinan", "Rowan"), trade=line))


def test_the_line_that_check_gives_makes_the_pair_treated(project, tmp_path):
    text = project("Alder City", ties='city_names = [{ name = "Alder City", city = "Alder" }]')
    assert not excluded(tmp_path, text)
    assert "8 comparison, 2 treated" in check_analysis(tmp_path, "t", text)


def test_a_city_said_to_be_another_is_no_longer_asked_about(project, tmp_path):
    text = project("Alder City", ties='city_names = [{ name = "Alder City", city = "Alder City" }]')
    assert not excluded(tmp_path, text)
    assert "is Alder meant? Until" not in check_analysis(tmp_path, "t", text)


def test_undated_lists_are_read_alike(project, tmp_path):
    text = project("", undated="City of Qingdao")
    assert excluded(tmp_path, text) == {"Qingdao-USA": "unmatched"}


def test_a_name_that_may_be_two_cities_excludes_both():
    assert list_near_names("Alder", ["Alder City", "Alder County", "New Alder"]) == ("Alder City", "Alder County")


@pytest.mark.parametrize("city", ["Alder City", "Tsingtao"])
def test_the_first_page_warns(project, tmp_path, city):
    plan, _ = plan_analysis(tmp_path, "t", project(city))
    results = assemble_results(run(plan, observe("t", plan.spec, tmp_path)), {})
    summary = build_document(results, AppendixOptions(exhibits=("summary",)))
    assert any("warning" in str(block) and city in str(block) for block in summary.blocks)


@pytest.mark.parametrize(("pair", "is_treated"), [("Rowan,GBR", True), ("Rowan,USA", False), ("Alder,GBR", False)])
def test_a_jump_of_a_treated_pair_stands_on_the_first_page(project, tmp_path, pair, is_treated):
    text = project("")
    path = tmp_path / "data" / "raw" / "trade.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    late = [line.startswith(pair) and int(line.split(",")[2]) >= 2004 for line in lines]
    lines = [f"{line}0000" if is_late else line for line, is_late in zip(lines, late, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = check_analysis(tmp_path, "t", text)
    assert "1 jump is larger than the series' own variation explains" in told
    assert ("1 jump of a treated pair or its city is larger" in told) == is_treated
    plan, _ = plan_analysis(tmp_path, "t", text)
    results = assemble_results(run(plan, observe("t", plan.spec, tmp_path)), {})
    summary = build_document(results, AppendixOptions(exhibits=("summary",)))
    assert any("in 2004, " in str(b) and "near ten thousand" in str(b) for b in summary.blocks) == is_treated


def rename_after(root: Path, old: str, new: str, year: int) -> None:
    path = root / "data" / "raw" / "trade.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    is_late = [line.startswith(old + ",") and int(line.split(",")[2]) > year for line in lines]
    lines = [line.replace(old, new, 1) if late else line for line, late in zip(lines, is_late, strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new"), [("济南", "济南市"), ("Alder", "Alder City"), ("Yantai", "Yantai (Shandong)")]
)
def test_a_city_that_changes_its_name_is_one_or_a_question(project, tmp_path, old, new):
    line = f'city_names = [{{ name = "{new}", city = "{old}" }}]'
    text = project("", trade='absent = "zero"').replace('absent = "error"\n', "")
    rename_after(tmp_path, old, new, 2008)
    with pytest.raises(DataError, match="differ only in a word for the kind of place") as told:
        check_analysis(tmp_path, "t", text)
    assert line in str(told.value)
    for answer, n in ((line, 10), (f'city_names = [{{ name = "{new}", city = "{new}" }}]', 12)):
        plan, _ = plan_analysis(tmp_path, "t", text.replace('money_unit = "USD"', f'money_unit = "USD"\n{answer}'))
        assert observe("t", plan.spec, tmp_path).panel.n_units == n


def test_two_names_side_by_side_are_two_cities_with_a_warning(project, tmp_path):
    text = project("", cities=(*CITIES, "Rowan County"))
    assert "are read as two cities" in check_analysis(tmp_path, "t", text)


def test_names_told_apart_by_brackets_or_kinds_are_two_cities(project, tmp_path):
    cities = ("Suzhou (Jiangsu)", "Suzhou (Anhui)", "吉林省", "吉林市", "Rowan")
    told = check_analysis(tmp_path, "t", project("", cities=cities))
    assert "kind of place" not in told
    assert "two cities" not in told
