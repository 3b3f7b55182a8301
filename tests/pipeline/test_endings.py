"""How runs end: exit codes, one message without a traceback, old results untouched."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from black_box import DRAWING, READING, SHORT, command, hashes, run_signalled, write_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project", SHORT)


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    """A project with results, whose next run draws one table."""
    made = Path(shutil.copytree(finished, tmp_path / "copy"))
    spec = made / "analyses" / "tiny.toml"
    spec.write_text(spec.read_text() + SHORT)
    return made


def edited(project: Path, old: str, new: str) -> Path:
    spec = project / "analyses" / "tiny.toml"
    text = spec.read_text()
    assert old in text
    spec.write_text(text.replace(old, new))
    return project


def told(done) -> str:
    """Everything a person sees; a traceback is never among it."""
    assert "Traceback" not in done.stderr + done.stdout
    return done.stderr + done.stdout


def test_a_bad_analysis_file_ends_in_2_with_every_fault(project):
    edited(project, "cluster =", "clutser =")
    edited(project, 'name = "twfe"', 'name = "twfee"')
    done = command(project, "run")
    assert done.returncode == 2
    assert "design.clutser is no known key; did you mean cluster?" in told(done)
    assert (project / "results" / "tiny.messages.csv").is_file()
    assert command(project, "check").returncode == 2


def test_a_method_that_does_not_exist_ends_in_2(project):
    done = command(edited(project, 'name = "twfe"', 'name = "twfee"'), "run")
    assert done.returncode == 2
    assert "did you mean 'twfe'?" in told(done)


def test_bad_data_end_in_3_with_row_and_column_in_messages(project):
    trade = project / "data" / "raw" / "tiny_trade.csv"
    lines = trade.read_text().splitlines()
    lines[2] = lines[2].rsplit(",", 1)[0] + ",12%"
    lines[5] = lines[5].rsplit(",", 1)[0] + ",(500)"
    trade.write_text("\n".join(lines) + "\n")
    done = command(project, "run")
    assert done.returncode == 3
    assert "row 3" in told(done)
    messages = (project / "results" / "tiny.messages.csv").read_text()
    assert messages.startswith("level,code,file,row,column,message,text\n")
    assert ",data/raw/tiny_trade.csv,3,exports_usd," in messages
    assert ",data/raw/tiny_trade.csv,6,exports_usd," in messages
    assert not (project / "results" / "tiny").exists()


def test_a_missing_file_ends_in_3_and_is_a_skip_where_the_analysis_says_so(project):
    (project / "data" / "raw" / "tiny_trade.csv").unlink()
    done = command(project, "run")
    assert done.returncode == 3
    assert "data/raw/tiny_trade.csv is not there" in told(done)
    done = command(edited(project, "simulated = true", "skip_when_absent = true"), "run")
    assert done.returncode == 0
    assert "tiny skipped: not there: data/raw/tiny_trade.csv" in told(done)


def test_a_design_that_cannot_be_ends_in_1_and_says_what_to_do(project):
    ties = project / "data" / "raw" / "tiny_twinnings.csv"
    ties.write_text(ties.read_text().replace("2010-05-12", ""))
    done = command(project, "run")
    assert done.returncode == 1
    assert "1 unit has an agreement whose date is not known (first: Alder-GBR)" in told(done)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("run", "tinny"), "Did you mean “tiny”?"),
        (("run", "Tiny"), "lower-case letters"),
        (("run", "../x.toml"), "does not stand in a folder called analyses"),
        (("list", "estimaters"), "did you mean estimators?"),
        (("init", "check"), "target of the Makefile"),
        (("init", "new", "--trade", "data/raw/tiny_trade.csv"), "give both"),
    ],
)
def test_what_was_typed_wrongly_ends_in_2_with_a_hint(project, words, text):
    done = command(project, *words)
    assert done.returncode == 2
    assert text in told(done)


def test_an_analysis_is_never_overwritten_by_init(project):
    done = command(project, "init", "tiny")
    assert done.returncode == 1
    assert "exists already" in told(done)


def test_a_failed_run_leaves_the_old_results_and_the_next_success_clears_its_messages(copy):
    before = hashes(copy / "results" / "tiny")
    good = (copy / "analyses" / "tiny.toml").read_text()
    edited(copy, 'transform = "log"\n\n[inference]', 'transform = "log"\ncovariates = ["gdp"]\n\n[inference]')
    done = command(copy, "run")
    assert done.returncode == 3
    assert "no column “gdp”" in told(done)
    assert hashes(copy / "results" / "tiny") == before
    assert (copy / "results" / "tiny.messages.csv").is_file()
    (copy / "analyses" / "tiny.toml").write_text(good + '\n[[diagnostic]]\nname = "raw_series"\n')
    assert command(copy, "run").returncode == 0
    assert not (copy / "results" / "tiny.messages.csv").exists()


def test_a_killed_run_leaves_the_old_results_whole(copy):
    before = hashes(copy / "results" / "tiny")
    edited(copy, "seed = 5", "seed = 6")
    assert run_signalled(signal.SIGKILL, DRAWING, copy, "run").returncode == -signal.SIGKILL
    assert hashes(copy / "results" / "tiny") == before
    assert command(copy, "run").returncode == 0
    after = {p.name for p in (copy / "results").iterdir()}
    assert after == {"tiny"}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_interruption_ends_in_130_without_debris(project, sent):
    done = run_signalled(sent, READING, project, "run")
    assert done.returncode == 130
    assert "interrupted" in told(done)
    assert list((project / "results").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into read-only folders")
def test_a_read_only_project_is_told_in_one_line(project):
    (project / "results").mkdir()
    (project / "results").chmod(0o555)
    done = command(project, "run")
    assert done.returncode == 1
    assert len(told(done).splitlines()) < 8


def test_two_analyses_run_side_by_side_and_one_failing_stops_no_other(tmp_path):
    project = write_project(tmp_path, SHORT)
    text = (project / "analyses" / "tiny.toml").read_text()
    (project / "analyses" / "broken.toml").write_text(text.replace('name = "twfe"', 'name = "twfee"'))
    done = command(project, "run", "--jobs", "2")
    assert done.returncode == 2
    assert "broken failed" in told(done)
    assert (project / "results" / "tiny" / "manifest.json").is_file()


def test_a_list_of_faults_is_named_only_where_it_stands(project):
    trade = project / "data" / "raw" / "tiny_trade.csv"
    trade.write_text(trade.read_text().replace(",2003,", ",x003,"))
    (project / "results").write_text("a file in the way")
    done = command(project, "run")
    assert done.returncode == 1
    assert "messages.csv" not in told(done)
    (project / "results").unlink()
    done = command(project, "run")
    assert done.returncode == 3
    assert "details: results/tiny.messages.csv" in told(done)
    listed = (project / "results" / "tiny.messages.csv").read_text().splitlines()
    assert len(listed) == 1 + 80
    assert command(project, "check").stderr.startswith("twintrade: tiny: the data are not as the analysis file")
