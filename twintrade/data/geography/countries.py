"""Countries and territories by code or name, from an own reviewed table; nothing is matched by likeness."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

from twintrade.data.geography.cities import is_total_word
from twintrade.data.sources.faults import Faults, TextColumn, build_text_array, clean_name, fold_name, quote_cell
from twintrade.data.sources.provenance import read_packaged_rows
from twintrade.effects import Remedy
from twintrade.numerics.arrays import BoolArray, IntArray, ObjectArray
from twintrade.text import Listed, Text

PlaceKind = Literal["country", "territory", "part", "former", "aggregate", "remainder"]

_BRACKETED = re.compile(r"\s*[(（](?:(?:\.\.\.|…)\s*[0-9]{4}|overseas\s+france)[)）]\s*$", re.IGNORECASE)
"""What the United Nations add to a name: the year in which a country ceased to be, or whose territory it is."""
_OTHER_ASIA = "otherasianes"
_SAINT = re.compile(r"\bst\b\.?", re.IGNORECASE)
_N_NEAR = 3
_LEAST_COUNTRIES = 3
_ALIKE, _CODE_LENGTH = 0.8, 3
"""Ratio from which a name may be a slip for another (`difflib`), and the letters of a code."""
LEAVE_OUT: Literal["leave out"] = "leave out"
"""What ``partner_names`` may say in place of a code: such rows are left out and counted, as groups are."""
COMPARED: Literal["remainder, in the comparison"] = "remainder, in the comparison"
FOR_TOTALS: Literal["remainder, for totals only"] = "remainder, for totals only"
"""What it may say of partners without a row of their own: in totals both, and in the comparison the first."""
_LEFT_OUT, _REST, _WORLD = "+LEFT-OUT", "+REST", "+WORLD"
_LANGUAGES = ("english", "chinese", "portuguese", "french", "german", "spanish", "italian")


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


@dataclass(frozen=True, slots=True)
class _CountryTable:
    places: Mapping[str, Place]
    by_key: Mapping[str, str]
    by_iso2: Mapping[str, str]
    by_un: Mapping[str, str]


def load_places() -> Mapping[str, Place]:
    """Return every place of the table by its code."""
    return _table().places


def resolve(names: Iterable[str], aliases: Mapping[str, str] | None = None) -> list[str]:
    """Return the code of every code, name or alias; NA is Namibia only where every entry is a two-letter code."""
    cells = build_text_array(names)
    faults = Faults()
    column = TextColumn("partner", "", cells, np.arange(1, cells.size + 1))
    codes = resolve_column(column, aliases or {}, faults)
    faults.raise_if_any()
    return [str(code) for code in codes]


def resolve_column(column: TextColumn, aliases: Mapping[str, str], faults: Faults) -> ObjectArray:
    """Return the code of every cell (n_rows,), "" where it is unknown and an error was noted."""
    declared = {_key(name): _declared_code(name, code, faults) for name, code in aliases.items()}
    codes = find_codes(column, declared)
    column.errors_once(faults, "partner", codes == "", _unknown, _find_remedy)
    if any(fold_name(cell) == _OTHER_ASIA for cell in set(column.cells)):
        faults.inform("other-asia", Text("data.partner-other-asia"), column.file, None, column.name)
    return codes


def find_code(name: str) -> str:
    """Return the code of one name, or of one code of two or three letters; "" where it is unknown."""
    return str(find_codes(TextColumn("partner", "", build_text_array([name]), np.ones(1, dtype=np.int64)))[0])


def find_codes(column: TextColumn, declared: Mapping[str, str] | None = None) -> ObjectArray:
    """Return the code of every cell, "" where it is unknown; nothing is said about those."""
    table = _table()
    distinct = sorted(set(column.cells))
    is_iso2 = _are_two_letters(distinct, table, declared or {})
    known = {cell: _code(cell, table, declared or {}, is_iso2) for cell in distinct}
    return build_text_array(map(known.__getitem__, column.cells))


def list_own_codes(cities: Sequence[str]) -> ObjectArray:
    """Return the country that each city is: by its code, or by its name where all cities are countries; else ""."""
    column = TextColumn("city", "", build_text_array(cities), np.arange(len(cities)))
    codes = np.where([len(city) >= _CODE_LENGTH for city in cities], find_codes(column), column.cells).astype(object)
    is_code = np.array([city in load_places() for city in cities], dtype=bool)
    are_countries = len(cities) >= _LEAST_COUNTRIES and all(code in load_places() for code in codes)
    return codes if are_countries else np.where(is_code, codes, "").astype(object)


def list_un_codes() -> dict[str, str]:
    """Return the number of every place at the United Nations, by its code; where there are several, the first."""
    codes: dict[str, str] = {}
    for number, code in _table().by_un.items():
        codes.setdefault(code, str(int(number)))
    return codes


def resolve_un_codes(column: TextColumn) -> ObjectArray:
    """Return the cells of a column with the codes of the United Nations, as M49 numbers them, as ISO codes."""
    by_un = _table().by_un
    return build_text_array(
        by_un.get(cell.strip().zfill(3), cell) if cell.strip().isdigit() else cell for cell in column.cells
    )


def find_near_codes(name: str) -> list[str]:
    """Return the codes of the places whose name or code is nearly this, the nearest first."""
    table = _table()
    countries = {code: place.name for code, place in table.places.items() if not place.is_aggregate}
    known = {key: code for key, code in table.by_key.items() if len(key) > _CODE_LENGTH and code in countries}
    near = [known[key] for key in difflib.get_close_matches(_key(name), known, n=_N_NEAR, cutoff=_ALIKE)]
    if len(name) > _CODE_LENGTH:
        near += [code for code, place in countries.items() if name.casefold() in place.casefold()]
    return list(dict.fromkeys(near))[:_N_NEAR]


def is_aggregate(codes: ObjectArray) -> BoolArray:
    """Return which codes are groups of countries or an unspecified rest."""
    aggregates = {code for code, place in load_places().items() if place.is_aggregate}
    return np.fromiter(map(aggregates.__contains__, codes), dtype=bool, count=codes.size)


def find_remainder_code(name: str) -> str:
    """Return the code of a remainder: of the table where this knows the name as one, else the rest of the world."""
    code = _table().by_key.get(_key(name), "")
    return code if code and _table().places[code].kind == "remainder" else _REST


def warn_of_validity(codes: ObjectArray, years: IntArray, file: str, faults: Faults) -> None:
    """Warn of partners that have figures in years in which they were no partner of their own."""
    spans = pd.DataFrame({"code": codes, "year": years}).drop_duplicates()
    for code, group in spans.groupby("code", sort=True)["year"]:
        place = load_places().get(str(code))
        if place is None or (place.valid_from is None and place.valid_to is None):
            continue
        mine = group.to_numpy()
        low, high = place.valid_from or mine.min(), place.valid_to or mine.max()
        outside = np.unique(mine[(mine < low) | (mine > high)])
        if outside.size:
            text = Text(
                "data.partner-years",
                name=place.name,
                code=str(code),
                first=outside[0],
                last=outside[-1],
                bound="from" if place.valid_to is None else "to",
                year=place.valid_to or place.valid_from or 0,
            )
            faults.warn("partner-years", text, file)


@cache
def _table() -> _CountryTable:
    places: dict[str, Place] = {}
    by_key: dict[str, str] = {}
    by_iso2: dict[str, str] = {}
    by_un: dict[str, str] = {}
    for row in read_packaged_rows("partners.csv"):
        code = row["code"]
        kind: PlaceKind = row["kind"]  # type: ignore[assignment]
        places[code] = Place(code, row["iso2"], row["name"], kind, _year(row["valid_from"]), _year(row["valid_to"]))
        if row["iso2"]:
            by_iso2[row["iso2"]] = code
        by_un |= dict.fromkeys(filter(None, row["un"].split("|")), code)
        others = "|".join(row[language] for language in _LANGUAGES).split("|")
        for name in (code, row["name"], *filter(None, others)):
            owner = by_key.setdefault(_key(name), code)
            if owner != code:
                raise AssertionError(f"{name} stands for {owner} and {code} in partners.csv")
    return _CountryTable(places, by_key, by_iso2, by_un)


def _key(name: str) -> str:
    return fold_name(_SAINT.sub("saint", _BRACKETED.sub("", name).replace("&", " and ")))


def _year(text: str) -> int | None:
    return int(text) if text else None


def _code(cell: str, table: _CountryTable, declared: Mapping[str, str], is_iso2: bool) -> str:
    name = clean_name(cell)
    key = _key(name)
    if name in table.places and not (table.places[name].is_aggregate and key in declared):
        return name
    if is_iso2 and name in table.by_iso2:
        return table.by_iso2[name]
    return declared.get(key) or table.by_key.get(key, "") if key else ""


def _are_two_letters(cells: Sequence[str], table: _CountryTable, declared: Mapping[str, str]) -> bool:
    """Whether all cells are codes of two letters, but for codes of groups and fewer labels, no country's name."""
    long = {c for c in cells if not (len(c.strip()) == 2 and c.strip().isascii() and c.strip().isupper())}
    codes = {c: table.by_key.get(_key(c), "") for c in long if _key(c) not in declared}
    n_labels = len(long) - sum(map(bool, codes.values()))
    return (
        len(long) < len(cells)
        and all(table.places[code].is_aggregate for code in codes.values() if code)
        and 2 * n_labels < len(cells)
    )


def _declared_code(name: str, code: str, faults: Faults) -> str:
    answer, total = code.casefold(), _table().by_key.get(_key(name)) == _WORLD or is_total_word(name)
    if answer == LEAVE_OUT:
        return _LEFT_OUT
    if answer in (COMPARED, FOR_TOTALS):
        if total:
            faults.error("partner-alias", Text("data.remainder-total", name=quote_cell(name)))
        return find_remainder_code(name)
    if code not in load_places():
        faults.error("partner-alias", Text("data.partner-alias", name=quote_cell(name), code=quote_cell(code)))
    return code


def _find_remedy(cell: str) -> Remedy | None:
    name = clean_name(cell)
    if not name or name in _table().by_iso2:
        return None
    return Remedy("partner_name", (cell, LEAVE_OUT) if is_total_word(name) else (cell, *find_near_codes(name)[:1]))


def _unknown(cell: str) -> Text:
    name = clean_name(cell)
    if not name:
        return Text("data.partner-blank")
    if name in _table().by_iso2:
        place = load_places()[_table().by_iso2[name]]
        return Text("data.partner-two-letters", cell=quote_cell(cell), name=place.name)
    near = tuple(f"{load_places()[code].name} ({code})" for code in find_near_codes(name))
    return Text("data.partner-unknown", cell=quote_cell(cell), n_near=len(near), near=Listed(near, "comma"))


# Partners that stand for all those without a row of their own, by code, by name and by declaration.


def is_remainder(names: Iterable[object]) -> BoolArray:
    """Return which codes or names of partners are remainders."""
    cells = build_text_array(map(str, names))
    codes = find_codes(TextColumn("partner", "", cells, np.arange(cells.size)))
    return np.array([code != "" and load_places()[code].kind == "remainder" for code in codes], dtype=bool)


def find_kept(aliases: Mapping[str, str]) -> set[str]:
    """Return the codes of remainders that a declaration keeps, in the comparison or for totals only."""
    return _find_answered(aliases, COMPARED) | find_totals_only(aliases)


def find_totals_only(aliases: Mapping[str, str]) -> set[str]:
    """Return the codes of remainders that a declaration keeps for totals only."""
    return _find_answered(aliases, FOR_TOTALS)


def find_answered_twice(aliases: Mapping[str, str]) -> set[str]:
    """Return the codes of remainders of which one name is in the comparison and another for totals only."""
    return _find_answered(aliases, COMPARED) & find_totals_only(aliases)


def _find_answered(aliases: Mapping[str, str], answer: str) -> set[str]:
    return {find_remainder_code(name) for name, given in aliases.items() if given.casefold() == answer}
