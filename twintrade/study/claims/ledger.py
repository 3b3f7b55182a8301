"""The claims ledger: each claim with its verdict, made from stored results alone and so made again when redrawn."""

import math
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any, Literal

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render import reading
from twintrade.render.names import find_check
from twintrade.render.reading import (
    DEALT,
    Record,
    find_graded,
    find_headline,
    find_words,
    list_records,
    read_number,
    take_text,
)
from twintrade.study.claims import deciding
from twintrade.study.claims.deciding import Evidence, Side, describe_range, describe_size, list_objections
from twintrade.study.spec.page_spec import ClaimEntry
from twintrade.text import Listed, Text, Words, pack_both

# On which side of a claim effects of groups and parts lie, and how surely.


def place_groups(rows: list[Record], p: float, evidence: Mapping[str, Any]) -> tuple[Side, float]:
    """Return the side that groups lie on, and the p-value of neither; ``p`` is that of one effect in all groups."""
    if evidence.get("direction") == "same":
        if p <= deciding.LEVEL:
            return "other", p
        placed = [place_row(r, "higher", 0.0) for r in rows]
        sides = {side for side, _ in placed}
        return ("claimed", max(q for _, q in placed)) if len(sides) == 1 and sides != {"neither"} else ("neither", p)
    wanted: list[Record] = []
    others: list[Record] = []
    for row in rows:
        (wanted if take_text(row["label"]).startswith(tuple(evidence["largest"])) else others).append(row)
    if not wanted or not others:
        return "neither", p
    best, rival = (max(group, key=lambda r: read_number(r["effect"])) for group in (wanted, others))
    is_largest = read_number(best["effect"]) > read_number(rival["effect"])
    if len(rows) > 2:
        # That some groups differ does not say that these two do.
        width = math.hypot(*(read_number(r["high"]) - read_number(r["low"]) for r in (best, rival)))
        gap = read_number(best["effect"]) - read_number(rival["effect"])
        p = max(p, deciding.compute_interval_p(gap, width / 2), key=_rank_missing_last)
    if evidence.get("works") and is_largest:
        side, above = place_row(best, "higher", 0.0)
        return ("claimed", max(p, above, key=_rank_missing_last)) if side == "claimed" else ("neither", p)
    return ("claimed" if is_largest else "other"), p


def _rank_missing_last(p: float) -> float:
    """Order p-values so that an unknown one is the largest."""
    return math.inf if math.isnan(p) else p


def place_row(row: Record, direction: str, bound: float) -> tuple[Side, float]:
    """Return the side of a bound that one effect lies on, and the p-value of lying on neither."""
    low, high, p = (read_number(row.get(key)) for key in ("low", "high", "p"))
    return deciding.place_effect(read_number(row["effect"]), low, high, p, direction, bound)


# What a result set holds on one claim: on which side, how surely, and what could have been seen.

NO_DATA: Literal["other data"] = "other data"  # kind of evidence that no analysis has


def _effect(results: ResultSet, evidence: Mapping[str, Any]) -> Evidence | None:
    """The headline by its grade, else the effect of a column; several cases' mean stands beside it."""
    column, direction = take_text(evidence.get("column")), str(evidence.get("direction", "higher"))
    graded = None if column else find_graded(results)
    if graded is not None:
        return _by_grade(results, graded, evidence)
    spec = _column(results, column)
    effect = reading.find_overall(results, spec) if spec is not None else None
    mean = None if column else _mean_of_cases(results)
    if spec is None or effect is None:
        return None if mean is None else _by_mean(mean, evidence)
    scale, p = take_text(effect.get("scale")), read_number(effect.get("p"))
    side, shown = place_row(effect, direction, _bound(evidence, scale))
    text = Text(
        "claims.estimate", label=reading.find_label(spec), size=describe_size(read_number(effect["effect"]), scale),
        interval=describe_range(effect, scale), p=p if math.isfinite(p) else "none",
    )  # fmt: skip
    is_known = deciding.is_known(read_number(effect.get("low")), read_number(effect.get("high")))
    beside = [] if is_known else [Text("claims.undecided")]
    beside += [] if mean is None else [Text("claims.mean-beside", mean=_describe_mean(mean))]
    return Evidence(
        side=side, p=shown, text=Listed((text, *beside), "sentences") if beside else text,
        detectable=deciding.describe_detectable(results, spec, effect), objections=list_objections(results, spec),
    )  # fmt: skip


def _by_grade(results: ResultSet, row: Record, evidence: Mapping[str, Any]) -> Evidence:
    """Return what the headline shows by its grade; without one it shows nothing. Checks object to a case's."""
    percent, p, inference = read_number(row["percent"]), read_number(row["p"]), take_text(row.get("inference"))
    direction, bound = str(evidence.get("direction", "higher")), _bound(evidence, "percent")
    side, shown = place_row({**row, "effect": percent}, direction, bound)
    text = Text(
        "claims.graded", size=describe_size(percent, "percent"), interval=describe_range(row, "percent"),
        p=p if math.isfinite(p) else "none", grade=take_text(row["grade"]), inference=inference or DEALT,
    )  # fmt: skip
    spec = find_headline(results) if inference == "placebo" else None
    return Evidence(
        side=side if take_text(row["grade"]) in ("strong", "some", "small") else "neither", p=shown, text=text,
        detectable=_describe_found(row),
        floor=read_number(row.get("floor")), objections=list_objections(results, spec),
    )  # fmt: skip


def _describe_found(graded: Record) -> Words:
    """Return the changes that are called evidence four times in five, empty where no rise is."""
    ends = ("rise_found", "fall_found")
    rise, fall = (describe_size(abs(read_number(graded[name])), "percent") for name in ends)
    return Text("claims.by-grade", rise=rise, fall=fall) if math.isfinite(read_number(graded["rise_found"])) else ""


def _mean_of_cases(results: ResultSet) -> Record | None:
    """Return the random-effects mean of several cases, None where there is none."""
    rows = (row for frame in reading.find_payloads(results, "cases_forest").values() for row in list_records(frame))
    return next((row for row in rows if take_text(row.get("method"))), None)


def _describe_mean(mean: Record) -> Text:
    scale = take_text(mean["scale"])
    return Text(
        "claims.mean", method=find_words(mean, "method"), size=describe_size(read_number(mean["effect"]), scale),
        interval=describe_range(mean, scale), how=find_words(mean, "interval_method"),
    )  # fmt: skip


def _by_mean(mean: Record, evidence: Mapping[str, Any]) -> Evidence:
    """Return what the mean of the cases says where nothing else was estimated."""
    low, high, scale = read_number(mean["low"]), read_number(mean["high"]), take_text(mean["scale"])
    direction = str(evidence.get("direction", "higher"))
    side, p = deciding.place_effect((low + high) / 2, low, high, math.nan, direction, _bound(evidence, scale))
    text = Text("claims.mean-alone", mean=_describe_mean(mean))
    return Evidence(side=side, p=p, text=text, detectable=deciding.describe_from_interval(low, high, scale))


def _verdict(results: ResultSet, evidence: Mapping[str, Any]) -> Evidence | None:
    """Checks; one that rejects supports only where it was made to show the claim."""
    checks = tuple(evidence["checks"])
    findings: list[Record] = []
    for check in checks:
        of_check = reading.list_findings(results, check)
        findings += [r for r in of_check if deciding.is_about_headline(results, [r])] or of_check
    spoken = [r for r in findings if reading.has_spoken(r)]
    if not spoken:
        if not findings:
            return None
        return Evidence(side="neither", p=math.nan, text=_named(findings[0]), is_examined=False)
    objecting = [r for r in spoken if take_text(r["verdict"]) == "objects"]
    shown = list(dict.fromkeys(_named(r) for r in (objecting or spoken)))[:2]
    others = list_objections(results, find_headline(results), but=checks)
    known = [value for value in (read_number(r["p"]) for r in objecting or spoken) if math.isfinite(value)]
    n_tests = sum(math.isfinite(read_number(r["p"])) for r in spoken)
    p = min(1.0, n_tests * min(known)) if known else 1.0
    if objecting:
        # An objection by the size of a difference alone has no test behind it, and decides nothing here.
        return Evidence(side="other", p=p, text=Listed(tuple(shown), "sentences"), objections=others)
    if evidence.get("pass_supports"):
        return Evidence(side="claimed", p=p, text=Listed(tuple(shown), "sentences"), objections=others)
    whose = "headline" if deciding.is_about_headline(results, findings) else "other"
    text = Listed((*shown, Text("claims.no-objection", whose=whose)), "sentences")
    return Evidence(side="neither", p=math.nan, text=text)


def _groups(results: ResultSet, evidence: Mapping[str, Any]) -> Evidence | None:
    """Effects by group: whether they differ as claimed, or all lie on one side of zero."""
    for name, frame in reading.find_payloads(results, "forest").items():
        if "group" not in frame or not take_text(frame["group"].iloc[0]).startswith(tuple(evidence["by"])):
            continue
        rows = [r for r in list_records(frame) if read_number(r["effect"]) == read_number(r["effect"])]
        among = tuple(evidence.get("among", ("",)))
        if len(rows) < 2 or not any(take_text(r["label"]).startswith(among) for r in rows):
            return None
        p = read_number(rows[0].get("p_equality"))
        (side, shown), scale = place_groups(rows, p, evidence), deciding.find_scale(results, name)
        text = Text("claims.groups", effects=_list_effects(rows, scale), p=p if math.isfinite(p) else "none")
        detectable = deciding.describe_group_difference(rows, scale) or _of_the_whole(results)
        objections = list_objections(results, find_headline(results))
        return Evidence(side=side, p=shown, text=text, detectable=detectable, objections=objections)
    return None


def _of_the_whole(results: ResultSet) -> Words:
    """Return the headline's minimum detectable effect as the least that a part of it has, as page 1 has it."""
    graded, spec = find_graded(results), find_headline(results)
    effect = None if spec is None else reading.find_overall(results, spec)
    if graded is not None:
        whole = _describe_found(graded)
    else:
        whole = "" if spec is None or effect is None else deciding.describe_detectable(results, spec, effect)
    return Text("claims.larger-than-whole", whole=whole) if whole else ""


def _parts(results: ResultSet, evidence: Mapping[str, Any]) -> Evidence | None:
    """Labelled parts with intervals in a payload: all of them, or the first alone, must lie as claimed."""
    group = take_text(evidence.get("group"))
    for name, frame in reading.find_payloads(results, str(evidence["payload"])).items():
        rows = [r for r in list_records(frame) if take_text(r.get("group", group)) == group]
        rows = [r for r in rows if read_number(r["effect"]) == read_number(r["effect"])]
        if not rows:
            return None
        judged = rows[:1] if evidence.get("first") else rows
        direction, bound = str(evidence["direction"]), read_number(evidence.get("bound", 0.0))
        placed = [place_row(r, direction, bound) for r in judged]
        against = [p for side, p in placed if side == "other"]
        is_claimed = all(side == "claimed" for side, _ in placed)
        side: Side = "other" if against else "claimed" if is_claimed else "neither"
        p = min(1.0, min(against) * len(judged)) if against else max(p for _, p in placed)
        scale = take_text(rows[0].get("scale")) or deciding.find_scale(results, name)
        widest = max(judged, key=lambda r: read_number(r["high"]) - read_number(r["low"]))
        mde = deciding.describe_from_interval(read_number(widest["low"]), read_number(widest["high"]), scale)
        text = Text("claims.parts", effects=_list_effects(rows, scale))
        objections = list_objections(results, find_headline(results))
        return Evidence(side=side, p=p, text=text, detectable=mde or _of_the_whole(results), objections=objections)
    return None


def _list_effects(rows: list[Record], scale: str) -> Listed:
    parts = []
    for row in rows:
        size, interval = describe_size(read_number(row["effect"]), scale), describe_range(row, scale)
        parts.append(Text("claims.part", label=find_words(row, "label"), size=size, interval=interval))
    return Listed(tuple(parts), "semicolon")


KINDS: Mapping[str, Callable[[ResultSet, Mapping[str, Any]], Evidence | None]] = {
    "effect": _effect, "verdict": _verdict, "groups": _groups, "parts": _parts, NO_DATA: lambda *_: None,
}  # fmt: skip


def _bound(evidence: Mapping[str, Any], scale: str) -> float:
    """Return the size that a claim names, on the scale of the effect, below zero for a fall."""
    size = read_number(evidence.get("at_least", 0.0)) * (-1.0 if evidence.get("direction") == "lower" else 1.0)
    return math.log1p(size / 100) if scale == "log points" else size


def _named(finding: Record) -> Text:
    check = find_check(take_text(finding["diagnostic"]))
    return Text("claims.check", check=check, said=find_words(finding, "sentence"))


def _column(results: ResultSet, column: str) -> Record | None:
    if not column:
        return find_headline(results)
    for spec in reading.list_specifications(results):
        method = take_text(spec["estimator"])
        if column in (method, f"{method}/{take_text(spec['specification'])}"):
            return spec
    return None


PAYLOAD = "claims"


@cache
def load_claims(outcome: str = "exports") -> tuple[Mapping[str, Any], ...]:
    """Return the claims of the package: id, and the evidence that each is judged by; one is about the outcome."""
    claims = tomllib.loads((resources.files("twintrade.study") / "claims.toml").read_text(encoding="utf-8"))["claim"]
    return tuple(
        {**c, "text": Text(f"claims.claim-{c['id']}", outcome=outcome), "need": Text(f"claims.need-{c['id']}")}
        for c in claims
    )


def add_ledger(results: ResultSet, claims: Sequence[ClaimEntry]) -> ResultSet:
    """Return the results with the payload ``claims``, those of the analysis file last."""
    ledger = build_ledger(results, [claim.model_dump() for claim in claims])
    return replace(results, payloads={**results.payloads, PAYLOAD: ledger})


def build_ledger(results: ResultSet, further: Sequence[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """Return one row a claim, ``further`` last; ``need`` is what another run would answer it by, "" if none can."""
    checked = set(results.findings["diagnostic"])
    outcome = next((text for o in results.specifications.get("outcome", ()) if (text := take_text(o))), "exports")
    claims = [*load_claims(outcome), *(_evident(claim, i, checked) for i, claim in enumerate(further, 1))]
    evidence: list[tuple[str, Evidence]] = []
    for claim in claims:
        shown = KINDS[claim["evidence"]["kind"]](results, claim["evidence"])
        lacking = Text("claims.not-examined", need=claim["need"])
        shown = shown or Evidence(side="neither", p=math.nan, text=lacking, is_examined=False)
        evidence.append((str(claim["id"]), shown))
    rows = []
    for claim, answer in zip(claims, deciding.decide_claims(evidence), strict=True):
        known = answer.evidence
        need = "" if known.is_examined or claim["evidence"]["kind"] == NO_DATA else claim["need"]
        rows.append(
            {
                "claim_id": claim["id"],
                **pack_both("claim", claim["text"]),
                "verdict": answer.verdict,
                **pack_both("answer", answer.text),
                **pack_both("detectable", known.detectable),
                "is_examined": known.is_examined,
                **pack_both("need", need),
                "p": known.p,
            }
        )
    return pd.DataFrame(rows)


def _evident(claim: Mapping[str, Any], position: int, checked: Collection[str]) -> dict[str, Any]:
    """Return a claim of the analysis file in the form of the package's own."""
    about = str(claim.get("about", "headline"))
    evidence: dict[str, Any] = {"kind": "effect", "column": "" if about == "headline" else about}
    if about in checked:
        evidence = {"kind": "verdict", "checks": [about], "pass_supports": True}
    evidence |= {k: claim[k] for k in ("direction", "at_least") if claim.get(k) is not None}
    return {
        "id": claim.get("id") or f"own-{position}", "text": claim["text"], "evidence": evidence,
        "need": Text("claims.need-own", about=about),
    }  # fmt: skip
