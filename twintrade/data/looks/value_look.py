"""Guesses which column holds the values and in which unit, by words and units and never by size."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from twintrade.data.figures.header_units import HeaderUnit, list_units, read_header
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
    """Return the value's lines, and take its columns out of the names."""
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
    whole = [n for n in best if read_header(n).is_whole]
    return whole if whole and first != "imports" else best


def find_unit_of_wide(table: TextTable, names: Sequence[str]) -> Guess:
    """Return the unit of a table whose columns are periods."""
    return _find_unit(table, names, " ".join(table.columns))


def _find_unit(table: TextTable, names: Sequence[str], header: str) -> Guess:
    """Return the unit: from a column of units, else from the value's name, else from the title above the header."""
    column = next((n for n in names if has_word_of(n, "unit") and is_units(table, n)), None)
    if column is not None:
        return Guess("money_unit", {"column": column}, Text("data.look-unit-column"))
    here, above = read_header(header), read_header(table.title)
    if several := _list_rival_units(header, table.title):
        return build_question("money_unit", several, Text("data.look-two-units", units=Listed(tuple(several), "and")))
    if unread := here.unread or ("" if here.is_whole and here.power is not None else above.unread):
        reason = Text(
            "data.look-unit-unread", unread=quote_cell(unread), currency=(here if here.unread else above).currency
        )
        return build_question("money_unit", (), reason)
    # What the name leaves open the title may say; what the name says stands.
    unit = HeaderUnit(
        here.currency if here.is_whole else above.currency, above.power if here.power is None else here.power
    )
    if unit.declare() != here.declare():
        return Guess("money_unit", unit.declare(), Text("data.look-title"))
    reason = Text("data.look-column-name" if here.is_whole else "data.look-no-currency")
    return Guess("money_unit", unit.declare(), reason)


def _list_rival_units(header: str, title: str) -> list[str]:
    """Return the units that the name and the title speak of, where they cannot both be right."""
    here, above = list_units(header), list_units(title)
    if len(here) > 1 or len(above) > 1:
        return list(dict.fromkeys([*here, *above]))
    unit, titled = read_header(header), read_header(title)
    is_other_currency = unit.is_whole and titled.is_whole and unit.currency != titled.currency
    is_other_power = unit.power is not None and titled.power is not None and unit.power != titled.power
    if not is_other_currency and not is_other_power:
        return []
    known = unit.currency if unit.is_whole else titled.currency
    both = [replace(u, currency=u.currency if u.is_whole else known) for u in (unit, titled)]
    return list(dict.fromkeys(u.declare() for u in both))


def find_decimal(table: TextTable, name: str, best: Score) -> list[Guess]:
    """Return the decimal mark where the column does not prove it."""
    shares = {decimal: score_numbers_under(table, name, decimal).share for decimal in DECIMALS}
    if shares[None] >= best.share:
        return []
    mark: Decimal = "." if shares["."] >= shares[","] else ","
    return [Guess("decimal", mark, Text("data.look-comma"))]
