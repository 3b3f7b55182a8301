"""The event studies of all columns: one table with the interval of the headline, or several with each interval."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from twintrade.render import reading
from twintrade.render.blocks import Cell, Column, Row, Table, build_row
from twintrade.render.citing import build_cell, cite
from twintrade.render.names import Wording, name_column, name_statistic
from twintrade.render.reading import Record
from twintrade.render.tables.effect_rows import cite_change, convert_to_percent, find_decimals
from twintrade.text import Text, numbers, texts

PER_TABLE = 4  # columns of a table that prints the interval of each
Study = tuple[int, Record, pd.DataFrame]
"""The place of a column in the ladder, the column, and its effects by event time."""


_INTERVAL = 2  # place of the interval among the heads


def build_paths_table(studies: Sequence[Study], wording: Wording, notes: Sequence[str] = ()) -> Table:
    """Return one row per event time: the first study with interval, p and treated units, then the others.

    ``studies``: the first is the headline; frames have the columns ``reading.EVENT_COLUMNS``.
    """
    rows = [{reading.read_whole(r["event_time"]): r for r in reading.list_records(frame)} for _, _, frame in studies]
    times = sorted({time for row in rows for time in row if time is not None})
    level = reading.find_level(rows[0].values())
    heads = ("tables.event-time", "tables.estimate", "tables.interval", "tables.p")
    names = [*(str(Text(key, level=level)) for key in heads), name_column("n_treated_units")]
    first, others = studies[0], studies[1:]
    has_ends = any(reading.read_number(r["low"]) == reading.read_number(r["low"]) for r in rows[0].values())
    if not has_ends:
        names.pop(_INTERVAL)
    header = [(Cell((names[0],)), *(Cell((head,)) for head in names[1:]), *(Cell((f"({n})",)) for n, _, _ in others))]
    if others:
        spans = (
            Cell(("",)),
            Cell((f"({first[0]})",), span=len(names) - 1),
            Cell((wording.say("paths_others"),), span=len(others)),
        )
        header.insert(0, spans)
    body = tuple(
        build_row(
            _name_time(time, rows),
            *(c for j, c in enumerate(_cells(rows[0].get(time)), 1) if has_ends or j != _INTERVAL),
            *(_estimate(row.get(time)) for row in rows[1:]),
        )
        for time in times
    )
    return Table(
        key="event-paths-table",
        caption=wording.say("paths_table"),
        columns=(Column("left"), *(Column("right") for _ in (*names[1:], *others))),
        header=tuple(header),
        groups=(body,),
        notes=tuple(notes),
    )


def build_whole_tables(studies: Sequence[Study], wording: Wording, notes: Sequence[str] = ()) -> tuple[Table, ...]:
    """Return every effect with its intervals and p, and below them the joint test and the mean before.

    ``studies``: in the order of the ladder; the tables take four of them each.
    """
    parts = [studies[start : start + PER_TABLE] for start in range(0, len(studies), PER_TABLE)]
    caption = wording.say("paths_table")
    return tuple(
        _build_part(
            part,
            "event-paths-table" if len(parts) == 1 else f"event-paths-table-{i}",
            caption if len(parts) == 1 else wording.say("ladder_part", caption=caption, part=i, parts=len(parts)),
            wording,
            notes if i == len(parts) else (),
        )
        for i, part in enumerate(parts, 1)
    )


def _build_part(part: Sequence[Study], key: str, caption: str, wording: Wording, notes: Sequence[str]) -> Table:
    rows = [{reading.read_whole(r["event_time"]): r for r in reading.list_records(frame)} for _, _, frame in part]
    times = sorted({time for row in rows for time in row if time is not None})
    body = tuple(build_row(_name_time(time, rows), *(_stack(row.get(time)) for row in rows)) for time in times)
    return Table(
        key=key,
        caption=caption,
        columns=(Column("left", 0.8), *(Column("right", 1.0) for _ in part)),
        header=(
            (Cell(("",)), *(Cell((f"({n})",)) for n, _, _ in part)),
            (Cell((name_column("event_time"),)), *(Cell((reading.format_label(spec),)) for _, spec, _ in part)),
        ),
        groups=(body, _describe_columns([spec for _, spec, _ in part])),
        notes=tuple(notes),
        is_ordered=True,
    )


def _stack(record: Record | None) -> Cell:
    """Return an effect with p, and below it its intervals in brackets and braces."""
    if record is None or reading.read_truth(record["is_reference"]):
        return _estimate(record)
    estimate, spread, p, _ = _cells(record)
    band = _write_spread(record, "simultaneous_low", "simultaneous_high")
    at = texts.format_p_value(record["p"])
    parts = (
        Cell((f"{estimate.text} ({at})" if at else estimate.text,), sources=(*estimate.sources, *p.sources)),
        replace(spread, lines=(f"[{spread.text}]" if spread.text else "",)),
        replace(band, lines=(f"{{{band.text}}}" if band.text else "",)),
    )
    shown = [part for part in parts if part.text]
    return Cell(tuple(part.text for part in shown), sources=tuple(s for part in shown for s in part.sources))


def _describe_columns(columns: Sequence[Record]) -> tuple[Row, ...]:
    """Return the joint test of effects before the agreement, its kind, and the critical value of the band."""
    tests = [reading.take_text(c.get("pretrend_test")) for c in columns]
    cells = {
        "joint-p": [build_cell(texts.format_p_cell(c.get("pretrend_p")), *cite(c, "pretrend_p")) for c in columns],
        "joint-test": [Cell((name_statistic(test) if test else "",)) for test in tests],
        "critical-value": [
            build_cell(numbers.format_fixed(c.get("critical_value"), 3), *cite(c, "critical_value")) for c in columns
        ],
    }
    return tuple(
        build_row(str(Text(f"tables.{key}")), *row) for key, row in cells.items() if any(cell.text for cell in row)
    )


def _name_time(time: int, rows: Sequence[dict[int | None, Record]]) -> Cell:
    record = next(row[time] for row in rows if time in row)
    return build_cell(reading.take_text(record["event_label"]), *cite(record, "event_time"))


def _cells(record: Record | None) -> tuple[Cell, ...]:
    if record is None:
        return (Cell(("",)),) * 4
    units = build_cell(numbers.format_count(record["n_units"]), *cite(record, "n_units"))
    if reading.read_truth(record["is_reference"]):
        return (_estimate(record), Cell((str(Text("tables.reference")),)), Cell(("",)), units)
    p = build_cell(texts.format_p_cell(record["p"]), *cite(record, "p"))
    return (_estimate(record), _write_spread(record, "low", "high"), p, units)


def _write_spread(record: Record, *names: str) -> Cell:
    """Return two ends of an interval in percent where the effect is a change, else on its own scale."""
    low, high = (convert_to_percent(record | {"effect": record[name]}) for name in names)
    is_change = convert_to_percent(record) == convert_to_percent(record)
    spread = (
        texts.format_interval(low, high, 1)
        if is_change
        else texts.format_interval(record[names[0]], record[names[1]], find_decimals(record))
    )
    return build_cell(spread, *cite_change(record, *names))


def _estimate(record: Record | None) -> Cell:
    """Return an effect in percent where it is a change, else on its own scale."""
    if record is None:
        return Cell(("",))
    percent = convert_to_percent(record)
    if reading.read_truth(record["is_reference"]):
        shown = numbers.format_fixed(0.0, 1)
    elif percent == percent:
        shown = numbers.format_fixed(percent, 1)
    else:
        shown = numbers.format_fixed(record["effect"], find_decimals(record))
    return build_cell(shown, *cite_change(record))
