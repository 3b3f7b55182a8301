"""One sentence a figure for readers who cannot see it, made from the numbers drawn."""

from collections.abc import Sequence

import pandas as pd

from twintrade.render.names import name_method, name_scale
from twintrade.render.reading import read_number, read_truth, select_named, take_text
from twintrade.text import Listed, Text, Value, name_fact


def _describe(key: str, /, **values: Value) -> str:
    return str(Text(f"figures.alt-{key}", **values))


def _name_unit(frame: pd.DataFrame) -> str:
    """Return what all effects of a frame are measured in; "none" where it does not say, or they differ."""
    scales = set(frame["scale"].map(take_text)) if "scale" in frame else set()
    scale = scales.pop() if len(scales) == 1 else ""
    return name_scale(scale) if scale in ("log points", "percent") else "none"


def describe_event_study(frame: pd.DataFrame, outcome: str) -> str:
    """Describe an event study: window, reference, the range before, the way after."""
    free = frame[~frame["is_reference"].map(read_truth)]
    before = [read_number(v) for v in free.loc[free["event_time"] < 0, "effect"]]
    after = free[free["event_time"] >= 0]
    labels = tuple(dict.fromkeys(frame["label"].map(take_text)))
    several = Text("figures.alt-estimators", n=len(labels), names=Listed(labels, "semicolon"))
    parts: dict[str, Value] = {"who": several if labels[1:] else labels[0], "after": "none"}
    parts["before"] = Text("figures.alt-before", low=min(before), high=max(before)) if before else "none"
    values, times = [read_number(v) for v in after["effect"]], [int(e) for e in after["event_time"]]
    if values and labels[1:]:
        parts["after"] = Text("figures.alt-range-after", low=min(values), high=max(values))
    elif values:
        ends = {"low": values[0], "first": times[0], "high": values[-1], "last": times[-1]}
        parts["after"] = Text("figures.alt-path-after", **ends)
    first, last = int(frame["event_time"].min()), int(frame["event_time"].max())
    return _describe("event", outcome=outcome, unit=_name_unit(frame), first=first, last=last, **parts)


def describe_lines(frame: pd.DataFrame, *, panel: str = "") -> str:
    """Describe lines over time by where the first one starts and ends."""
    rows = frame if not panel or "panel" not in frame else select_named(frame, "panel", panel)
    rows = frame if rows.empty else rows
    x = "period" if "period" in rows else "event_time"
    names = tuple(dict.fromkeys(frame["series"].map(take_text)))
    line = rows[rows["series"].map(take_text) == names[0]].dropna(subset=["value"]).sort_values(x)
    ends = [line.iloc[0], line.iloc[-1]] if not line.empty else []
    words = tuple(name_fact("labels.series-", name) for name in names)
    first, last = (take_text(e.get("period_label", e[x])) for e in ends) if ends else ("", "")
    start, end = (read_number(e["value"]) for e in ends) if ends else (0.0, 0.0)
    return _describe(
        "lines", n=len(words), names=Listed(words, "comma"), has_ends=bool(ends),
        name=words[0], start=start, end=end, first=first, last=last,
    )  # fmt: skip


def describe_adoption(frame: pd.DataFrame) -> str:
    """Describe who is treated when by counts."""
    treated = select_named(frame, "status", "treated")
    start = "" if treated.empty else str(int(treated["period"].min()))
    first: dict[str, Value] = {"has_first": not treated.empty, "first": start}
    if "n_units" in frame:
        most, total = (int(f.groupby("period")["n_units"].sum().max()) if len(f) else 0 for f in (treated, frame))
        return _describe("adoption-counts", most=most, n=total, **first)
    n_treated, n = treated["unit"].nunique(), frame["unit"].nunique()
    return _describe("adoption", most=n_treated, n=n, **first)


def describe_placebo(frame: pd.DataFrame) -> str:
    """Describe a placebo figure by how many placebos there are."""
    return _describe("placebo", n=frame[~frame["is_treated"].map(read_truth)]["unit"].nunique())


def describe_case(frame: pd.DataFrame, sets: Sequence[str]) -> str:
    """Describe paths and gaps of one unit by its last gap in each donor set."""
    method = take_text(frame["method"].iloc[0])
    of_method = select_named(frame, "method", method)
    by_set = {s: select_named(of_method, "donor_set", s).sort_values("period") for s in sets}
    last = {s: rows.iloc[-1] for s, rows in by_set.items() if not rows.empty}
    ends = ((s, read_number(row["gap"]), take_text(row["period_label"])) for s, row in last.items())
    gaps = tuple(Text("figures.alt-gap", set=s, gap=gap, when=when) for s, gap, when in ends)
    return _describe("case", method=name_method(method), gaps=Listed(gaps, "semicolon"))


def describe_forest(frame: pd.DataFrame, key: str = "forest", column: str = "effect") -> str:
    """Describe a forest plot, or another picture of one number a row, by its range."""
    values = frame[column]
    return _describe(key, n=len(frame), unit=_name_unit(frame), low=values.min(), high=values.max())


def describe_variants(frame: pd.DataFrame) -> str:
    """Describe variants by the range of their effects and of their differences from the headline."""
    ends = {"low": frame["effect"].min(), "high": frame["effect"].max()}
    differences = {"least": frame["difference"].min(), "most": frame["difference"].max()}
    return _describe("variants", n=len(frame), unit=_name_unit(frame), **ends, **differences)


def describe_sensitivity(frame: pd.DataFrame) -> str:
    """Describe how an interval widens with the violation allowed."""
    low, high = (read_number(frame[end].iloc[-1]) for end in ("low", "high"))
    return _describe("sensitivity", n=len(frame) - 1, unit=_name_unit(frame), low=low, high=high)


def describe_heat_map(frame: pd.DataFrame) -> str:
    """Describe a heat map by its size and range."""
    low, high = frame["effect"].min(), frame["effect"].max()
    return _describe("heat-map", n=frame["cohort"].nunique(), unit=_name_unit(frame), low=low, high=high)


def describe_cell_weights(frame: pd.DataFrame) -> str:
    """Describe weights by cohort and event time by their cells and the sum of those below zero."""
    cells = frame.groupby(["cohort", "event_time"])["weight"].sum()
    below = cells[cells < 0]
    return _describe("cell-weights", n=len(cells), n_negative=len(below), negative=below.sum())


def describe_weights(frame: pd.DataFrame) -> str:
    """Describe donor weights by the largest."""
    largest = frame.sort_values("weight", ascending=False, kind="stable").iloc[0]
    name, share = take_text(largest["unit"]), read_number(largest["weight"])
    return _describe("weights", n=len(frame), name=name, share=share)


def describe_bars(frame: pd.DataFrame) -> str:
    """Describe counts as bars by the largest."""
    value = "percent" if "percent" in frame else "count"
    largest = frame.sort_values(value, ascending=False, kind="stable").iloc[0]
    name = name_fact("labels.label-", take_text(largest["label"]))
    return _describe("bars", n=len(frame), name=name, count=largest[value])


def describe_map(frame: pd.DataFrame) -> str:
    """Describe a map of agreements by how many it has, between how many places."""
    places = {*frame["city"].map(take_text), *frame["partner_city"].map(take_text)}
    return _describe("map", n=len(frame), places=len(places))


def describe_power(frame: pd.DataFrame) -> str:
    """Describe how often effects would be found by the two ends."""
    ordered = frame.sort_values("effect")
    effects, shares = (ordered[name].astype(float).iloc[[0, -1]] for name in ("effect", "rejection_rate"))
    ends = {"first": effects.iloc[0], "first_share": shares.iloc[0], "last": effects.iloc[1]}
    return _describe("power", unit=_name_unit(frame), **ends, last_share=shares.iloc[1])
