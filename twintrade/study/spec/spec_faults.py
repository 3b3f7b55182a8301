"""Faults of an analysis file in words: where, what, and the key that was probably meant."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from twintrade.design.panel import suggest_word
from twintrade.errors import SpecError, TwintradeError
from twintrade.methods import Registry
from twintrade.renamed import find_renamed, replace_keys
from twintrade.text import Listed, Text

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_ENTRY = re.compile(r"\[\[(\w+)\]\]\D*?(\d+) \([^)]*\): ")
_TABLE = re.compile(r"\[(\w+)\]: ")
_KEY = re.compile(r"(design|data|inference|case)\.(\w+)")


def format_faults(errors: Sequence[Mapping[str, Any]], text: str, file: str, schema: Mapping[str, Any]) -> str:
    """Return all of pydantic's faults as one message, one line each, by line of the text, with similar keys."""
    lines = list(dict.fromkeys(_line(error, text, file, schema) for error in errors))
    if len(lines) == 1:
        return lines[0]
    return "\n".join((str(Text("spec.faults", n=len(lines))), *lines))


def find_line(text: str, path: Sequence[str | int]) -> int | None:
    """Return the line of a path of keys and positions, found by walking the tables of the text, or None."""
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
        if list(path[: len(here)]) == here and (best is None or len(here) > best[0]):
            best = (len(here), number)
    return best


def _placed(fault: str, text: str, file: str) -> str:
    """Return a fault found after parsing with its line in the analysis file, where one is known."""
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
        raise SpecError("\n".join(_placed(line, text, file) for line in str(error).splitlines())) from None


def _line(error: Mapping[str, Any], text: str, file: str, schema: Mapping[str, Any]) -> str:
    path = [p for p in error["loc"] if not _is_tag(p)]
    key = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
    place = _place(file or str(Text("registration.about-specification")), find_line(text, path))
    kind = str(error["type"])
    if kind == "missing":
        return str(Text("spec.missing", place=place, key=key))
    if kind in _UNKNOWN:
        known = _known_keys(schema, path[:-1])
        tables = [table for table in known if len(path) == 1 and path[0] in _known_keys(schema, [table])]
        near = suggest_word(str(path[-1]), known) if known else ""
        hint = Text("spec.belongs", table=tables[0]) if tables else near or "none"
        return str(Text("spec.unknown", place=place, key=key, hint=hint))
    given = error.get("input")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{place}: {key}: {describe_fault(error, shown, str(error.get('ctx', {}).get('error', '')))}"


def describe_fault(error: Mapping[str, Any], given: str = "", words: str = "") -> str:
    """Return a fault of pydantic's, what was given, and the word that was probably meant where a key takes some."""
    message, hint = words or str(error["msg"]), ""
    if error["type"] == "literal_error" and isinstance(error["input"], str):
        hint = suggest_word(error["input"], re.findall(r"'([^']+)'", error["ctx"]["expected"]))
    return f"{message[:1].lower()}{message[1:]}{given}{f'; {hint}' if hint.startswith('did') else ''}"


def _is_tag(part: str | int) -> bool:
    """Whether a part of a path names a branch of a union, not a key."""
    return isinstance(part, str) and (part in ("str", "int") or "[" in part or "-" in part or part[:1].isupper())


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


# A method made from its name and its options, with every unknown or ill-typed option reported in words.

T = TypeVar("T")

_PLAIN = {
    str: Text("spec.type-text"),
    int: Text("spec.type-whole"),
    float: Text("spec.type-number"),
    bool: Text("spec.type-truth"),
}
_METHODS_TABLE = Text("spec.type-table")
_COUNTS = ("draws", "n_draws", "max_draws", "simulations")
"""Options that count something, of which there is at least one."""


def build_method(
    registry: Registry[T], name: str, options: Mapping[str, Any], where: str, further: tuple[str, ...] = ()
) -> T:
    """Return a method of a registry with its options; ``further`` keys are the caller's, for hints."""
    try:
        method = registry[name]
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from None
    known = list_option_names(method)
    faults, values = [], {}
    options = replace_keys(options, find_renamed("option", name), 3)
    for key, value in options.items():
        if key not in known:
            hint = suggest_word(key, [*known, *further]) or "none"
            faults.append(str(Text("spec.no-option", where=where, name=name, key=key, hint=hint)))
            continue
        try:
            values[key] = _option(method, key).validate_python(value)
            if key in _COUNTS and isinstance(value, int) and value < 1:
                faults.append(str(Text("spec.count", where=where, key=key, value=value)))
            if key == "level" and isinstance(values[key], float) and not 0 < values[key] < 1:
                faults.append(str(Text("spec.level", where=where, value=value)))
        except ValidationError as error:
            fault = describe_fault(error.errors()[0], f" (given: {value!r})")
            faults.append(f"{where}: {key}: {fault}")
    if faults:
        raise SpecError("\n".join(faults))
    try:
        return method(**values)
    except (TwintradeError, TypeError, ValueError) as error:
        raise SpecError(f"{where}: {error}") from None


def list_option_names(method: type[Any]) -> list[str]:
    """Return the options a method has."""
    return [f.name for f in fields(method) if f.init]


def build_option_schema(method: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema of each option of a method, with its default."""
    schema = {}
    for field in fields(method):
        if not field.init:
            continue
        option = _option(method, field.name)
        described = option.json_schema()
        if field.default is not MISSING:
            described["default"] = option.dump_python(field.default, mode="json")
        schema[field.name] = described
    return schema


def _option(method: type[Any], name: str) -> TypeAdapter[Any]:
    hint = get_type_hints(method)[name]
    try:
        return TypeAdapter(hint, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
    except Exception:  # a type that carries its own configuration takes none from here
        return TypeAdapter(hint)


def format_type(owner: type[Any], name: str) -> str:
    """Return what a key takes, in words for a table."""
    return _type_words(get_type_hints(owner)[name])


def _type_words(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _type_words(arguments[0])
    if origin is Literal:
        return ", ".join(f'`"{a}"`' if isinstance(a, str) else f"`{a}`" for a in arguments)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f'`"{member.value}"`' for member in hint)
    if origin in (Union, UnionType):
        return str(Listed(tuple(dict.fromkeys(_type_words(a) for a in arguments if a is not NoneType)), "or"))
    if origin in (list, tuple):
        inner = [a for a in arguments if a is not Ellipsis]
        return str(Text("spec.type-list", of=Listed(tuple(dict.fromkeys(_type_words(a) for a in inner)))))
    if origin is not None:
        return str(_METHODS_TABLE)
    return str(_PLAIN.get(hint, _METHODS_TABLE))
