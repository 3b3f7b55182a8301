"""What a message may call to write a number: ``{ PERCENT($change, decimals: 1, sign: "always") }``."""

from collections.abc import Callable, Mapping
from typing import Any

from twintrade.text import numbers


def _sign(text: str, value: float, sign: str) -> str:
    return f"+{text}" if sign == "always" and value >= 0 and text else text


def write_fixed(value: float, decimals: float = 3, sign: str = "") -> str:
    """Write a number with a fixed number of decimals."""
    return _sign(numbers.format_fixed(value, int(decimals)), value, sign)


def write_percent(value: float, decimals: float = 1, sign: str = "") -> str:
    """Write a percentage that is given in percent."""
    return _sign(numbers.format_percent(value, int(decimals)), value, sign)


def write_share(value: float, decimals: float = 0) -> str:
    """Write a share of one as a percentage."""
    return numbers.format_percent(100 * value, int(decimals))


def write_log_percent(value: float, decimals: float = 1, sign: str = "") -> str:
    """Write an effect in log points as a percentage."""
    return _sign(numbers.format_log_percent(value, int(decimals)), value, sign)


def write_compact(value: float, digits: float = 4, sign: str = "") -> str:
    """Write a number of unknown size with so many significant digits."""
    return _sign(numbers.format_compact(value, int(digits)), value, sign)


def write_plain(value: float) -> str:
    """Write a whole number without grouping: a year, a row of a file."""
    return str(int(value)).replace("-", numbers.MINUS)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "FIXED": write_fixed,
    "PERCENT": write_percent,
    "SHARE": write_share,
    "LOGPERCENT": write_log_percent,
    "COMPACT": write_compact,
    "PLAIN": write_plain,
    "P": numbers.format_p_value,
    "QUANTITY": numbers.format_quantity,
    "EVENTTIME": lambda value: numbers.format_event_time(int(value)),
}
"""By the name under which Fluent calls it; values may be variables, options are literals."""
