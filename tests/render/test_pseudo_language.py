"""In another language no English is left on the page but what the user wrote and what results hold by its name."""

import html
import json
import re
from dataclasses import replace

import pytest
from made_results import make_results
from pseudo_language import (
    NAMES,
    Fields,
    accent,
    collect_drawn_texts,
    find_english,
    list_held,
    list_texts,
    make_pseudo_catalogue,
)

from twintrade.effects import Finding, build_findings_frame
from twintrade.render.appendix import build_document
from twintrade.render.writers.html import render_html
from twintrade.text import Text, use_catalogue

MADE: Fields = {
    "specifications": ("label", "estimand", "assumption", "base_sentence", "inference_note", "skip_reason"),
    "findings": ("sentence",),
    "messages": ("message",),
    "path": ("series",),
    "placebo": ("donor_set",),
    "claims": ("claim", "answer", "need"),
    "manifest": ("dropped",),
}
"""Sentences of the made-up results that were made without a text."""


@pytest.fixture(scope="module")
def pseudo():
    return make_pseudo_catalogue()


@pytest.mark.parametrize("is_simulated", [True, False])
def test_the_page_says_nothing_in_english_by_itself(is_simulated, pseudo, monkeypatch):
    results = replace(make_results(is_simulated=is_simulated, is_hostile=False), name="zz-study")
    unknown = ("Pretrend", "Placebo rank", "Exports")  # checks that this house does not have, and the outcome
    drawn = collect_drawn_texts(monkeypatch)
    with use_catalogue(pseudo):
        document = build_document(results)
        texts = [text for _, text in list_texts(document)]
        web = list_web_texts(render_html(document).decode())
    assert min(len(texts), len(drawn), len(web)) > 200
    held = [results.title, results.name, *list_held(results, NAMES), *list_held(results, MADE), *unknown]
    assert find_english([*texts, *drawn, *web], held) == {}


def list_rows(table) -> list[dict[str, object]]:
    """Return the rows of a table of the view's data by the names of its fields."""
    return [dict(zip(table["fields"], row, strict=True)) for row in table["rows"]] if table else []


def list_web_texts(page: str) -> list[str]:
    """Return what a reader of the web page meets: texts, alternatives of pictures, labels, and what the view says."""
    views = [json.loads(found) for found in re.findall(r'<script type="application/json">(.*?)</script>', page)]
    visible = re.sub(r"<(style|script).*?</\1>", " ", page, flags=re.DOTALL).replace("<wbr>", "")
    said = re.findall(r'(?:alt|aria-label)="([^"]*)"', visible) + re.split(r"<[^>]*>", visible)
    for view in views:
        words = [re.sub(r"\[\w+\]", "", word) for word in view["words"].values()]  # without places to be filled
        series, pairs = list_rows(view["series"]), list_rows(view["pairs"])
        marks = [mark for one in series for mark in (*list_rows(one["marks"]), *list_rows(one["overall"]))]
        said += [*words, *view["intervals"].values(), *(pair["sentence"] for pair in pairs)]
        said += [one[key] for one in series for key in ("label", "axis", "base")]
        said += [mark[key] for mark in marks for key in ("name", "value", "spread", "sentence", "band_sentence")]
    return [re.sub("[\u200b\xad]", "", html.unescape(text)) for text in said if text.strip()]


@pytest.mark.usefixtures("unencoded")
def test_a_stored_finding_is_said_in_the_language_of_the_page(pseudo):
    text = Text("checks.concentration-one", change=-2.96, name="Lyon")
    finding = Finding(diagnostic="concentration", verdict="informs", text=text, topic="sensitivity")
    results = make_results(is_hostile=False)
    held = replace(results, findings=build_findings_frame([(finding, ("imputation", "gravity"), ())]))
    english = str(text)
    with use_catalogue(pseudo):
        said = [shown for _, shown in list_texts(build_document(held))]
    assert english not in " ".join(said)
    assert any(accent("The change of the total, ") + "−3.0%" + accent(", is that of ") + "Lyon" in s for s in said)


def test_english_is_found_where_it_is_left():
    assert find_english([f"{accent('The')} sum of Lyon", accent("None")], ["Lyon"]) == {
        f"{accent('The')} sum of Lyon": ["sum", "of"]
    }
