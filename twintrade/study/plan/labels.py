"""How the columns of a ladder are called, made from what sets each apart."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twintrade.study.spec.analysis import DesignSection

EFFECTS: Mapping[str, str] = {
    "two_way": "two-way effects",
    "gravity": "gravity effects",
    "gravity_border": "gravity and border × period effects",
    "city_gravity": "dyad and city × period effects",
    "partner_gravity": "dyad and partner × period effects",
    "unit": "unit effects",
}
DONOR_SETS: Mapping[str, str] = {
    "all": "all donors",
    "A": "donors A (same city)",
    "B": "donors B (same destination)",
}
_COMPARISON = {"never_treated": "never treated only", "not_yet_treated": "not yet treated"}
_SHOWN_ANYWAY = ("transform", "fixed_effects", "cluster")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a column is made of.

    Attributes
    ----------
    design : DesignSection
    changes : mapping
        What the entry changes in the analysis' design.
    options : mapping
        Options of the method.
    exclude_flagged : bool
    donors : str
    is_case : bool
    """

    design: DesignSection
    changes: Mapping[str, Any]
    options: Mapping[str, Any]
    exclude_flagged: bool
    donors: str
    is_case: bool

    @property
    def told(self) -> dict[str, Any]:
        """Changes and options that a name must tell."""
        return {k: v for k, v in {**self.changes, **self.options}.items() if k not in _SHOWN_ANYWAY}


def format_column_key(parts: Parts) -> str:
    """Return a key of letters, digits and hyphens: "log-gravity", "level-gravity-unflagged"."""
    words = [f"donors-{parts.donors}"] if parts.is_case else [_plain(parts.design.fixed_effects)]
    words = [parts.design.transform, *words, *(f"{k}-{_plain(v)}" for k, v in parts.told.items())]
    if parts.exclude_flagged:
        words.append("unflagged")
    return re.sub(r"[^a-z0-9]+", "-", "-".join(words).lower()).strip("-")


def format_column_label(title: str, parts: Parts) -> str:
    """Return a column's head: "PPML, gravity effects", "Imputation, log, gravity effects, without flagged pairs"."""
    words = [title]
    if parts.design.transform != "level":
        words.append(parts.design.transform.replace("_", " "))
    effects = parts.design.fixed_effects
    words.append(
        DONOR_SETS[parts.donors] if parts.is_case else EFFECTS.get(str(effects), f"{_plain(effects)} effects")
    )
    words += [_COMPARISON.get(str(v), f"{k.replace('_', ' ')} {_words(v)}") for k, v in parts.told.items()]
    if parts.exclude_flagged:
        words.append("without flagged pairs")
    return ", ".join(words)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "-".join(f"{k}-{_plain(v)}" for k, v in value.items())
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k.replace('_', ' ')} {_words(v)}" for k, v in value.items())
    return " to ".join(map(str, value)) if isinstance(value, list | tuple) else str(value).replace("_", " ")
