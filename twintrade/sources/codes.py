"""Countries in the codes of publishers, as far as they are not looked up at the publisher itself."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from twintrade.data.geography import find_code
from twintrade.errors import SpecError


@dataclass(frozen=True, slots=True)
class PartnerCode:
    """One partner in a publisher's code."""

    code: str  # the publisher's
    place: str  # ISO 3166-1 alpha-3; empty where it is not known


@cache
def load_codes(source: str) -> dict[str, str]:
    """Return the codes of a source by ISO 3166-1 alpha-3."""
    text = files("twintrade.sources").joinpath("codes.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(io.StringIO(text))
    return {row["place"]: row["code"] for row in rows if row["source"] == source}


def resolve_partners(source: str, partners: Sequence[str], codes: dict[str, str]) -> list[PartnerCode]:
    """Return partners in a publisher's codes.

    ``source``: for messages; ``partners``: names or ISO codes of countries, or codes of the publisher; ``codes``: the
    publisher's by ISO 3166-1 alpha-3.
    """
    places = {code: place for place, code in codes.items()}
    resolved = []
    for partner in partners:
        place = find_code(partner)
        if place in codes:
            resolved.append(PartnerCode(codes[place], place))
        elif partner in places or not place:
            resolved.append(PartnerCode(partner, places.get(partner, "")))
        else:
            raise SpecError(
                f"the code of {partner} at {source} is not known here: give the publisher's own code in --partners"
            )
    return resolved
