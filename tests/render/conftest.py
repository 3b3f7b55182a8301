"""The made-up result set and its report, rendered once for all tests of the page."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from made_results import make_results

from twintrade.effects import ResultSet
from twintrade.render.appendix import AppendixOptions
from twintrade.render.blocks import Document
from twintrade.render.report import Rendered, render


@pytest.fixture(scope="session")
def made() -> ResultSet:
    return make_results()


@pytest.fixture(scope="session")
def report(made: ResultSet) -> Rendered:
    return render(made, AppendixOptions(detail="full"))


@pytest.fixture(scope="session")
def made_document(report: Rendered) -> Document:
    return report.document
