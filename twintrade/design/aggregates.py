"""Partners that are several countries, and are no donor: totals of others, or a remainder without rows of its own."""

from collections.abc import Collection

import numpy as np

from twintrade.data.geography import is_aggregate, is_remainder
from twintrade.design.panel import Panel
from twintrade.numerics.arrays import BoolArray, ObjectArray

AGGREGATES = frozenset(
    {
        "wld",
        "world",
        "total",
        "eu",
        "eu15",
        "eu25",
        "eu27",
        "eu28",
        "euu",
        "european_union",
        "asean",
        "oecd",
        "mercosur",
        "nafta",
        "usmca",
        "opec",
        "gcc",
        "cis",
        "brics",
        "africa",
        "asia",
        "europe",
        "oceania",
    }
)
"""Partner labels that name more than one country, compared in lower case with blanks and dashes as underscores."""


def are_aggregates(partners: ObjectArray, aggregates: Collection[str] = AGGREGATES) -> BoolArray:
    """Return which partners are totals of others or remainders, by the reviewed table of codes or by name."""
    return are_totals(partners, aggregates) | is_remainder(partners)


def are_totals(partners: ObjectArray, aggregates: Collection[str] = AGGREGATES) -> BoolArray:
    """Return which partners are totals of others, whose trade a total of their city already has."""
    names = (str(p).strip().lower().replace(" ", "_").replace("-", "_") for p in partners)
    is_total = np.array([name in aggregates for name in names], dtype=bool) | is_aggregate(partners)
    return np.asarray(is_total & ~is_remainder(partners))


def find_remainders(panel: Panel, totals_only: Collection[str] = ()) -> tuple[str, ...]:
    """Return the partners that are remainders: by the table of codes and names, or as for totals only."""
    is_rest = is_remainder(panel.partners) | np.isin(panel.partners, list(totals_only))
    return tuple(map(str, panel.partners[is_rest])) if panel.is_dyadic else ()
