"""A first page contradicts neither itself nor its appendix, whatever its results are."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.render.brief.page_facts import LANGUAGES, list_faults, walk
from tests.render.brief.test_brief import PAIRS, PERIODS, claim
from tests.render.brief.test_grades import CASE, RECORD, TESTS
from tests.render.made_results import make_results
from twintrade.render.brief.document import write_amounts, write_range
from twintrade.render.brief.facts import Effect, collect_facts
from twintrade.render.brief.statements import list_changes, list_reasons
from twintrade.render.names import name_pair
from twintrade.render.page import Page
from twintrade.render.tables.register import name_traded
from twintrade.study.answers import AnalysisEnd, summarize_outcomes
from twintrade.text import Text, find_catalogue, pack_text, use_catalogue, use_language

RECIPES = ("totals", "paths", "graded", "case", "cases")
FEW, MANY = 20, 200
GRADES = ("strong", "some", "small", "nothing", "cannot")


def simulate_page(rng: np.random.Generator, recipe: str):
    """Results of a recipe with every number on page 1 drawn anew, some of them missing."""
    made = make_results(is_simulated=False, is_hostile=False)
    bands = made.bands.copy()
    effects = rng.normal(0, rng.choice([0.02, 0.3, 1.5]), len(bands))
    width = np.abs(rng.normal(0, 0.4, len(bands)))
    missing = rng.random(len(bands)) < 0.2
    bands = bands.assign(
        effect=effects,
        low=np.where(missing, math.nan, effects - width),
        high=np.where(missing, math.nan, np.where(rng.random(len(bands)) < 0.1, math.inf, effects + width)),
        p=np.where(missing, math.nan, rng.random(len(bands))),
    )
    verdicts = rng.choice(["objects", "does not object", "cannot tell"], len(made.findings))
    findings = made.findings.assign(verdict=verdicts)
    findings = findings[findings["diagnostic"] != "case_verdict"]
    payloads = {**made.payloads, "claims": claim(rng.choice(["supported", "not supported", "cannot tell"]))}
    n_treated = 1 if recipe == "case" else 8
    specifications = made.specifications.assign(
        n_treated_units=n_treated, target=rng.choice(["total", "average unit"], len(made.specifications))
    )
    results = replace(made, bands=bands, effects=made.effects, findings=findings, specifications=specifications)
    if recipe in ("totals", "graded"):
        payloads |= simulate_totals(rng)
        payloads |= {"percent_effects": pd.DataFrame({"label": ["total", "average"], "effect": rng.normal(0, 40, 2)})}
        payloads |= {"translation": simulate_translation(rng)}
        rows = [name_check_row(results, name) for name in ("concentration", "percent_effects")]
        results = replace(results, findings=pd.concat([findings, pd.DataFrame(rows)], ignore_index=True))
    if recipe in ("graded", "case"):
        payloads |= {"evidence": pd.DataFrame([simulate_grade(rng, recipe, payloads)])}
        payloads |= {"evidence_tests": TESTS.assign(percent=rng.normal(0, 50, 2))} if recipe == "case" else {}
    if recipe == "cases":
        payloads |= {"cases_forest": simulate_cases(rng)}
    return replace(results, payloads=payloads)


def name_check_row(results, name):
    headline = results.specifications[results.specifications["is_headline"]].iloc[0]
    column = {key: headline[key] for key in ("estimator", "specification")}
    return column | {"diagnostic": name, "payloads": name, "reason": "", "verdict": ""}


def simulate_totals(rng):
    """Payloads of totals by period and pair, and of the total without each pair, from one draw of both."""
    observed, expected = rng.lognormal(14, 1.5, (2, len(PAIRS)))
    pairs = PAIRS.assign(observed=observed, expected=expected, difference=observed - expected)
    pairs = pairs.sort_values("expected", ascending=False)
    sums = {k: (pairs[k] * pairs["n_periods"]) for k in ("observed", "expected")}
    without = 100 * ((sums["observed"].sum() - sums["observed"]) / (sums["expected"].sum() - sums["expected"]) - 1)
    shares = pairs.assign(share=sums["expected"] / sums["expected"].sum(), percent_without=without)
    low = PERIODS["expected"] * rng.uniform(0.3, 1.4, len(PERIODS))
    periods = PERIODS.assign(low=low.where(PERIODS["low"].notna()), high=(low * 2).where(PERIODS["low"].notna()))
    return {"treated_pairs": pairs, "treated_periods": periods, "concentration": shares}


def simulate_translation(rng):
    """Shares diverted in three models, most often of one sign, beside another outcome."""
    shares = rng.normal(rng.choice([-30, 0, 30]), 8, 3)
    ends = {"low": shares - rng.uniform(0, 9, 3), "high": shares + rng.uniform(0, 9, 3)}
    rows = pd.DataFrame({"outcome": "diverted", "estimate": shares, **ends})
    return pd.concat([rows.assign(outcome="pairs"), rows], ignore_index=True)


def simulate_grade(rng, recipe, payloads):
    """The record of a graded answer whose direction is that of its change."""
    percent = 100 * math.expm1(rng.normal(0, 0.8))
    grade = rng.choice(GRADES)
    record = (CASE if recipe == "case" else RECORD) | {"grade": grade, "percent": percent, "p": rng.uniform(0.001, 1)}
    record |= {"low": -80.0, "high": 300.0} if grade == "cannot" else {"low": percent - 5, "high": percent + 5}
    record |= {"side": "neither" if grade in ("cannot", "nothing") else "fall" if percent < 0 else "rise"}
    if recipe == "graded":
        shares, pairs = payloads["concentration"], payloads["treated_pairs"]
        sums = [(pairs[k] * pairs["n_periods"]).sum() for k in ("observed", "expected")]
        record |= {"total": 100 * (sums[0] / sums[1] - 1), "without_largest": shares["percent_without"].iloc[0]}
    return record


def simulate_cases(rng):
    """The forest of single pairs, their mean and it without each."""
    effects = rng.normal(0, 0.5, 7)
    groups = ["case by case"] * 5 + ["together"] * 2
    method = [""] * 5 + ["random-effects mean of 5 double ratios", ""]
    ends = {"low": effects - 1, "high": effects + 1, "level": 0.95, "scale": "log points"}
    return pd.DataFrame({"label": list("abcdefg"), "group": groups, "effect": effects, "method": method, **ends})


def list_faults_of(numbers):
    faults = []
    for number in numbers:
        rng = np.random.default_rng([47, number])
        results = simulate_page(rng, RECIPES[number % len(RECIPES)])
        faults += [
            f"{RECIPES[number % len(RECIPES)]} {number}: {f}" for f in list_faults(results, LANGUAGES[number % 2])
        ]
    return faults


def test_no_simulated_page_contradicts_itself():
    assert list_faults_of(range(FEW)) == []


@pytest.mark.slow
def test_none_of_many_simulated_pages_contradicts_itself():
    assert list_faults_of(range(FEW, MANY)) == []


def test_what_turns_the_sign_is_the_first_reason_under_every_verdict():
    """Without one pair the change points the other way: that comes before all that is said of chance or checks."""
    rng = np.random.default_rng(3)
    results = simulate_page(rng, "graded")
    shares = results.payloads["concentration"].assign(percent_without=[7.8, -25.9, -11.0])
    for grade in GRADES:
        record = RECORD | {"grade": grade, "percent": -10.2, "total": -10.2, "without_largest": 7.8}
        payloads = results.payloads | {"concentration": shares, "evidence": pd.DataFrame([record])}
        facts = collect_facts(Page(replace(results, payloads=payloads)))
        first = list_reasons(facts)[0]
        turned = {round(dict(text.values)["percent"], 1) for text in walk(first) if text.key == "brief.turned"}
        assert first.key == "brief.reason-methods"
        assert 7.8 in turned


def test_equal_estimates_count_once_and_the_answer_stays():
    results = simulate_page(np.random.default_rng(5), "paths")
    facts = collect_facts(Page(results))
    (column, effect), *others = facts.methods
    same = tuple((record, facts.effect) for record, _ in others)
    changes = list_changes(replace(facts, methods=((column, effect), *same)))
    assert [one.is_answer for one in changes].count(True) == 1
    assert len({one.effect.percent for one in changes}) == len(changes)


def test_a_range_is_in_one_unit_and_an_end_that_does_not_exist_is_not_printed():
    errors = (math.nan, math.nan)
    assert write_amounts(-1.02e9, 6e8, "US dollars", errors) == "−1.02 to 0.60 billion US dollars"
    assert write_amounts(-400.0, 250.0, "US dollars", errors) == "−400 to 250 US dollars"
    assert write_range(Effect(percent=1.0, low=-96.5, high=math.inf)) == "−96.5% or more"
    assert write_range(Effect(percent=1.0, low=-math.inf, high=4.0)) == "up to +4.0%"
    assert write_range(Effect(percent=1.0, low=-96.9, high=11396.9)) == "−96.9% to more than tenfold"
    with use_language("zh-CN"):
        assert write_range(Effect(percent=1.0, low=-96.5, high=math.inf)) == "−96.5%或更高"
        assert write_amounts(-1.02e9, 6e8, "美元", errors) == "−10.2至6.0亿美元"


def test_more_than_tenfold_is_no_number_in_a_sentence_nor_in_the_terminal():
    end = AnalysisEnd("made", "done", summary={"effect": 2.4, "low": -1.0, "high": 13.306, "scale": "percent"})
    high = replace(end, summary={**end.summary, "high": 1330.6})
    assert ("+13.3%" in summarize_outcomes([end]), "more than tenfold" in summarize_outcomes([end])) == (True, False)
    assert "−1.0% to more than tenfold" in summarize_outcomes([high])
    assert "more than 900% above" in str(Text("brief.told-rise", outcome="exports", size=1330.6, range=""))


def test_a_state_is_called_by_its_name_and_the_place_that_signed_stands_behind_it():
    names = {"TX": "Texas", "CA": "California"}
    with use_catalogue(find_catalogue().knowing(names)):
        assert name_pair("San Antonio (TX) – Baguio, Philippines") == "Texas (San Antonio) – Baguio, Philippines"
        assert name_pair("California (CA) – Punjab, Pakistan") == "California – Punjab, Pakistan"
        assert name_pair("Cleveland (OH) – Kigali, Rwanda") == "Cleveland (OH) – Kigali, Rwanda"
        row = {"unit": "TX-PHL", "city": "Texas", "signatory": "San Antonio", "partner_city": "Baguio"}
        assert name_traded(row) == "Texas (San Antonio) – Baguio"
    assert name_traded(row | {"city": "TX"}) == "San Antonio – Baguio"


def test_a_text_that_states_a_range_is_packed_with_its_numbers():
    text = Text("brief.reason-methods", n=2, low=-1.0, high=2.0, turned=0, named="")
    assert '"low": -1.0' in pack_text(text)
