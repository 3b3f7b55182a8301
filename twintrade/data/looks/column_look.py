"""Guesses which column plays which part, for a user to confirm; a guess is only ever written down, never used."""

import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from twintrade.data.calendar.months import strip_accents
from twintrade.data.calendar.periods import Frequency
from twintrade.data.figures.money import UNKNOWN, parse_header_unit
from twintrade.data.figures.number_style import Decimal
from twintrade.data.formats.tables import TextTable, open_table
from twintrade.data.geography.countries import resolve_column
from twintrade.data.looks.column_scores import (
    DECIMALS,
    Score,
    choose_column,
    has_word_of,
    has_word_of_twin,
    is_units,
    score_dates,
    score_numbers,
    score_numbers_under,
    score_partners,
    score_periods,
    score_subperiods,
)
from twintrade.data.looks.file_look import Guess, look_at_file
from twintrade.data.looks.flow_look import look_for_flow, look_for_valuation
from twintrade.data.looks.layouts import look_for_layout
from twintrade.data.schema.file_format import FileFormat
from twintrade.data.schema.source import UNNAMED, TwinningKind
from twintrade.data.sources.cells import TextColumn, build_text_array, clean_name, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.errors import DataError
from twintrade.text import Listed, Text

_LEAST_PERIODS = _LEAST_PARTNERS = 3
_HALF = 0.5
_USUAL_KIND: TwinningKind = "sister city"
_KINDS = (
    ("memorandum", ("memorand", "mou", "备忘")),
    ("sister state", ("state", "province", "友好省")),
    ("friendship", ("friend", "freund", "amiti", "amist", "amiz", "友好交流", "友好合作")),
)
_SLASHED = re.compile(r"\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}\s*")


def look_at_trade(root: Path, file: str, cities: Sequence[str] = ()) -> list[Guess]:
    """Return the lines of a trade table that a file suggests, each with its reason.

    Parameters
    ----------
    root : Path
    file : str
    cities : sequence of str
        Of the registry: a file about one city is about one of these.

    Raises
    ------
    DataError
        The file cannot be read, or no column looks like what a trade table needs.
    """
    table, guesses = look_at_file(root, file)
    if known := look_for_layout(table, file):
        return [Guess("file", file), *guesses, *known, *_conventions()]
    names = list(table.columns)
    wide = _wide(names)
    parts = _wide_periods(wide) if wide else _long_periods(table, names, file)
    if wide:
        names = [n for n in names if n not in wide]
    scores = {n: score_partners(table, n) for n in names}
    if max((score.share for score in scores.values()), default=0.0) < _HALF:
        _refuse_partners_across(names, file)
    partner = choose_column(names, scores, "partner", file)
    names.remove(partner)
    parts.append(Guess("partner", partner, Text("data.look-partner", **scores[partner].doubt)))
    value = ""
    if wide:
        parts.append(_unit(table, names, " ".join(table.columns)))
        parts += next((guess for n in wide if (guess := _decimal(table, n, score_numbers(table, n)))), [])
    else:
        guessed = _value(table, names, file)
        value = str(guessed[0].value)
        parts += guessed
    city = _city(table, names)
    if city.value == {"constant": UNNAMED}:
        city = _only_city(cities, f"{table.title} {file}") or city
    flow, where = look_for_flow(table, names, value, file)
    left = [n for n in names if n != city.value and not any(n in g.value for g in where)]  # type: ignore[operator]
    product = _product(table, left)
    parts += [city, *product, flow, *where, *look_for_valuation([value, table.title] if value else table.columns)]
    left = [n for n in left if n not in [g.value for g in product]]
    if wide:
        parts += [Guess("ignore", left, Text("data.look-ignored"))] if left else []
    elif left:
        parts.append(Guess("", "", Text("data.look-unread", columns=Listed(tuple(map(quote_cell, left)), "comma"))))
    return [Guess("file", file), *guesses, *parts, *_conventions()]


def look_at_twinnings(root: Path, file: str) -> list[Guess]:
    """Return the lines of a registry that a file suggests, each with its reason.

    Raises
    ------
    DataError
        The file cannot be read, or no column looks like dates or partner countries.
    """
    table, guesses = look_at_file(root, file)
    names = list(table.columns)
    dates = {n: score_dates([str(c) for c in table.columns[n]]) for n in names}
    date = choose_column(names, dates, "date", file)
    names.remove(date)
    countries = {n: score_partners(table, n) for n in names}
    partner = choose_column(names, countries, "partner", file)
    names.remove(partner)
    parts = [
        Guess("date", date, Text("data.look-dates", **dates[date].doubt)),
        Guess("partner", partner, Text("data.look-countries", **countries[partner].doubt)),
    ]
    city = _city(table, [n for n in names if not has_word_of_twin(n)] or names)
    names = [n for n in names if n != city.value]
    other = next((n for n in names if has_word_of_twin(n)), None) or next(
        (n for n in names if "partner" in n.lower() or has_word_of(n, "city")), None
    )
    kind = next((n for n in names if n != other and has_word_of(n, "kind")), None)
    parts += [
        city,
        Guess("partner_city", other or {"constant": ""}, _say_named(other)),
        Guess("kind", kind or {"constant": _USUAL_KIND}, _say_named(kind)),
    ]
    if kind is not None:
        words = sorted({clean_name(c) for c in table.columns[kind]})
        parts.append(Guess("kinds", {w: _kind(w) for w in words}, Text("data.look-kinds")))
    parts += _day_first([str(c) for c in table.columns[date]])
    blank = sum(not str(c).strip() for c in table.columns[date])
    if blank:
        parts.append(Guess("undated", "exclude", Text("data.look-undated", n=blank)))
    return [Guess("file", file), *guesses, *parts]


def list_cities(root: Path, guesses: Sequence[Guess]) -> list[str]:
    """Return the names of the cities of a registry that was looked at."""
    lines = {g.key: g.value for g in guesses}
    if not isinstance(city := lines["city"], str):
        return []
    keys = {f.name for f in fields(FileFormat)} - {"where", "drop"}
    declared = FileFormat(**{k: v for k, v in lines.items() if k in keys})  # type: ignore[arg-type]
    table = open_table(root, str(lines["file"]), declared, [city], Faults())
    return sorted({clean_name(c) for c in table.columns[city]})


def _refuse_partners_across(names: list[str], file: str) -> None:
    header = TextColumn("header", file, build_text_array(names), np.ones(len(names), dtype=np.int64))
    across = [n for n, code in zip(names, resolve_column(header, {}, Faults()), strict=True) if code]
    if len(across) >= _LEAST_PARTNERS:
        raise DataError(
            f"{file}: the columns {', '.join(map(quote_cell, across[:_LEAST_PARTNERS]))} ... are countries, "
            "and a table "
            "with one column a partner is not read: lay it out with one row a city, partner and period (unpivot, as "
            "spreadsheets call it), or with one column a period"
        )


def _wide(names: list[str]) -> list[str]:
    """Return the columns named by a period, where there are enough of them for a wide layout."""
    by_frequency = [
        [n for n in names if score_periods([n])[1] is f and score_periods([n])[0].share] for f in Frequency
    ]
    periods = max(by_frequency, key=len)
    return periods if len(periods) >= _LEAST_PERIODS else []


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
            cells = [str(c) for c in table.columns[name]]
            score = score_subperiods(cells, frequency, is_named=is_named)
            if score.share >= _HALF and (is_named or len(set(cells)) > 1):
                return name, frequency, score
    return None


def _frequency(frequency: Frequency, key: str) -> list[Guess]:
    return [] if frequency is Frequency.YEAR else [Guess("frequency", str(frequency), Text(key))]


def _value(table: TextTable, names: list[str], file: str) -> list[Guess]:
    """Return the value's lines, and take its columns out of the names."""
    scores = {n: score_numbers(table, n) for n in names}
    value = choose_column(names, scores, "value", file)
    names.remove(value)
    reason = Text("data.look-values", **scores[value].doubt)
    unit = _unit(table, names, value)
    if isinstance(unit.value, dict):
        names.remove(unit.value["column"])
    return [Guess("value", value, reason), unit, *_decimal(table, value, scores[value])]


def _decimal(table: TextTable, name: str, best: Score) -> list[Guess]:
    """Return the decimal mark where the column does not prove it."""
    shares = {decimal: score_numbers_under(table, name, decimal).share for decimal in DECIMALS}
    if shares[None] >= best.share:
        return []
    mark: Decimal = "." if shares["."] >= shares[","] else ","
    return [Guess("decimal", mark, Text("data.look-comma"))]


def _say_named(column: str | None) -> Text:
    return Text("data.look-own-name" if column else "data.look-no-such-column")


def _kind(word: str) -> str:
    lowered = strip_accents(word)
    return next((kind for kind, parts in _KINDS if any(p in lowered for p in parts)), _USUAL_KIND)


def _day_first(cells: list[str]) -> list[Guess]:
    """Return whether days stand first, where some dates leave it open and others prove it."""
    pairs = [(int(m[1]), int(m[2])) for cell in cells if (m := _SLASHED.fullmatch(cell))]
    is_open = any(a <= 12 and b <= 12 and a != b for a, b in pairs)
    day, month = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    if not is_open or day == month:
        return []
    return [Guess("day_first", day, Text("data.look-day-first" if day else "data.look-day-second"))]


def _city(table: TextTable, names: list[str]) -> Guess:
    named = [n for n in names if has_word_of(n, "city")]
    if named:
        return Guess("city", named[0], _say_named(named[0]))
    text = [n for n in names if score_numbers(table, n).share == 0 and len(set(table.columns[n])) > 1]
    if text:
        return Guess("city", text[0], Text("data.look-first-text"))
    return Guess("city", {"constant": UNNAMED}, Text("data.look-no-city"))


def _only_city(cities: Sequence[str], text: str) -> Guess | None:
    """Return the city a file without a column of cities is about, where the registry leaves one."""
    named = [c for c in cities if c and c in text]
    if len(named) == 1:
        return Guess("city", {"constant": named[0]}, Text("data.look-city-titled"))
    if len(cities) == 1:
        return Guess("city", {"constant": cities[0]}, Text("data.look-only-city"))
    return None


def _unit(table: TextTable, names: list[str], header: str) -> Guess:
    """Return the unit: from a column of units, else from the value's name, else from the title above the header."""
    column = next((n for n in names if has_word_of(n, "unit") and is_units(table, n)), None)
    if column is not None:
        return Guess("money_unit", {"column": column}, Text("data.look-unit-column"))
    unit, is_whole = parse_header_unit(header)
    titled, is_titled = parse_header_unit(table.title)
    if table.title and (is_titled or titled != UNKNOWN) and titled != unit:
        return Guess("money_unit", titled, Text("data.look-title"))
    return Guess("money_unit", unit, Text("data.look-column-name" if is_whole else "data.look-no-currency"))


def _product(table: TextTable, names: list[str]) -> list[Guess]:
    product = next((n for n in names if has_word_of(n, "product") and len(set(table.columns[n])) > 1), None)
    if product is None:
        return []
    revision = Guess("product_revision", UNKNOWN, Text("data.look-revision"))
    return [Guess("product", product, Text("data.look-products")), revision]


def _conventions() -> list[Guess]:
    absent = Guess("absent", "missing", Text("data.look-absent"))
    return [Guess("reporter", "city", Text("data.look-reporter")), absent]
