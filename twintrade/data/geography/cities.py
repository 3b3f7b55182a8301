"""Names of cities: cleaned, translated by a declared crosswalk, and never split or joined by a guess."""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd

from twintrade.data.formats.tables import open_table
from twintrade.data.schema import CityName, FileFormat
from twintrade.data.sources import limits
from twintrade.data.sources.faults import (
    CellError,
    Faults,
    TextColumn,
    build_text_array,
    clean_name,
    clean_text,
    fold_name,
    quote_cell,
    split_words,
)
from twintrade.data.sources.provenance import InputRecord, read_packaged, read_packaged_rows
from twintrade.effects import Remedy
from twintrade.numerics.arrays import IntArray, ObjectArray
from twintrade.text import Listed, Text

# Cities with their size, and the number of their twins where a source counts them.


@dataclass(frozen=True, slots=True, kw_only=True)
class CitiesSource(FileFormat):
    """A table of cities.

    city, country, population: Columns; the city as the registry names it.
    twins: Column of a count of twins from elsewhere, taken in place of the registry's.
    """

    file: str
    city: str = "city"
    country: str = "country"
    population: str = "population"
    twins: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharesSource(FileFormat):
    """A table of shares that a source prints, such as of cities with a strategy."""

    file: str
    # label, percent: Columns
    label: str = "label"
    percent: str = "percent"


def read_shares(source: SharesSource, root: Path) -> tuple[pd.DataFrame, InputRecord]:
    """Return label and percent of a table of shares, and where they came from."""
    faults = Faults()
    table = open_table(root, source.file, source, [source.label, source.percent], faults)
    faults.raise_if_any()
    labels = [clean_text(cell) for cell in table.columns[source.label]]
    values = pd.to_numeric(pd.Series([clean_text(c) for c in table.columns[source.percent]]), errors="coerce")
    if not values.between(0, 100).all():
        faults.error("number", Text("data.share-percent", name=source.percent), source.file)
    faults.raise_if_any()
    return pd.DataFrame({"label": labels, "percent": values}), table.record


def read_cities(source: CitiesSource, root: Path) -> tuple[pd.DataFrame, InputRecord]:
    """Return city, country, population and, where declared, twins; and where they came from."""
    faults = Faults()
    columns = {"city": source.city, "country": source.country, "population": source.population}
    if source.twins is not None:
        columns["twins"] = source.twins
    table = open_table(root, source.file, source, list(columns.values()), faults)
    faults.raise_if_any()
    frame = pd.DataFrame({name: [clean_text(c) for c in table.columns[column]] for name, column in columns.items()})
    for name in ("population", "twins"):
        if name not in frame:
            continue
        values = pd.to_numeric(frame[name].str.replace(",", ""), errors="coerce")
        least = 1 if name == "population" else 0
        if ((frame[name] != "") & ~(values >= least)).any():
            faults.error("number", Text("data.city-size", name=name, least=least), source.file)
        frame[name] = values
    faults.raise_if_any()
    return frame, table.record


# Places that registers of agreements name: where they lie and how many live there, from GeoNames.

_SPELLINGS = {"anshang": "anshan", "tianjing": "tianjin", "qingdan": "qingdao", "macau": "macao", "lyons": "lyon"}
"""Spellings of the report and of old lists, folded, with the name that the table has."""


@dataclass(frozen=True, slots=True)
class ListedPlace:
    """A place of the table."""

    # name, chinese_name, country: The country in ISO 3166-1 alpha-3; the Chinese name is empty where it is not known
    name: str
    chinese_name: str
    country: str
    # latitude, longitude: Degrees of a point near its center
    latitude: float | None
    longitude: float | None
    population: int | None  # as GeoNames gives it, without a year


@cache
def load_listed_places() -> tuple[ListedPlace, ...]:
    """Return every place of the table, by country and name."""
    places = []
    for row in read_packaged_rows("places.csv"):
        latitude, longitude = (float(row[name]) if row[name] else None for name in ("latitude", "longitude"))
        population = int(row["population"]) if row["population"] else None
        names = (row["name"], row["name_zh"], row["country_iso3"])
        places.append(ListedPlace(*names, latitude, longitude, population))
    return tuple(places)


def find_listed_place(name: str, country: str) -> ListedPlace | None:
    """Return the place of a name in a country, in English or Chinese; None where the table has none."""
    folded = fold_name(name)
    return _index().get((_SPELLINGS.get(folded, folded), country))


def find_only_place(name: str) -> ListedPlace | None:
    """Return the place of a name where no country is known: the only one of that name in the table, else None."""
    folded = _SPELLINGS.get(fold_name(name), fold_name(name))
    places = {place for (key, _), place in _index().items() if key == folded}
    return places.pop() if len(places) == 1 else None


@cache
def _index() -> Mapping[tuple[str, str], ListedPlace]:
    index: dict[tuple[str, str], ListedPlace] = {}
    for place in load_listed_places():
        for name in filter(None, (place.name, place.chinese_name)):
            index.setdefault((fold_name(name), place.country), place)
    return index


# What countries and cities are called where a page is not in English, as far as the program's own tables say it.

SEVERAL = ("Georgia", "Newcastle", "Richmond")  # names of several places that Chinese tells apart


@cache
def load_local_names(language: str) -> Mapping[str, str]:
    """Return the names of places in a language by their English ones; none where the tables have none in it."""
    if language.partition("-")[0] != "zh":
        return {}
    names = {row["name"]: row["name_zh"] for row in read_packaged_rows("local_names.csv")}
    names |= {place.name: place.chinese_name for place in load_listed_places() if place.chinese_name}
    names |= {row["name"]: row["chinese"].partition("|")[0] for row in read_packaged_rows("partners.csv")}
    return {name: local for name, local in names.items() if local and name not in SEVERAL}


_MARK = re.compile(r"[①-⑳⑴-⒇*†‡§¹²³⁰-⁹]|[（(]\d{1,2}[)）]$")


def read_city_names(
    column: TextColumn,
    crosswalk: Sequence[CityName],
    years: IntArray | None,
    faults: Faults,
    codes: TextColumn | None = None,
) -> ObjectArray:
    """Return the city of every row (n_rows,) by the crosswalk of its year and code; blanks and totals are errors."""
    own_codes = None if codes is None else build_text_array(clean_name(code) for code in codes.cells)
    names = {cell: clean_name(cell) for cell in set(column.cells)}
    declared = {clean_name(line.name) for line in crosswalk}
    faulty = {cell: _find_fault(name, column.name) for cell, name in names.items() if name not in declared}
    if wrong := {cell: fault for cell, fault in faulty.items() if fault}:
        is_bad = np.fromiter((c in wrong for c in column.cells), dtype=bool, count=len(column))
        column.errors(faults, "city", is_bad, wrong.__getitem__)
    cities = build_text_array(map(names.__getitem__, column.cells))
    for line in crosswalk:
        here = cities == clean_name(line.name)
        if line.code is not None:
            here &= own_codes == clean_name(line.code) if own_codes is not None else False
        if years is not None:
            here &= (years >= (line.first or years.min(initial=0))) & (years <= (line.last or years.max(initial=0)))
        cities[here] = line.city
    return cities


def check_codes(cities: ObjectArray, codes: TextColumn, faults: Faults, written: TextColumn | None = None) -> None:
    """Note an error for a city with two codes, and a code with two cities; names of one city may have a code each."""
    cleaned = build_text_array(clean_name(code) for code in codes.cells)
    names = cities if written is None else build_text_array(map(clean_name, written.cells))
    rows = pd.DataFrame({"city": cities, "code": cleaned, "name": names})
    triples = rows[rows["city"] != ""].drop_duplicates().sort_values(["city", "code", "name"])
    for place, other, key in (("city", "code", "data.city-two-codes"), ("code", "city", "data.code-two-cities")):
        is_of_several = triples.groupby(place)[other].transform("nunique") > 1
        for name, group in triples[is_of_several].groupby(place, sort=False):
            # Each name of one city may have a code of its own, and all names of one code a city in common.
            n_codes, n_names = group.groupby("name")["code"].nunique(), group.groupby("city")["name"].nunique()
            is_explained = n_codes.max() == 1 if place == "city" else n_names.max() == n_codes.size
            if written is not None and is_explained:
                continue
            several = list(dict.fromkeys(group[other]))
            row = int(codes.rows[int(np.argmax(rows[place] == name))])
            text = Text(key, name=quote_cell(str(name)), others=Listed(tuple(map(quote_cell, several))))
            remedy = Remedy("same_city", tuple(several[:2]))
            if place == "city":
                remedy = Remedy("own_name", tuple(value for code in several for value in (str(name), code)))
            faults.error("city-code", text, codes.file, row, codes.name, remedy)


def check_spellings(frame: pd.DataFrame, files: Sequence[str], decided: Collection[str], faults: Faults) -> None:
    """Note an error for two names that may be one city, unless ``city_names`` or most figures tell them apart."""
    cities, file = sorted(frame["city"].unique()), files[0] if len(files) == 1 else ""
    spellings: dict[str, list[str]] = {}
    cores: dict[str, list[str]] = {}
    for city in cities:
        spellings.setdefault(fold_name(city), []).append(city)
        cores.setdefault("".join(split_name(city).core), []).append(city)
    for names in spellings.values():
        if len(names) > 1:
            text = Text("data.city-spellings", names=Listed(tuple(map(quote_cell, names))))
            faults.error("spelling", text, file, remedy=Remedy("same_city", (names[0], names[1])))
    # Names that differ only in a kind of place, or in brackets, that one of them lacks.
    alike = []
    for pair in (pair for core, names in cores.items() if core for pair in combinations(names, 2)):
        told_by = {split_name(name).told_by for name in pair}
        alike += [pair] if () in told_by or len(told_by) == 1 else []
    pairs = dict.fromkeys(alike, "data.city-kinds") | dict.fromkeys(_list_in_two_letters(cores), "data.city-letters")
    for (one, other), key in pairs.items():
        if {one, other} & set(decided) or fold_name(one) == fold_name(other):
            continue
        quoted = Listed((quote_cell(one), quote_cell(other)))
        if _are_side_by_side(frame, one, other):
            faults.warn("spelling", Text("data.city-kinds-apart", names=quoted), file)
        else:
            short, long = sorted((one, other), key=len)
            faults.error("spelling", Text(key, names=quoted), file, remedy=Remedy("same_city", (long, short)))


def _list_in_two_letters(cores: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Yield names that one city has in two kinds of letters, by the cores of all names."""
    for core, names in cores.items():
        for other in sorted(list_in_other_letters(core) & set(cores)):
            if core < other:
                yield from product(names, cores[other])


def _are_side_by_side(frame: pd.DataFrame, one: str, other: str) -> bool:
    """Return whether most figures of one of two names have a figure of the other in the same period."""
    traded = frame[frame["value"].fillna(0.0) != 0.0].set_index(["partner", "period"])["city"]
    mine, theirs = traded.index[traded == one], traded.index[traded == other]
    return mine.intersection(theirs).size > min(mine.nunique(), theirs.nunique()) / 2


def is_total_word(name: str) -> bool:
    """Return whether a name is a word for the sum of others, in any dimension of a table."""
    return fold_name(name) in TOTALS


def _find_fault(name: str, column: str) -> CellError | None:
    """Return what is wrong with the name of a city, None where nothing is."""
    shown = quote_cell(name)
    if not name:
        return CellError(Text("data.city-blank"))
    if any(unicodedata.category(c) == "Cc" for c in name):
        return CellError(Text("data.city-control-character", name=shown))
    if len(name) > limits.MAX_NAME_CHARACTERS:
        return CellError(Text("data.city-too-long", name=shown))
    if _MARK.search(name):
        return CellError(Text("data.city-marked", name=shown), Remedy("city_name", (name,)))
    if is_total_word(name):
        return CellError(Text("data.city-total", name=shown), Remedy("drop", (column, name)))
    return None


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


# Names that may be a slip for another: near enough to ask, never near enough to match in silence.

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
    is_chinese = len(core) >= SHORTEST_CHINESE and all("\u3400" <= c <= "\u9fff" for c in core)
    return is_chinese and any(core in word for word in long.words)


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
