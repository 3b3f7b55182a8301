"""Projects to run the command line on."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from black_box import command, environment, write_project
from filelock import FileLock

from twintrade.data.schema import TradeSource
from twintrade.data.trade import TradeTable, read_trade
from twintrade.study.observing import observe


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


@pytest.fixture(scope="module")
def trade_is_read_once() -> Iterator[None]:
    """Read the same bytes by the same declaration once: examples differ in what is done with them."""
    known: dict[object, TradeTable] = {}

    def read_once(sources: Sequence[TradeSource], root: Path) -> TradeTable:
        key = (repr(sources), *(sha256((root / source.file).read_bytes()).digest() for source in sources))
        if key not in known:
            known[key] = read_trade(sources, root)
        return replace(known[key], frame=known[key].frame.copy())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observe, "read_trade", read_once)
        yield
