"""The brief: its verdict follows the ledger, its words follow its numbers, and every format says the same."""

import math
import re
from dataclasses import replace

import pandas as pd
import pytest

from twintrade.effects import Money
from twintrade.effects.messages import Message, build_messages_frame
from twintrade.render.appendix import build_brief_document, open_page
from twintrade.render.blocks import (
    Aside,
    BulletList,
    Figure,
    FigureRow,
    Heading,
    KeyNumbers,
    Lead,
    Note,
    Paragraph,
    Table,
)
from twintrade.render.brief.drawings import draw_totals
from twintrade.render.brief.facts import SIDES, Effect, collect_facts
from twintrade.render.brief.statements import list_reasons
from twintrade.render.page import Page
from twintrade.render.reading import find_headline, find_overall
from twintrade.render.style import AppendixOptions
from twintrade.render.writers.docx import render_docx
from twintrade.render.writers.html import render_html
from twintrade.study.claims.deciding import describe_detectable
from twintrade.text import Listed, Text, pack_text

PERIODS = pd.DataFrame(
    {
        "period": [2011, 2012, 2013],
        "period_label": ["2011", "2012", "2013"],
        "n_in_force": [0, 1, 2],
        "observed": [4e6, 6e6, 9e6],
        "expected": [4e6, 5e6, 7e6],
        "low": [math.nan, 4e6, 5e6],
        "high": [math.nan, 7e6, 2e9],
        "unit": ["US dollars"] * 3,
    }
)
PAIRS = pd.DataFrame(
    {
        "unit": ["C0-P0", "C1-P1", "C2-P0"],
        "name": ["Alder – Birch, Peru", "Cedar – Elm, Chile", "Fir – Oak, Peru"],
        "since": ["2012", "2013", "2013"],
        "n_periods": [2, 1, 1],
        "observed": [3e6, 4e6, 1e6],
        "expected": [2e6, 5e6, 1e6],
        "difference": [1e6, -1e6, 0.0],
    }
)


def claim(verdict):
    return pd.DataFrame([{"claim_id": "C1", "verdict": verdict, "p": 0.01}])


def with_payloads(made, verdict="cannot tell", **frames):
    payloads = {
        **made.payloads,
        "claims": claim(verdict),
        "treated_periods": PERIODS,
        "treated_pairs": PAIRS,
    } | frames
    findings = made.findings[made.findings["diagnostic"] != "case_verdict"]
    return replace(made, payloads=payloads, findings=findings, is_simulated=False)


def build(results):
    options = AppendixOptions()
    document = build_brief_document(Page(results, options.wording, options.theme, options.tables))
    assert document is not None
    return document


def find(document, kind):
    return [block for block in document.blocks if isinstance(block, kind)]


def list_figures(document):
    groups = [block.figures if isinstance(block, FigureRow) else (block,) for block in document.blocks]
    return [one for group in groups for one in group if isinstance(one, Figure)]


def read_aside(document, name):
    block = next(a for a in find(document, Aside) if a.name == name)
    spans = [s for b in block.blocks for s in (b.spans if isinstance(b, Paragraph) else sum(b.items, ()))]
    return " ".join(span.text for span in spans)


@pytest.mark.usefixtures("unencoded")
@pytest.mark.parametrize(
    ("claimed", "verdict"),
    [("supported", "rise"), ("not supported", "fall"), ("cannot tell", "neither"), ("", "neither")],
)
def test_the_verdict_is_that_of_the_main_claim_and_of_nothing_else(made, claimed, verdict) -> None:
    document = build(with_payloads(made, claimed))
    (keys,) = find(document, KeyNumbers)
    assert keys.chosen == SIDES.index(verdict)
    ending = "8 pairs cannot tell us" if verdict == "neither" else f"Some evidence of a {verdict}"
    assert find(document, Heading)[0].text.endswith(ending)


@pytest.mark.usefixtures("unencoded")
def test_money_leads_with_its_range_where_no_amount_is_stated(made) -> None:
    facts = {"n_rows": 4, "n_units": 3, "n_periods": 2, "unit": "US dollars", "low": -4e6, "high": 6e6, "level": 0.95}
    bounded = Money(state="bounded", reasons=("zero",), **facts)
    (keys,) = find(build(with_payloads(made, money=bounded.to_frame())), KeyNumbers)
    assert keys.numbers[1].value == "−2.00 to 3.00 million US dollars"
    stated = Money(state="stated", total=1e6, **facts)
    (keys,) = find(build(with_payloads(made, money=stated.to_frame())), KeyNumbers)
    assert keys.numbers[1].value == "500,000 US dollars"
    unbounded = replace(bounded, high=math.inf)
    (keys,) = find(build(with_payloads(made, money=unbounded.to_frame())), KeyNumbers)
    assert len(keys.numbers) == 1


@pytest.mark.usefixtures("unencoded")
def test_money_a_year_says_over_which_years_it_is_an_average(made) -> None:
    facts = {"n_rows": 4, "n_units": 3, "n_periods": 12, "unit": "US dollars", "low": -4e6, "high": 6e6}
    money = Money(state="stated", total=1e6, level=0.95, first="2004", **facts)
    (keys,) = find(build(with_payloads(made, money=money.to_frame())), KeyNumbers)
    assert keys.numbers[1].name == "In money, all pairs together, a year, on average over the 12 years from 2004 on"


@pytest.mark.usefixtures("unencoded")
def test_the_pair_of_a_case_is_named(made) -> None:
    named = replace(with_payloads(made), sections={**made.sections, "case": "Alder – Birch, Peru"})
    assert "counted from 2012 to 2015: Alder – Birch, Peru." in read_aside(build(named), "What was asked")


@pytest.mark.usefixtures("unencoded")
def test_sums_of_pairs_are_those_of_the_table(made) -> None:
    document = build(with_payloads(made))
    told = read_aside(document, "What happened")
    assert "4 years have passed under an agreement" in told
    assert "came to 11.0 million US dollars; 10.0 million US dollars were expected" in told
    assert "Alder – Birch, Peru: 2.00 million US dollars more than expected" in told
    assert "Cedar – Elm, Chile: 1.00 million US dollars less than expected" in told
    assert "Fir" not in told
    (table,) = find(document, Table)
    assert [row.cells[-1].text for row in table.rows] == ["+1.0", "−1.0", "+0.0"]


@pytest.mark.usefixtures("unencoded")
@pytest.mark.parametrize(("period", "head"), [("year", "Years"), ("quarter", "Quarters"), ("month", "Months")])
def test_the_table_of_pairs_counts_periods_by_their_name(made, period, head) -> None:
    named = replace(with_payloads(made), sections={**made.sections, "period_name": period})
    (table,) = find(build(named), Table)
    assert [cell.text for cell in table.header[0]][2] == head


@pytest.mark.usefixtures("unencoded")
def test_checks_that_object_are_the_first_reason(made) -> None:
    results = with_payloads(made)
    findings = results.findings.assign(verdict="does not object")
    findings.loc[findings.index[0], "verdict"] = "objects"
    reasons = read_aside(build(replace(results, findings=findings)), "How sure are we?")
    assert "The data cannot tell whether exports changed." in reasons
    assert re.search(r"A check objects: ", reasons)
    assert "A check objects: pretrend. " in reasons  # of the headline: its column goes without saying
    none = read_aside(
        build(replace(results, findings=findings.assign(verdict="does not object"))), "How sure are we?"
    )
    assert "objects:" not in none


@pytest.mark.usefixtures("unencoded")
def test_a_check_of_another_column_that_objects_is_named_with_its_column(made) -> None:
    reasons = read_aside(build(with_payloads(made)), "How sure are we?")
    assert "A check objects: leave one out (PPML, gravity effects). " in reasons


@pytest.mark.usefixtures("unencoded")
def test_at_most_two_reasons_are_given(made) -> None:
    document = build(with_payloads(made))
    block = next(a for a in find(document, Aside) if a.name == "How sure are we?")
    assert sum(len(b.items) for b in block.blocks if isinstance(b, BulletList)) <= 2


def test_an_interval_without_an_end_excludes_zero_only_where_the_other_end_does() -> None:
    assert Effect(percent=10.0, low=2.0, high=math.inf).holds_zero is False
    assert Effect(percent=10.0, low=-math.inf, high=math.inf).holds_zero
    assert not Effect(percent=10.0, low=-math.inf, high=math.inf).has_interval
    assert Effect(percent=10.0).holds_zero


@pytest.mark.usefixtures("unencoded")
def test_pictures_carry_their_numbers_and_are_numbered(made) -> None:
    document = build(with_payloads(made))
    figures = list_figures(document)
    assert [figure.number for figure in figures] == list(range(1, len(figures) + 1))
    keys = {figure.key: figure for figure in figures}
    assert list(keys) == ["brief-range", "brief-totals", "brief-gap", "brief-methods"]
    assert keys["brief-totals"].frame["expected"].tolist() == PERIODS["expected"].tolist()
    gaps = (PAIRS["difference"] * PAIRS["n_periods"]).sum()
    assert keys["brief-gap"].frame["difference"].sum() == pytest.approx(gaps)
    assert all(figure.alt for figure in figures)


@pytest.mark.usefixtures("unencoded")
def test_without_totals_the_path_of_the_headline_is_drawn(made) -> None:
    results = with_payloads(made)
    payloads = {
        k: v for k, v in results.payloads.items() if k not in ("treated_periods", "treated_pairs", "case_paths")
    }
    keys = [figure.key for figure in list_figures(build(replace(results, payloads=payloads)))]
    assert "brief-path" in keys
    assert "brief-gap" not in keys


@pytest.mark.usefixtures("unencoded")
def test_what_is_simulated_says_so_under_its_title(made) -> None:
    document = build(replace(with_payloads(made), is_simulated=True))
    assert "simulated" in find(document, Lead)[0].byline
    assert document.is_simulated
    assert all("SIMULATED" in table.caption for table in find(document, Table))


@pytest.mark.usefixtures("unencoded")
def test_no_sentence_stands_twice(made) -> None:
    document = build(with_payloads(made))
    text = " ".join([find(document, Lead)[0].deck, *(read_aside(document, a.name) for a in find(document, Aside))])
    sentences = [s.strip() for s in re.split(r"(?<=[.!?])\s", text) if len(s.split()) > 4]
    assert len(sentences) == len(set(sentences))


@pytest.mark.usefixtures("quick_pictures")
def test_formats_hold_the_numbers_that_lead(made) -> None:
    document = build(with_payloads(made))
    (keys,) = find(document, KeyNumbers)
    page = render_html(document).decode()
    assert all(number.value in page for number in keys.numbers)
    assert render_docx(document)[:2] == b"PK"


def test_the_facts_count_treated_pairs_of_the_headline(made) -> None:
    options = AppendixOptions()
    facts = collect_facts(Page(with_payloads(made), options.wording))
    assert facts.n_treated == 8


@pytest.mark.usefixtures("unencoded")
def test_pairs_compared_with_and_first_dates_are_those_of_the_headline(made) -> None:
    results = with_payloads(made)
    before = read_aside(build(results), "What was asked")
    fewer = replace(results, specifications=results.specifications.assign(n_units=8 + 5))
    assert "measured against 5 pairs" in read_aside(build(fewer), "What was asked")
    headline = results.specifications[results.specifications["is_headline"]].iloc[0]
    mine = (results.effects["estimator"] == headline["estimator"]) & (
        results.effects["specification"] == headline["specification"]
    )
    starts = results.data[results.data["event_time"] == 0]
    last = int(starts.loc[starts["status"] == "treated", "period"].max())
    alone = replace(results, effects=results.effects.assign(cohort=[last if m else None for m in mine]))
    after = read_aside(build(alone), "What was asked")
    assert f"from {last} to {last}" in after
    assert after != before


@pytest.mark.usefixtures("unencoded")
def test_only_a_study_of_several_pairs_asks_for_dates_of_others(made) -> None:
    results = with_payloads(made)
    data = results.data.assign(status=["undated"] * 8 + results.data["status"].tolist()[8:])
    assert "date the agreements" in read_aside(build(replace(results, data=data)), "What would be needed to know")
    for n, asks in ((1, False), (2, True)):
        few = results.specifications.assign(n_treated_units=n)
        said = read_aside(build(replace(results, data=data, specifications=few)), "What would be needed to know")
        assert ("date the agreements" in said) == asks


@pytest.mark.usefixtures("unencoded")
@pytest.mark.parametrize(
    ("claimed", "low", "words"),
    [
        ("supported", 0.05, "further than chance alone"),
        ("cannot tell", 0.05, "points upward"),
        ("cannot tell", -0.05, "but chance alone could explain"),
    ],
)
def test_the_sentence_under_the_title_says_no_more_than_the_verdict(made, claimed, low, words) -> None:
    results = with_payloads(made, claimed)
    bands = results.bands.copy()
    bands.loc[bands["kind"] == "overall", ["effect", "low", "high"]] = [0.1, low, 0.2]
    document = build(replace(results, bands=bands))
    assert words in find(document, Lead)[0].deck


@pytest.mark.usefixtures("unencoded")
def test_authors_and_date_stand_on_the_brief_and_in_its_citation(made):
    options = AppendixOptions(authors=("A. Writer", "B. Reader"), date="March 2026")
    document = build_brief_document(open_page(made, options))
    (lead,) = [b for b in document.blocks if isinstance(b, Lead)]
    assert lead.byline.startswith("A. Writer and B. Reader · March 2026 · ")
    (cited,) = [b for b in document.blocks if isinstance(b, Aside) and b.name == "Data and citation"]
    assert "Cite as: A. Writer and B. Reader (March 2026): “" in cited.blocks[0].spans[0].text
    assert document.authors == options.authors
    unsigned = build_brief_document(open_page(made, AppendixOptions()))
    (cited,) = [b for b in unsigned.blocks if isinstance(b, Aside) and b.name == "Data and citation"]
    assert "Cite as: “" in cited.blocks[0].spans[0].text


@pytest.mark.usefixtures("unencoded")
def test_the_brief_and_the_claims_give_one_minimum_detectable_effect(made):
    """Without placebo designs both take it from the headline's interval; with them both take theirs."""
    columns = made.findings.columns
    own = find_headline(made)
    effect = {"effect": 0.1, "low": -0.259077, "high": 0.447513, "scale": "log points", "kind": "overall"}
    keys = {
        "estimator": own["estimator"],
        "specification": own["specification"],
        "inference": "placebo",
        "level": 0.95,
    }
    bands = pd.DataFrame([keys | effect], columns=made.bands.columns)
    power = keys | {"diagnostic": "power", "verdict": "informs", "unit": "log points", "detectable": 0.7}
    for findings, size in ((made.findings.iloc[:0], "65.7%"), (pd.DataFrame([power], columns=columns), "101.4%")):
        results = replace(made, bands=bands, findings=findings)
        assert f"{collect_facts(Page(results)).detectable:.1f}%" == size
        assert str(describe_detectable(results, own, find_overall(results, own))).startswith(f"+{size} (")
        asked = read_aside(build(results), "What would be needed to know")
        assert f"Only a change of {round(float(size[:-1]))}%" in asked
    huge = replace(results, findings=pd.DataFrame([power | {"detectable": 20.0}], columns=columns))
    assert str(describe_detectable(huge, own, find_overall(huge, own))).startswith("more than +1,000% (")
    asked = read_aside(build(huge), "What would be needed to know")
    assert "Even a change of 1,000% would not have been found" in asked


@pytest.mark.usefixtures("unencoded")
def test_methods_that_differ_from_no_change_on_say_so_without_a_rounded_zero(made) -> None:
    facts = collect_facts(Page(with_payloads(made)))
    (column, effect), *_ = facts.methods
    methods = tuple((column, replace(effect, percent=percent, low=1.0, high=2.0)) for percent in (-0.3, 18.2))
    facts = replace(facts, methods=methods, effect=replace(effect, percent=18.2, low=1.0, high=2.0))
    said = [str(reason) for reason in list_reasons(replace(facts, n_objecting=0))]
    assert "The sign depends on the question: 2 estimates run from −0.3% to +18.2%." in said


@pytest.mark.usefixtures("unencoded")
def test_guesses_are_counted_on_the_first_page_and_listed_in_the_appendix(made) -> None:
    lines = Listed((Text("study.guess", key="encoding", line=9), Text("study.guess", key="city", line=11)))
    guess = Message("warning", "guess", Text("study.guesses", n=2, lines=lines), "analyses/made.toml")
    notes = find(build(replace(with_payloads(made), messages=build_messages_frame([guess]))), Note)
    (said,) = ["".join(span.text for span in note.spans) for note in notes if note.kind == "warning"]
    assert (
        said == "2 lines of the analysis file are still guesses that nobody has confirmed; the appendix lists them."
    )


def without_range(results, p=math.nan):
    """Return results in which the headline has no interval since most re-assignments do not give its average."""
    bands = results.bands.copy()
    bands.loc[bands["kind"] == "overall", ["low", "high", "p"]] = [math.nan, math.nan, p]
    numbers = {"draws": 499, "floor": 0.002, "p": 1.0, "ratio": 1.0}
    words = {"about": "these", "intervals": "yes", "is_complete": "no", "noise": "equal", "rows": "all"}
    words |= {"scheme": "labels", "statistic": "coefficient"}
    note = pack_text(Text("inference.randomization", **numbers, **words))
    missing = [
        Message("warning", "effect-missing-in-draws", Text("inference.missing-in-draws", effect=e, n=n, draws=draws))
        for e, n, draws in [
            ("+4", 198, 499),
            (Text("estimators.effect-average-cells"), 498, 499),
            (Text("estimators.effect-average-cells"), 199, 199),
            (Text("estimators.effect-path"), 499, 499),
        ]
    ]
    spoken = results.specifications.assign(inference_note_text=note)
    return replace(results, bands=bands, specifications=spoken, messages=build_messages_frame(missing))


@pytest.mark.usefixtures("unencoded")
def test_without_p_and_interval_nothing_is_said_of_chance_but_why_and_what_it_takes(made) -> None:
    results = without_range(with_payloads(made))
    results = replace(results, findings=results.findings.iloc[:0])
    document = build(results)
    deck = find(document, Lead)[0].deck
    assert deck.endswith(
        "above what other trade leads one to expect. Whether chance alone could explain the gap is not known."
    )
    reasons = read_aside(document, "How sure are we?")
    assert "in 498 of 499 random assignments of the agreements to pairs it cannot be calculated." in reasons
    assert read_aside(document, "What would be needed to know").startswith("First of all a range for the change.")
    (beside,) = find(document, FigureRow)
    assert "Range: of each year by itself" in beside.figures[0].notes[-1]


@pytest.mark.usefixtures("unencoded")
@pytest.mark.parametrize(("p", "words"), [(0.01, "points upward"), (0.4, "but chance alone could explain")])
def test_without_an_interval_the_p_value_says_whether_chance_carries_so_far(made, p, words) -> None:
    assert words in find(build(without_range(with_payloads(made), p)), Lead)[0].deck


def test_a_picture_without_a_range_has_none_in_its_legend() -> None:
    bare = PERIODS.assign(low=math.nan, high=math.nan)
    for frame, n_lines in ((PERIODS, 3), (bare, 2)):
        (legend,) = draw_totals(frame.drop(columns="unit"), "index", "year").legends
        assert len(legend.get_texts()) == n_lines


@pytest.mark.usefixtures("unencoded")
def test_pairs_with_a_date_that_the_headline_leaves_out_are_counted_and_named_with_the_reason(made) -> None:
    units = made.data.loc[made.data["status"] == "treated", "unit"].unique()
    pairs = pd.concat([PAIRS] * 2).assign(unit=units[:6], name=[f"A{k} – B, Peru" for k in range(6)])
    data = made.data.assign(outcome=made.data["outcome"].astype(float))
    before = (data["unit"] == units[6]) & (data["period"] < pd.to_numeric(data["onset"]))
    data.loc[before | (data["unit"] == units[7]), "outcome"] = math.nan
    specs = made.specifications.assign(n_treated_units=6, n_treated_rows_left_out=3)
    twinnings = made.twinnings.iloc[:2].assign(
        unit=units[6:], city=["Alba", "Brno"], signatory="", partner_city=["Cali", "Doha"]
    )
    results = replace(made, data=data, specifications=specs, twinnings=twinnings)
    document = build(with_payloads(results, treated_pairs=pairs))
    asked = read_aside(document, "What was asked")
    assert asked.startswith("8 pairs signed a first dated agreement; 6 of them are in the estimate, counted from ")
    assert "Not in the estimate, because no year has a figure: Brno – Doha." in asked
    assert "Not in the estimate, because no year before the agreement has a figure: Alba – Cali." in asked
    assert "treatment register" not in asked
    assert "8 of 11 years under an agreement can be compared" in read_aside(document, "What happened")
    (table,) = find(document, Table)
    assert "3 more of these pairs cannot" in " ".join(table.notes)
    assert "Not in the estimate" not in read_aside(build(with_payloads(made)), "What was asked")


@pytest.mark.usefixtures("unencoded")
def test_pairs_left_out_that_are_not_named_are_said_to_stand_in_the_register(made) -> None:
    units = made.data.loc[made.data["status"] == "treated", "unit"].unique()
    data = made.data.assign(outcome=made.data["outcome"].astype(float))
    data.loc[data["unit"].isin(units[4:]), "outcome"] = math.nan
    pairs = pd.concat([PAIRS] * 2).iloc[:4].assign(unit=units[:4], name=[f"A{k} – B, Peru" for k in range(4)])
    specs = made.specifications.assign(n_treated_units=4)
    asked = read_aside(
        build(with_payloads(replace(made, data=data, specifications=specs), treated_pairs=pairs)), "What was asked"
    )
    assert "and 1 more (the treatment register of the appendix has all of them)." in asked


@pytest.mark.usefixtures("unencoded")
def test_pairs_named_are_the_farthest_on_either_side_and_where_all_are_on_one_the_two_farthest(made) -> None:
    ahead = PAIRS.assign(difference=[4e6, 1e6, 5e6], n_periods=1)
    told = read_aside(build(with_payloads(made, treated_pairs=ahead)), "What happened")
    assert "Fir – Oak, Peru: 5.00 million US dollars more than expected" in told
    assert "Alder – Birch, Peru: 4.00 million US dollars more than expected" in told
    assert "Cedar" not in told


@pytest.mark.usefixtures("unencoded")
def test_results_without_an_estimate_have_a_brief_that_says_why(made) -> None:
    why = {"no_effect": "a registry says who is treated, and nothing about trade"}
    empty = {name: getattr(made, name).iloc[:0] for name in ("effects", "bands", "specifications")}
    results = replace(made, **empty, sections=made.sections | why)
    document = build(results)
    assert find(document, Heading)[0].text.endswith("No effect is estimated")
    assert find(document, Lead)[0].deck == "A registry says who is treated, and nothing about trade."
    assert all(figure.key.startswith("brief-") for figure in list_figures(document))
    assert list_figures(document)
    options = AppendixOptions()
    silent = replace(results, sections=made.sections)
    page = Page(silent, options.wording, options.theme, options.tables)
    assert build_brief_document(page) is None
