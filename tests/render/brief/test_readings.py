"""What checks of the headline add to a brief: one sentence each, from the headline's own tables alone."""

from dataclasses import replace

import pandas as pd
import pytest

from twintrade.render.brief.facts import Effect, collect_facts
from twintrade.render.brief.statements import list_changes, list_readings, list_turning
from twintrade.render.page import Page
from twintrade.render.style import AppendixOptions
from twintrade.text import Text, pack_text

GROWTH = Text("checks.conditional-label", by="growth")
LABEL = Text("checks.hidden-share-label", share=0.1)
TABLES = {
    "hidden_agreements": [
        {"label": str(LABEL), "label_text": pack_text(LABEL), "left_out": "", "effect": 20.0, "share": 0.1},
        {"label": "without one", "label_text": "", "left_out": "C-P", "effect": 5.0},
    ],
    "honest": [
        {"restriction": "relative_magnitudes", "kind": "original", "size": float("nan"), "low": 1.0, "high": 2.0},
        {"restriction": "relative_magnitudes", "kind": "robust", "size": 1.0, "low": -30.0, "high": 60.0},
    ],
    "percent_effects": [{"label": "total", "effect": 18.0}, {"label": "average", "effect": 25.0}],
    "conditional_trends": [
        {"label": "size", "label_text": "", "effect": 30.0},
        {"label": str(GROWTH), "label_text": pack_text(GROWTH), "effect": 13.0},
    ],
    "always_treated": [{"label": "as comparison", "effect": 17.0}, {"label": "left out", "effect": 18.0}],
}


def collect(made, *, estimator):
    """Facts of results in which a column's checks have these tables."""
    options = AppendixOptions()
    facts = collect_facts(Page(made, options.wording, options.theme, options.tables))
    headline = dict(facts.headline) | {"scale": "percent"}
    findings = pd.DataFrame(
        [
            {
                "diagnostic": name,
                "estimator": estimator or headline["estimator"],
                "specification": headline["specification"],
                "payloads": name,
                "reason": "",
            }
            for name in TABLES
        ]
    )
    payloads = made.payloads | {name: pd.DataFrame(rows) for name, rows in TABLES.items()}
    results = replace(made, findings=findings, payloads=payloads)
    page = Page(results, options.wording, options.theme, options.tables)
    return replace(facts, page=page, headline=headline, effect=Effect(percent=18.0))


def test_each_check_of_the_headline_adds_a_sentence(made):
    said = [str(one) for one in list_readings(collect(made, estimator=""))]
    assert [one[:30] for one in said] == [
        "If 10% of the pairs taken as c",
        "If trends parted after the agr",
        "The average of the pairs' own ",
        "With the pairs that had an agr",
        "Compared only with pairs whose",
    ]
    assert "+20.0%" in said[0]
    assert "−30.0% and +60.0%" in said[1]
    assert "+25.0%" in said[2]
    assert "+17.0%" in said[3]
    assert "+13.0%" in said[4]


def test_checks_of_other_columns_add_none(made):
    assert list_readings(collect(made, estimator="another")) == []


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ([(2.0, 30.0), (-9.0, 5.0), (1.0, 40.0)], "2 of the 3 other ranges exclude zero, above"),
        ([(2.0, 30.0), (-30.0, -5.0)], "All 2 other ranges exclude zero, on both sides"),
        ([(-30.0, -5.0)], "The other range excludes zero, below it"),
        ([(-9.0, 5.0)], ""),
    ],
)
def test_other_estimates_that_exclude_zero_are_counted_beside_a_headline_that_does_not(made, ends, said):
    facts = collect(made, estimator="another")
    others = tuple(
        ({"estimator": str(i)}, Effect(percent=1.0, low=low, high=high)) for i, (low, high) in enumerate(ends)
    )
    wide = Effect(percent=18.0, low=-60.0, high=200.0)
    facts = replace(facts, effect=wide, methods=((facts.headline, wide), *others))
    assert "".join(map(str, list_turning(facts)))[: len(said) or None] == said
    clear = Effect(percent=18.0, low=2.0, high=200.0)
    reverse = "".join(map(str, list_turning(replace(facts, effect=clear))))
    n_including = sum(low < 0 < high for low, high in ends)
    assert ("other range includes zero:" in reverse or "other ranges includes zero:" in reverse) == bool(n_including)
    assert list_turning(replace(facts, effect=Effect(percent=18.0))) == []


@pytest.mark.parametrize(("low", "high", "is_known"), [(9.0, 21.0, True), (-float("inf"), 21.0, False)])
def test_the_agreement_alone_keeps_the_interval_of_its_check(made, monkeypatch, low, high, is_known):
    row = {"group": "alone", "effect": 15.0, "low": low, "high": high}
    monkeypatch.setitem(TABLES, "policies", [row])
    changes = list_changes(collect(made, estimator=""))
    alone = next(one.effect for one in changes if "other policy" in str(one.label))
    assert alone.percent == 15
    assert (
        (alone.low == 9 and alone.high == 21) if is_known else (alone.low != alone.low and alone.high != alone.high)
    )
