"""Ends of intervals as pages print them: to the digits that other draws would leave."""

import math
from dataclasses import dataclass

from twintrade.render.citing import Sources, cite
from twintrade.render.reading import Record, read_number, take_text
from twintrade.text import amounts, numbers


@dataclass(frozen=True, slots=True)
class End:
    """An end of an interval."""

    value: float  # naN where there is none
    error: float = math.nan  # its Monte Carlo error; NaN where no draw could move it

    def choose_decimals(self, most: int) -> int:
        """Return how many decimals are printed."""
        return numbers.choose_end_decimals(self.value, self.error, most)

    def in_percent(self) -> "End":
        """Return an end in log points in percent."""
        if not math.isfinite(self.value):
            return self
        return End(numbers.convert_log_to_percent(self.value), 100 * math.exp(self.value) * self.error)


def read_ends(record: Record) -> tuple[End, End]:
    """Return the ends of a record's interval on its own scale."""
    low, high = (
        End(read_number(record.get(name)), read_number(record.get(f"{name}_error"))) for name in ("low", "high")
    )
    return low, high


def read_shown_ends(record: Record) -> tuple[End, End]:
    """Return the ends of a record's interval, those in log points in percent."""
    low, high = read_ends(record)
    is_log = take_text(record.get("scale")) == "log points"
    return (low.in_percent(), high.in_percent()) if is_log else (low, high)


def format_ends(ends: tuple[End, End], decimals: int, unit: str = "") -> str:
    """Return an interval in words, empty where an end is missing."""
    low, high = ends
    return amounts.format_interval(low.value, high.value, decimals, unit, (low.error, high.error))


def cite_ends(record: Record, ends: tuple[End, End], decimals: int, form: str = "") -> Sources:
    """Return the sources of both ends, with the digits that are rounded to zero."""
    low, high = (cite_end(record, name, end, decimals, form) for name, end in zip(("low", "high"), ends, strict=True))
    return low + high


def cite_end(record: Record, name: str, end: End, decimals: int, form: str = "") -> Sources:
    """Return the source of one end."""
    shown = end.choose_decimals(decimals)
    return cite(record, name, form=form if shown >= 0 else f"{form}~{-shown}")
