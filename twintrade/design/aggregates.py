"""Partners that are several countries, or an unspecified rest: no comparison, and in no total of countries."""

from collections.abc import Collection

import numpy as np

from twintrade.data.geography import is_aggregate
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
        "areas_nes",
        "nes",
        "other",
        "rest_of_world",
        "row",
        "unspecified",
    }
)
"""Partner labels that name more than one country, compared in lower case with blanks and dashes as underscores."""


def are_aggregates(partners: ObjectArray, aggregates: Collection[str] = AGGREGATES) -> BoolArray:
    """Return which partners are groups of countries, by the reviewed table of codes or by name."""
    names = (str(p).strip().lower().replace(" ", "_").replace("-", "_") for p in partners)
    return np.array([name in aggregates for name in names], dtype=bool) | is_aggregate(partners)
