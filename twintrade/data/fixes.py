"""The lines of an analysis file that would answer a message, where the data file itself is right."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from twintrade.effects import Message, Remedy
from twintrade.effects.messages import RemedyName

_MAX_LINES = 12


@dataclass(frozen=True, slots=True)
class _Line:
    """A key with what it is given; entries of one table or list are collected on one line.

    ``{0}`` and ``{1}`` in an entry are values of the remedy, as the analysis file writes them.
    """

    key: str
    entry: str
    brackets: str = ""
    remark: str = ""
    default: str = ""


_LINES: Mapping[RemedyName, _Line] = {
    "decimal": _Line("decimal", '"."   or   decimal = ","'),
    "flag": _Line("flags", '{0} = "what the mark means"', "{}"),
    "missing_token": _Line("missing_tokens", "{0}", "[]", "   (only if it means that there is no figure)"),
    "ignore": _Line("ignore", "{0}", "[]"),
    "partner_name": _Line("partner_names", "{0} = {1}", "{}", default="CODE"),
    "city_name": _Line("city_names", '{{ name = {0}, city = "the city it is" }}', "[]"),
    "own_name": _Line("city_names", '{{ name = {0}, city = "a name of its own" }}', "[]"),
    "same_city": _Line("city_names", "{{ name = {0}, city = {1} }}", "[]", "   (if they are one city)"),
    "totals": _Line("last_row", "...   or   where = {{ ... }}, to leave totals out"),
    "kinds": _Line("kinds", '{0} = "sister city"', "{}"),
    "events": _Line("events", '{0} = "signed"', "{}"),
    "money_unit": _Line("money_unit", "{0}"),
    "money_unit_unknown": _Line("money_unit", '"1,000 USD"   (a power and a currency)'),
    "precedence": _Line("precedence", "1   (under the file that counts where they overlap)"),
    "product": _Line("product", '"..." and product_revision = "...", if the rows are products to be added up'),
    "day_first": _Line("day_first", "true   or   day_first = false"),
}
_BY_CODE: Mapping[str, str] = {
    "decimal-mark": 'decimal = "."   or   decimal = ","',
    "thousands-or-decimals": 'decimal = ","   (if the point groups thousands)',
    "duplicate-twinning": 'id = "..."   or   event = "..."   (the column that tells the rows apart)',
    "absent-row": 'absent = "zero"   or   absent = "missing"',
    "missing-figures": 'blank = "zero"   (only if a blank means that nothing was traded)',
    "unit-jump": 'money_unit = { column = "..." }   (or split the file)',
    "currency": 'exchange = { target = "USD", file = "data/raw/rates.csv" }',
    "revision": 'mixed_revisions = "by_period"   or   where = { ... }',
    "undated": 'policy = "exclude"',
    "where": "where = { ... }",
}


def list_lines_to_change(messages: Iterable[Message]) -> dict[str, list[str]]:
    """Return the lines by the file whose table they belong to, each once, in the order of the messages.

    Parameters
    ----------
    messages : iterable of Message
        Of a reading; notes ask for no change.
    """
    by_file: dict[str, dict[tuple[_Line | str, str], None]] = {}
    for message in messages:
        if message.level == "info":
            continue
        if message.remedy is not None:
            by_file.setdefault(message.file, {})[_answer(message.remedy, message.row)] = None
        elif message.code in _BY_CODE:
            by_file.setdefault(message.file, {})[_BY_CODE[message.code], ""] = None
    return {file: _shortened(_joined(answers)) for file, answers in by_file.items()}


def _answer(remedy: Remedy, row: int | None) -> tuple[_Line | str, str]:
    """Return a line and its entry; the two that are no text are filled in whole."""
    if remedy.name == "last_row":
        return f"last_row = {(row or 1) - 1}", ""
    if remedy.name == "frequency":
        return f'frequency = "{remedy.values[0]}"   (if the whole file is by {remedy.values[0]})', ""
    line = _LINES[remedy.name]
    return line, line.entry.format(*map(_text, (*remedy.values, line.default)))


def _joined(answers: Iterable[tuple[_Line | str, str]]) -> list[str]:
    """Return the lines with the entries of one table or list on one line: a key may stand once."""
    collected: dict[tuple[str, str, str], list[str]] = {}
    lines: list[str | tuple[str, str, str]] = []
    for line, entry in answers:
        if isinstance(line, str):
            lines.append(line)
        elif not line.brackets:
            lines.append(f"{line.key} = {entry}")
        else:
            key = line.key, line.brackets, line.remark
            if key not in collected:
                lines.append(key)
            collected.setdefault(key, []).append(entry)
    return [line if isinstance(line, str) else _collected(*line, collected[line]) for line in lines]


def _collected(key: str, brackets: str, remark: str, entries: list[str]) -> str:
    shown = ", ".join(entries[:_MAX_LINES]) + (", ..." if len(entries) > _MAX_LINES else "")
    return f"{key} = {{ {shown} }}{remark}" if brackets == "{}" else f"{key} = [{shown}]{remark}"


def _shortened(lines: list[str]) -> list[str]:
    more = len(lines) - _MAX_LINES
    return lines if more <= 0 else [*lines[:_MAX_LINES], f"... and {more} more like them"]


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)
