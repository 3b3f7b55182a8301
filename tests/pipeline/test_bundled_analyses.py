"""The analyses of the project, with fewer draws: they run, and say what honest reading of them demands."""

import json
import math
import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pandas as pd
import pytest
from pypdf import PdfReader

from tests.render.brief.page_facts import LANGUAGES, list_faults
from twintrade.render.page import Page
from twintrade.render.tables.ladder import build_ladder_tables
from twintrade.study import execute
from twintrade.study.plan.jobs import plan
from twintrade.study.run import columns
from twintrade.study.spec.analysis import parse
from twintrade.study.spec.page_spec import is_registry, parse_registry
from twintrade.study.spec.spec_text import parse_tables
from twintrade.study.store.locating import find_analyses
from twintrade.study.store.replay import from_bytes, read_results, to_bytes

SIMULATED = ("qingdao-uk", "jinan-uk", "jinan-australia", "changsha-australia")
FEWER = (
    (r"# permutations = \d+", "permutations = 19"),
    (r"(?m)^draws = \d+", "draws = 19"),
    (r'(?m)^name = "evidence".*', 'name = "evidence"\ndraws = 99'),
)
"""What takes the place of assignments and draws, of which no test here judges what they say."""
BOTH = 'language = ["en-GB", "zh-CN"]\n'
"""What prints every page a second time; on the slow side."""
REST = ("cases", "registry", "ohio-south-africa", "tennessee-ghana")
BUNDLED = ("us-states", "texas-philippines", "tennessee-iraq", "delaware-india", *SIMULATED)


@pytest.fixture(scope="module")
def place(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundled")
    shutil.copytree(root / "data" / "raw", folder / "data" / "raw")
    shutil.copytree(root / "analyses", folder / "analyses")
    return folder


def ran(place: Path, name: str, text: str = ""):
    text = text or (place / "analyses" / f"{name}.toml").read_text(encoding="utf-8")
    for known, quick in FEWER:
        text = re.sub(known, quick, text)
    with mock.patch("twintrade.inference.evidence.MOST_DRAWS", 99):  # however close a bound is
        outcome = execute.execute(place, name, text)
    assert outcome.code == 0, outcome.text
    results = read_results(place / "results" / name)
    assert [fault for language in LANGUAGES for fault in list_faults(results, language)] == []
    folder = place / "results" / name
    stored = {file.name: file.read_bytes() for file in (*folder.glob("*.csv"), *folder.glob("payloads/*.csv"))}
    assert [file for file, content in stored.items() if to_bytes(from_bytes(content)) != content] == []
    brief = place / "results" / name / "brief.pdf"
    assert not brief.exists() or len(PdfReader(brief).pages) <= 2
    return results


def ran_undrawn(place: Path, name: str):
    """Return the numbers of a run none of whose pages is looked at."""
    with mock.patch.object(execute, "render", return_value=SimpleNamespace(files={}, messages=())):
        return ran(place, name)


def test_every_analysis_file_of_the_project_can_be_planned(root):
    found = find_analyses(root, [])
    assert {a.name for a in found} >= {*BUNDLED, "us-states-full"}
    for analysis in found:
        if is_registry(parse_tables(analysis.text, analysis.name)):
            assert parse_registry(analysis.text, analysis.name)[0].registry.twinnings, analysis.name
            continue
        spec, _ = parse(analysis.text, analysis.name)
        assert plan(analysis.name, spec).jobs or spec.recipe in ("chart", "watch")


@pytest.fixture(scope="module")
def us_states(place, plain_pictures_of_module):
    return ran(place, "us-states")


def test_us_states_has_the_sample_its_data_card_promises(us_states):
    units = us_states.data.drop_duplicates("unit")["status"].value_counts().to_dict()
    assert units == {"comparison": 98, "undated": 32, "always-treated": 31, "treated": 7}
    headline = us_states.specifications[us_states.specifications["is_headline"]].iloc[0]
    assert (headline["estimator"], headline["specification"]) == ("imputation", "total")
    assert headline["n_treated_rows"] == 25
    assert headline["n_treated_rows_left_out"] == 0
    assert headline["fixed_effects"] == "dyad;city_period;partner_period"
    assert headline["n_treated_units"] == 7


def test_us_states_says_what_each_number_is(us_states):
    """The static effect, the path, the total and the row average are different numbers."""
    overall = us_states.effects[us_states.effects["kind"] == "overall"].set_index(["estimator", "specification"])
    assert overall.loc[("imputation", "total"), "effect"] == pytest.approx(-28.1, abs=0.05)
    assert overall.loc[("ppml", "level-gravity"), "effect"] == pytest.approx(-0.334, abs=5e-4)
    readings = us_states.payloads["percent_effects"].set_index("label")["effect"]
    row_average = overall.loc[("imputation", "average-pair"), "effect"]
    assert 100 * math.expm1(row_average) == pytest.approx(readings["row average of log ratios"])
    assert readings["change of the total"] == pytest.approx(overall.loc[("imputation", "total"), "effect"])
    path = us_states.effects[us_states.effects["kind"] == "path"].set_index(["estimator", "specification"])
    assert path.loc[("ppml", "level-gravity"), "effect"] == pytest.approx(-0.030, abs=5e-4)
    finding = us_states.findings.set_index("diagnostic").loc["concentration"]
    assert finding["value"] == pytest.approx(1.5, abs=0.05)
    for words in ("−28.1%", "TX-PHL makes up 82%", "DE-IND 6%", "is −17.2%", "DE-IND −29.4%"):
        assert words in finding["sentence"]
    specs = us_states.specifications.set_index(["estimator", "specification"])
    assert specs.loc[("imputation", "total"), "target"] == "total"
    assert specs.loc[("imputation", "average-pair"), "target"] == "average unit"
    assert pd.isna(specs.loc[("etwfe", "total"), "reference"])


def test_us_states_path_hangs_on_its_reference_and_the_headline_does_not(us_states):
    found = us_states.findings[us_states.findings["diagnostic"] == "reference_year"]
    assert set(found["estimator"]) == {"twfe", "ppml"}
    assert set(found["verdict"]) == {"cannot tell"}  # draws give paths no interval
    paths = us_states.payloads["reference_year-ppml-level-gravity"].set_index("reference")["effect"]
    assert 0 > paths[-1] > paths[-5]
    assert pd.isna(us_states.specifications.set_index("is_headline").loc[True, "reference"])


def test_us_states_totals_by_year_and_by_pair_add_up_to_the_headline(us_states):
    periods, pairs = us_states.payloads["treated_periods"], us_states.payloads["treated_pairs"]
    overall = us_states.bands[us_states.bands["kind"] == "overall"].set_index(["estimator", "specification"])
    percent = overall.loc[("imputation", "total"), "effect"].iloc[0]
    sums = {name: (pairs[name] * pairs["n_periods"]).sum() for name in ("observed", "expected")}
    assert 100 * (sums["observed"] / sums["expected"] - 1) == pytest.approx(percent, rel=1e-9)
    assert (periods["observed"] - periods["expected"]).sum() == pytest.approx(sums["observed"] - sums["expected"])
    before = periods[periods["n_in_force"] == 0]
    assert (before["observed"] == before["expected"]).all()
    banded = periods[periods["low"].notna()]
    assert len(banded) == (periods["n_in_force"] > 0).sum()
    assert (banded["low"] <= banded["high"]).all()
    assert "California (CA) – Punjab, Pakistan" in set(pairs["name"])


def test_us_states_brief_is_two_pages_that_name_places(place, us_states):
    folder = place / "results" / "us-states"
    assert len(PdfReader(folder / "brief.pdf").pages) == 2
    page = (folder / "brief.html").read_text(encoding="utf-8")
    assert "Cannot tell" in page
    assert "Texas (San Antonio) – Baguio, Philippines" in page
    assert "CA-PAK" not in re.sub("<script.*?</script>", "", page, flags=re.DOTALL)


def test_us_states_page_gives_both_rows_and_counts_votes(place, us_states):
    page = (place / "results" / "us-states" / "appendix.html").read_text(encoding="utf-8")
    for words in (
        "exports of the treated pairs together stood 28.1% lower",
        "Change, percent",
        "2 pairs count from another date than “signed”, as none is known (treated within the sample: 0): CA-EGY",
        "The first row is the coefficient of one treatment dummy on the same rows.",
        "Treated rows in the effect",
    ):
        assert words in page, words
    whole = build_ladder_tables(Page(us_states, detail="full"))
    heads = {row.cells[0].text for table in whole for row in table.rows}
    assert {
        "Change, percent",
        "Average of the path, against the year before: Change, percent",
        "Share of negative weights",
    } <= heads


def test_us_states_does_not_trust_clustered_errors(us_states):
    reported = us_states.bands.drop_duplicates(["estimator", "specification"])
    assert set(reported["inference"]) == {"randomization"}
    assert "clustered" in set(us_states.bands["inference"])
    assert us_states.messages["message"].str.contains("7 city clusters").any()


def test_us_states_names_the_rows_that_carry_it(us_states):
    finding = us_states.findings.set_index("diagnostic").loc["leverage"]
    assert finding["verdict"] == "cannot tell"  # influence does not see the noise of rows that are fitted exactly
    assert "10 of 25 treated rows" in finding["sentence"]
    assert "TN-IND 2019" in finding["sentence"]
    assert "CA-PER 2025" in finding["sentence"]


def test_a_column_leaves_out_pairs_with_another_link(place):
    text = (place / "analyses" / "us-states.toml").read_text(encoding="utf-8").partition("[[estimator]]")[0]
    text = text.replace('undated_link = "exclude"', 'undated_link = "flag"').replace(
        "wider_register = true", 'wider_register = true\nalso_linked = ["CA-PAK"]'
    )
    column = '[[estimator]]\nname = "imputation"\ntransform = "log"\n'
    text += f'{column}headline = true\n{column}exclude_flagged = true\n[inference]\nname = "clustered"\n'
    with mock.patch.object(execute, "render", return_value=SimpleNamespace(files={}, messages=())):
        assert execute.execute(place, "flagged", text).code == 0
    results = read_results(place / "results" / "flagged")
    flagged = results.twinnings.loc[results.twinnings["has_undated_link"].astype(str) == "True", "unit"]
    assert set(flagged) == {"CA-PAK", "NJ-PHL"}
    assert list(results.specifications["n_treated_units"]) == [8, 6]
    assert results.messages["message"].str.contains("2 treated units have another link without a date").any()


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*BUNDLED, *REST} - {"us-states", "delaware-india", "jinan-australia"}))
def test_no_first_page_contradicts_itself(place, name):
    """``ran`` looks at the facts of every first page; here of those that no other test runs."""
    assert ran_undrawn(place, name).name == name


def test_delaware_ends_as_a_description(place):
    results = ran_undrawn(place, "delaware-india")
    verdict = results.findings.set_index("diagnostic").loc["case_verdict"]
    assert verdict["verdict"] == "cannot tell"
    assert verdict["sentence"].startswith("Cannot tell: there are 3 periods before the agreement")


def test_a_pair_without_a_date_is_shown_and_not_estimated(place, plain_pictures_of_module):
    results = ran(place, "changsha-australia")
    assert results.effects.empty
    assert results.bands.empty
    assert "no date is known for an agreement between Changsha and Australia" in results.sections["no_effect"]
    assert "raw_series" in results.payloads
    assert results.is_simulated


@pytest.mark.slow
def test_a_named_case_is_printed_in_both_its_languages(root, place):
    results = ran(place, "jinan-australia", (root / "analyses" / "jinan-australia.toml").read_text(encoding="utf-8"))
    assert results.is_simulated
    for folder, said in (("", "SIMULATED"), ("zh-CN", "模拟")):
        assert said in (place / "results/jinan-australia" / folder / "appendix.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SIMULATED)
def test_the_named_cases_have_one_line_to_change(root, name):
    text = (root / "analyses" / f"{name}.toml").read_text(encoding="utf-8")
    marked = [line for line in text.splitlines() if "the one line to change" in line]
    assert len(marked) == 1
    assert marked[0].startswith("simulate = { seed = ")


def test_the_real_series_takes_the_place_of_the_simulated_one_by_that_line(place, plain_pictures_of_module):
    written = (place / "analyses" / "jinan-australia.toml").read_text(encoding="utf-8")
    assert BOTH in written
    with mock.patch("twintrade.render.registration.has_library", return_value=False):  # the web page alone is read
        results = ran(place, "jinan-australia", written.replace(BOTH, ""))
    assert results.is_simulated
    page = (place / "results" / "jinan-australia" / "appendix.html").read_text(encoding="utf-8")
    assert "SIMULATED" in page
    dates = results.payloads["candidate_dates"]
    assert dates["label"].str.contains("memorandum 2000-06").any()
    assert dates.loc[dates["is_chosen"], "label"].str.contains("sister-city ceremony 2004-09").all()

    shutil.copy(place / "data/processed/jinan-australia-simulated.csv", place / "data/raw/series.csv")
    spec = place / "analyses" / "jinan-australia.toml"
    text = spec.read_text(encoding="utf-8")
    spec.write_text(re.sub(r"(?m)^simulate = .*$", 'file = "data/raw/series.csv"', text), encoding="utf-8")
    with mock.patch.object(columns, "_concluded", return_value=[]):  # of this run no check is looked at
        real = ran_undrawn(place, "jinan-australia")
    assert not real.is_simulated
    pd.testing.assert_frame_equal(real.effects, results.effects)
    manifest = json.loads((place / "results" / "jinan-australia" / "manifest.json").read_text(encoding="utf-8"))
    assert "data/raw/series.csv" in [i["path"] for i in manifest["inputs"]]
