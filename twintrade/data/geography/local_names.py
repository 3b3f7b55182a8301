"""What countries and cities are called where a page is not in English, as far as the program's own tables say it."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

from twintrade.data.geography.gazetteer import load_listed_places

SEVERAL = ("Georgia", "Newcastle", "Richmond")
"""Names of several places that Chinese tells apart."""


def _read(file: str) -> list[dict[str, str]]:
    text = resources.files("twintrade.data").joinpath(file).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def load_local_names(language: str) -> Mapping[str, str]:
    """Return the names of places in a language by their English ones; none where the tables have none in it."""
    if language.partition("-")[0] != "zh":
        return {}
    names = {row["name"]: row["name_zh"] for row in _read("local_names.csv")}
    names |= {place.name: place.chinese_name for place in load_listed_places() if place.chinese_name}
    names |= {row["name"]: row["chinese"].partition("|")[0] for row in _read("partners.csv")}
    return {name: local for name, local in names.items() if local and name not in SEVERAL}
