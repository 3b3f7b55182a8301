"""Which kind of agreement a word of a registry names, for a user to confirm."""

from twintrade.data.calendar.months import strip_accents
from twintrade.data.schema.source import TwinningKind

USUAL_KIND: TwinningKind = "sister city"
_KINDS: tuple[tuple[TwinningKind, tuple[str, ...]], ...] = (
    ("memorandum", ("memorand", "mou", "备忘")),
    ("sister state", ("state", "province", "友好省")),
    (
        "friendship",
        (
            "friend",
            "freund",
            "amiti",
            "amist",
            "amiz",
            "amici",
            "友好交流",
            "友好合作",
            "友好交往",
            "友好往来",
            "友好关系",
        ),
    ),
)


def suggest_kind(word: str) -> TwinningKind:
    """Return the kind that a registry's word suggests, the usual one where it suggests none."""
    lowered = strip_accents(word)
    return next((kind for kind, parts in _KINDS if any(p in lowered for p in parts)), USUAL_KIND)
