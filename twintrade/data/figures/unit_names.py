"""Names of powers of ten and of currencies, from the table of units."""

import csv
from importlib import resources

from twintrade.errors import UNKNOWN as UNKNOWN

_UNITS = [*csv.DictReader(resources.files("twintrade.data").joinpath("units.csv").read_text("utf-8").splitlines())]


def _list_names(kind: str) -> frozenset[str]:
    return frozenset(name for row in _UNITS if row["kind"] == kind for name in row["names"].split("|"))


POWERS = [(int(row["meaning"]), row["names"].split("|")) for row in _UNITS if row["kind"] == "power"]
"""Powers of ten with their names."""
CURRENCIES = {row["meaning"]: row["names"].split("|") for row in _UNITS if row["kind"] == "currency"}
WRITTEN = {0: ""} | {int(row["meaning"]): row["written"] + " " for row in _UNITS if row["kind"] == "power"}
"""How an analysis file writes a power."""
NUMBER_WORDS = _list_names("number")
"""Words that multiply a unit or divide it, and are no power by themselves."""
FILLERS = _list_names("word")
"""Words beside a currency that say nothing of its power."""
