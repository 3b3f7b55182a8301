"""Where the data sets are that may not be bundled, when they are there at all."""

import gc
import importlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

# Time on a busy machine proves nothing: a case is too slow where its own test says so. The same commit draws the same
# examples, so that a red run can be repeated; new ones are looked for by hand: pytest --hypothesis-profile explore
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

# Matrices here are small: two threads of linear algebra take several times the time of one, in every worker
os.environ.setdefault("OMP_NUM_THREADS", "1")

# numba, where it is installed, would take the folder tests/coverage for the package of that name
sys.modules.setdefault("coverage", None)

ROOT = Path(__file__).resolve().parents[1]

# To look for garbage while everything is imported and collected takes a fifth of that time, and finds little
gc.disable()
NEW_OBJECTS = 100_000
"""So many are made before any out of reach are looked for, as the program does it."""


def pytest_collection_finish() -> None:
    """Keep what is imported and collected, garbage among it, out of every later search for garbage."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    gc.enable()


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = Path(os.environ.get("TWINTRADE_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("the folder of data sets that are not bundled is absent (set TWINTRADE_SHARED)")
    return folder


@pytest.fixture(scope="session")
def sm() -> ModuleType:
    """The interface of statsmodels, which takes a second to import: no test that does not ask for it waits."""
    return importlib.import_module("statsmodels.api")


@pytest.fixture
def chinese_typeface() -> None:
    """Skip where Chinese would be drawn as boxes."""
    from twintrade.render.style import find_missing_typeface

    if find_missing_typeface("zh-CN") is not None:
        pytest.skip("no Chinese typeface is installed")


QUICK_AND_SLOW = [pytest.param(True, id="quick"), pytest.param(False, id="whole", marks=pytest.mark.slow)]


@pytest.fixture(params=QUICK_AND_SLOW)
def web_alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Print pages as HTML and LaTeX where a test reads neither PDF nor Word, which are printed on the slow side."""
    if request.param:
        monkeypatch.setattr("twintrade.render.registration.has_library", lambda _: False)


@pytest.fixture(params=QUICK_AND_SLOW)
def quick_pictures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save empty pictures, and those that are drawn on the slow side."""
    if request.param:
        save_empty(monkeypatch)


@pytest.fixture
def plain_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    save_empty(monkeypatch)


@pytest.fixture(scope="module")
def plain_pictures_of_module() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        save_empty(patch)
        yield


def save_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw and lay out every figure, and save an empty one of its size in its place: encoding takes half the time."""
    from matplotlib.figure import Figure

    from twintrade.render.figures import encode

    saved = encode._saved
    empty = cache(lambda kind, size: saved(Figure(size), kind, {}))
    monkeypatch.setattr(
        encode, "_saved", lambda figure, kind, metadata: empty(kind, tuple(figure.get_size_inches().round(2)))
    )
