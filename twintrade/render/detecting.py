"""The smallest effect that would have been found, and what says so."""

from twintrade.effects import ResultSet
from twintrade.effects.money import DetectedBy
from twintrade.render.reading import Record, list_records, read_number, select_matching, take_text

SPREAD = 1.959964
"""Half the width of a 95 % interval in standard errors."""
DETECTED = 2.801585
"""Standard errors of an effect that a 5 % two-sided test finds with 80 % power (Bloom 1995)."""

MOST_PERCENT = 1000.0
"""Percent beyond which a change is no more than "more than +1,000%"."""


def find_detectable(results: ResultSet, spec: Record, effect: Record) -> tuple[float, str, DetectedBy]:
    """Return the minimum detectable effect of a specification, its scale, and what says so.

    Placebo designs of the specification say it where they were drawn, else the interval of its effect: infinite where
    that has no end, NaN where there is none.
    """
    for finding in list_records(select_matching(results.findings, spec)):
        size = read_number(finding["detectable"])
        if 0 < size < float("inf"):
            return size, take_text(finding["unit"]), "placebo designs"
    size = compute_size_from_interval(read_number(effect.get("low")), read_number(effect.get("high")))
    return size, take_text(effect.get("scale")), "the interval" if size == size else ""


def compute_size_from_interval(low: float, high: float) -> float:
    """Return the effect that a test as wide as this 95 % interval finds with 80 % power, on the interval's scale."""
    return (high - low) / (2 * SPREAD) * DETECTED
