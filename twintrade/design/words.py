"""Words that an option takes: any other is refused, with the right one that was probably meant."""

import difflib
from collections.abc import Sequence

from twintrade.errors import DesignError
from twintrade.text import Listed, Text

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


def find_near_words(word: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return the words that were probably meant."""
    lower = word.strip().lower()
    if MEANT.get(lower) in known:
        return (MEANT[lower],)
    beginning = [k for k in known if len(lower) > 2 and k.startswith(lower)]
    return tuple(beginning or difflib.get_close_matches(lower, known, n=1))


def suggest_word(word: str, known: Sequence[str]) -> str:
    """Return a hint: the word that was probably meant, or all of them; empty where none is known."""
    if near := find_near_words(word, known):
        return str(Text("design.word-meant", words=Listed(near, "or")))
    return str(Text("design.words-known", words=Listed(tuple(sorted(known)), "comma"))) if known else ""


def require_word(option: str, given: object, known: Sequence[str]) -> None:
    """Refuse a value of an option that is none of its words."""
    if isinstance(given, str) and given in known:
        return
    near = find_near_words(given, known) if isinstance(given, str) else ()
    hint = (Text("design.word-meant", words=Listed(near, "or")),) if near else ()
    text = Text("design.word-refused", option=option, known=Listed(tuple(known), "or"), given=repr(given))
    raise DesignError(Listed((text, *hint), "semicolon"))
