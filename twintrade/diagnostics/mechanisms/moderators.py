"""Groups of treated units, from what was known when the agreement began."""

from itertools import pairwise

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.effects import Message
from twintrade.errors import DesignError
from twintrade.numerics.arrays import FloatArray, IntArray, ObjectArray
from twintrade.text import Text

TERCILES = ("low", "middle", "high")
ORDERS = (Text("checks.group-order", first="yes"), Text("checks.group-order", first="no"))
BUILT_IN = ("era", "cohort", "city", "partner", "kind", "order")


def find_treated_units(design: Design) -> IntArray:
    """Return the positions, among the observations' units, of units treated within the sample."""
    return np.flatnonzero(design.observations.is_ever_treated)


def assign_groups(design: Design, by: str, breaks: tuple[int, ...]) -> tuple[ObjectArray, tuple[Message, ...]]:
    """Return the group of each treated unit, in the order of ``find_treated_units``, "" where none is known.

    ``by``: "era" (onset before or from each of ``breaks``; by default the median onset), "cohort", "city", "partner",
    "kind" (of the agreement), "order" (a city's first agreement, before the sample or in it, or a later one), or a
    column of the panel. Columns are read before onset only: numbers as terciles of their mean, equal ones together,
    up to three different ones and texts as they stand.
    """
    o, panel = design.observations, design.panel
    units = find_treated_units(design)
    onset = o.unit_onset[units]
    rows = o.unit_rows[units]
    if by == "era":
        return _eras(design, onset, breaks), ()
    if by == "cohort":
        return np.array([panel.label(int(g)) for g in onset], dtype=object), ()
    if by == "city":
        return panel.cities[panel.unit_city[rows]].astype(str).astype(object), ()
    if by == "partner":
        return panel.partners[panel.unit_partner[rows]].astype(str).astype(object), ()
    if by == "order":
        first = np.full(panel.cities.size, np.inf)
        np.minimum.at(first, panel.unit_city, design.treatment.aligned(panel.units))
        later = onset > first[panel.unit_city[rows]]
        return np.array([str(ORDERS[int(is_later)]) for is_later in later], dtype=object), ()
    if by == "kind":
        return _kinds(design, rows), ()
    if by not in panel.columns:
        raise DesignError(f"nothing is called {by!r}; group by {', '.join(BUILT_IN)} or a column of the panel")
    return _column(design, by, rows, onset)


def name_groups(design: Design, by: str, breaks: tuple[int, ...]) -> dict[str, Text]:
    """Return the texts of the groups that the program names, by their words."""
    if by == "order":
        return {str(text): text for text in ORDERS}
    if by != "era":
        return {}
    _, names = _list_eras(design, design.observations.unit_onset[find_treated_units(design)], breaks)
    return {str(text): text for text in names}


def _list_eras(design: Design, onset: FloatArray, breaks: tuple[int, ...]) -> tuple[list[int], list[Text]]:
    """Return the onsets at which eras begin, and what each era is called."""
    cuts = sorted(breaks) if breaks else [int(np.ceil(np.median(onset)))]
    label = design.panel.label
    between = (Text("checks.group-between", start=label(a), end=label(b)) for a, b in pairwise(cuts))
    first, last = Text("checks.group-before", end=label(cuts[0])), Text("checks.group-from", start=label(cuts[-1]))
    return cuts, [first, *between, last]


def _eras(design: Design, onset: FloatArray, breaks: tuple[int, ...]) -> ObjectArray:
    cuts, names = _list_eras(design, onset, breaks)
    return np.array([str(names[k]) for k in np.searchsorted(cuts, onset, side="right")], dtype=object)


def _kinds(design: Design, rows: IntArray) -> ObjectArray:
    register = design.treatment.register
    if "kind" not in register:
        raise DesignError("the register says nothing about the kind of agreements")
    known = register.dropna(subset=["onset"]).sort_values("onset").drop_duplicates("unit").set_index("unit")["kind"]
    return np.array([str(known.get(str(u), "")) for u in design.panel.units[rows]], dtype=object)


def _column(design: Design, by: str, rows: IntArray, onset: FloatArray) -> tuple[ObjectArray, tuple[Message, ...]]:
    panel = design.panel
    values = pd.Series(panel.columns[by])
    starts = np.full(panel.n_units, np.inf)
    starts[rows] = onset
    before = panel.period < starts[panel.unit] - design.anticipation
    mine = np.isin(panel.unit, rows)
    observed = pd.DataFrame({"unit": panel.unit, "value": values})
    early = observed[before & mine].dropna()
    if early.empty and observed[mine].dropna().size:
        raise DesignError(f"{by!r} is observed after onset only: grouping by it would condition on an outcome")
    late = observed[mine].dropna().groupby("unit")["value"].nunique()
    messages: tuple[Message, ...] = ()
    if (late > 1).any():
        text = Text("checks.group-changes", by=by)
        messages = (Message("warning", "bad-control", text),)
    if pd.api.types.is_numeric_dtype(values):
        mean = early.groupby("unit")["value"].mean().reindex(rows)
        if mean.nunique() <= len(TERCILES):
            return np.array([f"{by}: {v:g}" if v == v else "" for v in mean], dtype=object), messages
        ranks = mean.rank(method="average", pct=True).to_numpy()
        names = [f"{by}: {TERCILES[min(2, int(3 * (r - 1e-9)))]}" if r == r else "" for r in ranks]
        return np.array(names, dtype=object), messages
    last = early.groupby("unit")["value"].last().reindex(rows)
    return np.array(["" if pd.isna(v) else str(v) for v in last], dtype=object), messages
