"""A visible sentence as a key with named values, turned into words only where a reader meets it."""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from twintrade.text import numbers
from twintrade.text.catalogue import find_catalogue

# Numbers that need a word: amounts, p-values, intervals, ticks, in the language in use.


def format_interval(
    low: object, high: object, decimals: int = 3, unit: str = "", errors: tuple[float, float] = (math.nan, math.nan)
) -> str:
    """Format an interval as "a to b", each end to the digits its error leaves; empty where either is missing."""
    return numbers.write_interval(find_catalogue().put, low, high, decimals, unit, errors)


def format_end(value: float, error: float = math.nan, decimals: int = 1) -> str:
    """Format a change in percent, or an end of its interval, to the digits that its Monte Carlo error leaves."""
    return numbers.write_change(find_catalogue().put, value, numbers.choose_end_decimals(value, error, decimals))


def format_p_cell(p: object, floor: object = None) -> str:
    """Format a p-value for a table: "0.04", "< 0.001", or "≥ floor 0.04" for one below the method's floor."""
    return numbers.write_p_cell(find_catalogue().put, p, floor)


def format_p_value(p: object, floor: object = None) -> str:
    """Format a p-value with its relation: "p = 0.04", "p < 0.001", "p ≥ floor 0.04"."""
    return numbers.write_p(find_catalogue().put, p, floor)


def format_quantity(value: object, unit: str = "", error: float = math.nan) -> str:
    """Format an amount for prose with its unit, "1.24 billion US dollars", to the digits that its error leaves."""
    catalogue = find_catalogue()
    return numbers.write_quantity(catalogue.put, value, catalogue.name(unit), error)


def format_tick(value: float) -> str:
    """Format a tick label, with the language's word for its size where numbers are long."""
    put = find_catalogue().put
    power = numbers.find_power(value, [int(p) for p in put("numbers.tick-powers", {}).split()])
    if power:
        amount = _trimmed(numbers.format_compact(round(value / 10**power, 6), 3))
        return put("numbers.tick", {"amount": amount, "power": power})
    return _trimmed(numbers.format_compact(round(value, 9), 3))


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


_ONE = re.compile(
    r"(?<![\d.,−-])1 ((?:treated |untreated |further )?)"
    r"(row|unit|period|pair|donor|placebo|check|specification|cluster)s\b"
)


def correct_singular(sentence: str) -> str:
    """Return a sentence with "1 units" as "1 unit", for the nouns a sentence of the report counts."""
    return _ONE.sub(r"1 \1\2", sentence)


_HYPHEN = re.compile(r"(?<![\w.,)\]−–-])-(?=\d)")
_POWER = re.compile(r"(?<![\w.])\d(?:\.\d+)?e\+\d+\b")
_SPACED = re.compile(r"(?<=\d) %")


def typeset(sentence: str) -> str:
    """Return a sentence of a check as the page prints it: true minus, "5%", "1 unit", and no powers of ten."""
    sentence = _POWER.sub(lambda match: format_quantity(float(match.group())), sentence)
    return correct_singular(_SPACED.sub("%", _HYPHEN.sub(numbers.MINUS, sentence)))


Join = Literal["and", "or", "comma", "semicolon", "sentences"]
Value: TypeAlias = "str | int | float | Text | Listed"


@dataclass(frozen=True, slots=True, init=False)
class Text:
    """What is said, not yet in any language: ``str()`` puts it into words."""

    key: str  # file and message of the catalogue, "checks.pretrends-objects" for `pretrends-objects` in checks.ftl
    # What the message names, in the order of their names. A year is text: numbers are grouped by thousands.
    values: tuple[tuple[str, Value], ...]

    def __init__(self, key: str, /, **values: Value) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "values", tuple(sorted((name, _unwrap(v)) for name, v in values.items())))

    def __str__(self) -> str:
        return find_catalogue().put(self.key, {name: _put(value) for name, value in self.values})


@dataclass(frozen=True, slots=True)
class Listed:
    """Several names or texts, joined as the language joins them; nothing where there are none."""

    items: tuple["str | Text | Listed", ...]
    join: Join = "and"  # "a, b and c", "a, b or c", "a, b, c", "a; b; c", or one sentence after the other

    def __str__(self) -> str:
        return find_catalogue().join([str(_put(item)) for item in self.items], self.join)


Words: TypeAlias = Text | Listed | str  # what can be put into words; a str is what a user wrote, or a name

ENDS = (".", "!", "?", "。", "！", "？", "…")


def complete_sentence(words: str) -> str:
    """Return a sentence with the stop of the language where it has none at its end."""
    return words if words.endswith(ENDS) else words + find_catalogue().put("lists.stop", {})


def strip_stop(sentence: str) -> str:
    """Return a sentence in the form that another sentence can contain."""
    return sentence.rstrip(".。")


def join_sentences(sentences: Iterable[str]) -> str:
    """Return sentences as one text."""
    return str(Listed(tuple(sentences), "sentences"))


def find_topic(heading: str) -> str:
    """Return the part of a heading before its colon."""
    return re.split("[:：]", heading)[0]


def list_some(items: Iterable["str | Text | Listed"], most: int, join: Join = "comma") -> Text | Listed:
    """Return the first items as one list, with the number of those left out: "a, b and 3 more"."""
    given = tuple(items)
    shown = Listed(given[:most], join)
    return shown if len(given) <= most else Text("common.and-more", items=shown, n=len(given) - most)


def describe_bounds(first: str, last: str) -> Text:
    """Return two dates as a span in words; one of them may be empty, an open end."""
    ends = "both" if first and last else "first" if first else "last"
    return Text("common.date-bounds", first=first, last=last, ends=ends)


def write_pattern(pattern: str | None, key: str, /, **values: Value) -> str:
    """Return the message under a key, or a pattern of someone's own in its place."""
    text = Text(key, **values)
    return (
        str(text) if pattern is None else find_catalogue().write(pattern, {name: _put(v) for name, v in text.values})
    )


def find_fact(kind: str, fact: str, otherwise: str | None = None) -> Words:
    """Return what a fact that results hold by its name is called: the message ``kind`` + name.

    ``kind``: beginning of the key, "labels.status-"; ``fact``: the name, "not yet treated" for
    ``labels.status-not-yet-treated``; ``otherwise``: where there is no such message; the fact itself by default.
    """
    key = kind + re.sub(r"[^A-Za-z0-9_]+", "-", fact).strip("-")
    if find_catalogue().has(key):
        return Text(key)
    return fact if otherwise is None else otherwise


def name_fact(kind: str, fact: str, otherwise: str | None = None) -> str:
    """Return the words of ``find_fact``."""
    return str(find_fact(kind, fact, otherwise))


def pack_text(text: Words) -> str:
    """Return a text as results keep it, so that a page can be made of it in another language; "" for plain words."""
    return "" if isinstance(text, str) else json.dumps(_pack(text), ensure_ascii=False)


def pack_both(column: str, text: Words) -> dict[str, str]:
    """Return a text in words and packed as results keep it, as two columns."""
    return {column: str(text), f"{column}_text": pack_text(text)}


def parse_text(packed: str) -> Words:
    """Return the text that ``pack_text`` packed."""
    text = _unpack(json.loads(packed))
    if not isinstance(text, Text | Listed):
        raise ValueError(f"{packed[:60]!r} is not a packed text")
    return text


def write_words(words: Words) -> str | None:
    """Return words as they are said; None where the catalogue lacks their messages, as another version's may."""
    try:
        return str(words)
    except KeyError:
        return None


def _unwrap(value: Any) -> Value:
    """Return a plain number for one of numpy, and "yes" or "no" for a truth."""
    value = value.item() if hasattr(value, "item") else value
    return ("no", "yes")[value] if isinstance(value, bool) else value


def _put(value: Value) -> str | int | float:
    if isinstance(value, Text | Listed):
        return str(value)
    return find_catalogue().name(value) if isinstance(value, str) else value


def _pack(value: Value) -> Any:
    if isinstance(value, Text):
        return {"key": value.key, "values": {name: _pack(v) for name, v in value.values}}
    if isinstance(value, Listed):
        return {"join": value.join, "items": [_pack(item) for item in value.items]}
    return value


def _unpack(packed: Any) -> Any:
    if not isinstance(packed, dict):
        return packed
    if "join" in packed:
        return Listed(tuple(_unpack(item) for item in packed["items"]), packed["join"])
    return Text(packed["key"], **{name: _unpack(v) for name, v in packed["values"].items()})


def describe_span(seconds: float) -> Text:
    """Return a span of time as people say it: about 40 s, about 3 min."""
    if seconds < 90:
        return Text("fanout.seconds", n=seconds)
    return Text("fanout.minutes", n=seconds / 60) if seconds < 5400 else Text("fanout.hours", n=seconds / 3600)
