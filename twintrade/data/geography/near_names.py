"""Names that may be a slip for another: near enough to ask, never near enough to match in silence."""

import re
from collections.abc import Collection
from difflib import SequenceMatcher

from twintrade.data.sources.cells import fold_name

SHORTEST = 4
"""Letters from which names are compared: two codes of two letters are always alike."""

ALIKE = 0.8
"""Share of matching letters from which one name may stand for another (`difflib` ratio)."""


def find_near_name(name: str, known: Collection[str]) -> str:
    """Return the known name that is nearly this one, "" where none is.

    Near are names that differ in case, accents and marks only; or that begin alike, have the same digits, at least
    ``SHORTEST`` letters and a ratio of at least ``ALIKE``.
    """
    mine = fold_name(name)
    best, near = ALIKE, ""
    for candidate in sorted(known):
        other = fold_name(candidate)
        if mine and other == mine:
            return candidate
        if min(len(mine), len(other)) < SHORTEST or mine[0] != other[0] or _digits(mine) != _digits(other):
            continue
        matcher = SequenceMatcher(None, mine, other, autojunk=False)
        if matcher.quick_ratio() >= best and (ratio := matcher.ratio()) >= best:
            best, near = ratio, near if ratio == best and near else candidate
    return near


def _digits(name: str) -> str:
    return re.sub(r"\D", "", name)
