"""Other software estimates a stored ladder again from data.csv, and a number that is off is found."""

from dataclasses import replace

import numpy as np
import pytest

from twintrade.effects.messages import CROSS_CHECKS, TOLERANCE, CrossCheck
from twintrade.study.proof import add_cross_checks, checks
from twintrade.study.proof.checks import check_columns, list_further_questions
from twintrade.study.proof.columns import read_columns
from twintrade.study.proof.regressions import take_root

TWINS = 1e-8
CLUSTERED = '\n[inference]\nname = "clustered"\ndraws = 199\n'
LADDER = """
[[estimator]]
name = "twfe"
transform = "log"
fixed_effects = "two_way"
[[estimator]]
name = "twfe"
transform = "log"
cluster = ["unit"]
[[estimator]]
name = "ppml"
cluster = ["period", "city"]
[[estimator]]
name = "imputation"
transform = "log"
[[estimator]]
name = "imputation"
family = "poisson"
measure = "percent"
key = "total"
headline = true
[[estimator]]
name = "imputation"
family = "poisson"
measure = "difference"
key = "money"
[[estimator]]
name = "imputation"
family = "poisson"
measure = "log_ratio"
key = "average"
fixed_effects = "two_way"
[[estimator]]
name = "etwfe"
family = "poisson"
measure = "percent"
key = "total"
[[estimator]]
name = "etwfe"
transform = "log"
key = "logs"
without = ["Alder-GBR"]
[[estimator]]
name = "sun_abraham"
transform = "log"
fixed_effects = "two_way"
[[estimator]]
name = "twfe"
transform = "log"
key = "trends"
fixed_effects = "two_way"
unit_trends = true
[[estimator]]
name = "imputation"
transform = "share_of_partner"
key = "share"
"""
CASE = 'recipe = "single_case"\ndiagnostic = []\n[case]\ncity = "Alder"\npartner = "GBR"\n'


def test_every_column_comes_out_the_same_or_says_why_not(estimate, spec_text):
    head = spec_text[: spec_text.index("[[estimator]]")]
    results = add_cross_checks(estimate(head + LADDER + CLUSTERED))
    table = results.payloads[CROSS_CHECKS].astype(object).fillna("")
    by_column = {f"{e}/{s}": part for (e, s), part in table.groupby(["estimator", "specification"], sort=False)}
    assert len(by_column) == 12
    same = table[table["estimand"].eq("same") & table["software"].ne("")]
    assert same["verdict"].eq("agrees").all(), same[same["verdict"] != "agrees"].to_string()
    for name in ("twfe/log-two-way", "twfe/log-gravity", "ppml/level-gravity", "etwfe/total", "etwfe/logs"):
        first = by_column[name].iloc[0]
        assert first["stored_error"] > 0, name
        assert abs(first["error_difference"]) < TOLERANCE * max(1, first["stored_error"]), name
    twins = same[same["software"].str.startswith("numpy")]
    assert len(twins) == 4
    assert (twins["difference"].astype(float).abs() <= TWINS * twins["stored"].abs().clip(lower=1)).all()
    others = by_column["twfe/log-two-way"].iloc[1:]
    assert list(others["verdict"]) == ["other estimand"] * 3
    assert (others["difference"].astype(float).abs() > TOLERANCE).any()
    assert "no independent implementation" in by_column["sun_abraham/log-two-way"]["note"].iloc[0]
    assert "totals behind" in by_column["imputation/share"]["note"].iloc[0]
    assert "unit_trends" in by_column["twfe/trends"]["note"].iloc[0]
    assert "def repeat_imputation(" in results.sections["twins"]
    assert "def repeat_double_ratio(" not in results.sections["twins"]


def test_twins_of_a_single_case_give_the_same_numbers(estimate, spec_text):
    head = spec_text[: spec_text.index("[[estimator]]")].replace('fixed_effects = "gravity"', "")
    head = head.replace("\n[data]", f"\n{CASE}\n[data]", 1)
    results = estimate(head + '\n[inference]\nname = "placebo"\n')
    answers = [c for c in check_columns(read_columns(results)) if c.software.startswith("numpy")]
    assert {c.estimator for c in answers} == {"double_ratio", "synthetic_control"}
    assert len(answers) == 6
    for check in answers:
        assert check.estimand == "other" or abs(check.difference) < TWINS, check
    assert sum(check.estimand == "same" for check in answers) >= 5


def test_a_number_that_is_off_is_found_and_said(estimate, spec_text):
    results = estimate(spec_text)
    effects = results.effects.assign(effect=results.effects["effect"] + 2 * TOLERANCE)
    off = add_cross_checks(replace(results, effects=effects))
    assert off.payloads[CROSS_CHECKS]["verdict"].iloc[0] == "differs"
    said = off.messages[off.messages["code"] == checks.DIFFERS]["message"]
    assert len(said) == 1
    assert "report this" in said.iloc[0]
    bands = results.bands.assign(se=results.bands["se"] * 1.01)
    assert add_cross_checks(replace(results, bands=bands)).payloads[CROSS_CHECKS]["verdict"].iloc[0] == "differs"
    shifted = results.data.assign(outcome=results.data["outcome"].where(results.data["period"] < 2014, 1.0))
    assert next(iter(check_columns(read_columns(replace(results, data=shifted))))).verdict == "differs"


def test_a_run_leaves_dear_checks_to_the_command(estimate, spec_text, monkeypatch):
    results = estimate(spec_text)
    monkeypatch.setattr(checks, "CHEAP", 1.0)
    assert CROSS_CHECKS not in add_cross_checks(results).payloads


def test_a_failure_of_other_software_is_a_row_with_its_words(estimate, spec_text):
    def broken(column):
        raise ValueError("array must not contain infs")

    results = estimate(spec_text)
    check = next(iter(check_columns(read_columns(results), {"twfe": (broken,)})))
    assert check.verdict == "not compared"
    assert "array must not contain infs" in str(check.note)


@pytest.mark.parametrize(
    ("apart", "size", "verdict"),
    [(0.9e-6, 0.1, "agrees"), (1.1e-6, 0.1, "differs"), (9e-4, 1000.0, "agrees"), (np.nan, 1.0, "not compared")],
)
def test_two_numbers_agree_within_the_tolerance(apart, size, verdict):
    check = CrossCheck(estimator="a", specification="b", label="c", software="d", stored=size, estimate=size + apart)
    assert check.verdict == verdict
    other = replace(check, estimand="other").verdict
    assert other == ("not compared" if verdict == "not compared" else "other estimand")


def test_further_software_is_asked_only_where_it_is_installed(monkeypatch):
    monkeypatch.setattr("twintrade.study.proof.checks.has_library", lambda name: False)
    assert list_further_questions() == {}


def test_a_negative_variance_is_no_error_and_no_warning(recwarn):
    assert take_root(0.25) == 0.5
    assert np.isnan(take_root(-1e-9))
    assert not recwarn.list
