"""On which side of a claim effects of groups and parts lie, and how surely."""

import math
from collections.abc import Mapping
from typing import Any

from twintrade.render.reading import Record, read_number, take_text
from twintrade.study.claims.deciding import LEVEL, Side, compute_interval_p, place_effect


def place_groups(rows: list[Record], p: float, evidence: Mapping[str, Any]) -> tuple[Side, float]:
    """Return the side that groups lie on, and the p-value of lying on none.

    ``rows``: effects by group; ``p``: of one effect in all groups; ``evidence``: ``direction`` "same", or
    ``largest``: how the label of the group begins that must be the largest, and ``works`` where its effect must be
    above zero as well.
    """
    if evidence.get("direction") == "same":
        if p < LEVEL:
            return "other", p
        placed = [place_row(r, "higher", 0.0) for r in rows]
        sides = {side for side, _ in placed}
        return ("claimed", max(q for _, q in placed)) if len(sides) == 1 and sides != {"neither"} else ("neither", p)
    wanted: list[Record] = []
    others: list[Record] = []
    for row in rows:
        (wanted if take_text(row["label"]).startswith(tuple(evidence["largest"])) else others).append(row)
    if not wanted or not others:
        return "neither", p
    best, rival = (max(group, key=lambda r: read_number(r["effect"])) for group in (wanted, others))
    is_largest = read_number(best["effect"]) > read_number(rival["effect"])
    if len(rows) > 2:
        # That some groups differ does not say that these two do.
        p = max(p, _test_difference(best, rival), key=_rank_missing_last)
    if evidence.get("works") and is_largest:
        side, above = place_row(best, "higher", 0.0)
        return ("claimed", max(p, above, key=_rank_missing_last)) if side == "claimed" else ("neither", p)
    return ("claimed" if is_largest else "other"), p


def _test_difference(one: Record, other: Record) -> float:
    """Return the p-value of no difference between two groups by their intervals, NaN where one has none."""
    width = math.hypot(*(read_number(r["high"]) - read_number(r["low"]) for r in (one, other)))
    return compute_interval_p(read_number(one["effect"]) - read_number(other["effect"]), width / 2)


def _rank_missing_last(p: float) -> float:
    """Order p-values so that an unknown one is the largest."""
    return math.inf if math.isnan(p) else p


def place_row(row: Record, direction: str, bound: float) -> tuple[Side, float]:
    """Return the side of a bound that one effect lies on, and the p-value of lying on neither."""
    low, high, p = read_number(row["low"]), read_number(row["high"]), read_number(row.get("p"))
    return place_effect(read_number(row["effect"]), low, high, p, direction, bound)
