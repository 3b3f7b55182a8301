"""Places that registers of agreements name: where they lie and how many live there, from GeoNames."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from twintrade.data.sources.cells import fold_name

EARTH_RADIUS = 6371.0088
ATTRIBUTION = "GeoNames (geonames.org), CC BY 4.0"
_SPELLINGS = {"anshang": "anshan", "tianjing": "tianjin", "qingdan": "qingdao", "macau": "macao", "lyons": "lyon"}
"""Spellings of the report and of old lists, folded, with the name that the table has."""


@dataclass(frozen=True, slots=True)
class ListedPlace:
    """A place of the table."""

    # name, chinese_name, country: The country in ISO 3166-1 alpha-3; the Chinese name is empty where it is not known
    name: str
    chinese_name: str
    country: str
    # latitude, longitude: Degrees of a point near its center
    latitude: float | None
    longitude: float | None
    population: int | None  # as GeoNames gives it, without a year


@cache
def load_listed_places() -> tuple[ListedPlace, ...]:
    """Return every place of the table, by country and name."""
    text = resources.files("twintrade.data").joinpath("places.csv").read_text(encoding="utf-8")
    return tuple(
        ListedPlace(
            row["name"],
            row["name_zh"],
            row["country_iso3"],
            float(row["latitude"]) if row["latitude"] else None,
            float(row["longitude"]) if row["longitude"] else None,
            int(row["population"]) if row["population"] else None,
        )
        for row in csv.DictReader(text.splitlines())
    )


def find_listed_place(name: str, country: str) -> ListedPlace | None:
    """Return the place of a name in a country, in English or Chinese; None where the table has none."""
    folded = fold_name(name)
    return _index().get((_SPELLINGS.get(folded, folded), country))


def find_only_place(name: str) -> ListedPlace | None:
    """Return the place of a name where no country is known: the only one of that name in the table, else None."""
    folded = fold_name(name)
    folded = _SPELLINGS.get(folded, folded)
    places = {place for (key, _), place in _index().items() if key == folded}
    return places.pop() if len(places) == 1 else None


def compute_distance(one: ListedPlace, other: ListedPlace) -> float | None:
    """Return the great-circle distance of two places in kilometers, None where a point is not known."""
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    first, second = math.radians(one.latitude), math.radians(other.latitude)
    half = math.radians(other.longitude - one.longitude) / 2
    chord = math.sin((second - first) / 2) ** 2 + math.cos(first) * math.cos(second) * math.sin(half) ** 2
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(chord)))


@cache
def _index() -> Mapping[tuple[str, str], ListedPlace]:
    index: dict[tuple[str, str], ListedPlace] = {}
    for place in load_listed_places():
        for name in filter(None, (place.name, place.chinese_name)):
            index.setdefault((fold_name(name), place.country), place)
    return index
