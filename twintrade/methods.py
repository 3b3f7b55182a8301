"""The single list of the methods of a room, read by the CLI, the docs, the spec and the contract tests."""

import difflib
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import ModuleType
from typing import Generic, TypeVar

from twintrade.errors import SpecError

T = TypeVar("T")

_CLASS = re.compile(
    r'^class (\w+)(?:\(([^)]*)\))?:\n    """(.*?)"""\n(.*?)(?=^    def |^    @|^\S|\Z)', re.MULTILINE | re.DOTALL
)
_WORK = re.compile(r"    def (estimate|infer|check)\(")
_FACT = re.compile(r'^    (name|citation)(?:: ClassVar\[str\])? = "(\w+)"', re.MULTILINE)
_OPTION = re.compile(r"^    (\w+): (?!ClassVar\b)(?!.*\binit=False)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MethodSource:
    """What the source of a method says, for lists that import none.

    Attributes
    ----------
    module : str
        Dotted name of the module that defines it.
    description : str
        First line of its description.
    name, citation : str
        Empty where it has none.
    options : tuple of str
        Its fields, those of its bases first.
    """

    module: str
    description: str
    name: str
    citation: str
    options: tuple[str, ...]


@cache
def read_method_sources(room: str) -> dict[str, MethodSource]:
    """Return what the methods in a room's files say of themselves, by name; nothing is imported.

    Parameters
    ----------
    room : str
        "estimators", "inference" or "diagnostics".
    """
    classes = {
        match[1]: (path.replace("/", "."), match)
        for path in _list_files(room)
        for match in _CLASS.finditer(files("twintrade").joinpath(f"{path}.py").read_text(encoding="utf-8"))
    }
    sources = (_read(module, match, classes) for module, match in classes.values())
    return {source.name: source for source in sources if source.name}


def find_name(room: str, method: str | ModuleType) -> str:
    """Return the name of a method that is given by name, or by the module that defines it.

    Raises
    ------
    SpecError
        The module defines no method of the room.
    """
    if isinstance(method, str):
        return method
    names = [name for name, source in read_method_sources(room).items() if source.module == method.__name__]
    if len(names) != 1:
        raise SpecError(f"{method.__name__} is none of the {room}")
    return names[0]


def find_method_line(room: str, name: str) -> str | None:
    """Return the file and line at which a method does its work, None where the room has none of that name."""
    source = read_method_sources(room).get(name)
    if source is None:
        return None
    path = source.module.replace(".", "/") + ".py"
    lines = files("twintrade").joinpath(path.partition("/")[2]).read_text(encoding="utf-8").splitlines()
    facts = [(i, fact) for i, line in enumerate(lines) if (fact := _FACT.match(line))]
    named = next(i for i, fact in facts if fact.groups() == ("name", name))
    at = next((i for i in range(named, len(lines)) if _WORK.match(lines[i])), named)
    return f"{path}:{at + 1}"


def find_module(room: str, name: str) -> ModuleType:
    """Return the module of a method, for ``tt.estimators.ppml``.

    Raises
    ------
    AttributeError
        No method is called so.
    """
    source = read_method_sources(room).get(name)
    if source is None:
        raise AttributeError(f"module 'twintrade.{room}' has no attribute {name!r}")
    return importlib.import_module(source.module)


def _list_files(folder: str) -> Iterator[str]:
    for entry in files("twintrade").joinpath(folder).iterdir():
        path = f"{folder}/{entry.name}"
        if entry.is_dir():
            yield from _list_files(path)
        elif path.endswith(".py"):
            yield path.removesuffix(".py")


def _read(module: str, match: re.Match[str], classes: dict[str, tuple[str, re.Match[str]]]) -> MethodSource:
    """Return what one class says, with the options and the citation that it inherits."""
    _, bases, text, body = match.groups()
    above = [_read(*classes[base], classes) for base in (bases or "").split(", ") if base in classes]
    facts = dict(_FACT.findall(body))
    inherited = [option for base in reversed(above) for option in base.options]
    return MethodSource(
        f"twintrade.{module}",
        text.splitlines()[0],
        facts.get("name", ""),
        facts.get("citation", next((base.citation for base in above if base.citation), "")),
        tuple(dict.fromkeys([*inherited, *_OPTION.findall(body)])),
    )


class Registry(Generic[T]):
    """Classes of one room by their name; a module is imported when its class is asked for.

    Parameters
    ----------
    room : str
        Folder of the package whose modules register themselves when imported ("estimators").
    noun : str
        What one entry is, for messages ("estimator").

    Examples
    --------
    >>> "ppml" in tt.ESTIMATORS, list(tt.INFERENCES)[0]
    (True, 'auto')
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
        self._find(name)
        if name not in self._entries:
            near = difflib.get_close_matches(name, self._entries, n=1)
            if near:
                raise SpecError(f"no {self._noun} is called {name!r}; did you mean {near[0]!r}?")
            raise SpecError(f"no {self._noun} is called {name!r}; known: {', '.join(sorted(self._entries))}")
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        self._find(name)
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._entries))

    def _find(self, name: object) -> None:
        """Import the module that a name is read from, else all modules of the room."""
        source = read_method_sources(self._room).get(str(name))
        if name not in self._entries and source is not None:
            importlib.import_module(source.module)
        if name not in self._entries:
            self._load()

    def _load(self) -> None:
        if self._is_loaded:
            return
        package = importlib.import_module(f"twintrade.{self._room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
        self._is_loaded = True
