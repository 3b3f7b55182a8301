"""One sentence a figure for readers who cannot see it, made from the numbers drawn."""

from collections.abc import Sequence

import pandas as pd

from twintrade.render.reading import read_number, read_truth, take_text
from twintrade.text import numbers


def _opening(noun: str, is_simulated: bool) -> str:
    return f"{noun} of simulated data" if is_simulated else noun


def describe_event_study(frame: pd.DataFrame, outcome: str, *, is_simulated: bool = False) -> str:
    """Describe an event study: window, reference, the range before, the way after."""
    free = frame[~frame["is_reference"].map(read_truth)]
    before = [read_number(v) for v in free.loc[free["event_time"] < 0, "effect"]]
    after = free[free["event_time"] >= 0]
    times = [int(e) for e in frame["event_time"]]
    labels = list(dict.fromkeys(frame["label"].map(take_text)))
    who = labels[0] if len(labels) == 1 else f"{len(labels)} estimators ({'; '.join(labels)})"
    parts = [
        f"{_opening('Event-study plot', is_simulated)} for {outcome}, {who}, from "
        f"{numbers.format_event_time(min(times))} to {numbers.format_event_time(max(times))} periods around onset"
    ]
    if before:
        low, high = numbers.format_fixed(min(before)), numbers.format_fixed(max(before))
        parts.append(f"effects before onset lie between {low} and {high}")
    if len(labels) > 1 and not after.empty:
        values = [read_number(v) for v in after["effect"]]
        parts.append(
            f"from onset on they lie between {numbers.format_fixed(min(values))} and "
            f"{numbers.format_fixed(max(values))}"
        )
    elif not after.empty:
        ends = [
            f"{numbers.format_fixed(row['effect'])} at {numbers.format_event_time(int(row['event_time']))}"
            for row in (after.iloc[0], after.iloc[-1])
        ]
        parts.append(f"from onset on they go from {ends[0]} to {ends[1]}")
    return "; ".join(parts) + "."


def describe_lines(frame: pd.DataFrame, noun: str, *, is_simulated: bool = False, panel: str | None = None) -> str:
    """Describe lines over time by where the first one starts and ends."""
    rows = frame if panel is None or "panel" not in frame else frame[frame["panel"].map(take_text) == panel]
    rows = frame if rows.empty else rows
    x = "period" if "period" in rows else "event_time"
    names = list(dict.fromkeys(frame["series"].map(take_text)))
    own = rows[rows["series"].map(take_text) == names[0]].dropna(subset=["value"]).sort_values(x)
    listed = ", ".join(names)
    sentence = f"{_opening(noun, is_simulated)} with {len(names)} series ({listed})"
    if not own.empty:
        ends = [own.iloc[0], own.iloc[-1]]
        when = [take_text(e.get("period_label", e[x])) for e in ends]
        start, end = (numbers.format_compact(e["value"]) for e in ends)
        sentence += f"; “{names[0]}” goes from {start} in {when[0]} to {end} in {when[1]}"
    return sentence + "."


def describe_adoption(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe who is treated when by counts."""
    first = _opening("Chart", is_simulated)
    treated = frame[frame["status"].map(take_text) == "treated"]
    onset = (
        f", the first from {numbers.format_event_time(int(treated['period'].min()))} on" if not treated.empty else ""
    )
    if "n_units" in frame:
        most, total = (int(f.groupby("period")["n_units"].sum().max()) if len(f) else 0 for f in (treated, frame))
        return f"{first} of treatment by period: at most {most} of {total} units are treated at a time{onset}."
    n_units = frame["unit"].nunique()
    return (
        f"{first} of treatment by unit and period: {treated['unit'].nunique()} of {n_units} units are treated{onset}."
    )


def describe_placebo(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe a placebo figure by how many placebos there are."""
    units = frame[~frame["is_treated"].map(read_truth)]["unit"].nunique()
    return f"{_opening('Placebo plot', is_simulated)}: the treated unit among {units} untreated ones."


def describe_case(frame: pd.DataFrame, sets: Sequence[str], *, is_simulated: bool = False) -> str:
    """Describe paths and gaps of one unit by its last gap in each donor set."""
    method = take_text(frame["method"].iloc[0])
    own = frame[frame["method"].map(take_text) == method]
    last = {s: own[own["donor_set"].map(take_text) == s].sort_values("period") for s in sets}
    told = "; ".join(
        f"set {s}: gap {numbers.format_fixed(rows['gap'].iloc[-1])} in {take_text(rows['period_label'].iloc[-1])}"
        for s, rows in last.items()
        if not rows.empty
    )
    noun = _opening("Line charts", is_simulated)
    return f"{noun} of the observed flow, its path without the agreement and their gap, by the {method}: {told}."


def describe_forest(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe a forest plot by its range."""
    low, high = frame["effect"].min(), frame["effect"].max()
    noun = _opening("Forest plot", is_simulated)
    return f"{noun} of {len(frame)} effects, from {numbers.format_fixed(low)} to {numbers.format_fixed(high)}."


def describe_path(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe lines over time."""
    return describe_lines(frame, "Line chart", is_simulated=is_simulated)


def describe_sensitivity(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe how an interval widens with the violation allowed."""
    last = frame.iloc[-1]
    spread = numbers.format_interval(last["low"], last["high"])
    noun = _opening("Interval plot", is_simulated)
    return f"{noun}: the original interval and {len(frame) - 1} wider ones, the last one {spread}."


def describe_heat_map(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe a heat map by its size and range."""
    noun = _opening("Heat map", is_simulated)
    low, high = numbers.format_fixed(frame["effect"].min()), numbers.format_fixed(frame["effect"].max())
    return f"{noun} of effects for {frame['cohort'].nunique()} cohorts by event time, from {low} to {high}."


def describe_bacon(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe the scatter of two-by-two comparisons."""
    noun = _opening("Scatter plot", is_simulated)
    return f"{noun} of {len(frame)} two-by-two estimates against their weights, by type of comparison."


def describe_weights(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe donor weights by the largest."""
    largest = frame.sort_values("weight", ascending=False, kind="stable").iloc[0]
    noun = _opening("Bar chart", is_simulated)
    share = numbers.format_fixed(largest["weight"], 2)
    return f"{noun} of the weights of {len(frame)} donors; the largest is {take_text(largest['unit'])} with {share}."


def describe_curve(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe a specification curve by its length and range."""
    known = frame[frame["effect"].notna()]
    low, high = numbers.format_fixed(known["effect"].min()), numbers.format_fixed(known["effect"].max())
    noun = _opening("Specification curve", is_simulated)
    return f"{noun} of {len(known)} estimates in ascending order, from {low} to {high}."


def describe_twins(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe the scatter of twins against size by its range."""
    noun = _opening("Scatter plot", is_simulated)
    low, high = numbers.format_count(frame["twins"].min()), numbers.format_count(frame["twins"].max())
    return (
        f"{noun} of the number of twins against population for {len(frame)} cities; twins run from {low} to {high}."
    )


def describe_bars(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe counts as bars by the largest."""
    largest = frame.sort_values("count", ascending=False, kind="stable").iloc[0]
    noun = _opening("Bar chart", is_simulated)
    most = f"{take_text(largest['label'])} with {numbers.format_count(largest['count'])}"
    return f"{noun} of {len(frame)} counts; the largest is {most}."


def describe_power(frame: pd.DataFrame, *, is_simulated: bool = False) -> str:
    """Describe how often effects would be found by the two ends."""
    ordered = frame.sort_values("effect")
    low, high = (numbers.format_percent(100 * ordered["rejection_rate"].iloc[i]) for i in (0, -1))
    noun = _opening("Line chart", is_simulated)
    ends = [numbers.format_fixed(ordered["effect"].iloc[i]) for i in (0, -1)]
    return f"{noun} of the share of tests that find an effect: {low} at {ends[0]}, {high} at {ends[1]}."
