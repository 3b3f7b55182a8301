"""Partners that stand for all those without a row of their own, by code, by name and by declaration."""

from collections.abc import Iterable, Mapping

import numpy as np

from twintrade.data.geography.countries import COMPARED, FOR_TOTALS, find_codes, find_remainder_code, load_places
from twintrade.data.sources.cells import TextColumn, build_text_array
from twintrade.numerics.arrays import BoolArray


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
