"""One sentence a figure for readers who cannot see it, made from the numbers drawn."""

from collections.abc import Sequence

import pandas as pd

from twintrade.render import numbers
from twintrade.render.reading import number, text, truth


def _opening(noun: str, is_simulated: bool) -> str:
    return f"{noun} of simulated data" if is_simulated else noun


def event_study(frame: pd.DataFrame, outcome: str, *, is_simulated: bool = False) -> str:
    """Describe an event study: window, reference, the range before, the way after."""
    free = frame[~frame["is_reference"].map(truth)]
    before = [number(v) for v in free.loc[free["event_time"] < 0, "effect"]]
    after = free[free["event_time"] >= 0]
    times = [int(e) for e in frame["event_time"]]
    labels = list(dict.fromkeys(frame["label"].map(text)))
    who = labels[0] if len(labels) == 1 else f"{len(labels)} estimators ({'; '.join(labels)})"
    parts = [
        f"{_opening('Event-study plot', is_simulated)} for {outcome}, {who}, from "
        f"{numbers.event_time(min(times))} to {numbers.event_time(max(times))} periods around onset"
    ]
    if before:
        low, high = numbers.fixed(min(before)), numbers.fixed(max(before))
        parts.append(f"effects before onset lie between {low} and {high}")
    if len(labels) > 1 and not after.empty:
        values = [number(v) for v in after["effect"]]
        parts.append(f"from onset on they lie between {numbers.fixed(min(values))} and {numbers.fixed(max(values))}")
    elif not after.empty:
        ends = [
            f"{numbers.fixed(row['effect'])} at {numbers.event_time(int(row['event_time']))}"
            for row in (after.iloc[0], after.iloc[-1])
        ]
        parts.append(f"from onset on they go from {ends[0]} to {ends[1]}")
    return "; ".join(parts) + "."


def lines(frame: pd.DataFrame, noun: str, *, is_simulated: bool = False, panel: str | None = None) -> str:
    """Describe lines over time by where the first one starts and ends."""
    rows = frame if panel is None or "panel" not in frame else frame[frame["panel"].map(text) == panel]
    rows = frame if rows.empty else rows
    x = "period" if "period" in rows else "event_time"
    names = list(dict.fromkeys(frame["series"].map(text)))
    own = rows[rows["series"].map(text) == names[0]].dropna(subset=["value"]).sort_values(x)
    listed = ", ".join(names)
    sentence = f"{_opening(noun, is_simulated)} with {len(names)} series ({listed})"
    if not own.empty:
        ends = [own.iloc[0], own.iloc[-1]]
        when = [text(e.get("period_label", e[x])) for e in ends]
        start, end = (numbers.compact(e["value"]) for e in ends)
        sentence += f"; “{names[0]}” goes from {start} in {when[0]} to {end} in {when[1]}"
    return sentence + "."


def adoption(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe who is treated when by counts."""
    first = _opening("Chart", is_simulated)
    n_units = frame["unit"].nunique()
    treated = frame[frame["status"].map(text) == "treated"]
    onset = f", the first from {numbers.event_time(int(treated['period'].min()))} on" if not treated.empty else ""
    return (
        f"{first} of treatment by unit and period: {treated['unit'].nunique()} of {n_units} units are treated{onset}."
    )


def placebo(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe a placebo figure by how many placebos there are."""
    units = frame[~frame["is_treated"].map(truth)]["unit"].nunique()
    return f"{_opening('Placebo plot', is_simulated)}: the treated unit among {units} untreated ones."


def case(frame: pd.DataFrame, sets: Sequence[str], *, is_simulated: bool = False) -> str:
    """Describe paths and gaps of one unit by its last gap in each donor set."""
    method = text(frame["method"].iloc[0])
    own = frame[frame["method"].map(text) == method]
    last = {s: own[own["donor_set"].map(text) == s].sort_values("period") for s in sets}
    told = "; ".join(
        f"set {s}: gap {numbers.fixed(rows['gap'].iloc[-1])} in {text(rows['period_label'].iloc[-1])}"
        for s, rows in last.items()
        if not rows.empty
    )
    noun = _opening("Line charts", is_simulated)
    return f"{noun} of the observed flow, its path without the tie and their gap, by the {method}: {told}."


def forest(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe a forest plot by its range."""
    low, high = frame["effect"].min(), frame["effect"].max()
    noun = _opening("Forest plot", is_simulated)
    return f"{noun} of {len(frame)} effects, from {numbers.fixed(low)} to {numbers.fixed(high)}."


def path(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe lines over time."""
    return lines(frame, "Line chart", is_simulated=is_simulated)


def sensitivity(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe how an interval widens with the violation allowed."""
    last = frame.iloc[-1]
    spread = numbers.interval(last["low"], last["high"])
    noun = _opening("Interval plot", is_simulated)
    return f"{noun}: the original interval and {len(frame) - 1} wider ones, the last one {spread}."


def heat_map(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe a heat map by its size and range."""
    noun = _opening("Heat map", is_simulated)
    low, high = numbers.fixed(frame["effect"].min()), numbers.fixed(frame["effect"].max())
    return f"{noun} of effects for {frame['cohort'].nunique()} cohorts by event time, from {low} to {high}."


def bacon(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe the scatter of two-by-two comparisons."""
    noun = _opening("Scatter plot", is_simulated)
    return f"{noun} of {len(frame)} two-by-two estimates against their weights, by type of comparison."


def weights(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe donor weights by the largest."""
    largest = frame.sort_values("weight", ascending=False, kind="stable").iloc[0]
    noun = _opening("Bar chart", is_simulated)
    share = numbers.fixed(largest["weight"], 2)
    return f"{noun} of the weights of {len(frame)} donors; the largest is {text(largest['unit'])} with {share}."


def curve(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe a specification curve by its length and range."""
    known = frame[frame["effect"].notna()]
    low, high = numbers.fixed(known["effect"].min()), numbers.fixed(known["effect"].max())
    noun = _opening("Specification curve", is_simulated)
    return f"{noun} of {len(known)} estimates in ascending order, from {low} to {high}."


def twins(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe the scatter of twins against size by its range."""
    noun = _opening("Scatter plot", is_simulated)
    low, high = numbers.count(frame["twins"].min()), numbers.count(frame["twins"].max())
    return (
        f"{noun} of the number of twins against population for {len(frame)} cities; twins run from {low} to {high}."
    )


def bars(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe counts as bars by the largest."""
    largest = frame.sort_values("count", ascending=False, kind="stable").iloc[0]
    noun = _opening("Bar chart", is_simulated)
    most = f"{text(largest['label'])} with {numbers.count(largest['count'])}"
    return f"{noun} of {len(frame)} counts; the largest is {most}."


def power(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe how often effects would be found by the two ends."""
    ordered = frame.sort_values("effect")
    low, high = (numbers.percent(100 * ordered["rejection_rate"].iloc[i]) for i in (0, -1))
    noun = _opening("Line chart", is_simulated)
    ends = [numbers.fixed(ordered["effect"].iloc[i]) for i in (0, -1)]
    return f"{noun} of the share of tests that find an effect: {low} at {ends[0]}, {high} at {ends[1]}."
