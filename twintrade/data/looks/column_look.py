"""Guesses which column of a trade table plays which part; a guess is only ever written down, never used."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from twintrade.data.calendar.periods import Frequency
from twintrade.data.figures.unit_names import UNKNOWN
from twintrade.data.formats.tables import TextTable
from twintrade.data.geography.countries import COMPARED, FOR_TOTALS, LEAVE_OUT, find_codes, resolve_un_codes
from twintrade.data.geography.remainders import is_remainder
from twintrade.data.looks.column_scores import (
    HALF,
    Score,
    choose_column,
    list_periods,
    score_numbers,
    score_partners,
    score_periods,
    score_subperiods,
)
from twintrade.data.looks.ends_look import NO_FILE, OtherFile, look_for_ends
from twintrade.data.looks.file_look import Guess, look_at_file
from twintrade.data.looks.flow_look import look_for_flow, look_for_valuation
from twintrade.data.looks.layouts import look_for_layout
from twintrade.data.looks.value_look import find_decimal, find_unit_of_wide, look_for_value
from twintrade.data.looks.words import find_role, has_word_of
from twintrade.data.schema.source import UNNAMED
from twintrade.data.sources.cells import TextColumn, build_text_array, clean_name, quote_cell
from twintrade.errors import DataError
from twintrade.text import Listed, Text

_LEAST_PARTNERS = 3
_NEARLY_ALL = 0.95


def look_at_trade(root: Path, file: str, cities: Sequence[str] = (), other: OtherFile = NO_FILE) -> list[Guess]:
    """Return the lines of a trade table that a file suggests, each with its reason.

    ``cities``: of the registry: a file about one city is about one of these; ``other``: what the registry's columns
    hold.
    """
    table, guesses = look_at_file(root, file)
    if known := look_for_layout(table, file):
        return [Guess("file", file), *guesses, *known, *_find_remainders(table, known), *_conventions()]
    names = list(table.columns)
    wide = list_periods(names)
    parts = _wide_periods(wide) if wide else _long_periods(table, names, file)
    if wide:
        names = [n for n in names if n not in wide]
    if max((score_partners(table, n).share for n in names), default=0.0) < HALF:
        _refuse_partners_across(names, file)
    ends = look_for_ends(table, names, file, other)
    city = ends.city
    if city.value == {"constant": UNNAMED}:
        city = _only_city(cities, f"{table.title} {file}") or city
    ends_of = {city.value, *city.options} if not isinstance(city.value, dict) else set()
    names = [n for n in names if n not in {*ends_of, ends.partner.value, *ends.partner.options}]
    parts.append(ends.partner)
    product = _product(table, [n for n in names if not has_word_of(n, "value")])
    products = [str(g.value) for g in product]
    value = ""
    if wide:
        parts.append(find_unit_of_wide(table, names))
        parts += next((guess for n in wide if (guess := find_decimal(table, n, score_numbers(table, n)))), [])
    else:
        figures = [n for n in names if n not in products]
        guessed = look_for_value(table, figures, file)
        names = [n for n in names if n in figures or n in products]
        value = "" if guessed[0].options else str(guessed[0].value)
        parts += guessed
    flow = look_for_flow(table, [n for n in names if n not in products], value, file, ends)
    where = [n for g in flow if isinstance(g.value, dict) for n in g.value]
    parts += [city, *product, *flow, *look_for_valuation([value, table.title] if value else table.columns)]
    parts += _find_remainders(table, parts)
    left = [n for n in names if n not in (*where, *products)]
    if wide:
        parts += _ignored(left)
    elif left:
        parts.append(Guess("", "", Text("data.look-unread", columns=Listed(tuple(map(quote_cell, left)), "comma"))))
    parts.append(Guess("absent", "missing", Text("data.look-absent")))
    return [Guess("file", file), *guesses, *parts]


def _find_remainders(table: TextTable, lines: Sequence[Guess]) -> list[Guess]:
    """Return the line on partners that stand for all those without rows of their own, if there are any."""
    known = {g.key: g.value for g in lines}
    partner = known.get("partner")
    if not isinstance(partner, str) or partner not in table.columns or "partner_names" in known:
        return []
    column = table.column(partner)
    cells = resolve_un_codes(column) if known.get("country_codes") == "un" else column.cells
    names = sorted({clean_name(cell) for cell in set(cells)})
    rests = [name for name, is_rest in zip(names, is_remainder(names), strict=True) if is_rest]
    reason = Text("data.look-remainder", n=len(rests), compared=COMPARED, totals=FOR_TOTALS)
    return [Guess("partner_names", dict.fromkeys(rests, LEAVE_OUT), reason)] if rests else []


def _refuse_partners_across(names: list[str], file: str) -> None:
    header = TextColumn("header", file, build_text_array(names), np.ones(len(names), dtype=np.int64))
    across = [n for n, code in zip(names, find_codes(header), strict=True) if code]
    if len(across) >= _LEAST_PARTNERS:
        raise DataError(
            f"{file}: the columns {', '.join(map(quote_cell, across[:_LEAST_PARTNERS]))} ... are countries, "
            "and a table "
            "with one column a partner is not read: lay it out with one row a city, partner and period (unpivot, as "
            "spreadsheets call it), or with one column a period"
        )


def _wide_periods(wide: list[str]) -> list[Guess]:
    _, frequency = score_periods(wide)
    reason = Text("data.look-wide", n=len(wide), first=wide[0], last=wide[-1])
    return [Guess("layout", "wide", reason), *_frequency(frequency, "data.look-as-written")]


def _long_periods(table: TextTable, names: list[str], file: str) -> list[Guess]:
    """Return the period's lines, and take its columns out of the names."""
    scores = {n: score_periods([str(c) for c in table.columns[n]]) for n in names}
    period = choose_column(names, {n: s for n, (s, _) in scores.items()}, "period", file)
    score, frequency = scores[period]
    names.remove(period)
    guess = Guess("period", period, Text("data.look-periods", period_name=str(frequency), **score.doubt))
    if frequency is Frequency.YEAR and (part := _subperiod(table, names)):
        name, frequency, score = part
        names.remove(name)
        reason = Text("data.look-subperiods", period_name=str(frequency), **score.doubt)
        return [guess, Guess("subperiod", name, reason), *_frequency(frequency, "data.look-as-named")]
    return [guess, *_frequency(frequency, "data.look-as-written")]


def _subperiod(table: TextTable, names: list[str]) -> tuple[str, Frequency, Score] | None:
    """Return the column of months or quarters beside the year, its frequency, and how far it reads so."""
    for frequency in (Frequency.MONTH, Frequency.QUARTER):
        for name in names:
            is_named = has_word_of(name, frequency.value)
            if not is_named and (find_role(name) or any(has_word_of(name, end) for end in ("partner", "city"))):
                continue  # "AGO" and "MAR" are countries here
            cells = [str(c) for c in table.columns[name]]
            score = score_subperiods(cells, frequency, is_named=is_named)
            if score.share >= (HALF if is_named else _NEARLY_ALL) and (is_named or len(set(cells)) > 1):
                return name, frequency, score
    return None


def _frequency(frequency: Frequency, key: str) -> list[Guess]:
    return [] if frequency is Frequency.YEAR else [Guess("frequency", str(frequency), Text(key))]


def _only_city(cities: Sequence[str], text: str) -> Guess | None:
    """Return the city a file without a column of cities is about, where the registry leaves one."""
    named = [c for c in cities if c and c in text]
    if len(named) == 1:
        return Guess("city", {"constant": named[0]}, Text("data.look-city-titled"))
    if len(cities) == 1:
        return Guess("city", {"constant": cities[0]}, Text("data.look-only-city"))
    return None


def _product(table: TextTable, names: list[str]) -> list[Guess]:
    product = next((n for n in names if has_word_of(n, "product") and len(set(table.columns[n])) > 1), None)
    if product is None:
        return []
    revision = Guess("product_revision", UNKNOWN, Text("data.look-revision"))
    return [Guess("product", product, Text("data.look-products")), revision]


def _ignored(names: list[str]) -> list[Guess]:
    return [Guess("ignore", names, Text("data.look-ignored"))] if names else []


def _conventions() -> list[Guess]:
    absent = Guess("absent", "missing", Text("data.look-absent"))
    return [Guess("reporter", "city", Text("data.look-reporter")), absent]
