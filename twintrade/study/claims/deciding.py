"""One rule for every claim: supported, not supported, or cannot tell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from twintrade.numerics.holm import adjust_holm
from twintrade.render.detecting import SPREAD
from twintrade.study.claims.detectable import is_known
from twintrade.text import Listed, Text, Words

Verdict = Literal["supported", "not supported", "cannot tell"]
Side = Literal["claimed", "other", "neither"]
LEVEL = 0.05
MAIN = "C1"
"""The claim that is judged on its own; all others share the 5 % among them, by Holm's adjustment."""


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
    """Judge claims: the main one at 5 % on its own, Holm's adjustment over the other examined ones.

    ``evidence_by_claim``: with the id of each claim.
    """
    p = [e.p if e.is_examined and name != MAIN else math.nan for name, e in evidence_by_claim]
    adjusted = adjust_holm(np.array(p, dtype=float))
    n_tests = sum(math.isfinite(value) for value in p)
    return [
        decide_claim(evidence, evidence.p if name == MAIN else float(shared), 1 if name == MAIN else n_tests)
        for (name, evidence), shared in zip(evidence_by_claim, adjusted, strict=True)
    ]


def decide_claim(evidence: Evidence, p: float, n_tests: int) -> Answer:
    """Judge one claim by its p-value after adjustment over so many claims.

    Support, and its contrary, need a test that rejects, evidence on that side, and no check that objects.
    """
    if not evidence.is_examined:
        return Answer("cannot tell", evidence.text, evidence)
    parts: list[str | Text | Listed] = [evidence.text]
    verdict: Verdict = "cannot tell"
    if evidence.floor > LEVEL / max(1, n_tests):
        parts.append(Text("claims.floor", floor=evidence.floor, level=LEVEL / max(1, n_tests)))
    elif not p < LEVEL:
        if evidence.p < LEVEL:
            parts.append(Text("claims.adjusted", p=p, n=n_tests))
        elif evidence.side != "neither":
            parts.append(Text("claims.both-answers"))
    elif evidence.objections and evidence.side != "neither":
        parts.append(Text("claims.objecting", names=Listed(evidence.objections), n=len(evidence.objections)))
    elif evidence.side != "neither":
        verdict = "supported" if evidence.side == "claimed" else "not supported"
    return Answer(verdict, Listed(tuple(parts), "sentences"), evidence)


def place_effect(
    effect: float, low: float, high: float, p: float, direction: str, bound: float = 0.0
) -> tuple[Side, float]:
    """Return the side of a bound that an effect lies on, and the p-value of lying on neither.

    ``effect``, ``low``, ``high``, ``p``: as reported; p is that of no effect, and taken where the bound is zero.
    """
    if not is_known(low, high):
        return "neither", math.nan
    if not (bound == 0 and math.isfinite(p)):
        # What reaches beyond a bound on its own side of zero is no surer to do so than to differ from zero.
        least = p if math.isfinite(p) and effect / bound > 1 else 0.0
        p = max(_p_from_interval(effect, low, high, bound), least)
    is_above = low > bound or (high >= bound and effect > bound)
    if not (low > bound or high < bound):
        p = max(p, LEVEL) if math.isfinite(p) else LEVEL
    if direction == "different":
        return "claimed", p
    return ("claimed" if is_above != (direction == "lower") else "other"), p


def _p_from_interval(effect: float, low: float, high: float, bound: float) -> float:
    """Return the p-value that a 95 % interval implies; one end is enough where the other is infinite."""
    if math.isfinite(low) and math.isfinite(high):
        effect = (low + high) / 2
    ends = [abs(end - effect) for end in (low, high) if math.isfinite(end)]
    return compute_interval_p(effect - bound, max(ends, default=math.nan))


def compute_interval_p(distance: float, half_width: float) -> float:
    """Return the two-sided p-value of a distance from zero whose 95 % interval is so wide, NaN where it has none."""
    return math.erfc(abs(distance) * SPREAD / half_width / math.sqrt(2)) if half_width > 0 else math.nan
