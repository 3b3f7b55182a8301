"""The data report: what was read, what is wrong with it row by row, which lines of the analysis file to change."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from twintrade.data.fixes import list_lines_to_change
from twintrade.data.sources import limits
from twintrade.data.sources.cells import format_counted
from twintrade.data.sources.provenance import InputRecord
from twintrade.effects import Message

_HEADINGS = (("error", "Errors"), ("warning", "Warnings"), ("info", "Notes"))
_MAX_SPANS = 8


def format_data_report(
    records: Sequence[InputRecord],
    messages: Iterable[Message],
    n_errors: int | None = None,
    tables: Mapping[str, str] | None = None,
) -> str:
    """Return the report as text for a terminal.

    Parameters
    ----------
    records : sequence of InputRecord
        Files that were read.
    messages : iterable of Message
    n_errors : int, optional
        Errors found, when more were found than are listed.
    tables : mapping of str to str, optional
        Where in the analysis file each data file is declared, for the lines to change.
    """
    told = list(messages)
    lines = ["Files"] if records else []
    for record in records:
        facts = (record.encoding, record.sheet and f"sheet {record.sheet}", record.unit)
        lines.append(
            f"  {record.path}: {format_counted(record.rows, 'row')}, {', '.join(filter(None, facts))}".rstrip(", ")
        )
        lines += [f"    left out by rule: {rule}, {format_counted(n, 'row')}" for rule, n in record.dropped]
    for level, heading in _HEADINGS:
        mine = [m for m in told if m.level == level]
        if mine:
            total = n_errors if level == "error" and n_errors is not None else len(mine)
            shown = f", the first {len(mine)}" if total > len(mine) else ""
            lines += ["", f"{heading} ({total}{shown})", *_by_file(mine)]
    fixes = list_lines_to_change(told)
    if fixes:
        lines += ["", "Lines to change in the analysis file, where the data file itself is right"]
        for file, changes in fixes.items():
            place = (tables or {}).get(file, "")
            lines.append(f"  {place or (f'in the table of {file}' if file else 'in the tables of the files above')}")
            lines += [f"    {line}" for line in changes]
    return "\n".join(lines)


def _by_file(messages: Sequence[Message]) -> list[str]:
    """Return the messages by file and row; the same message about several rows is said once."""
    lines: list[str] = []
    for file in dict.fromkeys(m.file for m in messages):
        lines.append(f"  {file or 'all files together'}")
        rows: dict[tuple[str, str, str], list[int]] = {}
        for message in sorted((m for m in messages if m.file == file), key=lambda m: (m.row or 0, m.column)):
            key = (message.column, message.code, message.message)
            rows.setdefault(key, []).extend(filter(None, [message.row]))
        told: Counter[tuple[str, str]] = Counter()
        for (column, code, text), numbers in rows.items():
            told[column, code] += 1
            if told[column, code] <= limits.MAX_LISTED_PER_COLUMN:
                place = ", ".join(filter(None, (_spans(numbers), column)))
                lines.append(f"    {place}: {text}" if place else f"    {text}")
        more = {key: n - limits.MAX_LISTED_PER_COLUMN for key, n in told.items() if n > limits.MAX_LISTED_PER_COLUMN}
        for (column, code), n in more.items():
            lines.append(f"    {', '.join(filter(None, (column, code)))}: {n} more like these; a run lists them")
    return lines


def _spans(rows: Sequence[int]) -> str:
    """Return row numbers in words: "row 7", "rows 3 to 9, 12"."""
    spans: list[list[int]] = []
    for row in dict.fromkeys(rows):
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    if not spans:
        return ""
    named = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in spans[:_MAX_SPANS])
    more = sum(b - a + 1 for a, b in spans[_MAX_SPANS:])
    return f"{'rows' if len(set(rows)) > 1 else 'row'} {named}" + (f" and {more} more" if more else "")
