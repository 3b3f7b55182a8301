"""Text as literals of the scripts that the program generates; the only way a name gets into one."""

import json
import re
import shlex
from collections.abc import Callable, Mapping

from twintrade.data.sources import quote_cell
from twintrade.errors import StoreError
from twintrade.text import Text

UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f$`\"\\\u2018-\u201f\u2028-\u202e\u2066-\u2069]")
"""What no name in a script needs: controls, and what a shell takes for more than a letter."""

_QUOTES: Mapping[str, Callable[[str], str]] = {
    "sh": shlex.quote,
    "ps1": lambda text: "'" + re.sub("(['\u2018-\u201b])", r"\1\1", text) + "'",
    "r": lambda text: json.dumps(text, ensure_ascii=False),
    "python": json.dumps,
    "stata": lambda text: '"' + re.sub("[`'\"$]", "_", write_comment(text)) + '"',
}


def quote(text: str, language: str) -> str:
    """Return a text as a literal of a language."""
    return _QUOTES[language](text)


def write_comment(text: str) -> str:
    """Return a text that fits in the one line of a comment."""
    return " ".join(text.split())


def refuse_unsafe_names(paths: list[str]) -> None:
    """Refuse to write names of files into a script that a shell could take for commands."""
    for path in paths:
        if UNSAFE.search(path):
            raise StoreError(Text("bundle.unsafe-name", path=quote_cell(path)))
