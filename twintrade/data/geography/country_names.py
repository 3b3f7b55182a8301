"""Names of countries as the tables have them, and which of their words say what kind of state it is."""

import csv
import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from twintrade.data.sources.faults import split_words
from twintrade.data.sources.provenance import read_packaged, read_packaged_rows

# The places that may be partners, and which kind of code a column of them holds.

PlaceKind = Literal["country", "territory", "part", "former", "aggregate", "remainder"]
CodeKind = Literal["", "alpha-3", "alpha-2", "numeric"]

_BY_LENGTH: Mapping[int, CodeKind] = {2: "alpha-2", 3: "alpha-3"}
_ABROAD = {"EL": "GRC", "UK": "GBR", "XS": "SRB", "XK": "XKX"}  # codes of two letters that Eurostat has
_N_FIPS = 5  # codes of two letters from which a column whose codes are all in FIPS 10-4 may be in it
_N_LARGE = 3  # numbers of large partners that a column has if it numbers countries as ISO or Comtrade does
WORDS = tomllib.loads(read_packaged("name_words.toml"))  # what the tables say of names and of codes, by its section
_STANDARDS = {key: frozenset(codes.split()) for key, codes in WORDS["standards"].items()}


@dataclass(frozen=True, slots=True)
class Place:
    """A trade partner."""

    code: str  # ISO 3166-1 alpha-3 where there is one; XKX for Kosovo, `PSE-W` for a part, `+EU` for an aggregate
    iso2: str
    name: str
    kind: PlaceKind
    # valid_from, valid_to: First and last year in which statistics can have it as a partner of its own
    valid_from: int | None
    valid_to: int | None

    @property
    def is_aggregate(self) -> bool:
        """Whether it is a group of countries or a remainder, which by itself never serves as comparison."""
        return self.kind in ("aggregate", "remainder")


@cache
def load_places() -> Mapping[str, Place]:
    """Return every place of the table by its code."""
    places: dict[str, Place] = {}
    for row in read_packaged_rows("partners.csv"):
        kind: PlaceKind = row["kind"]  # type: ignore[assignment]
        first, last = (int(row[key]) if row[key] else None for key in ("valid_from", "valid_to"))
        places[row["code"]] = Place(row["code"], row["iso2"], row["name"], kind, first, last)
    return places


@cache
def load_two_letters() -> Mapping[str, str]:
    """Return the code of every code of two letters."""
    return {place.iso2: code for code, place in load_places().items() if place.iso2} | _ABROAD


@cache
def load_numbers() -> Mapping[str, str]:
    """Return the code of every number of ISO 3166-1 and of Comtrade, in three digits."""
    return {n: row["code"] for row in read_packaged_rows("partners.csv") for n in row["un"].split("|") if n}


def find_code_kind(cells: Collection[str], n_declared: int = 0) -> CodeKind:
    """Return which codes the cells of a column are, but for fewer labels; "" where they are names."""
    n = len(cells) + n_declared
    numbers = {cell for cell in cells if cell.isascii() and cell.isdigit()}
    if numbers and 2 * len(numbers) > n:
        plain = {number.lstrip("0") or "0" for number in numbers}
        is_known = all(number.zfill(3) in load_numbers() for number in numbers)
        return "numeric" if is_known and len(plain & _STANDARDS["large_numbers"]) >= _N_LARGE else ""
    for length, kind in _BY_LENGTH.items():
        if 2 * sum(_is_capitals(cell, length) for cell in cells) > n:
            return kind
    return ""


def list_doubtful_codes(cells: Collection[str], kind: CodeKind) -> frozenset[str]:
    """Return the codes of a column that are another country's in a standard whose codes the column may hold."""
    codes = set(cells)
    if kind == "alpha-3":
        return _STANDARDS["olympic_other"] if codes & _STANDARDS["olympic_alone"] else frozenset()
    codes = {cell for cell in codes if _is_capitals(cell, 2)}
    fips = frozenset().union(*(_STANDARDS[f"fips_{part}"] for part in ("same", "other", "alone")))
    alone = codes & _STANDARDS["fips_alone"] - load_two_letters().keys()
    is_fips = (len(codes) >= _N_FIPS and codes <= fips | {"UK"}) or alone
    return _STANDARDS["fips_other"] if kind == "alpha-2" and is_fips else frozenset()


def _is_capitals(cell: str, length: int) -> bool:
    return len(cell) == length and cell.isascii() and cell.isalpha() and cell.isupper()


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
    by_name = ((name, code, spoken) for code, spoken, names in by_hand for name in names.split("|") if name)
    written = [(name, code, frozenset(spoken.split())) for name, code, spoken in by_name]
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


VOCABULARY: Mapping[str, Mapping[str, Concepts]] = {la: _list_words(table) for la, table in _STATES.items()}


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
    names = load_language(language)
    south, north = ({w for n in names if n.code == code for w in n.core} for code in ("KOR", "PRK"))
    for word in south & north:
        cores[word,] |= {"KOR": {frozenset("R")}, "PRK": {frozenset("DP")}}
    return cores
