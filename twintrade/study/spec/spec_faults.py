"""Faults of an analysis file in words: where, what, and the key that was probably meant."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from twintrade.design.words import suggest_word
from twintrade.errors import SpecError
from twintrade.text import Text

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_ENTRY = re.compile(r"\[\[(\w+)\]\]\D*?(\d+) \([^)]*\): ")
_TABLE = re.compile(r"\[(\w+)\]: ")
_KEY = re.compile(r"(design|data|inference|case)\.(\w+)")


def format_faults(errors: Sequence[Mapping[str, Any]], text: str, file: str, schema: Mapping[str, Any]) -> str:
    """Return all faults as one message, one line each.

    ``errors``: as pydantic lists them: type, loc, msg, input; ``text``: the analysis file, to find lines in;
    ``schema``: JSON Schema of the whole file, to find the known keys of a table.
    """
    lines = list(dict.fromkeys(_line(error, text, file, schema) for error in errors))
    if len(lines) == 1:
        return lines[0]
    return "\n".join((str(Text("spec.faults", n=len(lines))), *lines))


def find_line(text: str, path: Sequence[str | int]) -> int | None:
    """Return the line on which a key stands, found by walking the tables of the text; None where it cannot be found.

    ``text``: TOML; ``path``: keys and positions in arrays of tables.
    """
    best = _find_nearest(text, path)
    return best[1] if best else None


def _find_nearest(text: str, path: Sequence[str | int]) -> tuple[int, int] | None:
    """Return how many parts of a path were found, and the line on which the last of them stands."""
    table: list[str | int] = []
    counts: dict[tuple[str, ...], int] = {}
    best: tuple[int, int] | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if header := re.match(r"\[(\[?)\s*([^\]]+?)\s*\]", line):
            names = tuple(n.strip().strip("\"'") for n in header[2].split("."))
            table = list(names)
            if header[1]:
                counts[names] = counts.get(names, -1) + 1
                table.append(counts[names])
            here = table
        elif assignment := re.match(r"([\w.\"'-]+)\s*=", line):
            here = [*table, *assignment[1].replace('"', "").replace("'", "").split(".")]
        else:
            continue
        shared = _shared(here, path)
        if shared == len(here) and (best is None or shared > best[0]):
            best = (shared, number)
    return best


def add_line_numbers(message: str, text: str, file: str) -> str:
    """Return faults found after parsing, each with its line in the analysis file where one is known.

    ``message``: one fault a line, as "[[estimator]] number 2 (ppml): ..." or "design.outcome is ..."; ``text``,
    ``file``: the analysis file and its name.
    """
    return "\n".join(_placed(line, text, file) for line in message.splitlines())


def _placed(fault: str, text: str, file: str) -> str:
    root: list[str | int]
    if entry := _ENTRY.match(fault):
        root, words = [entry[1], int(entry[2]) - 1], fault[entry.end() :]
    elif table := _TABLE.match(fault):
        root, words = [table[1]], fault[table.end() :]
    elif key := _KEY.match(fault):
        root, words = [key[1]], key[2]
    else:
        return fault
    number = find_line(text, [*root, _find_key(words, root, text)])
    return str(Text("common.headed", head=_place(file, number), said=fault)) if number else fault


def _find_key(words: str, root: Sequence[str | int], text: str) -> str:
    """Return the first word of a fault that is a key of its table; "name" where it is about the entry itself."""
    for word in re.findall(r"\w+", words):
        nearest = _find_nearest(text, [*root, word])
        if nearest and nearest[0] == len(root) + 1:
            return str(word)
    return "name"


def _place(file: str, line: int | None) -> Text | str:
    return Text("spec.at-line", file=file, line=line) if line else file


@contextmanager
def locate_faults(text: str, file: str) -> Iterator[None]:
    """Give faults of the analysis file that are raised inside their line."""
    try:
        yield
    except SpecError as error:
        raise SpecError(add_line_numbers(str(error), text, file)) from None


def _shared(here: Sequence[str | int], path: Sequence[str | int]) -> int:
    for i, (a, b) in enumerate(zip(here, path, strict=False)):
        if a != b:
            return i
    return min(len(here), len(path))


def _line(error: Mapping[str, Any], text: str, file: str, schema: Mapping[str, Any]) -> str:
    path = [p for p in error["loc"] if not _is_tag(p)]
    key = _dotted(path)
    number = find_line(text, path)
    place = _place(file or str(Text("spec.file")), number)
    kind = str(error["type"])
    if kind == "missing":
        return str(Text("spec.missing", place=place, key=key))
    if kind in _UNKNOWN:
        known = _known_keys(schema, path[:-1])
        hint = suggest_word(str(path[-1]), known) if known else ""
        return str(Text("spec.unknown", place=place, key=key, hint=hint or "none"))
    message = str(error.get("ctx", {}).get("error", error["msg"]))
    given = error.get("input")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{place}: {key}: {message[:1].lower()}{message[1:]}{shown}{suggest_choice(error)}"


def suggest_choice(error: Mapping[str, Any]) -> str:
    """Return what to add to a fault of pydantic's: the word that was probably meant where a key takes some only."""
    if error["type"] != "literal_error" or not isinstance(error["input"], str):
        return ""
    hint = suggest_word(error["input"], re.findall(r"'([^']+)'", error["ctx"]["expected"]))
    return f"; {hint}" if hint.startswith("did") else ""


def _is_tag(part: str | int) -> bool:
    """Whether a part of a path names a branch of a union, not a key."""
    return isinstance(part, str) and (part in ("str", "int") or "[" in part or "-" in part or part[:1].isupper())


def _dotted(path: Sequence[str | int]) -> str:
    parts = [f"[{p}]" if isinstance(p, int) else f".{p}" for p in path]
    return "".join(parts).lstrip(".")


def _known_keys(schema: Mapping[str, Any], path: Sequence[str | int]) -> tuple[str, ...]:
    node: Any = schema
    for part in path:
        node = _followed(node, schema)
        node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
    return tuple(_followed(node, schema).get("properties", {}))


def _followed(node: Any, schema: Mapping[str, Any]) -> Any:
    for branch in node.get("anyOf", ()):
        if branch.get("type") != "null":
            node = branch
            break
    reference = node.get("$ref")
    return schema["$defs"][reference.rsplit("/", 1)[-1]] if reference else node
