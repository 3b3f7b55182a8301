"""Projects to run the command line on."""

import os
import shutil
from pathlib import Path

import pytest
from black_box import command, environment, write_project
from filelock import FileLock


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose analysis a program of its own has run once; tests that change it work on a copy."""
    place = tmp_path_factory.mktemp("finished") / "project"
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return run_project(place)
    made = tmp_path_factory.getbasetemp().parent / "finished"
    with FileLock(made.with_suffix(".lock")):
        if not made.exists():
            run_project(made.with_suffix(".begun")).rename(made)
    return Path(shutil.copytree(made, place))


def run_project(folder: Path) -> Path:
    done = command(write_project(folder), "run", env=environment())
    assert done.returncode == 0, done.stderr + done.stdout
    return folder
