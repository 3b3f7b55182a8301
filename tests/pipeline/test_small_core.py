"""A plain install does everything but print PDF, Word and read Parquet, and says what those need."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from black_box import command, environment, hashes, write_project

from twintrade.data.formats.containers import load_extra
from twintrade.errors import DataError
from twintrade.study.store import fingerprint

PROGRAM = Path(__file__).with_name("without_extras.py")
PRINTED = {f"{page}.{kind}" for page in ("appendix", "brief") for kind in ("pdf", "docx")}


def command_without_extras(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROGRAM), *words],
        cwd=project,
        env=environment(PYTHONPATH=str(PROGRAM.parents[2])),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def read_versions(project: Path) -> dict[str, str]:
    return json.loads((project / "results/tiny/manifest.json").read_text(encoding="utf-8"))["versions"]


def test_a_plain_install_gives_the_same_numbers_and_pages_follow_when_they_can_be_printed(tmp_path, finished):
    project = write_project(tmp_path)
    done = command_without_extras(project, "run", "tiny")
    assert done.returncode == 0, done.stderr
    assert 'PDF, which needs pip install "typst>=0.15,<0.16"' in done.stdout
    assert "Word, which needs pip install python-docx" in done.stdout
    usual, plain = (hashes(folder / "results" / "tiny") for folder in (finished, project))
    assert usual.keys() - plain.keys() == PRINTED
    told = {name for name in plain if plain[name] != usual[name] and "tab-machine" not in name}
    assert told == {"manifest.json"}, "it alone names the libraries"
    assert not {"typst", "python-docx", "pyarrow"} & read_versions(project).keys()
    again = command(project, "run")
    assert again.returncode == 0, again.stderr
    assert hashes(project / "results" / "tiny") == usual
    assert again.stderr == "", "pages are drawn, and nothing is estimated"


@pytest.mark.parametrize(
    ("kind", "libraries"),
    [("parquet", "pyarrow"), ("microdata", "duckdb pyarrow"), ("spss", "pyreadstat"), ("r", "rdata")],
)
def test_a_file_of_an_extra_that_is_not_there_names_the_command(monkeypatch, kind, libraries):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=f"pip install {libraries}(;|$)"):
        load_extra("pyarrow", kind, "data/raw/x")


def test_a_library_that_a_run_did_not_use_makes_nothing_stale():
    used = fingerprint.list_versions()
    assert fingerprint.list_changed_versions(used) == {}
    assert "pytest" not in used, "installed, and none of those that were recorded"
    assert fingerprint.list_changed_versions(used | {"numba-of-then": "1.0"}) == {
        "numba-of-then": "numba-of-then 1.0 → absent"
    }
    unprinted = {name: version for name, version in used.items() if name not in fingerprint.OF_PAGES}
    assert set(fingerprint.list_changed_versions(unprinted)) == set(fingerprint.OF_PAGES)
