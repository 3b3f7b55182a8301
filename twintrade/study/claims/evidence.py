"""What a result set says about one claim: supported, not supported or cannot tell, and what could have been seen."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render import numbers
from twintrade.render.reading import (
    Record,
    findings_of,
    has_spoken,
    headline,
    label,
    number,
    overall,
    payloads,
    records,
    specifications,
    text,
)
from twintrade.render.wording import check_name
from twintrade.study.claims.detectable import between_groups, detectable, from_interval, known, ranged, sized

Verdict = Literal["supported", "not supported", "cannot tell"]
SUPPORTED: Verdict = "supported"
NOT_SUPPORTED: Verdict = "not supported"
CANNOT_TELL: Verdict = "cannot tell"

LEVEL = 0.95
MEAN_OF_CASES = "random-effects mean"


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


def answered(results: ResultSet, evidence: Mapping[str, Any]) -> Answer | None:
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
    column, direction = text(evidence.get("column")), str(evidence.get("direction", "higher"))
    case = None if column else _case(results, direction)
    if case is not None:
        return case
    spec = _column(results, column)
    effect = overall(results, spec) if spec is not None else None
    mean = None if column else _mean_of_cases(results)
    if spec is None or effect is None:
        return None if mean is None else _answer_by_mean(mean, evidence)
    scale = text(effect.get("scale"))
    low, high, value = number(effect.get("low")), number(effect.get("high")), number(effect["effect"])
    found = f"{label(spec)}: {sized(value, scale)} ({ranged(low, high, scale)}"
    p = numbers.p_value(effect.get("p"))
    found += f"; {p})" if p else ")"
    verdict = _beyond(low, high, direction, _bound(evidence, scale))
    objecting = objections(results, spec)
    if verdict != CANNOT_TELL and objecting:
        verdict, found = CANNOT_TELL, f"{found}; {', '.join(objecting)} object, so it is not the tie's"
    elif verdict == CANNOT_TELL:
        found += "; the interval holds both answers" if known(low, high) else "; there is no interval"
    if mean is not None:
        found += f". Another method, not the answer here: {_mean_in_words(mean)}"
    return Answer(verdict, f"{found}.", detectable(results, spec, effect))


def _mean_of_cases(results: ResultSet) -> Record | None:
    """Return the random-effects mean of several cases, None where there is none."""
    for frame in payloads(results, "cases_forest").values():
        for row in records(frame):
            if text(row["label"]) == MEAN_OF_CASES:
                return row
    return None


def _mean_in_words(mean: Record) -> str:
    scale = text(mean["scale"])
    reach = ranged(number(mean["low"]), number(mean["high"]), scale)
    return f"{text(mean['method'])} {sized(number(mean['effect']), scale)} ({reach}; {text(mean['interval_method'])})"


def _answer_by_mean(mean: Record, evidence: Mapping[str, Any]) -> Answer:
    """Return what the mean of the cases says where nothing else was estimated."""
    low, high, scale = number(mean["low"]), number(mean["high"]), text(mean["scale"])
    verdict = _beyond(low, high, str(evidence.get("direction", "higher")), _bound(evidence, scale))
    return Answer(verdict, f"{_mean_in_words(mean)}.", from_interval(low, high, scale))


def _case(results: ResultSet, direction: str) -> Answer | None:
    """Return what the placebos say about a single case."""
    for finding in findings_of(results, "case_verdict"):
        sentence = text(finding["sentence"])
        verdict = CANNOT_TELL
        if text(finding["verdict"]) == "pass":
            stands_above = " above what " in sentence
            verdict = SUPPORTED if stands_above == (direction == "higher") else NOT_SUPPORTED
        spec = headline(results)
        effect = overall(results, spec) if spec is not None else None
        mde = detectable(results, spec, effect) if spec is not None and effect is not None else ""
        return Answer(verdict, sentence, mde)
    return None


def _verdict(results: ResultSet, evidence: Mapping[str, Any]) -> Answer | None:
    """Checks that pass or fail; a pass supports only where the check was made to show the claim."""
    made = [r for check in evidence["checks"] for r in _about_headline(results, findings_of(results, check))]
    found = [r for r in made if has_spoken(r)]
    if not found:
        return Answer(CANNOT_TELL, _sentence(made[0]), is_examined=False) if made else None
    failed = [r for r in found if text(r["verdict"]) == "fail"]
    shown = list(dict.fromkeys(_sentence(r) for r in (failed or found)))[:2]
    is_sure = bool(failed) and not (evidence.get("pass_supports") and number(failed[0].get("value")) >= 1 - LEVEL)
    passes = any(text(r["verdict"]) == "pass" for r in found)
    if failed:
        return Answer(NOT_SUPPORTED if is_sure else CANNOT_TELL, " ".join(shown))
    if evidence.get("pass_supports") and passes:
        return Answer(SUPPORTED, " ".join(shown))
    return Answer(CANNOT_TELL, " ".join((*shown, "That no check objects is no proof.")))


def _groups(results: ResultSet, evidence: Mapping[str, Any]) -> Answer | None:
    """Effects by group: whether they differ as claimed, or all lie on one side of zero."""
    for frame in payloads(results, "forest").values():
        if "group" not in frame or not text(frame["group"].iloc[0]).startswith(tuple(evidence["by"])):
            continue
        rows = [r for r in records(frame) if number(r["effect"]) == number(r["effect"])]
        among = tuple(evidence.get("among", ("",)))
        if len(rows) < 2 or not any(text(r["label"]).startswith(among) for r in rows):
            return None
        p = number(rows[0].get("p_equality"))
        listed = "; ".join(
            f"{text(r['label'])} {sized(number(r['effect']), 'log points')} "
            f"({ranged(number(r['low']), number(r['high']), 'log points')})"
            for r in rows
        )
        sentence = f"{listed}; equality {numbers.p_value(p) or 'not tested'}."
        return Answer(_group_verdict(rows, p, evidence), sentence, between_groups(rows) or _of_the_whole(results))
    return None


def _group_verdict(rows: list[Record], p: float, evidence: Mapping[str, Any]) -> Verdict:
    differ = p < 1 - LEVEL
    if evidence.get("direction") == "same":
        sides = {_beyond(number(r["low"]), number(r["high"]), "higher") for r in rows}
        one_sided = len(sides) == 1 and sides != {CANNOT_TELL}
        return NOT_SUPPORTED if differ else SUPPORTED if one_sided else CANNOT_TELL
    largest = max(rows, key=lambda r: number(r["effect"]))
    wanted = text(evidence.get("largest"))
    is_wanted = not wanted or text(largest["label"]).startswith(wanted)
    return CANNOT_TELL if not differ else SUPPORTED if is_wanted else NOT_SUPPORTED


def _of_the_whole(results: ResultSet) -> str:
    """Return the headline's minimum detectable effect as the least that a part of it has."""
    spec = headline(results)
    effect = overall(results, spec) if spec is not None else None
    whole = detectable(results, spec, effect) if spec is not None and effect is not None else ""
    return f"larger than that of the whole, {whole}" if whole else ""


def _parts(results: ResultSet, evidence: Mapping[str, Any]) -> Answer | None:
    """Labelled parts with intervals in a payload: all of them must lie as claimed."""
    group = text(evidence.get("group"))
    for frame in payloads(results, str(evidence["payload"])).values():
        rows = [r for r in records(frame) if text(r.get("group", group)) == group]
        rows = [r for r in rows if number(r["effect"]) == number(r["effect"])]
        if not rows:
            return None
        direction, bound = str(evidence["direction"]), number(evidence.get("bound", 0.0))
        verdicts = [_beyond(number(r["low"]), number(r["high"]), direction, bound) for r in rows]
        verdict: Verdict = SUPPORTED if set(verdicts) == {SUPPORTED} else CANNOT_TELL
        verdict = NOT_SUPPORTED if NOT_SUPPORTED in verdicts else verdict
        scale = text(rows[0].get("scale")) or "log points"
        listed = "; ".join(
            f"{text(r['label'])} {sized(number(r['effect']), scale)} "
            f"({ranged(number(r['low']), number(r['high']), scale)})"
            for r in rows
        )
        widest = max(rows, key=lambda r: number(r["high"]) - number(r["low"]))
        mde = from_interval(number(widest["low"]), number(widest["high"]), scale)
        return Answer(verdict, f"{listed}.", mde or _of_the_whole(results))
    return None


KINDS: Mapping[str, Callable[[ResultSet, Mapping[str, Any]], Answer | None]] = {
    "effect": _effect,
    "verdict": _verdict,
    "groups": _groups,
    "parts": _parts,
}


def objections(results: ResultSet, spec: Record) -> list[str]:
    """Return the names of the checks that object to a column or to the data."""
    keys = {(text(spec["estimator"]), text(spec["specification"])), ("", "")}
    failed = [
        check_name(text(r["diagnostic"]))
        for r in records(results.findings)
        if text(r["verdict"]) == "fail" and (text(r["estimator"]), text(r["specification"])) in keys
    ]
    return list(dict.fromkeys(failed))


def _beyond(low: float, high: float, direction: str, bound: float = 0.0) -> Verdict:
    """Whether an interval lies beyond a bound in the claimed direction, short of it, or neither."""
    if not known(low, high):
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
    size = number(evidence.get("at_least", 0.0)) * (-1.0 if evidence.get("direction") == "lower" else 1.0)
    return math.log1p(size / 100) if scale == "log points" else size


def _about_headline(results: ResultSet, findings: list[Record]) -> list[Record]:
    """Return the findings about the headline column where there are such, else all."""
    spec = headline(results)
    if spec is None:
        return findings
    keys = (text(spec["estimator"]), text(spec["specification"]))
    own = [r for r in findings if (text(r["estimator"]), text(r["specification"])) == keys]
    return own or findings


def _sentence(finding: Record) -> str:
    said = text(finding["sentence"])
    return f"{check_name(text(finding['diagnostic']))}: {said}"


def _column(results: ResultSet, column: str) -> Record | None:
    if not column:
        return headline(results)
    for spec in specifications(results):
        if column in (text(spec["estimator"]), f"{text(spec['estimator'])}/{text(spec['specification'])}"):
            return spec
    return None


def frame_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return ledger rows as a frame in a fixed order of columns."""
    return pd.DataFrame(rows, columns=["claim_id", "claim", "verdict", "answer", "detectable", "is_examined"])
