"""What other dates, other comparison pairs and objecting checks make of a grade: they lower it and never raise it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.study.claims.test_headline_money import PERCENT, headline, ran
from twintrade.effects import Finding
from twintrade.study.run.columns import ColumnFinding, Ladder, settle_grade
from twintrade.text import Listed, Text

ROW = {
    "grade": "strong", "side": "rise", "reasons": "", "percent": 31.0, "low": 20.0, "high": 60.0, "p": 0.004,
    "inference": "randomization",
}  # fmt: skip


@pytest.fixture
def estimated(project, spec_text):
    """The headline, and the same column with another sample."""
    ours = headline(ran(project, spec_text, PERCENT))
    section = ours.column.design.model_copy(update={"without": ["C0-P0"]})
    return ours, replace(ours, column=replace(ours.column, design=section, key="other", is_headline=False))


def having(one, effect, p):
    (overall,) = [b for b in one.bands if b.estimate.kind == "overall"]
    estimate = replace(overall.estimate, effects=np.array([effect]))
    return replace(one, bands=(replace(overall, estimate=estimate, p=np.array([p])),))


def conclude(of, diagnostic="evidence", verdict="informs", **changed):
    table = pd.DataFrame([ROW | changed])
    return ColumnFinding(Finding(diagnostic=diagnostic, verdict=verdict, text="", table=table), of)


def settle(estimated, *concluded):
    ladder = settle_grade(Ladder(tuple(estimated), tuple(concluded)))
    assert len(ladder.concluded) == len(concluded)
    row = ladder.graded.table.iloc[0]
    if row["grade"] != concluded[0].finding.table["grade"].item():
        pd.testing.assert_frame_equal(ladder.graded.payloads["evidence"], ladder.graded.table)
    return row["grade"], row["side"], row["reasons"]


@pytest.mark.parametrize(
    ("grade", "effect", "p", "expected"),
    [
        ("strong", 5.0, 0.05, ("strong", "rise", "")),
        ("strong", 5.0, 0.051, ("some", "rise", "columns")),
        ("strong", 5.0, np.nan, ("some", "rise", "columns")),
        ("strong", -5.0, 0.4, ("cannot", "neither", "columns")),
        ("some", 5.0, 0.4, ("some", "rise", "")),
        ("some", -5.0, 0.4, ("cannot", "neither", "columns")),
        ("nothing", -5.0, 0.4, ("nothing", "rise", "")),  # whatever its sign, it is too small to matter
    ],
)
def test_another_reading_must_have_the_same_sign_and_for_strong_a_small_p(estimated, grade, effect, p, expected):
    ours, other = estimated
    assert settle((ours, having(other, effect, p)), conclude(ours, grade=grade)) == expected


def test_another_method_on_the_same_pairs_and_dates_is_no_other_reading(estimated):
    ours, other = estimated
    same = replace(having(other, -5.0, 0.4), column=replace(other.column, design=ours.column.design))
    assert settle((ours, same), conclude(ours)) == ("strong", "rise", "")


@pytest.mark.parametrize(
    ("changed", "expected", "p", "ends"),
    [
        ({"p": 0.001, "low": 25.0}, ("strong", "rise", ""), 0.004, (20.0, 60.0)),
        ({"p": 0.03, "grade": "some", "low": 2.0}, ("some", "rise", ""), 0.03, (2.0, 60.0)),
        ({"p": 0.002, "grade": "some"}, ("some", "rise", "dates"), 0.004, (20.0, 60.0)),
        ({"p": 0.3, "grade": "cannot", "side": "neither", "low": -9.0}, ("cannot", "neither", ""), 0.3, (-9.0, 60.0)),
        ({"side": "fall", "low": -60.0, "high": -5.0}, ("cannot", "neither", "dates"), 0.004, (-60.0, 60.0)),
    ],
)  # fmt: skip
def test_of_dates_of_equal_standing_the_larger_p_counts(estimated, changed, expected, p, ends):
    """The check is made of both columns; without it the second would be a reading alone."""
    ours, other = estimated
    both = (ours, having(other, 5.0, 0.01))
    for order in (1, -1):
        checks = [conclude(ours), conclude(other, **changed)][::order]
        row = settle_grade(Ladder(both, tuple(checks))).graded.table.iloc[0]
        assert (row["grade"], row["side"], row["reasons"]) == expected
        assert (row["p"], row["low"], row["high"]) == (p, *ends)


def test_a_pair_does_not_stand_out_if_a_check_objects_and_several_pairs_are_graded_as_before(estimated):
    ours, _ = estimated
    objecting = ColumnFinding(Finding(diagnostic="placebo_time", verdict="objects", text=""), ours)
    case = conclude(ours, "case_verdict", grade="some", inference="placebo")
    assert settle((ours,), case, objecting) == ("cannot", "neither", "objects")
    assert settle((ours,), case) == ("some", "rise", "")
    assert settle((ours,), conclude(ours), objecting) == ("strong", "rise", "")


def test_the_sentence_of_the_check_says_the_settled_grade(estimated):
    """The appendix must not call strong what page 1 cannot tell."""
    ours, other = estimated
    words = Text(
        "checks.evidence", grade="strong", direction="rise", percent=31.0, total=40.0, ordinary=7.0, p=0.004,
        objects="no",
    )  # fmt: skip
    row = {"total": 40.0, "ordinary": 7.0}
    one = conclude(ours, **row)
    one = replace(one, finding=replace(one.finding, text=words))
    ladder = settle_grade(Ladder((ours, having(other, -5.0, 0.4)), (one,)))
    assert ladder.graded.sentence.startswith("The data cannot tell: ")
    out = Text("checks.case-stands-out", move="the flow rose", rank="rank p = 0.02")
    case = conclude(ours, "case_verdict", grade="some", inference="placebo")
    case = replace(case, finding=replace(case.finding, text=Listed((out,), "sentences")))
    objecting = ColumnFinding(Finding(diagnostic="placebo_time", verdict="objects", text=""), ours)
    said = settle_grade(Ladder((ours,), (case, objecting))).graded.sentence
    assert said.startswith("Does not stand out: the flow rose; rank p = 0.02; a check objects")
