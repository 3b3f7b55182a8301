"""Text and tables as Markdown prints them and nothing else."""

from collections.abc import Iterator, Sequence
from typing import Any

_CELL = str.maketrans({"|": "\\|", "<": "&lt;", ">": "&gt;", "\n": " "})
_SPECIAL = "\\`*_[]#$~"


def render_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def escape_markdown(text: Any) -> str:
    """Return text in which no character means anything to Markdown."""
    escaped = "".join(f"\\{c}" if c in _SPECIAL else c for c in str(text))
    return escaped.translate(_CELL)


def render_code(text: str) -> str:
    """Return text as code that no character of it ends."""
    return f"`{text.translate(_CELL).replace('`', '')}`"
