"""The lines of an analysis file that would answer a message, where the data file itself is right."""

import json
import re
from collections.abc import Callable, Iterable, Mapping

from twintrade.data.figures.money import parse_header_unit
from twintrade.data.geography.countries import find_near_codes
from twintrade.data.sources.cells import clean_name
from twintrade.effects import Message

Fix = Callable[[Message, list[str]], str]

_QUOTED = re.compile("“([^”]*)”")
_MARKED = re.compile(r"[0-9.,\s]*[0-9]\s*(\D+)|(\D+?)\s*[0-9][0-9.,\s]*")
_OTHER_FREQUENCY = re.compile(r"is a (quarter|month|year), and the panel's frequency")
_COLLECTED = re.compile(r"(\w+) = ([{\[]) ?(.*?) ?[}\]](   \(.*\))?")
_MAX_LINES = 12


def list_lines_to_change(messages: Iterable[Message]) -> dict[str, list[str]]:
    """Return the lines by the file whose table they belong to, each once, in the order of the messages.

    Parameters
    ----------
    messages : iterable of Message
        Of a reading; notes ask for no change.
    """
    found: dict[str, dict[str, None]] = {}
    for message in messages:
        fix = _FIXES.get(message.code)
        if message.level == "info" or fix is None:
            continue
        line = fix(message, _QUOTED.findall(message.message))
        if line:
            found.setdefault(message.file, {})[line] = None
    return {file: _shortened(_joined(lines)) for file, lines in found.items()}


def _joined(lines: Iterable[str]) -> list[str]:
    """Return the lines with the entries of one table or list on one line: a key may stand once."""
    entries: dict[tuple[str, str, str], list[str]] = {}
    found: list[tuple[str, str, str] | str] = []
    for line in lines:
        match = _COLLECTED.fullmatch(line)
        if match is None or match[3] == "...":
            found.append(line)
            continue
        key = match[1], match[2], match[4] or ""
        if key not in entries:
            found.append(key)
        entries.setdefault(key, []).append(match[3])
    return [item if isinstance(item, str) else _collected(*item, entries[item]) for item in found]


def _collected(key: str, opening: str, remark: str, entries: list[str]) -> str:
    shown = ", ".join(entries[:_MAX_LINES]) + (", ..." if len(entries) > _MAX_LINES else "")
    return f"{key} = {{ {shown} }}{remark}" if opening == "{" else f"{key} = [{shown}]{remark}"


def _shortened(lines: list[str]) -> list[str]:
    more = len(lines) - _MAX_LINES
    return lines if more <= 0 else [*lines[:_MAX_LINES], f"... and {more} more like them"]


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


def _number(message: Message, quoted: list[str]) -> str:
    text = message.message
    if "nothing in the column says which" in text:
        return 'decimal = "."   or   decimal = ","'
    if "carries a mark" in text and quoted and (match := _MARKED.fullmatch(quoted[0])):
        return f'flags = {{ {_text((match[1] or match[2]).strip())} = "what the mark means" }}'
    if text.endswith("is not a number") and quoted:
        return f"missing_tokens = [{_text(quoted[0])}]   (only if it means that there is no figure)"
    return ""


def _period(message: Message, quoted: list[str]) -> str:
    if message.column == "column names" and quoted:
        return f"ignore = [{_text(quoted[0])}]"
    if match := _OTHER_FREQUENCY.search(message.message):
        return f'frequency = "{match[1]}"   (if the whole file is by {match[1]})'
    if "footer or a total" in message.message and message.row:
        return f"last_row = {message.row - 1}"
    return ""


def _partner(message: Message, quoted: list[str]) -> str:
    if not quoted or "no known partner" not in message.message:
        return ""
    near = find_near_codes(clean_name(quoted[0]))
    return f"partner_names = {{ {_text(quoted[0])} = {_text(near[0] if near else 'CODE')} }}"


def _city(message: Message, quoted: list[str]) -> str:
    if "footnote mark" in message.message and quoted:
        return f'city_names = [{{ name = {_text(quoted[0])}, city = "the city it is" }}]'
    return "last_row = ...   or   where = { ... }, to leave totals out" if "total" in message.message else ""


def _spelling(message: Message, quoted: list[str]) -> str:
    if len(quoted) < 2:
        return ""
    return f"city_names = [{{ name = {_text(quoted[0])}, city = {_text(quoted[1])} }}]   (if they are one city)"


def _city_code(message: Message, quoted: list[str]) -> str:
    if not quoted:
        return ""
    return f'city_names = [{{ name = {_text(quoted[0])}, city = "a name of its own" }}]'


def _mapped(key: str, example: str) -> Fix:
    def line(message: Message, quoted: list[str]) -> str:
        return f"{key} = {{ {_text(quoted[0])} = {_text(example)} }}" if quoted else ""

    return line


def _unit(message: Message, quoted: list[str]) -> str:
    unit, is_whole = parse_header_unit(quoted[0]) if quoted else ("", False)
    return f"money_unit = {_text(unit)}" if is_whole else 'money_unit = "1,000 USD"   (a power and a currency)'


def _duplicate(message: Message, _: list[str]) -> str:
    if "precedence" in message.message:
        return "precedence = 1   (under the file that counts where they overlap)"
    same = "the same figure" in message.message
    return "" if same else 'product = "..." and product_revision = "...", if the rows are products to be added up'


def _date(message: Message, _: list[str]) -> str:
    if "ambiguous" in message.message:
        return "day_first = true   or   day_first = false"
    return ""


def _always(line: str) -> Fix:
    return lambda message, quoted: line


_FIXES: Mapping[str, Fix] = {
    "number": _number,
    "decimal-mark": _always('decimal = "."   or   decimal = ","'),
    "thousands-or-decimals": _always('decimal = ","   (if the point groups thousands)'),
    "period": _period,
    "partner": _partner,
    "partner-alias": _partner,
    "city": _city,
    "spelling": _spelling,
    "city-code": _city_code,
    "duplicate": _duplicate,
    "duplicate-twinning": _always('id = "..."   or   event = "..."   (the column that tells the rows apart)'),
    "absent-row": _always('absent = "zero"   or   absent = "missing"'),
    "missing-figures": _always('blank = "zero"   (only if a blank means that nothing was traded)'),
    "money-unit": _unit,
    "unit-in-header": _unit,
    "unit-jump": _always('money_unit = { column = "..." }   (or split the file)'),
    "currency": _always('exchange = { target = "USD", file = "data/raw/rates.csv" }'),
    "revision": _always('mixed_revisions = "by_period"   or   where = { ... }'),
    "kinds": _mapped("kinds", "sister city"),
    "events": _mapped("events", "signed"),
    "date": _date,
    "undated": _always('policy = "exclude"'),
    "where": _always("where = { ... }"),
}
