"""A small project on simulated series, in a folder of its own."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest

from twintrade.data.schema import TradeSource
from twintrade.data.trade import TradeTable, read_trade
from twintrade.study import execute
from twintrade.study.observing import observe
from twintrade.study.scaffold import build_simulated_pair

QUICK = """
[inference]
name = "clustered"
draws = 199
seed = 5
"""

build_pair = cache(build_simulated_pair)


def quick(text: str, estimators: str = '[[estimator]]\nname = "twfe"\ntransform = "log"\n') -> str:
    """The scaffold's analysis with one estimator and clustered errors."""
    head = text[: text.index("# The ladder.")]
    return head + estimators + QUICK + '\n[[diagnostic]]\nname = "adoption"\n'


MOST_BYTES = 5_000_000
"""Of a project's data; what is larger is read anew."""


@pytest.fixture(scope="package", autouse=True)
def trade_is_read_once() -> Iterator[None]:
    """Read the same tables of the same project once: tests of this folder differ in what is done with them.

    How a table is read is tested in ``tests/data``, and here with every table that no test before has read.
    """
    known: dict[object, TradeTable] = {}

    def read_once(sources: Sequence[TradeSource], root: Path) -> TradeTable:
        key = describe_data(sources, root)
        if key is None:
            return read_trade(sources, root)
        if key not in known:
            table = read_trade(sources, root)
            if describe_data(sources, root) != key:  # something was written
                return table
            known[key] = table
        return replace(known[key], frame=known[key].frame.copy())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observe, "read_trade", read_once)
        yield


def describe_data(sources: Sequence[TradeSource], root: Path) -> object:
    """Return what decides on what is read, nothing where that lies outside the project or is large."""
    files = sorted(file for file in (*root.glob("*"), *(root / "data").rglob("*")) if file.is_file())
    inside = all((root / source.file) in files for source in sources)
    if not inside or sum(file.stat().st_size for file in files) > MOST_BYTES:
        return None
    texts = tuple((file.relative_to(root).as_posix(), sha256(file.read_bytes()).hexdigest()) for file in files)
    return repr(sources), texts, os.environ.get("TWINTRADE_DATA")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, content in build_pair("tiny").items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    spec = tmp_path / "analyses" / "tiny.toml"
    spec.write_text(quick(spec.read_text(encoding="utf-8")), encoding="utf-8")
    return tmp_path


@pytest.fixture
def spec_text(project: Path) -> str:
    return (project / "analyses" / "tiny.toml").read_text(encoding="utf-8")


@pytest.fixture
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no page of a run: numbers alone are looked at."""
    monkeypatch.setattr(execute, "render", lambda *_, **__: SimpleNamespace(files={}, messages=()))
