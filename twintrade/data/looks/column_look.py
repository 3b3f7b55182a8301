"""Guesses which column plays which part, for a user to confirm; a guess is only ever written down, never used."""

import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from twintrade.data.calendar.months import strip_accents
from twintrade.data.calendar.periods import Frequency, parse_subperiods
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
)
from twintrade.data.looks.file_look import Guess, look_at_file
from twintrade.data.looks.flow_look import look_for_flow, look_for_valuation
from twintrade.data.schema.file_format import FileFormat
from twintrade.data.schema.source import UNNAMED
from twintrade.data.sources.cells import TextColumn, build_text_array, clean_name, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.errors import DataError

_LEAST_PERIODS = 3
_LEAST_PARTNERS = 3
_HALF = 0.5
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
    names = list(table.columns)
    wide = _wide(names)
    parts = _wide_periods(wide) if wide else _long_periods(table, names, file)
    if wide:
        names = [n for n in names if n not in wide]
    scores = {n: score_partners(table, n) for n in names}
    if max((score.share for score in scores.values()), default=0.0) < _HALF:
        _refuse_partners_across(names, file)
    partner = choose_column(names, scores, "partner", file, "partner countries")
    names.remove(partner)
    parts.append(Guess("partner", partner, f"its cells are codes or names of countries{scores[partner].doubt}"))
    value = ""
    if wide:
        parts.append(_unit(table, names, " ".join(table.columns)))
        parts += next((found for n in wide if (found := _decimal(table, n, score_numbers(table, n)))), [])
    else:
        found = _value(table, names, file)
        value = str(found[0].value)
        parts += found
    city = _city(table, names)
    if city.value == {"constant": UNNAMED}:
        city = _only_city(cities, f"{table.title} {file}") or city
    flow, where = look_for_flow(table, names, value, file)
    left = [n for n in names if n != city.value and not any(n in g.value for g in where)]  # type: ignore[operator]
    product = _product(table, left)
    parts += [city, *product, flow, *where, *look_for_valuation([value, table.title] if value else table.columns)]
    left = [n for n in left if n not in [g.value for g in product]]
    if wide:
        parts += _ignored(left)
    elif left:
        parts.append(Guess("", "", f"columns that nothing reads: {', '.join(map(quote_cell, left))}"))
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
    date = choose_column(names, dates, "date", file, "dates")
    names.remove(date)
    countries = {n: score_partners(table, n) for n in names}
    partner = choose_column(names, countries, "partner", file, "partner countries")
    names.remove(partner)
    parts = [
        Guess("date", date, f"its cells read as dates{dates[date].doubt}"),
        Guess("partner", partner, f"its cells are countries{countries[partner].doubt}"),
    ]
    city = _city(table, [n for n in names if not has_word_of_twin(n)] or names)
    names = [n for n in names if n != city.value]
    other = next((n for n in names if has_word_of_twin(n)), None) or next(
        (n for n in names if "partner" in n.lower() or has_word_of(n, "city")), None
    )
    kind = next((n for n in names if n != other and has_word_of(n, "kind")), None)
    parts += [
        city,
        Guess("partner_city", other or {"constant": ""}, "by its name" if other else "no column found"),
        Guess("kind", kind or {"constant": "sister city"}, "by its name" if kind else "no column found"),
    ]
    if kind is not None:
        words = sorted({clean_name(c) for c in table.columns[kind]})
        parts.append(Guess("kinds", {w: _kind(w) for w in words}, "every kind of the file: correct each"))
    parts += _day_first([str(c) for c in table.columns[date]])
    blank = sum(not str(c).strip() for c in table.columns[date])
    if blank:
        parts.append(Guess("undated", "exclude", f"rows without a date ({blank}) are left out, or error to stop"))
    return [Guess("file", file), *guesses, *parts]


def list_cities(root: Path, guesses: Sequence[Guess]) -> list[str]:
    """Return the names of the cities of a registry that was looked at."""
    found = {g.key: g.value for g in guesses}
    city = found["city"]
    if not isinstance(city, str):
        return []
    keys = {f.name for f in fields(FileFormat)} - {"where"}
    declared = FileFormat(**{k: v for k, v in found.items() if k in keys})  # type: ignore[arg-type]
    table = open_table(root, str(found["file"]), declared, [city], Faults())
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
    found = max(by_frequency, key=len)
    return found if len(found) >= _LEAST_PERIODS else []


def _wide_periods(wide: list[str]) -> list[Guess]:
    _, frequency = score_periods(wide)
    layout = Guess("layout", "wide", f"{len(wide)} columns are named by a period: {wide[0]} to {wide[-1]}")
    return [layout, *_frequency(frequency, "as the periods are written")]


def _long_periods(table: TextTable, names: list[str], file: str) -> list[Guess]:
    """Return the period's lines, and take its columns out of the names."""
    found = {n: score_periods([str(c) for c in table.columns[n]]) for n in names}
    period = choose_column(names, {n: s for n, (s, _) in found.items()}, "period", file, "years, quarters or months")
    score, frequency = found[period]
    names.remove(period)
    guess = Guess("period", period, f"its cells read as {frequency}s{score.doubt}")
    if frequency is Frequency.YEAR and (part := _subperiod(table, period, names)):
        names.remove(part[0])
        reason = f"its cells read as the {part[1]}s of a year"
        return [guess, Guess("subperiod", part[0], reason), *_frequency(part[1], "as the columns are named")]
    return [guess, *_frequency(frequency, "as the periods are written")]


def _subperiod(table: TextTable, period: str, names: list[str]) -> tuple[str, Frequency] | None:
    for name in (n for n in names if has_word_of(n, "part")):
        for frequency in (Frequency.QUARTER, Frequency.MONTH):
            faults = Faults()
            parse_subperiods(table.column(period), table.column(name), frequency, faults)
            if not faults.n_errors:
                return name, frequency
    return None


def _frequency(frequency: Frequency, reason: str) -> list[Guess]:
    return [] if frequency is Frequency.YEAR else [Guess("frequency", str(frequency), reason)]


def _value(table: TextTable, names: list[str], file: str) -> list[Guess]:
    """Return the value's lines, and take its columns out of the names."""
    scores = {n: score_numbers(table, n) for n in names}
    value = choose_column(names, scores, "value", file, "values")
    names.remove(value)
    reason = f"its cells are numbers, the largest of the table{scores[value].doubt}"
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
    return [Guess("decimal", mark, "nothing in the column proves whether its comma groups thousands: look closely")]


def _kind(word: str) -> str:
    lowered = strip_accents(word)
    return next((kind for kind, parts in _KINDS if any(p in lowered for p in parts)), "sister city")


def _day_first(cells: list[str]) -> list[Guess]:
    """Return whether days stand first, where some dates leave it open and others prove it."""
    pairs = [(int(m[1]), int(m[2])) for cell in cells if (m := _SLASHED.fullmatch(cell))]
    is_open = any(a <= 12 and b <= 12 and a != b for a, b in pairs)
    day, month = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    if not is_open or day == month:
        return []
    return [Guess("day_first", day, f"other dates of the column have the day {'first' if day else 'second'}")]


def _city(table: TextTable, names: list[str]) -> Guess:
    named = [n for n in names if has_word_of(n, "city")]
    if named:
        return Guess("city", named[0], "by its name")
    text = [n for n in names if score_numbers(table, n).share == 0 and len(set(table.columns[n])) > 1]
    if text:
        return Guess("city", text[0], "the first column of text that is nothing else")
    return Guess("city", {"constant": UNNAMED}, "no column looks like cities: the file is about one. Write its name")


def _only_city(cities: Sequence[str], text: str) -> Guess | None:
    """Return the city a file without a column of cities is about, where the registry leaves one."""
    named = [c for c in cities if c and c in text]
    if len(named) == 1:
        return Guess("city", {"constant": named[0]}, "named in the title or the file's name; no column has cities")
    if len(cities) == 1:
        return Guess("city", {"constant": cities[0]}, "the registry's only city; no column looks like cities")
    return None


def _unit(table: TextTable, names: list[str], header: str) -> Guess:
    """Return the unit: from a column of units, else from the value's name, else from the title above the header."""
    column = next((n for n in names if has_word_of(n, "unit") and is_units(table, n)), None)
    if column is not None:
        return Guess("money_unit", {"column": column}, "its cells are units, row by row")
    unit, is_whole = parse_header_unit(header)
    titled, is_titled = parse_header_unit(table.title)
    if table.title and (is_titled or titled != UNKNOWN) and titled != unit:
        return Guess("money_unit", titled, "as the rows above the header say")
    return Guess("money_unit", unit, "by the column's name" if is_whole else "nothing names the currency: write it")


def _product(table: TextTable, names: list[str]) -> list[Guess]:
    product = next((n for n in names if has_word_of(n, "product") and len(set(table.columns[n])) > 1), None)
    if product is None:
        return []
    return [
        Guess("product", product, "by its name: its products are added up"),
        Guess("product_revision", UNKNOWN, "which classification it is cannot be seen: HS2012, SITC4 ..."),
    ]


def _ignored(names: list[str]) -> list[Guess]:
    return [Guess("ignore", names, "named by no period and no part: left out")] if names else []


def _conventions() -> list[Guess]:
    return [
        Guess("reporter", "city", "who recorded the trade cannot be seen: city or partner"),
        Guess("absent", "missing", "what an absent row means cannot be seen: zero, missing or error"),
    ]
