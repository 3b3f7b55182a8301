"""The rows of the ladder that hold effects: after the agreement by what that is compared with, then path averages."""

import math
from collections.abc import Sequence

from twintrade.effects import ResultSet
from twintrade.render.blocks import Cell, Row, build_row
from twintrade.render.citing import Sources, build_cell, cite, cite_p
from twintrade.render.ends import cite_end, read_ends
from twintrade.render.reading import (
    Record,
    find_overall,
    list_records,
    name_period,
    read_number,
    read_whole,
    select_matching,
    take_text,
)
from twintrade.render.tables.estimates import TableOptions, estimate_cell, find_decimals, read_floor
from twintrade.render.wording import Wording
from twintrade.text import Text, amounts, numbers

Effects = list[Record | None]


def build_effect_rows(
    results: ResultSet, columns: Sequence[Record], wording: Wording, options: TableOptions
) -> tuple[Row, ...]:
    """Return for each thing that effects are compared with a row of estimates, in percent and with p below."""
    floors = [_floor(results, c) for c in columns]
    after = [find_overall(results, c) for c in columns]
    paths = [find_overall(results, c, kind="path") for c in columns]
    rows: list[Row] = []
    for against in dict.fromkeys(take_text(c.get("against")) for c in columns):
        chosen = [e if take_text(c.get("against")) == against else None for e, c in zip(after, columns, strict=True)]
        what = describe_comparison(results, wording, against)
        rows += _block(
            wording.say("row_after", what=what) if what else wording.say("row_effect"), chosen, floors, options
        )
    for reference in dict.fromkeys(read_whole(c.get("reference")) for c in columns):
        chosen = [
            e if read_whole(c.get("reference")) == reference else None for e, c in zip(paths, columns, strict=True)
        ]
        rows += _block(
            wording.say("row_path", what=describe_reference(results, wording, reference)), chosen, floors, options
        )
    return tuple(rows)


def build_change_rows(results: ResultSet, columns: Sequence[Record]) -> tuple[Row, ...]:
    """Return the change in percent of every column, its ends, its size in log points with the error, and p.

    Columns that measure no change in percent have their effect and its ends on their own scale.
    """
    effects = [find_overall(results, c) for c in columns]
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
        others = [None if ok else e for e, ok in zip(effects, is_change, strict=True)]
        rows += _ends("tables.effect-own-scale", others)
    return (*rows, *_p_row(effects, [_floor(results, c) for c in columns]))


def _p_row(effects: Effects, floors: Effects) -> list[Row]:
    """Return the row of p-values, none where there are none."""
    cells = [
        build_cell(amounts.format_p_cell(e.get("p"), read_floor(f)), *cite_p(e, f)) if e else Cell(("",))
        for e, f in zip(effects, floors, strict=True)
    ]
    return [build_row(str(Text("tables.p")), *cells)] if any(cell.text for cell in cells) else []


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
        return build_cell(shown, *cite_end(record, name, end, decimals, form))

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


def describe_comparison(results: ResultSet, wording: Wording, against: str) -> str:
    """Return in words what effects from onset on are compared with; empty where that is not known."""
    key = f"against_{against.replace(' ', '_')}"
    return wording.say(key, period_name=name_period(results)) if wording.knows(key) else ""


def describe_reference(results: ResultSet, wording: Wording, reference: int | None) -> str:
    """Return in words which period before onset a path is measured against."""
    if reference is None or reference == -1:
        return wording.say("reference_before", period_name=name_period(results))
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
    floors = (f for f in list_records(select_matching(results.findings, column)) if take_text(f["unit"]) == "p-floor")
    return next(floors, None)
