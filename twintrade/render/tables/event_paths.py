"""The event studies of all columns in one table: the headline with its interval, the others as estimates."""

from collections.abc import Sequence

import pandas as pd

from twintrade.render.blocks import Cell, Column, Table, build_row
from twintrade.render.citing import build_cell, cite
from twintrade.render.reading import Record, list_records, read_number, read_truth, read_whole, take_text
from twintrade.render.tables.effect_rows import cite_change, convert_to_percent
from twintrade.render.tables.estimates import find_decimals
from twintrade.render.wording import Wording
from twintrade.text import Text, amounts, numbers

Study = tuple[int, Record, pd.DataFrame]
"""The place of a column in the ladder, the column, and its effects by event time."""


_INTERVAL = 2
"""Place of the interval among the heads."""


def build_paths_table(studies: Sequence[Study], wording: Wording, notes: Sequence[str] = ()) -> Table:
    """Return one row an event time: the first study with interval, p and treated units, the others beside it.

    Parameters
    ----------
    studies : sequence of (int, Record, DataFrame)
        The first is the headline; frames have the columns ``reading.EVENT_COLUMNS``.
    """
    rows = [{read_whole(r["event_time"]): r for r in list_records(frame)} for _, _, frame in studies]
    times = sorted({time for row in rows for time in row if time is not None})
    level = next((read_number(v) for v in studies[0][2]["level"] if read_number(v) > 0), 0.95)
    heads = ("tables.event-time", "tables.estimate", "tables.interval", "tables.p", "tables.treated-units")
    names = [str(Text(key, level=level)) for key in heads]
    first, others = studies[0], studies[1:]
    has_ends = any(read_number(r["low"]) == read_number(r["low"]) for r in rows[0].values())
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


def _name_time(time: int, rows: Sequence[dict[int | None, Record]]) -> Cell:
    record = next(row[time] for row in rows if time in row)
    return build_cell(take_text(record["event_label"]), *cite(record, "event_time"))


def _cells(record: Record | None) -> tuple[Cell, ...]:
    if record is None:
        return (Cell(("",)),) * 4
    units = build_cell(numbers.format_count(record["n_units"]), *cite(record, "n_units"))
    if read_truth(record["is_reference"]):
        return (_estimate(record), Cell((str(Text("tables.reference")),)), Cell(("",)), units)
    low, high = (convert_to_percent(record | {"effect": record[name]}) for name in ("low", "high"))
    is_change = convert_to_percent(record) == convert_to_percent(record)
    spread = (
        amounts.format_interval(low, high, 1)
        if is_change
        else amounts.format_interval(record["low"], record["high"], find_decimals(record))
    )
    p = build_cell(amounts.format_p_cell(record["p"]), *cite(record, "p"))
    return (_estimate(record), build_cell(spread, *cite_change(record, "low", "high")), p, units)


def _estimate(record: Record | None) -> Cell:
    """Return an effect in percent where it is a change, else on its own scale."""
    if record is None:
        return Cell(("",))
    percent = convert_to_percent(record)
    if read_truth(record["is_reference"]):
        shown = numbers.format_fixed(0.0, 1)
    elif percent == percent:
        shown = numbers.format_fixed(percent, 1)
    else:
        shown = numbers.format_fixed(record["effect"], find_decimals(record))
    return build_cell(shown, *cite_change(record))
