"""What a result set says about one claim: supported, not supported or cannot tell, and what could have been seen."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render.names import name_check
from twintrade.render.reading import (
    Record,
    find_headline,
    find_overall,
    find_payloads,
    format_label,
    has_spoken,
    list_findings,
    list_records,
    list_specifications,
    read_number,
    take_text,
)
from twintrade.study.claims.detectable import (
    compute_from_interval,
    format_detectable,
    format_group_difference,
    format_range,
    format_size,
    is_known,
)
from twintrade.text import amounts

Verdict = Literal["supported", "not supported", "cannot tell"]
SUPPORTED: Verdict = "supported"
NOT_SUPPORTED: Verdict = "not supported"
CANNOT_TELL: Verdict = "cannot tell"

LEVEL = 0.95
AGREEING: Mapping[str, tuple[str, ...]] = {
    "higher": ("higher",),
    "not lower": ("higher",),
    "lower": ("lower",),
    "different": ("higher", "lower"),
}
"""Directions of a finding that a claim's direction agrees with."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known about a claim.

    Attributes
    ----------
    verdict : {"supported", "not supported", "cannot tell"}
    sentence : str
        The evidence in plain words.
    detectable : str
        Minimum detectable effect; empty where the evidence is no effect.
    is_examined : bool
        Whether the result set holds anything on it.
    """

    verdict: Verdict
    sentence: str
    detectable: str = ""
    is_examined: bool = True


def answer_claim(results: ResultSet, evidence: Mapping[str, Any]) -> Answer | None:
    """Return what the results say, None where they hold nothing about it.

    Parameters
    ----------
    results : ResultSet
    evidence : mapping
        ``kind`` and what that kind looks at, as in claims.toml.
    """
    return KINDS[str(evidence["kind"])](results, evidence)


def _effect(results: ResultSet, evidence: Mapping[str, Any]) -> Answer | None:
    """A single case by its placebo rank, else the effect of a column; several cases' mean stands beside it."""
    column, direction = take_text(evidence.get("column")), str(evidence.get("direction", "higher"))
    case = None if column else _case(results, direction)
    if case is not None:
        return case
    spec = _column(results, column)
    effect = find_overall(results, spec) if spec is not None else None
    mean = None if column else _mean_of_cases(results)
    if spec is None or effect is None:
        return None if mean is None else _answer_by_mean(mean, evidence)
    scale = take_text(effect.get("scale"))
    low, high, value = read_number(effect.get("low")), read_number(effect.get("high")), read_number(effect["effect"])
    found = f"{format_label(spec)}: {format_size(value, scale)} ({format_range(low, high, scale)}"
    p = amounts.format_p_value(effect.get("p"))
    found += f"; {p})" if p else ")"
    verdict = _beyond(low, high, direction, _bound(evidence, scale))
    objecting = list_objections(results, spec)
    if verdict != CANNOT_TELL and objecting:
        verdict, found = CANNOT_TELL, f"{found}; {', '.join(objecting)} object, so it is not the agreement's"
    elif verdict == CANNOT_TELL:
        found += "; the interval holds both answers" if is_known(low, high) else "; there is no interval"
    if mean is not None:
        found += f". Another method, not the answer here: {_mean_in_words(mean)}"
    return Answer(verdict, f"{found}.", format_detectable(results, spec, effect))


def _mean_of_cases(results: ResultSet) -> Record | None:
    """Return the random-effects mean of several cases, None where there is none."""
    for frame in find_payloads(results, "cases_forest").values():
        for row in list_records(frame):
            if take_text(row.get("method")):
                return row
    return None


def _mean_in_words(mean: Record) -> str:
    scale = take_text(mean["scale"])
    reach = format_range(read_number(mean["low"]), read_number(mean["high"]), scale)
    return (
        f"{take_text(mean['method'])} {format_size(read_number(mean['effect']), scale)} ({reach}; "
        f"{take_text(mean['interval_method'])})"
    )


def _answer_by_mean(mean: Record, evidence: Mapping[str, Any]) -> Answer:
    """Return what the mean of the cases says where nothing else was estimated."""
    low, high, scale = read_number(mean["low"]), read_number(mean["high"]), take_text(mean["scale"])
    verdict = _beyond(low, high, str(evidence.get("direction", "higher")), _bound(evidence, scale))
    return Answer(verdict, f"{_mean_in_words(mean)}.", compute_from_interval(low, high, scale))


def _case(results: ResultSet, direction: str) -> Answer | None:
    """Return what the placebos say about a single case."""
    for finding in list_findings(results, "case_verdict"):
        verdict = CANNOT_TELL
        if take_text(finding["verdict"]) == "does not object":
            verdict = SUPPORTED if take_text(finding["direction"]) in AGREEING[direction] else NOT_SUPPORTED
        spec = find_headline(results)
        effect = find_overall(results, spec) if spec is not None else None
        mde = format_detectable(results, spec, effect) if spec is not None and effect is not None else ""
        return Answer(verdict, take_text(finding["sentence"]), mde)
    return None


def _verdict(results: ResultSet, evidence: Mapping[str, Any]) -> Answer | None:
    """Checks that pass or fail; a pass supports only where the check was made to show the claim."""
    made = [r for check in evidence["checks"] for r in _about_headline(results, list_findings(results, check))]
    found = [r for r in made if has_spoken(r)]
    if not found:
        return Answer(CANNOT_TELL, _sentence(made[0]), is_examined=False) if made else None
    failed = [r for r in found if take_text(r["verdict"]) == "objects"]
    shown = list(dict.fromkeys(_sentence(r) for r in (failed or found)))[:2]
    is_sure = bool(failed) and not (evidence.get("pass_supports") and read_number(failed[0]["p"]) >= 1 - LEVEL)
    passes = any(take_text(r["verdict"]) == "does not object" for r in found)
    if failed:
        return Answer(NOT_SUPPORTED if is_sure else CANNOT_TELL, " ".join(shown))
    if evidence.get("pass_supports") and passes:
        return Answer(SUPPORTED, " ".join(shown))
    return Answer(CANNOT_TELL, " ".join((*shown, "That no check objects is no proof.")))


def _groups(results: ResultSet, evidence: Mapping[str, Any]) -> Answer | None:
    """Effects by group: whether they differ as claimed, or all lie on one side of zero."""
    for frame in find_payloads(results, "forest").values():
        if "group" not in frame or not take_text(frame["group"].iloc[0]).startswith(tuple(evidence["by"])):
            continue
        rows = [r for r in list_records(frame) if read_number(r["effect"]) == read_number(r["effect"])]
        among = tuple(evidence.get("among", ("",)))
        if len(rows) < 2 or not any(take_text(r["label"]).startswith(among) for r in rows):
            return None
        p = read_number(rows[0].get("p_equality"))
        listed = "; ".join(
            f"{take_text(r['label'])} {format_size(read_number(r['effect']), 'log points')} "
            f"({format_range(read_number(r['low']), read_number(r['high']), 'log points')})"
            for r in rows
        )
        sentence = f"{listed}; equality {amounts.format_p_value(p) or 'not tested'}."
        return Answer(
            _group_verdict(rows, p, evidence), sentence, format_group_difference(rows) or _of_the_whole(results)
        )
    return None


def _group_verdict(rows: list[Record], p: float, evidence: Mapping[str, Any]) -> Verdict:
    differ = p < 1 - LEVEL
    if evidence.get("direction") == "same":
        sides = {_beyond(read_number(r["low"]), read_number(r["high"]), "higher") for r in rows}
        one_sided = len(sides) == 1 and sides != {CANNOT_TELL}
        return NOT_SUPPORTED if differ else SUPPORTED if one_sided else CANNOT_TELL
    largest = max(rows, key=lambda r: read_number(r["effect"]))
    wanted = take_text(evidence.get("largest"))
    is_wanted = not wanted or take_text(largest["label"]).startswith(wanted)
    return CANNOT_TELL if not differ else SUPPORTED if is_wanted else NOT_SUPPORTED


def _of_the_whole(results: ResultSet) -> str:
    """Return the headline's minimum detectable effect as the least that a part of it has."""
    spec = find_headline(results)
    effect = find_overall(results, spec) if spec is not None else None
    whole = format_detectable(results, spec, effect) if spec is not None and effect is not None else ""
    return f"larger than that of the whole, {whole}" if whole else ""


def _parts(results: ResultSet, evidence: Mapping[str, Any]) -> Answer | None:
    """Labelled parts with intervals in a payload: all of them must lie as claimed."""
    group = take_text(evidence.get("group"))
    for frame in find_payloads(results, str(evidence["payload"])).values():
        rows = [r for r in list_records(frame) if take_text(r.get("group", group)) == group]
        rows = [r for r in rows if read_number(r["effect"]) == read_number(r["effect"])]
        if not rows:
            return None
        direction, bound = str(evidence["direction"]), read_number(evidence.get("bound", 0.0))
        verdicts = [_beyond(read_number(r["low"]), read_number(r["high"]), direction, bound) for r in rows]
        verdict: Verdict = SUPPORTED if set(verdicts) == {SUPPORTED} else CANNOT_TELL
        verdict = NOT_SUPPORTED if NOT_SUPPORTED in verdicts else verdict
        scale = take_text(rows[0].get("scale")) or "log points"
        listed = "; ".join(
            f"{take_text(r['label'])} {format_size(read_number(r['effect']), scale)} "
            f"({format_range(read_number(r['low']), read_number(r['high']), scale)})"
            for r in rows
        )
        widest = max(rows, key=lambda r: read_number(r["high"]) - read_number(r["low"]))
        mde = compute_from_interval(read_number(widest["low"]), read_number(widest["high"]), scale)
        return Answer(verdict, f"{listed}.", mde or _of_the_whole(results))
    return None


KINDS: Mapping[str, Callable[[ResultSet, Mapping[str, Any]], Answer | None]] = {
    "effect": _effect,
    "verdict": _verdict,
    "groups": _groups,
    "parts": _parts,
}


def list_objections(results: ResultSet, spec: Record) -> list[str]:
    """Return the names of the checks that object to a column or to the data."""
    keys = {(take_text(spec["estimator"]), take_text(spec["specification"])), ("", "")}
    failed = [
        name_check(take_text(r["diagnostic"]))
        for r in list_records(results.findings)
        if take_text(r["verdict"]) == "objects" and (take_text(r["estimator"]), take_text(r["specification"])) in keys
    ]
    return list(dict.fromkeys(failed))


def _beyond(low: float, high: float, direction: str, bound: float = 0.0) -> Verdict:
    """Whether an interval lies beyond a bound in the claimed direction, short of it, or neither."""
    if not is_known(low, high):
        return CANNOT_TELL
    if direction == "different":
        return SUPPORTED if low > bound or high < bound else CANNOT_TELL
    if direction == "not lower":
        return SUPPORTED if low >= bound else NOT_SUPPORTED if high < bound else CANNOT_TELL
    if direction == "lower":
        return SUPPORTED if high < bound else NOT_SUPPORTED if low > bound else CANNOT_TELL
    return SUPPORTED if low > bound else NOT_SUPPORTED if high < bound else CANNOT_TELL


def _bound(evidence: Mapping[str, Any], scale: str) -> float:
    """Return the size that a claim names, on the scale of the effect, below zero for a fall."""
    size = read_number(evidence.get("at_least", 0.0)) * (-1.0 if evidence.get("direction") == "lower" else 1.0)
    return math.log1p(size / 100) if scale == "log points" else size


def _about_headline(results: ResultSet, findings: list[Record]) -> list[Record]:
    """Return the findings about the headline column where there are such, else all."""
    spec = find_headline(results)
    if spec is None:
        return findings
    keys = (take_text(spec["estimator"]), take_text(spec["specification"]))
    own = [r for r in findings if (take_text(r["estimator"]), take_text(r["specification"])) == keys]
    return own or findings


def _sentence(finding: Record) -> str:
    said = take_text(finding["sentence"])
    return f"{name_check(take_text(finding['diagnostic']))}: {said}"


def _column(results: ResultSet, column: str) -> Record | None:
    if not column:
        return find_headline(results)
    for spec in list_specifications(results):
        if column in (
            take_text(spec["estimator"]),
            f"{take_text(spec['estimator'])}/{take_text(spec['specification'])}",
        ):
            return spec
    return None


def build_ledger_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return ledger rows as a frame in a fixed order of columns."""
    return pd.DataFrame(rows, columns=["claim_id", "claim", "verdict", "answer", "detectable", "is_examined"])
