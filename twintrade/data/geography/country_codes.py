"""The places that may be partners, and which kind of code a column of them holds."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from twintrade.data.sources.provenance import read_packaged, read_packaged_rows

PlaceKind = Literal["country", "territory", "part", "former", "aggregate", "remainder"]
CodeKind = Literal["", "alpha-3", "alpha-2", "numeric"]

_LETTERS: Mapping[int, CodeKind] = {2: "alpha-2", 3: "alpha-3"}
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
    for length, kind in _LETTERS.items():
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
    is_fips = (len(codes) >= _N_FIPS and codes <= fips | {"UK"}) or codes & _STANDARDS[
        "fips_alone"
    ] - load_two_letters().keys()
    return _STANDARDS["fips_other"] if kind == "alpha-2" and is_fips else frozenset()


def _is_capitals(cell: str, length: int) -> bool:
    return len(cell) == length and cell.isascii() and cell.isalpha() and cell.isupper()
