"""A rest of the world in an analysis file: asked about, kept for totals or compared, with both numbers on page 1."""

import os
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twintrade.render.appendix import build_document
from twintrade.render.brief import build_brief
from twintrade.render.page import Page
from twintrade.render.style import AppendixOptions
from twintrade.study.checking import check_analysis
from twintrade.study.execute import execute
from twintrade.study.store.replay import read_results
from twintrade.text import use_language

ANSWERS = {"in": "remainder, in the comparison", "out": "remainder, for totals only"}
EFFECTS = {("Alder", "DEU"): 1.5, ("Alder", "FRA"): 1.5, ("Alder", "GBR"): 1.5, ("Birch", "DEU"): 1.1}
YEARS = range(2001, 2009)
FILE = """
title = "World"
question = "Does it matter?"

[[data.trade]]
file = "t.csv"
city = "city"
partner = "partner"
period = "year"
value = "value"
flow = "exports"
reporter = "city"
money_unit = "USD"
absent = "missing"
{names}

[[data.twinnings]]
file = "a.csv"
city = "city"
partner = "partner"
partner_city = "partner_city"
date = "date"
kind = {{ constant = "sister city" }}

[data.twinnings.kinds]
"sister city" = "sister city"

[design]
window = [-3, 3]

[[estimator]]
name = "imputation"
family = "poisson"
measure = "percent"

[inference]
name = "clustered"
by = ["unit"]
"""


@pytest.fixture
def world(tmp_path):
    """A project with a world matrix whose rest of the world identifies most of what the agreements did."""
    rng = np.random.default_rng(1)
    cities, partners = ("Alder", "Birch", "Cedar", "Elm", "Hazel"), ("DEU", "FRA", "GBR", "ROW")
    shocks = {(one, year): np.exp(0.3 * rng.normal()) for one in (*cities, *partners) for year in YEARS}
    rows = []
    for city in cities:
        for partner in partners:
            size = np.exp(9 + rng.normal())
            for year in YEARS:
                factor = EFFECTS.get((city, partner), 1.0) if year >= 2005 else 1.0
                noise = np.exp(0.002 * rng.normal())
                rows.append((city, partner, year, size * shocks[city, year] * shocks[partner, year] * factor * noise))
    frame = pd.DataFrame(rows, columns=["city", "partner", "year", "value"])
    frame.to_csv(tmp_path / "t.csv", index=False)
    agreements = pd.DataFrame([(*pair, "Bath", "2005") for pair in EFFECTS])
    agreements.columns = ["city", "partner", "partner_city", "date"]
    agreements.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "analyses").mkdir()
    return tmp_path


def write(root, answer=""):
    text = FILE.format(names=f'partner_names = {{ "ROW" = "{answer}" }}' if answer else "")
    (root / "analyses" / "world.toml").write_text(text, encoding="utf-8")
    return text


def run(root, answer):
    end = execute(root, "world", write(root, answer))
    assert end.ending == "done", end.text
    return root / "results" / "world"


def read_percent(folder):
    effects = pd.read_csv(folder / "effects.csv")
    return float(effects.loc[effects["kind"] == "overall", "effect"].iloc[0])


@pytest.mark.parametrize("side", ["", *ANSWERS])
def test_the_answer_decides_who_is_compared_and_both_numbers_are_found(world, unprinted, side):
    folder = run(world, ANSWERS.get(side, ""))
    assert read_percent(folder) == pytest.approx(28 if side == "in" else 10, abs=1)
    data, messages = pd.read_csv(folder / "data.csv"), pd.read_csv(folder / "messages.csv")
    roles = set(data.loc[data["partner"].str.endswith("+REST"), "status"])
    assert roles == {"": set(), "in": {"comparison"}, "out": {"remainder"}}[side]
    findings = pd.read_csv(folder / "findings.csv").set_index("diagnostic")["sentence"]
    assert ("remainder" in findings) == bool(side)
    if side:
        with_it, without = pd.read_csv(folder / "payloads" / "remainder.csv")["effect"]
        assert read_percent(folder) == pytest.approx(with_it if side == "in" else without, abs=1e-9)
        assert all(f"{effect:+.1f}%" in findings["remainder"] for effect in (with_it, without))
    told = set(messages["code"]) & {"remainder", "remainder-unanswered"}
    assert told == {"remainder" if side else "remainder-unanswered"}


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize(("language", "name"), [("en-GB", "Rest of the world stands"), ("zh-CN", "世界其他地区指")])
def test_page_one_and_the_appendix_name_it_with_both_numbers(world, unprinted, plain_pictures, language, name):
    results = read_results(run(world, ANSWERS["in"]))
    effects = results.payloads["remainder"]["effect"]
    with use_language(language):
        first = str(build_brief(Page(results)))
        appendix = build_document(results, AppendixOptions())
    before, after = first.split("PageBreak", 1)
    assert name in before
    assert name not in after
    assert name in str(appendix)
    assert all(f"{effect:+.1f}" in before for effect in effects)


def test_the_question_has_a_ready_line(world):
    report = check_analysis(world, "world", write(world))
    (line,) = [line for line in report.splitlines() if line.strip().startswith("partner_names")]
    assert tomllib.loads(line) == {"partner_names": {"ROW": ANSWERS["in"]}}
    for answer in (*ANSWERS.values(), "leave out"):
        assert "partner_names = {" not in check_analysis(world, "world", write(world, answer))


ENLARGEMENT = """
[[data.trade]]
file = "TWINTRADE_DATA/eu_enlargement_2000_2014.dta"
city = "exporter"
partner = "importer"
period = "year"
value = "trade"
flow = "exports"
reporter = "city"
money_unit = "1,000,000 USD"
absent = "missing"
"""


@pytest.mark.parametrize(("answer", "percent"), [("", 4.4), (ANSWERS["in"], 20.3), (ANSWERS["out"], 4.4)])
def test_enlargement_in_a_world_matrix_by_file(tmp_path, unprinted, answer, percent):
    """The data of Baier, Yotov and Zylkin (2019), section 6, which are not bundled."""
    file = Path(os.environ.get("TWINTRADE_DATA", ""), "eu_enlargement_2000_2014.dta")
    if not (os.environ.get("TWINTRADE_DATA") and file.is_file()):
        pytest.skip(
            "the world matrix is not bundled: set TWINTRADE_DATA to a folder with eu_enlargement_2000_2014.dta"
        )
    tied = pd.read_stata(file).query("exporter != importer and eu_enlargement == 1")
    agreements = tied.groupby(["exporter", "importer"])["year"].min().reset_index()
    agreements.columns = ["city", "partner", "date"]
    (tmp_path / "analyses").mkdir()
    agreements.assign(partner_city="Brussels").to_csv(tmp_path / "a.csv", index=False)
    text = write(tmp_path, answer)
    head, tail = text.index("[[data.trade]]"), text.index("[[data.twinnings]]")
    names = text[head:tail].splitlines()[-2] if answer else ""
    design = 'without = ["domestic"]\ncovariates = ["other_fta"]\nwindow'
    text = text[:head] + ENLARGEMENT + names + "\n\n" + text[tail:].replace("window", design, 1)
    end = execute(tmp_path, "world", text)
    assert end.ending == "done", end.text
    folder = tmp_path / "results" / "world"
    assert read_percent(folder) == pytest.approx(percent, abs=0.05)
    if answer:
        effects = pd.read_csv(folder / "payloads" / "remainder.csv")["effect"]
        assert effects.tolist() == pytest.approx([20.3, 4.4], abs=0.05)
