"""Projects to run the command line on."""

from pathlib import Path

import pytest
from black_box import command, environment, write_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "project")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose analysis a program of its own has run once; tests that change it work on a copy."""
    folder = write_project(tmp_path_factory.mktemp("finished"))
    done = command(folder, "run", env=environment())
    assert done.returncode == 0, done.stderr + done.stdout
    return folder
