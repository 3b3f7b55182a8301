"""One method, one file, one paper."""

from typing import Any

from twintrade.methods import find_attribute, find_methods


def __dir__() -> list[str]:
    return sorted(find_methods("estimators"))


def __getattr__(name: str) -> Any:
    return find_attribute("estimators", name)
