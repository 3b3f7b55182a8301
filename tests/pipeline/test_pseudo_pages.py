"""A real analysis in a made-up language: nothing on its page is English but names and what the user wrote."""

import shutil
from pathlib import Path

import pytest
from pseudo_language import NAMES, collect_drawn_texts, find_english, list_held, list_texts, make_pseudo_catalogue
from spoken_numbers import find_differences

from twintrade.data.geography.countries import load_places
from twintrade.render.appendix import build_document
from twintrade.render.style import AppendixOptions
from twintrade.study.execute import execute
from twintrade.study.scaffold import build_simulated_pair
from twintrade.study.store.replay import read_results
from twintrade.text import use_catalogue

SYMBOLS = ("exp", "ln", "and")
"""Functions in equations, and the word by which Babel joins an English list."""


def write_texas(root: Path, folder: Path) -> str:
    """One pair: a bundled analysis."""
    shutil.copytree(root / "data" / "raw", folder / "data" / "raw")
    return (root / "analyses" / "texas-philippines.toml").read_text(encoding="utf-8")


def write_pairs(root: Path, folder: Path) -> str:
    """Many pairs, one of them with an agreement without a date: what a new analysis is."""
    (folder / "data" / "raw").mkdir(parents=True)
    files = build_simulated_pair("pairs")
    for path, content in files.items():
        if path.endswith(".csv"):
            (folder / path).write_bytes(content)
    with (folder / "data" / "raw" / "pairs_twinnings.csv").open("a", encoding="utf-8") as registry:
        registry.write("Alder,JPN,Akita,,sister city\n")
    text = files["analyses/pairs.toml"].decode("utf-8").replace("# permutations = 499", "permutations = 99")
    return text.replace('kind = "kind"', 'kind = "kind"\nundated = "exclude"')


@pytest.fixture(scope="module", params=[write_texas, write_pairs], ids=["one-pair", "many-pairs"])
def results(request, root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pseudo")
    text = request.param(root, folder)
    outcome = execute(folder, "analysis", text)
    assert outcome.code == 0, outcome.text
    return read_results(folder / "results" / "analysis")


@pytest.fixture(scope="module")
def said(results):
    """What the page and its figures say in the made-up language."""
    with pytest.MonkeyPatch.context() as patch, use_catalogue(make_pseudo_catalogue()):
        drawn = collect_drawn_texts(patch)
        texts = [text for _, text in list_texts(build_document(results))]
    return [*texts, *drawn]


@pytest.mark.slow
def test_the_page_says_nothing_in_english_by_itself(results, said):
    assert len(said) > 300
    software = " ".join(results.payloads["cross_check"]["software"].dropna()).split()
    held = [*list_held(results, NAMES), *software, *(place.name for place in load_places().values()), *SYMBOLS]
    prose = [text for text in said if text != results.sections.get("twins")]
    assert find_english(prose, held) == {}


@pytest.mark.slow
def test_the_page_has_the_same_numbers_in_english_and_chinese(results):
    pages = (build_document(results, AppendixOptions(language=tag)) for tag in ("en-GB", "zh-CN"))
    assert find_differences(*pages) == []
