"""From a number on the page to what it was made from: its cell, estimator, design, rows and line of code."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from twintrade.data.fixes import list_spans
from twintrade.errors import SpecError, StoreError
from twintrade.files import read_file
from twintrade.methods import find_method_line
from twintrade.study.deposit.verify_appendix import PageCell, PageTable, StoredNumbers, compute_value, read_tables
from twintrade.study.store.fingerprint import hash_bytes
from twintrade.study.store.freshness import read_manifest
from twintrade.text import Listed, Text, list_some

_TABLE = re.compile(r"(?:table|表)?\s*((?:[a-z]\.)?\d+(?:\.\d+)*)\s*\.?", re.IGNORECASE)
_PART = re.compile(r"(row|column|col|行|列)\s*(.+)", re.IGNORECASE)
_DESIGN = (
    *("estimator", "specification", "outcome", "transform", "fixed_effects", "comparison", "reference"),
    "equation",
)
_SHOWN_HASH = 16
_MOST_SPANS = 12
_OF_INFERENCE = frozenset(("se", "low", "high", "simultaneous_low", "simultaneous_high", "p", "df", "level"))
_FORMS = {"": "same", "words": "words", "t": "ratio"}


def trace_number(folder: Path, name: str, asked: str) -> list[Text | str]:
    """Return line by line where "Table 7, row 2, column 3", by number or name, or a key of the page comes from."""
    if (manifest := read_manifest(folder)) is None:
        raise StoreError(Text("trace.no-results", name=name))
    numbers = StoredNumbers(folder)
    lines: list[Text | str] = []
    keys: tuple[str, ...] = (asked.strip(),)
    if ":" not in asked:
        tables = read_tables(read_file(folder / "appendix.html").decode("utf-8"))
        table, row, place, cell = find_cell(tables, asked)
        head = " ".join(_list_heads(table, place))
        lines = [table.caption, Text("trace.cell", row=row[0].text, column=head, printed=cell.text)]
        keys = cell.keys
    for key in keys:
        lines += ["", *_describe(key, numbers, manifest)]
    return [*lines, "", Text("trace.again", name=name)]


def parse_place(asked: str) -> tuple[str, str, str]:
    """Return the table, row and column that are asked for, each by number or by name, "" where none is."""
    head, *parts = (part.strip() for part in asked.split(","))
    table = _TABLE.fullmatch(head)
    # A name may hold a comma: what begins no part belongs to the part before.
    joined: list[str] = []
    for part in parts:
        if _PART.fullmatch(part) or not joined:
            joined.append(part)
        else:
            joined[-1] += f", {part}"
    named = [_PART.fullmatch(part) for part in joined]
    if table is None or not all(named):
        raise SpecError(Text("trace.grammar", asked=asked))
    chosen = {"row" if m[1].lower() in ("row", "行") else "column": m[2].strip() for m in named if m is not None}
    return table[1].lower(), chosen.get("row", ""), chosen.get("column", "")


def find_cell(tables: list[PageTable], asked: str) -> tuple[PageTable, list[PageCell], int, PageCell]:
    """Return the table, the row, the place of the column, and the cell that are asked for."""
    wanted, wanted_row, wanted_column = parse_place(asked)
    numbered = ((_TABLE.fullmatch(table.number), table) for table in tables if table.number)
    known = {(match[1] if match else table.number).lower(): table for match, table in numbered}
    if wanted not in known:
        raise SpecError(Text("trace.no-table", asked=asked, tables=_join([t.caption for t in known.values()])))
    table = known[wanted]
    rows = [row for row in table.rows if len(row) > 1]
    n_columns = max((len(row) for row in rows), default=1)
    heads = [_list_heads(table, place) for place in range(n_columns)]
    places = _choose(wanted_column, heads[1:]) if wanted_column else list(range(n_columns - 1))
    if not places:
        names = [" ".join(dict.fromkeys(head)) for head in heads[1:]]
        raise SpecError(Text("trace.no-column", asked=asked, columns=_join(names)))
    named = [[str(i), row[0].text] for i, row in enumerate(rows, 1)]
    for i in _choose(wanted_row, named) if wanted_row else range(len(rows)):
        for place in places:
            if place + 1 < len(rows[i]) and rows[i][place + 1].keys:
                return table, rows[i], place + 1, rows[i][place + 1]
    raise SpecError(Text("trace.no-number", asked=asked, rows=_join([row[0].text for row in rows])))


def _list_heads(table: PageTable, place: int) -> list[str]:
    """Return what stands above a column."""
    heads = []
    for row in table.header:
        start = 0
        for cell in row:
            if start <= place < start + cell.span and cell.text:
                heads.append(cell.text)
            start += cell.span
    return heads


def _choose(asked: str, names: list[list[str]]) -> list[int]:
    """Return the places of what is asked for: by number in brackets, by order, by name or a part of it."""
    bare = asked.strip("()").lower()
    if bare.isdigit():
        numbered = [i for i, called in enumerate(names) if f"({bare})" in called]
        return numbered or ([int(bare) - 1] if 0 < int(bare) <= len(names) else [])
    same = [i for i, called in enumerate(names) if any(asked.lower() == one.strip().lower() for one in called)]
    return same or [i for i, called in enumerate(names) if any(asked.lower() in one.lower() for one in called)]


def _join(names: list[str]) -> Listed:
    return Listed(tuple(name.strip() for name in names), "semicolon")


def _describe(key: str, numbers: StoredNumbers, manifest: Mapping[str, Any]) -> Iterator[Text | str]:
    try:
        rows, column, form = numbers.find(key)
        value = rows[0].get(column, rows[0]) if form in ("", "words") else compute_value(rows, column, form)
        raw = rows[0].get(column, "")
    except (OSError, LookupError, ValueError):
        raise SpecError(Text("trace.no-key", key=key)) from None
    file, row, *_ = key.split(":")
    yield Text("trace.place", file=file, row=row, column=column)
    stored = raw if form not in ("count", "distinct", "more", "size") else len(rows)
    form = form.partition("~")[0]
    named = "scaled" if form.startswith("/") else _FORMS.get(form, form)
    yield Text("trace.value", value=str(stored), form=named, printed=str(value))
    of_file = file.removeprefix("payloads/").removesuffix(".csv")
    record = dict(rows[0])
    findings = numbers.read("findings.csv") if file.startswith("payloads/") else []
    finding: dict[str, Any] = next((f for f in findings if of_file in f["payloads"].split()), {})
    record |= {k: v for k, v in finding.items() if k not in record}
    keys = (record.get("estimator"), record.get("specification"))
    specifications = numbers.read("specifications.csv")
    specification = next((s for s in specifications if (s["estimator"], s["specification"]) == keys), None)
    if specification is not None:
        yield Text("trace.estimator", label=specification["label"], estimator=str(keys[0]), key=str(keys[1]))
        # Of the design of the analysis, and of what its column changes of it.
        facts = [manifest.get("spec", {}).get("design", {}), [specification.get(name, "") for name in _DESIGN]]
        design = json.dumps(facts, sort_keys=True, ensure_ascii=False, default=str).encode("utf-8")
        yield Text("trace.design", sha=hash_bytes(design)[:_SHOWN_HASH])
        yield from _list_rows(numbers, record, specification)
    for entry in manifest["inputs"]:
        yield Text("trace.input", path=entry["path"], n=int(entry.get("rows", 0)), sha=entry["sha256"][:_SHOWN_HASH])
    # The lines of code that make the number: of its check, its inference or its estimator.
    inference = record.get("inference") if column in _OF_INFERENCE else None
    made_by = {"diagnostics": record.get("diagnostic"), "inference": inference, "estimators": keys[0]}
    for room, name in made_by.items():
        if name and (line := find_method_line(room, str(name))) is not None:
            yield Text("trace.code", place=line, name=str(name))


def _list_rows(
    numbers: StoredNumbers, record: Mapping[str, Any], specification: Mapping[str, Any]
) -> Iterator[Text | str]:
    """Yield which treated rows of the panel are behind a number, and how many rows its column uses."""
    time, cohort = record.get("event_time", ""), record.get("cohort", "")
    is_event = record.get("kind", "event") in ("event", "cell") and time not in ("", None)
    data = numbers.read("data.csv")
    is_any = cohort in ("", None) or int(float(cohort)) < 0
    rows = []
    for i, row in enumerate(data, 2):
        if row["status"] == "treated" and row["event_time"] != "":
            since = int(row["event_time"])
            is_behind = since == int(float(time)) if is_event else since >= 0
            rows += [i] if is_behind and (is_any or row["onset"] == str(int(float(cohort)))) else []
    used = str(specification.get("n_rows") or "")
    spans = [str(first) if first == last else f"{first}–{last}" for first, last in list_spans(rows)]
    yield Text("trace.rows", n=len(rows), rows=list_some(spans, _MOST_SPANS), used=int(used or 0), of=len(data))
