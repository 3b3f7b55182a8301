"""Names that may be a slip for another: near enough to ask, never near enough to match in silence."""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache

from twintrade.data.sources.faults import fold_name, split_words
from twintrade.data.sources.provenance import read_packaged, read_packaged_rows

# Names of cities in other letters or transcriptions: 济南 and Jinan, Москва and Moscow, Beijing and Peking.


def list_in_other_letters(core: str) -> frozenset[str]:
    """Return the names of a city, and of all so called, in other letters or transcriptions, folded as it is."""
    return _load_names().get(core, frozenset())


def has_other_letters(name: str, others: Collection[str]) -> bool:
    """Return whether a name is written in letters that none of the others has: 济南 beside Jinan and Qingdao."""
    mine = _list_alphabets(name)
    return bool(mine) and bool(others) and not any(mine & _list_alphabets(other) for other in others)


@cache
def _load_names() -> Mapping[str, frozenset[str]]:
    names: dict[str, set[str]] = {}
    for row in read_packaged_rows("city_scripts.csv"):
        names_of_city = f"{row['native']}|{row['latin']}".split("|")
        folded = {unicodedata.normalize("NFC", fold_name(name)) for name in names_of_city}
        for name in folded:
            names.setdefault(name, set()).update(folded - {name})
    return {name: frozenset(others) for name, others in names.items()}


def _list_alphabets(name: str) -> set[str]:
    return {unicodedata.name(c, "?").split()[0] for c in name if c.isalpha()}


SHORTEST = 4  # letters from which the spelling of names is compared: two codes of two letters are always alike
ALIKE = 0.8  # share of matching letters from which one name may stand for another (`difflib` ratio)
SHORTEST_CHINESE = 2  # characters from which a Chinese name may be a part of a longer one
_WORDS = tomllib.loads(read_packaged("place_words.toml"))
_LEVELS: Mapping[str, str] = {word: kind for kind, words in _WORDS["kinds"].items() for word in words}
_CHINESE: Mapping[str, str] = {word: kind for kind, words in _WORDS["chinese_kinds"].items() for word in words}
_OF, _OTHER_PLACE = frozenset(_WORDS["joining"]), frozenset(_WORDS["other_place"])
TOTALS = frozenset(_WORDS["totals"])  # words for the sum of others, folded
_BRACKETS = re.compile(r"[(（\[【].*?[)）\]】]")
_APOSTROPHES = re.compile(r"[’'`ʼ]")
_ELIDED = re.compile(r"\b([dl])[’'`ʼ]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NameParts:
    """A name taken apart."""

    core: tuple[str, ...]  # its words, folded, without brackets and without words for the kind of place
    words: tuple[str, ...]  # all its words, folded
    told_by: tuple[str, ...]  # what was taken away: the kind of place, and what stands in brackets


@lru_cache(maxsize=100_000)
def split_name(name: str) -> NameParts:
    """Return the parts of a name."""
    bare = _BRACKETS.sub(" ", name)
    bracketed = fold_name(" ".join(_BRACKETS.findall(name)))
    words = _list_words(bare)
    if not words:
        bare, bracketed, words = name, "", _list_words(name)
    core, kinds = _strip_kinds(words)
    told_by = tuple(filter(None, (*sorted(set(kinds)), bracketed)))
    return NameParts(core, _list_words(name), told_by)


def is_perhaps_one(name: str, other: str) -> bool:
    """Return whether two names of one table differ only in a kind of place or brackets that one of them lacks."""
    mine, theirs = split_name(name), split_name(other)
    is_told = mine.told_by and theirs.told_by and mine.told_by != theirs.told_by
    return bool(mine.core) and "".join(mine.core) == "".join(theirs.core) and not is_told


def is_in_other_letters(name: str, other: str) -> bool:
    """Return whether two names are those of one city in two kinds of letters: 济南, Jinan."""
    return "".join(split_name(other).core) in list_in_other_letters("".join(split_name(name).core))


def list_near_names(name: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the known names that this one may mean, by the first of five signs that any of them shows.

    They differ in case, accents and marks only; or in words for the kind of place and brackets ("City of", "Shi"); or
    they are one city's names in two kinds of letters (济南, Jinan); or one holds the other as whole words that no
    word like "New" precedes (of Chinese names, as two characters or more); or they begin alike, have the same digits,
    at least ``SHORTEST`` letters and a ratio of at least ``ALIKE``, the nearest alone.
    """
    folded = fold_name(name)
    if not folded:
        return ()
    candidates = sorted(known)
    mine = split_name(name)
    same = [c for c in candidates if fold_name(c) == folded]
    bare = same or [c for c in candidates if "".join(mine.core) == "".join(split_name(c).core)]
    bare = bare or [c for c in candidates if is_in_other_letters(name, c)]
    containing = bare or [c for c in candidates if _holds(mine, split_name(c)) or _holds(split_name(c), mine)]
    if containing:
        return tuple(containing)
    nearest = _find_nearest(mine, candidates)
    return (nearest,) if nearest else ()


def _list_words(name: str) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFC", split_words(_APOSTROPHES.sub("", _ELIDED.sub(r"\1e ", name)))).split())


def _strip_kinds(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return words without those for a kind of place at their ends, and the kinds; one word always stays."""
    rest = list(words)
    kinds: list[str] = []
    while len(rest) > 1 and rest[-1] in _LEVELS:
        kinds.append(_LEVELS[rest.pop()])
    while len(rest) > 1 and (rest[0] in _LEVELS or (rest[0] in _OF and (kinds or rest[0] in ("the", "greater")))):
        first = rest.pop(0)
        kinds.append(_LEVELS.get(first, ""))
    while rest and (ending := _find_ending(rest[-1])):
        kinds.append(_CHINESE[ending])
        rest[-1] = rest[-1].removesuffix(ending)
    return (tuple(rest), tuple(kinds)) if any(c.isalpha() for c in "".join(rest)) else (tuple(words), ())


def _find_ending(word: str) -> str:
    """Return the Chinese word for a kind of place at the end of a name that stays a name without it."""
    return next((e for e in _CHINESE if word.endswith(e) and len(word) - len(e) >= SHORTEST_CHINESE), "")


def _holds(long: NameParts, short: NameParts) -> bool:
    """Return whether a name holds the core of another as whole words, or as characters of a Chinese one."""
    n = len(short.core)
    starts = range(len(long.words) - n + 1)
    if any(long.words[i : i + n] == short.core and not (i and long.words[i - 1] in _OTHER_PLACE) for i in starts):
        return True
    core = "".join(short.core)
    return len(core) >= SHORTEST_CHINESE and _is_chinese(core) and any(core in word for word in long.words)


def _is_chinese(text: str) -> bool:
    return all("\u3400" <= c <= "\u9fff" for c in text)


def _find_nearest(mine: NameParts, candidates: Sequence[str]) -> str:
    name, best, near = "".join(mine.core), ALIKE, ""
    for candidate in candidates:
        other = "".join(split_name(candidate).core)
        if min(len(name), len(other)) < SHORTEST or name[0] != other[0] or _digits(name) != _digits(other):
            continue
        matcher = SequenceMatcher(None, name, other, autojunk=False)
        if matcher.quick_ratio() >= best and (ratio := matcher.ratio()) >= best:
            best, near = ratio, near if ratio == best and near else candidate
    return near


def _digits(name: str) -> str:
    return re.sub(r"\D", "", name)
