"""Names of cities in other letters or transcriptions: 济南 and Jinan, Москва and Moscow, Beijing and Peking."""

import csv
import unicodedata
from collections.abc import Collection, Mapping
from functools import cache
from importlib import resources

from twintrade.data.sources.cells import fold_name


def list_in_other_letters(core: str) -> frozenset[str]:
    """Return the names of a city, and of all so called, in other letters or transcriptions, folded as it is."""
    return _load_names().get(core, frozenset())


def has_other_letters(name: str, others: Collection[str]) -> bool:
    """Return whether a name is written in letters that none of the others has: 济南 beside Jinan and Qingdao."""
    mine = _list_alphabets(name)
    return bool(mine) and bool(others) and not any(mine & _list_alphabets(other) for other in others)


@cache
def _load_names() -> Mapping[str, frozenset[str]]:
    text = resources.files("twintrade.data").joinpath("city_scripts.csv").read_text(encoding="utf-8")
    names: dict[str, set[str]] = {}
    for row in csv.DictReader(text.splitlines()):
        folded = {_fold(name) for key in ("native", "latin") for name in row[key].split("|")}
        for name in folded:
            names.setdefault(name, set()).update(folded - {name})
    return {name: frozenset(others) for name, others in names.items()}


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", fold_name(name))


def _list_alphabets(name: str) -> set[str]:
    return {unicodedata.name(c, "?").split()[0] for c in name if c.isalpha()}
