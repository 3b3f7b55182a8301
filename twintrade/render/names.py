"""What a page calls the facts that results hold by a name: checks, columns, scales, states."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from twintrade.errors import SpecError
from twintrade.text import Template, Text, Value, Words, find_catalogue, find_fact, name_fact, read_template, texts

PAIRED = " – "


def _name_place(place: str) -> str:
    """Return the name of a place in the language; behind it the code of its state, or before it the state's name."""
    name, bracket, code = place.partition(" (")
    state = find_catalogue().name(code.rstrip(")"))
    if bracket and state != code.rstrip(")"):
        return name_within(state, find_catalogue().name(name))
    return find_catalogue().name(name) + bracket + code


def name_within(state: str, place: str) -> str:
    """Return a state, whose trade is counted, with the place in it that signed where this is another one."""
    return state if place in ("", state) else str(Text("brief.place-within", state=state, place=place))


def name_pair(pair: str) -> str:
    """Return the two ends of a pair as the language writes a place in a country."""
    if not find_catalogue().names:
        return pair
    ends = []
    for end in pair.split(PAIRED):
        place, comma, country = end.rpartition(", ")
        ends.append(str(Text("brief.place-in", place=place, country=country) if comma else _name_place(end)))
    return PAIRED.join(ends)


def find_check(diagnostic: str) -> Words:
    """Return what a check is called, not yet in any language."""
    return find_fact("labels.check-", diagnostic, _spell(diagnostic))


def name_check(diagnostic: str) -> str:
    """Return how a check is called."""
    return str(find_check(diagnostic))


def name_column(column: str) -> str:
    """Return the head of a column."""
    return name_fact("labels.column-", column, _spell(column))


def _name(kind: str, fact: str) -> str:
    """Return what a fact is called; one that no message knows with spaces."""
    return name_fact(f"labels.{kind}-", fact, fact.replace("_", " "))


name_scale = partial(_name, "scale")  # what an effect or an outcome is measured in: log points, logs
name_base = partial(_name, "base")  # what effects before onset are measured against
name_status = partial(_name, "status")  # which part a pair has in the comparison
name_statistic = partial(_name, "statistic")  # a test or a measure of fit
name_inference = partial(_name, "inference")
name_method = partial(_name, "method")  # for a single case
name_machine = partial(_name, "machine")  # a fact of the manifest; names of packages stand as they are
name_restriction = partial(_name, "restriction")  # how a violation of parallel trends is bounded
name_choice = partial(_name, "choice")  # a choice of a specification, or one of its options


def capitalize(name: str) -> str:
    """Return a name, in the language of the page, as it stands at the head of a sentence."""
    name = find_catalogue().name(name)
    return name[:1].upper() + name[1:]


def _spell(fact: str) -> str:
    """Return a name that no message knows with a capital and spaces."""
    return capitalize(fact.replace("_", " ").strip())


# The sentences of the page: messages of the catalogue, a department's own in the place of any of them.

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
        return texts.write_pattern(self.patterns.get(key), _FILE + key, **values)

    def knows(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in self.patterns or find_catalogue().has(_FILE + key)

    def changed(self, sentences: Mapping[str, str]) -> "Wording":
        """Return this wording with some sentences replaced."""
        patterns = dict(self.patterns)
        for key, sentence in sentences.items():
            if not self.knows(key) and not key.startswith("payload_"):  # titles that no message gives
                raise SpecError(f"the style file changes {key!r}, which is no sentence of the report")
            template = read_template(_FILE + key) if find_catalogue().has(_FILE + key) else Template("", {})
            if unknown := set(_PLACE.findall(sentence)) - set(template.places):
                places = ", ".join(sorted(unknown))
                raise SpecError(f"the sentence {key!r} in the style file names places it cannot fill: {places}")
            patterns[key] = template.adopt(sentence)
        return Wording(patterns)


# The exhibits of an appendix by name, in its order, and which of them a preset shows.

EXHIBIT_NAMES = (
    "summary", "single_case", "ladder", "event_study", "sensitivity", "forest", "margins", "spillovers",
    "translation", "claims", "findings", "raw", "data_card", "register", "descriptives", "selection", "assumptions",
    "warnings", "cross_check", "machine",
)  # fmt: skip
PRESETS: dict[str, tuple[str, ...]] = {
    "full": EXHIBIT_NAMES,
    "brief": (
        "summary", "data_card", "register", "ladder", "event_study", "translation", "findings", "warnings", "machine",
    ),
    "registry": ("summary", "data_card", "descriptives", "claims", "warnings", "machine"),
    "watch": ("data_card", "warnings", "machine"),
    "single_case": (
        "summary", "data_card", "register", "raw", "ladder", "sensitivity", "single_case", "translation",
        "claims", "findings", "assumptions", "warnings", "cross_check", "machine",
    ),
}  # fmt: skip
