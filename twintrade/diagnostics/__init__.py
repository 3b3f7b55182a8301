"""Whether we would believe it: checks that a referee would ask for."""

from types import ModuleType

from twintrade.methods import find_module, read_method_sources


def __dir__() -> list[str]:
    return sorted(read_method_sources("diagnostics"))


def __getattr__(name: str) -> ModuleType:
    return find_module("diagnostics", name)
