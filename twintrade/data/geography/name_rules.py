"""The code of a country's name by proof: the tables have it, or what words for states leave of it."""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from twintrade.data.geography.country_names import (
    ISLANDS,
    SHORT,
    VOCABULARY,
    WITHOUT_SPACES,
    WORDS,
    Concepts,
    Languages,
    fold_key,
    fold_words,
    load_cores,
    load_language,
    load_names,
    load_places,
    take_off_state,
)
from twintrade.data.sources import limits

Proof = Literal["", "code", "name", "beside", "words", "grammar", "cut", "combined", "sum"]


class ProvedCode(NamedTuple):
    """The code of a name, and what proves it; both empty where the name is open."""

    code: str
    proof: Proof


OPEN = ProvedCode("", "")
Rule: TypeAlias = Callable[[str, str], set[str]]
_SEVERAL = "?"  # among codes: the name may be another's
_BORNE_BY_TWO: Mapping[str, str] = WORDS["borne_by_two"]
_A_FEW, _MANY = 3, 6  # languages that say a name alike, from which it may be so in another

# The rules for one name, in their order; the first that knows the name decides, whether or not it proves it.

_MARK = re.compile(r"(?:\s*(?:[*†‡¹²³]|\[\d{1,2}\]|\(\d{1,2}\)|(?<=[^\W\d])\d\)|\s\d/))+\s*$")
_BOUND, _YEAR = f"(?:{WORDS['patterns']['bound']})", r"[\d./]*\d{4}"
_SPAN = rf"(?:{_BOUND}\s*)?{_YEAR}(?:\s*{_BOUND}\s*(?:{_YEAR})?)?"
_AT_END, _AT_START = rf"\s*[(\[（]\s*{_SPAN}\s*[)\]）]?\s*$|,\s*{_BOUND}\s*{_YEAR}$", rf"^{_BOUND}\s+{_YEAR}\s+"
_VALIDITY = re.compile(f"{_AT_END}|{_AT_START}", re.IGNORECASE)
_WITHOUT = re.compile(WORDS["patterns"]["without"], re.IGNORECASE)
_CODE_BESIDE = re.compile(r"(?P<a>[A-Z]{2,3})\s*[-–:]\s*(?P<b>\D{3,})|(?P<c>\D{3,}?)\s*[\[(](?P<d>[A-Z]{2,3})[\])]")
_TURNED = re.compile(r"(.+?)(?:, | ?[(（])([^()（）]+?)[)）]?")

_VALID = re.compile(rf"\(\s*(?:(?:ab|from|since)\s+({_YEAR})|(?:({_YEAR})\s+)?(?:bis|until|to)\s+({_YEAR}))\s*\)\s*$")


def find_valid_years(cell: str) -> tuple[int, int]:
    """Return the first and last year of "(ab 1992)", "(bis 1998)" and "(1992 bis 1998)" behind a name; else all."""
    match = _VALID.search(cell)
    first, last = (match[1] or match[2], match[3]) if match else (None, None)
    return int(first[-4:]) if first else -1, int(last[-4:]) if last else 9999


def clean_label(cell: str) -> str:
    """Return a name without the marks of footnotes and the years in which it is valid."""
    return _VALIDITY.sub("", _MARK.sub("", _VALIDITY.sub("", " ".join(cell.split()))))


def find_name(name: str, languages: Languages, is_sure: bool) -> ProvedCode:
    """Return the code of a name and its proof; the languages are those of its column."""
    if len(name) > limits.MAX_NAME_CHARACTERS or not any(map(str.isalpha, name)):
        return OPEN
    bare = clean_label(name)
    if answer := _find_exact(bare, languages, is_sure):
        return answer
    if match := _CODE_BESIDE.fullmatch(bare):
        code, beside = find_name(match["b"] or match["c"], languages, is_sure).code, match["a"] or match["d"]
        if code:
            return ProvedCode(code, "beside") if beside in (code, load_places()[code].iso2) else OPEN
    if (match := _WITHOUT.search(bare)) and match.start():
        is_more = "incl" in match[0].casefold() and match[1] and _find_exact(match[1].rstrip(")"), languages, is_sure)
        return OPEN if is_more else find_name(bare[: match.start()], languages, is_sure)
    if match := _TURNED.fullmatch(bare):
        if answer := _find_exact(f"{match[2]} {match[1]}", languages, is_sure):
            return answer
        ways = ((languages, is_sure), (frozenset[str](), False))
        one, other = (next(filter(None, (find_name(part, *way).code for way in ways)), "") for part in match.groups())
        if one and other:
            # What two names side by side are: one place, a territory with its state, or two groups.
            if one == other or one[0] == other[0] == "+":
                return ProvedCode(one, "words")
            left = {one, other} - {"CHN"}
            return ProvedCode(left.pop(), "words") if len(left) == 1 and left < _TERRITORIES else OPEN
    return _find_by_rules(bare, languages)


def _find_exact(form: str, languages: Languages, is_sure: bool) -> ProvedCode | None:
    """Return what the tables say of a name; None where they do not have it."""
    names, key = load_names(), fold_key(form)
    if short := names.short.get(form) or (names.short.get(form.upper()) if form.islower() else None):
        return ProvedCode(short, "name")
    hit = names.exact.get(key)
    if hit is None:
        return None
    fitting = [code for code, spoken in hit.items() if spoken & languages]
    is_short = len(key) <= SHORT and all(unicodedata.name(c, "?").startswith("LATIN") for c in key)
    if is_short and not (is_sure and fitting):
        return OPEN
    if all(code.startswith("+") for code in hit):
        return OPEN if any(_is_country(form, spoken) for spoken in hit.values()) else ProvedCode(min(hit), "name")
    codes = fitting if len(hit) > 1 or is_short else list(hit)
    if len(codes) != 1:
        return OPEN
    code, spoken = codes[0], hit[codes[0]]
    other_congo = (name for language in spoken for name in load_language(language) if name.code == "COG")
    if code == "COD" and any(name.key.startswith(key) for name in other_congo):
        return OPEN
    if not fitting and any(key in VOCABULARY.get(language, {}) for language in languages):
        return OPEN
    is_borne = code in _BORNE_BY_TWO
    is_of_many = len(spoken) >= _MANY or bool(WITHOUT_SPACES.search(key))
    is_long = len(key) > SHORT + 1 and ("en" in spoken or len(spoken) >= _A_FEW)
    is_plain = not is_borne and (not is_sure or is_long)
    return ProvedCode(code, "name") if fitting or not languages or is_of_many or is_plain else OPEN


def _is_country(form: str, languages: Languages) -> bool:
    """Return whether the words of a sum are those of a country in one of its languages."""
    cores = [load_cores(la).get(tuple(sorted(take_off_state(fold_words(form), la)[0])), {}) for la in languages]
    return any(code[0] != "+" for core in cores for code in core)


_TERRITORIES = frozenset(("HKG", "MAC", "TWN"))


# Rules by the words of a name.

_COMBINED = {code: re.compile(pattern) for code, pattern in WORDS["combined"].items()}
_SUMS = {key: frozenset(words.split()) for key, words in WORDS["sums"].items() if isinstance(words, str)}
_REGIONS: Mapping[str, str] = {
    word: code for code, words in WORDS["sums"]["regions"].items() for word in words.split()
}
_WHERE_NONE_IS_PROVED = ("en", "zh", "ja", "ko", "th")
_STEM, _TAIL, _N_WORDS = 4, 4, 2
_ALIKE_ADJECTIVES = frozenset(("SRB", "DMA", "DOM"))  # of the Republika Srpska, and of two islands


def _find_by_rules(bare: str, languages: Languages) -> ProvedCode:
    words = fold_words(bare)
    if code := _find_sum(words):
        return ProvedCode(code, "sum")
    if combined := [code for code, pattern in _COMBINED.items() if pattern.search(words)]:
        return ProvedCode(combined[0], "combined") if len(combined) == 1 else OPEN
    tried = languages or _WHERE_NONE_IS_PROVED
    rules: dict[Proof, Rule] = {"words": _find_left}
    for proof, rule in (rules | {"grammar": _find_by_grammar} if languages else rules).items():
        codes = {code for language in tried for code in rule(words, language)}
        if codes:
            return ProvedCode(codes.pop(), proof) if len(codes) == 1 and _SEVERAL not in codes else OPEN
    return OPEN


def _find_sum(words: str) -> str:
    """Return the group of a name of which every word is one for regions and remainders, "" where one is not."""
    parts = set(words.split())
    core = tuple(sorted(take_off_state(words, "en")[0]))
    is_country = core in load_cores("en") or WORDS["patterns"]["no_sum"] in words
    if is_country or not parts <= _REGIONS.keys() | _SUMS["strong"] | _SUMS["weak"]:
        return ""
    regions = sorted({_REGIONS[part] for part in parts & _REGIONS.keys()})
    if not regions or len(parts) == 1:
        return "+AREAS" if _SUMS["strong"] & parts else ""
    return f"+OTHER-{regions[0][1:]}" if len(regions) == 1 and _SUMS["rest"] & parts else regions[0]


def _may_be(code: str, concepts: Concepts) -> bool:
    needed = _BORNE_BY_TWO.get(code)
    return needed is None or (concepts - {"N", "F", "Z"} == {"R"} if needed == "R" else bool(concepts & set(needed)))


def _find_left(words: str, language: str) -> set[str]:
    """Return the codes of the bare name that is left without the words for states."""
    core, concepts = take_off_state(words, language)
    if not core or (max(map(len, core)) < SHORT and words.isascii()):
        return set()
    known = load_cores(language).get(tuple(sorted(core)))
    if known is None:
        hit = load_names().exact.get("".join(core), {})
        known = {code: {frozenset()} for code, spoken in hit.items() if len(hit) == 1 and len(spoken) >= _MANY}
    fitting = {code for code, sets in known.items() if any(_is_alike(spoken, concepts) for spoken in sets)}
    borne = known.keys() & _BORNE_BY_TWO.keys()
    if not concepts - ISLANDS and (borne - fitting or len(borne) > 1):
        return {_SEVERAL}
    if concepts - ISLANDS and borne:
        fitting = {code for code in fitting | borne if _may_be(code, concepts)}
    is_open = known.keys() - fitting - borne or any(code[0] == "+" for code in fitting)
    return fitting | {_SEVERAL} if is_open else fitting


def _is_alike(known: Concepts, concepts: Concepts) -> bool:
    return (known & ISLANDS) == (concepts & ISLANDS) and (not known - ISLANDS or known == concepts)


def _list_begun(stem: str, language: str) -> list[tuple[str, str]]:
    """Return the bare names of countries in a language that begin so, and their codes."""
    bare = (n for n in load_language(language) if not n.concepts - ISLANDS and n.code[0] != "+")
    return [(name, n.code) for n in bare if (name := "".join(n.core)).startswith(stem)]


def _find_by_grammar(words: str, language: str) -> set[str]:
    """Return the only country whose name an adjective or a genitive at "republic" can be made from."""
    core, concepts = take_off_state(words, language)
    name = "".join(core)
    if not concepts - ISLANDS - {"N"} or len(core) > _N_WORDS or "+" in core:
        return set()
    endings = ["", *WORDS["states"].get(language, {}).get("endings", "").split()]
    stems = {name.removesuffix(ending) for ending in endings if name.endswith(ending)}
    begun = [(key, code, stem) for stem in stems if len(stem) >= _STEM for key, code in _list_begun(stem, language)]
    codes = {code for _, code, _ in begun}
    is_of_group = any(code[0] == "+" for stem in stems for code in load_names().exact.get(stem, {}))
    if len(codes) > 1 or is_of_group:
        return {_SEVERAL}
    is_near = any(len(key) - len(stem) <= _TAIL or key.endswith("orszag") for key, _, stem in begun)
    return {code for code in codes - _ALIKE_ADJECTIVES if is_near and _may_be(code, concepts)}


# Columns: their language, and names cut off at one width.

_N_VOTES, _PER_VOTE, _LONG, _WIDTH, _N_CUT = 3, 5, 2, 10, 4


def find_languages(cells: Collection[str]) -> tuple[Languages, bool]:
    """Return the languages that most cells of a column are in, and whether enough of them say so."""
    votes: Counter[str] = Counter()
    for cell in cells:
        words = fold_words(clean_label(cell[: limits.MAX_NAME_CHARACTERS]))
        key, long = words.replace(" ", ""), {word for word in words.split() if len(word) > _LONG}
        spoken = set().union(*load_names().exact.get(key, {}).values())
        spoken = spoken or {language for language, known in VOCABULARY.items() if not long.isdisjoint(known)}
        votes.update(spoken - {"joined"})
    most = max(votes.values(), default=0)
    is_sure = most >= _N_VOTES and _PER_VOTE * most > len(cells)
    return frozenset(language for language, n in votes.items() if n == most), is_sure


def find_names(cells: Sequence[str], languages: Languages, is_sure: bool) -> dict[str, ProvedCode]:
    """Return the code and proof of every name of a column."""
    width = max(map(len, cells), default=0)
    wide = {cell for cell in cells if len(cell) >= width - 1} if width >= _WIDTH else set()
    answer = {cell: find_name(cell, languages, is_sure) for cell in cells}
    return answer | {cell: _find_cut(cell, answer[cell], languages, len(wide) >= _N_CUT) for cell in wide}


def _find_cut(cell: str, whole: ProvedCode, languages: Languages, is_cut: bool) -> ProvedCode:
    """Return the only country whose name begins as a cell does that may be cut off."""
    if whole.code and not is_cut:
        return whole
    words = fold_words(cell)
    key = words.replace(" ", "")
    begun: set[str] = set()
    for language in languages:
        core, concepts = take_off_state(words, language)
        stem = "".join(core)
        if len(stem) < SHORT:
            continue
        codes = {name.code for name in load_language(language) if name.key.startswith(key)}
        if concepts and words.endswith(core[-1]):
            codes |= {code for _, code in _list_begun(stem, language)}
        begun |= codes if all(_may_be(code, concepts) for code in codes) else {_SEVERAL, *codes}
    if whole.code:
        return whole if begun <= {whole.code} else OPEN
    return ProvedCode(begun.pop(), "cut") if len(begun) == 1 and _SEVERAL not in begun else OPEN


def is_name_of_another(code: str, languages: Languages) -> bool:
    """Return whether a code of three letters is in the languages of its column, or in any, another country's name."""
    known = load_names().exact.get(fold_key(code), {})
    return any(other != code and (spoken & languages or not languages) for other, spoken in known.items())


def is_english(name: str, code: str) -> bool:
    """Return whether the tables have a name in English, or it is that of a group."""
    return "en" in load_names().exact.get(fold_key(name), {}).get(code, frozenset()) or code.startswith("+")


_N_NEAR, _ALIKE = 3, 0.8  # ratio from which a name is spelled nearly like another (`difflib`)


def list_near_codes(name: str, languages: Languages) -> list[str]:
    """Return the codes of names spelled nearly so, for a text: none of them is an answer."""
    known = {n.key: n.code for language in sorted({"en", *languages}) for n in load_language(language)}
    near = difflib.get_close_matches(fold_key(name[: limits.MAX_NAME_CHARACTERS]), known, n=_N_NEAR, cutoff=_ALIKE)
    return list(dict.fromkeys(known[key] for key in near))
