"""The rows of the ladder that hold effects: after the agreement by what that is compared with, then path averages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from twintrade.effects import ResultSet
from twintrade.render import reading
from twintrade.render.blocks import Cell, Row, build_row
from twintrade.render.citing import Sources, build_cell, cite, cite_p
from twintrade.render.names import Wording, name_column
from twintrade.render.reading import Record, read_ends, read_number, take_text
from twintrade.text import Text, numbers, texts

# How one estimate stands in a table cell: the number, and its uncertainty below it.

Under = Literal["se", "interval", "t", "p"]
_NOTES: dict[Under, str] = {"se": "se_note", "interval": "interval_note", "t": "t_note", "p": "p_note"}
MOST_SHORT, MOST_FULL = 8, 6
"""Columns that a page has room for: with one line a cell, and with errors in brackets below estimates."""
STAR_LEVELS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What a table of estimates shows."""

    under: Under = "se"  # what stands below the estimate
    has_stars: bool = False  # whether significance stars are printed, with their levels in the note
    columns_per_table: int | None = None  # a wider ladder is continued in another table

    def count_columns(self, is_short: bool) -> int:
        """Return how many columns a ladder takes."""
        return self.columns_per_table or (MOST_SHORT if is_short else MOST_FULL)


def read_floor(floor: Record | None) -> float:
    """Return the smallest attainable p-value that a finding states, NaN without one."""
    return float("nan") if floor is None else read_number(floor["value"])


def format_below(
    record: Record, under: Under, decimals: int, floor: Record | None = None
) -> tuple[Under | None, str]:
    """Return what stands below an estimate and its line; where the asked one is absent, the error or the interval."""
    error, p = read_number(record.get("se")), read_number(record.get("p"))
    interval = reading.format_ends(read_ends(record), decimals)
    has_error = error == error and error > 0
    lines: dict[Under, str] = {
        "se": f"({numbers.format_fixed(error, decimals)})" if has_error else "",
        "interval": f"[{interval}]" if interval else "",
        "t": f"[{numbers.format_fixed(read_number(record['effect']) / error, 2)}]" if has_error else "",
        "p": texts.format_p_value(p, read_floor(floor)),
    }
    order: tuple[Under, ...] = (under, "se", "interval")
    return next(((kind, lines[kind]) for kind in order if lines[kind]), (None, ""))


def find_decimals(record: Record) -> int:
    """Return the decimals an estimate is printed with."""
    return numbers.choose_effect_decimals(
        take_text(record.get("scale")), read_number(record["effect"]), read_number(record.get("se"))
    )


def _cite_below(record: Record, kind: Under | None, floor: Record | None) -> Sources:
    if kind == "p":
        return cite_p(record, floor)
    if kind == "interval":
        return reading.cite_ends(record, read_ends(record), find_decimals(record))
    columns = {"se": ("se",), "t": ("effect",)}.get(kind or "", ())
    return cite(record, *columns, form="t" if kind == "t" else "")


def estimate_cell(record: Record | None, options: TableOptions, floor: Record | None = None) -> Cell:
    """Return the cell of one estimate, empty where there is none."""
    if record is None:
        return Cell(("",))
    decimals = find_decimals(record)
    p = read_number(record.get("p"))
    value = numbers.format_fixed(record["effect"], decimals)
    if options.has_stars and p == p:
        value += next((mark for bound, mark in STAR_LEVELS if p <= bound), "")
    kind, line = format_below(record, options.under, decimals, floor)
    return Cell(
        (value, line) if line else (value,), sources=cite(record, "effect") + _cite_below(record, kind, floor)
    )


def list_under_notes(records: list[Record], options: TableOptions) -> list[str]:
    """Return the keys of the wording that explain what stands below the estimates, in the order of the columns."""
    kinds = [format_below(record, options.under, find_decimals(record))[0] for record in records]
    return list(dict.fromkeys(_NOTES[kind] for kind in kinds if kind))


Effects = list[Record | None]


def build_effect_rows(
    results: ResultSet, columns: Sequence[Record], wording: Wording, options: TableOptions
) -> tuple[Row, ...]:
    """Return for each thing that effects are compared with a row of estimates, in percent and with p below."""
    floors = [_floor(results, c) for c in columns]
    after = [reading.find_overall(results, c) for c in columns]
    paths = [reading.find_overall(results, c, kind="path") for c in columns]
    rows: list[Row] = []
    for against in dict.fromkeys(take_text(c.get("against")) for c in columns):
        chosen = [e if take_text(c.get("against")) == against else None for e, c in zip(after, columns, strict=True)]
        key, period_name = f"against_{against.replace(' ', '_')}", reading.name_period(results)
        is_known = wording.knows(key)
        head = wording.say("row_after", what=wording.say(key, period_name=period_name)) if is_known else ""
        rows += _block(head or wording.say("row_effect"), chosen, floors, options)
    for reference in dict.fromkeys(reading.read_whole(c.get("reference")) for c in columns):
        chosen = [
            e if reading.read_whole(c.get("reference")) == reference else None
            for e, c in zip(paths, columns, strict=True)
        ]
        rows += _block(
            wording.say("row_path", what=describe_reference(results, wording, reference)), chosen, floors, options
        )
    return tuple(rows)


def build_change_rows(results: ResultSet, columns: Sequence[Record]) -> tuple[Row, ...]:
    """Return the change in percent of every column, its ends, its size in log points with the error, and p.

    Columns that measure no change in percent have their effect and its ends on their own scale.
    """
    effects = [reading.find_overall(results, c) for c in columns]
    is_change = [convert_to_percent(e) == convert_to_percent(e) for e in effects]
    rows = []
    if any(is_change):
        shown = [
            convert_record(e) if e is not None and ok else None for e, ok in zip(effects, is_change, strict=True)
        ]
        rows += _ends("tables.change", shown)
        logs = [e if e and take_text(e["scale"]) == "log points" else None for e in effects]
        if any(logs):
            options = TableOptions(under="se")
            cells = [estimate_cell(None if e is None else e | {"low": math.nan}, options) for e in logs]
            rows.append(build_row(str(Text("tables.log-points")), *cells))
    if not all(is_change):
        rows += _ends("page.effect_plain", [None if ok else e for e, ok in zip(effects, is_change, strict=True)])
    return (*rows, *_p_row(effects, [_floor(results, c) for c in columns]))


def _p_row(effects: Effects, floors: Effects) -> list[Row]:
    """Return the row of p-values, none where there are none."""
    cells = [
        build_cell(texts.format_p_cell(e.get("p"), read_floor(f)), *cite_p(e, f)) if e else Cell(("",))
        for e, f in zip(effects, floors, strict=True)
    ]
    return [build_row(name_column("p"), *cells)] if any(cell.text for cell in cells) else []


def _ends(key: str, effects: Effects) -> list[Row]:
    """Return an effect and both ends of its interval, a row each; an end that does not exist is called open."""

    def write(record: Record | None, name: str) -> Cell:
        value = math.nan if record is None else read_number(record.get(name))
        if record is None or value != value:
            return Cell(("",))
        if math.isinf(value):
            return Cell((str(Text("tables.open-end")),))
        form, decimals = record.get("form", ""), find_decimals(record)
        if name == "effect":
            return build_cell(numbers.format_fixed(value, decimals), *cite(record, name, form=form))
        end = read_ends(record)[name == "high"]
        shown = numbers.format_fixed(value, end.choose_decimals(decimals))
        return build_cell(shown, *reading.cite_end(record, name, end, decimals, form))

    names = (("effect", key), ("low", "tables.range-from"), ("high", "tables.range-to"))
    cells = [(Text(head), [write(e, name) for e in effects]) for name, head in names]
    return [build_row(str(head), *values) for head, values in cells if any(cell.text for cell in values)]


def convert_record(record: Record) -> Record:
    """Return an effect in log points, with its ends, in percent; one in percent as it is."""
    if take_text(record["scale"]) != "log points":
        return record
    low, high = (end.in_percent() for end in read_ends(record))
    shown = {"low": low.value, "high": high.value, "low_error": low.error, "high_error": high.error}
    shown["effect"] = numbers.convert_log_to_percent(read_number(record.get("effect")))
    return record | shown | {"scale": "percent", "se": math.nan, "form": "log"}


def describe_reference(results: ResultSet, wording: Wording, reference: int | None) -> str:
    """Return in words which period before onset a path is measured against."""
    if reference is None or reference == -1:
        return wording.say("reference_before", period_name=reading.name_period(results))
    return wording.say("reference_at", event_time=numbers.format_event_time(reference))


def _block(name: str, effects: Effects, floors: Effects, options: TableOptions) -> list[Row]:
    if not any(effects):
        return []
    rows = [build_row(name, *(estimate_cell(e, options, f) for e, f in zip(effects, floors, strict=True)))]
    percents = [convert_to_percent(e) for e in effects]
    if any(p == p for p in percents):
        shown = (
            build_cell(numbers.format_percent(p), *cite_change(e)) for p, e in zip(percents, effects, strict=True)
        )
        rows.append(build_row(str(Text("tables.in-percent")), *shown))
    if any(e is not None and not read_number(e.get("se")) > 0 for e in effects):
        rows += _p_row(effects, floors)
    return rows


def cite_change(effect: Record | None, *names: str) -> Sources:
    """Return the sources of an effect, or of its ends, printed in percent where it is in log points."""
    is_log = effect is not None and take_text(effect.get("scale")) == "log points"
    return cite(effect, *(names or ("effect",)), form="log" if is_log else "")


def convert_to_percent(effect: Record | None) -> float:
    """Return an effect in percent, NaN where it has another scale."""
    if effect is None or take_text(effect.get("scale")) not in ("log points", "percent"):
        return float("nan")
    value = read_number(effect["effect"])
    return numbers.convert_log_to_percent(value) if take_text(effect["scale"]) == "log points" else value


def _floor(results: ResultSet, column: Record) -> Record | None:
    """Return the finding that states the smallest attainable p-value of a specification, None without one."""
    floors = (
        f
        for f in reading.list_records(reading.select_matching(results.findings, column))
        if take_text(f["unit"]) == "p-floor"
    )
    return next(floors, None)
