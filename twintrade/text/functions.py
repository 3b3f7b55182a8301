"""What a message may call to write a number: ``{ PERCENT($change, decimals: 1, sign: "always") }``."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from twintrade.text import numbers

Put = Callable[[str, Mapping[str, Any]], str]
LEAST_COUNTED = 1e6
"""Amounts below are written in full in every language."""


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


def write_interval(
    put: Put, low: object, high: object, decimals: int, unit: str, errors: tuple[float, float] = (math.nan, math.nan)
) -> str:
    """Say an interval by its ends, to the digits that their Monte Carlo errors leave."""
    if numbers.is_missing(low) or numbers.is_missing(high):
        return ""
    ends = {}
    for name, end, error in zip(("low", "high"), (low, high), errors, strict=True):
        last = numbers.choose_end_decimals(float(end), error, decimals)  # type: ignore[arg-type]
        ends[name] = numbers.format_fixed(end, last) + unit
    return put("numbers.interval", ends)


def write_p_cell(put: Put, p: object, floor: object = None) -> str:
    """Say a p-value, beside its floor where it has one."""
    if numbers.is_missing(p):
        return ""
    value = float(p)  # type: ignore[arg-type]
    if numbers.is_missing(floor):
        return "< 0.001" if value < 0.001 else numbers.format_p_number(value)
    least = float(floor)  # type: ignore[arg-type]
    values = {"p": numbers.format_p_number(value), "floor": numbers.format_p_number(least)}
    if value < least * (1 - 1e-9):
        return put("numbers.p-below-floor", values)
    return put("numbers.p-at-floor" if value <= least * (1 + 1e-9) else "numbers.p-above-floor", values)


def write_p(put: Put, p: object, floor: object = None) -> str:
    """Say a p-value with its relation."""
    cell = write_p_cell(put, p, floor)
    return put("numbers.p-equal" if cell[:1].isdigit() else "numbers.p-bound", {"cell": cell}) if cell else ""


def find_power(value: float, powers: Sequence[int]) -> int:
    """Return the largest of some powers of ten that an amount reaches, 0 where it is written in full."""
    return next((p for p in powers if abs(value) >= max(10.0**p, LEAST_COUNTED)), 0)


def write_quantity(put: Put, value: object, unit: str = "", error: float = math.nan) -> str:
    """Say an amount with the language's word for its size, to three digits or those that hold, and with its unit."""
    if numbers.is_missing(value):
        return ""
    number = numbers.compute_rounded(float(value), 3)  # type: ignore[arg-type]
    last = numbers.choose_end_decimals(number, error, numbers.MOST_DECIMALS)
    number = round(number, last) if last < numbers.MOST_DECIMALS else number
    power = find_power(number, [int(p) for p in put("numbers.powers", {}).split()])
    if power:
        counted = number / 10**power
        shown = numbers.format_fixed(counted, min(numbers.choose_decimals(counted), max(last + power, 0)))
        amount = put("numbers.counted", {"amount": shown, "power": power})
    elif last < numbers.MOST_DECIMALS:
        amount = numbers.format_fixed(number, min(numbers.choose_decimals(number), last))
    else:
        amount = numbers.format_compact(value, 3)
    return put("numbers.quantity", {"amount": amount, "unit": unit}) if unit else amount


def list_functions(put: Put) -> Mapping[str, Callable[..., Any]]:
    """Return by name what a message may call; values may be variables, options are literals.

    ``put``: from a key and its values to the message of the same language.
    """
    return {
        "FIXED": write_fixed,
        "PERCENT": write_percent,
        "SHARE": write_share,
        "LOGPERCENT": write_log_percent,
        "COMPACT": write_compact,
        "PLAIN": write_plain,
        "P": partial(write_p, put),
        "QUANTITY": partial(write_quantity, put),
        "EVENTTIME": lambda value: numbers.format_event_time(int(value)),
    }
