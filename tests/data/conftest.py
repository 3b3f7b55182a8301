"""Small projects on disk, and the declarations that read them."""

from pathlib import Path

import pytest
from hypothesis import settings

from twintrade.data import TradeSource
from twintrade.data.schema import TwinningSource

# By hand: pytest tests/data --hypothesis-profile long
settings.register_profile("long", max_examples=3000, deadline=None, derandomize=False)


@pytest.fixture
def project(tmp_path):
    """Write a file into an otherwise empty project and return the project's folder."""

    def write(content: str | bytes, name: str = "data/raw/trade.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path

    return write


@pytest.fixture
def trade_source():
    """Return a declaration of data/raw/trade.csv with some of its parts replaced."""

    def declare(**changes) -> TradeSource:
        parts = {
            "file": "data/raw/trade.csv",
            "city": "city",
            "partner": "partner",
            "period": "year",
            "value": "value",
            "flow": "exports",
            "reporter": "city",
            "money_unit": "USD",
            "absent": "zero",
        }
        return TradeSource(**(parts | changes))

    return declare


@pytest.fixture
def twinning_source():
    """Return a declaration of data/raw/twins.csv with some of its parts replaced."""

    def declare(**changes) -> TwinningSource:
        parts = {
            "file": "data/raw/twins.csv",
            "city": "city",
            "partner": "partner",
            "partner_city": "partner_city",
            "date": "date",
            "kind": "kind",
        }
        return TwinningSource(**(parts | changes))

    return declare
