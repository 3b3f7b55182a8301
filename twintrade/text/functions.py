"""What a message may call to write a number: ``{ PERCENT($change, decimals: 1, sign: "always") }``."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from twintrade.text import numbers

Put = Callable[[str, Mapping[str, Any]], str]
_STEPS = ((1e12, "numbers.trillion"), (1e9, "numbers.billion"), (1e6, "numbers.million"))


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


def write_interval(put: Put, low: object, high: object, decimals: int, unit: str) -> str:
    """Say an interval by its ends."""
    if numbers.is_missing(low) or numbers.is_missing(high):
        return ""
    ends = {"low": numbers.format_fixed(low, decimals) + unit, "high": numbers.format_fixed(high, decimals) + unit}
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


def write_quantity(put: Put, value: object, unit: str = "") -> str:
    """Say an amount by millions, with its unit."""
    if numbers.is_missing(value):
        return ""
    number = float(value)  # type: ignore[arg-type]
    size, key = next((step for step in _STEPS if abs(number) >= step[0]), (1.0, ""))
    shown = numbers.format_fixed(number / size, numbers.choose_decimals(number / size))
    amount = put(key, {"amount": shown}) if key else numbers.format_compact(number, 3)
    return put("numbers.quantity", {"amount": amount, "unit": unit}) if unit else amount


def list_functions(put: Put) -> Mapping[str, Callable[..., Any]]:
    """Return by name what a message may call; values may be variables, options are literals.

    Parameters
    ----------
    put : callable
        From a key and its values to the message of the same language.
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
