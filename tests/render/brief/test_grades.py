"""Page 1 where the headline is held against pairs as large and as fast-growing: grade, direction, reasons."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from tests.render.brief.test_brief import build, find, list_figures, read_aside, with_payloads
from twintrade.render.blocks import Heading, KeyNumbers, Lead, Paragraph
from twintrade.render.brief.facts import SIDES, collect_facts
from twintrade.render.brief.statements import USUAL, list_reasons
from twintrade.render.exhibits import summary
from twintrade.render.names import list_check_names
from twintrade.render.page import Page
from twintrade.text import Text, pack_text, use_language

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
        (FALL | {"grade": "strong", "side": "fall"}, "Strong evidence of a fall", "40.0% lower"),
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
    assert (keys.numbers[0].value, keys.numbers[0].spread) == ("+31.2%", "95% range: +4.1% to +66.0%")
    facts = collect_facts(Page(graded(made)))
    assert (facts.effect.percent, facts.effect.low, facts.effect.high) == (31.2, 4.1, 66.0)
    (methods,) = [figure for figure in list_figures(document) if figure.key == "brief-methods"]
    assert methods.frame["effect"].iloc[0] == 31.2


@pytest.mark.usefixtures("unencoded")
def test_reasons_say_what_holds_the_grade_down_the_pairs_behind_it_and_what_would_overturn_it(made) -> None:
    document = build(graded(made))
    told = read_aside(document, "How sure are we?")
    for words in (
        "The average pair does not show it clearly",
        "3 of 97 pairs that could have signed did",
        "count as 2 equal pairs",
        "makes up 41% of expected trade, it is +22.0%",
        "the change is +24.0%",
        "Pairs as large and growing, without an agreement, come to −5.5%",
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


def calibrate(made, rise=60.0, fall=-math.inf, **changed):
    rates = {"registers": 200, "draws": 199, "some": 2.0, "strong": 0.5, "coverage": 95.5, "rise": rise, "fall": fall}
    rates |= {"rise-printed": 1.24} | changed
    words = [Text(f"checks.calibration-{name}", n=1) for name in rates]
    frame = pd.DataFrame(
        {"quantity": map(str, words), "quantity_text": map(pack_text, words), "value": rates.values()}
    )
    curve = pd.DataFrame({"effect": [-80.0, 0.0, 400.0], "rejection_rate": [0.6, 0.0, 1.0], "scale": "percent"})
    results = graded(made)
    return replace(results, payloads=results.payloads | {"calibration": frame, "calibration_power": curve})


@pytest.mark.usefixtures("unencoded")
def test_rates_of_placebo_registers_take_the_place_of_the_formula(made) -> None:
    needed = read_aside(build(calibrate(made)), "What would be needed to know")
    for words in (
        "200 placebo registers of pairs without an agreement were judged by this rule, with fewer draws "
        "and without the undated pairs: 2.5% were called evidence",
        "A rise of 60% would have been called evidence four times in five, and no fall of up to 80%",
        "Where such a rise is called evidence, the page prints 1.2 times the true change in the median",
    ):
        assert words in needed, words
    assert "77%" not in needed
    assert "overstates" not in needed
    never = read_aside(build(calibrate(made, some=0.0, strong=0.0)), "What would be needed to know")
    assert "undated pairs: none was called evidence of a change." in never
    none = read_aside(build(calibrate(made, math.inf)), "What would be needed to know")
    assert "No rise of up to 400% and no fall of up to 80% would have been called evidence" in none
    both = read_aside(build(calibrate(made, fall=-42.0, **{"fall-printed": 1.1})), "What would be needed to know")
    assert "A rise of 60% or a fall of 42% would have been called evidence" in both
    assert "Where such a fall is called evidence, the page prints 1.1 times" in both
    stale = graded(made)
    stale = replace(stale, sections=stale.sections | {"calibration": "stale"})
    told = read_aside(build(stale), "What would be needed to know")
    assert "A calibration is on file for other data, another design or another version, and is not quoted" in told
    assert "A rise of 77%" in told
    with use_language("zh-CN"):
        assert "200个由无协议配对构成的安慰剂登记表" in read_aside(build(calibrate(made)), "要得出答案还需要什么")


@pytest.mark.usefixtures("unencoded")
def test_usual_checks_that_were_not_asked_for_are_named(made) -> None:
    told = read_aside(build(graded(made)), "How sure are we?")
    asked = set(made.findings["diagnostic"])
    for name in USUAL:
        assert (list_check_names((name,))[0] in told.partition("Checks not asked for:")[2]) == (name not in asked)
    every = pd.concat(
        [made.findings, *(made.findings.iloc[[0]].assign(diagnostic=name) for name in USUAL)], ignore_index=True
    )
    results = replace(graded(made), findings=every)
    assert "Checks not asked for" not in read_aside(build(results), "How sure are we?")


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


CASE = RECORD | {
    **dict.fromkeys(("total", "ordinary", "share", "without_largest", "n_effective", "gamma"), math.nan),
    "reasons": "",
    "inference": "placebo",
    "n_signers": 1,
    "n_at_risk": 104,
    "rise_found": 353.0,
}
TESTS = pd.DataFrame({"method": ["double ratio", "synthetic DiD"], "percent": [31.2, 20.0], "p": [0.021, 0.04]})


def case(made, **changed):
    return with_payloads(made, "not supported", evidence=pd.DataFrame([CASE | changed]), evidence_tests=TESTS)


@pytest.mark.usefixtures("unencoded")
@pytest.mark.parametrize(
    ("changed", "title", "lead"),
    [
        (
            {},
            "This pair stands out by a rise; only a fall of 44% or a rise of 353% or more would stand out four",
            "Of 104 pairs few moved",
        ),
        ({"rise_found": 80.0} | FALL | {"side": "fall"}, "This pair stands out by a fall", "40.0% below"),
        ({"p": 1 / 104}, "This pair stands out by a rise", "Of 104 pairs this one moved farthest"),
        (
            NOT_CLEAR | {"grade": "cannot", "reasons": "chance"},
            "cannot tell us; only a fall of 44% or a rise of 353%",
            "chance",
        ),
        ({"grade": "cannot", "side": "neither", "reasons": "second"}, "cannot tell us; only", "do not bear that out"),
        (
            {"grade": "cannot", "side": "neither", "reasons": "floor", "rise_found": math.inf, "p": math.nan}
            | dict.fromkeys(("low", "high"), math.nan),
            "cannot tell us; only a fall of 44% or more would stand out",
            "not known",
        ),
    ],
)
def test_a_single_pair_stands_out_or_does_not_and_the_title_says_what_would_have(made, changed, title, lead) -> None:
    document = build(case(made, **changed))
    assert title in find(document, Heading)[0].text
    assert lead in find(document, Lead)[0].deck
    told = read_aside(document, "How sure are we?")
    assert "Ranked among 104 pairs, each over the noise of pairs of its size: double ratio +31.2% (p = 0.02" in told
    for words in ("strong evidence", "equal pairs", "nan"):
        assert words not in told


@pytest.mark.usefixtures("unencoded")
def test_a_question_of_one_pair_is_about_one_agreement(made) -> None:
    results = case(replace(made, specifications=made.specifications.assign(n_treated_units=1)))
    document = build(replace(results, sections={**made.sections, "question": ""}))
    assert find(document, Heading)[0].text.startswith("Did exports change after the agreement? This pair")


@pytest.mark.usefixtures("unencoded")
def test_the_appendix_says_why_the_first_page_has_another_number(made) -> None:
    for language, words in (("en-GB", "The first page has +"), ("zh-CN", "首页给出+")):
        with use_language(language):
            for results, is_said in ((graded(made), True), (case(made), False), (made, False)):
                blocks = summary.build_exhibit(Page(results))
                said = " ".join(span.text for one in blocks if isinstance(one, Paragraph) for span in one.spans)
                assert (words in said) == is_said


@pytest.mark.usefixtures("unencoded")
def test_of_one_pair_an_old_calibration_is_removed_and_no_command_makes_another(made) -> None:
    results = case(made)
    stale = replace(results, sections=results.sections | {"calibration": "stale"})
    told = read_aside(build(stale), "What would be needed to know")
    assert f"remove calibrations/{stale.name}.csv." in told
    assert "twintrade calibrate" not in told


@pytest.mark.usefixtures("unencoded")
def test_no_page_calls_all_estimates_of_a_case_a_range(made) -> None:
    document = build(case(made))
    (keys,) = find(document, KeyNumbers)
    assert keys.numbers[0].value == "+31.2%"
    assert not any("estimates" in number.name for number in keys.numbers)
    assert "range of all" not in str(document.blocks).lower()


@pytest.mark.usefixtures("unencoded")
def test_every_reason_of_a_case_and_of_other_readings_is_a_sentence_in_both_languages(made) -> None:
    codes = "chance short floor second readings objects dates columns"
    for language in ("en-GB", "zh-CN"):
        with use_language(language):
            reasons = [str(r) for r in list_reasons(collect_facts(Page(case(made, reasons=codes))))]
        blocked = reasons[: len(codes.split())]
        assert len(set(blocked)) == len(blocked)
        assert all(r[-1] in ".。" for r in blocked)


@pytest.mark.usefixtures("unencoded")
def test_every_outcome_has_its_number_and_grade_and_holm_is_named(made) -> None:
    second = RECORD | NOT_CLEAR | {"grade": "cannot", "outcome": "imports", "reasons": "total"}
    results = with_payloads(made, evidence=pd.DataFrame([RECORD | {"outcome": "exports"}, second]))
    document = build(results)
    title = find(document, Heading)[0].text
    asked = build(replace(results, sections={**results.sections, "question": ""}))
    assert find(asked, Heading)[0].text.startswith("Did exports and imports change after the agreements? Exports: ")
    assert title.endswith("Exports: Some evidence of a rise; Imports: 8 pairs cannot tell us")
    (keys,) = find(document, KeyNumbers)
    assert (keys.numbers[-1].value, keys.numbers[-1].spread) == ("+12.0%", "95% range: −20.0% to +40.0%")
    assert keys.numbers[-1].name.startswith("Imports")
    told = read_aside(document, "How sure are we?")
    assert "Imports, asked about as well: Cannot tell (+12.0%, p = 0.30)." in told
    assert "With 2 outcomes" in told
    assert "Holm" not in read_aside(build(graded(made)), "How sure are we?")
    with use_language("zh-CN"):
        assert "进口：" in find(build(results), Heading)[0].text
