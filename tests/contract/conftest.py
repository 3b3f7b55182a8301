"""What every contract test may take for granted."""

import pytest


@pytest.fixture(autouse=True)
def few_deals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule for verdicts takes no more deals than it is given, or twice as many, however close a bound is."""
    monkeypatch.setattr("twintrade.inference.evidence.MOST_DRAWS", 39)
