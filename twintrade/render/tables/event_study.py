"""The event study as a table: one row an event time, with every interval there is."""

import pandas as pd

from twintrade.render import numbers
from twintrade.render.blocks import Cell, Column, Row, Table, row
from twintrade.render.reading import Record, label, number, records, slug, text, truth
from twintrade.render.tables.estimates import decimals_of
from twintrade.render.wording import Wording

_HEADS = (
    "Event time",
    "Estimate",
    "Standard error",
    "{level} interval",
    "{level} simultaneous band",
    "p",
    "Treated units",
)


def event_key(record: Record) -> str:
    """Return the file-name key of a specification's event study."""
    return slug(f"event {text(record['estimator'])} {text(record['specification'])}")


def event_table(frame: pd.DataFrame, record: Record, wording: Wording, notes: tuple[str, ...] = ()) -> Table:
    """Return the table of one event study; columns that are empty throughout are left out.

    Parameters
    ----------
    frame : DataFrame
        Columns ``reading.EVENT_COLUMNS``.
    record : mapping
        Its specification.
    """
    rows = records(frame)
    free = [r for r in rows if not truth(r["is_reference"])]
    decimals = max((decimals_of(r) for r in free), default=3)
    level = next((number(r["level"]) for r in rows if number(r["level"]) > 0), 0.95)
    cells = [_cells(r, decimals) for r in rows]
    kept = [j for j in range(len(_HEADS)) if any(c[j] and c[j] != "reference" for c in cells)]
    heads = [head.format(level=numbers.percent(100 * level, 0)) for head in _HEADS]
    return Table(
        key=event_key(record),
        caption=wording.say("event_table_caption", label=label(record)),
        columns=tuple(Column("left" if j == 0 else "right") for j in kept),
        header=(tuple(Cell((heads[j],)) for j in kept),),
        groups=(tuple(_row(c, kept) for c in cells),),
        notes=notes,
    )


def _cells(record: Record, decimals: int) -> list[str]:
    time = text(record["event_label"])
    value = numbers.fixed(record["effect"], decimals)
    units = numbers.count(record["n_units"])
    if truth(record["is_reference"]):
        return [time, numbers.fixed(0.0, decimals), "reference", "", "", "", units]
    error = number(record["se"])
    return [
        time,
        value,
        numbers.fixed(error, decimals) if error > 0 else "",
        numbers.interval(record["low"], record["high"], decimals),
        numbers.interval(record["simultaneous_low"], record["simultaneous_high"], decimals),
        numbers.p_value(record["p"]).removeprefix("p = ").removeprefix("p "),
        units,
    ]


def _row(cells: list[str], kept: list[int]) -> Row:
    return row(*(cells[j] for j in kept))
