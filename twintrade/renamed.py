"""Old names that work on for a while, each with a warning that says what to write instead."""

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypeVar

from twintrade.errors import SpecError
from twintrade.text import Text

P = ParamSpec("P")
T = TypeVar("T")

Kind = Literal["name", "argument", "option", "key"]


class RenamedWarning(FutureWarning):
    """Something is written by an old name, which will stop working."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """A name that was replaced by another."""

    kind: Kind  # of the package, of a public function, of a method, or of the analysis file
    place: str  # where it stands: "twintrade", a function, a method, or a table of the analysis file ("design")
    old: str
    new: str
    since: str  # since, until: The version that renamed it, and the one in which the old name is gone
    until: str

    @property
    def text(self) -> Text:
        """What is warned of: what, since when, what to write, and until when the old name works."""
        facts = {"place": self.place, "old": self.old, "new": self.new}
        return Text("common.renamed", kind=self.kind, since=self.since, until=self.until, **facts)

    def warn(self, stacklevel: int = 2) -> None:
        """Warn who wrote the old name."""
        warnings.warn(str(self.text), RenamedWarning, stacklevel=stacklevel + 1)


RENAMED: tuple[Renamed, ...] = (Renamed("option", "known_shocks", "own", "further", "0.2.0", "0.3.0"),)
"""All old names that still work."""


def find_renamed(kind: Kind, place: str, renamed: Sequence[Renamed] | None = None) -> dict[str, Renamed]:
    """Return the old names of a place that still work."""
    listed = RENAMED if renamed is None else renamed
    return {entry.old: entry for entry in listed if (entry.kind, entry.place) == (kind, place)}


def replace_keys(values: Mapping[str, Any], known: Mapping[str, Renamed], stacklevel: int = 2) -> dict[str, Any]:
    """Return values by present names, in their order, warning the caller ``stacklevel`` up of each old one."""
    present = {}
    for key, value in values.items():
        if (entry := known.get(key)) is not None:
            if entry.new in values:
                raise SpecError(Text("common.renamed-twice", place=entry.place, old=entry.old, new=entry.new))
            entry.warn(stacklevel)
        present[entry.new if entry is not None else key] = value
    return present


def replace_old_keys(tables: Mapping[str, Any], renamed: Sequence[Renamed] | None = None) -> dict[str, Any]:
    """Return the tables of an analysis file with the keys of the present; other tables are handed on."""
    known = {name: find_renamed("key", name, renamed) for name, table in tables.items() if isinstance(table, Mapping)}
    return {name: replace_keys(t, known[name], 3) if known.get(name) else t for name, t in tables.items()}


def take_renamed(*renamed: Renamed) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that lets a function take the old names of its arguments."""
    known = {entry.old: entry for entry in renamed}

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return function(*args, **replace_keys(kwargs, known, 3))

        return call

    return decorate
