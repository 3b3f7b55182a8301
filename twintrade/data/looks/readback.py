"""What a table says under the guesses about it, as sentences on three of its rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from twintrade.data.calendar.periods import Frequency, parse_part
from twintrade.data.figures.money import UNKNOWN, parse_money_unit
from twintrade.data.figures.number_style import NumberStyle
from twintrade.data.figures.numbers import parse_numbers
from twintrade.data.formats.tables import TextTable
from twintrade.data.geography.countries import find_codes, load_places
from twintrade.data.looks.column_scores import take_head
from twintrade.data.looks.file_look import Guess
from twintrade.data.schema.source import UNNAMED
from twintrade.data.sources.cells import TextColumn, clean_name
from twintrade.data.sources.faults import Faults
from twintrade.errors import UNDECIDED, DataError
from twintrade.text import Text

_ROWS = 3


def list_readings(table: TextTable, wide: Sequence[str], guesses: Sequence[Guess]) -> list[Text]:
    """Return what three rows say as the guesses read them; none where a question about them is open."""
    lines: dict[str, Any] = {g.key: g.value for g in guesses if g.key}
    if (
        UNDECIDED in (lines.get(key) for key in ("city", "value", "flow"))
        or lines.get("partner") not in table.columns
    ):
        return []
    rows = list(_read(table, wide, lines))
    chosen = sorted({round(i * (len(rows) - 1) / (_ROWS - 1)) for i in range(_ROWS)}) if rows else []
    is_out = (lines["flow"] == "exports") == (lines["reporter"] == "city")
    readings = []
    for i in chosen:
        city, partner, period, amount, unit = rows[i]
        ends = (city, partner) if is_out else (partner, city)
        readings.append(
            Text("data.look-sold", period=period, seller=ends[0], buyer=ends[1], amount=amount, money=unit)
        )
    return readings


def _read(
    table: TextTable, wide: Sequence[str], lines: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, float, str]]:
    """Yield city, partner, period, amount and currency of rows with a figure, of the head of the table."""
    codes = find_codes(take_head(table, lines["partner"]))
    names = {code: place.name for code, place in load_places().items()}
    cities: Any = table.columns[lines["city"]] if isinstance(lines["city"], str) else []
    are_codes = all(str(c).strip() in names for c in cities)
    where = lines.get("where", {})
    for column in wide or [lines["value"]]:
        values = _read_figures(take_head(table, column), lines)
        for i in map(int, np.flatnonzero(np.isfinite(values) & (values > 0) & (codes != ""))):
            if any(clean_name(table.columns[name][i]) != cell for name, cell in where.items()):
                continue
            city = _cell(table, lines["city"], i)
            city = names.get(city, city) if are_codes else city
            unit = lines["money_unit"]
            power, currency = _read_unit(table.columns[unit["column"]][i] if isinstance(unit, dict) else unit)
            period = _read_period(table, lines, i, column if wide else "")
            if city != UNNAMED and period:
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
