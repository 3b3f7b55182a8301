"""The data report: what was read, what is wrong with it row by row, which lines of the analysis file to change."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from twintrade.data.fixes import REGISTER, list_lines_to_change
from twintrade.data.sources import limits
from twintrade.data.sources.provenance import InputRecord
from twintrade.effects import Message
from twintrade.effects.messages import Level
from twintrade.text import Listed, Text, Words

_LEVELS: tuple[Level, ...] = ("error", "warning", "info")
_MAX_SPANS = 8


def format_data_report(
    records: Sequence[InputRecord],
    messages: Iterable[Message],
    n_errors: int | None = None,
    tables: Mapping[str, str] | None = None,
) -> str:
    """Return the report as text for a terminal.

    ``records``: files that were read; ``n_errors``: errors found, when more were found than are listed; ``tables``:
    where in the analysis file each data file is declared, for the lines to change.
    """
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
            all_shown = "yes" if total <= len(mine) else "no"
            shown = _list_by_file(mine)
            counts = {"n_shown": len(mine), "n_lines": sum(line.startswith("    ") for line in shown)}
            heading = Text("data.report-level", level=level, total=total, all_shown=all_shown, **counts)
            lines += ["", str(heading), *shown]
    fixes = list_lines_to_change(listed)
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
            key = (message.column, message.code, message.message)
            rows.setdefault(key, []).append(message.row)
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
    spans: list[list[int]] = []
    for row in rows:
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    if not spans:
        return ""
    named = [str(a) if a == b else Text("data.row-span", first=a, last=b) for a, b in spans[:_MAX_SPANS]]
    more = sum(b - a + 1 for a, b in spans[_MAX_SPANS:])
    shown: Words = Listed(tuple(named), "comma")
    if more:
        shown = Text("common.and-more", items=shown, n=more)
    return str(Text("data.rows", n=len(rows), rows=shown))
