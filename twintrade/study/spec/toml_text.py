"""Plain values as TOML text."""

from collections.abc import Mapping
from typing import Any


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
