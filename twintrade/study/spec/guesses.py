"""Guesses of a new analysis file: those that nobody has confirmed, and how all of them are."""

import re

_GUESSED = re.compile(r"""(\s*([^#=\s][^=]*?)\s*=(?:[^"'#]|"[^"]*"|'[^']*')*#)[ \t]*GUESS\b:?""")
"""Up to the mark, which stands in a comment and in no value."""


def find_open_guesses(text: str) -> list[tuple[int, str]]:
    """Return line and key of every line of an analysis file that carries the mark of a guess."""
    return [(i, m[2]) for i, line in enumerate(text.splitlines(), 1) if (m := _GUESSED.match(line))]


def count_open_guesses(text: str) -> dict[str, int]:
    """Return the number of open guesses as a fact of a run, nothing where there is none."""
    n = len(find_open_guesses(text))
    return {"open_guesses": n} if n else {}


def confirm_guesses(text: str) -> str:
    """Return an analysis file without the marks; what was guessed from stays as a comment."""
    return "".join(_GUESSED.sub(r"\1", line, count=1) for line in text.splitlines(keepends=True))
