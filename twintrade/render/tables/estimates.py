"""How one estimate stands in a table cell: the number, and its uncertainty below it."""

from dataclasses import dataclass
from typing import Literal

from twintrade.render.blocks import Cell
from twintrade.render.citing import Sources, cite, cite_p
from twintrade.render.ends import cite_ends, format_ends, read_ends
from twintrade.render.reading import Record, read_number, take_text
from twintrade.text import amounts, numbers

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


def format_stars(p: float) -> str:
    """Return the stars of a p-value."""
    return next((mark for bound, mark in STAR_LEVELS if p <= bound), "")


def read_floor(floor: Record | None) -> float:
    """Return the smallest attainable p-value that a finding states, NaN without one."""
    return float("nan") if floor is None else read_number(floor["value"])


def format_below(
    record: Record, under: Under, decimals: int, floor: Record | None = None
) -> tuple[Under | None, str]:
    """Return what stands below an estimate and its line; where the asked one is absent, the error or the interval."""
    error, p = read_number(record.get("se")), read_number(record.get("p"))
    interval = format_ends(read_ends(record), decimals)
    has_error = error == error and error > 0
    lines: dict[Under, str] = {
        "se": f"({numbers.format_fixed(error, decimals)})" if has_error else "",
        "interval": f"[{interval}]" if interval else "",
        "t": f"[{numbers.format_fixed(read_number(record['effect']) / error, 2)}]" if has_error else "",
        "p": amounts.format_p_value(p, read_floor(floor)),
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
        return cite_ends(record, read_ends(record), find_decimals(record))
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
        value += format_stars(p)
    kind, line = format_below(record, options.under, decimals, floor)
    return Cell(
        (value, line) if line else (value,), sources=cite(record, "effect") + _cite_below(record, kind, floor)
    )


def list_under_notes(records: list[Record], options: TableOptions) -> list[str]:
    """Return the keys of the wording that explain what stands below the estimates, in the order of the columns."""
    kinds = [format_below(record, options.under, find_decimals(record))[0] for record in records]
    return list(dict.fromkeys(_NOTES[kind] for kind in kinds if kind))
