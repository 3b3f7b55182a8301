"""One rule for every claim: supported, not supported, or cannot tell."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.effects import ResultSet
from twintrade.numerics.holm import adjust_holm
from twintrade.render import reading
from twintrade.render.names import find_check
from twintrade.render.reading import Record, take_text
from twintrade.text import Listed, Text, Words, numbers, texts

# Which checks are about the headline, and which object to an estimate or to the data.


def list_objections(results: ResultSet, spec: Record | None, but: Collection[str] = ()) -> tuple[Words, ...]:
    """Return the names of the checks that object to a column or to the data; none of no column."""
    if spec is None:
        return ()
    findings, keys = reading.list_records(results.findings), (reading.read_column(spec), ("", ""))
    objecting = [r for r in findings if take_text(r["verdict"]) == "objects" and reading.read_column(r) in keys]
    names = dict.fromkeys(take_text(r["diagnostic"]) for r in objecting)
    return tuple(dict.fromkeys(find_check(name) for name in names if name not in but))


def is_about_headline(results: ResultSet, findings: list[Record]) -> bool:
    """Whether findings are about the headline column."""
    spec = reading.find_headline(results)
    return all(spec is not None and reading.read_column(r) == reading.read_column(spec) for r in findings)


# Effects in words, and the smallest effect that would have been found.


def describe_detectable(results: ResultSet, spec: Record, effect: Record) -> Words:
    """Return the minimum detectable effect: from placebo designs where they were drawn, else from the interval."""
    size, scale, by = reading.find_detectable(results, spec, effect)
    if by == "placebo designs":
        return Text("claims.by-placebos", size=describe_size(size, scale))
    return _describe_by_interval(size, scale)


def describe_size(value: float, scale: str, error: float = math.nan) -> Words:
    """Return an effect, or an end with its Monte Carlo error, in words: percent for logarithms."""
    if math.isinf(value):
        return numbers.format_fixed(value)
    if scale == "points":
        return Text("common.effect", value=value, scale=scale)
    most = {"log points": math.log1p(reading.MOST_PERCENT / 100), "percent": reading.MOST_PERCENT}
    if value > most.get(scale, math.inf):
        return Text("claims.more-than", size=numbers.format_percent(reading.MOST_PERCENT, 0))
    if scale == "log points":
        percent, error = numbers.convert_log_to_percent(value), 100 * math.exp(value) * error
        return texts.format_end(percent, error, 1 if abs(value) < 1 else 0)
    if scale in ("share", "percent"):
        value, error = (100 * value, 100 * error) if scale == "share" else (value, error)
        return numbers.format_percent(value, numbers.choose_end_decimals(value, error, 1))
    if error > 0:
        return texts.format_quantity(value, error=error)
    return numbers.format_compact(value, 3)


def is_known(low: float, high: float) -> bool:
    """Whether there is an interval."""
    return low == low and high == high


def find_scale(results: ResultSet, payload: str) -> str:
    """Return the scale of the effects in a payload: that of the column whose check made it."""
    for finding in reading.list_records(results.findings):
        if payload in take_text(finding.get("payloads")).split():
            effect = reading.find_overall(results, finding)
            return take_text(effect["scale"]) if effect is not None else "log points"
    return "log points"


def describe_range(record: Record, scale: str) -> Text:
    """Return the interval of a record as a text."""
    low, high = reading.read_ends(record)
    if not is_known(low.value, high.value):
        return Text("claims.no-interval")
    ends = {name: describe_size(end.value, scale, end.error) for name, end in (("low", low), ("high", high))}
    return Text("claims.range", **ends)


def describe_from_interval(low: float, high: float, scale: str) -> Words:
    """Return the effect that a test as wide as this interval finds with 80 % power."""
    return _describe_by_interval(reading.compute_size_from_interval(low, high), scale)


def _describe_by_interval(size: float, scale: str) -> Words:
    if not math.isfinite(size):
        return Text("claims.endless") if size == size else ""
    return Text("claims.by-interval", size=describe_size(size, scale))


def describe_group_difference(rows: list[Record], scale: str) -> Words:
    """Return the smallest difference between the two best known groups that would be found."""
    widths = sorted(reading.read_number(r["high"]) - reading.read_number(r["low"]) for r in rows)
    known = [w for w in widths if math.isfinite(w)]
    if len(known) < 2:
        return ""
    size = reading.DETECTED * math.hypot(known[0], known[1]) / (2 * reading.SPREAD)
    return Text("claims.between-groups", size=describe_size(size, scale))


Verdict = Literal["supported", "not supported", "cannot tell"]
Side = Literal["claimed", "other", "neither"]
LEVEL = 0.05
ACCEPTED = math.nextafter(LEVEL, 1.0)  # smallest p of an effect that its interval holds
MAIN = "C1"  # the claim that is judged on its own; all others share the 5 % among them, by Holm's adjustment


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a result set holds on one claim."""

    side: Side  # where the evidence lies; "neither" also where it could not show the claim whatever came out
    p: float  # two-sided, of lying on no side; NaN where there is no test
    text: Words
    detectable: Words = ""  # minimum detectable effect; empty where the evidence is no effect
    floor: float = math.nan  # smallest p-value that the test can give, NaN where it has none
    objections: tuple[Words, ...] = ()  # names of the checks that object to the estimate or to the data
    is_examined: bool = True  # whether the result set holds anything on the claim


@dataclass(frozen=True, slots=True)
class Answer:
    """A claim's verdict with its evidence in words."""

    verdict: Verdict
    text: Words
    evidence: Evidence


def decide_claims(evidence_by_claim: Sequence[tuple[str, Evidence]]) -> list[Answer]:
    """Judge claims by their id: the main one at 5 % on its own, Holm's adjustment over the other examined ones."""
    p = [e.p if e.is_examined and name != MAIN else math.nan for name, e in evidence_by_claim]
    adjusted = adjust_holm(np.array(p, dtype=float))
    n_tests = sum(math.isfinite(value) for value in p)
    return [
        decide_claim(evidence, evidence.p if name == MAIN else float(shared), 1 if name == MAIN else n_tests)
        for (name, evidence), shared in zip(evidence_by_claim, adjusted, strict=True)
    ]


def decide_claim(evidence: Evidence, p: float, n_tests: int) -> Answer:
    """Judge one of so many claims: it needs a rejecting test, evidence on its side and no check that objects."""
    if not evidence.is_examined:
        return Answer("cannot tell", evidence.text, evidence)
    parts: list[str | Text | Listed] = [evidence.text]
    verdict: Verdict = "cannot tell"
    if evidence.floor > LEVEL / max(1, n_tests):
        parts.append(Text("claims.floor", floor=evidence.floor, level=LEVEL / max(1, n_tests)))
    elif not p <= LEVEL:
        if evidence.p <= LEVEL:
            parts.append(Text("claims.adjusted", p=p, n=n_tests))
        elif evidence.side != "neither":
            parts.append(Text("claims.both-answers"))
    elif evidence.objections and evidence.side != "neither":
        parts.append(Text("claims.objecting", names=Listed(evidence.objections), n=len(evidence.objections)))
    elif evidence.side != "neither":
        verdict = "supported" if evidence.side == "claimed" else "not supported"
    return Answer(verdict, Listed(tuple(parts), "sentences"), evidence)


def place_effect(
    effect: float, low: float, high: float, p: float, direction: str, bound: float
) -> tuple[Side, float]:
    """Return the side of a bound that an effect lies on, and the p-value of neither; ``p`` is that of zero."""
    if not is_known(low, high):
        return "neither", math.nan
    if not (bound == 0 and math.isfinite(p)):
        # What reaches beyond a bound on its own side of zero is no surer to do so than to differ from zero.
        least = p if math.isfinite(p) and effect / bound > 1 else 0.0
        # By the 95 % interval, of which one end is enough where the other is infinite.
        middle = (low + high) / 2 if math.isfinite(low) and math.isfinite(high) else effect
        widths = [abs(end - middle) for end in (low, high) if math.isfinite(end)]
        p = max(compute_interval_p(middle - bound, max(widths, default=math.nan)), least)
    is_above = low > bound or (high >= bound and effect > bound)
    if not (low > bound or high < bound):
        p = max(p, ACCEPTED) if math.isfinite(p) else ACCEPTED
    if direction == "different":
        return "claimed", p
    return ("claimed" if is_above != (direction == "lower") else "other"), p


def compute_interval_p(distance: float, half_width: float) -> float:
    """Return the two-sided p-value of a distance from zero whose 95 % interval is so wide, NaN where it has none."""
    return math.erfc(abs(distance) * reading.SPREAD / half_width / math.sqrt(2)) if half_width > 0 else math.nan
