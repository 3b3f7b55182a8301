"""Guesses which column plays which part, for a user to confirm; a guess is only ever written down, never used."""

from pathlib import Path

import numpy as np

from twintrade.data.cells import TextColumn, clean_name
from twintrade.data.dates import parse_date
from twintrade.data.faults import Faults
from twintrade.data.file_look import Guess, look_at_file
from twintrade.data.money import unit_in_header
from twintrade.data.number_style import Decimal, NumberStyle
from twintrade.data.numbers import parse_numbers
from twintrade.data.periods import Frequency
from twintrade.data.places import places, resolve_column
from twintrade.data.tables import TextTable
from twintrade.errors import DataError

_SAMPLE = 500
_DECIMALS: tuple[Decimal | None, ...] = (None, ".", ",")
_MOST = 0.9
_FLOW_WORDS = {"exports": ("export", "exp", "出口", "x"), "imports": ("import", "imp", "进口", "m")}
_CITY_WORDS = ("city", "municip", "state", "region", "province", "prefecture", "市", "地区", "省")
_KIND_WORDS = ("type", "kind", "agreement", "类型")


def look_at_trade(root: Path, file: str) -> list[Guess]:
    """Return the lines of a trade table that a file suggests, each with its reason.

    Raises
    ------
    DataError
        The file cannot be read, or no column looks like what a trade table needs.
    """
    table, guesses = look_at_file(root, file)
    names = list(table.columns)
    wide = [n for n in names if _frequency([n]) is not None]
    parts: list[Guess] = []
    frequency = None
    if len(wide) >= 3:
        frequency = _frequency(wide)
        parts.append(Guess("layout", "wide", f"{len(wide)} columns are named by a period: {wide[0]} to {wide[-1]}"))
        names = [n for n in names if n not in wide]
    else:
        period = next((n for n in names if _frequency(_sample(table, n)) is not None), None)
        if period is None:
            raise DataError(f"{file}: no column looks like years, quarters or months; write the declaration by hand")
        frequency = _frequency(_sample(table, period))
        names.remove(period)
        parts.append(Guess("period", period, f"its cells read as {frequency}s"))
    if frequency is not Frequency.YEAR:
        parts.append(Guess("frequency", str(frequency), "as the periods are written"))
    partner = _best(names, {n: _share_of_partners(table, n) for n in names}, file, "partner countries")
    names.remove(partner)
    parts.append(Guess("partner", partner, "its cells are codes or names of countries"))
    if not wide:
        value = _best(names, {n: _share_of_numbers(table, n) for n in names}, file, "values")
        names.remove(value)
        parts.append(Guess("value", value, "its cells are numbers, the largest of the table"))
        parts += [_unit(value), *_decimal(table, value)]
    else:
        parts.append(_unit(" ".join(table.columns)))
    parts.append(_city(table, names))
    flow, where = _flow(table, names, file)
    return [Guess("file", file), *guesses, *parts, flow, *where, *_conventions()]


def look_at_twinnings(root: Path, file: str) -> list[Guess]:
    """Return the lines of a registry that a file suggests, each with its reason.

    Raises
    ------
    DataError
        The file cannot be read, or no column looks like dates or partner countries.
    """
    table, guesses = look_at_file(root, file)
    names = list(table.columns)
    date = _best(names, {n: _share_of_dates(table, n) for n in names}, file, "dates")
    names.remove(date)
    partner = _best(names, {n: _share_of_partners(table, n) for n in names}, file, "partner countries")
    names.remove(partner)
    parts = [Guess("date", date, "its cells read as dates"), Guess("partner", partner, "its cells are countries")]
    city = _city(table, [n for n in names if "partner" not in n.lower()] or names)
    names = [n for n in names if n != city.value]
    other = next((n for n in names if "partner" in n.lower() or any(w in n.lower() for w in _CITY_WORDS)), None)
    kind = next((n for n in names if any(w in n.lower() for w in _KIND_WORDS)), None)
    parts += [
        city,
        Guess("partner_city", other or {"constant": ""}, "by its name" if other else "no column found"),
        Guess("kind", kind or {"constant": "sister city"}, "by its name" if kind else "no column found"),
    ]
    if kind is not None:
        words = sorted({clean_name(c) for c in table.columns[kind]})
        parts.append(Guess("kinds", dict.fromkeys(words, "sister city"), "every kind of the file: correct each"))
    blank = sum(not str(c).strip() for c in table.columns[date])
    if blank:
        parts.append(Guess("undated", "exclude", f"rows without a date ({blank}) are left out, or error to stop"))
    return [Guess("file", file), *guesses, *parts]


def _sample(table: TextTable, name: str) -> list[str]:
    return [str(c) for c in table.columns[name][:_SAMPLE]]


def _frequency(cells: list[str]) -> Frequency | None:
    """Return the frequency in which every cell is a period."""
    for frequency in Frequency:
        try:
            for cell in cells:
                frequency.parse(cell)
        except ValueError:
            continue
        return frequency
    return None


def _head(table: TextTable, name: str) -> TextColumn:
    column = table.column(name)
    typed = None if column.is_number is None else column.is_number[:_SAMPLE]
    return TextColumn(name, table.file, column.cells[:_SAMPLE], column.rows[:_SAMPLE], typed)


def _share_of_partners(table: TextTable, name: str) -> float:
    """Return the share of known partners, with a little more for codes than for names."""
    head = _head(table, name)
    is_code = np.array([c.strip() in places() for c in head.cells], dtype=bool)
    return float(np.mean(resolve_column(head, {}, Faults()) != "") + np.mean(is_code) / 100)


def _share_of_numbers(table: TextTable, name: str) -> float:
    """Return the share of numbers, with a little more for larger ones: values, not codes."""
    return max(_numbers(_head(table, name), decimal) for decimal in _DECIMALS)


def _numbers(head: TextColumn, decimal: Decimal | None) -> float:
    values = parse_numbers(head, NumberStyle(decimal=decimal), Faults()).values
    values = values[np.isfinite(values)]
    if not values.size:
        return 0.0
    return float(values.size / len(head) + np.log10(1 + np.median(values)) / 100)


def _decimal(table: TextTable, name: str) -> list[Guess]:
    """Return the decimal mark where the column does not prove it."""
    head = _head(table, name)
    shares = {decimal: round(_numbers(head, decimal)) for decimal in _DECIMALS}
    if shares[None] >= max(shares.values()):
        return []
    best: Decimal = "." if shares["."] >= shares[","] else ","
    return [Guess("decimal", best, "nothing in the column proves whether its comma groups thousands: look closely")]


def _share_of_dates(table: TextTable, name: str) -> float:
    cells = [c for c in _sample(table, name) if c.strip()]
    found = 0
    for cell in cells:
        try:
            parse_date(cell)
        except ValueError:
            continue
        found += 1
    return found / len(cells) if cells else 0.0


def _best(names: list[str], shares: dict[str, float], file: str, what: str) -> str:
    best = max(names, key=lambda n: shares[n], default=None)
    if best is None or shares[best] < _MOST:
        raise DataError(f"{file}: no column looks like {what}; write the declaration by hand")
    return best


def _city(table: TextTable, names: list[str]) -> Guess:
    named = [n for n in names if any(word in n.lower() for word in _CITY_WORDS)]
    if named:
        return Guess("city", named[0], "by its name")
    text = [n for n in names if _share_of_numbers(table, n) == 0 and len(set(table.columns[n])) > 1]
    if text:
        return Guess("city", text[0], "the first column of text that is nothing else")
    return Guess("city", {"constant": "NAME OF THE CITY"}, "no column looks like cities: the file is about one")


def _unit(header: str) -> Guess:
    unit, is_whole = unit_in_header(header)
    return Guess("money_unit", unit, "by the column's name" if is_whole else "nothing names the currency: write it")


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
