"""The single list of what a room offers, read by the CLI, the docs, the spec and the contract tests."""

import difflib
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Generic, TypeVar

from twintrade.errors import SpecError

T = TypeVar("T")


class Registry(Generic[T]):
    """Classes of one room by their name.

    Parameters
    ----------
    room : str
        Package whose modules register themselves when imported ("twintrade.estimators").
    noun : str
        What one entry is, for messages ("estimator").
    """

    def __init__(self, room: str, noun: str) -> None:
        self._room = room
        self._noun = noun
        self._entries: dict[str, type[T]] = {}
        self._is_loaded = False

    def add(self, name: str, entry: type[T]) -> None:
        """Register a class; a name is given once."""
        if name in self._entries and self._entries[name].__qualname__ != entry.__qualname__:
            raise SpecError(f"two {self._noun}s are called {name!r}")
        self._entries[name] = entry

    def __getitem__(self, name: str) -> type[T]:
        self._load()
        if name not in self._entries:
            near = difflib.get_close_matches(name, self._entries, n=1)
            if near:
                raise SpecError(f"no {self._noun} is called {name!r}; did you mean {near[0]!r}?")
            raise SpecError(f"no {self._noun} is called {name!r}; known: {', '.join(sorted(self._entries))}")
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._entries))

    def _load(self) -> None:
        if self._is_loaded:
            return
        package = importlib.import_module(self._room)
        for module in pkgutil.walk_packages(package.__path__, f"{self._room}."):
            importlib.import_module(module.name)
        self._is_loaded = True
