"""The rows of the ladder that hold effects: after the agreement by what that is compared with, then path averages."""

from collections.abc import Sequence

from twintrade.effects import ResultSet
from twintrade.render.blocks import Row, build_row
from twintrade.render.reading import (
    Record,
    find_overall,
    name_period,
    read_number,
    read_whole,
    select_matching,
    take_text,
)
from twintrade.render.tables.estimates import TableOptions, estimate_cell
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


def describe_comparison(results: ResultSet, wording: Wording, against: str) -> str:
    """Return in words what effects from onset on are compared with; empty where that is not known."""
    key = f"against_{against.replace(' ', '_')}"
    return wording.say(key, period_name=name_period(results)) if wording.knows(key) else ""


def describe_reference(results: ResultSet, wording: Wording, reference: int | None) -> str:
    """Return in words which period before onset a path is measured against."""
    if reference is None or reference == -1:
        return wording.say("reference_before", period_name=name_period(results))
    return wording.say("reference_at", event_time=numbers.format_event_time(reference))


def _block(name: str, effects: Effects, floors: Sequence[float], options: TableOptions) -> list[Row]:
    if not any(effects):
        return []
    rows = [build_row(name, *(estimate_cell(e, options, f) for e, f in zip(effects, floors, strict=True)))]
    percents = [convert_to_percent(e) for e in effects]
    if any(p == p for p in percents):
        rows.append(
            build_row(
                str(Text("tables.in-percent")), *(numbers.format_percent(p) if p == p else "" for p in percents)
            )
        )
    if any(e is not None and not read_number(e.get("se")) > 0 for e in effects):
        p_cells = [amounts.format_p_cell(e.get("p"), f) if e else "" for e, f in zip(effects, floors, strict=True)]
        if any(p_cells):
            rows.append(build_row(str(Text("tables.p")), *p_cells))
    return rows


def convert_to_percent(effect: Record | None) -> float:
    """Return an effect in percent, NaN where it has another scale."""
    if effect is None or take_text(effect.get("scale")) not in ("log points", "percent"):
        return float("nan")
    value = read_number(effect["effect"])
    return numbers.convert_log_to_percent(value) if take_text(effect["scale"]) == "log points" else value


def _floor(results: ResultSet, column: Record) -> float:
    """Return the smallest attainable p-value that a finding states for a specification."""
    mine = select_matching(results.findings, column)
    floors = mine[mine["unit"].map(take_text) == "p-floor"] if not mine.empty else mine
    return float("nan") if floors.empty else read_number(floors["value"].iloc[0])
