"""What a run did: estimates side by side, other software, claims, findings, assumptions, warnings, the machine."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from twintrade.effects.messages import CROSS_CHECKS, TOLERANCE
from twintrade.render import reading
from twintrade.render.blocks import (
    Absent,
    Block,
    BulletList,
    Cell,
    Column,
    Heading,
    Note,
    Row,
    Span,
    Table,
    build_paragraph,
    build_reference,
    build_row,
    build_spans,
    emphasize,
)
from twintrade.render.citing import WHOLE_ROW, WORDS, build_cell, cite, cite_manifest, cite_place
from twintrade.render.names import capitalize, name_machine
from twintrade.render.page import Page
from twintrade.render.reading import Record, read_words, take_text
from twintrade.render.tables import register
from twintrade.render.tables.ladder import build_ladder_tables, group_sentences, is_gravity, list_skipped
from twintrade.render.tables.plain import build_plain_table, tabulate
from twintrade.text import Listed, Text, complete_sentence, find_topic, join_sentences, name_fact, numbers

# Exhibit 12, last part: the claims ledger.


def build_claims(page: Page) -> tuple[Block, ...] | Absent:
    """Return the ledger: a table of what was examined, and of the rest a line, or what each needs or lacks."""
    frame = reading.find_payload(page.results, "claims")
    if frame is None:
        return Absent(page.say("no_claims"))
    examined = frame["is_examined"].map(reading.read_truth) if "is_examined" in frame else frame["claim"].notna()
    blocks: list[Block] = [Heading(2, page.say("claims"), "claims-ledger")]
    if examined.any():
        blocks += [build_paragraph(page.say("claims_intro")), _table(page, frame[examined])]
    rest = reading.list_records(frame[~examined])
    if not page.is_whole:  # payloads/claims.csv says what each of the others needs
        none = [] if examined.any() else [build_paragraph(page.say("claims_unexamined", n=len(rest)))]
        return (*blocks, *none)
    lacking = [row for row in rest if take_text(row.get("need"))]
    unanswered = [row for row in rest if not take_text(row.get("need"))]
    if lacking:
        needs = ((take_text(row["claim_id"]), reading.find_words(row, "need")) for row in lacking)
        named = Listed(tuple(Text("claims.lacking", id=claim, need=need) for claim, need in needs), "semicolon")
        blocks.append(build_paragraph(page.say("claims_lacking", n=len(lacking), needs=named)))
    if unanswered:
        blocks.append(build_paragraph(page.say("claims_open", n=len(unanswered))))
        words = ((take_text(r["claim_id"]), (read_words(r, "claim"), read_words(r, "answer"))) for r in unanswered)
        blocks.append(BulletList(tuple(build_spans(emphasize(f"{n} "), join_sentences(parts)) for n, parts in words)))
    return tuple(blocks)


def _table(page: Page, frame: pd.DataFrame) -> Table:
    rows = reading.list_records(frame)
    columns: dict[str, Callable[[Record], object]] = {
        "": lambda row: row["claim_id"],
        "claim": lambda row: read_words(row, "claim"),
        "verdict": lambda row: page.say(f"verdict_{take_text(row['verdict']).replace(' ', '_')}"),
        "answer": lambda row: _refer(page, read_words(row, "answer")),
        "detectable": lambda row: read_words(row, "detectable"),
    }
    shown = tabulate(rows, columns)
    weights = {"claim": 1.4, "verdict": 0.7, "answer": 3.8, "detectable": 1.1}
    return build_plain_table(
        shown, "claims", page.say("claims_caption"), weights=weights,
        sources={"": [cite(row, "claim_id", form=WORDS) for row in rows]},
        notes=(*page.simulated_note, page.say("claims_note")),
    )  # fmt: skip


def _refer(page: Page, answer: str) -> str:
    """Return an answer in which what a short page says of a case above is referred to."""
    if page.is_whole or "single_case" not in page.exhibits:
        return answer
    for finding in reading.list_topic_findings(page.results, "single_case"):
        answer = answer.replace(read_words(finding, "sentence") or answer, page.say("said_above"))
    return capitalize(complete_sentence(answer))


VOLATILE = ("seconds", "memory", "started", "finished", "volatile", "host", "user", "designs_tried")
LISTING = ("descriptives", "selection", "forest", "margins", "spillovers", "sensitivity")
"""Exhibits that say every sentence of their checks."""

LISTED_ELSEWHERE = (
    "seeds", "inputs", "dropped", "dropped_elsewhere", "outputs", "warnings", "messages", "spec", "headline",
)  # fmt: skip
OF_THE_MANIFEST = ("title", "versions", "design", "is_simulated")
"""What a short page leaves to the manifest."""


def build_findings(page: Page) -> tuple[Block, ...] | Absent:
    """Return every finding with its verdict."""
    if page.results.findings.empty:
        return Absent(page.say("no_payload"))
    shown = set(page.exhibits) & set(LISTING)

    def elsewhere(finding: Record) -> str:
        topic = take_text(finding.get("topic"))
        heading = find_topic(page.say(topic)) if topic in shown else ""
        return page.say("findings_elsewhere", heading=heading) if heading else ""

    table = register.build_findings_table(page, elsewhere)
    return (Heading(2, page.say("findings"), "verdicts"), build_paragraph(page.say("findings_intro")), table)


def build_assumptions(page: Page) -> tuple[Block, ...] | Absent:
    """Return what each column estimates and assumes, once each, and how its interval is made or where to read it."""
    columns = reading.list_specifications(page.results)
    if not columns:
        return Absent(page.say("no_specification"))
    facts = ("estimand", "assumption", "overall_note", *(("equation", "inference_note") if page.is_whole else ()))
    items = [build_spans(s) for fact in facts for s in group_sentences(columns, fact)]
    if not page.is_whole:
        items.append(build_spans(page.say("technical_inference")))
    elif any(map(is_gravity, columns)):
        items.append(build_spans(page.say("gravity")))
    return (Heading(2, page.say("assumptions"), "assumptions"), BulletList(tuple(items)))


def build_warnings(page: Page) -> tuple[Block, ...] | Absent:
    """Return the messages of the run; in short its warnings, those of one kind together."""
    if page.results.messages.empty:
        return Absent(page.say("no_messages"))
    if page.is_whole:
        table = register.build_messages_table(page)
        return (Heading(2, page.say("warnings"), "warnings"), table)
    short = register.build_warnings_table(page)
    return (Heading(2, page.say("warnings_short"), "warnings"), short) if short else Absent(page.say("no_warnings"))


def build_machine(page: Page) -> tuple[Block, ...] | Absent:
    """Return versions, commit, hashes and seeds, as the manifest holds them; in short commit and seeds."""
    is_whole = page.is_whole  # hashes and versions stand in manifest.json
    left = LISTED_ELSEWHERE if is_whole else (*LISTED_ELSEWHERE, *OF_THE_MANIFEST)
    facts = {k: v for k, v in page.results.manifest.items() if k not in left}
    rows = list(_flat({k: v for k, v in facts.items() if is_whole or not k.endswith("sha256")}))
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
    frame, weights = pd.DataFrame([row[:2] for row in rows], columns=["what", "value"]), {"what": 1.0, "value": 2.2}
    table = build_plain_table(frame, "machine", page.say("machine"), weights=weights, sources={"value": sources})
    intro = [build_paragraph(page.say("machine_intro"))] if is_whole else []
    return (Heading(2, page.say("machine"), "machine-footer"), *intro, table)


def _flat(mapping: Mapping[str, Any], before: str = "", path: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    """Return what is called how, what it is, and its place in the manifest."""
    rows: list[tuple[str, str, str]] = []
    for key, value in mapping.items():
        place = cite_manifest(*path, key)
        name = before + name_machine(str(key))
        if any(word in str(key).lower() for word in VOLATILE):
            continue
        if isinstance(value, Mapping):
            if not value or any(isinstance(v, Mapping | list | tuple) for v in value.values()):
                rows += _flat(value, f"{name}: ", (*path, str(key)))
                continue
            rows.append((name, ", ".join(f"{name_machine(str(k))} {_write(v)}" for k, v in value.items()), place))
        elif isinstance(value, list | tuple):
            rows.append((name, ", ".join(str(v) for v in value), place))
        else:
            rows.append((name, _write(value), place))
    return rows


def _write(value: object) -> str:
    return str(Text("tables.yes" if value else "tables.no")) if isinstance(value, bool) else take_text(value)


# Exhibit 6: the main ladder, and the headline under every inference.


def build_ladder(page: Page) -> tuple[Block, ...] | Absent:
    """Return the ladder."""
    tables = build_ladder_tables(page)
    spec = reading.find_headline(page.results)
    if not tables or spec is None:
        return Absent(reading.read_words(dict(page.results.sections), "no_effect") or page.say("no_specification"))
    columns = reading.list_specifications(page.results)
    key = "ladder_intro" if _is_ladder([take_text(c.get("fixed_effects")) for c in columns]) else "ladder_beside"
    before, after = page.say(key, table="\0", n=len(columns)).split("\0")
    blocks: list[Block] = [
        Heading(2, page.say("ladder"), "main-estimates"),
        build_paragraph(before, build_reference(tables[0].key), after),
        *tables,
    ]
    if not page.is_whole and (assumed := _say_assumed(page, spec, columns)):
        blocks.append(build_paragraph(assumed))
    if skipped := list_skipped(page):
        blocks.append(build_paragraph(join_sentences(skipped)))
    beside = register.build_inference_table(page, spec) if page.is_whole else None
    return (*blocks, beside) if beside else tuple(blocks)


def _say_assumed(page: Page, spec: Record, columns: list[Record]) -> str:
    """Say what the headline averages and assumes, what each first row is, and where the rest stands."""
    sentences = [reading.read_words(spec, fact) for fact in ("estimand", "assumption")]
    n = next(n for n, column in enumerate(columns, 1) if reading.read_column(column) == reading.read_column(spec))
    where = [page.say("assumed_others")] if len(columns) > 1 else []
    head = str(Text("common.headed", head=f"({n})", said=join_sentences(filter(None, sentences))))
    return join_sentences((head, *group_sentences(columns, "overall_note"), *where)) if any(sentences) else ""


def _is_ladder(effects: list[str]) -> bool:
    """Whether each column takes out at least the fixed effects of the one before it, and the last takes out more.

    Effects of cities and periods take out those of periods.
    """
    rungs = [set(names.split(";")) for names in effects]
    taken = [{*rung, "period"} if any(name.endswith("_period") for name in rung) else rung for rung in rungs]
    return rungs[0] != rungs[-1] and all(rung <= finer for rung, finer in zip(rungs, taken[1:], strict=False))


TWINS = "twins"
DECIMALS, FINE = 4, 6
HEADS = ("column", "software", "estimate", "other-estimate", "difference", "error", "other-error", "verdict")


def build_cross_check(page: Page) -> tuple[Block, ...] | Absent:
    """Return the table of other software and, in full, the lines of any twins in it."""
    frame = page.results.payloads.get(CROSS_CHECKS, pd.DataFrame())
    if frame.empty:
        return Absent(str(Text("proof.absent", name=page.results.name)))
    records = reading.list_records(frame)
    agree, differ = (sum(take_text(r["verdict"]) == name for r in records) for name in ("agrees", "differs"))
    intro = Text("proof.intro", columns=len(set(map(reading.read_column, records))), agree=agree, differ=differ)
    blocks: list[Block] = [Heading(2, page.say("cross_check"), "cross-check"), build_paragraph(str(intro))]
    if not page.is_whole:  # the payload has the numbers of other estimands
        records = [r for r in records if take_text(r["estimand"]) != "other"]
    blocks.append(_build_table(page, records))
    # What a number of another estimand says, or why there is none, headed by its function or its column.
    known = ((note, record) for record in records if (note := reading.read_words(record, "note")))
    heads = ((note, take_text(r["software"]).partition(" ")[2] or reading.format_label(r)) for note, r in known)
    if others := reading.list_headed(dict.fromkeys(heads)):
        blocks.append(BulletList(tuple(map(build_spans, others))))
    if page.is_whole and (lines := page.results.sections.get(TWINS)):
        blocks += [build_paragraph(str(Text("proof.twins"))), Note("code", (Span(lines, "code"),))]
    return tuple(blocks)


def _build_table(page: Page, records: list[Record]) -> Table:
    """Return our numbers beside those of other software; the note says which library each function is of."""
    header = tuple(Cell((name_fact("proof.head-", head, capitalize(head)),)) for head in HEADS)
    groups: dict[str, list[Row]] = {}
    libraries: dict[str, dict[str, None]] = {}
    for record in records:
        rows = groups.setdefault("/".join(reading.read_column(record)), [])
        library, _, function = take_text(record["software"]).partition(" ")
        if library:
            libraries.setdefault(library, {})[function] = None
        verdict = name_fact("proof.verdict-", take_text(record["verdict"]).replace(" ", "-"))
        apart = _cite(record, "difference", is_small=take_text(record["estimand"]) != "other")
        cells = (_cite(record, "stored"), _cite(record, "estimate"), apart, _cite(record, "stored_error"))
        label = "" if rows else reading.format_label(record)
        rows.append(build_row(label, function, *cells, _cite(record, "error"), verdict))
    functions = ((name, Listed(tuple(of), "comma")) for name, of in libraries.items())
    named = Listed(tuple(Text("common.headed", head=name, said=names) for name, names in functions), "semicolon")
    return Table(
        key="cross-check", caption=str(Text("proof.caption")),
        columns=(Column("left", 3.0), Column("left", 2.4), *(Column("right") for _ in range(5)), Column("left")),
        header=(header,), groups=tuple(tuple(rows) for rows in groups.values()),
        notes=(*page.simulated_note, str(Text("proof.note", tolerance=TOLERANCE, libraries=named))),
    )  # fmt: skip


def _cite(record: Record, column: str, *, is_small: bool = False) -> Cell:
    """Return a number with its place; a difference as smaller than the tolerance where it is."""
    number = reading.read_number(record[column])
    if number != number:
        return Cell(("",))
    if is_small and abs(number) < TOLERANCE:
        return build_cell(str(Text("proof.below", tolerance=TOLERANCE)), *cite(record, column))
    decimals = 0 if abs(number) >= 10**DECIMALS else FINE if is_small else DECIMALS
    return build_cell(numbers.format_fixed(number, decimals), *cite(record, column))
