"""A watch from registration to its looks: sealed, refused where not registered, and never un-rung by a release."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from twintrade.errors import SpecError, StoreError
from twintrade.study.answers import AnalysisEnd, summarize_outcomes
from twintrade.study.checking import check_analysis
from twintrade.study.deposit import verify_appendix
from twintrade.study.execute import register_watch, run_watch
from twintrade.study.registering import watching
from twintrade.study.spec.analysis import WatchSection, parse

ANALYSIS = """
title = "Three agreements of 2024"
question = "Does trade rise?"
recipe = "watch"
[[data.trade]]
file = "data/raw/trade.csv"
city = "city"
partner = "partner"
period = "period"
frequency = "{frequency}"
value = "value"
flow = "exports"
reporter = "city"
money_unit = "USD"
absent = "missing"
[[data.twinnings]]
file = "data/raw/agreements.csv"
city = "city"
partner = "partner"
partner_city = "partner_city"
kind = "kind"
date = "date"
[design]
outcome = "exports"
[watch]
portfolio = {{ {portfolio} }}
looks = "{looks}"
horizon = {horizon}
{more}
[inference]
seed = 7
"""
PARTNERS = (
    "ARG",
    "AUS",
    "BEL",
    "BRA",
    "CAN",
    "CHE",
    "CHL",
    "CHN",
    "DEU",
    "ESP",
    "FRA",
    "GBR",
    "IND",
    "ITA",
    "JPN",
    "KOR",
)
CITIES = [f"C{k:02d}" for k in range(15)]
PAIRS = ("C00-BRA", "C04-CHN", "C09-GBR")
NOW = "2023-11-30T12:00:00Z"


def draw_table(effect: float = 0.0, per_year: int = 1, last: int = 2030, seed: int = 1) -> pd.DataFrame:
    """Return trade of 15 cities and 16 partners from 2008 on, with an effect on three pairs from 2024 on."""
    rng, periods = np.random.default_rng(seed), np.arange(2008 * per_year, (last + 1) * per_year)
    shocks = rng.normal(0, 0.3, (15, 16, periods.size)) + rng.normal(0, 1, (15, 16, 1))
    shocks += rng.normal(0, 0.2, (15, 1, periods.size)) + rng.normal(0, 0.2, (1, 16, periods.size))
    index = pd.MultiIndex.from_product([CITIES, PARTNERS, periods], names=["city", "partner", "number"])
    table = index.to_frame(index=False).assign(log=shocks.ravel())
    is_raised = (table["city"] + "-" + table["partner"]).isin(PAIRS) & (table["number"] >= 2024 * per_year)
    table["value"] = np.rint(1e6 * np.exp(table["log"] + effect * is_raised))
    year, part = np.divmod(table["number"], per_year)
    label = year.astype(str) if per_year == 1 else year.astype(str) + "-" + (part + 1).astype(str).str.zfill(2)
    return table.assign(period=label, year=year)[["city", "partner", "period", "year", "value"]]


def write_project(root, table: pd.DataFrame, **values: object) -> str:
    """Write tables of a project and return the text of its analysis file."""
    (root / "data" / "raw").mkdir(parents=True, exist_ok=True)
    (root / "analyses").mkdir(exist_ok=True)
    table.to_csv(root / "data" / "raw" / "trade.csv", index=False)
    signed = values.pop("signed", [("C14", "KOR", "2012-05-01", "Seoul", "sister city")])
    pd.DataFrame(signed, columns=["city", "partner", "date", "partner_city", "kind"]).to_csv(
        root / "data/raw/agreements.csv", index=False
    )
    filled = {"frequency": "year", "looks": "year", "horizon": 8, "more": "", "portfolio": PAIRS} | values
    filled["portfolio"] = ", ".join(f'"{pair}" = "2024-01"' for pair in filled["portfolio"])
    text = ANALYSIS.format(**filled)
    (root / "analyses" / "three.toml").write_text(text)
    return text


def read_looks(root) -> list[dict]:
    return json.loads((root / "registrations/three/looks.json").read_text())["looks"]


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """A watch registered on data until 2023, its looks of 2024 to 2026 taken on a release with a large effect."""
    root, table = tmp_path_factory.mktemp("watch"), draw_table(effect=1.0)
    text = write_project(root, table[table["year"] <= 2023])
    lines, paths, _ = register_watch(root, "three", text, NOW)
    write_project(root, table[table["year"] <= 2026])
    looked, _ = run_watch(root, "three", text, "2027-05-01")
    return root, table, text, (lines, paths, looked)


def test_registration_says_at_once_what_can_be_learned(registered):
    root, _, _, (lines, paths, _) = registered
    printed = "\n".join(map(str, lines))
    assert "8 looks from 2024 to 2031, 199 control portfolios" in printed
    assert "A lasting rise of 25% rings within 1, 3, 5, 8 years with probability" in printed
    assert "needs" in printed
    assert paths[0] == "registrations/three/watch.json"
    assert (root / "registrations/three/brief.html").exists()


def test_check_says_how_many_pairs_are_watched_and_how_often(registered):
    root, _, text, _ = registered
    assert "3 pairs are watched by year, against pairs without an agreement" in check_analysis(root, "three", text)


def test_a_large_effect_rings_and_the_page_says_when(registered):
    root, _, _, (_, _, looked) = registered
    looks = read_looks(root)
    assert [one["look"] for one in looks] == [2024, 2025, 2026]
    assert looks[-1]["rang"]
    assert len(looked) == 3
    page = (root / "results/three/brief.html").read_text()
    assert "The watch rang in 2024" in page
    assert "Registered on 2023-11-30, unchanged" in page
    facts = json.loads((root / "results/three/manifest.json").read_text(encoding="utf-8"))["headline"]
    assert "3 looks, rang in 2024" in summarize_outcomes([AnalysisEnd("three", "done", summary=facts)])


def test_a_later_release_takes_no_alarm_back_and_is_named_revised(registered, tmp_path):
    root, table, text, _ = registered
    before = read_looks(root)
    revised = draw_table(effect=0.0)
    write_project(root, revised[revised["year"] <= 2027])
    lines, _ = run_watch(root, "three", text, "2028-05-01")
    after = read_looks(root)
    assert after[:3] == before
    assert [one["taken"] for one in after] == ["2027-05-01"] * 3 + ["2028-05-01"]
    assert "revised to" in str(lines[0])
    page = (root / "results/three/brief.html").read_text()
    assert "The watch rang in 2024" in page
    assert "a later figure never takes back an alarm" in page
    write_project(root, table[table["year"] <= 2027])


def test_controls_that_crossed_stay_crossed(registered):
    root = registered[0]
    crossed = [control for one in read_looks(root) for control in one["crossed"]]
    assert len(crossed) == len(set(crossed))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ('boundary = "pocock"', "watch.boundary"),
        ("alpha = 0.2", "watch.alpha"),
        ("controls = 99", "watch.controls"),
        ('alike = "nearest"', "watch.alike"),
    ],
)
def test_a_changed_watch_is_refused(registered, change, key):
    root, _, text, _ = registered
    changed = text.replace("horizon = 8\n", f"horizon = 8\n{change}\n")
    with pytest.raises(StoreError, match=f"{key} was registered as"):
        run_watch(root, "three", changed, "2028-05-01")


def test_another_change_is_a_deviation_that_the_page_tells(registered):
    root, _, text, _ = registered
    run_watch(root, "three", text.replace("Does trade rise?", "Does it rise?"), "2028-06-01")
    assert "with one deviation" in (root / "results/three/brief.html").read_text()


def test_looks_that_are_not_registered_or_not_due_are_refused(registered):
    root, _, text, _ = registered
    with pytest.raises(StoreError, match="2023 is not a registered look"):
        run_watch(root, "three", text, "2028-05-01", at="2023")
    with pytest.raises(StoreError, match="the table ends with 2027"):
        run_watch(root, "three", text, "2028-05-01", at="2030")


def test_a_watch_is_registered_once_before_outcomes_and_needed_for_a_look(registered, tmp_path):
    root, table, text, _ = registered
    with pytest.raises(StoreError, match="is not written twice"):
        register_watch(root, "three", text, NOW)
    write_project(tmp_path, table)
    with pytest.raises(StoreError, match="first agreement begins in 2024"):
        register_watch(tmp_path, "three", text, NOW)
    with pytest.raises(StoreError, match="twintrade watch register three"):
        run_watch(tmp_path, "three", text, "2028-05-01")


def test_a_registration_that_was_written_to_is_refused(registered, tmp_path):
    root, _, text, _ = registered
    file = root / "registrations/three/watch.json"
    kept = file.read_text()
    file.write_text(kept.replace('"alpha": 0.1', '"alpha": 0.2'))
    with pytest.raises(StoreError, match="was changed after it was written"):
        run_watch(root, "three", text, "2028-05-01")
    file.write_text(kept)


REFUSED = {
    "no years before": ({"first": 2022}, {}, "has two|has 2 years before 2024; a watch needs three"),
    "linked already": ({}, {"portfolio": ("C14-KOR",)}, "has an agreement already"),
    "unknown": ({}, {"portfolio": ("C14-XYZ",)}, "is no pair of the trade table"),
    "too often": ({}, {"looks": "month"}, "look no more often than the data come"),
    "few controls": ({}, {"portfolio": PAIRS[:1], "more": 'alike = "partner"'}, "80|needs? .* under linear spending"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_watched_is_refused_in_words(case, tmp_path):
    data, options, words = REFUSED[case]
    table = draw_table(last=2023)
    text = write_project(tmp_path, table[table["year"] >= data.get("first", 2008)], **options)
    with pytest.raises(SpecError, match=words):
        register_watch(tmp_path, "three", text, NOW)


def test_the_page_says_when_a_watch_is_of_one_pair_and_when_it_is_not_exact(tmp_path):
    text = write_project(tmp_path, draw_table(last=2023), more='alike = "nearest"', portfolio=PAIRS[:2])
    register_watch(tmp_path, "three", text, NOW)
    page = (tmp_path / "registrations/three/brief.html").read_text()
    assert "in effect the watch is of that pair" in page
    assert "measured and not exact" in page


def build_table(frame: pd.DataFrame, onset: dict[str, float] | None = None):
    from twintrade.design import Panel, Treatment

    panel = Panel.from_frame(frame, city="city", partner="partner", period="period")
    signed = pd.Series({unit: (onset or {}).get(unit, np.inf) for unit in map(str, panel.units)})
    return watching.build_watch_table(panel, "value", Treatment.from_series(signed))


def test_a_control_that_signs_stays_and_counts_as_crossed():
    frame = draw_table().drop(columns="year")
    section = WatchSection(portfolio={PAIRS[0]: "2024"})
    plan = watching.plan_watch("one", section, build_table(frame), seed=1)
    control = plan.controls[0][0]
    looks = watching.take_looks(plan, build_table(frame, {control: 2025.0}), (), "2031-01-01")
    assert [one.n_signed for one in looks[:3]] == [0, 1, 1]
    assert 0 in {k for one in looks for k in one.crossed}
    assert sum(len(one.crossed) for one in looks) == plan.allowed[len(looks) - 1]


def test_portfolios_are_drawn_by_one_rule_and_never_the_watched_one():
    frame = draw_table().drop(columns="year")
    section = WatchSection(portfolio=dict.fromkeys(PAIRS, "2024"), controls=99)
    plan = watching.plan_watch("three", section, build_table(frame), seed=1)
    rows = {tuple(sorted(row)) for row in (plan.pairs, *plan.controls)}
    assert len(rows) == 100
    assert all(len(set(row)) == 3 for row in rows)
    again = watching.plan_watch("three", section, build_table(frame), seed=1)
    assert again == plan


@pytest.mark.parametrize("controls", [79, pytest.param(199, marks=pytest.mark.slow)])
def test_the_size_of_a_programme_is_what_is_allowed(controls):
    """Portfolios in turn take the watched one's place: the share that rings is the nominal one, within two errors."""
    frame = draw_table(seed=3).drop(columns="year")
    table, rings = build_table(frame), []
    for seed in range(40):
        pairs = np.random.default_rng(seed).choice(table.units, 3, replace=False)
        section = WatchSection(portfolio=dict.fromkeys(pairs, "2024"), controls=controls)
        plan = watching.plan_watch("p", section, table, seed)
        rings.append(any(one.rang for one in watching.take_looks(plan, table, (), "2032-01-01")))
    assert abs(np.mean(rings) - 0.10 * 7 / 8) < 2 * np.sqrt(0.09 / 40)


@pytest.mark.parametrize("controls", [119, pytest.param(199, marks=pytest.mark.slow)])
def test_monthly_looks_take_seasons_off_and_have_an_asymptotic_sequence(tmp_path, controls):
    table = draw_table(effect=0.5, per_year=12, last=2024)
    month = table["period"].str[-2:].astype(int)
    pair = pd.factorize(table["city"] + table["partner"])[0] % 5
    table["value"] = np.rint(table["value"] * np.exp(2.0 * np.sin(month + pair)))
    options = {"frequency": "month", "looks": "month", "horizon": 1, "more": f"controls = {controls}"}
    text = write_project(tmp_path, table[table["year"] <= 2023], **options)
    register_watch(tmp_path, "three", text, NOW)
    write_project(tmp_path, table, **options)
    run_watch(tmp_path, "three", text, "2025-02-01")
    looks = read_looks(tmp_path)
    assert len(looks) == 12
    assert looks[-1]["rang"]
    assert abs(looks[-1]["mean"] - 0.5) < 0.15
    assert max(abs(look["mean"] - 0.5) for look in looks) < 0.3  # of a month alone seasons move it by .8
    assert 0 < looks[-1]["half_width"] < looks[0]["half_width"]


@pytest.mark.parametrize("years", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_simulated_tables_are_rehearsed_and_real_ones_are_not(tmp_path, root, years):
    """Of three years, as the file has it, a third of the looks are planned for later."""
    text = (root / "analyses/watch-simulated.toml").read_text()
    assert "horizon = 3" in text
    text = text.replace("horizon = 3", f"horizon = {years}")
    assert parse(text)[0].watch is not None
    (tmp_path / "analyses").mkdir()
    lines, _ = run_watch(tmp_path, "watch-simulated", text, "2027-01-15")
    assert len(lines) == 24
    page = (tmp_path / "results/watch-simulated/brief.html").read_text()
    assert "is planted on the watched pairs" in page
    assert (tmp_path / "results/watch-simulated/zh-CN/brief.html").exists()
    check = [sys.executable, verify_appendix.__file__, str(tmp_path / "results/watch-simulated")]
    assert "wrong: 0" in subprocess.run(check, capture_output=True, text=True, check=False).stdout
