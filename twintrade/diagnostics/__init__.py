"""Whether we would believe it: checks that a referee would ask for."""

from typing import Any

from twintrade.methods import find_attribute, find_methods


def __dir__() -> list[str]:
    return sorted(find_methods("diagnostics"))


def __getattr__(name: str) -> Any:
    return find_attribute("diagnostics", name)
