"""The event study as a table: one row an event time, with every interval there is."""

import pandas as pd

from twintrade.render.blocks import Cell, Column, Row, Table, build_row
from twintrade.render.citing import build_cell, cite
from twintrade.render.reading import (
    Record,
    format_label,
    format_slug,
    list_records,
    read_number,
    read_truth,
    take_text,
)
from twintrade.render.tables.estimates import find_decimals
from twintrade.render.wording import Wording
from twintrade.text import Text, amounts, numbers

_HEADS = (
    "tables.event-time",
    "tables.estimate",
    "tables.standard-error",
    "tables.interval",
    "tables.band",
    "tables.p",
    "tables.treated-units",
)
_REFERENCE = 2
"""Place of the cell that says which row is the reference."""


def format_event_key(record: Record) -> str:
    """Return the file-name key of a specification's event study."""
    return format_slug(f"event-{take_text(record['estimator'])}-{take_text(record['specification'])}")


def build_event_table(frame: pd.DataFrame, record: Record, wording: Wording, notes: tuple[str, ...] = ()) -> Table:
    """Return the table of one event study; columns that are empty throughout are left out.

    Parameters
    ----------
    frame : DataFrame
        Columns ``reading.EVENT_COLUMNS``.
    record : mapping
        Its specification.
    """
    rows = list_records(frame)
    free = [r for r in rows if not read_truth(r["is_reference"])]
    decimals = max((find_decimals(r) for r in free), default=3)
    level = next((read_number(r["level"]) for r in rows if read_number(r["level"]) > 0), 0.95)
    cells = [_cells(r, decimals) for r in rows]
    free_cells = [c for c, r in zip(cells, rows, strict=True) if not read_truth(r["is_reference"])]
    columns_shown = [
        j for j in range(len(_HEADS)) if any(c[j].text for c in (free_cells if j == _REFERENCE else cells))
    ]
    heads = [str(Text(head, level=level)) for head in _HEADS]
    return Table(
        key=format_event_key(record),
        caption=wording.say("event_table_caption", label=format_label(record)),
        columns=tuple(Column("left" if j == 0 else "right") for j in columns_shown),
        header=(tuple(Cell((heads[j],)) for j in columns_shown),),
        groups=(tuple(_row(c, columns_shown) for c in cells),),
        notes=notes,
    )


def _cells(record: Record, decimals: int) -> list[Cell]:
    def write(text: str, *columns: str) -> Cell:
        return build_cell(text, *cite(record, *columns))

    time = write(take_text(record["event_label"]), "event_time")
    units = write(numbers.format_count(record["n_units"]), "n_units")
    if read_truth(record["is_reference"]):
        zero, name = write(numbers.format_fixed(0.0, decimals), "effect"), Cell((str(Text("tables.reference")),))
        return [time, zero, name, *[Cell(("",))] * 3, units]
    error, ends = read_number(record["se"]), ("simultaneous_low", "simultaneous_high")
    return [
        time,
        write(numbers.format_fixed(record["effect"], decimals), "effect"),
        write(numbers.format_fixed(error, decimals) if error > 0 else "", "se"),
        write(amounts.format_interval(record["low"], record["high"], decimals), "low", "high"),
        write(amounts.format_interval(record[ends[0]], record[ends[1]], decimals), *ends),
        write(amounts.format_p_cell(record["p"]), "p"),
        units,
    ]


def _row(cells: list[Cell], columns_shown: list[int]) -> Row:
    return build_row(*(cells[j] for j in columns_shown))
