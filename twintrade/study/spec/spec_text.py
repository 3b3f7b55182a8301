"""An analysis file from text to tables; characters that no page or terminal may be sent are refused here."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from twintrade.errors import UNDECIDED, UNKNOWN, SpecError
from twintrade.text import Listed, Text

# Controls but for tab and line end, and the marks that turn the direction of a text around.
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_OPEN = re.compile(
    rf"\s*([^#=\s]+(?=\s*=\s*\"{UNDECIDED}\")|money_unit(?=\s*=\s*\"[^\"]*{UNKNOWN}\"))"
    r"\s*=\s*\"[^\"]*\"\s*(?:#\s*(?:QUESTION:)?\s*(.*\S))?"
)

_TWICE = re.compile(r"Cannot\s(?:overwrite|declare)\s.*\(at\s(?:line\s(\d+)|end)")
"""What the parser says of a key or a table that stands twice."""


def parse_tables(text: str, file: str = "") -> dict[str, Any]:
    """Return the tables of an analysis file, unchecked.

    ``text``: TOML; ``file``: its name, for messages.
    """
    where = file or str(Text("spec.the-file"))
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
    return raw


def _texts(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every key and every text, with where it stands."""
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
