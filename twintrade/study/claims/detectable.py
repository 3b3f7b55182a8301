"""Effects in words, and the smallest effect that would have been found."""

import math

from twintrade.effects import ResultSet
from twintrade.render.detecting import DETECTED, MOST_PERCENT, SPREAD, compute_size_from_interval, find_detectable
from twintrade.render.ends import read_ends
from twintrade.render.reading import Record, find_overall, list_records, read_number, take_text
from twintrade.text import Text, Words, amounts, numbers


def describe_detectable(results: ResultSet, spec: Record, effect: Record) -> Words:
    """Return the minimum detectable effect: from placebo designs where they were drawn, else from the interval."""
    size, scale, by = find_detectable(results, spec, effect)
    if by == "placebo designs":
        return Text("claims.by-placebos", size=describe_size(size, scale))
    return _describe_by_interval(size, scale)


def describe_size(value: float, scale: str, error: float = math.nan) -> Words:
    """Return an effect, or an end with its Monte Carlo error, in words: percent for logarithms."""
    if math.isinf(value):
        return numbers.format_fixed(value)
    if value > {"log points": math.log1p(MOST_PERCENT / 100), "percent": MOST_PERCENT}.get(scale, math.inf):
        return Text("claims.more-than", size=numbers.format_percent(MOST_PERCENT, 0))
    if scale == "log points":
        percent, error = numbers.convert_log_to_percent(value), 100 * math.exp(value) * error
        return amounts.format_end(percent, error, 1 if abs(value) < 1 else 0)
    if scale in ("share", "percent"):
        value, error = (100 * value, 100 * error) if scale == "share" else (value, error)
        return numbers.format_percent(value, numbers.choose_end_decimals(value, error, 1))
    if error > 0:
        return amounts.format_quantity(value, error=error)
    return numbers.format_compact(value, 3)


def is_known(low: float, high: float) -> bool:
    """Whether there is an interval."""
    return low == low and high == high


def find_scale(results: ResultSet, payload: str) -> str:
    """Return the scale of the effects in a payload: that of the column whose check made it."""
    for finding in list_records(results.findings):
        if payload in take_text(finding.get("payloads")).split():
            effect = find_overall(results, finding)
            return take_text(effect["scale"]) if effect is not None else "log points"
    return "log points"


def describe_range(record: Record, scale: str) -> Text:
    """Return the interval of a record as a text."""
    low, high = read_ends(record)
    if not is_known(low.value, high.value):
        return Text("claims.no-interval")
    ends = {name: describe_size(end.value, scale, end.error) for name, end in (("low", low), ("high", high))}
    return Text("claims.range", **ends)


def describe_from_interval(low: float, high: float, scale: str) -> Words:
    """Return the effect that a test as wide as this interval finds with 80 % power."""
    return _describe_by_interval(compute_size_from_interval(low, high), scale)


def _describe_by_interval(size: float, scale: str) -> Words:
    if not math.isfinite(size):
        return Text("claims.endless") if size == size else ""
    return Text("claims.by-interval", size=describe_size(size, scale))


def describe_group_difference(rows: list[Record], scale: str) -> Words:
    """Return the smallest difference between the two best known groups that would be found."""
    widths = sorted(read_number(r["high"]) - read_number(r["low"]) for r in rows)
    known = [w for w in widths if math.isfinite(w)]
    if len(known) < 2:
        return ""
    size = DETECTED * math.hypot(known[0], known[1]) / (2 * SPREAD)
    return Text("claims.between-groups", size=describe_size(size, scale))
