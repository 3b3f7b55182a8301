"""What two tables say under the guesses about them, as sentences on three rows of each."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from twintrade.data.calendar.dates import parse_date
from twintrade.data.calendar.periods import Frequency, parse_part
from twintrade.data.figures.money import parse_money_unit
from twintrade.data.figures.number_style import NumberStyle
from twintrade.data.figures.numbers import parse_numbers
from twintrade.data.figures.unit_names import UNKNOWN
from twintrade.data.formats.tables import TextTable
from twintrade.data.geography.countries import find_codes, load_places
from twintrade.data.looks.column_scores import list_periods, take_head
from twintrade.data.looks.file_look import Guess, look_at_file
from twintrade.data.schema.source import UNNAMED
from twintrade.data.sources.cells import TextColumn, clean_name
from twintrade.data.sources.faults import Faults
from twintrade.errors import UNDECIDED, DataError
from twintrade.numerics.arrays import find_step
from twintrade.text import Text

_ROWS = 3
_Row = TypeVar("_Row")


def read_back_trade(root: Path, guesses: Sequence[Guess]) -> list[Text]:
    """Return what three rows of a trade table say as the guesses read them; none where a question is open."""
    lines: dict[str, Any] = {g.key: g.value for g in guesses if g.key}
    table, _ = look_at_file(root, lines["file"])
    is_open = UNDECIDED in (lines.get(key) for key in ("city", "value", "flow"))
    if is_open or lines.get("partner") not in table.columns:
        return []
    wide = list_periods(list(table.columns)) if lines.get("layout") == "wide" else []
    is_out = (lines["flow"] == "exports") == (lines["reporter"] == "city")
    readings = []
    for city, partner, period, amount, unit in _spread(list(_read(table, wide, lines))):
        ends = (city, partner) if is_out else (partner, city)
        readings.append(
            Text("data.look-sold", period=period, seller=ends[0], buyer=ends[1], amount=amount, money=unit)
        )
    return readings


def read_back_agreements(root: Path, guesses: Sequence[Guess]) -> list[Text]:
    """Return what three rows of a registry say as the guesses read them; none where a question is open."""
    lines: dict[str, Any] = {g.key: g.value for g in guesses if g.key}
    table, _ = look_at_file(root, lines["file"])
    parts = [lines[key] for key in ("city", "partner", "date")]
    if any(isinstance(part, str) and part not in table.columns for part in parts):
        return []
    codes = find_codes(take_head(table, lines["partner"]))
    names = _list_names(table, lines["city"])
    readings = []
    for i in range(codes.size):
        city, twin = _cell(table, lines["city"], i), _cell(table, lines["partner_city"], i)
        date = _read_date(table.columns[lines["date"]][i], lines.get("day_first"))
        if city not in ("", UNNAMED) and codes[i] and date:
            country, city = load_places()[codes[i]].name, names.get(city, city)
            readings.append(Text("data.look-signed", date=date, city=city, twin=twin or "none", country=country))
    return _spread(readings)


def find_period_step(root: Path, guesses: Sequence[Guess]) -> int:
    """Return how many periods lie from one of a trade table to the next; 1 where that cannot be seen."""
    lines: dict[str, Any] = {g.key: g.value for g in guesses if g.key}
    table, _ = look_at_file(root, lines["file"])
    wide = list_periods(list(table.columns)) if lines.get("layout") == "wide" else []
    cells = wide or table.columns.get(lines.get("period", ""), [])
    if "subperiod" in lines or "to_frequency" in lines:
        return 1
    periods = []
    for cell in set(map(str, cells)):
        with suppress(ValueError):
            periods.append(Frequency(lines.get("frequency", "year")).parse(cell))
    return find_step(np.array(periods, dtype=np.int64))


def _spread(rows: Sequence[_Row]) -> list[_Row]:
    """Return the first, a middle and the last of some rows."""
    places = {round(i * (len(rows) - 1) / (_ROWS - 1)) for i in range(_ROWS)} if rows else set()
    return [rows[i] for i in sorted(places)]


def _list_names(table: TextTable, city: str | dict[str, str]) -> dict[str, str]:
    """Return the countries' names by their codes, where the cities are all codes of countries."""
    names = {code: place.name for code, place in load_places().items()}
    cities: Any = table.columns[city] if isinstance(city, str) else []
    return names if all(str(c).strip() in names for c in cities) else {}


def _read_date(cell: str, day_first: bool | None) -> str:
    try:
        return parse_date(cell, day_first=day_first).iso
    except ValueError:
        return ""


def _read(
    table: TextTable, wide: Sequence[str], lines: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, float, str]]:
    """Yield city, partner, period, amount and currency of rows with a figure, of the head of the table."""
    codes = find_codes(take_head(table, lines["partner"]))
    names = {code: place.name for code, place in load_places().items()}
    of_cities = _list_names(table, lines["city"])
    where = lines.get("where", {})
    for column in wide or [lines["value"]]:
        values = _read_figures(take_head(table, column), lines)
        for i in map(int, np.flatnonzero(np.isfinite(values) & (values > 0) & (codes != ""))):
            if any(clean_name(table.columns[name][i]) != cell for name, cell in where.items()):
                continue
            city = _cell(table, lines["city"], i)
            city = of_cities.get(city, city)
            unit = lines["money_unit"]
            power, currency = _read_unit(table.columns[unit["column"]][i] if isinstance(unit, dict) else unit)
            period = _read_period(table, lines, i, column if wide else "")
            if city not in ("", UNNAMED) and period:
                yield city, names[codes[i]], period, float(values[i] * 10.0**power), currency


def _cell(table: TextTable, part: str | dict[str, str], i: int) -> str:
    return part["constant"] if isinstance(part, dict) else clean_name(table.columns[part][i])


def _read_figures(column: TextColumn, lines: Mapping[str, Any]) -> Any:
    return parse_numbers(column, NumberStyle(decimal=lines.get("decimal")), Faults()).values


def _read_unit(text: str) -> tuple[int, str]:
    try:
        unit = parse_money_unit(text.replace(UNKNOWN, "USD"))
    except DataError:
        return 0, "unknown"
    return unit.power, "unknown" if UNKNOWN in text else unit.currency


def _read_period(table: TextTable, lines: Mapping[str, Any], i: int, header: str) -> str:
    frequency = Frequency(lines.get("frequency", "year"))
    try:
        if "subperiod" not in lines:
            return frequency.label(frequency.parse(header or table.columns[lines["period"]][i]))
        year = Frequency.YEAR.parse(table.columns[lines["period"]][i])
        part = parse_part(table.columns[lines["subperiod"]][i], frequency)
        return frequency.label(year * frequency.per_year + part - 1)
    except ValueError:
        return ""
