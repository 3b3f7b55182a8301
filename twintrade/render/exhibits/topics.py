"""Exhibits 3, 4 and 8 to 11: each topic gathers the findings and payloads that belong to it."""

import re
from collections.abc import Callable, Sequence

import pandas as pd

from twintrade.render.blocks import Absent, Block, BulletList, Heading, build_spans
from twintrade.render.exhibits.payloads import build_payload, is_drawn
from twintrade.render.numbers import typeset
from twintrade.render.page import Page
from twintrade.render.reading import Record, format_label, has_spoken, list_records, list_specifications, take_text
from twintrade.render.wording import OF_NO_COLUMN, format_check_name

TOPICS: dict[str, tuple[str, ...]] = {
    "descriptives": ("descriptive", "balance", "summary_statistics"),
    "selection": ("selection", "hazard"),
    "forest": ("forest", "heterogeneity", "dose", "by_"),
    "margins": ("margin",),
    "spillovers": ("spillover", "diversion"),
    "single_case": (
        "placebo",
        "synthetic",
        "sdid",
        "donor",
        "weights",
        "conformal",
        "interrupted",
        "sup_f",
        "break",
        "case_",
        "date_sets",
        "known_shocks",
        "cases",
        "best_of",
    ),
}
ELSEWHERE = (
    "raw_series",
    "candidate_dates",
    "adoption",
    "path",
    "romanized",
    "claims",
    "money",
    "twins_and_size",
    "ended_ties",
    "ties_outside_panel",
)


def find_topic(name: str) -> str:
    """Return the topic a finding or payload belongs to by its name; what has no other is sensitivity."""
    lowered = name.lower()
    if any(lowered.startswith(word) for word in ELSEWHERE):
        return ""
    if lowered.startswith(("placebo_dates", "twfe_weights")):
        return "sensitivity"
    if lowered.startswith("cases"):
        return "single_case"
    return next((t for t, words in TOPICS.items() if any(word in lowered for word in words)), "sensitivity")


def _lines(page: Page, findings: list[Record]) -> list[str]:
    """Return one line a sentence, opened by its check and, where there are several columns, by those it is about."""
    columns = {
        (take_text(s["estimator"]), take_text(s["specification"])): format_label(s)
        for s in list_specifications(page.results)
    }
    about: dict[tuple[str, str], dict[str, None]] = {}
    for found in findings:
        column = columns.get((take_text(found["estimator"]), take_text(found["specification"])), "")
        names = about.setdefault((take_text(found["diagnostic"]), take_text(found["sentence"])), {})
        if column and len(columns) > 1 and take_text(found["diagnostic"]) not in OF_NO_COLUMN:
            names[column] = None
    heads = [
        format_check_name(check) + (f" ({'; '.join(names)})" if names else "") for (check, _), names in about.items()
    ]
    return [f"{head}: {typeset(sentence)}" for head, (_, sentence) in zip(heads, about, strict=True)]


def list_topic_sentences(page: Page, name: str, but: Sequence[str] = ()) -> BulletList:
    """Return what the checks of a topic say, one line each, but for those that stand elsewhere."""
    every = list_records(page.results.findings)
    findings = [
        r for r in every if find_topic(take_text(r["diagnostic"])) == name and take_text(r["diagnostic"]) not in but
    ]
    return BulletList(tuple(build_spans(line) for line in _lines(page, findings)))


def join_payloads(frames: dict[str, pd.DataFrame], page: Page) -> dict[str, pd.DataFrame]:
    """Return payloads with those that are one table a column, and no figure, put below each other under one name."""
    names = {
        format_column_name(f"{s['estimator']}-{s['specification']}"): format_label(s)
        for s in list_specifications(page.results)
    }
    held: dict[str, list[pd.DataFrame]] = {}
    for key, frame in frames.items():
        base, _, column = key.partition("-")
        if is_drawn(page, key, frame):
            held[key] = [frame]
        else:
            named = frame.copy()
            own = names.get(column, column.replace("-", ", ")) if column else _plain_one(page, base, frames, names)
            named.insert(0, "estimate", own)
            held.setdefault(base, []).append(named)
    return {
        key: pd.concat(parts, ignore_index=True) if len(parts) > 1 else _unnamed(parts[0])
        for key, parts in held.items()
    }


def _plain_one(page: Page, base: str, frames: dict[str, pd.DataFrame], names: dict[str, str]) -> str:
    """Return the column that a payload without one in its name is about: the one whose check has no other payload."""
    made = {
        format_column_name(f"{take_text(r['estimator'])}-{take_text(r['specification'])}")
        for r in list_records(page.results.findings)
        if take_text(r["diagnostic"]) == base
    }
    left = [key for key in made if key in names and f"{base}-{key}" not in frames]
    return names[left[0]] if len(left) == 1 else page.say("of_headline")


def _unnamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="estimate") if frame.columns[0] == "estimate" else frame


def format_column_name(name: str) -> str:
    """Return a column's name as it stands in the name of a payload."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip(".-")


def build_topic_exhibit(name: str) -> Callable[[Page], tuple[Block, ...] | Absent]:
    """Return the exhibit of one topic."""

    def exhibit(page: Page) -> tuple[Block, ...] | Absent:
        findings = [r for r in list_records(page.results.findings) if find_topic(take_text(r["diagnostic"])) == name]
        frames = {k: f for k, f in sorted(page.results.payloads.items()) if find_topic(k) == name and not f.empty}
        if not frames and not any(has_spoken(r) for r in findings):
            said = [typeset(take_text(r["sentence"])) for r in findings]
            return Absent(said[0] if said else page.say(f"absent_{name}"))
        blocks: list[Block] = [Heading(2, page.say(name), name.replace("_", "-"))]
        if findings:
            blocks.append(list_topic_sentences(page, name))
        for key, frame in join_payloads(frames, page).items():
            if key.endswith("_table") and is_drawn(page, key, frame) and key.removesuffix("_table") in frames:
                continue
            blocks += build_payload(page, key, frame)
        return tuple(blocks)

    return exhibit
