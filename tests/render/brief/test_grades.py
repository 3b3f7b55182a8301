"""Page 1 where the headline is held against pairs as large and as fast-growing: grade, direction, reasons."""

import math

import pandas as pd
import pytest

from tests.render.brief.test_brief import build, find, read_aside, with_payloads
from twintrade.render.blocks import Figure, Heading, KeyNumbers, Lead
from twintrade.render.brief.facts import SIDES, collect_facts, list_reasons
from twintrade.render.page import Page
from twintrade.text import use_language

RECORD = {
    "grade": "some",
    "side": "rise",
    "percent": 31.2,
    "low": 4.1,
    "high": 66.0,
    "p": 0.021,
    "level": 0.95,
    "total": 24.0,
    "ordinary": -5.5,
    "share": 0.41,
    "without_largest": 22.0,
    "n_signers": 3,
    "n_at_risk": 97,
    "n_effective": 2.3,
    "rise_found": 77.0,
    "fall_found": -44.0,
    "ruled_out": 60.0,
    "matters": math.nan,
    "gamma": 1.6,
    "reasons": "row-average equivalence",
}
NOT_CLEAR = {"side": "neither", "percent": 12.0, "low": -20.0, "high": 40.0, "p": 0.3, "gamma": math.nan}
FALL = {"percent": -40.0, "low": -60.0, "high": -9.0}
SMALL = {"percent": 4.0, "low": 1.0, "high": 8.0}


def graded(made, **changed):
    return with_payloads(made, "not supported", evidence=pd.DataFrame([RECORD | changed]))


@pytest.mark.usefixtures("unencoded")
@pytest.mark.parametrize(
    ("changed", "title", "lead"),
    [
        ({}, "Some evidence of a rise", "as large and growing as these"),
        (FALL | {"grade": "strong", "side": "fall"}, "Strong evidence of a fall", "40% lower"),
        (SMALL | {"grade": "small"}, "A rise, too small to matter", "+1.0% to +8.0%"),
        (NOT_CLEAR | {"grade": "nothing"}, "No change that matters", "Changes above 60% are ruled out"),
        (NOT_CLEAR | {"grade": "cannot"}, "8 pairs cannot tell us", "chance"),
        ({"grade": "cannot", "side": "neither"}, "8 pairs cannot tell us", "The difference is not chance"),
    ],
)  # fmt: skip
def test_the_grade_decides_title_sentence_and_cell_and_the_claim_does_not(made, changed, title, lead) -> None:
    document = build(graded(made, **changed))
    assert find(document, Heading)[0].text.endswith(title)
    assert lead in find(document, Lead)[0].deck
    (keys,) = find(document, KeyNumbers)
    assert keys.chosen == SIDES.index(changed.get("side", "rise"))
    if keys.chosen != 1:
        assert keys.verdicts[2 - keys.chosen] in ("A rise", "A fall")


@pytest.mark.usefixtures("unencoded")
def test_the_number_printed_is_the_one_graded_and_every_figure_on_the_page_belongs_to_it(made) -> None:
    document = build(graded(made))
    (keys,) = find(document, KeyNumbers)
    assert (keys.numbers[0].value, keys.numbers[0].spread) == ("+31.2%", "+4.1% to +66.0%")
    facts = collect_facts(Page(graded(made)))
    assert (facts.effect.percent, facts.effect.low, facts.effect.high) == (31.2, 4.1, 66.0)
    methods = [f for b in document.blocks for f in getattr(b, "figures", ()) if f.key == "brief-methods"]
    assert [f.frame["effect"].iloc[0] for f in methods if isinstance(f, Figure)] in ([31.2], [])


@pytest.mark.usefixtures("unencoded")
def test_reasons_say_what_holds_the_grade_down_the_pairs_behind_it_and_what_would_overturn_it(made) -> None:
    document = build(graded(made))
    told = read_aside(document, "Can we believe it?")
    for words in (
        "The average pair does not show it clearly",
        "3 of 97 pairs that could have signed did",
        "count as 2 equal pairs",
        "makes up 41% of expected trade, it is +22%",
        "the change is +24%",
        "Pairs as large and growing, without an agreement, come to −6%",
        "up to 1.6 times likelier",
    ):
        assert words in told, words
    needed = read_aside(document, "What would be needed to know")
    assert "A rise of 77% or a fall of 44% would have been called evidence four times in five" in needed
    assert "overstates" in needed
    small = read_aside(build(graded(made, rise_found=20.0, fall_found=-17.0)), "What would be needed to know")
    assert "overstates" not in small
    none = read_aside(build(graded(made, rise_found=math.inf, fall_found=-100.0)), "What would be needed to know")
    assert "No change, however large, would have been called evidence" in none


@pytest.mark.usefixtures("unencoded")
def test_every_reason_is_a_sentence_in_both_languages(made) -> None:
    codes = "row-average largest one-pair sign before trend carried equivalence unseen"
    codes += " undated few-pairs at-risk deals tries"
    for language in ("en-GB", "zh-CN"):
        with use_language(language):
            reasons = [str(r) for r in list_reasons(collect_facts(Page(graded(made, reasons=codes))))]
        blocked = reasons[: len(codes.split())]
        assert len(set(blocked)) == len(blocked)
        assert all(r[-1] in ".。" for r in blocked)
