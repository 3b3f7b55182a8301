"""How sure are we: one room for all estimators."""

from types import ModuleType

from twintrade.methods import find_module, read_method_sources


def __dir__() -> list[str]:
    return sorted(read_method_sources("inference"))


def __getattr__(name: str) -> ModuleType:
    return find_module("inference", name)
