"""Guesses which column plays which part, for a user to confirm; a guess is only ever written down, never used."""

import re
from pathlib import Path

from twintrade.data.cells import clean_name
from twintrade.data.column_scores import (
    DECIMALS,
    Score,
    chosen,
    date_score,
    is_units,
    number_score,
    numbers_under,
    partner_score,
    period_score,
    speaks_of,
)
from twintrade.data.faults import Faults
from twintrade.data.file_look import Guess, look_at_file
from twintrade.data.money import UNKNOWN, unit_in_header
from twintrade.data.number_style import Decimal
from twintrade.data.periods import Frequency, parse_subperiods
from twintrade.data.tables import TextTable

_LEAST_PERIODS = 3
_FLOW_WORDS = {"exports": ("export", "exp", "出口", "x"), "imports": ("import", "imp", "进口", "m")}
_SLASHED = re.compile(r"\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}\s*")


def look_at_trade(root: Path, file: str) -> list[Guess]:
    """Return the lines of a trade table that a file suggests, each with its reason.

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
    scores = {n: partner_score(table, n) for n in names}
    partner = chosen(names, scores, "partner", file, "partner countries")
    names.remove(partner)
    parts.append(Guess("partner", partner, f"its cells are codes or names of countries{scores[partner].doubt}"))
    if wide:
        parts.append(_unit(table, names, " ".join([*table.columns, table.title])))
    else:
        parts += _value(table, names, file)
    city = _city(table, names)
    flow, where = _flow(table, names, file)
    left = [n for n in names if n != city.value and not any(n in g.value for g in where)]  # type: ignore[operator]
    parts += [city, *_product(table, left), flow, *where]
    if wide:
        parts += _ignored(left)
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
    dates = {n: date_score([str(c) for c in table.columns[n]]) for n in names}
    date = chosen(names, dates, "date", file, "dates")
    names.remove(date)
    countries = {n: partner_score(table, n) for n in names}
    partner = chosen(names, countries, "partner", file, "partner countries")
    names.remove(partner)
    parts = [
        Guess("date", date, f"its cells read as dates{dates[date].doubt}"),
        Guess("partner", partner, f"its cells are countries{countries[partner].doubt}"),
    ]
    city = _city(table, [n for n in names if "partner" not in n.lower()] or names)
    names = [n for n in names if n != city.value]
    other = next((n for n in names if "partner" in n.lower() or speaks_of(n, "city")), None)
    kind = next((n for n in names if speaks_of(n, "kind")), None)
    parts += [
        city,
        Guess("partner_city", other or {"constant": ""}, "by its name" if other else "no column found"),
        Guess("kind", kind or {"constant": "sister city"}, "by its name" if kind else "no column found"),
    ]
    if kind is not None:
        words = sorted({clean_name(c) for c in table.columns[kind]})
        parts.append(Guess("kinds", dict.fromkeys(words, "sister city"), "every kind of the file: correct each"))
    parts += _day_first([str(c) for c in table.columns[date]])
    blank = sum(not str(c).strip() for c in table.columns[date])
    if blank:
        parts.append(Guess("undated", "exclude", f"rows without a date ({blank}) are left out, or error to stop"))
    return [Guess("file", file), *guesses, *parts]


def _wide(names: list[str]) -> list[str]:
    """Return the columns named by a period, where there are enough of them for a wide layout."""
    by_frequency = [[n for n in names if period_score([n])[1] is f and period_score([n])[0].share] for f in Frequency]
    found = max(by_frequency, key=len)
    return found if len(found) >= _LEAST_PERIODS else []


def _wide_periods(wide: list[str]) -> list[Guess]:
    _, frequency = period_score(wide)
    layout = Guess("layout", "wide", f"{len(wide)} columns are named by a period: {wide[0]} to {wide[-1]}")
    return [layout, *_frequency(frequency, "as the periods are written")]


def _long_periods(table: TextTable, names: list[str], file: str) -> list[Guess]:
    """Return the period's lines, and take its columns out of the names."""
    found = {n: period_score([str(c) for c in table.columns[n]]) for n in names}
    period = chosen(names, {n: s for n, (s, _) in found.items()}, "period", file, "years, quarters or months")
    score, frequency = found[period]
    names.remove(period)
    guess = Guess("period", period, f"its cells read as {frequency}s{score.doubt}")
    if frequency is Frequency.YEAR and (part := _subperiod(table, period, names)):
        names.remove(part[0])
        reason = f"its cells read as the {part[1]}s of a year"
        return [guess, Guess("subperiod", part[0], reason), *_frequency(part[1], "as the columns are named")]
    return [guess, *_frequency(frequency, "as the periods are written")]


def _subperiod(table: TextTable, period: str, names: list[str]) -> tuple[str, Frequency] | None:
    for name in (n for n in names if speaks_of(n, "part")):
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
    scores = {n: number_score(table, n) for n in names}
    value = chosen(names, scores, "value", file, "values")
    names.remove(value)
    reason = f"its cells are numbers, the largest of the table{scores[value].doubt}"
    unit = _unit(table, names, value)
    if isinstance(unit.value, dict):
        names.remove(unit.value["column"])
    return [Guess("value", value, reason), unit, *_decimal(table, value, scores[value])]


def _decimal(table: TextTable, name: str, best: Score) -> list[Guess]:
    """Return the decimal mark where the column does not prove it."""
    shares = {decimal: numbers_under(table, name, decimal).share for decimal in DECIMALS}
    if shares[None] >= best.share:
        return []
    mark: Decimal = "." if shares["."] >= shares[","] else ","
    return [Guess("decimal", mark, "nothing in the column proves whether its comma groups thousands: look closely")]


def _day_first(cells: list[str]) -> list[Guess]:
    """Return whether days stand first, where some dates leave it open and others prove it."""
    pairs = [(int(m[1]), int(m[2])) for cell in cells if (m := _SLASHED.fullmatch(cell))]
    is_open = any(a <= 12 and b <= 12 and a != b for a, b in pairs)
    day, month = any(a > 12 for a, _ in pairs), any(b > 12 for _, b in pairs)
    if not is_open or day == month:
        return []
    return [Guess("day_first", day, f"other dates of the column have the day {'first' if day else 'second'}")]


def _city(table: TextTable, names: list[str]) -> Guess:
    named = [n for n in names if speaks_of(n, "city")]
    if named:
        return Guess("city", named[0], "by its name")
    text = [n for n in names if number_score(table, n).share == 0 and len(set(table.columns[n])) > 1]
    if text:
        return Guess("city", text[0], "the first column of text that is nothing else")
    return Guess("city", {"constant": "NAME OF THE CITY"}, "no column looks like cities: the file is about one")


def _unit(table: TextTable, names: list[str], header: str) -> Guess:
    """Return the unit: from a column of units, else from the value's name, else from the title above the header."""
    column = next((n for n in names if speaks_of(n, "unit") and is_units(table, n)), None)
    if column is not None:
        return Guess("money_unit", {"column": column}, "its cells are units, row by row")
    unit, is_whole = unit_in_header(header)
    titled, is_titled = unit_in_header(table.title)
    if table.title and (is_titled or titled != UNKNOWN) and titled != unit:
        return Guess("money_unit", titled, "as the rows above the header say")
    return Guess("money_unit", unit, "by the column's name" if is_whole else "nothing names the currency: write it")


def _product(table: TextTable, names: list[str]) -> list[Guess]:
    product = next((n for n in names if speaks_of(n, "product") and len(set(table.columns[n])) > 1), None)
    if product is None:
        return []
    return [
        Guess("product", product, "by its name: its products are added up"),
        Guess("product_revision", UNKNOWN, "which classification it is cannot be seen: HS2012, SITC4 ..."),
    ]


def _ignored(names: list[str]) -> list[Guess]:
    return [Guess("ignore", names, "named by no period and no part: left out")] if names else []


def _flow(table: TextTable, names: list[str], file: str) -> tuple[Guess, list[Guess]]:
    """Return the flow and, where a column names flows, the rows of the first one."""
    for name in names:
        cells = sorted({clean_name(c) for c in table.columns[name]})
        for flow, words in _FLOW_WORDS.items():
            mine = [c for c in cells if c.lower().rstrip("s") in words]
            if mine and len(cells) <= 4:
                return Guess("flow", flow, f"of the column {name}"), [
                    Guess("where", {name: mine[0]}, "one flow at a time")
                ]
    text = " ".join([file, *table.columns]).lower()
    flow = "imports" if ("import" in text or "进口" in text) and "export" not in text else "exports"
    return Guess("flow", flow, "by the names in the file" if flow[:-1] in text else "nothing in the file says it"), []


def _conventions() -> list[Guess]:
    return [
        Guess("reporter", "city", "who recorded the trade cannot be seen: city or partner"),
        Guess("absent", "missing", "what an absent row means cannot be seen: zero, missing or error"),
    ]
