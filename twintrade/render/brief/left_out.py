"""Pairs with a dated agreement that the headline leaves out, and why, for a brief."""

import numpy as np
import pandas as pd

from twintrade.render.brief.facts import Facts
from twintrade.render.reading import list_records, take_text
from twintrade.render.tables.register import name_agreement
from twintrade.text import Text, list_some

NAMED = 3


def count_dated(facts: Facts) -> int:
    """Return how many pairs have a dated agreement that begins within the data, in the estimate or not."""
    return max(facts.n_treated, facts.roles.get("treated", 0))


def list_left_out(facts: Facts) -> list[Text]:
    """Return a sentence a reason with the pairs it leaves out; none where the headline's pairs are not known."""
    data, used = facts.page.results.data, {take_text(pair["unit"]) for pair in facts.pairs}
    if not used or count_dated(facts) == facts.n_treated:
        return []
    mine = data[(data["status"].map(take_text) == "treated") & ~data["unit"].map(take_text).isin(used)]
    period, onset = (pd.to_numeric(mine[name]) for name in ("period", "onset"))
    is_known = np.isfinite(pd.to_numeric(mine["outcome"]))
    known = is_known.groupby(mine["unit"]).any()
    before = (is_known & (period < onset)).groupby(mine["unit"]).any()
    reasons = {"nothing": ~known, "before": known & ~before, "other": before}
    agreements = list_records(facts.page.results.twinnings)
    names = {take_text(row.get("unit")): name_agreement(row) for row in reversed(agreements)}
    listed = {why: [names.get(unit, unit) for unit in is_so.index[is_so]] for why, is_so in reasons.items()}
    return [
        Text(
            "brief.left-out",
            why=why,
            names=list_some(pairs, NAMED),
            all="yes" if len(pairs) <= NAMED else "no",
            period_name=facts.page.period_name,
        )
        for why, pairs in listed.items()
        if pairs
    ]
