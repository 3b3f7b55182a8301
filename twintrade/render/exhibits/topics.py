"""Exhibits 3, 4 and 8 to 11: each topic gathers the findings and payloads that belong to it."""

from collections.abc import Callable, Sequence

from twintrade.render.blocks import Absent, Block, BulletList, Heading, spans
from twintrade.render.exhibits.payloads import is_drawn, shown
from twintrade.render.numbers import singular
from twintrade.render.page import Page
from twintrade.render.reading import Record, label, records, specifications, text
from twintrade.render.wording import check_name

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
    "ties_outside_panel",
)


def topic_of(name: str) -> str:
    """Return the topic a finding or payload belongs to by its name; what has no other is sensitivity."""
    lowered = name.lower()
    if any(lowered.startswith(word) for word in ELSEWHERE):
        return ""
    if lowered.startswith("placebo_dates"):
        return "sensitivity"
    return next((t for t, words in TOPICS.items() if any(word in lowered for word in words)), "sensitivity")


def _lines(page: Page, findings: list[Record]) -> list[str]:
    """Return one line a sentence, opened by its check and, where there are several columns, by those it is about."""
    columns = {(text(s["estimator"]), text(s["specification"])): label(s) for s in specifications(page.results)}
    about: dict[tuple[str, str], dict[str, None]] = {}
    for found in findings:
        column = columns.get((text(found["estimator"]), text(found["specification"])), "")
        names = about.setdefault((text(found["diagnostic"]), text(found["sentence"])), {})
        if column and len(columns) > 1:
            names[column] = None
    heads = [check_name(check) + (f" ({'; '.join(names)})" if names else "") for (check, _), names in about.items()]
    return [f"{head}: {singular(sentence)}" for head, (_, sentence) in zip(heads, about, strict=True)]


def sentences(page: Page, name: str, but: Sequence[str] = ()) -> BulletList:
    """Return what the checks of a topic say, one line each, but for those that stand elsewhere."""
    every = records(page.results.findings)
    findings = [r for r in every if topic_of(text(r["diagnostic"])) == name and text(r["diagnostic"]) not in but]
    return BulletList(tuple(spans(line) for line in _lines(page, findings)))


def topic(name: str) -> Callable[[Page], tuple[Block, ...] | Absent]:
    """Return the exhibit of one topic."""

    def exhibit(page: Page) -> tuple[Block, ...] | Absent:
        findings = [r for r in records(page.results.findings) if topic_of(text(r["diagnostic"])) == name]
        frames = {k: f for k, f in sorted(page.results.payloads.items()) if topic_of(k) == name and not f.empty}
        if not findings and not frames:
            return Absent(page.say("no_payload"))
        blocks: list[Block] = [Heading(2, page.say(name), name.replace("_", "-"))]
        if findings:
            blocks.append(sentences(page, name))
        for key, frame in frames.items():
            if key.endswith("_table") and is_drawn(frame) and key.removesuffix("_table") in frames:
                continue
            blocks += shown(page, key, frame)
        return tuple(blocks)

    return exhibit
