"""The sentences of the page: messages of the catalogue, a department's own in the place of any of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from twintrade.errors import SpecError
from twintrade.render.names import name_check
from twintrade.text import Value, find_catalogue, read_template, write_pattern

_PLACE = re.compile(r"\{([a-z_]+)\}")
_FILE = "page."

OF_NO_COLUMN = frozenset(("case_tests", "case_verdict", "date_sets", "donor_sets", "unknown_break"))
"""Checks of a case by every method, or of its series alone: naming one column would mislead."""


def list_check_names(diagnostics: Iterable[str]) -> list[str]:
    """Return the names of distinct checks as they stand inside a sentence."""
    names = [name_check(d) for d in dict.fromkeys(diagnostics)]
    return [name if name[:2].isupper() else name[:1].lower() + name[1:] for name in names]


def list_sentences() -> dict[str, str]:
    """Return every sentence that a department may change, with its places in braces, in the form for many."""
    return {key: read_template(_FILE + key).sentence for key in find_catalogue().list_keys("page")}


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences in use."""

    patterns: Mapping[str, str] = field(default_factory=dict)  # a department's own by key, as Fluent patterns

    def say(self, key: str, /, **values: Value) -> str:
        """Return a sentence with its named places filled; values are put in as they are, never read as sentences."""
        return write_pattern(self.patterns.get(key), _FILE + key, **values)

    def knows(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return find_catalogue().has(_FILE + key)

    def changed(self, sentences: Mapping[str, str]) -> "Wording":
        """Return this wording with some sentences replaced."""
        patterns = dict(self.patterns)
        for key, sentence in sentences.items():
            if not self.knows(key):
                raise SpecError(f"the style file changes {key!r}, which is no sentence of the report")
            template = read_template(_FILE + key)
            unknown = set(_PLACE.findall(sentence)) - set(template.places)
            if unknown:
                places = ", ".join(sorted(unknown))
                raise SpecError(f"the sentence {key!r} in the style file names places it cannot fill: {places}")
            patterns[key] = template.adopt(sentence)
        return Wording(patterns)
