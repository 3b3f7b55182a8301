"""How sure are we: one room for all estimators."""

from typing import Any

from twintrade.methods import find_attribute, find_methods


def __dir__() -> list[str]:
    return sorted(find_methods("inference"))


def __getattr__(name: str) -> Any:
    return find_attribute("inference", name)
