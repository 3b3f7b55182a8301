"""A run from `init` to `appendix` where nothing of POSIX can be had, byte for byte the run that has it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from black_box import SHORT, environment, hashes, write_project

from twintrade.errors import SpecError
from twintrade.study.page.assemble import clean_file_name
from twintrade.study.store import locating as system
from twintrade.study.store.locating import check_analysis_name

TESTS = Path(__file__).resolve().parents[1]
PROGRAMS = (("init second", "check tiny", "run tiny", "appendix tiny"), ("run tiny", "verify"))
"""Commands by the program that does them: the first prints one table, the second replaces what that left on disk."""


def run_elsewhere(project: Path, *commands: str) -> subprocess.CompletedProcess[bytes]:
    paths = {"PYTHONPATH": f"{TESTS.parent}{';' if sys.platform == 'win32' else ':'}{TESTS}"}
    return subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", str(TESTS / "pipeline" / "other_system.py"), *commands],
        cwd=project,
        env=environment(PYTHONIOENCODING="cp1252", **paths),
        capture_output=True,
        check=False,
        timeout=300,
    )


def test_every_command_works_where_nothing_of_posix_can_be_had(tmp_path, finished):
    project = write_project(tmp_path / "Straßen und Brücken")
    spec = project / "analyses" / "tiny.toml"
    text = spec.read_text(encoding="utf-8")
    for commands, pages in zip(PROGRAMS, (SHORT, ""), strict=True):
        spec.write_text(text + pages, encoding="utf-8")
        done = run_elsewhere(project, *commands)
        assert done.returncode == 0, (commands, done.stderr.decode("cp1252"))
        done.stdout.decode("cp1252")
    found, usual = (hashes(folder / "results" / "tiny") for folder in (project, finished))
    volatile = json.loads((project / "results" / "tiny" / "manifest.json").read_text(encoding="utf-8"))["volatile"]
    assert volatile["peak_memory_mb"] == 300
    assert found == usual
    assert [p.name for p in (project / "results").iterdir() if p.name.startswith(".") and p.suffix != ".lock"] == []


@pytest.mark.parametrize("name", ["con", "nul", "com1", "lpt9"])
def test_names_of_devices_are_refused_for_analyses_and_changed_for_files(name):
    with pytest.raises(SpecError, match=f"Windows keeps the name {name} for a device"):
        check_analysis_name(name)
    assert clean_file_name(f"{name}.{name}") == f"x-{name}.{name}"


def test_a_name_that_only_begins_like_a_device_is_none():
    assert not any(map(system.is_device_name, ("congo", "com", "com10", "nullity", "console.csv")))


def test_a_path_too_long_for_windows_is_measured_there_alone(tmp_path, monkeypatch):
    path = str(tmp_path) + "/" + "x" * (270 - len(str(tmp_path)) - 1)
    assert system.measure_excess(path) == 0
    monkeypatch.setattr(sys, "platform", "win32")
    assert system.measure_excess(path) == 11
