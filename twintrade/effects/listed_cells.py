"""Ids and counts as one cell of specifications.csv, and back."""

from collections.abc import Iterable, Mapping


def join_ids(ids: Iterable[str]) -> str:
    """Return ids as a cell holds them: "dyad;city_period;partner_period"."""
    return ";".join(ids)


def split_ids(cell: str) -> tuple[str, ...]:
    """Return the ids that a cell holds; none where it is empty."""
    return tuple(cell.split(";")) if cell else ()


def join_counts(counts: Mapping[str, int]) -> str:
    """Return counts by id as a cell holds them: "city=30;partner=20"."""
    return join_ids(f"{name}={n}" for name, n in counts.items())


def split_counts(cell: str) -> dict[str, int]:
    """Return the counts by id that a cell holds; none where it is empty."""
    return {name: int(n) for name, _, n in (part.partition("=") for part in split_ids(cell))}
