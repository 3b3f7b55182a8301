"""Effects in words, and the smallest effect that would have been found."""

import math

from twintrade.effects import ResultSet
from twintrade.render import numbers
from twintrade.render.reading import Record, findings_of, number, text

SPREAD = 1.959964
"""Half the width of a 95 % interval in standard errors."""
DETECTED = 2.801585
"""Standard errors of an effect that a 5 % two-sided test finds with 80 % power (Bloom 1995)."""
LARGEST = math.log(11)
"""Log points beyond which a percentage says no more than "more than +1,000%"."""


def detectable(results: ResultSet, spec: Record, effect: Record) -> str:
    """Return the minimum detectable effect: from placebo designs where they were drawn, else from the interval."""
    for finding in findings_of(results, "power"):
        if (text(finding["estimator"]), text(finding["specification"])) == (
            text(spec["estimator"]),
            text(spec["specification"]),
        ) and math.isfinite(number(finding.get("value"))):
            return f"{sized(number(finding['value']), text(finding['unit']))} (placebo designs)"
    return from_interval(number(effect.get("low")), number(effect.get("high")), text(effect.get("scale")))


def sized(value: float, scale: str) -> str:
    """Return an effect in words: percent for logarithms."""
    if math.isinf(value):
        return numbers.fixed(value)
    if scale == "log points":
        if value > LARGEST:
            return f"more than +{numbers.percent_from_log(LARGEST, 0)}"
        shown = numbers.percent_from_log(value, 1 if abs(value) < 1 else 0)
        return shown if value < 0 else f"+{shown}"
    if scale == "share":
        return numbers.percent(100 * value)
    return numbers.percent(value) if scale == "percent" else numbers.compact(value, 3)


def known(low: float, high: float) -> bool:
    """Whether there is an interval."""
    return low == low and high == high


def ranged(low: float, high: float, scale: str) -> str:
    """Return an interval in words."""
    if not known(low, high):
        return "no interval"
    return f"{sized(low, scale)} to {sized(high, scale)}"


def from_interval(low: float, high: float, scale: str) -> str:
    """Return the effect that a test as wide as this interval finds with 80 % power."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "unknown: the interval has no end" if known(low, high) else ""
    return f"{sized(size_from(low, high), scale)} (from the interval)"


def size_from(low: float, high: float) -> float:
    """Return the effect that a test as wide as this 95 % interval finds with 80 % power, on the interval's scale."""
    return (high - low) / (2 * SPREAD) * DETECTED


def between_groups(rows: list[Record]) -> str:
    """Return the smallest difference between the two best known groups that would be found."""
    widths = sorted(number(r["high"]) - number(r["low"]) for r in rows)
    known = [w for w in widths if math.isfinite(w)]
    if len(known) < 2:
        return ""
    size = DETECTED * math.hypot(known[0], known[1]) / (2 * SPREAD)
    return f"{sized(size, 'log points')} between groups (from the intervals)"
