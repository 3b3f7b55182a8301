"""Names of countries as the tables have them, and which of their words say what kind of state it is."""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from twintrade.data.geography.country_codes import WORDS
from twintrade.data.sources.faults import split_words
from twintrade.data.sources.provenance import read_packaged, read_packaged_rows

Languages = frozenset[str]
Concepts = frozenset[str]
SHORT = 3  # letters of a name, up to which it is taken for a code or a word where no language speaks for it

_LETTERS = str.maketrans("đłøıəىةیک’‘ʼ`´", "dloieيهيك'''''", "ـ\u200c") | str.maketrans(
    {"æ": "ae", "œ": "oe", "&": " and ", "/": " and "}
)
_ELIDED, _DOTTED = re.compile(r"\b([dl]|dell)'(?=\w)"), re.compile(r"(?<=\w)\.(?=\w)")
_SAINT, _ISLANDS_IN_SHORT = re.compile(r"\bs(?:t|te|ta)\b"), re.compile(r"\bо ва\b")
WITHOUT_SPACES = re.compile(r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


@lru_cache(maxsize=100_000)
def fold_words(name: str) -> str:
    """Return the words of a name with a space between them, without case and accents, as the tables have them."""
    plain = _DOTTED.sub(" ", _ELIDED.sub(r"\1 ", name.casefold().translate(_LETTERS)))
    words = unicodedata.normalize("NFC", split_words(plain.replace("'", "").replace(".", "")))
    return _ISLANDS_IN_SHORT.sub("острова", _SAINT.sub("saint", " ".join(words.translate(_LETTERS).split())))


def fold_key(name: str) -> str:
    """Return the words of a name without spaces."""
    return fold_words(name).replace(" ", "")


class NameTable(NamedTuple):
    """The names of the tables."""

    exact: Mapping[str, Mapping[str, Languages]]  # by key: the codes, and the languages that say it so
    rows: tuple[tuple[str, str, Languages], ...]  # words, code, languages
    short: Mapping[str, str]  # code of names of up to three letters as they are written: UAE, DRC


@cache
def load_names() -> NameTable:
    """Return all names of the tables."""
    table = csv.reader(read_packaged("country_names.csv").splitlines()[1:])
    rows = [(name, code, frozenset(languages.split())) for name, code, languages in table]
    by_hand = [(row["code"], row["language"], row["names"]) for row in read_packaged_rows("partner_names.csv")]
    for partner in read_packaged_rows("partners.csv"):
        by_hand += [(partner["code"], "en", partner["name"]), (partner["code"], "zh", partner["chinese"])]
    written = [
        (name, code, frozenset(spoken.split()))
        for code, spoken, names in by_hand
        for name in names.split("|")
        if name
    ]
    rows += [(fold_words(name), code, spoken) for name, code, spoken in written]
    exact: dict[str, dict[str, Languages]] = defaultdict(dict)
    for words, code, spoken in rows:
        known = exact[words.replace(" ", "")]
        known[code] = known.get(code, frozenset()) | spoken
    short = {name: code for name, code, _ in written if name.isascii() and len(fold_key(name)) <= SHORT}
    return NameTable(dict(exact), tuple(rows), short)


# The words that tell countries apart, and those that say what kind of state it is.

_LETTER = {"people": "P", "crown": "K", "state": "N", "islands": "Z", "republic": "R", "bare": ""}
_LETTER |= {"democratic": "D", "socialist": "S", "federal": "F", "islamic": "I"}
_NO_WORDS = ("endings", "article")
_STATES: Mapping[str, Mapping[str, str]] = WORDS["states"]
_AND = frozenset(WORDS["joining"]["words"].split())
ISLANDS: Concepts = frozenset("Z")


def _list_words(table: Mapping[str, str]) -> dict[str, Concepts]:
    return {
        word: frozenset("".join(_LETTER[part] for part in key.split("_")))
        for key in [key for key in table if key not in _NO_WORDS]
        for word in table[key].split()
    }


VOCABULARY: Mapping[str, Mapping[str, Concepts]] = {
    language: _list_words(table) for language, table in _STATES.items()
}


@lru_cache(maxsize=100_000)
def take_off_state(words: str, language: str) -> tuple[tuple[str, ...], Concepts]:
    """Return the words that tell countries apart, in their order, and what the words taken off say."""
    known, article = VOCABULARY.get(language, {}), _STATES.get(language, {}).get("article", "")
    core: list[str] = []
    concepts: set[str] = set()
    for word in words.split():
        bare = word.removeprefix(article) if len(word) > len(article) + 2 else word
        spoken = known.get(bare, known.get(word))
        if spoken is not None:
            concepts |= spoken
        elif WITHOUT_SPACES.search(word):
            left = word
            for part, says in VOCABULARY["joined"].items():
                concepts |= says if part in left else frozenset()
                left = left.replace(part, "")
            core += [left] if left else []
        else:
            core.append("+" if word in _AND and core else bare)
    return tuple(core), frozenset(concepts)


class LanguageName(NamedTuple):
    """A name in a language."""

    key: str  # without spaces
    core: tuple[str, ...]
    concepts: Concepts
    code: str


@cache
def load_language(language: str) -> tuple[LanguageName, ...]:
    """Return the names of a language."""
    mine = [(words, code) for words, code, spoken in load_names().rows if language in spoken]
    return tuple(LanguageName(words.replace(" ", ""), *take_off_state(words, language), code) for words, code in mine)


@cache
def load_cores(language: str) -> Mapping[tuple[str, ...], Mapping[str, set[Concepts]]]:
    """Return the codes of every core of a language, sorted, and what its names say there of the state."""
    cores: dict[tuple[str, ...], dict[str, set[Concepts]]] = defaultdict(lambda: defaultdict(set))
    for name in load_language(language):
        if name.core and "N" not in name.concepts:
            cores[tuple(sorted(name.core))][name.code].add(name.concepts)
    south, north = (
        {w for name in load_language(language) if name.code == code for w in name.core} for code in ("KOR", "PRK")
    )
    for word in south & north:
        cores[word,] |= {"KOR": {frozenset("R")}, "PRK": {frozenset("DP")}}
    return cores
