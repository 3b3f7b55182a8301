"""Words that an option takes: any other is refused, with the right one that was probably meant."""

import difflib
from collections.abc import Sequence

from twintrade.errors import DesignError

MEANT = {
    "ln": "log",
    "logarithm": "log",
    "raw": "level",
    "none": "level",
    "drop": "exclude",
    "remove": "exclude",
    "omit": "exclude",
    "include": "keep",
    "dyad": "unit",
    "pair": "unit",
    "country": "partner",
    "time": "period",
    "annual": "year",
    "yearly": "year",
    "quarterly": "quarter",
    "monthly": "month",
    "never": "never_treated",
}
"""Words of other packages and of plain speech, and the word that is taken here."""


def suggest_word(word: str, known: Sequence[str]) -> str:
    """Return a hint: the word that was probably meant, or all of them; empty where none is known."""
    lower = word.strip().lower()
    beginning = [k for k in known if len(lower) > 2 and k.startswith(lower)]
    near = [MEANT[lower]] if MEANT.get(lower) in known else beginning or difflib.get_close_matches(lower, known, n=1)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"known: {', '.join(sorted(known))}" if known else ""


def require_word(option: str, given: object, known: Sequence[str]) -> None:
    """Refuse a value of an option that is none of its words.

    Raises
    ------
    DesignError
        The message names every word, and the nearest.
    """
    if isinstance(given, str) and given in known:
        return
    listed = f"{', '.join(known[:-1])} or {known[-1]}"
    hint = suggest_word(given, known) if isinstance(given, str) else ""
    asked = f"; {hint}" if hint.startswith("did") else ""
    raise DesignError(f"{option} is {listed}, not {given!r}{asked}")
