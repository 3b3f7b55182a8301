"""One rounding for every format: what a number looks like is decided here and nowhere else."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

MINUS = "\u2212"
DECIMALS_BY_SCALE = {"log points": 3, "share": 3, "percent": 1, "index": 1}
MOST_DECIMALS = 6


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN or pandas' missing value."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas.NA refuses to be a truth value
        return True


def format_fixed(value: object, decimals: int = 3) -> str:
    """Format with some decimals, below zero rounded to tens, a true minus, thousands and no negative zero."""
    if is_missing(value):
        return ""
    number = float(value)  # type: ignore[arg-type]
    if math.isinf(number):
        return f"{MINUS}∞" if number < 0 else "∞"
    text = f"{abs(round(number, decimals) if decimals < 0 else number):,.{max(decimals, 0)}f}"
    return MINUS + text if number < 0 and any(digit in text for digit in "123456789") else text


def format_count(value: object) -> str:
    """Format a count."""
    return format_fixed(value, 0)


def choose_decimals(*values: float, significant: int = 3) -> int:
    """Return the decimals that show the smallest finite non-zero value with so many significant digits."""
    sizes = [abs(v) for v in values if not is_missing(v) and math.isfinite(v) and v != 0]
    if not sizes:
        return 0
    return min(max(significant - 1 - math.floor(math.log10(min(sizes))), 0), MOST_DECIMALS)


def choose_effect_decimals(scale: str, effect: float, standard_error: float = math.nan) -> int:
    """Return the decimals of an effect: fixed by its scale, for levels by its standard error, else by its size."""
    by_size = choose_decimals(effect if is_missing(standard_error) or standard_error == 0 else standard_error)
    if scale == "share":
        return max(DECIMALS_BY_SCALE[scale], by_size)
    return DECIMALS_BY_SCALE.get(scale, by_size)


def choose_end_decimals(value: float, error: float, decimals: int) -> int:
    """Return the decimals of an interval's end whose last digit other draws would leave; below zero tens, hundreds.

    Its Monte Carlo error is below half of one of the last digit, or, where that leaves no digit but zeros, below one
    of the first. A fall by less than everything stays one.

    ``value``, ``error``: the end, and its Monte Carlo standard error: missing or zero where no draw could move it;
    ``decimals``: at most.
    """
    if is_missing(error) or not 0 < error < math.inf or not math.isfinite(value):
        return decimals
    last, first = math.ceil(-math.log10(2 * error)) - 1, -math.floor(math.log10(abs(value) or error))
    last = min(decimals, first if last < first and error < 10.0**-first else last)
    while last < decimals and value > -100 >= round(value, last):
        last += 1
    return last


def format_compact(value: object, significant: int = 4) -> str:
    """Format a value of unknown size with so many significant digits."""
    if is_missing(value):
        return ""
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number) or number == 0:
        return format_fixed(number, 0)
    if number.is_integer() and abs(number) < 1e15:
        return format_fixed(number, 0)
    return format_fixed(number, choose_decimals(number, significant=significant))


def choose_column_decimals(values: Iterable[float]) -> int | None:
    """Return the decimals for a whole column: four digits for its largest value, three decimals where it is below 10.

    None where sizes lie so far apart that no one number of decimals shows them all.
    """
    sizes = sorted(abs(v) for v in values if math.isfinite(v) and v != 0)
    if not sizes:
        return 0
    largest, middle = sizes[-1], sizes[(len(sizes) - 1) // 2]
    if largest < 0.1:
        return choose_decimals(largest)
    if all(size.is_integer() for size in sizes):
        return 0
    decimals = max(0, min(3, 3 - math.floor(math.log10(largest))))
    return None if round(middle, decimals) == 0 or (largest >= 1e4 and (middle < 10 or sizes[0] < 1)) else decimals


def convert_log_to_percent(log_points: float) -> float:
    """Return 100(exp(b) - 1): a finished number, shown on the percent scale."""
    return 100.0 * math.expm1(log_points)


def compute_log_of_percent(percent_effect: float) -> float:
    """Return ln(1 + p/100), the log points of a percentage; a fall of everything has none."""
    return math.log1p(percent_effect / 100) if percent_effect > -100 else math.nan


def format_percent(value: object, decimals: int = 1) -> str:
    """Format a percentage."""
    text = format_fixed(value, decimals)
    return f"{text}%" if text else ""


def format_log_percent(log_points: float, decimals: int = 1) -> str:
    """Format a log-point effect as a percentage, 100(exp(b) - 1)."""
    return "" if is_missing(log_points) else format_percent(convert_log_to_percent(log_points), decimals)


def format_p_number(p: float) -> str:
    """Format a p-value: two decimals from 0.1 on, three below, without a trailing zero."""
    if p >= 0.1:
        return f"{p:.2f}"
    text = f"{p:.3f}"
    return text[:-1] if text.endswith("0") else text


def format_probability(p: object) -> str:
    """Format a p-value or its floor for a column: three decimals, and never zero."""
    if is_missing(p):
        return ""
    value = float(p)  # type: ignore[arg-type]
    return "<0.001" if value < 0.0005 else f"{value:.3f}"


def format_event_time(value: int) -> str:
    """Format an event time with a true minus and no plus."""
    return f"{MINUS}{abs(value)}" if value < 0 else str(value)


def format_event_time_label(value: int, *, is_first: bool = False, is_last: bool = False) -> str:
    """Return an event time as tables and axes print it, with ≤ or ≥ where it is an end bin."""
    return ("≤ " if is_first else "≥ " if is_last else "") + format_event_time(value)


# What a message may call to write a number: ``{ PERCENT($change, decimals: 1, sign: "always") }``.

Put = Callable[[str, Mapping[str, Any]], str]
LEAST_COUNTED = 1e6  # amounts below are written in full in every language


def _write_signed(write: Callable[..., str], value: float, places: float, sign: str = "") -> str:
    """Write a number with its plus where every sign is asked for."""
    text = write(value, int(places))
    return f"+{text}" if sign == "always" and value >= 0 and text else text


def write_percent(value: float, decimals: float = 1, sign: str = "") -> str:
    """Write a percentage that is given in percent."""
    return _write_signed(format_percent, value, decimals, sign)


TENFOLD = 900.0  # percent from which a change is no longer printed as one


def write_change(put: Put, value: float, decimals: float = 1) -> str:
    """Write a change in percent with its sign, or that it is more than tenfold."""
    return put("numbers.tenfold", {}) if value > TENFOLD else write_percent(value, decimals, "always")


def write_size(put: Put, value: float, decimals: float = 1) -> str:
    """Write how far something lies above or below, in percent, or that it is more than nine times as much."""
    most = {"size": format_percent(TENFOLD, 0)}
    return put("numbers.more-than", most) if value > TENFOLD else write_percent(value, decimals)


def write_interval(
    put: Put, low: object, high: object, decimals: int, unit: str, errors: tuple[float, float] = (math.nan, math.nan)
) -> str:
    """Say an interval by its ends, to the digits that their Monte Carlo errors leave."""
    if is_missing(low) or is_missing(high):
        return ""
    ends = {}
    for name, end, error in zip(("low", "high"), (low, high), errors, strict=True):
        last = choose_end_decimals(float(end), error, decimals)  # type: ignore[arg-type]
        ends[name] = format_fixed(end, last) + unit
    return put("numbers.interval", ends)


def write_p_cell(put: Put, p: object, floor: object = None) -> str:
    """Say a p-value, with its floor if it has one."""
    if is_missing(p):
        return ""
    value = float(p)  # type: ignore[arg-type]
    if is_missing(floor):
        return "< 0.001" if value < 0.001 else format_p_number(value)
    least = float(floor)  # type: ignore[arg-type]
    values = {"p": format_p_number(value), "floor": format_p_number(least)}
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
    if is_missing(value):
        return ""
    number = float(f"{float(value):.3g}")  # type: ignore[arg-type]
    last = choose_end_decimals(number, error, MOST_DECIMALS)
    number = round(number, last) if last < MOST_DECIMALS else number
    power = find_power(number, [int(p) for p in put("numbers.powers", {}).split()])
    if power:
        counted = number / 10**power
        shown = format_fixed(counted, min(choose_decimals(counted), max(last + power, 0)))
        amount = put("numbers.counted", {"amount": shown, "power": power})
    elif last < MOST_DECIMALS:
        amount = format_fixed(number, min(choose_decimals(number), last))
    else:
        amount = format_compact(value, 3)
    return put("numbers.quantity", {"amount": amount, "unit": unit}) if unit else amount


def list_functions(put: Put) -> Mapping[str, Callable[..., Any]]:
    """Return by name what a message may call, in the words of one language; values may be variables, options not."""
    return {
        "FIXED": lambda value, decimals=3, sign="": _write_signed(format_fixed, value, decimals, sign),
        "PERCENT": write_percent,
        "CHANGE": partial(write_change, put),
        "SIZE": partial(write_size, put),
        "SHARE": lambda value, decimals=0: format_percent(100 * value, int(decimals)),
        "LOGPERCENT": lambda value, decimals=1, sign="": _write_signed(format_log_percent, value, decimals, sign),
        "COMPACT": lambda value, digits=4, sign="": _write_signed(format_compact, value, digits, sign),
        "PLAIN": lambda value: str(int(value)).replace("-", MINUS),  # a year, a row of a file: without grouping
        "P": partial(write_p, put),
        "QUANTITY": partial(write_quantity, put),
        "EVENTTIME": lambda value: format_event_time(int(value)),
    }
