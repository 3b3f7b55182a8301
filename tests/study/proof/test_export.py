"""Scripts for R, Stata and Python that repeat stored results without this program."""

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from twintrade.effects import ResultSet
from twintrade.effects.messages import TOLERANCE
from twintrade.errors import SpecError
from twintrade.study.proof import export_results

LADDER = """
[[estimator]]
name = "twfe"
transform = "log"
fixed_effects = "two_way"
[[estimator]]
name = "ppml"
[[estimator]]
name = "imputation"
transform = "log"
[[estimator]]
name = "imputation"
family = "poisson"
measure = "percent"
key = "total"
[[estimator]]
name = "etwfe"
family = "poisson"
measure = "percent"
key = "total"
[[estimator]]
name = "local_projections"
transform = "log"
fixed_effects = "two_way"

[inference]
name = "clustered"
draws = 199
"""
COMPARED = re.compile(r"^(\S+), .+: twintrade (\S+), here (\S+), difference \S+?(?:; errors (\S+) and (\S+))?$")


@pytest.fixture(scope="module")
def stored() -> dict[str, ResultSet]:
    return {}


@pytest.fixture
def results(estimate, spec_text, stored) -> ResultSet:
    """Results of the ladder, estimated once: scripts only read them."""
    text = spec_text[: spec_text.index("[[estimator]]")] + LADDER
    if text not in stored:
        stored[text] = estimate(text)
    return stored[text]


def run_script(folder: Path, files: dict[str, bytes], *command: str) -> dict[str, tuple[float, float, float]]:
    """Run a script in a folder of its own; return by column how far estimate and error are apart."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    rows = {}
    for line in done.stdout.splitlines():
        match = COMPARED.match(line)
        assert match, line
        name, stored, other, stored_error, error = match.groups()
        errors = float(error) - float(stored_error) if error else 0.0
        rows[name] = (float(stored), float(other) - float(stored), errors)
    return rows


def assert_they_agree(rows, n):
    assert len(rows) == n
    for name, (stored, apart, errors) in rows.items():
        assert abs(apart) <= TOLERANCE * max(1, abs(stored)), name
        assert abs(errors) <= TOLERANCE, name


def test_the_python_script_prints_the_same_numbers(results, tmp_path):
    files = export_results(results, "python")
    assert b"import twintrade" not in files["repeat.py"]
    assert_they_agree(run_script(tmp_path, files, sys.executable, "repeat.py"), 5)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_the_r_script_prints_the_same_numbers(results, tmp_path):
    assert_they_agree(run_script(tmp_path, export_results(results, "r"), "Rscript", "repeat.R"), 5)


def test_conventions_are_mapped_for_r_and_stata(results):
    r = export_results(results, "r")["repeat.R"].decode()
    head, _, body = r.partition('static("twfe')
    assert 'ssc(K.adj = FALSE, G.adj = TRUE, G.df = "min")' in head
    assert '"s1", "log", c("unit", "period"), c("city", "partner"), FALSE' in body
    assert 'static("ppml/level-gravity", "s2", "level", c("unit", "city^period", "partner^period")' in body
    assert "# local_projections/" in body
    do = export_results(results, "stata")["repeat.do"].decode()
    assert "reghdfe y treated, absorb(unit_id period) vce(cluster city_id partner_id)" in do
    assert "ppmlhdfe y treated, absorb(unit_id city_id#period partner_id#period) cluster(city_id partner_id)" in do
    assert "* imputation/total: no counterpart" in do


def test_the_panel_is_the_same_as_csv_and_for_stata(results):
    files = export_results(results, "stata")
    table = pd.read_csv(io.BytesIO(files["panel.csv"]), keep_default_na=False)
    stata = pd.read_stata(io.BytesIO(files["panel.dta"]))
    assert list(stata) == list(table)
    assert max(map(len, table)) <= 32
    assert len(stata) == len(results.data)
    assert stata["outcome"].to_list() == table["outcome"].astype(float).to_list()
    assert table.loc[table["status"] == "comparison", ["onset", "treated"]].eq(0).all(axis=None)
    assert table["s1"].sum() == results.specifications["n_rows"].iloc[0]
    assert export_results(results, "stata")["panel.dta"] == files["panel.dta"]


def test_another_target_is_refused(results):
    with pytest.raises(SpecError, match="spss"):
        export_results(results, "spss")
