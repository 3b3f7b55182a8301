"""The claims ledger says supported only on an interval, and never that nothing was found because nothing was seen."""

from dataclasses import replace

import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.effects import Finding, ResultSet, build_findings_frame
from twintrade.effects.estimate import BAND_COLUMNS, EFFECT_COLUMNS
from twintrade.effects.messages import build_messages_frame
from twintrade.effects.result_set import SPECIFICATION_COLUMNS
from twintrade.study.claims.ledger import build_ledger, load_claims

NAMED = {f"C{i}" for i in range(1, 17)}


def results(low=-0.1, high=0.3, effect=0.1, findings=(), **payloads):
    spec = dict.fromkeys(SPECIFICATION_COLUMNS, "") | {"estimator": "ppml", "specification": "a", "label": "PPML"}
    band = dict.fromkeys(BAND_COLUMNS, float("nan")) | {
        "kind": "overall", "effect": effect, "scale": "log points", "inference": "clustered", "level": 0.95,
        "low": low, "high": high, "p": 0.04,
    }  # fmt: skip
    keys = {"estimator": "ppml", "specification": "a"}
    return ResultSet(
        name="tiny",
        title="Tiny",
        data=pd.DataFrame(),
        twinnings=pd.DataFrame(),
        specifications=pd.DataFrame([spec | {"is_headline": True, "is_skipped": False}]),
        effects=pd.DataFrame(columns=["estimator", "specification", *EFFECT_COLUMNS]),
        bands=pd.DataFrame([keys | band]),
        findings=build_findings_frame((f, ("ppml", "a"), ()) for f in findings),
        messages=build_messages_frame([]),
        payloads={k: pd.DataFrame(v) for k, v in payloads.items()},
    )


def of(found, claim):
    return found.set_index("claim_id").loc[claim]


def finding(check, verdict, value=0.5, sentence="What was found.", **facts):
    return Finding(diagnostic=check, verdict=verdict, text=sentence, value=value, unit="p", **facts)


POWER = Finding(
    diagnostic="power", verdict="informs", text="With these data ...", value=0.5, unit="log points", detectable=0.5
)


def test_the_claim_about_the_effect_names_what_was_estimated():
    found = results()
    for outcome, claim in (("exports", "Exports to"), ("imports", "Imports from"), ("trade", "Trade with")):
        named = replace(found, specifications=found.specifications.assign(outcome=outcome))
        assert of(build_ledger(named), "C1")["claim"].startswith(claim)


def test_every_named_claim_stands_in_the_ledger_of_every_analysis():
    assert {c["id"] for c in load_claims()} == NAMED
    found = build_ledger(results())
    assert set(found["claim_id"]) == NAMED
    assert set(found["verdict"]) <= {"supported", "not supported", "cannot tell"}
    assert not of(found, "C5")["is_examined"]
    assert "Not examined" in of(found, "C5")["answer"]
    lacking = found[found["need"] != ""]
    assert not lacking["is_examined"].any()
    assert set(found["claim_id"]) - set(lacking["claim_id"]) == {"C1", "C12", "C13"}


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.01, 0.3, "supported"), (-0.3, -0.01, "not supported"), (-0.1, 0.3, "cannot tell")]
)
def test_a_rise_is_what_the_interval_says(low, high, verdict):
    assert of(build_ledger(results(low, high)), "C1")["verdict"] == verdict


def test_an_objection_takes_support_away_and_no_interval_gives_none():
    objected = build_ledger(results(0.01, 0.3, findings=[finding("pretrends", "objects")]))
    assert of(objected, "C1")["verdict"] == "cannot tell"
    assert "Pre-trends objects" in of(objected, "C1")["answer"]
    nothing = float("nan")
    bare = of(build_ledger(results(nothing, nothing)), "C1")
    assert bare["verdict"] == "cannot tell"
    assert "Without an interval the claim cannot be supported" in bare["answer"]


def test_the_minimum_detectable_effect_is_the_placebo_one_where_it_was_drawn():
    assert of(build_ledger(results(findings=[POWER])), "C1")["detectable"] == "+64.9% (placebo designs)"
    # (0.3 + 0.1) / 2 / 1.96 standard errors times 2.80, in percent
    assert of(build_ledger(results()), "C1")["detectable"] == "+33.1% (from the interval)"


def test_equal_effects_are_never_concluded_from_a_test_that_does_not_reject():
    rows = [
        {"label": "before 2000", "effect": 0.1, "low": -0.2, "high": 0.4, "group": "era", "p_equality": 0.6},
        {"label": "from 2000", "effect": 0.2, "low": 0.1, "high": 0.3, "group": "era", "p_equality": 0.6},
    ]
    assert of(build_ledger(results(forest=rows)), "C3")["verdict"] == "cannot tell"
    told = [r | {"p_equality": 0.01} for r in rows]
    assert of(build_ledger(results(forest=told)), "C3")["verdict"] == "supported"
    turned = [told[0] | {"effect": 0.3}, told[1]]
    assert of(build_ledger(results(forest=turned)), "C3")["verdict"] == "not supported"
    partner = [r | {"group": "partner"} for r in rows]
    assert of(build_ledger(results(forest=partner)), "C14")["verdict"] == "cannot tell"


def group(label, effect, by, half=0.05, p_equality=0.001):
    return {"label": label, "effect": effect, "low": effect - half, "high": effect + half, "group": by,
            "p_equality": p_equality}  # fmt: skip


@loop_over(
    ("claim", "rows", "verdict"),
    [
        # Both eras lost trade, the recent one less: it does not work.
        ("C3", [group("before 2000", -0.4, "era"), group("from 2000", -0.1, "era")], "cannot tell"),
        ("C3", [group("before 2000", -0.4, "era"), group("from 2000", 0.02, "era")], "cannot tell"),
        ("C3", [group("before 2000", -0.4, "era"), group("from 2000", 0.1, "era")], "supported"),
        ("C4", [group("activity: low", 0.4, "activity"), group("activity: high", 0.1, "activity")], "not supported"),
        ("C4", [group("activity: low", 0.1, "activity"), group("activity: high", 0.4, "activity")], "supported"),
        (
            "C4",
            [group("kept_alive: 0", 0.4, "kept_alive"), group("kept_alive: 1", 0.1, "kept_alive")],
            "not supported",
        ),
        ("C4", [group("this", 0.1, "activity"), group("that", 0.4, "activity")], "cannot tell"),
        # That one group is far below the others says nothing of the two that lie side by side.
        (
            "C10",
            [group("friendship", 0.19, "kind"), group("memorandum", -0.5, "kind"), group("sister city", 0.2, "kind")],
            "cannot tell",
        ),
        (
            "C10",
            [group("friendship", 0.0, "kind"), group("memorandum", -0.5, "kind"), group("sister city", 0.2, "kind")],
            "supported",
        ),
        (
            "C10",
            [group("friendship", 0.5, "kind"), group("memorandum", -0.5, "kind"), group("sister city", 0.2, "kind")],
            "not supported",
        ),
    ],
)
def test_a_claim_about_groups_needs_the_group_that_it_names_to_be_the_larger_one(claim, rows, verdict):
    assert of(build_ledger(results(forest=rows)), claim)["verdict"] == verdict


def test_more_firms_is_what_the_number_of_firms_says():
    rows = [
        {"label": "firms", "group": "margin", "effect": 0.3, "low": 0.1, "high": 0.5, "p": 0.01},
        {"label": "exports per firm", "group": "margin", "effect": -0.2, "low": -0.3, "high": -0.1, "p": 0.001},
    ]
    assert of(build_ledger(results(margins=rows)), "C5")["verdict"] == "supported"
    assert of(build_ledger(results(margins=rows[::-1])), "C5")["verdict"] == "not supported"


def test_the_smallest_of_several_checks_p_values_counts_as_many_times_as_there_are():
    def said(*p):
        tested = zip(("selection", "pretrends", "anticipation"), p, strict=True)
        made = [finding(name, "objects" if value < 0.05 else "cannot tell", value) for name, value in tested]
        return of(build_ledger(results(findings=made)), "C16")

    assert said(0.03, 0.6, 0.7)["verdict"] == "cannot tell"
    assert said(0.03, 0.6, 0.7)["p"] == pytest.approx(0.09)
    assert said(0.01, 0.6, 0.7)["verdict"] == "not supported"


def test_no_effect_is_surer_to_exceed_a_tenth_than_to_differ_from_zero():
    own = [{"text": "At least 5 % more.", "id": "X", "about": "ppml/a", "direction": "higher", "at_least": 5.0}]
    assert of(build_ledger(results(0.1, 0.3), own), "X")["p"] == pytest.approx(0.04)


def test_a_break_elsewhere_is_not_support_and_no_break_is_no_proof():
    def said(verdict, p):
        return of(build_ledger(results(findings=[finding("unknown_break", verdict, p)])), "C2")["verdict"]

    assert said("does not object", 0.01) == "supported"
    assert said("objects", 0.01) == "not supported"
    assert said("objects", 0.4) == "cannot tell"


def test_checks_that_do_not_object_do_not_prove_that_the_tie_came_first():
    silent = [finding("selection", "none"), finding("pretrends", "does not object")]
    found = of(build_ledger(results(findings=silent)), "C16")
    assert found["verdict"] == "cannot tell"
    assert found["answer"].endswith("That no such check of the headline objects is no proof.")
    of_another = results(findings=silent)
    of_another = replace(of_another, findings=of_another.findings.assign(specification="b"))
    answer = of(build_ledger(of_another), "C16")["answer"]
    assert answer.endswith("That no such check of other columns objects is no proof.")
    follows = [finding("selection", "objects", 0.01)]
    assert of(build_ledger(results(findings=follows)), "C16")["verdict"] == "not supported"


@pytest.mark.parametrize(("scale", "shown"), [("percent", "−8.9% (−77.6% to 72.7%)"), ("log points", "−100%")])
def test_parts_are_told_on_the_scale_of_the_column_that_was_checked(scale, shown):
    rows = {"label": ["other cities"], "group": ["spillover"], "effect": [-8.9], "low": [-77.6], "high": [72.7]}
    found = results(findings=[finding("spillovers", "cannot tell")], spillovers=rows)
    found = replace(
        found, bands=found.bands.assign(scale=scale), findings=found.findings.assign(payloads="spillovers")
    )
    assert shown in of(build_ledger(found), "C15")["answer"]


def test_a_user_adds_claims_about_a_column_or_a_check():
    own = [
        {"text": "At least a tenth more.", "id": "X", "about": "ppml/a", "direction": "higher", "at_least": 10.0},
        {"text": "Trends were parallel.", "about": "pretrends"},
        {"text": "Nothing of this.", "about": "nonsense"},
    ]
    found = build_ledger(results(0.05, 0.3, findings=[finding("pretrends", "does not object")]), own)
    assert of(found, "X")["verdict"] == "cannot tell"  # 5 log points are less than a tenth
    assert of(build_ledger(results(0.12, 0.3), own), "X")["verdict"] == "supported"
    assert of(build_ledger(results(-0.3, 0.05), own), "X")["verdict"] == "not supported"
    assert of(found, "own-2")["verdict"] == "cannot tell"  # p = 0.5: a check that finds nothing proves nothing
    assert not of(found, "own-3")["is_examined"]


@pytest.mark.parametrize(
    ("claimed", "higher", "lower"),
    [
        ("higher", "supported", "not supported"),
        ("lower", "not supported", "supported"),
        ("not lower", "supported", "not supported"),
        ("different", "supported", "supported"),
    ],
)
def test_a_single_case_is_answered_by_its_placebos_and_their_direction(claimed, higher, lower):
    own = [{"text": "Exports moved.", "id": "X", "about": "headline", "direction": claimed}]

    def said(p, direction, *others):
        case = results(findings=others, evidence=of_case(p, direction))
        return of(build_ledger(case, own), "X")["verdict"]

    assert said(0.02, "higher") == higher
    assert said(0.02, "lower") == said(0.05, "lower") == lower
    assert said(0.05, "higher") == higher  # as the interval, which excludes zero exactly if p is at most 0.05
    assert said(0.4, "higher") == said(float("nan"), "lower") == "cannot tell"
    assert said(0.02, "higher", finding("placebo_time", "objects", 0.01)) == "cannot tell"


def of_case(p, direction, floor=0.02):
    ends = [4.0, 66.0] if p <= 0.05 else [-20.0, 66.0]
    percent, (low, high) = (31.0, ends) if direction == "higher" else (-31.0, sorted(-one for one in ends))
    row = {"grade": "some" if p <= 0.05 else "cannot", "percent": percent, "low": low, "high": high, "p": p}
    return pd.DataFrame([row | {"rise_found": 150.0, "fall_found": -60.0, "floor": floor, "inference": "placebo"}])


def test_a_placebo_floor_above_the_level_says_that_the_design_cannot_support_it():
    case = results(evidence=of_case(0.06, "higher", floor=0.06))
    found = of(build_ledger(case), "C1")
    assert found["verdict"] == "cannot tell"
    assert "cannot be supported by this design" in found["answer"]
    assert found["answer"].startswith("Ranked among all pairs: 31.0%")


def test_the_main_claim_stands_alone_and_the_others_share_the_level():
    own = [{"text": f"Part {k}.", "id": f"X{k}", "about": "ppml/a", "direction": "higher"} for k in range(3)]
    found = build_ledger(results(0.001, 0.3), own)  # p = 0.04
    assert of(found, "C1")["verdict"] == "supported"
    assert {of(found, f"X{k}")["verdict"] for k in range(3)} == {"cannot tell"}
    assert "Holm" in of(found, "X0")["answer"]
    assert of(build_ledger(results(0.001, 0.3), own[:1]), "X0")["verdict"] == "supported"


@pytest.mark.parametrize("kind", ["effect", "case", "break"])
def test_an_objection_takes_support_from_every_kind_of_claim(kind):
    claim, findings, payloads = {
        "effect": ("C1", [], {}),
        "case": ("C1", [], {"evidence": of_case(0.01, "higher")}),
        "break": ("C2", [finding("unknown_break", "does not object", 0.01)], {}),
    }[kind]
    assert of(build_ledger(results(0.1, 0.3, findings=findings, **payloads)), claim)["verdict"] == "supported"
    objected = [*findings, finding("placebo_time", "objects", 0.01)]
    found = of(build_ledger(results(0.1, 0.3, findings=objected, **payloads)), claim)
    assert found["verdict"] == "cannot tell"
    assert "objects" in found["answer"]


@pytest.mark.parametrize("nonsense", ["", "Not available.", "It stood above what it was below.", "青 ☂ 0.01"])
def test_no_verdict_hangs_on_the_words_of_a_finding(nonsense):
    """Every claim is answered from typed columns: other sentences leave every verdict as it was."""
    found = [
        finding("case_verdict", "informs", 0.04, direction="lower"),
        finding("unknown_break", "objects", 0.4),
        finding("selection", "objects", 0.01),
        finding("pretrends", "none", reason="there is no period before"),
        POWER,
    ]
    told, other = (
        build_ledger(results(findings=findings)) for findings in (found, [replace(f, text=nonsense) for f in found])
    )
    kept = ["claim_id", "claim", "verdict", "detectable", "is_examined"]
    pd.testing.assert_frame_equal(told[kept], other[kept])
    assert of(other, "C1")["verdict"] == "cannot tell"  # two checks object


def test_a_check_that_could_not_be_made_is_not_examined():
    lacking = finding("unknown_break", "none", float("nan"), "Anything.", reason="the series is too short")
    found = of(build_ledger(results(findings=[lacking])), "C2")
    assert (found["verdict"], found["is_examined"]) == ("cannot tell", False)
    assert of(build_ledger(results(findings=[replace(lacking, reason="")])), "C2")["is_examined"]


MEAN = {
    "label": "random-effects mean", "group": "together", "effect": -0.315, "low": -1.08, "high": 0.45,
    "scale": "log points", "method": "random-effects mean of 8 double ratios",
    "interval_method": "Hartung-Knapp, truncated: its variance factor of 0.3 is raised to 1", "level": 0.95,
}  # fmt: skip


def test_several_cases_have_one_answer_the_headline_s_with_what_it_could_have_found():
    """Two methods answer for the same pairs: both are named, and one of them is the answer."""
    found = of(build_ledger(results(0.01, 0.3, findings=[POWER], cases_forest=[MEAN])), "C1")
    assert found["verdict"] == "supported"
    assert found["answer"].startswith("PPML: +10.5%")
    assert (
        "By another method, which is not the answer: random-effects mean of 8 double ratios −27.0%" in found["answer"]
    )
    assert "Hartung-Knapp, truncated" in found["answer"]
    assert found["detectable"] == "+64.9% (placebo designs)"


def test_the_mean_of_cases_answers_where_it_is_all_there_is():
    only = results(cases_forest=[MEAN | {"low": 0.1, "high": 0.4}])
    only = replace(only, bands=only.bands.iloc[:0])
    found = of(build_ledger(only), "C1")
    assert found["verdict"] == "supported"
    assert found["answer"].startswith("random-effects mean of 8 double ratios −27.0%")
    assert found["detectable"].endswith("(from the interval)")


GRADED = {"percent": 31.0, "low": 4.0, "high": 66.0, "p": 0.02, "rise_found": 77.0, "fall_found": -44.0}


@pytest.mark.parametrize(
    ("grade", "changed", "main", "own"),
    [
        ("some", {}, "supported", "cannot tell"),
        ("strong", {"low": 20.0}, "supported", "supported"),
        ("small", {"percent": 4.0, "low": 1.0, "high": 8.0}, "supported", "not supported"),
        ("strong", {"percent": -31.0, "low": -50.0, "high": -4.0}, "not supported", "not supported"),
        ("cannot", {}, "cannot tell", "cannot tell"),
        ("nothing", {"percent": 1.0, "low": -2.0, "high": 3.0, "p": 0.6}, "cannot tell", "cannot tell"),
    ],
)
def test_the_claim_about_the_headline_is_answered_by_its_grade(grade, changed, main, own):
    """Neither the headline's own interval nor an objection of another check moves what page 1 says already."""
    at_least = {"id": "own", "text": "At least 11.6 %.", "about": "headline", "direction": "higher", "at_least": 11.6}
    evidence = pd.DataFrame([{"grade": grade, **GRADED, **changed}])
    for low, high, findings in ((-0.3, -0.01, []), (0.01, 0.3, [finding("honest", "objects")])):
        found = build_ledger(results(low, high, findings=findings, evidence=evidence), [at_least])
        assert of(found, "C1")["verdict"] == main
        assert of(found, "own")["verdict"] == own
        assert "Against pairs as large and growing" in of(found, "C1")["answer"]
        assert of(found, "C1")["detectable"].startswith("a rise of 77")


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(2.0, 30.0, "supported"), (-30.0, -2.0, "not supported"), (-5.0, 30.0, "cannot tell")],
)
def test_offices_abroad_are_judged_by_what_an_agreement_does_where_one_is_less_what_it_does_alone(low, high, verdict):
    row = {
        "label": "the office in force already, less the agreement alone",
        "effect": (low + high) / 2,
        "p": float("nan"),
    }
    rows = [row | {"group": "office", "low": low, "high": high}, row | {"group": "alone", "low": 5.0, "high": 9.0}]
    found = of(build_ledger(results(policy_effects=rows)), "C11")
    assert (found["verdict"], found["is_examined"]) == (verdict, True)
    assert "less the agreement alone" in found["answer"]
    assert "agreement alone: 7" not in found["answer"]
    found = of(build_ledger(results(policy_effects=[rows[0] | {"scale": "points"}])), "C11")
    assert f"{(low + high) / 2:+.1f} percentage points" in found["answer"].replace("−", "-")
    assert "%" not in found["answer"]
