"""Exhibits 3, 4 and 8 to 11: each topic gathers the findings and payloads that belong to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from twintrade.render.blocks import Absent, Beside, Block, BulletList, Figure, Heading, build_spans
from twintrade.render.citing import is_placed
from twintrade.render.exhibits.payloads import build_payload, is_drawn
from twintrade.render.names import name_check
from twintrade.render.page import Page
from twintrade.render.reading import (
    Record,
    find_overall,
    format_label,
    has_spoken,
    list_specifications,
    list_topic_findings,
    list_topic_payloads,
    read_words,
    take_text,
)
from twintrade.render.wording import OF_NO_COLUMN
from twintrade.text import Listed

HALF = 0.55
"""Width at which a figure is drawn that stands beside another; the page sets it a little smaller."""
VERDICTS = ("objects", "cannot tell", "does not object")


def _lines(page: Page, findings: list[Record]) -> list[str]:
    """Return one line a sentence, opened by its check and, where there are several columns, by those it is about."""
    columns = {_keys(s): format_label(s) for s in list_specifications(page.results)}
    about: dict[tuple[str, str], dict[str, None]] = {}
    for finding in findings:
        column = columns.get(_keys(finding), "")
        names = about.setdefault((take_text(finding["diagnostic"]), read_words(finding, "sentence")), {})
        if column and len(columns) > 1 and take_text(finding["diagnostic"]) not in OF_NO_COLUMN:
            names[column] = None
    heads = [
        page.say("check_of", check=name_check(check), columns=Listed(tuple(names), "semicolon"))
        if names
        else name_check(check)
        for (check, _), names in about.items()
    ]
    return [f"{head}: {sentence}" for head, (_, sentence) in zip(heads, about, strict=True)]


def list_topic_sentences(page: Page, name: str, but: Sequence[str] = ()) -> BulletList:
    """Return what the checks of a topic say, one line each, but for those that stand elsewhere."""
    findings = list_topic_findings(page.results, name)
    return list_sentences(page, [f for f in findings if take_text(f["diagnostic"]) not in but])


def list_sentences(page: Page, findings: list[Record]) -> BulletList:
    """Return what findings say, one line each, what objects first."""
    findings = sorted(findings, key=lambda finding: take_text(finding["verdict"]) != "objects")
    return BulletList(tuple(build_spans(line) for line in _lines(page, findings)))


def join_payloads(page: Page, owners: Mapping[str, Record]) -> dict[str, pd.DataFrame]:
    """Return payloads with those that are one table a column, and no figure, put below each other under one name."""
    columns = {_keys(s): format_label(s) for s in list_specifications(page.results)}
    frames: dict[str, list[pd.DataFrame]] = {}
    for key, owner in owners.items():
        frame = page.results.payloads[key]
        if is_drawn(page, key, frame):
            frames[key] = [frame]
        else:
            named = frame.copy()
            named.insert(0, "estimate", columns.get(_keys(owner), page.say("of_headline")))
            frames.setdefault(key.partition("-")[0], []).append(named)
    return {
        key: pd.concat(parts, ignore_index=not is_placed(parts[0])) if len(parts) > 1 else _unnamed(parts[0])
        for key, parts in frames.items()
    }


def _keys(record: Record) -> tuple[str, str]:
    """Return the column that a specification is, or that a finding is about."""
    return take_text(record["estimator"]), take_text(record["specification"])


def _unnamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="estimate") if frame.columns[0] == "estimate" else frame


def build_payloads(page: Page, owners: Mapping[str, Record], paired: Sequence[str] = ()) -> list[Block]:
    """Return payloads as figures and tables; one drawn as a figure needs no table of its own.

    ``paired``: kinds of payloads whose figures are drawn half as wide, two beside each other.
    """
    half = replace(page, theme=replace(page.theme, width=page.theme.width * HALF))
    kinds = page.results.payload_kinds
    frames = {
        key: frame
        for key, frame in join_payloads(page, owners).items()
        if not (key.endswith("_table") and is_drawn(page, key, frame) and key.removesuffix("_table") in owners)
    }
    narrow = [key for key, frame in frames.items() if kinds.get(key) in paired and is_drawn(page, key, frame)]
    narrow = narrow[: len(narrow) // 2 * 2]
    drawn = [b for key in narrow for b in build_payload(half, key, frames[key]) if isinstance(b, Figure)]
    pairs = (Beside(tuple(drawn[start : start + 2])) for start in range(0, len(drawn), 2))
    return [
        *pairs,
        *(b for key, frame in frames.items() if key not in narrow for b in build_payload(page, key, frame)),
    ]


def build_topic_exhibit(name: str) -> Callable[[Page], tuple[Block, ...] | Absent]:
    """Return the exhibit of one topic."""

    def exhibit(page: Page) -> tuple[Block, ...] | Absent:
        findings, owners = list_topic_findings(page.results, name), list_topic_payloads(page.results, name)
        if not owners and not any(has_spoken(r) for r in findings):
            sentences = [read_words(r, "sentence") for r in findings]
            return Absent(sentences[0] if sentences else page.say(f"absent_{name}"))
        blocks: list[Block] = [Heading(2, page.say(name), name.replace("_", "-"))]
        if findings:
            blocks.append(list_topic_sentences(page, name))
        return (*blocks, *build_payloads(page, owners))

    return exhibit


def _put_in_percent(page: Page, owner: Record, frame: pd.DataFrame) -> pd.DataFrame:
    """Return effects in log points, with their ends, in percent, as sentences say them; others as they are."""
    spec = next((s for s in list_specifications(page.results) if _keys(s) == _keys(owner)), None)
    overall = find_overall(page.results, spec) if spec is not None else None
    if "scale" in frame or overall is None or take_text(overall["scale"]) != "log points":
        return frame
    ends = {name: 100 * np.expm1(frame[name].astype(float)) for name in ("effect", "low", "high")}
    return frame.assign(scale="percent", **ends)


def build_effects_topic(name: str) -> Callable[[Page], tuple[Block, ...] | Absent]:
    """Return the exhibit of a topic, its effects in one figure unless the table of checks has them."""
    whole = build_topic_exhibit(name)

    def exhibit(page: Page) -> tuple[Block, ...] | Absent:
        owners = list_topic_payloads(page.results, name)
        frames = [page.results.payloads[key] for key in owners if page.results.payload_kinds.get(key) == "forest"]
        if len(frames) < len(owners) or not owners:
            return whole(page)
        head = (Heading(2, page.say(name), name.replace("_", "-")), list_topic_sentences(page, name))
        if any(take_text(owner["verdict"]) in VERDICTS for owner in owners.values()):
            return head
        parts = [_put_in_percent(page, owners[key], page.results.payloads[key]) for key in owners]
        joined = pd.concat(parts, ignore_index=True)
        return (*head, *build_payload(page, next(iter(owners)), joined))

    return exhibit
