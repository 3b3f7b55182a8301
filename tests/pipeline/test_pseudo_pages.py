"""A real analysis in a made-up language: what is still English is listed by the room that has not moved it yet."""

import shutil

import pytest
from pseudo_language import (
    NAMES,
    Fields,
    collect_drawn_texts,
    find_english,
    list_held,
    list_plain_words,
    list_texts,
    make_pseudo_catalogue,
)

from twintrade.render.appendix import build_document
from twintrade.study.execute import execute
from twintrade.study.store.replay import read_results
from twintrade.text import use_catalogue
from twintrade.text.amounts import typeset

LEFT: dict[str, Fields] = {
    "diagnostics": {
        "findings": ("sentence",),
        "date_sets_table": ("date",),
        "raw_series": ("series",),
    },
}
"""Fields whose words a page prints as they are stored; a field goes from here once its room keeps texts."""


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
def test_only_rooms_that_have_not_moved_speak_english(results, said):
    assert len(said) > 300
    held = [text for fields in (NAMES, *LEFT.values()) for text in list_held(results, fields)]
    assert find_english(said, held) == {}


@pytest.mark.slow
@pytest.mark.parametrize(("room", "table"), [(room, table) for room, fields in LEFT.items() for table in fields])
def test_what_is_listed_as_english_still_is(results, said, room, table):
    """A field that a page says in its own language by now is struck from the list."""
    page = "\n".join(said)
    for column in LEFT[room][table]:
        cells = [cell for cell in list_held(results, {table: (column,)}) if list_plain_words(cell)]
        assert any(typeset(cell).rstrip(".") in page for cell in cells), f"{room}: {table}.{column} has moved"
