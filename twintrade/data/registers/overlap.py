"""What two lists of agreements share within the cities that both know, and how far they rest on the same pages."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from twintrade.data.registers.coverage import Coverage, estimate_coverage
from twintrade.data.registers.listing import ListedAgreement, Listing


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two lists within their common frame."""

    n_cities: int  # cities that both lists have at the same end
    # agreements, pairs: Of agreements between two cities, and of pairs of a city and a country
    agreements: Coverage
    pairs: Coverage
    n_same_page: int  # shared agreements for which both lists cite a page in common

    @property
    def is_lower_bound(self) -> bool:
        """Whether shared pages show that the lists are not independent."""
        return self.n_same_page > 0


def compare_listings(first: Listing, second: Listing, cities: AbstractSet[str] = frozenset()) -> Overlap:
    """Return what two lists share within a frame of cities.

    ``cities``: folded names of the frame; by default the cities that both lists have at either end.
    """
    frame = _list_cities(first) & _list_cities(second)
    if cities:
        frame = {key for key in frame if key[0] in cities}
    mine, theirs = _list_agreements(first, frame), _list_agreements(second, frame)
    shared = mine.keys() & theirs.keys()
    n_same = sum(bool(_list_pages(mine[pair]) & _list_pages(theirs[pair])) for pair in shared)
    dyads = [{dyad for row in rows.values() for dyad in _list_dyads(row, frame)} for rows in (mine, theirs)]
    return Overlap(
        len(frame),
        estimate_coverage(len(mine), len(theirs), len(shared)),
        estimate_coverage(len(dyads[0]), len(dyads[1]), len(dyads[0] & dyads[1])),
        n_same,
    )


def _list_cities(listing: Listing) -> set[tuple[str, str]]:
    return {place.key for row in listing.rows for place in (row.city, row.partner) if place.name}


def _list_agreements(
    listing: Listing, frame: AbstractSet[tuple[str, str]]
) -> dict[frozenset[tuple[str, str]], ListedAgreement]:
    return {row.pair: row for row in listing.rows if row.partner.name and row.pair & frame}


def _list_dyads(row: ListedAgreement, frame: AbstractSet[tuple[str, str]]) -> list[tuple[tuple[str, str], str]]:
    ends = ((row.city, row.partner), (row.partner, row.city))
    return [(one.key, other.country) for one, other in ends if one.key in frame]


def _list_pages(row: ListedAgreement) -> set[str]:
    return {page for page in row.source.replace(";", " ").split() if page.startswith("http")}
