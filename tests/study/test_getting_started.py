"""The guide for beginners: its commands, typed as they stand there, print what it says they print."""

import re
import shutil
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from twintrade.cli import app
from twintrade.study import execute as executing
from twintrade.study.answers import summarize_outcomes

# The guide's own time, of one machine.
TIMED = re.compile(r"done in \d+ s *")
SHIPPED = "texas-philippines"


@pytest.fixture(scope="module")
def guide(root):
    return (root / "docs" / "getting_started.md").read_text(encoding="utf-8")


def list_lines(guide, command):
    """What the guide quotes of a command's output, without the lines that it leaves out."""
    block = next(
        b for b in re.findall(r"^```\n(.*?)^```$", guide, re.M | re.S) if b.startswith(f"$ twintrade {command}")
    )
    return [line for line in block.splitlines()[1:] if line.strip() != "..."]


@pytest.fixture(scope="module")
def begun(guide, root, tmp_path_factory):
    """What `init` prints in the guide's folder, the file that it writes, and what a run of it finds."""
    folder = tmp_path_factory.mktemp("texas")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        shutil.copy(root / "data" / "raw" / "us_state_exports_selected.csv", "exports.csv")
        row = re.search(r"^```\n(city,country,.*?)^```$", guide, re.M | re.S)[1]
        (folder / "agreements.csv").write_text(row, encoding="utf-8")
        command = re.search(r"^\$ twintrade (init .*)$", guide, re.M)[1]
        printed = CliRunner().invoke(app, command.split())
        text = (folder / "analyses" / "texas.toml").read_text(encoding="utf-8")
        wrong = re.search(r"^absent = .*GUESS.*$", guide, re.M)[0]
        assert wrong in text
        patch.setattr(executing, "draw_pages", lambda *_: SimpleNamespace(files={}, messages=()))
        done = executing.execute(folder, "texas", text.replace(wrong, 'absent = "zero"').replace("# GUESS", "#"))
        findings = pd.read_csv(folder / "results" / "texas" / "findings.csv").set_index("diagnostic")
    return printed, text, summarize_outcomes([done]), findings


@pytest.fixture(scope="module")
def shipped(root, tmp_path_factory):
    """The summary and the findings of the analysis that the project has."""
    folder = tmp_path_factory.mktemp("shipped")
    shutil.copytree(root / "data" / "raw", folder / "data" / "raw")
    text = (root / "analyses" / f"{SHIPPED}.toml").read_text(encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executing, "draw_pages", lambda *_: SimpleNamespace(files={}, messages=()))
        done = executing.execute(folder, SHIPPED, text)
    findings = pd.read_csv(folder / "results" / SHIPPED / "findings.csv").set_index("diagnostic")
    return summarize_outcomes([done]), findings


def test_init_prints_what_the_guide_quotes(guide, begun):
    done, text, _, _ = begun
    assert done.exit_code == 0
    printed = done.output.splitlines()
    assert [line for line in list_lines(guide, "init") if not any(line.strip() == p.strip() for p in printed)] == []
    n_marks = int(re.search(r"go through the (\d+) marks", guide)[1])
    assert f"{n_marks} lines are still marked GUESS" in done.output
    assert len(re.findall("= .*# GUESS", text)) == n_marks


def test_a_run_prints_what_the_guide_quotes(guide, shipped):
    row = next(line for line in list_lines(guide, "run") if line.startswith(f"{SHIPPED} ") and TIMED.search(line))
    assert re.split(" {2,}", TIMED.sub("", row)) == re.split(" {2,}", TIMED.sub("", shipped[0].splitlines()[2]))


def test_sentences_of_the_guide_hold_the_numbers_of_the_page(guide, shipped):
    table, findings = shipped
    text = " ".join(guide.split())
    verdict = findings.loc["case_verdict", "sentence"]
    below, above = re.search(r"was (\d+ %) below .*?, and (\d+ %) above", text).groups()
    assert f"{below.replace(' ', '')} below" in verdict
    assert f"{above.replace(' ', '')} above" in verdict
    effect, low, high = re.search(r"\*\*(−[\d.]+%)\*\* is.*?\*\*(−[\d.]+%) to (\+[\d.]+%)\*\*", text).groups()
    assert f"{effect}  among all pairs: cannot tell" in table
    assert f"{low} to {high}" in table
    p, others, rank, of = re.search(r"\*\*p = ([\d.]+)\*\*: of this flow and (\d+) .*?\((\d+)/(\d+)\)", text).groups()
    assert f"{int(rank) / int(of):.3f} (placebo)" in table
    assert f"{int(rank) / int(of):.2f}" == p
    assert int(others) + 1 == int(of)
    assert f"among {others} placebos" in verdict
    assert re.search(r"\*\*(\d cannot tell)\*\*", text)[1] in table


def test_one_agreement_alone_leaves_more_to_compare_with(guide, begun, shipped):
    _, _, table, findings = begun
    text = " ".join(guide.split())
    others, kept = re.search(
        r"(\d+) other pairs count as untreated, .*; (\d+) pairs are left to compare", text
    ).groups()
    assert f"drawn against {others} donors" in findings.loc["paths", "sentence"]
    assert f"among {kept} placebos" in shipped[1].loc["case_verdict", "sentence"]
    assert "among all pairs: cannot tell" in table
    assert table.splitlines()[2].split()[1:] != shipped[0].splitlines()[2].split()[1:]
