"""The made-up result set and its report, rendered once for all tests of the page."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from made_results import make_results

from twintrade.effects import ResultSet
from twintrade.render import page
from twintrade.render.blocks import Document, Images
from twintrade.render.registration import Rendered, render
from twintrade.render.style import AppendixOptions


@pytest.fixture(scope="session")
def made() -> ResultSet:
    return make_results()


@pytest.fixture(scope="session")
def report(made: ResultSet) -> Rendered:
    return render(made, AppendixOptions(detail="full"))


@pytest.fixture(scope="session")
def made_document(report: Rendered) -> Document:
    return report.document


@pytest.fixture
def unencoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw figures and leave them without pictures, for what is read off the blocks of a page alone."""
    monkeypatch.setattr(page, "encode", lambda *_: Images(b"", b"", b"", 6.5, 4.0))
