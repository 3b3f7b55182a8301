"""The other commands, each on a small project."""

import json
import subprocess
import sys
import tomllib

import pandas as pd
from black_box import command, environment

from twintrade import __version__


def test_check_reports_on_data_and_estimates_nothing(finished):
    done = command(finished, "check", "tiny")
    assert done.returncode == 0
    assert "1,280 of 1,280 unit-periods: 80 units (8 cities × 10 partners), 2003 to 2018" in done.stdout
    assert "1 always-treated, 72 comparison, 7 treated" in done.stdout
    assert "TWFE, log, gravity effects: qualifies" in done.stdout


def test_explain_says_the_assumption_and_prints_a_specification_that_means_the_same(finished):
    done = command(finished, "explain", "tiny")
    assert done.returncode == 0
    assert "Assumes: Without the tie" in done.stdout
    assert "inference/clustered/twfe/log-gravity" in done.stdout
    spec = tomllib.loads(done.stdout.split("Full specification:")[1])
    assert spec["design"]["treatment"]["late_from"] == 12
    assert spec["estimator"] == [{"name": "twfe", "transform": "log"}]


def test_init_on_own_files_marks_every_guess(finished):
    files = ("--trade", "data/raw/tiny_trade.csv", "--twinnings", "data/raw/tiny_twinnings.csv")
    done = command(finished, "init", "own", *files)
    assert done.returncode == 0, done.stderr
    text = (finished / "analyses" / "own.toml").read_text()
    (finished / "analyses" / "own.toml").unlink()
    spec = tomllib.loads(text)
    assert spec["data"]["trade"][0]["value"] == "exports_usd"
    assert spec["data"]["twinnings"][0]["date"] == "date"
    assert text.count("# GUESS: ") > 8


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
