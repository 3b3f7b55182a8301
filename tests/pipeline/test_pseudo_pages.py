"""A real analysis in a made-up language: nothing on its page is English but names and what the user wrote."""

import shutil

import pytest
from pseudo_language import (
    NAMES,
    collect_drawn_texts,
    find_english,
    list_held,
    list_texts,
    make_pseudo_catalogue,
)

from twintrade.render.appendix import build_document
from twintrade.study.execute import execute
from twintrade.study.store.replay import read_results
from twintrade.text import use_catalogue


@pytest.fixture(scope="module")
def results(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pseudo")
    shutil.copytree(root / "data" / "raw", folder / "data" / "raw")
    text = (root / "analyses" / "texas-philippines.toml").read_text(encoding="utf-8")
    outcome = execute(folder, "texas-philippines", text)
    assert outcome.code == 0, outcome.text
    return read_results(folder / "results" / "texas-philippines")


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
    assert find_english(said, [*list_held(results, NAMES)]) == {}
