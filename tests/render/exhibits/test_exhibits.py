"""The list of exhibits is what the page numbered, in any wording, with files that the report holds."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from made_results import make_results

from twintrade.effects.result_set import EXHIBITS_FILE, Exhibit, read_exhibits, write_exhibits
from twintrade.render.appendix import build_document, open_page
from twintrade.render.blocks import Absent, BulletList, Paragraph, list_exhibits
from twintrade.render.exhibits import robustness, run
from twintrade.render.names import Wording
from twintrade.render.registration import render
from twintrade.render.style import AppendixOptions

HOSTILE = "Figure 9. <span class='details'> & Tabelle 2.  x"


@pytest.mark.usefixtures("quick_pictures")
def test_every_numbered_block_is_listed_with_files_that_are_there():
    wording = Wording().changed({"ladder_caption": HOSTILE})
    options = AppendixOptions(wording=wording, exhibits=("register", "ladder", "raw", "forest"))
    report = render(make_results(), options)
    listed = read_exhibits(report.files[EXHIBITS_FILE])
    numbered = {(type(b).__name__, b.number, b.caption) for b in list_exhibits(report.document.blocks)}
    assert {(e.kind, e.number, e.caption) for e in listed} == numbered
    assert any(e.caption.startswith(HOSTILE) for e in listed)
    assert all(name in report.files for e in listed for name in e.files)
    assert [e.kind for e in listed] == sorted((e.kind for e in listed), reverse=True)


@pytest.mark.parametrize(
    ("said", "shown"), [("", "No specification was estimated."), ("Nothing to see.", "Nothing to see.")]
)
def test_an_analysis_without_estimates_says_why_in_place_of_the_ladder(said, shown):
    results = make_results()
    bare = replace(
        results, specifications=results.specifications.head(0), sections={"no_effect": said} if said else {}
    )
    assert run.build_ladder(open_page(bare, AppendixOptions())) == Absent(shown)


def test_exhibits_come_back_tables_first():
    figure = Exhibit("Figure", 1, HOSTILE, ("figures/a.pdf",))
    table = replace(figure, kind="Table", number=2)
    assert read_exhibits(write_exhibits([figure, table])) == [table, figure]


@pytest.mark.usefixtures("unencoded")
def test_two_cases_without_latin_letters_have_a_picture_each():
    """Both are "rus" to a file's name: the second must not be written over the first."""
    results = make_results()
    series = results.payloads["raw_series"]
    pairs = ("上海-RUS", "北京-RUS", "Leeds-RUS")
    of_pairs = {f"raw_series.{i:02d}-{pair}": series.assign(dyad=pair) for i, pair in enumerate(pairs, 1)}
    others = {name: frame for name, frame in results.payloads.items() if name != "raw_series"}
    document = build_document(replace(results, payloads=others | of_pairs), AppendixOptions(exhibits=("raw",)))
    keys = [b.key for b in list_exhibits(document.blocks) if b.key.startswith("raw-series")]
    assert keys == ["raw-series-rus", "raw-series-rus-2", "raw-series-leeds-rus"]


@pytest.mark.usefixtures("unencoded")
def test_a_grid_says_which_pairs_have_no_line_of_their_own():
    results = make_results()
    series = results.payloads["raw_series"]
    of_pairs = {f"raw_series.{i:02d}-{i}": series.assign(dyad=f"Leeds-{i}", panel="index") for i in range(5)}
    own = of_pairs["raw_series.02-2"]
    of_pairs["raw_series.02-2"] = own[own["series"] != own["series"].iloc[0]]
    others = {name: frame for name, frame in results.payloads.items() if name != "raw_series"}
    document = build_document(replace(results, payloads=others | of_pairs), AppendixOptions(exhibits=("raw",)))
    (grid,) = [b for b in list_exhibits(document.blocks) if b.key == "raw-series-1"]
    said = "Leeds-2 has no line of its own: its value in the period set to 100 is zero or missing."
    assert grid.notes[-1] == said
    assert not any(f"Leeds-{i}" in note for i in (0, 1, 3, 4) for note in grid.notes)


@pytest.mark.usefixtures("unencoded")
def test_claims_that_need_other_data_stand_in_one_line():
    """C3 and C9 wait for a check or another analysis; no analysis has data for C11: it has its own line in full."""
    short = build_document(make_results(), AppendixOptions(exhibits=("claims",))).blocks
    assert not any("further claims were not examined" in str(b) for b in short if isinstance(b, Paragraph))
    assert not any(name in str(b) for b in short if isinstance(b, Paragraph) for name in ("C3 ", "C9 ", "C11 "))
    blocks = build_document(make_results(), AppendixOptions(exhibits=("claims",), detail="full")).blocks
    assert sum("C3 needs effects by era; C9 needs the recipe registry" in str(block) for block in blocks) == 1
    (bullets,) = [b for b in blocks if isinstance(b, BulletList)]
    assert [("C3" in str(item), "C11" in str(item)) for item in bullets.items] == [(False, True)]


@pytest.mark.usefixtures("unencoded")
def test_a_test_whose_size_was_not_studied_is_marked_beside_its_p():
    results = make_results()
    columns = results.specifications
    options = AppendixOptions(exhibits=("summary", "ladder"))
    for is_studied, said in ((False, True), (True, False), (None, False)):
        marked = replace(results, specifications=columns.assign(size_studied=is_studied))
        page = "".join(map(str, build_document(marked, options).blocks))
        assert ("Size not studied" in page, "Not studied" in page) == (said, said)


def test_a_variant_that_is_the_headline_up_to_rounding_is_no_change(monkeypatch):
    columns = {"label": ["left out", "as comparison"], "effect": [-10.2, -27.3], "difference": [1.8e-15, -17.1]}
    frame = pd.DataFrame(columns | dict.fromkeys(("low", "high", "p"), 0.5))
    monkeypatch.setattr(robustness.reading, "find_payload", lambda results, key: frame)
    page = SimpleNamespace(results=SimpleNamespace(payload_kinds={"k": "variants"}))
    found = {b: robustness._list_changes(page, {"payloads": "k"}, with_base=b) for b in (False, True)}
    assert [[change.name for change in found[b]] for b in found] == [["as comparison"], ["left out", "as comparison"]]


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        (["dyad;period", "dyad;city_period;partner_period"], "moves from the simplest comparison"),
        (["dyad;period", "dyad;period"], "sets 2 specifications side by side"),
        (["dyad;city_period;partner_period", "dyad;period"], "sets 2 specifications side by side"),
        (["dyad;period"], "has the one specification"),
    ],
)
def test_the_ladder_is_called_one_where_each_column_takes_out_more(effects, said):
    made = make_results()
    columns = made.specifications[~made.specifications["is_skipped"]]
    columns = columns.iloc[: len(effects)].assign(fixed_effects=effects, is_headline=False)
    blocks = run.build_ladder(open_page(replace(made, specifications=columns), AppendixOptions()))
    intro, *_ = [block for block in blocks if isinstance(block, Paragraph)]
    assert said in "".join(str(getattr(span, "text", "")) for span in intro.spans)
