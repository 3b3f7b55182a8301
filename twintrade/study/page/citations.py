"""From a key of the bibliography to a citation as a text prints it."""

import re
from functools import cache
from importlib import resources

from twintrade.text import Listed, Text

_ENTRY = re.compile(r"^@\w+\{([^,\s]+),\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^  (\w+) = \{(.*)\},$", re.MULTILINE)


def format_citation(key: str) -> str:
    """Return "Borusyak, Jaravel and Spiess (2024)" for a key; empty for an empty or unknown one."""
    fields = _entries().get(key)
    if fields is None:
        return ""
    names = [author.split(",")[0].strip().strip("{}") for author in fields.get("author", "").split(" and ")]
    shown = Text("study.and-others", name=names[0]) if len(names) > 3 else Listed(tuple(names))
    year = fields.get("year", "")
    return f"{shown} ({year})" if year else str(shown)


@cache
def _entries() -> dict[str, dict[str, str]]:
    text = resources.files("twintrade").joinpath("references.bib").read_text(encoding="utf-8")
    return {key: dict(_FIELD.findall(body)) for key, body in _ENTRY.findall(text)}
