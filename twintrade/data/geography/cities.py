"""Names of cities: cleaned, translated by a declared crosswalk, and never split or joined by a guess."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from twintrade.data.schema.source import CityName
from twintrade.data.sources import limits
from twintrade.data.sources.cells import TextColumn, build_text_array, clean_name, fold_name, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.effects import Remedy
from twintrade.numerics.arrays import IntArray, ObjectArray

_MARK = re.compile(r"[①-⑳⑴-⒇*†‡§¹²³⁰-⁹]|[（(]\d{1,2}[)）]$")
_TOTALS = frozenset(
    (
        *(
            "total",
            "sum",
            "grandtotal",
            "subtotal",
            "all",
            "allcities",
            "altogether",
            "whole province",
            "province total",
        ),
        *("合计", "总计", "小计", "全市", "全省", "全国", "总额", "总值", "全市合计", "全省合计"),
    )
)


def read_cities(
    column: TextColumn, crosswalk: Sequence[CityName], years: IntArray | None, faults: Faults
) -> ObjectArray:
    """Return the city of every row; a blank, a total or a control character is an error.

    Parameters
    ----------
    column : TextColumn
    crosswalk : sequence of CityName
        Names of the file with the city they count as, each within its years.
    years : IntArray or None, shape (n_rows,)
        Calendar year of every row, for crosswalks with years.
    faults : Faults

    Returns
    -------
    ObjectArray of str, shape (n_rows,)
    """
    names = {cell: clean_name(cell) for cell in set(column.cells)}
    declared = {clean_name(line.name) for line in crosswalk}
    reasons = {cell: why for cell, name in names.items() if name not in declared and (why := _why_not(name))}
    if reasons:
        is_bad = np.fromiter((c in reasons for c in column.cells), dtype=bool, count=len(column))
        column.errors(faults, "city", is_bad, lambda cell: reasons[cell], lambda cell: _find_remedy(names[cell]))
    cities = build_text_array(names[c] for c in column.cells)
    for line in crosswalk:
        here = cities == clean_name(line.name)
        if years is not None:
            here &= (years >= (line.first or years.min(initial=0))) & (years <= (line.last or years.max(initial=0)))
        cities[here] = line.city
    return cities


def check_codes(cities: ObjectArray, codes: TextColumn, faults: Faults) -> None:
    """Note an error for a city that has two codes, and for a code that has two cities."""
    cleaned = build_text_array(clean_name(code) for code in codes.cells)
    pairs = sorted({(str(city), str(code)) for city, code in zip(cities, cleaned, strict=True) if city})
    for place, other, text in (
        (0, 1, "{} has the codes {}: two cities with one name; give them names that differ under city_names"),
        (1, 0, "code {} has the cities {}: one city with two names; give it one under city_names"),
    ):
        found: dict[str, list[str]] = {}
        for pair in pairs:
            found.setdefault(pair[place], []).append(pair[other])
        for name, several in found.items():
            if len(several) > 1:
                row = int(codes.rows[int(np.flatnonzero((cities if place == 0 else cleaned) == name)[0])])
                message = text.format(quote_cell(name), " and ".join(map(quote_cell, several)))
                remedy = Remedy("own_name", (name,)) if place == 0 else Remedy("same_city", (several[0], several[1]))
                faults.error("city-code", message, codes.file, row, codes.name, remedy)


def check_spellings(cities: ObjectArray, files: Sequence[str], faults: Faults) -> None:
    """Note an error for two names that differ only in accents, case, spaces or punctuation.

    They may be one city spelled in two ways or two cities with one romanization; only the user knows.
    """
    spellings: dict[str, list[str]] = {}
    for city in sorted(set(cities)):
        spellings.setdefault(fold_name(city), []).append(city)
    for names in spellings.values():
        if len(names) > 1:
            faults.error(
                "spelling",
                f"{' and '.join(map(quote_cell, names))} differ only in case, accents, spaces or punctuation: if "
                "they "
                "are one city, say so under city_names; if they are two, give them names that differ",
                files[0] if len(files) == 1 else "",
                remedy=Remedy("same_city", (names[0], names[1])),
            )


def _why_not(name: str) -> str:
    if not name:
        return "the city is blank: fill merged or grouped cells in every row"
    if any(unicodedata.category(c) == "Cc" for c in name):
        return f"{quote_cell(name)} has a control character"
    if len(name) > limits.MAX_NAME_CHARACTERS:
        return f"{quote_cell(name)} is too long for a city's name"
    if _MARK.search(name):
        return f"{quote_cell(name)} carries a footnote mark: say under city_names which city it is"
    if fold_name(name) in _TOTALS:
        return f"{quote_cell(name)} is a total, not a city: leave such rows out, with where or last_row"
    return ""


def _find_remedy(name: str) -> Remedy | None:
    if not name or any(unicodedata.category(c) == "Cc" for c in name) or len(name) > limits.MAX_NAME_CHARACTERS:
        return None
    if _MARK.search(name):
        return Remedy("city_name", (name,))
    return Remedy("totals") if fold_name(name) in _TOTALS else None
