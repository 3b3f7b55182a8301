"""How the columns of a ladder are called, made from what sets each apart."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twintrade.study.spec.analysis import DesignSection
from twintrade.text import Listed, Text, Words, find_fact

_SHOWN_ANYWAY = ("transform", "fixed_effects", "cluster")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a column is made of."""

    design: DesignSection
    changes: Mapping[str, Any]  # what the entry changes in the analysis' design
    options: Mapping[str, Any]  # options of the method
    exclude_flagged: bool
    donors: str
    is_case: bool

    @property
    def named(self) -> dict[str, Any]:
        """Changes and options that a column is named by."""
        return {k: v for k, v in {**self.changes, **self.options}.items() if k not in _SHOWN_ANYWAY}


def format_column_key(parts: Parts) -> str:
    """Return a key of letters, digits and hyphens: "log-gravity", "level-gravity-unflagged"."""
    words = [f"donors-{parts.donors}"] if parts.is_case else [_plain(parts.design.fixed_effects)]
    words = [parts.design.transform, *words, *(f"{k}-{_plain(v)}" for k, v in parts.named.items())]
    if parts.exclude_flagged:
        words.append("unflagged")
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")


def describe_column(title: Words, parts: Parts) -> Listed:
    """Return a column's head: "PPML, gravity effects", "Imputation, log, gravity effects, without flagged pairs"."""
    words: list[Words] = [title]
    if parts.design.transform != "level":
        words.append(find_fact("labels.column-transform-", parts.design.transform))
    effects = _plain(parts.design.fixed_effects)
    if parts.is_case:
        words.append(find_fact("labels.column-donors-", parts.donors))
    else:
        named = find_fact("labels.column-effects-", effects)
        words.append(Text("labels.column-effects", effects=effects) if isinstance(named, str) else named)
    words += [_describe_choice(key, value) for key, value in parts.named.items()]
    if parts.exclude_flagged:
        words.append(Text("labels.column-unflagged"))
    return Listed(tuple(words), "comma")


def _describe_choice(key: str, value: Any) -> Words:
    """Return a change of the design or an option of the method, as the head of its column tells it."""
    if key == "comparison":
        return find_fact("labels.column-comparison-", str(value))
    return Text("common.named", name=key.replace("_", " "), value=_describe_value(value))


def _describe_value(value: Any) -> Words:
    if isinstance(value, Mapping):
        return Listed(tuple(_describe_choice(k, v) for k, v in value.items()), "comma")
    if isinstance(value, list | tuple):
        items = tuple(str(v) for v in value)
        return Text("numbers.interval", low=items[0], high=items[1]) if len(items) == 2 else Listed(items, "comma")
    return str(value).replace("_", " ")


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "-".join(f"{k}-{_plain(v)}" for k, v in value.items())
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
