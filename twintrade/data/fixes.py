"""The lines of an analysis file that would answer a message, where the data file itself is right."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from twintrade.data.sources import limits
from twintrade.data.sources.provenance import InputRecord
from twintrade.effects import Message
from twintrade.effects.messages import Level, RemedyName
from twintrade.text import Listed, Text, Words

_MAX_LINES = 12


_BY_TABLE: Mapping[str, tuple[RemedyName, ...]] = {
    "flags": ("flag",),
    "missing_tokens": ("missing_token",),
    "ignore": ("ignore",),
    "partner_names": ("partner_name", "remainder"),
    "where": ("where", "where_open", "where_total"),
    "drop": ("drop",),
    "city_names": ("city_name", "own_name", "same_city", "agreement_city"),
    "kinds": ("kinds",),
    "events": ("events",),
}
_TABLES: Mapping[RemedyName, str] = {name: key for key, names in _BY_TABLE.items() for name in names}
"""Remedies whose key is a table or a list of the analysis file, printed on one line: each key once."""
_LISTS = ("missing_tokens", "ignore", "city_names")
_PAIRS: tuple[RemedyName, ...] = ("partner_name", "remainder", "where", "where_open", "where_total", "drop", "kinds")
_ENTRIES: Mapping[RemedyName, str] = {
    **dict.fromkeys(_PAIRS, "pair"),
    "missing_token": "value",
    "ignore": "value",
    "agreement_city": "same_city",
}
"""What writes the entry of a remedy that is written as others are."""
_WITHOUT_REMARK = ("flag", "ignore", "city_name", "own_name", "events")
REGISTER = "[[data.twinnings]]"
"""Stands before the file of a line that only a table of agreements has, or for it where a message names none."""
_OF_REGISTER = ("kinds", "events", "day_first", "duplicate-twinning", "undated")
"""Remedies and codes whose lines only such a table has."""
_PADDING = ("CODE", "CODE")  # what stands for a value that the message does not know
_BY_CODE: Mapping[str, str] = {
    "decimal-mark": "data.fix-decimal", "thousands-or-decimals": "data.fix-thousands",
    "thousands-likely": "data.fix-thousands", "duplicate-twinning": "data.fix-duplicate-twinning",
    "absent-row": "data.fix-absent", "missing-figures": "data.fix-blank", "currency": "data.fix-exchange",
    "looks-cumulated": "data.fix-cumulated", "revision": "data.fix-revision", "undated": "data.fix-undated",
}  # fmt: skip


def list_lines_to_change(messages: Iterable[Message], tables: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return the lines to change by the file they belong to, each once, in the order of the messages."""
    by_file: dict[str, dict[tuple[RemedyName | None, str], None]] = {}
    for message in messages:
        remedy = message.remedy
        if message.level == "info" or (remedy is None and message.code not in _BY_CODE):
            continue
        lines = by_file.setdefault(_find_table(message, remedy.name if remedy else message.code, tables), {})
        if remedy is None:
            lines[None, str(Text(_BY_CODE[message.code]))] = None
            continue
        step = 2 if remedy.name in _TABLES else len(remedy.values) or 1
        for start in range(0, len(remedy.values) or 1, step):
            lines[remedy.name, _write(remedy.name, remedy.values[start : start + step], message.row)] = None
    return {file: _shorten(_join(entries)) for file, entries in by_file.items()}


def _find_table(message: Message, name: str, tables: Iterable[str]) -> str:
    """Return the file whose table a line belongs to: one file may be declared as trade and as agreements."""
    is_of_register = name in _OF_REGISTER or (name == "agreement_city" and not message.file)
    patterns = (t for t in tables if fnmatchcase(message.file, t if "*" in t or "?" in t else f"{t.rstrip('/')}/*"))
    return f"{REGISTER}{message.file}" if is_of_register else next(patterns, message.file)


def _write(name: RemedyName, values: Sequence[str], row: int | None) -> str:
    """Return a line of the analysis file, or the entry of a table, with values as that file writes them."""
    bare, other = (*values, *_PADDING)[:2]
    names = {"bare": bare, "first": _quote(bare), "second": _quote(other), "both": _quote(f"{bare} ({other})")}
    every = ", ".join(map(_quote, values))
    return str(Text(f"data.fix-{_ENTRIES.get(name, name)}", last=(row or 1) - 1, all=every, **names))


def _quote(value: str) -> str:
    """Return a value as JSON and TOML write text."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _join(entries: Iterable[tuple[RemedyName | None, str]]) -> list[str]:
    """Return the lines with the entries of one table or list on one line."""
    collected: dict[str, list[tuple[RemedyName, str]]] = {}
    lines: list[tuple[str, str]] = []
    for name, entry in entries:
        if name is None or name not in _TABLES:
            lines.append(("", entry))
            continue
        key = _TABLES[name]
        if key not in collected:
            lines.append((key, ""))
        collected.setdefault(key, []).append((name, entry))
    return [_write_table(key, collected[key]) if key else line for key, line in lines]


def _write_table(key: str, named: Sequence[tuple[RemedyName, str]]) -> str:
    entries = [entry for _, entry in named]
    shown = ", ".join(_gather_lists(entries) if key == "drop" else entries)
    line = f"{key} = [{shown}]" if key in _LISTS else f"{key} = {{ {shown} }}"
    remarked = next((name for name, _ in named if name not in _WITHOUT_REMARK), None)
    return f"{line}   # {Text(f'data.remark-{remarked}')}" if remarked else line


def _gather_lists(entries: Iterable[str]) -> list[str]:
    """Return entries with the values of one key in one list."""
    values: dict[str, list[str]] = {}
    for entry in entries:
        _, end = json.JSONDecoder().raw_decode(entry)
        values.setdefault(entry[:end], []).append(entry[end:].removeprefix(" = "))
    return [f"{key} = [{', '.join(several)}]" for key, several in values.items()]


def _shorten(lines: list[str]) -> list[str]:
    more = len(lines) - _MAX_LINES
    return lines if more <= 0 else [*lines[:_MAX_LINES], str(Text("data.more-lines", n=more))]


# The data report: what was read, what is wrong with it row by row, which lines of the analysis file to change.

_LEVELS: tuple[Level, ...] = ("error", "warning", "info")
_MAX_SPANS = 8


def format_data_report(
    records: Sequence[InputRecord],
    messages: Iterable[Message],
    n_errors: int | None = None,
    tables: Mapping[str, str] | None = None,
) -> str:
    """Return the report for a terminal; ``n_errors`` counts unlisted ones too, ``tables`` places each file."""
    listed = list(messages)
    lines = [str(Text("data.report-files"))] if records else []
    for record in records:
        sheet = Text("data.report-sheet", name=record.sheet) if record.sheet else ""
        known = tuple(fact for fact in (record.encoding, sheet, record.unit) if fact)
        facts = Listed(known, "comma")
        entry = Text("data.report-file", file=record.path, n=record.rows, n_facts=len(known), facts=facts)
        lines.append(f"  {entry}")
        lines += [f"    {Text('data.report-dropped', rule=rule, n=n)}" for rule, n in record.dropped]
    for level in _LEVELS:
        mine = [m for m in listed if m.level == level]
        if mine:
            total = n_errors if level == "error" and n_errors is not None else len(mine)
            shown = _list_by_file(mine)
            counts = {"n_shown": len(mine), "n_lines": sum(line.startswith("    ") for line in shown)}
            heading = Text("data.report-level", level=level, total=total, all_shown=total <= len(mine), **counts)
            lines += ["", str(heading), *shown]
    fixes = list_lines_to_change(listed, tables or ())
    if fixes:
        lines += ["", str(Text("data.report-fixes"))]
        for file, changes in fixes.items():
            shown_file = file.removeprefix(REGISTER) or file
            unplaced = Text("data.report-table" if file else "data.report-tables", file=shown_file)
            place = (tables or {}).get(file, "") or unplaced
            lines += [f"  {place}", *(f"    {line}" for line in changes)]
    return "\n".join(lines)


def _list_by_file(messages: Sequence[Message]) -> list[str]:
    """Return the messages by file and row; the same message about several rows is said once."""
    lines: list[str] = []
    for file in dict.fromkeys(m.file for m in messages):
        lines.append(f"  {file or Text('data.report-all-files')}")
        rows: dict[tuple[str, str, str], list[int | None]] = {}
        for message in sorted((m for m in messages if m.file == file), key=lambda m: (m.row or 0, m.column)):
            rows.setdefault((message.column, message.code, message.message), []).append(message.row)
        shown: Counter[tuple[str, str]] = Counter()
        left: Counter[tuple[str, str]] = Counter()
        for (column, code, text), places in rows.items():
            if shown[column, code] == limits.MAX_LISTED_PER_COLUMN:
                left[column, code] += len(places)
                continue
            shown[column, code] += 1
            numbers = list(dict.fromkeys(filter(None, places)))
            place = ", ".join(filter(None, (_name_rows(numbers), column)))
            is_once_a_row = len(places) == max(len(numbers), 1)
            worded = text if is_once_a_row else Text("data.report-times", text=text, n=len(places))
            lines.append(f"    {place}: {worded}" if place else f"    {worded}")
        for (column, code), n in left.items():
            names = Listed(tuple(filter(None, (column, code))), "comma")
            lines.append(f"    {Text('data.report-more', names=names, n=n)}")
    return lines


def _name_rows(rows: Sequence[int]) -> str:
    """Return row numbers in words: "row 7", "rows 3 to 9, 12"."""
    spans = list_spans(rows)
    if not spans:
        return ""
    named = [str(a) if a == b else Text("data.row-span", first=a, last=b) for a, b in spans[:_MAX_SPANS]]
    more = sum(b - a + 1 for a, b in spans[_MAX_SPANS:])
    shown: Words = Listed(tuple(named), "comma")
    if more:
        shown = Text("common.and-more", items=shown, n=more)
    return str(Text("data.rows", n=len(rows), rows=shown))


def list_spans(rows: Sequence[int]) -> list[list[int]]:
    """Return the first and the last row of each run of neighbors."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    return spans
