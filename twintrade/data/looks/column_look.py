"""Guesses which column of a trade table plays which part; a guess is only ever written down, never used."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency
from twintrade.data.figures.money import UNKNOWN, HeaderUnit, list_units, read_header, split_unit
from twintrade.data.figures.numbers import Decimal
from twintrade.data.formats.tables import TextTable
from twintrade.data.geography import countries
from twintrade.data.looks import ends_look, words
from twintrade.data.looks.file_look import Guess, build_question, look_at_file
from twintrade.data.schema import UNNAMED
from twintrade.data.sources.faults import Faults, TextColumn, build_text_array, clean_name, quote_cell
from twintrade.data.sources.provenance import read_packaged
from twintrade.errors import DataError
from twintrade.text import Listed, Text, Words

# Public trade tables known by their headers: their parts are written down without guessing.

_MAX_CODES = 300


def look_for_layout(table: TextTable, file: str, cities: Sequence[str] = ()) -> list[Guess]:
    """Return the lines of a trade table of a known layout, else none, with "" as reason where nothing is guessed."""
    names = {name.casefold(): name for name in table.columns}
    for declared in _load_layouts():
        layout = _KnownLayout(declared, table, names)
        is_there = all(map(layout.find, declared["headers"]))
        if is_there and all(layout.find_filled(part) for part in ("partner", "value")):
            lines = layout.list_lines(file)
            only = _find_only_city(cities, f"{table.title} {file}", Text("data.look-no-city"))
            return lines if "city" in declared else [*lines, only]
    return []


@cache
def _load_layouts() -> Sequence[Mapping[str, Any]]:
    return tuple(tomllib.loads(read_packaged("layouts.toml"))["layout"])


_SCALES = {"units": "", "thousands": "1,000 ", "millions": "1,000,000 "}


@dataclass(frozen=True, slots=True)
class _KnownLayout:
    """A known layout, held against a table."""

    declared: Mapping[str, Any]
    table: TextTable
    names: Mapping[str, str]  # of the table's columns, by their names in lower case
    where: dict[str, str] = field(default_factory=dict)  # the rows that are kept, filled by ``keep_only``

    def find(self, column: str) -> str:
        """Return the table's name of a column, "" where it has none."""
        return self.names.get(column.casefold(), "")

    def find_filled(self, part: str) -> str:
        """Return the first of a part's columns that exists and is filled, else the first that exists."""
        present = [name for column in self.declared.get(part, ()) if (name := self.find(column))]
        return next((n for n in present if all(c.strip() for c in self.table.columns[n])), [*present, ""][0])

    def list_words(self, column: str) -> set[str]:
        """Return the different cells of a column."""
        return {clean_name(cell) for cell in self.table.columns[column]}

    def keep_only(self, column: str, codes: Sequence[str], *, needs: bool = False) -> str:
        """Keep the rows of the first of some codes that a column has, and return it; "" where it has none of them."""
        if not (name := self.find(column)):
            return ""
        cells = self.list_words(name)
        code = next((c for c in codes if c in cells), codes[0] if needs else "")
        if code and (len(cells) > 1 or needs):
            self.where[name] = code
        return code

    def list_lines(self, file: str) -> list[Guess]:
        """Return the lines of the table."""
        declared, table = self.declared, self.table
        city, partner, value = map(self.find_filled, ("city", "partner", "value"))
        places = self.list_words(city) if city else set()
        totals = [total for total in declared.get("totals", ()) if total in places and len(places) > 1]
        added = [name for column in declared.get("add_up", ()) if (name := self.find(column))]
        period = self.find(declared["period"])
        lines = [
            Guess("", "", Text("data.look-layout", title=declared["title"])),
            *([Guess("city", city)] if city else []),
            *([Guess("drop", {city: totals[0]})] if totals else []),
            Guess("partner", partner),
            *([Guess("country_codes", declared["country_codes"])] if "country_codes" in declared else []),
            Guess("period", period),
            *self.list_subperiod(period),
            Guess("value", value),
            self.find_scale(),
            *(Guess(key, declared[key]) for key in ("decimal", "blank") if key in declared),
            self.find_flow(value, file),
            *([Guess("valuation", declared["valuation"])] if "valuation" in declared else []),
            *([Guess("add_up", added)] if added else []),
        ]
        for column, codes in declared.get("only", {}).items():
            self.keep_only(column, codes, needs=declared.get("needs_only", False))
        lines += self.list_product()
        lines += [Guess("where", self.where)] if self.where else []
        if declared.get("own_codes"):
            # What a user has to write where the partners are codes of the publisher's own.
            partners = sorted(set(table.columns[partner]))
            if len(partners) <= _MAX_CODES and not all(
                countries.resolve_column(table.column(partner), {}, Faults()) != ""
            ):
                why = Text("data.look-own-codes", name=quote_cell(partner))
                lines.append(Guess("partner_names", dict.fromkeys(partners, "CODE"), why))
        return lines

    def find_scale(self) -> Guess:
        """Return the money unit, scaled as a column says of all rows; a question where it says several things."""
        cells = self.list_words(self.find(self.declared["scale"])) if "scale" in self.declared else {""}
        units = [f"{_SCALES.get(cell, '')}{self.declared['money_unit']}" for cell in sorted(cells)]
        if len(units) == 1:
            return Guess("money_unit", units[0])
        return build_question("money_unit", units, Text("data.look-two-units", units=Listed(tuple(units), "and")))

    def list_subperiod(self, period: str) -> list[Guess]:
        """Return the lines of months or quarters."""
        if subperiod := self.find(self.declared.get("subperiod", "")):
            return [Guess("subperiod", subperiod), Guess("frequency", str(Frequency.MONTH))]
        known = self.declared.get("frequency")
        frequency = known or str(words.score_periods([str(c) for c in self.table.columns[period]])[1])
        return [] if frequency == Frequency.YEAR else [Guess("frequency", frequency)]

    def find_flow(self, value: str, file: str) -> Guess:
        """Return the flow: of the layout, of its column of flows, else a guess."""
        declared = self.declared.get("flow", {})
        if "column" not in declared:
            known = next(iter(declared), "")
            return Guess("flow", known) if known else self.find_unnamed_flow(value, file)
        for flow in ("exports", "imports"):
            if code := self.keep_only(declared["column"], declared[flow]):
                others = self.list_words(self.find(declared["column"])) & set(declared[flow]) - {code}
                listed = Listed(tuple(sorted(others)))
                return Guess("flow", flow, Text("data.look-further-flow", code=code, others=listed) if others else "")
        return Guess("flow", "exports", Text("data.look-nothing"))

    def find_unnamed_flow(self, value: str, file: str) -> Guess:
        """Return the flow of a layout of both; a question where a valuation alone, which is of both, tells."""
        table = self.table
        named = ends_look.look_for_flow(table, [], value, file, ends_look.NO_PLACE_COLUMNS)[0]
        if named.options or not words.find_flow(value) or words.find_flow(value, reads_valuation=False):
            return named
        for text, key in ((table.title, "data.look-title"), (file, "data.look-names")):
            if (flow := words.find_flow(text, reads_valuation=False)) in ("exports", "imports"):
                return Guess("flow", flow, Text(key))
        if freight := [n for n in table.columns if words.has_word_of(n, "freight")]:
            return Guess("flow", "imports", Text("data.look-freight", names=Listed(tuple(map(quote_cell, freight)))))
        title = self.declared["title"]
        return build_question("flow", ("exports", "imports"), Text("data.look-flow-open", title=title))

    def list_product(self) -> list[Guess]:
        """Return the product's lines; where the table has a row for all products, that row alone is kept."""
        name = self.find(self.declared.get("product", ""))
        if not name or len(set(self.table.columns[name])) < 2:
            return []
        if self.keep_only(name, self.declared.get("total", ())):
            return []
        revision: object = self.declared["revision"]
        if column := self.find(self.declared["revision"]):
            classes = self.list_words(column)
            revision = classes.pop() if len(classes) == 1 else {"column": column}
        return [Guess("product", name), Guess("product_revision", revision)]


# Guesses which column holds the values and in which unit, by words and units and never by size.

_ORDER: tuple[words.Trade, ...] = ("exports", "imports", "both", "value", "", "other")
_REASONS: Mapping[words.Trade, str] = {"exports": "data.look-value-exports", "imports": "data.look-value-imports"}


def look_for_value(table: TextTable, names: list[str], file: str, *, is_yearly: bool = True) -> list[Guess]:
    """Return the value's lines, and take its columns out of the names."""
    scores = {n: words.score_numbers(table, n) for n in names}
    words.choose_column(names, scores, "value", file)
    best = _list_best(names, scores)
    doubts = ("transformed", "running") if is_yearly else ("transformed",)
    doubtful = [n for n in best if any(words.has_word_of(n, doubt) for doubt in doubts)]
    if len(best) > 1 or words.find_trade(best[0]) == "other" or doubtful:
        figures = [n for n in names if scores[n].share >= words.HALF and words.find_trade(n) != "other"]
        options = (figures if len(best) > 1 else []) or best
        columns = Listed(tuple(map(quote_cell, doubtful or options)), "or")
        key = "data.look-no-amounts" if doubtful else "data.look-which-value"
        unit = _find_unit(table, names, options[0] if len(options) == 1 else "")
        return [build_question("value", options, Text(key, n=len(options), columns=columns)), unit]
    value = best[0]
    names.remove(value)
    reason = Text(_REASONS.get(words.find_trade(value), "data.look-values"), **scores[value].doubt)
    unit = _find_unit(table, names, value)
    if isinstance(unit.value, dict):
        names.remove(unit.value["column"])
    return [Guess("value", value, reason), unit, *find_decimal(table, value, scores[value])]


def _list_best(names: Sequence[str], scores: Mapping[str, words.Score]) -> list[str]:
    """Return the columns of numbers whose names say most, those with a unit before those without."""
    numbers = [n for n in names if scores[n].share >= words.HALF] or [max(names, key=lambda n: scores[n].share)]
    tiers = {n: words.find_trade(n) for n in numbers}
    first = min((tiers[n] for n in numbers), key=_ORDER.index)
    best = [n for n in numbers if tiers[n] == first]
    if first == "imports":
        best += [n for n in numbers if tiers[n] in ("both", "value")]
    best = [n for n in best if not words.has_word_of(n, "running")] or best
    whole = [n for n in best if read_header(n).is_whole]
    return whole if whole and first != "imports" else best


def _find_unit(table: TextTable, names: Sequence[str], header: str) -> Guess:
    """Return the unit: from a column of units, else from the value's name, else from the title above the header."""
    column = next((n for n in names if words.has_word_of(n, "unit") and words.is_units(table, n)), None)
    if column is not None:
        return Guess("money_unit", {"column": column}, Text("data.look-unit-column"))
    here, above = read_header(header), read_header(table.title)
    if several := _list_rival_units(header, table.title):
        return build_question("money_unit", several, Text("data.look-two-units", units=Listed(tuple(several), "and")))
    if unread := here.unread or ("" if here.is_whole and here.power is not None else above.unread):
        currency = (here if here.unread else above).currency
        reason = Text("data.look-unit-unread", unread=quote_cell(unread), currency=currency)
        return build_question("money_unit", (), reason)
    # What the name leaves open the title may say; what the name says stands.
    power = above.power if here.power is None else here.power
    unit = HeaderUnit(here.currency if here.is_whole else above.currency, power)
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


def find_decimal(table: TextTable, name: str, best: words.Score) -> list[Guess]:
    """Return the decimal mark where the column does not prove it."""
    shares = {decimal: words.score_numbers_under(table, name, decimal).share for decimal in words.DECIMALS}
    if shares[None] >= best.share:
        return []
    mark: Decimal = "." if shares["."] >= shares[","] else ","
    return [Guess("decimal", mark, Text("data.look-comma"))]


_LEAST_PARTNERS = 3
_KEYS = ("city", "partner", "period", "subperiod")
_NEARLY_ALL = 0.95


def look_at_trade(
    root: Path, file: str, cities: Sequence[str] = (), other: ends_look.OtherFile = ends_look.NO_FILE
) -> list[Guess]:
    """Return the lines of a trade table that a file suggests, each with its reason; ``cities`` are the registry's."""
    table, guesses = look_at_file(root, file)
    if known := look_for_layout(table, file, cities):
        known += [*_find_remainders(table, known), Guess("reporter", "city", Text("data.look-reporter"))]
        return [Guess("file", file), *guesses, *known, Guess("absent", "missing", Text("data.look-absent"))]
    names = list(table.columns)
    wide = words.list_periods(names)
    parts = _wide_periods(wide) if wide else _long_periods(table, names, file)
    if wide:
        names = [n for n in names if n not in wide]
    if max((words.score_partners(table, n).share for n in names), default=0.0) < words.HALF:
        _refuse_partners_across(names, file)
    ends = ends_look.look_for_ends(table, names, file, other)
    city = ends.city
    if city.value == {"constant": UNNAMED}:
        city = _find_only_city(cities, f"{table.title} {file}", city.reason)
    ends_of = {city.value, *city.options} if not isinstance(city.value, dict) else set()
    names = [n for n in names if n not in {*ends_of, ends.partner.value, *ends.partner.options}]
    parts.append(ends.partner)
    product = _product(table, [n for n in names if not words.has_word_of(n, "value")])
    products = [str(g.value) for g in product]
    value = ""
    if wide:
        parts.append(_find_unit(table, names, split_unit(wide[0])[1] or " ".join(table.columns)))
        parts += next((guess for n in wide if (guess := find_decimal(table, n, words.score_numbers(table, n)))), [])
    else:
        figures = [n for n in names if n not in products]
        is_yearly = not any(g.key == "frequency" for g in parts)
        guessed = look_for_value(table, figures, file, is_yearly=is_yearly)
        names = [n for n in names if n in figures or n in products]
        value = "" if guessed[0].options else str(guessed[0].value)
        parts += guessed
    of_flow = [n for n in names if n not in products and not _splits_time(table, n, [city, *parts])]
    flow = ends_look.look_for_flow(table, of_flow, value, file, ends)
    where = [n for g in flow if isinstance(g.value, dict) for n in g.value]
    parts += [city, *product, *flow, *ends_look.look_for_valuation([value, table.title] if value else table.columns)]
    beside = _find_other_flow(table, value, flow[0].value)
    parts += [*_find_remainders(table, parts), *_say_other_flow(beside, flow[0].value)]
    left = [n for n in names if n not in (*where, *products, beside)]
    if wide:
        parts += [Guess("ignore", left, Text("data.look-ignored"))] if left else []
    elif left:
        parts.append(Guess("", "", Text("data.look-unread", columns=Listed(tuple(map(quote_cell, left)), "comma"))))
    parts.append(Guess("absent", "missing", Text("data.look-absent")))
    return [Guess("file", file), *guesses, *parts]


def _find_other_flow(table: TextTable, value: str, flow: object) -> str:
    """Return the column of the other flow, "" if there is none."""
    other = "imports" if flow == "exports" else "exports"
    named = (name for name in table.columns if words.find_trade(name) == other)
    beside = (name for name in named if words.score_numbers(table, name).share >= words.HALF)
    return next(beside, "") if words.find_trade(value) == flow else ""


def _say_other_flow(column: str, flow: object) -> list[Guess]:
    """Return the lines that would read the other flow."""
    if not column:
        return []
    other = "imports" if flow == "exports" else "exports"
    valued = [(g.key, str(g.value)) for g in ends_look.look_for_valuation([column])]
    pairs = [("value", column), ("flow", other), *valued]
    lines = Listed(tuple(f'{key} = "{written}"' for key, written in pairs), "comma")
    return [Guess("", "", Text("data.look-other-flow", flow=other, name=quote_cell(column), lines=lines))]


def _splits_time(table: TextTable, name: str, parts: Sequence[Guess]) -> bool:
    """Whether a column has one word a pair and period but changes within pairs: it tells times apart and no flows."""
    columns = {g.key: g.value for g in parts if g.key in _KEYS and isinstance(g.value, str)}
    if not {"partner", "period"} <= set(columns) or not set(columns.values()) <= set(table.columns):
        return False
    frame = pd.DataFrame({key: table.columns[column] for key, column in (columns | {"word": name}).items()})
    ends = [key for key in ("city", "partner") if key in columns]
    is_one = not frame.drop_duplicates().duplicated(list(columns)).any()
    return is_one and bool((frame.groupby(ends)["word"].nunique() > 1).any())


def _find_remainders(table: TextTable, lines: Sequence[Guess]) -> list[Guess]:
    """Return the line on partners that stand for all those without rows of their own, if there are any."""
    known = {g.key: g.value for g in lines}
    partner = known.get("partner")
    if not isinstance(partner, str) or partner not in table.columns or "partner_names" in known:
        return []
    column = table.column(partner)
    cells = countries.resolve_un_codes(column) if known.get("country_codes") == "un" else column.cells
    names = sorted({clean_name(cell) for cell in set(cells)})
    rests = [name for name, is_rest in zip(names, countries.is_remainder(names), strict=True) if is_rest]
    reason = Text("data.look-remainder", n=len(rests), compared=countries.COMPARED, totals=countries.FOR_TOTALS)
    return [Guess("partner_names", dict.fromkeys(rests, countries.LEAVE_OUT), reason)] if rests else []


def _refuse_partners_across(names: list[str], file: str) -> None:
    header = TextColumn("header", file, build_text_array(names), np.ones(len(names), dtype=np.int64))
    across = [n for n, code in zip(names, countries.find_codes(header), strict=True) if code]
    if len(across) >= _LEAST_PARTNERS:
        raise DataError(
            f"{file}: the columns {', '.join(map(quote_cell, across[:_LEAST_PARTNERS]))} ... are countries, and a "
            "table with one column a partner is not read: lay it out with one row a city, partner and period "
            "(unpivot, as spreadsheets call it), or with one column a period"
        )


def _wide_periods(wide: list[str]) -> list[Guess]:
    _, frequency = words.score_periods([split_unit(name)[0] for name in wide])
    reason = Text("data.look-wide", n=len(wide), first=wide[0], last=wide[-1])
    return [Guess("layout", "wide", reason), *_frequency(frequency, "data.look-as-written")]


def _long_periods(table: TextTable, names: list[str], file: str) -> list[Guess]:
    """Return the period's lines, and take its columns out of the names."""
    scores = {n: words.score_periods([str(c) for c in table.columns[n]]) for n in names}
    period = words.choose_column(names, {n: s for n, (s, _) in scores.items()}, "period", file)
    score, frequency = scores[period]
    names.remove(period)
    guess = Guess("period", period, Text("data.look-periods", period_name=str(frequency), **score.doubt))
    if frequency is Frequency.YEAR and (part := _subperiod(table, names)):
        name, frequency, score = part
        names.remove(name)
        reason = Text("data.look-subperiods", period_name=str(frequency), **score.doubt)
        return [guess, Guess("subperiod", name, reason), *_frequency(frequency, "data.look-as-named")]
    return [guess, *_frequency(frequency, "data.look-as-written")]


def _subperiod(table: TextTable, names: list[str]) -> tuple[str, Frequency, words.Score] | None:
    """Return the column of months or quarters beside the year, its frequency, and how far it reads so."""
    for frequency in (Frequency.MONTH, Frequency.QUARTER):
        for name in names:
            is_named = words.has_word_of(name, frequency.value)
            is_end = words.find_role(name) or any(words.has_word_of(name, end) for end in ("partner", "city"))
            if is_end and not is_named:
                continue  # "AGO" and "MAR" are countries here
            cells = [str(c) for c in table.columns[name]]
            score = words.score_subperiods(cells, frequency, is_named=is_named)
            if score.share >= (words.HALF if is_named else _NEARLY_ALL) and (is_named or len(set(cells)) > 1):
                return name, frequency, score
    return None


def _frequency(frequency: Frequency, key: str) -> list[Guess]:
    return [] if frequency is Frequency.YEAR else [Guess("frequency", str(frequency), Text(key))]


def _find_only_city(cities: Sequence[str], text: str, unknown: Words) -> Guess:
    """Return the city that a file without a column of cities is about, where the registry leaves one."""
    named = [c for c in cities if c and c in text]
    if len(named) == 1:
        return Guess("city", {"constant": named[0]}, Text("data.look-city-titled"))
    if len(cities) == 1:
        return Guess("city", {"constant": cities[0]}, Text("data.look-only-city"))
    return Guess("city", {"constant": UNNAMED}, unknown)


def _product(table: TextTable, names: list[str]) -> list[Guess]:
    product = next((n for n in names if words.has_word_of(n, "product") and len(set(table.columns[n])) > 1), None)
    if product is None:
        return []
    revision = Guess("product_revision", UNKNOWN, Text("data.look-revision"))
    return [Guess("product", product, Text("data.look-products")), revision]
