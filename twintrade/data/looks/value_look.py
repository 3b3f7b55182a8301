"""Guesses which column holds the values and in which unit, by words and units and never by size."""

from collections.abc import Mapping, Sequence

from twintrade.data.figures.money import UNKNOWN, list_units, parse_header_power, parse_header_unit
from twintrade.data.figures.number_style import Decimal
from twintrade.data.formats.tables import TextTable
from twintrade.data.looks.column_scores import (
    DECIMALS,
    HALF,
    Score,
    choose_column,
    is_units,
    score_numbers,
    score_numbers_under,
)
from twintrade.data.looks.file_look import Guess, build_question
from twintrade.data.looks.words import Trade, find_trade, has_word_of
from twintrade.data.sources.cells import quote_cell
from twintrade.text import Listed, Text

_ORDER: tuple[Trade, ...] = ("exports", "imports", "both", "value", "", "other")
_REASONS: Mapping[Trade, str] = {"exports": "data.look-value-exports", "imports": "data.look-value-imports"}


def look_for_value(table: TextTable, names: list[str], file: str) -> list[Guess]:
    """Return the value's lines, and take its columns out of the names.

    Raises
    ------
    DataError
        No column holds numbers.
    """
    scores = {n: score_numbers(table, n) for n in names}
    choose_column(names, scores, "value", file)
    best = _list_best(names, scores)
    options = [n for n in names if scores[n].share >= HALF and find_trade(n) != "other"] if len(best) > 1 else best
    if len(best) > 1 or find_trade(best[0]) == "other":
        columns = Listed(tuple(map(quote_cell, options)), "or")
        unit = _find_unit(table, names, "")
        return [
            build_question("value", options, Text("data.look-which-value", n=len(options), columns=columns)),
            unit,
        ]
    value = best[0]
    names.remove(value)
    reason = Text(_REASONS.get(find_trade(value), "data.look-values"), **scores[value].doubt)
    unit = _find_unit(table, names, value)
    if isinstance(unit.value, dict):
        names.remove(unit.value["column"])
    return [Guess("value", value, reason), unit, *find_decimal(table, value, scores[value])]


def _list_best(names: Sequence[str], scores: Mapping[str, Score]) -> list[str]:
    """Return the columns of numbers whose names say most, those with a unit before those without."""
    numbers = [n for n in names if scores[n].share >= HALF] or [max(names, key=lambda n: scores[n].share)]
    tiers = {n: find_trade(n) for n in numbers}
    first = min((tiers[n] for n in numbers), key=_ORDER.index)
    best = [n for n in numbers if tiers[n] == first]
    if first == "imports":
        best += [n for n in numbers if tiers[n] in ("both", "value")]
    whole = [n for n in best if parse_header_unit(n)[1]]
    return whole if whole and first != "imports" else best


def find_unit_of_wide(table: TextTable, names: Sequence[str]) -> Guess:
    """Return the unit of a table whose columns are periods."""
    return _find_unit(table, names, " ".join(table.columns))


def _find_unit(table: TextTable, names: Sequence[str], header: str) -> Guess:
    """Return the unit: from a column of units, else from the value's name, else from the title above the header."""
    column = next((n for n in names if has_word_of(n, "unit") and is_units(table, n)), None)
    if column is not None:
        return Guess("money_unit", {"column": column}, Text("data.look-unit-column"))
    unit, is_whole = parse_header_unit(header)
    titled, is_titled = parse_header_unit(table.title)
    if several := _list_rival_units(header, table.title):
        return build_question("money_unit", several, Text("data.look-two-units", units=Listed(tuple(several), "and")))
    if table.title and (is_titled or titled != UNKNOWN) and titled != unit:
        return Guess("money_unit", titled, Text("data.look-title"))
    return Guess("money_unit", unit, Text("data.look-column-name" if is_whole else "data.look-no-currency"))


def _list_rival_units(header: str, title: str) -> list[str]:
    """Return the units that the name and the title speak of, where they cannot both be right."""
    here, above = list_units(header), list_units(title)
    if len(here) > 1 or len(above) > 1:
        return list(dict.fromkeys([*here, *above]))
    if not here or not above or here == above:
        return []
    is_other_currency = here[0].split()[-1] != above[0].split()[-1] and not {here[0], above[0]} <= {"万美元", "USD"}
    both_powers = parse_header_power(header) is not None and parse_header_power(title) is not None
    return [*here, *above] if is_other_currency or both_powers else []


def find_decimal(table: TextTable, name: str, best: Score) -> list[Guess]:
    """Return the decimal mark where the column does not prove it."""
    shares = {decimal: score_numbers_under(table, name, decimal).share for decimal in DECIMALS}
    if shares[None] >= best.share:
        return []
    mark: Decimal = "." if shares["."] >= shares[","] else ","
    return [Guess("decimal", mark, Text("data.look-comma"))]
