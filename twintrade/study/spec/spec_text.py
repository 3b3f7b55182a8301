"""An analysis file from text to tables; characters that no page or terminal may be sent are refused here."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from twintrade.errors import UNDECIDED, UNKNOWN, SpecError
from twintrade.text import Listed, Text

# Guesses of a new analysis file: those that nobody has confirmed, and how all of them are.

_GUESSED = re.compile(r"""(\s*([^#=\s][^=]*?)\s*=(?:[^"'#]|"[^"]*"|'[^']*')*#)[ \t]*GUESS\b:?""")
"""Up to the mark, which stands in a comment and in no value."""
_HEAD = re.compile(r"\s*(\[\[?[^\]]+\]\]?)\s*(?:#|$)")
_DATA_TABLE = re.compile(r"\s*\[(?:\[data\.(trade|twinnings)\]\])?")


def find_open_guesses(text: str) -> list[tuple[int, str]]:
    """Return line and key of every line of an analysis file that carries the mark of a guess."""
    return [(i, m[2]) for i, line in enumerate(text.splitlines(), 1) if (m := _GUESSED.match(line))]


def locate_guesses(text: str) -> list[tuple[int, str, str, int]]:
    """Return line, key, table and its position of every marked line of a trade table or a table of agreements."""
    lines, seen, marked = text.splitlines(), Counter[str](), dict(find_open_guesses(text))
    table, marks = "", []
    for number, line in enumerate(lines, 1):
        if header := _DATA_TABLE.match(line):
            table = header[1] or ""
            seen[table] += 1
        elif number in marked and table:
            marks.append((number, marked[number], table, seen[table] - 1))
    return marks


def list_values(text: str, key: str) -> Iterator[tuple[int, str, str]]:
    """Yield line and head of each table of an analysis file, and line, head and text of each such key in it."""
    head, assigned = "", re.compile(rf"\s*{key}\s*=\s*[\"']([^\"']+)[\"']")
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEAD.match(line):
            head = header[1]
            yield number, head, ""
        elif value := assigned.match(line):
            yield number, head, value[1]


def count_open_guesses(text: str) -> dict[str, int]:
    """Return the number of open guesses as a fact of a run, nothing where there is none."""
    n = len(find_open_guesses(text))
    return {"open_guesses": n} if n else {}


def confirm_guesses(text: str) -> str:
    """Return an analysis file without the marks; what was guessed from stays as a comment."""
    return "".join(_GUESSED.sub(r"\1", line, count=1) for line in text.splitlines(keepends=True))


# Plain values as TOML text.


def to_toml(tables: Mapping[str, Any]) -> str:
    """Return nested mappings as TOML, scalars first, then tables and arrays of tables."""
    import tomlkit

    return tomlkit.dumps(tables).strip() + "\n"


def format_toml_line(key: str, value: Any) -> str:
    """Return one assignment, mappings inline."""
    import tomlkit

    line = tomlkit.inline_table()
    line.update({key: value})
    return line.as_string()[1:-1]


# Controls but for tab and line end, and the marks that turn the direction of a text around.
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_OPEN = re.compile(
    rf"\s*([^#=\s]+(?=\s*=\s*(?:\{{.*)?\"{UNDECIDED}\")|money_unit(?=\s*=\s*\"[^\"]*{UNKNOWN}\"))"
    r"\s*=\s*(?:\"[^\"]*\"|\{.*\})\s*(?:#\s*(?:QUESTION:)?\s*(.*\S))?"
)

_TWICE = re.compile(r"Cannot\s(?:overwrite|declare)\s.*\(at\s(?:line\s(\d+)|end)")
"""What the parser says of a key or a table that stands twice."""


def parse_tables(text: str, file: str = "") -> dict[str, Any]:
    """Return the tables of an analysis file, unchecked."""
    where = file or str(Text("study.changed-file"))
    try:
        raw = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        if (place := _TWICE.search(str(error))) is not None:
            line = int(place[1]) if place[1] else text.rstrip().count("\n") + 1
            raise SpecError(Text("spec.duplicate-key", where=where, line=line)) from None
        reason = Text("spec.nested") if isinstance(error, RecursionError) else error
        raise SpecError(f"{where} is not TOML: {reason}") from None
    for path, value in _texts(raw, ""):
        if refused := _REFUSED.search(value):
            raise SpecError(
                f"{where}: {_REFUSED.sub('?', path)} holds the control character U+{ord(refused[0]):04X}: remove it"
            )
    if any(value == UNDECIDED for _, value in _texts(raw, "")):
        lines = [(i, m) for i, line in enumerate(text.splitlines(), 1) if (m := _OPEN.match(line))]
        asked = tuple(Text("spec.question", line=i, key=m[1], asked=m[2] or "none") for i, m in lines)
        raise SpecError(str(Text("spec.undecided", file=where, n=len(asked), questions=Listed(asked, "semicolon"))))
    return {key: _list_city_names(value) for key, value in raw.items()}


def _list_city_names(node: Any) -> Any:
    """Return tables in which city names given as a mapping, name to city, are the list that sources take."""
    if isinstance(node, list):
        return [_list_city_names(part) for part in node]
    if not isinstance(node, dict):
        return node
    if isinstance(names := node.get("city_names"), dict):
        node = node | {"city_names": [{"name": name, "city": city} for name, city in names.items()]}
    return {key: _list_city_names(value) for key, value in node.items()}


def _texts(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every key and every text, with its line."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            inner = f"{path}.{key}".lstrip(".")
            yield inner, key
            yield from _texts(value, inner)
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from _texts(value, f"{path}[{i}]")
    elif isinstance(node, str):
        yield path, node
