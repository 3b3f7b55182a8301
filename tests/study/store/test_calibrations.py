"""A calibration of an analysis: made by the command, and quoted by its page until data or design change."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import typer

from twintrade import commands
from twintrade.diagnostics.sensitivity.evidence import EvidenceOfChange
from twintrade.errors import SpecError
from twintrade.fanout import Workers
from twintrade.inference import calibration
from twintrade.inference.refits import build_case
from twintrade.render.reading import find_graded
from twintrade.study import preregister
from twintrade.study.execute import execute, plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.preregister import write_calibration
from twintrade.study.redraw import redraw
from twintrade.study.run.columns import run
from twintrade.study.spec.spec_text import parse_tables
from twintrade.study.store.fingerprint import get_calibration_path
from twintrade.study.store.freshness import PAGE, list_changes
from twintrade.study.store.locating import Analysis
from twintrade.study.store.replay import hash_verdict, read_results
from twintrade.text import parse_text

TOTAL = '[[estimator]]\nname = "imputation"\nfamily = "poisson"\nmeasure = "percent"\n'
QUICK_HEAD = "\n[inference]\n"
FEWEST, FEW = calibration.FEWEST, 4
"""Placebo registers, each judged by few deals: what is told of rates is looked at here, not the rates."""
EVIDENCE = '\n[[diagnostic]]\nname = "evidence"\ndraws = 99\n'


@pytest.fixture
def graded(project, spec_text, monkeypatch) -> str:
    """The text of an analysis with a verdict; few effects are planted in few registers."""
    monkeypatch.setattr(calibration, "FEWEST", FEW)
    monkeypatch.setattr("twintrade.inference.evidence.MOST_DRAWS", 99)  # however close a bound is
    monkeypatch.setattr(calibration, "SIZES", np.log1p(np.array([0.5, 4.0])))
    text = spec_text.replace('[[estimator]]\nname = "twfe"\ntransform = "log"\n', TOTAL)
    text = re.sub(r'transform = "log"', 'transform = "level"', text).replace("clustered", "auto")
    text += EVIDENCE
    (project / "analyses" / "tiny.toml").write_text(text, encoding="utf-8")
    return text


def run_calibration(project, text, times=FEW, draws=29, told=lambda event: None) -> pd.DataFrame:
    analysis = Analysis(project, "tiny", text)
    write_calibration(analysis, times=times, draws=draws, workers=Workers(), progress=told)
    return pd.read_csv(project / "calibrations" / "tiny.csv")


def read_page(project) -> str:
    page = (project / "results" / "tiny" / "brief.html").read_text(encoding="utf-8")
    return re.sub(r"<[^>]+>", "", page)


def test_a_page_quotes_the_calibration_of_its_data_and_design_and_says_where_another_is_on_file(
    project, graded, plain_pictures, web_alone, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(project)
    execute(project, "tiny", graded)
    raw, folder, file = parse_tables(graded, "analyses/tiny.toml"), project / "results" / "tiny", get_calibration_path
    before = read_results(folder)
    assert "placebo registers" not in read_page(project)
    commands.calibrate("tiny", times=FEW, draws=29, jobs=1)
    out, err = capsys.readouterr()
    assert out.splitlines() == ["wrote calibrations/tiny.csv", "results/tiny/appendix.html"]
    assert "judging placebo registers" in err
    assert list_changes(project, "tiny", raw) == []
    assert f"{FEW} placebo registers of pairs without an agreement" in read_page(project)
    appendix = (folder / "appendix.html").read_text(encoding="utf-8")
    assert "The verdict on placebo registers, dealt to pairs without an agreement" in appendix
    assert "share called evidence, by the true change" in appendix
    assert list((folder / "figures").glob("calibration*power*.svg"))
    results, table = read_results(folder), pd.read_csv(file(project, "tiny"))
    rates, curve = (results.payloads[name] for name in ("calibration", "calibration_power"))
    assert rates["value"].tolist() == table.loc[table["effect"].isna(), "value"].tolist()
    assert len(curve) == 5
    assert curve["rejection_rate"].between(0, 1).all()
    payloads = results.findings.loc[results.findings["diagnostic"] == "evidence", "payloads"].item()
    assert payloads.endswith("calibration calibration_power")
    # Of other data: not quoted, and said so.
    table.assign(made_from="0" * 16).to_csv(file(project, "tiny"), index=False)
    assert list_changes(project, "tiny", raw) == [PAGE]
    redraw(project, "tiny", graded)
    page = read_page(project)
    assert "for other data, another design or another version, and is not quoted: twintrade calibrate tiny" in page
    assert "placebo registers of pairs" not in page
    # As it was without one.
    file(project, "tiny").unlink()
    redraw(project, "tiny", graded)
    after = read_results(folder)
    assert set(after.payloads) == set(before.payloads)
    assert after.findings.equals(before.findings)
    assert after.sections == before.sections


def test_power_and_money_name_the_smallest_rise_that_page_1_does(project, graded, monkeypatch) -> None:
    """In the results: no page is drawn."""
    for module in ("execute", "redraw"):
        empty = SimpleNamespace(files={}, messages=(), document=None)
        monkeypatch.setattr(f"twintrade.study.{module}.render", lambda *_, empty=empty, **__: empty)
    text = graded + '\n[[diagnostic]]\nname = "power"\ndraws = 39\n'
    (project / "analyses" / "tiny.toml").write_text(text, encoding="utf-8")
    execute(project, "tiny", text)
    folder, file = project / "results" / "tiny", get_calibration_path(project, "tiny")
    before = read_results(folder)
    run_calibration(project, text)
    found: list[tuple[float, float]] = []
    for rise in (37.5, np.inf, None):
        if rise is None:
            file.unlink()
        else:
            table = pd.read_csv(file)
            is_rise = [bool(q) and parse_text(q).key == "checks.calibration-rise" for q in table["quantity_text"]]
            table.assign(value=table["value"].mask(pd.Series(is_rise), rise)).to_csv(file, index=False)
        redraw(project, "tiny", text)
        results = read_results(folder)
        power = results.findings.query("diagnostic == 'power'").iloc[0]
        assert power["value"] == power["detectable"] == find_graded(results)["rise_found"]
        money = results.payloads["money"].iloc[0]
        found.append((power["value"], money["detectable"] / money["observed"]))
    assert found[0] == (37.5, pytest.approx(0.375 / 1.375))
    assert found[1] == (np.inf, pytest.approx(np.nan, nan_ok=True))
    assert results.findings.equals(before.findings)
    assert results.payloads["money"].equals(before.payloads["money"])


def test_what_a_verdict_does_not_follow_from_leaves_a_calibration_in_force() -> None:
    spec = {
        "title": "one",
        "data": {"trade": [1]},
        "design": {"outcome": "exports"},
        "inference": {"seed": 1},
        "diagnostic": [{"name": "evidence", "draws": 99}, {"name": "leverage"}],
    }
    inputs = [("a.csv", "1"), ("b.csv", "2")]
    made = hash_verdict(spec, inputs)
    others = {"title": "two", "inference": {"seed": 2}, "diagnostic": spec["diagnostic"][:1]}
    assert hash_verdict(spec | others, inputs[::-1]) == made
    assert hash_verdict(spec | {"design": {"outcome": "imports"}}, inputs) != made
    assert hash_verdict(spec | {"diagnostic": [{"name": "evidence", "draws": 199}]}, inputs) != made
    assert hash_verdict(spec, [("a.csv", "1"), ("b.csv", "3")]) != made


def test_an_interrupted_calibration_goes_on_where_it_stopped(project, graded, monkeypatch, capsys) -> None:
    whole = run_calibration(project, graded)
    judge, judged = calibration.judge_placement, []

    def stop_after(most):
        def judge_one(laboratory, number, rng):
            if len(judged) == most:
                raise KeyboardInterrupt
            judged.append(number)
            return judge(laboratory, number, rng)

        return judge_one

    monkeypatch.setattr("twintrade.fanout.jobs.ALONE_SECONDS", 0.0)
    monkeypatch.setattr(calibration, "judge_placement", stop_after(2))
    monkeypatch.chdir(project)
    with pytest.raises(typer.Exit) as ended:
        commands.calibrate("tiny", times=FEW, draws=29, jobs=1)
    assert ended.value.exit_code == 130
    assert "interrupted" in capsys.readouterr().err
    ledger = project / "results" / ".tiny.calibration.ledger"
    assert ledger.is_file()
    monkeypatch.setattr(calibration, "judge_placement", stop_after(FEW))
    commands.calibrate("tiny", times=FEW, draws=29, jobs=1)
    assert capsys.readouterr().out.splitlines() == ["wrote calibrations/tiny.csv", "next: twintrade run tiny"]
    again = pd.read_csv(get_calibration_path(project, "tiny"))
    assert len(judged) == FEW
    assert sorted(judged) == list(range(1, FEW + 1))
    assert again.equals(whole)
    assert not ledger.exists()


def test_an_analysis_without_a_verdict_is_refused(project, spec_text, graded) -> None:
    for text in (spec_text, graded.replace(EVIDENCE, "")):
        with pytest.raises(SpecError, match="needs a headline of several pairs and the check evidence"):
            run_calibration(project, text)


def test_one_pair_is_told_that_it_needs_no_calibration(project, graded) -> None:
    text = graded.replace("[[estimator]]", '[case]\ncity = "A"\npartner = "X"\n\n[[estimator]]', 1)
    with pytest.raises(SpecError, match="is about one pair, which is ranked among all pairs"):
        run_calibration(project, text)


def test_the_power_of_a_graded_headline_is_the_number_of_the_verdict(project, graded) -> None:
    """Whichever of the two checks the file names first, and in the order of the file."""
    power = '\n[[diagnostic]]\nname = "power"\ndraws = 19\n'
    for text in (graded + power, graded.replace(EVIDENCE, "") + power + EVIDENCE):
        made, _ = plan_analysis(project, "tiny", text)
        finished = run(made, observe("tiny", made.spec, project))
        found = {one.finding.diagnostic: one.finding for one in finished.ladder.concluded}
        assert list(found) == [check.diagnostic.name for check in made.checks]
        rise = found["evidence"].table["rise_found"].item()
        assert (found["power"].value, found["power"].detectable, found["power"].unit) == (rise, rise, "percent")
        assert "that of the verdict" in found["power"].sentence
        assert not found["power"].payloads


def test_other_outcomes_and_dates_of_the_file_are_judged_as_well(project, graded) -> None:
    other = '\n[[estimator]]\nname = "twfe"\ntransform = "log"\nlabel = "Later"\ntreatment = { late_from = 1 }\n'
    text = graded.replace(QUICK_HEAD, other + QUICK_HEAD)
    made, _ = plan_analysis(project, "tiny", text)
    assert len(made.columns) == 2
    table = run_calibration(project, text)
    names = [parse_text(packed).key for packed in table["quantity_text"]]
    assert "checks.calibration-family" in names
    family, some, strong = (
        table["value"][names.index(f"checks.calibration-{name}")] for name in ("family", "some", "strong")
    )
    assert family >= some + strong
    alone = run_calibration(project, graded)
    assert "checks.calibration-family" not in [parse_text(packed).key for packed in alone["quantity_text"]]


def test_placebo_registers_are_judged_by_holm_where_page_1_grades_further_outcomes(project, graded, monkeypatch):
    made, _ = plan_analysis(project, "tiny", graded)
    monkeypatch.setattr(preregister, "build_case", lambda fitted, _: build_case(fitted))
    column = next(one for one in made.columns if one.is_headline)
    for others, tests in (((), 1.0), (("imports",), 2.0), (("imports", "exports"), 2.0)):
        check = EvidenceOfChange(draws=99, others=others)
        cases = preregister._list_cases(made, column, Designs(observe("tiny", made.spec, project)), check)
        assert [case.tests for case in cases] == [tests]


@pytest.mark.slow
def test_as_many_registers_as_the_command_asks_for_at_least_are_judged_and_quoted(
    project, graded, plain_pictures, monkeypatch
) -> None:
    monkeypatch.setattr(calibration, "FEWEST", FEWEST)
    monkeypatch.chdir(project)
    execute(project, "tiny", graded)
    commands.calibrate("tiny", times=FEWEST, draws=99, jobs=1)
    assert f"{FEWEST} placebo registers of pairs without an agreement" in read_page(project)
