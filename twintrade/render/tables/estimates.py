"""How one estimate stands in a table cell: the number, and its uncertainty below it."""

from dataclasses import dataclass
from typing import Literal

from twintrade.render.blocks import Cell
from twintrade.render.reading import Record, read_number, take_text
from twintrade.text import numbers

Under = Literal["se", "interval", "t", "p"]
STAR_LEVELS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What a table of estimates shows.

    Attributes
    ----------
    under : {"se", "interval", "t", "p"}
        What stands below the estimate.
    has_stars : bool
        Whether significance stars are printed, with their levels in the note.
    columns_per_table : int
        A wider ladder is continued in another table.
    """

    under: Under = "se"
    has_stars: bool = False
    columns_per_table: int = 6


def format_stars(p: float) -> str:
    """Return the stars of a p-value."""
    return next((mark for bound, mark in STAR_LEVELS if p <= bound), "")


def format_below(record: Record, under: Under, decimals: int, floor: float = float("nan")) -> str:
    """Return the line below an estimate; where the asked one is absent, the error or the interval."""
    error, p = read_number(record.get("se")), read_number(record.get("p"))
    low, high = read_number(record.get("low")), read_number(record.get("high"))
    has_error = error == error and error > 0
    lines = {
        "se": f"({numbers.format_fixed(error, decimals)})" if has_error else "",
        "interval": f"[{numbers.format_interval(low, high, decimals)}]" if low == low and high == high else "",
        "t": f"[{numbers.format_fixed(read_number(record['effect']) / error, 2)}]" if has_error else "",
        "p": numbers.format_p_value(p, floor),
    }
    order: tuple[Under, ...] = (under, "se", "interval")
    return next((lines[kind] for kind in order if lines[kind]), "")


def find_decimals(record: Record) -> int:
    """Return the decimals an estimate is printed with."""
    return numbers.choose_effect_decimals(
        take_text(record.get("scale")), read_number(record["effect"]), read_number(record.get("se"))
    )


def estimate_cell(record: Record | None, options: TableOptions, floor: float = float("nan")) -> Cell:
    """Return the cell of one estimate, empty where there is none."""
    if record is None:
        return Cell(("",))
    decimals = find_decimals(record)
    p = read_number(record.get("p"))
    value = numbers.format_fixed(record["effect"], decimals)
    if options.has_stars and p == p:
        value += format_stars(p)
    line = format_below(record, options.under, decimals, floor)
    return Cell((value, line) if line else (value,))


def list_under_notes(records: list[Record], options: TableOptions) -> list[str]:
    """Return the keys of the wording that explain what stands below the estimates, in the order of the columns."""
    keys = []
    for record in records:
        line = format_below(record, options.under, find_decimals(record))
        if line.startswith("("):
            keys.append("se_note")
        elif line.startswith("["):
            keys.append("interval_note" if " to " in line else "t_note")
        elif line:
            keys.append("p_note")
    return list(dict.fromkeys(keys))
