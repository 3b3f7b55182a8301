"""The checks that a page tables: of the headline, of other columns, and the variants of each."""

from dataclasses import dataclass

from twintrade.render.names import name_check
from twintrade.render.page import Page
from twintrade.render.reading import (
    Record,
    find_headline,
    find_overall,
    find_payload,
    format_label,
    list_records,
    list_specifications,
    read_number,
    read_words,
    take_text,
)
from twintrade.render.wording import OF_NO_COLUMN

VARIANTS = ("variants", "forest")
MOST_VARIANTS = 5
N_LARGEST = 3
"""Variants of a check that the table names where it has more than ``MOST_VARIANTS``."""
SAME = 1e-9
"""Difference, over the effect's size, up to which a variant is the headline itself."""
Column_ = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A variant of the headline: its name, its row, its effect and ends, and how far it lies from the headline."""

    name: str
    row: Record
    effect: float
    low: float
    high: float
    difference: float
    p: float


@dataclass(frozen=True, slots=True)
class JudgedCheck:
    """A check with its verdict, the variants it tabled, and those further ones that only their range tells of."""

    name: str
    column: str
    scale: str
    finding: Record
    changes: tuple[Change, ...]
    others: tuple[Change, ...]


def collect_checks(page: Page, findings: list[Record], *, is_whole: bool) -> list[JudgedCheck]:
    """Return the checks of the headline, of other columns those that object, of the rest one of a kind; or all.

    ``findings``: those with a verdict; ``is_whole``: whether checks of all columns are tabled, with all their
    variants.
    """
    columns = {_key(s): s for s in list_specifications(page.results)}
    headline = find_headline(page.results)
    headline_key = _key(headline) if headline is not None else ("", "")
    of_headline = {f["diagnostic"] for f in findings if _key(f) == headline_key}
    seen: set[str] = set()
    checks = []
    for finding in findings:
        name = take_text(finding["diagnostic"])
        is_own = _key(finding) == headline_key or name in OF_NO_COLUMN
        is_first = name not in of_headline and name not in seen
        if is_whole or is_own or is_first or take_text(finding["verdict"]) == "objects":
            seen.add(name)
            column = columns.get(_key(finding), headline)
            checks.append(_read_check(page, finding, column, is_own=is_own, is_whole=is_whole))
    return checks


def _key(record: Record) -> Column_:
    return take_text(record["estimator"]), take_text(record["specification"])


def _read_check(page: Page, finding: Record, column: Record | None, *, is_own: bool, is_whole: bool) -> JudgedCheck:
    overall = find_overall(page.results, column) if column is not None else None
    changes = _list_changes(page, finding, with_base=not is_own)
    shown = changes
    if len(changes) > MOST_VARIANTS and not is_whole:
        apart = sorted((c for c in changes if abs(c.difference) > 0), key=lambda c: -abs(c.difference))
        shown = [c for c in changes if c not in apart] + apart[:N_LARGEST]
    return JudgedCheck(
        name=name_check(take_text(finding["diagnostic"])),
        column="" if is_own or column is None else format_label(column),
        scale=take_text(overall["scale"]) if overall is not None else "",
        finding=finding,
        changes=tuple(c for c in changes if c in shown),
        others=tuple(c for c in changes if c not in shown),
    )


def _list_changes(page: Page, finding: Record, *, with_base: bool) -> list[Change]:
    """Return the variants that a check tabled; what differs from nothing only where it is not the headline itself."""
    changes = []
    for key in take_text(finding.get("payloads")).split():
        frame = find_payload(page.results, key)
        if frame is None or page.results.payload_kinds.get(key) not in VARIANTS or "label" not in frame:
            continue
        for row in list_records(frame):
            values = [read_number(row.get(n)) for n in ("effect", "low", "high", "difference", "p")]
            is_base = abs(values[3]) <= SAME * max(1.0, abs(values[0]))
            if values[0] == values[0] and (with_base or not is_base):
                changes.append(Change(read_words(row, "label"), row, *values))
    return changes
