"""The columns held against other software: both numbers, what they say of each other, and the lines of the twins."""

import pandas as pd

from twintrade.effects.cross_check import CROSS_CHECKS, TOLERANCE
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
    build_spans,
)
from twintrade.render.citing import build_cell, cite
from twintrade.render.page import Page
from twintrade.render.reading import Record, format_label, list_records, read_number, read_words, take_text
from twintrade.text import Listed, Text, name_fact, numbers

TWINS = "twins"
DECIMALS, FINE = 4, 6
HEADS = ("column", "software", "estimate", "other-estimate", "difference", "error", "other-error", "verdict")


def build_exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the table of other software and in full, where twins stand in it, their lines."""
    frame = page.results.payloads.get(CROSS_CHECKS, pd.DataFrame())
    if frame.empty:
        return Absent(str(Text("proof.absent", name=page.results.name)))
    records = list_records(frame)
    blocks: list[Block] = [Heading(2, page.say("cross_check"), "cross-check"), build_paragraph(_introduce(records))]
    blocks.append(_build_table(page, records))
    if others := _explain(records):
        blocks.append(BulletList(tuple(build_spans(note) for note in others)))
    if page.detail == "full" and (lines := page.results.sections.get(TWINS)):
        blocks += [build_paragraph(str(Text("proof.twins"))), Note("code", (Span(lines, "code"),))]
    return tuple(blocks)


def _introduce(records: list[Record]) -> str:
    counts = {name: sum(take_text(r["verdict"]) == name for r in records) for name in ("agrees", "differs")}
    columns = {(take_text(r["estimator"]), take_text(r["specification"])) for r in records}
    return str(Text("proof.intro", columns=len(columns), agree=counts["agrees"], differ=counts["differs"]))


def _build_table(page: Page, records: list[Record]) -> Table:
    header = tuple(Cell((str(Text(f"proof.head-{head}")),)) for head in HEADS)
    groups: dict[str, list[Row]] = {}
    libraries: dict[str, dict[str, None]] = {}
    for record in records:
        key = "/".join((take_text(record["estimator"]), take_text(record["specification"])))
        rows = groups.setdefault(key, [])
        rows.append(_build_row(record, "" if rows else format_label(record)))
        library, _, function = take_text(record["software"]).partition(" ")
        if library:
            libraries.setdefault(library, {})[function] = None
    return Table(
        key="cross-check",
        caption=str(Text("proof.caption")),
        columns=(Column("left", 3.0), Column("left", 2.4), *(Column("right") for _ in range(5)), Column("left")),
        header=(header,),
        groups=tuple(tuple(rows) for rows in groups.values()),
        notes=(*page.simulated_note, _name_libraries(libraries)),
    )


def _explain(records: list[Record]) -> list[str]:
    """Return what a number of another estimand says, or why there is none, headed by its function or its column."""
    notes: dict[str, dict[str, None]] = {}
    for record in records:
        if note := read_words(record, "note"):
            head = take_text(record["software"]).partition(" ")[2] or format_label(record)
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
    number = read_number(record[column])
    if number != number:
        return Cell(("",))
    if is_small and abs(number) < TOLERANCE:
        return build_cell(str(Text("proof.below", tolerance=TOLERANCE)), *cite(record, column))
    decimals = 0 if abs(number) >= 10**DECIMALS else FINE if is_small else DECIMALS
    return build_cell(numbers.format_fixed(number, decimals), *cite(record, column))
