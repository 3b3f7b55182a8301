"""From the date of an agreement, as precise as it is known, to the first period in which it counts."""

from twintrade.data.calendar import Frequency, TwinningDate


def find_onset(date: TwinningDate, frequency: Frequency, late_from: int, vague_years_later: int = 0) -> int:
    """Return the first period in which an agreement of this date counts.

    ``frequency``: of the panel; ``late_from``: in annual panels an agreement from this month on counts from the next
    year; 13 never. In quarterly and monthly panels an agreement counts from the period it falls in;
    ``vague_years_later``: years added to a date known by its year only, which otherwise counts from the start of that
    year.
    """
    year = date.year + (vague_years_later if date.month is None else 0)
    if frequency is Frequency.YEAR and date.month is not None and date.month >= late_from:
        return year + 1
    return frequency.ordinal(year, date.month or 1)


def find_end(date: TwinningDate, frequency: Frequency) -> int:
    """Return the first period in which an agreement that ended on this date no longer counts: the one after it."""
    return frequency.ordinal(date.year, date.month or 12) + 1
