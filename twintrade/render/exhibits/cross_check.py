"""The columns estimated again by other software: both numbers, whether they agree, and the lines of the twins."""

from itertools import pairwise

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
    build_spans,
)
from twintrade.render.citing import build_cell, cite
from twintrade.render.names import capitalize
from twintrade.render.page import Page
from twintrade.render.reading import Record, take_text
from twintrade.render.tables.ladder import build_ladder_tables, group_sentences, list_skipped
from twintrade.render.tables.register import build_inference_table
from twintrade.text import Listed, Text, join_sentences, name_fact, numbers

# Exhibit 6: the main ladder, and the headline under every inference.


def build_ladder(page: Page) -> tuple[Block, ...] | Absent:
    """Return the ladder."""
    is_whole = page.detail == "full"
    tables = build_ladder_tables(page.results, page.wording, page.tables, is_whole=is_whole)
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
    if not is_whole and (assumed := _say_assumed(page, spec, columns)):
        blocks.append(build_paragraph(assumed))
    if skipped := list_skipped(page.results, page.wording):
        blocks.append(build_paragraph(join_sentences(skipped)))
    beside = None if not is_whole else build_inference_table(page.results, spec, page.wording)
    return (*blocks, *([beside] if beside is not None else []))


def _say_assumed(page: Page, spec: Record, columns: list[Record]) -> str:
    """Say what the headline averages and assumes, what each first row is, and where the rest stands."""
    sentences = [reading.read_words(spec, fact) for fact in ("estimand", "assumption")]
    n = next(n for n, column in enumerate(columns, 1) if reading.read_column(column) == reading.read_column(spec))
    where = [page.say("assumed_others")] if len(columns) > 1 else []
    head = str(Text("common.headed", head=f"({n})", said=join_sentences(filter(None, sentences))))
    return join_sentences((head, *group_sentences(columns, "overall_note", 1), *where)) if any(sentences) else ""


def _is_ladder(effects: list[str]) -> bool:
    """Whether each column takes out at least the fixed effects of the one before it, and the last takes out more."""
    rungs = [set(names.split(";")) for names in effects]
    return rungs[0] != rungs[-1] and all(_covers(b, a) for a, b in pairwise(rungs))


def _covers(finer: set[str], coarser: set[str]) -> bool:
    """Whether effects take out what others do; effects of cities and periods take out those of periods."""
    is_by_period = any(name.endswith("_period") for name in finer)
    return all(name in finer or (name == "period" and is_by_period) for name in coarser)


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
    if page.detail == "short":  # the payload has the numbers of other estimands
        records = [r for r in records if take_text(r["estimand"]) != "other"]
    blocks.append(_build_table(page, records))
    if others := _explain(records):
        blocks.append(BulletList(tuple(build_spans(note) for note in others)))
    if page.detail == "full" and (lines := page.results.sections.get(TWINS)):
        blocks += [build_paragraph(str(Text("proof.twins"))), Note("code", (Span(lines, "code"),))]
    return tuple(blocks)


def _build_table(page: Page, records: list[Record]) -> Table:
    header = tuple(Cell((name_fact("proof.head-", head, capitalize(head)),)) for head in HEADS)
    groups: dict[str, list[Row]] = {}
    libraries: dict[str, dict[str, None]] = {}
    for record in records:
        rows = groups.setdefault("/".join(reading.read_column(record)), [])
        rows.append(_build_row(record, "" if rows else reading.format_label(record)))
        library, _, function = take_text(record["software"]).partition(" ")
        if library:
            libraries.setdefault(library, {})[function] = None
    return Table(
        key="cross-check", caption=str(Text("proof.caption")),
        columns=(Column("left", 3.0), Column("left", 2.4), *(Column("right") for _ in range(5)), Column("left")),
        header=(header,), groups=tuple(tuple(rows) for rows in groups.values()),
        notes=(*page.simulated_note, _name_libraries(libraries)),
    )  # fmt: skip


def _explain(records: list[Record]) -> list[str]:
    """Return what a number of another estimand says, or why there is none, headed by its function or its column."""
    notes: dict[str, dict[str, None]] = {}
    for record in records:
        if note := reading.read_words(record, "note"):
            head = take_text(record["software"]).partition(" ")[2] or reading.format_label(record)
            notes.setdefault(note, {})[head] = None
    return [str(Text("common.headed", head=Listed(tuple(of), "comma"), said=note)) for note, of in notes.items()]


def _name_libraries(libraries: dict[str, dict[str, None]]) -> str:
    """Return the note of the table: when numbers agree, and which library each function is of."""
    named = (
        Text("common.headed", head=name, said=Listed(tuple(functions), "comma"))
        for name, functions in libraries.items()
    )
    return str(Text("proof.note", tolerance=TOLERANCE, libraries=Listed(tuple(named), "semicolon")))


def _build_row(record: Record, label: str) -> Row:
    is_other = take_text(record["estimand"]) == "other"
    return Row(
        (
            Cell((label,)),
            Cell((take_text(record["software"]).partition(" ")[2],)),
            _cite(record, "stored"),
            _cite(record, "estimate"),
            _cite(record, "difference", is_small=not is_other),
            _cite(record, "stored_error"),
            _cite(record, "error"),
            Cell((name_fact("proof.verdict-", take_text(record["verdict"]).replace(" ", "-")),)),
        )
    )


def _cite(record: Record, column: str, *, is_small: bool = False) -> Cell:
    """Return a number with its place; a difference as smaller than the tolerance where it is."""
    number = reading.read_number(record[column])
    if number != number:
        return Cell(("",))
    if is_small and abs(number) < TOLERANCE:
        return build_cell(str(Text("proof.below", tolerance=TOLERANCE)), *cite(record, column))
    decimals = 0 if abs(number) >= 10**DECIMALS else FINE if is_small else DECIMALS
    return build_cell(numbers.format_fixed(number, decimals), *cite(record, column))
