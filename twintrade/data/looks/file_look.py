"""Looks at a file nobody has declared yet: encoding, separator, sheet and header, each a guess with its reason."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np

from twintrade.data.calendar import Frequency, find_day_order, find_day_orders, find_waves, parse_date, parse_part
from twintrade.data.figures.money import UNKNOWN, parse_money_unit, split_unit
from twintrade.data.figures.numbers import NumberStyle, parse_numbers
from twintrade.data.formats.containers import expand, limit_time, list_zip_tables, read_zip_table
from twintrade.data.formats.delimited import decode, list_possible_encodings, list_readings
from twintrade.data.formats.raw_table import is_group_row, join_header, keep_repeated, refuse_other_kind
from twintrade.data.formats.tables import TextTable, find_kind, open_table, read_content
from twintrade.data.formats.workbook import list_visible_sheets, read_sheet_texts
from twintrade.data.geography.countries import find_codes, load_places
from twintrade.data.looks.words import list_periods, score_periods, take_head
from twintrade.data.schema import UNNAMED, FileFormat
from twintrade.data.sources.faults import Faults, clean_name, quote_cell, try_parse
from twintrade.data.sources.provenance import list_files, locate
from twintrade.errors import UNDECIDED, DataError
from twintrade.numerics.arrays import find_step
from twintrade.text import Listed, Text, Value, Words

_SEPARATORS = (",", ";", "\t", "|")
_LINES = 60

_NUMBERED = re.compile(r"(Column|Coluna|Spalte|Unnamed: )\d+")  # names that a program gave to nameless columns
_LEAST_WIDTH = 3  # columns of a table: a city or partner, a period and a figure

_Rows: TypeAlias = list[tuple[int, list[str]]]  # rows with the file's own row numbers


@dataclass(frozen=True, slots=True)
class Guess:
    """One line of an analysis file that a file suggests."""

    key: str
    value: object  # what TOML can hold: text, number, list or mapping
    reason: Words = ""  # why, in words for the user who has to confirm it; empty where nothing was guessed
    # What the value may be where the file leaves it open; the value is then `UNDECIDED`
    options: tuple[object, ...] = ()
    is_contested: bool = False  # whether the file has another answer to it


def build_question(key: str, options: Iterable[object], reason: Words) -> Guess:
    """Return a line that the user has to write, with what it may be."""
    return Guess(key, UNDECIDED, reason, tuple(options))


def look_at_file(root: Path, file: str, taken: object = None) -> tuple[TextTable, list[Guess]]:
    """Open an undeclared file, the first of several, by the likeliest format; return its table and further lines."""
    file = list_files(root, file)[0]
    with limit_time(file):
        names, guesses = _guessed(read_content(locate(root, file), file), file, taken)
        declared = FileFormat(**read_lines(guesses))  # type: ignore[arg-type]
        return open_table(root, file, declared, names, Faults(), needs_all=not names), guesses


def read_lines(guesses: Iterable[Guess]) -> dict[str, object]:
    """Return the lines by their keys; which of several columns of one name is read is needed to read any."""
    return {g.key: g.options[0] if g.key == "repeated" and g.options else g.value for g in guesses}


def _guessed(raw: bytes, file: str, taken: object) -> tuple[list[str], list[Guess]]:
    """Return the column names of a file of any kind, and the lines that lead to them."""
    kind = find_kind(file)
    if kind == "workbook":
        return _sheet(raw, file, taken)
    if kind == "gzip":
        return _text_format(expand(raw, file), file)
    if kind == "text":
        return _text_format(raw, file)
    if kind != "zip":
        return [], []
    inside = list_zip_tables(raw, file)
    member = inside[0] if len(inside) > 1 else None
    names, guesses = _text_format(read_zip_table(raw, member, file), file)
    if member:
        reason = Text("data.look-largest-table", n=len(inside), names=Listed(tuple(inside), "comma"))
        guesses.insert(0, Guess("member", member, reason))
    return names, guesses


def _sheet(raw: bytes, file: str, taken: object) -> tuple[list[str], list[Guess]]:
    """Return the column names of the sheet to read, and the lines that lead to them."""
    visible = list_visible_sheets(raw, file)
    if not visible:
        return _table_rows([], 0)
    free = [name for name in visible if name != taken] or visible
    sheets = (list(enumerate(read_sheet_texts(raw, name, file), 1)) for name in free)
    looked_at = [next(sheets)]
    while _find_width(looked_at[-1]) < _LEAST_WIDTH and len(looked_at) < len(free):
        looked_at.append(next(sheets))
    # A cover sheet holds no table; where no sheet does, what is wrong is said of the first.
    place = len(looked_at) - 1 if _find_width(looked_at[-1]) >= _LEAST_WIDTH else 0
    guesses = []
    if len(visible) > 1:
        key = "data.look-sheet-with-table" if place else "data.look-first-sheet"
        key = "data.look-other-sheet" if len(free) < len(visible) else key
        reason = Text(key, n=len(visible), names=Listed(tuple(visible), "comma"))
        guesses.append(Guess("sheet", free[place], reason))
    names, further = _table_rows(looked_at[place], _find_width(looked_at[place]))
    return names, [*guesses, *further]


def _find_width(rows: _Rows) -> int:
    """Return how many cells most of the first rows fill."""
    return _commonest(_filled(row) for _, row in rows[:_LINES])


def _text_format(raw: bytes, file: str) -> tuple[list[str], list[Guess]]:
    """Return the column names of a delimited text, and the lines that lead to them."""
    refuse_other_kind(raw, file)
    guesses = []
    text, encoding = _decoded(raw, file)
    if encoding:
        guesses.append(Guess("encoding", encoding, Text("data.look-encoding", readings=list_readings(raw))))
    lines = list(io.StringIO(text, newline=""))
    heads = {s: [len(row) for _, row in _rows(lines[:_LINES], s) if _filled(row)] for s in _SEPARATORS}
    separator, width = max(((s, _commonest(widths)) for s, widths in heads.items()), key=lambda pair: pair[1])
    if separator != ",":
        shown = "tab" if separator == "\t" else separator
        guesses.append(Guess("separator", shown, Text("data.look-separator", n=width)))
    names, further = _table_rows(_rows(lines, separator), width, is_text=True)
    return names, [*guesses, *further]


def _table_rows(rows: _Rows, width: int, *, is_text: bool = False) -> tuple[list[str], list[Guess]]:
    """Return the column names, and the lines for a header below titles and a table above notes."""
    guesses = []
    heads = ((i, len(row), _filled(row)) for i, (_, row) in enumerate(rows[:_LINES]))
    header = next((i for i, n, filled in heads if (n == width or not is_text) and filled > width / 2), 0)
    if header + 1 < len(rows) and all(map(_NUMBERED.fullmatch, rows[header][1])):
        header += bool(list_periods(list(dict.fromkeys(rows[header + 1][1]))))
    if header:
        guesses.append(Guess("header", rows[header][0], Text("data.look-titles")))
    last = len(rows) - 1
    while last > header and width > 2 and (_filled(note := rows[last][1]) <= 1 or (is_text and len(note) != width)):
        last -= 1
    if any(_filled(row) for _, row in rows[last + 1 :]):
        guesses.append(Guess("last_row", rows[last][0], Text("data.look-notes")))
    if not rows:
        return [], guesses
    names = join_header([rows[header][1]], 1, "")
    texts = [row for i, (_, row) in enumerate(rows[: last + 1]) if i <= header or _filled(row)]
    names, further = _look_at_names(names, texts, header)
    return [n for n in names if n], [*guesses, *further]


def _look_at_names(names: list[str], rows: list[list[str]], header: int) -> tuple[list[str], list[Guess]]:
    """Return the names of columns, and the lines for names in two rows, rows that open groups, and names repeated."""
    guesses = []
    above = rows[header - 1] if header else []
    if _list_repeated(names) and len(above) == len(names) and 0 < _filled(above) < _filled(names):
        guesses.append(Guess("header_rows", 2, Text("data.look-header-rows")))
        names = join_header([above, rows[header]], 2, "")
    body = rows[header + 1 :]
    runs = [len(list(run)) for is_group, run in groupby(body, is_group_row) if is_group]
    if body and len(names) > 2 and is_group_row(body[0]) and len(runs) > 1:
        outer = "year" if score_periods([body[0][0]])[0].share else "group"
        levels = [outer, *(f"group_{i}" if i > 1 else "group" for i in range(1, max(runs)))]
        levels = [*levels, names[0] or "name"]
        guesses.append(Guess("group_rows", levels, Text("data.look-group-rows", first=clean_name(body[0][0]))))
        names = [*levels, *names[1:]]
    chosen = _choose_repeated(names, body)
    if chosen is not None:
        guesses.append(chosen)
        names = keep_repeated(names, read_lines(guesses)["repeated"])  # type: ignore[arg-type]
    return names, guesses


def _choose_repeated(names: Sequence[str], body: list[list[str]]) -> Guess | None:
    """Return which column of a repeated name is read: the only one with figures; of periods, a question."""
    repeated = _list_repeated(names)
    if not repeated:
        return None
    last, most = repeated[-1], max(map(names.count, repeated))
    places = [i - len(names) for i, name in enumerate(names) if name == last]  # from the right: groups come first
    figures = [sum(row[i].strip()[:1].isdigit() for row in body if len(row) >= -i) for i in places]
    filled = [place for place, n in enumerate(figures, 1) if n > max(figures) / 2]
    known: dict[str, Value] = {"n": most, "name": quote_cell(last)}
    if len(filled) == 1:
        return Guess("repeated", filled[0], Text("data.look-repeated-figures", **known))
    is_of_periods = bool(list_periods(repeated))
    reason = Text("data.look-repeated", **known)
    return build_question("repeated", range(most, 0, -1), reason) if is_of_periods else None


def _list_repeated(names: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name and names.count(name) > 1]


def _decoded(raw: bytes, file: str) -> tuple[str, str]:
    try:
        return decode(raw, None, file)[0], ""
    except DataError:
        for encoding in list_possible_encodings(raw):
            try:
                return decode(raw, encoding, file)[0], encoding
            except DataError:
                continue
        raise


def _commonest(widths: Iterable[int]) -> int:
    """Return the commonest number of cells in a row, the larger of two."""
    counts = Counter(w for w in widths if w)
    return max(counts, key=lambda w: (counts[w], w)) if counts else 0


def _filled(row: list[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _rows(lines: list[str], separator: str) -> _Rows:
    """Return the rows of a text; one that is broken by its quotation marks gives none."""
    reader = csv.reader(lines, delimiter=separator)
    rows: _Rows = []
    start = 1
    try:
        for row in reader:
            rows.append((start, row))
            start = reader.line_num + 1
    except csv.Error:
        return []
    return rows


# What two tables say under the guesses about them, as sentences on three rows of each.

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
        ends = {"seller": city, "buyer": partner} if is_out else {"seller": partner, "buyer": city}
        readings.append(Text("data.look-sold", period=period, amount=amount, money=unit, **ends))
    return readings


def read_back_agreements(root: Path, guesses: Sequence[Guess]) -> list[Text]:
    """Return what three rows of a registry say as the guesses read them; none where a question is open."""
    lines: dict[str, Any] = {g.key: g.value for g in guesses if g.key}
    table, _ = look_at_file(root, lines["file"])
    parts = [lines[key] for key in ("city", "partner", "date") if key in lines]
    if any(isinstance(part, str) and part not in table.columns for part in parts):
        return []
    codes = find_codes(take_head(table, lines["partner"]))
    names = _list_names(table, lines["city"])
    dates = [str(cell) for cell in table.columns[lines["date"]]] if "date" in lines else []
    orders = find_day_orders(dates, lines.get("day_first"))
    readings = []
    for i in range(codes.size):
        city, twin = _cell(table, lines["city"], i), _cell(table, lines.get("partner_city", {"constant": ""}), i)
        read = try_parse(parse_date, dates[i], None, find_day_order(dates[i], orders)) if dates else None
        date = (read.iso if read else "") if dates else "none"
        if city not in ("", UNNAMED) and codes[i] and date:
            country, city = load_places()[codes[i]].name, names.get(city, city)
            readings.append(Text("data.look-signed", date=date, city=city, twin=twin or "none", country=country))
    return _spread(readings)


def find_period_step(root: Path, guesses: Sequence[Guess]) -> int:
    """Return how many periods lie from one of a trade table to the next; 1 where that cannot be seen, 0 for waves."""
    lines: dict[str, Any] = {g.key: g.value for g in guesses if g.key}
    table, _ = look_at_file(root, lines["file"])
    wide = list_periods(list(table.columns)) if lines.get("layout") == "wide" else []
    cells = wide or table.columns.get(lines.get("period", ""), [])
    if "subperiod" in lines or "to_frequency" in lines:
        return 1
    read = [try_parse(Frequency(lines.get("frequency", "year")).parse, cell) for cell in set(map(str, cells))]
    ordinals = np.array([period for period in read if period is not None], dtype=np.int64)
    is_yearly = lines.get("frequency", "year") == "year"
    return 0 if is_yearly and find_waves(ordinals) else find_step(ordinals)


def _spread(rows: Sequence[_Row]) -> list[_Row]:
    """Return the first, a middle and the last of some rows."""
    places = {round(i * (len(rows) - 1) / (_ROWS - 1)) for i in range(_ROWS)} if rows else set()
    return [rows[i] for i in sorted(places)]


def _list_names(table: TextTable, city: str | dict[str, str]) -> dict[str, str]:
    """Return the countries' names by their codes, where the cities are all codes of countries."""
    names = {code: place.name for code, place in load_places().items()}
    cities: Any = table.columns[city] if isinstance(city, str) else []
    return names if all(str(c).strip() in names for c in cities) else {}


def _read(
    table: TextTable, wide: Sequence[str], lines: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, float, str]]:
    """Yield city, partner, period, amount and currency of rows with a figure, of the head of the table."""
    codes = find_codes(take_head(table, lines["partner"]))
    names = {code: place.name for code, place in load_places().items()}
    of_cities = _list_names(table, lines["city"])
    where = lines.get("where", {})
    for column in wide or [lines["value"]]:
        values = parse_numbers(take_head(table, column), NumberStyle(decimal=lines.get("decimal")), Faults()).values
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
            return frequency.label(frequency.parse(split_unit(header)[0] or table.columns[lines["period"]][i]))
        year = Frequency.YEAR.parse(table.columns[lines["period"]][i])
        part = parse_part(table.columns[lines["subperiod"]][i], frequency)
        return frequency.label(year * frequency.per_year + part - 1)
    except ValueError:
        return ""
