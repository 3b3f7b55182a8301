"""The data report: what was read, what is wrong with it row by row, and which lines of the analysis file to mend."""

from collections.abc import Iterable, Sequence

from twintrade.data import limits
from twintrade.data.provenance import InputRecord
from twintrade.effects import Message

_FIXES = {
    "number": 'decimal = ","   flags = { "(r)" = "revised" }   missing_tokens = ["s"]',
    "decimal-mark": 'decimal = "."',
    "thousands-or-decimals": 'decimal = "."',
    "period": 'frequency = "month"   last_row = 120   where = { column = "value" }',
    "partner": 'partner_names = { "name in the file" = "GBR" }',
    "partner-alias": 'partner_names = { "name in the file" = "GBR" }',
    "city": 'where = { column = "value" }   last_row = 120',
    "spelling": '[[...city_names]] name = "name in the file", city = "city it counts as"',
    "city-code": '[[...city_names]] name = "name in the file", city = "city it counts as"',
    "duplicate": 'precedence = 1   product = "column"   (or remove a row)',
    "duplicate-twinning": 'id = "column"   event = "column"   (or remove a row)',
    "absent-row": 'absent = "zero"   or   absent = "missing"',
    "missing-figures": 'blank = "zero"   (only if a blank means nothing was traded)',
    "money-unit": 'money_unit = "1,000 USD"',
    "unit-in-header": 'money_unit = "1,000 USD"',
    "unit-jump": 'money_unit = { column = "unit" }   (or split the file)',
    "currency": 'exchange = { target = "USD", file = "data/raw/rates.csv" }',
    "kinds": '[...kinds] "name in the file" = "sister city"',
    "events": '[...events] "name in the file" = "signed"',
    "date": 'day_first = true   precision = "column"',
    "undated": 'policy = "exclude"',
    "where": 'where = { column = "value" }',
}
_HEADINGS = (("error", "Errors"), ("warning", "Warnings"), ("info", "Notes"))


def data_report(records: Sequence[InputRecord], messages: Iterable[Message], n_errors: int | None = None) -> str:
    """Return the report as text for a terminal.

    Parameters
    ----------
    records : sequence of InputRecord
        Files that were read.
    messages : iterable of Message
    n_errors : int, optional
        Errors found, when more were found than are listed.
    """
    told = list(messages)
    lines = ["Files"] if records else []
    for record in records:
        facts = (record.encoding, record.sheet and f"sheet {record.sheet}", record.unit)
        lines.append(f"  {record.path}: {record.rows:,} rows, {', '.join(filter(None, facts))}")
        lines += [f"    left out by rule: {rule}, {n:,} rows" for rule, n in record.dropped]
    for level, heading in _HEADINGS:
        mine = [m for m in told if m.level == level]
        if mine:
            total = n_errors if level == "error" and n_errors is not None else len(mine)
            shown = f", the first {len(mine)}" if total > len(mine) else ""
            lines += ["", f"{heading} ({total}{shown})", *_by_file(mine)]
    fixes = _lines_to_change(told)
    if fixes:
        lines += ["", "Lines to change in the analysis file, where the file itself is right", *fixes]
    return "\n".join(lines)


def _by_file(messages: Sequence[Message]) -> list[str]:
    lines: list[str] = []
    for file in dict.fromkeys(m.file for m in messages):
        lines.append(f"  {file or 'all files together'}")
        mine = sorted((m for m in messages if m.file == file), key=lambda m: (m.row or 0, m.column))
        for message in mine[: limits.MAX_MESSAGES]:
            row = "" if message.row is None else f"row {message.row}"
            place = ", ".join(filter(None, (row, message.column)))
            lines.append(f"    {place}: {message.message}" if place else f"    {message.message}")
    return lines


def _lines_to_change(messages: Sequence[Message]) -> list[str]:
    codes = dict.fromkeys(m.code for m in messages if m.level != "info" and m.code in _FIXES)
    seen: dict[str, str] = {}
    for code in codes:
        seen.setdefault(_FIXES[code], code)
    return [f"  {code}: {fix}" for fix, code in seen.items()]
