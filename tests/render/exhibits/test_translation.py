"""The exhibit of trade new or diverted: what it tables, what it says of page 1, and when there is none."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

import twintrade as tt
from tests.render.brief.test_grades import RECORD
from tests.render.made_results import make_results
from twintrade.render import blocks
from twintrade.render.exhibits.summary import build_translation as build_exhibit
from twintrade.render.page import Page
from twintrade.render.style import AppendixOptions

UNENCODED = pytest.mark.usefixtures("unencoded")

PUSHED = {"effect": 22.1, "effect_low": 10.5, "effect_high": 35.0, "n_pairs": 1, "n_places": 6}
PUSHED |= {"again": 21.3, "again_effects": "two_way"}


@cache
def translate_once() -> pd.DataFrame:
    flows = np.random.default_rng(2).lognormal(0, 1, (6, 6))
    rows = [(a, b, flows[i, j]) for i, a in enumerate("ABCDEF") for j, b in enumerate("ABCDEF") if i != j]
    world = tt.World.from_frame(pd.DataFrame(rows, columns=["origin", "destination", "trade"]), value="trade")
    return tt.translate((0.2, 0.1, 0.3), [("A", "C")], world, home_share=(0.3, 0.6, 0.9)).table


def translate() -> pd.DataFrame:
    return translate_once().assign(**PUSHED)


def build(frame, **record):
    made = make_results(is_hostile=False)
    graded = RECORD | {"grade": "some", "side": "rise", "percent": 22.1, "low": 10.5, "high": 35.0} | record
    payloads = {**made.payloads, "evidence": pd.DataFrame([graded])}
    return build_exhibit(Page(replace(made, payloads=payloads | ({} if frame is None else {"translation": frame}))))


@UNENCODED
def test_without_a_declared_world_there_is_no_exhibit_and_a_reason_is_one() -> None:
    assert build(None) == ()
    absent = build(pd.DataFrame({"reason": ["no end"], "reason_text": [""]}))
    assert isinstance(absent, blocks.Absent)
    assert absent.reason == "no end"


@UNENCODED
def test_the_table_keeps_models_and_sampling_apart() -> None:
    frame = translate()
    table = next(b for b in build(frame) if isinstance(b, blocks.Table))
    assert len(table.columns) == 7
    cells = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.groups[0]}
    mine = frame[frame["outcome"] == "exports"]
    centre = mine[mine["varied"] == "centre"].iloc[0]
    assert (centre["elasticity"], centre["supply"], centre["home_share"]) == (4.0, 0.0, 0.6)
    shares = mine[mine["varied"].isin(["centre", "home_share"])]["estimate"]
    found = cells["All exports of their cities"]
    assert found[0] == f"{centre['estimate']:.2f}"
    assert found[1] == f"{centre['low']:.2f} to {centre['high']:.2f}"
    assert found[4] == f"{shares.min():.2f} to {shares.max():.2f}"
    assert cells["Real income of their cities"][5] == ""


@UNENCODED
@loop_over(
    ("record", "share", "said"),
    [
        ({}, 1.0, "Page 1 states what share of it is diverted"),
        ({"grade": "cannot", "side": "neither", "low": -5.0}, 1.0, "because it finds no change in a direction"),
        ({}, -1.0, "because its share has no one sign"),
        ({}, None, "no other partners"),
        ({}, 1.0, "PPML with two-way effects would find +21.3%"),
    ],
)
def test_the_appendix_says_why_page_1_states_a_share_or_none(record, share, said) -> None:
    frame = translate()
    is_share = frame["outcome"] == "diverted"
    if share is None:
        frame = frame[~is_share]
    elif share < 0:
        frame.loc[is_share & (frame["model"] == "conditional"), ["estimate", "low", "high"]] *= -1
    assert blocks.find_text(build(frame, **record), said)


def draw_models(language: str) -> blocks.Figure:
    with AppendixOptions(language=language).speak():
        return next(b for b in build(translate()) if isinstance(b, blocks.Figure))


@UNENCODED
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_the_figure_draws_each_model_that_differs_in_one_thing(language) -> None:
    figure = draw_models(language)
    assert set(figure.frame["varied"]) == {"centre", "conditional", "elasticity", "supply", "home_share"}
    assert figure.frame["label"].nunique() == 7


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_the_figure_is_encoded_in_each_language(language) -> None:
    images = draw_models(language).images
    assert images.svg
    assert images.pdf
    assert images.png
