"""The Makefile holds the names of analyses to letters that no shell reads, and explains itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(root / name, tmp_path)
    (tmp_path / "analyses").mkdir()
    (tmp_path / ".ci").mkdir()
    shutil.copy(root / ".ci" / "setup", tmp_path / ".ci")
    return tmp_path


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "name", ["a;b", "my study", "x$(touch marker)", "x`touch marker`", "Uppercase", "a'b", "a_b"]
)
def test_a_name_that_a_shell_could_read_is_refused(project, name):
    (project / "analyses" / f"{name}.toml").touch()
    done = make(project)
    assert done.returncode != 0
    assert "name make refuses" in done.stderr
    assert not (project / "marker").exists()
    assert not (project / ".venv").exists()


@pytest.mark.parametrize("name", ["test", "clean", "check-data", "all"])
def test_an_analysis_named_like_a_target_is_refused(project, name):
    (project / "analyses" / f"{name}.toml").touch()
    done = make(project, "help")
    assert done.returncode != 0
    assert f"analyses/{name}.toml is named like a target" in done.stderr


def test_an_unknown_name_is_answered_with_the_known_ones(project):
    (project / "analyses" / "us-states.toml").touch()
    done = make(project, "us-sates")
    assert done.returncode != 0
    assert "us-states" in done.stderr
    assert not (project / ".venv").exists()


def test_all_analyses_run_by_one_call_and_each_has_its_own_target(project):
    for name in ("one", "two-2"):
        (project / "analyses" / f"{name}.toml").touch()
    everything = make(project, "--dry-run", "all", "jobs=3").stdout
    assert "twintrade run --jobs 3 analyses/one.toml analyses/two-2.toml" in everything
    assert "twintrade run analyses/two-2.toml\n" in make(project, "--dry-run", "two-2").stdout


def test_help_names_every_target(project):
    done = make(project, "help")
    listed = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("  make ")}
    phony = next(line for line in (project / "Makefile").read_text().splitlines() if line.startswith("targets :="))
    assert set(phony.split(":=")[1].split()) <= listed


def pretend_python(project: Path, answer: str) -> Path:
    """Write an interpreter that answers every question about itself with a shell command."""
    fake = project / "python"
    fake.write_text(f"#!/bin/sh\n{answer}\n", encoding="utf-8")
    fake.chmod(0o755)
    return fake


def test_an_old_python_is_refused_in_one_line(project):
    done = make(project, "setup", f"PYTHON={pretend_python(project, 'exit 1')}")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].endswith("is not a Python of version 3.11 or later")


def test_a_python_without_venv_is_answered_with_the_package_to_install(project):
    answer = 'case "$2" in *venv*) exit 1;; esac'
    done = make(project, "setup", f"PYTHON={pretend_python(project, answer)}")
    assert done.returncode != 0
    assert "apt install python3-venv" in done.stderr.splitlines()[0]


def test_clean_leaves_what_was_not_built(project):
    (project / "data" / "processed").mkdir(parents=True)
    kept = [project / "data" / "processed" / ".gitkeep", project / "analyses" / "one.toml"]
    built = [project / "data" / "processed" / "x.csv", project / "results" / "one" / "manifest.json"]
    (project / "results" / "one").mkdir(parents=True)
    for file in [*kept, *built]:
        file.touch()
    assert make(project, "clean").returncode == 0
    assert [file.exists() for file in kept] == [True, True]
    assert [file.exists() for file in built] == [False, False]


def test_hooks_before_a_commit_run_from_the_environment_and_download_nothing(root):
    text = (root / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"repo: (\S+)", text)) == {"local"}
    assert set(re.findall(r"language: (\S+)", text)) == {"system"}
    assert all(entry.startswith(".venv/bin/python -m ") for entry in re.findall(r"entry: (.+)", text))
