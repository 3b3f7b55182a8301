"""Frames and printed tables as CSV that no spreadsheet can mistake for a formula."""

import csv
import io
from collections.abc import Iterable

import pandas as pd

from twintrade.render.blocks import Table
from twintrade.render.writers.cells import escape_formula
from twintrade.text import Text
from twintrade.text.numbers import is_missing


def _bytes(rows: Iterable[Iterable[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode("utf-8")


def render_frame_csv(frame: pd.DataFrame) -> bytes:
    """Return a frame at full precision."""
    rows = ([_value(v) for v in values] for values in frame.itertuples(index=False, name=None))
    return _bytes([[escape_formula(str(c)) for c in frame.columns], *rows])


def _value(value: object) -> str:
    if is_missing(value):
        return ""
    if isinstance(value, float):
        return repr(float(value))
    return escape_formula(value) if isinstance(value, str) else str(value)


def render_table_csv(table: Table) -> bytes:
    """Return a printed table: header rows, then body; the lines of a cell stand in rows below each other."""
    rows: list[list[str]] = []
    for cells in (*table.header, *(r.cells for r in table.rows)):
        height = max(len(c.lines) for c in cells)
        for line in range(height):
            rows.append([])
            for cell in cells:
                shown = escape_formula(cell.lines[line]) if line < len(cell.lines) else ""
                rows[-1] += [shown] + [""] * (cell.span - 1)
    if table.is_simulated:
        rows.append([str(Text("writers.simulated-data"))])
    return _bytes(rows)
