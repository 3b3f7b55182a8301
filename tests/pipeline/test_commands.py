"""The other commands, each on a small project."""

import json
import re
import subprocess
import sys
import tomllib

import pandas as pd
import pytest
from black_box import SHORT, command, environment

from twintrade import __version__


def test_check_reports_on_data_and_estimates_nothing(finished):
    done = command(finished, "check", "tiny")
    assert done.returncode == 0
    assert "1,280 of 1,280 unit-periods: 80 units (8 cities × 10 partners), 2003 to 2018" in done.stdout
    assert "1 always treated, 72 comparison, 7 treated" in done.stdout
    assert "TWFE, log, gravity effects: can be estimated" in done.stdout


def test_explain_says_the_assumption_and_prints_a_specification_that_means_the_same(finished):
    done = command(finished, "explain", "tiny")
    assert done.returncode == 0
    assert "Assumes: Without the agreement" in done.stdout
    assert "inference/clustered/twfe/log-gravity" in done.stdout
    spec = tomllib.loads(done.stdout.split("Full specification:")[1])
    assert spec["design"]["treatment"]["late_from"] == 12
    assert spec["estimator"] == [{"name": "twfe", "transform": "log"}]


def test_init_on_own_files_marks_the_guesses_that_matter_most(finished):
    files = ("--trade", "data/raw/tiny_trade.csv", "--twinnings", "data/raw/tiny_twinnings.csv")
    done = command(finished, "init", "own", *files)
    assert done.returncode == 0, done.stderr
    assert "1,280 of 1,280 unit-periods" in done.stdout, "init checks what it wrote"
    assert done.stdout.splitlines()[-1] == "next: twintrade run own"
    text = (finished / "analyses" / "own.toml").read_text()
    (finished / "analyses" / "own.toml").unlink()
    spec = tomllib.loads(text)
    assert spec["data"]["trade"][0]["value"] == "exports_usd"
    assert spec["data"]["twinnings"][0]["date"] == "date"
    marked = re.findall(r"^(\w+) = .*# GUESS: ", text, re.M)
    assert len(marked) == 5
    assert {"absent", "value", "date", "kinds"} <= set(marked)
    assert 'city = "city"   # by its name' in text


def test_lists_and_schema_come_from_the_registries(finished):
    listed = command(finished, "list")
    assert listed.returncode == 0
    for word in ("tiny", "ppml_gravity", "imputation", "randomization", "pretrends"):
        assert word in listed.stdout
    schema = json.loads(command(finished, "schema").stdout)
    estimators = [
        entry["properties"]["name"]["const"] for entry in schema["properties"]["estimator"]["items"]["oneOf"]
    ]
    assert {"ppml", "twfe", "imputation"} <= set(estimators)


def test_simulate_writes_tables_that_the_readers_take(finished, tmp_path):
    done = command(tmp_path, "simulate", "made", "--seed", "3", "--cities", "6", "--partners", "5")
    assert done.returncode == 0, done.stderr
    header = (tmp_path / "made" / "trade.csv").read_text().splitlines()[0]
    assert header == "city,partner,year,exports"
    assert done.stdout.splitlines() == [f"wrote made/{name}.csv" for name in ("trade", "twinnings", "truth")]
    trade, truth = (pd.read_csv(tmp_path / "made" / f"{name}.csv") for name in ("trade", "truth"))
    joined = truth.merge(trade, on=["city", "partner", "year"], validate="one_to_one")
    assert len(joined) == len(truth) > 0
    again = command(tmp_path, "simulate", "made")
    assert again.returncode == 1
    assert "exists already" in again.stderr


def test_an_analysis_that_never_ran_differs_from_nothing(finished):
    never = finished / "analyses" / "never.toml"
    never.write_text((finished / "analyses" / "tiny.toml").read_text())
    done = command(finished, "verify", "never")
    never.unlink()
    assert done.returncode == 0
    assert done.stdout == "never: not run yet\n"


def test_version_and_help_of_a_program_that_starts_light():
    code = "import sys; import twintrade.cli as c; sys.argv = ['twintrade', '--help']\n"
    code += "try: c.main()\nexcept SystemExit: pass\n"
    code += "print(sorted({'numpy', 'pandas', 'matplotlib', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert "Run analyses whose results are stale" in done.stdout
    assert done.stdout.strip().endswith("[]")
    version = subprocess.run(
        [sys.executable, "-m", "twintrade.cli", "version"], capture_output=True, text=True, check=True
    )
    assert version.stdout.strip() == __version__
    flag = subprocess.run(
        [sys.executable, "-m", "twintrade", "--version"], capture_output=True, text=True, check=True
    )
    assert flag.stdout == f"twintrade {__version__}\n"


def test_help_and_the_readme_tell_the_exit_codes(finished, root):
    told = " ".join(command(finished, "--help").stdout.split())
    page = (root / "README.md").read_text(encoding="utf-8")
    for code, meaning in (("0", "done"), ("1", "the design"), ("2", "usage"), ("3", "the data"), ("4", "verify")):
        assert f"{code} {meaning}" in told
        assert f"| {code} | {meaning}" in page


def test_init_on_a_file_that_has_to_be_mended_writes_the_analysis_and_tells_what(finished):
    text = (finished / "data" / "raw" / "tiny_trade.csv").read_text()
    bad = finished / "data" / "raw" / "bad.csv"
    bad.write_text(text.replace(",GBR,", ",Grat Britain,"))
    ties = ("--twinnings", "data/raw/tiny_twinnings.csv")
    done = command(finished, "init", "bad", "--trade", "data/raw/bad.csv", *ties)
    (finished / "analyses" / "bad.toml").unlink()
    bad.unlink()
    assert done.returncode == 3
    assert 'partner_names = { "Grat Britain" = "' in done.stderr
    assert (
        done.stdout.splitlines()[-1]
        == "next: correct the reported errors, then twintrade check bad, then twintrade run bad"
    )


def test_lists_fit_the_width_have_titles_and_name_no_paper_twice(finished):
    listed = command(finished, "list", env=environment(COLUMNS="80")).stdout
    assert max(map(len, listed.splitlines())) <= 80
    assert "`" not in listed
    lines = listed.splitlines()
    assert lines[lines.index("  tiny") + 1] == "      Tiny"
    entries = [" ".join(entry.split()) for entry in re.split(r"\n(?=  \w)", listed)]
    assert any(entry.startswith("elastic_net_synthetic_control Doudchenko and Imbens (2016).") for entry in entries)
    for entry in entries:
        papers = re.findall(r"[A-Z][\w, -]+? \(\d{4}\)", entry)
        assert len(papers) == len(set(papers)), entry


def test_outside_a_project_every_command_says_so(tmp_path):
    for words in (("run",), ("check",), ("explain", "x"), ("verify",)):
        done = command(tmp_path, *words)
        assert done.returncode == 2
        assert "neither this folder nor one above it holds analyses/" in done.stderr
    assert "start with: twintrade init NAME" in command(tmp_path, "list", "analyses").stdout
    begun = command(tmp_path, "init", "first")
    assert begun.returncode == 0
    assert begun.stdout.startswith("neither this folder nor one above it holds analyses/: a new project starts here")
    assert (tmp_path / "analyses" / "first.toml").is_file()
    (tmp_path / "inside").mkdir()
    below = command(tmp_path / "inside", "init", "second")
    assert below.stdout.startswith(f"this folder belongs to the project {tmp_path.resolve()}: ")
    assert (tmp_path / "analyses" / "second.toml").is_file()


def test_a_list_of_faults_names_no_file_where_none_is_written(project):
    file = project / "data" / "raw" / "tiny_trade.csv"
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    at = head.split(",").index("year")
    cells = [row.split(",") for row in rows]
    lines = [",".join([*row[:at], f"{row[at]}-01", *row[at + 1 :]]) for row in cells]
    file.write_text("\n".join([head, *lines]), encoding="utf-8")
    done = command(project, "preregister", "tiny")
    assert done.returncode == 3
    assert 'set frequency = "month"' in done.stderr
    assert "more" in done.stderr
    assert "messages.csv" not in done.stderr


def test_a_run_on_a_pipe_tells_its_stages_on_standard_error(project):
    spec = project / "analyses" / "tiny.toml"
    spec.write_text(spec.read_text() + SHORT)
    done = command(project, "run")
    assert done.returncode == 0
    gathering = "comparing with other software, and putting the results together"
    stages = ["reading the data", "estimating", "checking", gathering, "drawing the appendix"]
    assert done.stderr.splitlines() == [f"tiny: {stage}" for stage in stages]
    assert done.stdout.splitlines()[0].split() == [
        "analysis",
        "status",
        "headline",
        "effect",
        "interval",
        "p",
        "checks",
        "results",
    ]
    assert command(project, "run").stderr == ""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('fixed_effects = "gravity"', 'fixed_effects = "gravty"', "no set of fixed effects is called 'gravty'"),
        ("window = [-5, 5]", "window = [3, 1]", "in this order"),
        ("reference = -1", "reference = 2", "an event time before the onset"),
        ("reference = -1", "reference = -1\nanticipation = 3", "periods of anticipation"),
        ('outcome = "exports"', 'outcome = "imports"', "the trade tables hold exports"),
        ('name = "twfe"', 'name = "twfe"\nshap = 1', "twfe has no option shap"),
        ('name = "twfe"', 'name = "twfe"\nreference = 4', "an event time before the onset"),
        ('name = "clustered"', 'name = "clusterd"', "clusterd"),
        ('name = "adoption"', 'name = "adopton"', "adopton"),
    ],
)
def test_faults_of_the_analysis_file_end_in_2_with_the_line(project, old, new, told):
    spec = project / "analyses" / "tiny.toml"
    text = spec.read_text()
    assert old in text
    spec.write_text(text.replace(old, new))
    words = new.splitlines()[-1]
    line = next(i for i, row in enumerate(spec.read_text().splitlines(), 1) if row.startswith(words))
    done = command(project, "check")
    assert done.returncode == 2, done.stderr
    assert f"analyses/tiny.toml, line {line}: " in done.stderr
    assert told in done.stderr
