"""In another language no English is left on the page but what the user wrote and what results hold by its name."""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import pandas as pd
import pytest
from made_results import make_results
from pseudo_language import accent, collect_drawn_texts, list_plain_words, list_texts, make_pseudo_catalogue

from twintrade.effects import Finding, ResultSet, build_findings_frame
from twintrade.render.appendix import build_document
from twintrade.render.writers.html import render_html
from twintrade.text import Text, use_catalogue

Fields = Mapping[str, tuple[str, ...]]

HASH = re.compile(r"\b[0-9a-f]{8,}\b")
SEED = re.compile(r",? seed \d+")
"""Left out where columns of the ladder differ in nothing else."""

NAMES: Fields = {
    "specifications": ("citation_text", "equation", "outcome", "outcome_unit", "effect_unit"),
    "messages": ("code", "file", "column"),
    "raw_series": ("series", "unit"),
    "candidate_dates": ("label",),
    "adoption": ("unit",),
    "forest": ("label", "group"),
    "claims": ("claim",),
}
"""What users and sources call things, by table and column."""

MADE: Fields = {
    "specifications": ("label", "estimand", "assumption", "base_sentence", "inference_note", "skip_reason"),
    "findings": ("sentence",),
    "messages": ("message",),
    "path": ("series",),
    "placebo": ("donor_set",),
    "claims": ("answer",),
}
"""Sentences of the made-up results that were made without a text."""


def list_held(results: ResultSet, *fields: Fields) -> Iterator[str]:
    """Yield what results hold by its name: the user's own words, and the columns that are given."""
    yield from (results.name, results.title, *results.sections.get("question", "").splitlines())
    yield from results.sections.get("limits", "").splitlines()
    yield from _list_texts(results.manifest)
    yield from (name for name in results.manifest.get("versions", {}))
    yield from _list_cells(results.twinnings, results.twinnings.columns)
    for wanted in fields:
        for table, columns in wanted.items():
            frame = getattr(results, table) if hasattr(results, table) else results.payloads.get(table)
            if frame is not None:
                yield from _list_cells(frame, [c for c in columns if c in frame])


def _list_texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _list_texts(inner)


def _list_cells(frame: pd.DataFrame, columns: Iterable[str]) -> Iterator[str]:
    for column in columns:
        yield from {cell for cell in frame[column] if isinstance(cell, str)}


def find_english(texts: Iterable[str], held: Iterable[str]) -> dict[str, list[str]]:
    """Return the texts in which plain words are left once what is held is taken out, with these words."""
    pieces = {form for text in held for form in (text, text.rstrip("."), SEED.sub("", text))}
    known = sorted((piece for piece in pieces if len(piece) > 1), key=len, reverse=True)
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(piece)}(?!\w)" for piece in known))
    left = {text: list_plain_words(HASH.sub(" ", pattern.sub(" ", text))) for text in texts}
    return {text: words for text, words in left.items() if words}


@pytest.fixture(scope="module")
def pseudo():
    return make_pseudo_catalogue()


@pytest.mark.parametrize("is_simulated", [True, False])
def test_the_page_says_nothing_in_english_by_itself(is_simulated, pseudo, monkeypatch):
    results = make_results(is_simulated=is_simulated, is_hostile=False)
    unknown = ("Pretrend", "Placebo rank", "example.org")  # checks that this house does not have, and a site
    drawn = collect_drawn_texts(monkeypatch)
    with use_catalogue(pseudo):
        texts = [text for _, text in list_texts(build_document(results))]
        web = list_web_texts(render_html(build_document(results)).decode())
    assert min(len(texts), len(drawn), len(web)) > 200
    held = [*list_held(results, NAMES, MADE), *unknown]
    assert find_english([*texts, *drawn, *web], held) == {}


def list_web_texts(page: str) -> list[str]:
    """Return what a reader of the web page meets: texts, alternatives of pictures, labels, and what the view says."""
    views = [json.loads(found) for found in re.findall(r'<script type="application/json">(.*?)</script>', page)]
    visible = re.sub(r"<(style|script).*?</\1>", " ", page, flags=re.DOTALL).replace("<wbr>", "")
    said = re.findall(r'(?:alt|aria-label)="([^"]*)"', visible) + re.split(r"<[^>]*>", visible)
    for view in views:
        said += [view["xLabel"], view["simulated"], view["hint"], view["missing"], *view["intervals"].values()]
        said += [series[key] for series in view["series"] for key in ("label", "axis")]
        points = [point for series in view["series"] for point in series["points"]]
        said += [point[key] for point in points for key in ("pointwiseText", "simultaneousText")]
    return [re.sub("[\u200b\xad]", "", html.unescape(text)) for text in said if text.strip()]


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
