"""Plain values as TOML text."""

import json
from collections.abc import Mapping
from typing import Any


def to_toml(tables: Mapping[str, Any]) -> str:
    """Return nested mappings as TOML, scalars first, then tables, then arrays of tables."""
    return "\n".join(_lines(tables, ())).strip() + "\n"


def format_toml_line(key: str, value: Any) -> str:
    """Return one assignment, mappings inline."""
    return f"{_key(key)} = {_value(value)}"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    lines = [f"{_key(k)} = {_value(v)}" for k, v in table.items() if not _is_nested(v)]
    for key, value in table.items():
        if isinstance(value, Mapping):
            inner = _lines(value, (*path, key))
            lines += ["", f"[{_dotted((*path, key))}]", *inner] if inner else []
        elif _is_nested(value):
            for item in value:
                lines += ["", f"[[{_dotted((*path, key))}]]", *_lines(item, (*path, key))]
    return lines


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(_key(p) for p in path)


def _key(key: str) -> str:
    is_bare = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
    return key if is_bare else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(str(k))} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
