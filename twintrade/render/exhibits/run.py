"""What closes the appendix: findings with their verdicts, assumptions, warnings, and the machine footer."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from twintrade.render.blocks import Absent, Block, BulletList, Heading, build_paragraph, build_spans
from twintrade.render.citing import WHOLE_ROW, WORDS, cite_manifest, cite_place
from twintrade.render.names import name_machine
from twintrade.render.page import Page
from twintrade.render.reading import Record, list_specifications, take_text
from twintrade.render.tables.ladder_notes import group_sentences, is_gravity
from twintrade.render.tables.plain import build_plain_table
from twintrade.render.tables.run import build_findings_table, build_messages_table, build_warnings_table
from twintrade.text import Text, find_topic

VOLATILE = ("seconds", "memory", "started", "finished", "volatile", "host", "user")
LISTING = ("descriptives", "selection", "forest", "margins", "spillovers", "sensitivity")
"""Exhibits that say every sentence of their checks."""

LISTED_ELSEWHERE = (
    "seeds", "inputs", "dropped", "dropped_elsewhere", "outputs", "warnings", "messages", "spec", "headline",
)  # fmt: skip


def build_findings(page: Page) -> tuple[Block, ...] | Absent:
    """Return every finding with its verdict."""
    if page.results.findings.empty:
        return Absent(page.say("no_payload"))
    shown = set(page.exhibits) & set(LISTING)

    def elsewhere(finding: Record) -> str:
        topic = take_text(finding.get("topic"))
        heading = find_topic(page.say(topic)) if topic in shown else ""
        return page.say("findings_elsewhere", heading=heading) if heading else ""

    table = build_findings_table(page.results, page.wording, elsewhere)
    return (Heading(2, page.say("findings"), "verdicts"), build_paragraph(page.say("findings_intro")), table)


def build_assumptions(page: Page) -> tuple[Block, ...] | Absent:
    """Return what each column estimates and assumes, once each, and how its interval is made or where that stands."""
    columns = list_specifications(page.results)
    if not columns:
        return Absent(page.say("no_specification"))
    is_whole = page.detail == "full"
    facts = ("estimand", "assumption", "overall_note", *(("equation", "inference_note") if is_whole else ()))
    items = [build_spans(s) for fact in facts for s in group_sentences(columns, fact, 1)]
    if not is_whole:
        items.append(build_spans(page.say("technical_inference")))
    elif any(map(is_gravity, columns)):
        items.append(build_spans(page.say("gravity")))
    return (Heading(2, page.say("assumptions"), "assumptions"), BulletList(tuple(items)))


def build_warnings(page: Page) -> tuple[Block, ...] | Absent:
    """Return the messages of the run; in short its warnings, those of one kind together."""
    if page.results.messages.empty:
        return Absent(page.say("no_messages"))
    if page.detail == "short":
        table = build_warnings_table(page.results, page.wording)
        return (
            Absent(page.say("no_warnings"))
            if table is None
            else (Heading(2, page.say("warnings_short"), "warnings"), table)
        )
    return (Heading(2, page.say("warnings"), "warnings"), build_messages_table(page.results, page.wording))


def build_machine(page: Page) -> tuple[Block, ...] | Absent:
    """Return versions, commit, hashes and seeds, as the manifest holds them."""
    rows = list(_flat({k: v for k, v in page.results.manifest.items() if k not in LISTED_ELSEWHERE}))
    sources = [cite_place(place, WHOLE_ROW, WORDS) for _, _, place in rows]
    if not rows:
        return Absent(page.say("no_manifest"))
    seeds = page.results.manifest.get("seeds")
    if isinstance(seeds, Mapping) and seeds:
        first = next(iter(seeds.values()))
        base = take_text(first[0]) if isinstance(first, list | tuple) and first else take_text(first)
        rows.append((name_machine("seeds"), page.say("seeds", n=len(seeds), seed=base), ""))
        path = (next(iter(seeds)), *([0] if isinstance(first, list | tuple) else []))
        size = cite_place(cite_manifest("seeds"), WHOLE_ROW, "size")
        sources.append((*size, *cite_place(cite_manifest("seeds", *path), WHOLE_ROW)))
    frame = pd.DataFrame([row[:2] for row in rows], columns=["what", "value"])
    table = build_plain_table(
        frame, "machine", page.say("machine"), weights={"what": 1.0, "value": 2.2}, sources={"value": sources}
    )
    return (Heading(2, page.say("machine"), "machine-footer"), build_paragraph(page.say("machine_intro")), table)


def _flat(mapping: Mapping[str, Any], before: str = "", path: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    """Return what is called how, what it is, and its place in the manifest."""
    rows: list[tuple[str, str, str]] = []
    for key, value in mapping.items():
        place = cite_manifest(*path, key)
        name = before + name_machine(str(key))
        if any(word in str(key).lower() for word in VOLATILE):
            continue
        if (
            isinstance(value, Mapping)
            and value
            and not any(isinstance(v, Mapping | list | tuple) for v in value.values())
        ):
            rows.append((name, ", ".join(f"{name_machine(str(k))} {_write(v)}" for k, v in value.items()), place))
        elif isinstance(value, Mapping):
            rows += _flat(value, f"{name}: ", (*path, str(key)))
        elif isinstance(value, list | tuple):
            rows.append((name, ", ".join(str(v) for v in value), place))
        else:
            rows.append((name, _write(value), place))
    return rows


def _write(value: object) -> str:
    return str(Text("tables.yes" if value else "tables.no")) if isinstance(value, bool) else take_text(value)
