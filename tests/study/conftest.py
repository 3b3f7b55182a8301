"""A small project on simulated series, in a folder of its own."""

from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from twintrade.study import execute
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
