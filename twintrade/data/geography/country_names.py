"""Names of countries by proof: a name of the tables, or what is left of one when words for states are taken off; else open."""

import csv
import difflib
import re
import tomllib
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from twintrade.data.geography.country_codes import load_places
from twintrade.data.sources.faults import split_words
from twintrade.data.sources.provenance import read_packaged, read_packaged_rows

Proof = Literal["", "code", "name", "beside", "words", "grammar", "cut", "combined", "sum"]
Languages = frozenset[str]
Core = tuple[str, ...]
Concepts = frozenset[str]


class Found(NamedTuple):
    """The code of a name, and what proves it; both empty where the name is open."""

    code: str
    proof: Proof


OPEN = Found("", "")
ANY = "mul"  # language of names that are the same in all of them

# Names folded to words: no case, no accents, no marks.

_LETTERS = str.maketrans(
    {"đ": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i", "&": " and ", "/": " and ", "ى": "ي", "ة": "ه", "ی": "ي"}
    | {"ک": "ك", "ə": "e", "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "ـ": None, "\u200c": None}
)
_ELIDED, _DOTTED, _SAINT = re.compile(r"\b([dl]|dell)'(?=\w)"), re.compile(r"(?<=\w)\.(?=\w)"), re.compile(r"\bs(?:t|te|ta)\b")
_ISLANDS_IN_SHORT = re.compile(r"\bо ва\b")
_JOINED_SCRIPT = re.compile(r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


@lru_cache(maxsize=100_000)
def fold_words(name: str) -> str:
    """Return the words of a name with a space between them, as the tables have them."""
    plain = _DOTTED.sub(" ", _ELIDED.sub(r"\1 ", name.casefold().translate(_LETTERS)))
    words = unicodedata.normalize("NFC", split_words(plain.replace("'", "").replace(".", "")))
    return _ISLANDS_IN_SHORT.sub("острова", _SAINT.sub("saint", " ".join(words.translate(_LETTERS).split())))


def fold_key(name: str) -> str:
    """Return the words of a name without spaces."""
    return fold_words(name).replace(" ", "")


@dataclass(frozen=True, slots=True)
class _Names:
    exact: Mapping[str, Mapping[str, Languages]]  # key without spaces: codes, and the languages that say it so
    rows: tuple[tuple[str, str, Languages], ...]  # words, code, languages
    short: Mapping[str, str]  # code of names of up to three letters as they are written: UAE, DRC


@cache
def _load_names() -> _Names:
    rows = [(name, code, frozenset(said.split())) for name, code, said in list(csv.reader(read_packaged("country_names.csv").splitlines()))[1:]]
    short: dict[str, str] = {}
    for partner in read_packaged_rows("partners.csv"):
        rows += [(fold_words(partner[key]), partner["code"], frozenset([said])) for key, said in (("name", "en"), ("chinese", "zh"))]
    for row in read_packaged_rows("partner_names.csv"):
        for name in row["names"].split("|"):
            rows.append((fold_words(name), row["code"], frozenset(row["language"].split())))
            short |= {name: row["code"]} if len(fold_key(name)) <= _SHORT else {}
    exact: dict[str, dict[str, Languages]] = defaultdict(dict)
    for words, code, languages in rows:
        known = exact[words.replace(" ", "")]
        known[code] = known.get(code, frozenset()) | languages
    exact.pop("", None)
    return _Names(exact, tuple(rows), short)


_SHORT = 3

# What is left of a name when the words for states of one language are taken off.

_WORDS = tomllib.loads(read_packaged("name_words.toml"))
_LETTER = {"republic": "R", "democratic": "D", "people": "P", "socialist": "S", "federal": "F", "islamic": "I", "crown": "K", "state": "N", "islands": "Z"}
_AND = frozenset("and und u et y e ed en och og i a si ve dan ja es och и і й و და και และ".split())
_ISLANDS: Concepts = frozenset("Z")
_NO_PROOF_OF_ONE = frozenset("N")


def _list_concepts(key: str) -> Concepts:
    return frozenset(_LETTER[part] for part in key.split("_")) if key != "bare" else frozenset()


_STATES = _WORDS["states"]
VOCABULARY: Mapping[str, Mapping[str, Concepts]] = {
    language: {w: _list_concepts(key) for key, words in table.items() if key not in ("endings", "article") for w in words.split()}
    for language, table in _STATES.items()
}
_ENDINGS = {language: table.get("endings", "").split() for language, table in _STATES.items()}
_ARTICLES = {language: table.get("article", "") for language, table in _STATES.items()}
_JOINED = VOCABULARY["joined"]


@lru_cache(maxsize=100_000)
def _split(words: str, language: str) -> tuple[Core, Concepts]:
    """Return the words that tell countries apart, in their order, and what the words taken off say."""
    known, article = VOCABULARY.get(language, {}), _ARTICLES.get(language, "")
    core: list[str] = []
    concepts: set[str] = set()
    for word in words.split():
        bare = word.removeprefix(article) if article and len(word) > len(article) + 2 else word
        found = known.get(bare, known.get(word))
        if found is not None:
            concepts |= found
        elif _JOINED_SCRIPT.search(word):
            for part, says in _JOINED.items():
                if part in word:
                    concepts |= says
                    word = word.replace(part, "")
            core += [word] if word else []
        else:
            core.append("+" if word in _AND and core else bare)
    return tuple(core), frozenset(concepts)


@cache
def _load_cores(language: str) -> Mapping[Core, Mapping[str, set[Concepts]]]:
    """Return the codes of every core of a language, and the concepts that its names have there."""
    cores: dict[Core, dict[str, set[Concepts]]] = defaultdict(lambda: defaultdict(set))
    for words, code, languages in _load_names().rows:
        if language in languages:
            core, concepts = _split(words, language)
            if core and not concepts & _NO_PROOF_OF_ONE:
                cores[tuple(sorted(core))][code].add(concepts)
    south, north = ({word for core, codes in cores.items() if code in codes for word in core} for code in ("KOR", "PRK"))
    for word in south & north:
        cores[word,] |= {"KOR": {frozenset("R")}, "PRK": {frozenset("DP")}}
    return cores


@cache
def _load_keys(language: str) -> tuple[tuple[str, str], ...]:
    return tuple((words.replace(" ", ""), code) for words, code, languages in _load_names().rows if language in languages)


@cache
def _load_bare_keys(language: str) -> tuple[tuple[str, str], ...]:
    """Return the names of a language that hold no word for a state, without spaces, and their codes."""
    bare = ((words, code) for words, code, said in _load_names().rows if language in said)
    split = ((*_split(words, language), code) for words, code in bare)
    return tuple(("".join(core), code) for core, concepts, code in split if not concepts - _ISLANDS and code[0] != "+")


_BORNE_BY_TWO: Mapping[str, str] = {
    "KOR": "R", "PRK": "DP", "COG": "R", "COD": "D", "CHN": "P", "TWN": "", "VNM": "S", "DEU": "F", "DDR": "D", "YEM": "R", "YMD": "DP",
    "SCG": "", "YUG": "", "GEO": "R", "SRB": "R", "SDN": "R", "SSD": "R", "CYP": "R", "MDA": "R", "MKD": "R", "IRL": "R",
}  # fmt: skip
"""States whose bare name another has borne too: one of these concepts must be said (R: a republic and nothing further)."""


def _may_be(code: str, concepts: Concepts) -> bool:
    needed = _BORNE_BY_TWO.get(code)
    if needed is None:
        return True
    said = concepts - {"N", "F", "Z"} if needed == "R" else concepts
    return said == {"R"} if needed == "R" else bool(said & set(needed))


def _find_left(words: str, language: str) -> set[str]:
    """Return the codes of the bare name that is left without the words for states; "?" where it may be several."""
    in_order, concepts = _split(words, language)
    core = tuple(sorted(in_order))
    if not core or (max(map(len, core)) < _SHORT and words.isascii()):
        return set()
    known = _load_cores(language).get(core) or _find_in_many("".join(in_order))
    fitting = {
        code
        for code, sets in known.items()
        if any((said & _ISLANDS) == (concepts & _ISLANDS) and (not said - _ISLANDS or said == concepts) for said in sets)
    }
    borne = known.keys() & _BORNE_BY_TWO.keys()
    if concepts - _ISLANDS:
        fitting = {code for code in fitting | borne if _may_be(code, concepts)} if borne else fitting
    elif borne - fitting or len(borne) > 1:
        return {"?"}
    unlike = known.keys() - fitting - _BORNE_BY_TWO.keys()
    return fitting | ({"?"} if unlike or any(code.startswith("+") for code in fitting) else set())


_MANY = 4  # languages that say a name alike, so that it may be said so in another


def _find_in_many(key: str) -> Mapping[str, set[Concepts]]:
    hit = _load_names().exact.get(key, {})
    return {code: {frozenset()} for code, said in hit.items() if len(hit) == 1 and len(said) >= _MANY}


_STEM, _TAIL = 4, 4


def _find_by_grammar(words: str, language: str) -> set[str]:
    """Return the country whose name an adjective or a genitive of "the ... republic" is made from, the only one so."""
    core, concepts = _split(words, language)
    name = "".join(core)
    if not concepts - _ISLANDS or not 1 <= len(core) <= 2 or "+" in core:  # noqa: PLR2004
        return set()
    for ending in sorted(("", *_ENDINGS.get(language, ())), key=len):
        stem = name.removesuffix(ending)
        if not name.endswith(ending) or len(stem) < _STEM:
            continue
        begun = [(key, code) for key, code in _load_bare_keys(language) if key.startswith(stem)]
        codes = {code for _, code in begun}
        if len(codes) > 1:
            return {"?"}
        if codes and any(len(key) - len(stem) <= _TAIL or key[len(stem) :] == "orszag" for key, _ in begun):
            return {code for code in codes if code != "SRB" and _may_be(code, concepts)}
    return set()


# The rules for one name, in their order; the first that knows the name decides, whether or not it proves it.

_MARK = re.compile(r"(?:\s*(?:[*†‡¹²³]+|\[\d{1,2}\]|\(\d{1,2}\)|(?<=[^\W\d])\d\)|\s\d/))+\s*$")
_BOUND = r"(?:ab|bis|von|from|until|since|till|to|depuis|jusqu['’]en|desde|hasta|até|dal|fino al|vanaf|tot|…|\.\.\.|-|–)"
_DATE = r"[\d./]*\d{4}"
_VALIDITY = re.compile(
    rf"\s*[(\[（]\s*(?:{_BOUND}\s*)?{_DATE}(?:\s*{_BOUND}\s*(?:{_DATE})?)?\s*[)\]）]?\s*$|,\s*{_BOUND}\s*{_DATE}$|^{_BOUND}\s+{_DATE}\s+",
    re.IGNORECASE,
)
_WITHOUT = re.compile(
    r"[\s,]*[(（]?\b(excl|excluding|exc|except|incl|including|without|ohne|einschl|hors|as defined|under|overseas)\b[.\s].*$"
    r"|\s+and dependencies$",
    re.IGNORECASE,
)
_CODE_BESIDE = re.compile(r"([A-Z]{2,3})\s*[-–:]\s*(\D{3,})|(\D{3,}?)\s*[\[(]([A-Z]{2,3})[\])]")
_TURNED = re.compile(r"(.+?)(?:, | ?[(（])([^()（）]+?)[)）]?")
_COMBINED = {code: re.compile(pattern) for code, pattern in _WORDS["combined"].items()}
_TERRITORIES, _REGION_WORDS = ("HKG", "MAC", "TWN"), frozenset(_WORDS["territories"]["words"].split())
_SUMS = {key: frozenset(words.split()) for key, words in _WORDS["sums"].items() if isinstance(words, str)}
_CONTINENTS: Mapping[str, str] = {word: code for code, words in _WORDS["sums"]["regions"].items() for word in words.split()}


def clean_label(cell: str) -> str:
    """Return a name without the marks of footnotes and the years in which it is valid."""
    return _VALIDITY.sub("", _MARK.sub("", _VALIDITY.sub("", " ".join(cell.split()))))


def find_name(name: str, languages: Languages, is_sure: bool) -> Found:
    """Return the code of a name and its proof; ``languages`` are those of its column, as sure as other cells make them."""
    bare = clean_label(name)
    if found := _find_exact(bare, languages, is_sure):
        return found
    if found := _find_without_articles(bare, languages, is_sure):
        return found
    if match := _CODE_BESIDE.fullmatch(bare):
        code, inner = match[1] or match[4], match[2] or match[3]
        own = find_name(inner, languages, is_sure).code
        if own:
            return Found(own, "beside") if own in load_places() and code in (own, load_places()[own].iso2) else OPEN
    shorter = _WITHOUT.sub("", bare)
    if shorter not in (bare, ""):
        kept = bare[len(shorter) :].strip(" ,()")
        own = find_name(shorter, languages, is_sure)
        is_more = kept.casefold().startswith("incl") and _find_exact(kept.partition(" ")[2], languages, is_sure)
        return OPEN if is_more else own
    if turned := _TURNED.fullmatch(bare):
        first, second = turned[1], turned[2]
        if found := _find_exact(f"{second} {first}", languages, is_sure):
            return found
        one, other = (find_name(part, languages, is_sure).code or find_name(part, frozenset(), False).code for part in (first, second))
        if one and other:
            return _join(one, other)
    return _find_by_rules(bare, languages)


def _find_without_articles(bare: str, languages: Languages, is_sure: bool) -> Found | None:
    """Return what the tables say of a name with an article before it or, in brackets, behind it."""
    words = fold_words(bare).split()
    for language in languages or _ARTICLED:
        bare_words = [word for word, says in VOCABULARY.get(language, {}).items() if not says]
        if len(words) > 1 and words[0] in bare_words and (found := _find_exact(" ".join(words[1:]), languages, is_sure)):
            return found
        if len(words) > 1 and words[-1] in bare_words and bare.endswith(")"):
            return _find_exact(" ".join(words[:-1]), languages, is_sure)
    return None


_ARTICLED = ("en", "fr", "de", "es", "it")


def _join(one: str, other: str) -> Found:
    """Return what two names side by side are: one place, a territory with its state, or two groups."""
    if one == other or (one.startswith("+") and other.startswith("+")):
        return Found(one, "words")
    territory = {one, other} - {"CHN"}
    return Found(territory.pop(), "words") if territory < {one, other} and territory < set(_TERRITORIES) else OPEN


def _find_by_rules(bare: str, languages: Languages) -> Found:
    words = fold_words(bare)
    without = words.removesuffix("国").removesuffix("國")
    if without != words and (found := _find_exact(without, frozenset(["zh"]), True)):
        return Found(found.code, "words")
    if code := _find_sum(words):
        return Found(code, "sum")
    if codes := [code for code, pattern in _COMBINED.items() if pattern.search(words)]:
        return Found(codes[0], "combined") if len(codes) == 1 else OPEN
    tried = sorted(languages or VOCABULARY.keys() - {"joined"} | {"zh", "ja", "ko", "th"})
    answers = set().union(*(_find_left(words, language) for language in tried))
    if not answers:
        answers = set().union(*(_find_territory(words, language) for language in tried))
    proof: Proof = "words"
    if not answers and languages:
        answers, proof = set().union(*(_find_by_grammar(words, language) for language in tried)), "grammar"
    return Found(answers.pop(), proof) if len(answers) == 1 and "?" not in answers else OPEN


def _find_exact(form: str, languages: Languages, is_sure: bool) -> Found | None:
    """Return what the tables say of a name; None where they do not have it."""
    names, key = _load_names(), fold_key(form)
    short = names.short.get(form) or (names.short.get(form.upper()) if form.islower() else None)
    if short:
        return Found(short, "name")
    hit = names.exact.get(key)
    if hit is None:
        return None
    is_short = len(key) <= _SHORT and all(unicodedata.name(c, "?").startswith("LATIN") for c in key)
    if is_short and not (is_sure and any(said & languages for said in hit.values())):
        return OPEN
    if all(code.startswith("+") for code in hit):
        return OPEN if any(_is_country(key, form, said) for said in hit.values()) else Found(min(hit), "name")
    fitting = {code: said for code, said in hit.items() if said & languages}
    if len(hit) > 1 or is_short:
        hit = fitting
    if len(hit) != 1:
        return OPEN
    ((code, said),) = hit.items()
    if code == "COD" and _is_no_more_than_the_other_congo(key, said):
        return OPEN
    if not fitting and languages and not ("en" in said and len(key) > _SHORT + 1 and code not in _BORNE_BY_TWO):
        is_of_many = len(said) >= _MANY and code not in _BORNE_BY_TWO
        return Found(code, "name") if is_of_many or not is_sure else OPEN
    return Found(code, "name")


def _is_country(key: str, form: str, languages: Languages) -> bool:
    """Return whether the words of a sum are those of a country in one of its languages."""
    cores = ((language, tuple(sorted(_split(fold_words(form), language)[0]))) for language in languages)
    return any(not code.startswith("+") for language, core in cores for code in _load_cores(language).get(core, {}))


def _is_no_more_than_the_other_congo(key: str, languages: Languages) -> bool:
    return any(code == "COG" and other.startswith(key) for language in languages for other, code in _load_keys(language))


def _find_territory(words: str, language: str) -> set[str]:
    """Return the territory of China whose name is left without China's and without words for a region."""
    china = {key for key, code in _load_keys(language) if code == "CHN"}
    left = "".join(w for w in _split(words, language)[0] if w not in china | _REGION_WORDS)
    codes = _load_names().exact.get(left, {}) if "+" not in left else {}
    return {code for code in codes if code in _TERRITORIES}


def _find_sum(words: str) -> str:
    """Return the group of a name of which every word is one for regions and remainders, "" where one is not."""
    parts = words.split()
    known = _CONTINENTS.keys() | _SUMS["strong"] | _SUMS["weak"]
    if not known.issuperset(parts) or tuple(sorted(parts)) in _load_cores("en"):
        return ""
    found = [_CONTINENTS[part] for part in parts if part in _CONTINENTS]
    is_rest = bool(_SUMS["rest"] & set(parts))
    if len(parts) > 1 and found and len(set(found)) == 1 and is_rest:
        return f"+OTHER-{found[0][1:]}"
    if found and len(parts) > 1:
        return found[0]
    return "+AREAS" if _SUMS["strong"] & set(parts) else ""


# Columns: their language, and names cut off at one width.


def find_languages(cells: Collection[str]) -> tuple[Languages, bool]:
    """Return the languages that most cells of a column are in, and whether enough of them say so."""
    votes: Counter[str] = Counter()
    for cell in cells:
        words = fold_words(clean_label(cell))
        said = frozenset().union(*_load_names().exact.get(words.replace(" ", ""), {}).values())
        if not said:
            long = [word for word in words.split() if len(word) > _LONG]
            said = frozenset(language for language, known in VOCABULARY.items() if any(word in known for word in long))
            said = said or _list_languages_of_start(words.replace(" ", ""))
        votes.update(said - {ANY, "joined"})
    if not votes:
        return frozenset(), False
    most = max(votes.values())
    return frozenset(language for language, n in votes.items() if n == most), most >= _N_VOTES and _PER_VOTE * most > len(cells)


_N_VOTES, _PER_VOTE, _LONG = 3, 5, 5


def _list_languages_of_start(key: str) -> Languages:
    """Return the languages in which a name begins so, which may be cut off."""
    if len(key) < _WIDTH - 1:
        return frozenset()
    keys = _load_sorted_keys()
    begun = keys[bisect_left(keys, key) : bisect_left(keys, key + "\U0010ffff")]
    return frozenset().union(*(said for name in begun for said in _load_names().exact[name].values()))


@cache
def _load_sorted_keys() -> list[str]:
    return sorted(_load_names().exact)


_WIDTH, _N_CUT = 10, 4


def find_names(cells: Sequence[str], languages: Languages, is_sure: bool) -> dict[str, Found]:
    """Return the code and proof of every name of a column; a cell is read by the language and width of the others."""
    width = max(map(len, cells), default=0)
    wide = {cell for cell in cells if len(cell) >= width - 1} if width >= _WIDTH else set()
    found = {cell: find_name(cell, languages, is_sure) for cell in cells}
    return found | {cell: _find_cut(cell, found[cell], languages, len(wide) >= _N_CUT) for cell in wide}


def _find_cut(cell: str, whole: Found, languages: Languages, is_cut: bool) -> Found:
    """Return the only country whose name begins as a cell does that may be cut off."""
    if whole.code and not is_cut:
        return whole
    words = fold_words(cell)
    begun: set[str] = set()
    for language in languages:
        core, concepts = _split(words, language)
        stem, key = "".join(core), words.replace(" ", "")
        if len(stem) >= _SHORT:
            begun |= {code for name, code in _load_keys(language) if name.startswith(key)}
        if len(stem) >= _SHORT and concepts:
            begun |= {code for name, code in _load_bare_keys(language) if name.startswith(stem) and _may_be(code, concepts)}
    if whole.code:
        return whole if begun <= {whole.code} else OPEN
    return Found(begun.pop(), "cut") if len(begun) == 1 else OPEN


def is_name_of_another(code: str, languages: Languages) -> bool:
    """Return whether a code of three letters is in the languages of its column, or in any, another country's name."""
    known = _load_names().exact.get(fold_key(code), {})
    return any(other != code and (said & languages or not languages) for other, said in known.items())


_N_NEAR, _ALIKE = 3, 0.8  # ratio from which a name is spelled nearly like another (`difflib`)


def list_near_codes(name: str, languages: Languages) -> list[str]:
    """Return the codes of names spelled nearly so, for a text: none of them is an answer."""
    known = dict(pair for language in sorted({"en", *languages}) for pair in _load_keys(language))
    near = difflib.get_close_matches(fold_key(name), known, n=_N_NEAR, cutoff=_ALIKE)
    return list(dict.fromkeys(known[key] for key in near))
