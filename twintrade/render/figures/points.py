"""What each point of a figure says: its name, its value and its interval, for pages on which a reader can ask."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from twintrade.render.blocks import Point
from twintrade.render.figures.theme import (
    EM,
    MARKERS,
    Bounds,
    add_legend_below,
    choose_step,
    draw_onset_line,
    draw_zero_line,
    measure_label,
    open_figure,
    place_names,
    split_label,
)
from twintrade.render.names import name_column
from twintrade.render.reading import list_names, list_records, read_number, read_truth, select_named, take_text
from twintrade.render.style import DEFAULT_THEME, Theme
from twintrade.text import Listed, Text, Words, name_fact, numbers, texts

MOST_POINTS = 1000  # points of one figure beyond which none is named: nobody walks through them
Write = Callable[[float], str]
FIXED: Write = numbers.format_fixed
_named: WeakKeyDictionary[Axes, list[tuple[float, float, Text]]] = WeakKeyDictionary()


def name_point(
    axes: Axes, place: tuple[float, float], name: Words, values: Sequence[float], write: Write = FIXED
) -> None:
    """Write a text at a place of the axes.

    ``place``: in units of the data; beyond the frame it is moved to its edge; ``values``: the value alone, or with
    both ends of its interval; a missing one says nothing; ``write``: how values are written.
    """
    value, *ends = values
    if math.isnan(value):
        return
    if len(ends) == 2 and not any(map(math.isnan, ends)):
        low, high = map(write, ends)
        text = Text("figures.point-interval", name=name, value=write(value), low=low, high=high)
    else:
        text = Text("common.headed", head=name, said=write(value))
    _named.setdefault(axes, []).append((*place, text))


def name_line(
    axes: Axes, places: Iterable[tuple[float, float]], series: str, times: Iterable[str], write: Write
) -> None:
    """Say what each point of a line is: the series, the time, and its value."""
    for place, time in zip(places, times, strict=True):
        name = Text("figures.point-at", series=series, at=time) if series else time
        name_point(axes, place, name, place[1:], write)


def name_times(line: pd.DataFrame) -> list[str]:
    """Return what the times of a line are called: its labels, else event times or periods by their numbers."""
    if "event_time" in line and "period" not in line:
        names = (numbers.format_event_time(int(read_number(time))) for time in line["event_time"])
        return [str(Text("figures.event-time", time=name)) for name in names]
    return list(line["period_label" if "period_label" in line else "period"].map(take_text))


def draw_line(
    axes: Axes, line: pd.DataFrame, x: str, value: str, series: str = "", write: Write = FIXED, **style: Any
) -> None:
    """Draw values over time, and say what each point is."""
    line = line.sort_values(x)
    across, up = (line[column].astype(float).to_numpy() for column in (x, value))
    axes.plot(across, up, **style)
    name_line(axes, zip(across.tolist(), up.tolist(), strict=True), series, name_times(line), write)


def draw_interval(
    axes: Axes,
    at: float,
    ends: Sequence[float],
    bounds: Bounds,
    *,
    is_level: bool = False,
    arrow: float = 4.0,
    **style: Any,
) -> None:
    """Draw an interval, upright or level; an end beyond the bounds becomes an arrow at them."""
    within = np.clip(np.asarray(ends), *bounds)
    axes.plot(*((within, [at, at]) if is_level else ([at, at], within)), solid_capstyle="butt", **style)
    marks = "<>" if is_level else "v^"
    for end, bound, mark, is_beyond in zip(ends, bounds, marks, (np.less, np.greater), strict=True):
        if is_beyond(end, bound):
            place = (bound, at) if is_level else (at, bound)
            axes.plot(*place, mark, color=style["color"], ms=arrow, clip_on=False)


def write_change(log_points: float) -> str:
    """Write an effect in log points as the change in percent that it is."""
    return numbers.format_log_percent(log_points)


def locate_points(figure: Figure) -> tuple[Point, ...]:
    """Return the named points of a figure whose layout is settled, in the order in which they were named."""
    width, height = figure.bbox.size
    points = []
    if sum(len(_named.get(axes, [])) for axes in figure.axes) > MOST_POINTS:
        return ()
    for axes in figure.axes:
        frame = axes.bbox
        named = _named.get(axes, [])
        places = axes.transData.transform([place for *place, _ in named]) if named else ()
        for (x, y), (*_, text) in zip(places, named, strict=True):
            left = min(max(float(x), frame.x0), frame.x1) / width
            top = 1 - min(max(float(y), frame.y0), frame.y1) / height
            points.append(Point(left, top, str(text)))
    return tuple(points)


# Cohort by event time as a heat map: where an average comes from, in effects or in weights.

MOST_LABELLED = 160


def draw_heat_map(
    frame: pd.DataFrame,
    labels: Mapping[int, str],
    value: str = "effect",
    *,
    x_label: str = "",
    value_label: str = "",
    theme: Theme = DEFAULT_THEME,
) -> Figure:
    """Draw effects or weights by cohort (rows) and event time (columns), zero in white.

    ``frame``: cohort, event_time and a column of values; rows of one cell are added up; ``labels``: what the cohorts'
    periods are called, where that is not their number; ``x_label``, ``value_label``: what event times and values are.
    """
    import seaborn

    cells = frame.pivot_table(index="cohort", columns="event_time", values=value, aggfunc="sum")
    values = cells.to_numpy(dtype=float)
    bound = float(np.nanmax(np.abs(values))) or 1.0
    shown = np.where(np.isnan(values), "", np.vectorize(lambda v: numbers.format_compact(v, 3))(values))
    times = [numbers.format_event_time(int(e)) for e in cells.columns]
    step = choose_step(times, 0.72 * theme.width, theme.size * 0.9)
    widest = max(measure_label(str(text)) for text in shown.ravel())
    has_room = (widest + 1) * EM * theme.size * 0.75 < 52 * theme.width / shown.shape[1]
    written = shown if has_room and shown.size <= MOST_LABELLED else False
    cohorts = [labels.get(int(c), str(c)) for c in cells.index]
    with open_figure(theme, 1.3 + 0.28 * len(cells)) as figure:
        axes = figure.subplots()
        colours = {"cmap": "PuOr_r", "vmin": -bound, "vmax": bound, "linewidths": 0.6}
        colours["cbar_kws"] = {"label": value_label, "fraction": 0.03}
        words = {"annot": written, "fmt": "", "annot_kws": {"fontsize": theme.size * 0.75}, "yticklabels": cohorts}
        words["xticklabels"] = [time if k % step == 0 else "" for k, time in enumerate(times)]
        seaborn.heatmap(cells, ax=axes, **colours, **words)
        for (row, column), cell in np.ndenumerate(values):
            time = Text("figures.event-time", time=times[column])
            name = Text("figures.point-at", series=cohorts[row], at=time)
            name_point(axes, (column + 0.5, row + 0.5), name, [cell], lambda v: numbers.format_compact(v, 3))
        axes.grid(visible=False)
        axes.tick_params(length=0, rotation=0)
        axes.set(xlabel=x_label, ylabel=name_column("cohort"))
    return figure


# Placebos: the treated unit among the units that were not, as paths or as one statistic each.


def draw_placebo(frame: pd.DataFrame, *, y_label: str = "", theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw one panel a donor set: unit, is_treated, and value by event_time or period, or one statistic each."""
    sets = list_names(frame, "donor_set") if "donor_set" in frame else [""]
    is_path = "event_time" in frame or "period" in frame
    with open_figure(theme, 3.3 if is_path else 1.2 + 1.2 * len(sets)) as figure:
        shape = (1, len(sets)) if is_path else (len(sets), 1)
        all_axes = figure.subplots(*shape, sharex=True, squeeze=False).ravel()
        for axes, name in zip(all_axes, sets, strict=True):
            rows = select_named(frame, "donor_set", name) if "donor_set" in frame else frame
            (_paths if is_path else _ranks)(axes, rows, theme)
            axes.set_title(split_label(name, (64 // len(sets)) if is_path else 84), loc="left")
        if is_path:
            all_axes[0].set_ylabel(y_label or name_column("effect"))
        else:
            all_axes[-1].set_xlabel(y_label)
        add_legend_below(figure, _legend(is_path, theme), theme)
    return figure


def _paths(axes: Axes, rows: pd.DataFrame, theme: Theme) -> None:
    x = "event_time" if "event_time" in rows else "period"
    draw_zero_line(axes, theme)
    treated = rows["is_treated"].map(read_truth)
    placebos = rows[~treated].sort_values(x, kind="stable").astype({x: float, "value": float})
    paths = [path[[x, "value"]].to_numpy() for _, path in placebos.groupby("unit", sort=False)]
    # One collection of many lines is drawn far faster than as many lines.
    axes.add_collection(LineCollection(paths, colors=theme.muted, linewidths=0.7, alpha=0.5))
    draw_line(axes, rows[treated], x, "value", color=theme.after, lw=2.2)
    axes.autoscale_view()
    if x == "event_time":
        draw_onset_line(axes, theme)
        axes.set_xlabel(str(Text("figures.since-onset", period_name="period")))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _ranks(axes: Axes, rows: pd.DataFrame, theme: Theme) -> None:
    """Draw how the statistics of placebos are distributed, each as a tick, and that of the treated unit."""
    import seaborn

    treated = rows["is_treated"].map(read_truth).astype(bool)
    placebos = rows.loc[~treated, "statistic"].astype(float)
    draw_zero_line(axes, theme, is_upright=True)
    seaborn.histplot(x=placebos, ax=axes, color=theme.pale, edgecolor="white", alpha=1.0)
    seaborn.rugplot(x=placebos, ax=axes, color=theme.muted, height=0.12, linewidth=1.2)
    style: dict[str, Any] = {"color": theme.after, "mec": "white", "clip_on": False}
    axes.plot(rows.loc[treated, "statistic"], [0] * int(treated.sum()), "D", ms=7, **style)
    for row in list_records(rows):
        statistic = read_number(row["statistic"])
        name_point(axes, (statistic, 0.0), take_text(row.get("unit")), [statistic])
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.set(xlabel="", ylabel=name_column("n_placebos"))


def _legend(is_path: bool, theme: Theme) -> list[Line2D]:
    lines: tuple[dict[str, Any], ...] = ({"lw": 2.2}, {"lw": 0.7})
    marks: tuple[dict[str, Any], ...] = ({"ls": "", "marker": "D", "ms": 7}, {"ls": "", "marker": "|", "ms": 12})
    treated, placebo = lines if is_path else marks
    return [
        Line2D([], [], color=theme.after, label=str(Text("labels.series-treated")), **treated),
        Line2D([], [], color=theme.muted, label=str(Text("figures.placebo")), **placebo),
    ]


# Power: how often an effect of each size would have been found.

USUAL = (0.5, 0.8)


def draw_power(frame: pd.DataFrame, *, x_label: str = "", theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw the rejection_rate by size of effect, with lines at one half and four fifths."""
    ordered = frame.sort_values("effect")
    with open_figure(theme, 2.8) as figure:
        axes = figure.subplots()
        axes.plot(ordered["effect"], ordered["rejection_rate"], color=theme.palette[0], linewidth=2.0)
        for effect, share in ordered[["effect", "rejection_rate"]].astype(float).itertuples(index=False):
            name = numbers.format_compact(effect, 3)
            name_point(axes, (effect, share), name, [share], lambda value: numbers.format_percent(100 * value, 0))
        for share in USUAL:
            axes.axhline(share, color=theme.muted, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.set_ylim(0, 1.02)
        axes.set_xlabel(x_label or name_column("effect"))
        axes.set_ylabel(str(Text("figures.share-found")))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: numbers.format_percent(100 * value, 0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: texts.format_tick(value)))
    return figure


# Points of two numbers, by group: twins against size of city, weights against two-by-two estimates.


def draw_scatter(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    group: str = "",
    label: str = "",
    x_label: str,
    y_label: str,
    is_log_x: bool = False,
    theme: Theme = DEFAULT_THEME,
) -> Figure:
    """Draw points of two columns, one shape and colour a group, named by their label where there are few."""
    with open_figure(theme, 4.0) as figure:
        axes = figure.subplots()
        for i, name in enumerate(list_names(frame, group) if group else [""]):
            points = select_named(frame, group, name) if group else frame
            marker, colour = MARKERS[i % len(MARKERS)], theme.palette[i % len(theme.palette)]
            places = points[[x, y]].astype(float)
            of_group = name_fact(f"labels.{group}-", name) or None
            axes.plot(places[x], places[y], marker, color=colour, ms=5.5, mec="white", label=of_group)
        for row in list_records(frame):
            at = (float(row[x]), float(row[y]))
            across = f"{x_label} {texts.format_tick(at[0])}"
            parts = tuple(filter(None, (take_text(row[label]) if label else "", across, y_label)))
            name_point(axes, at, Listed(parts, "comma"), [at[1]], texts.format_tick)
        if is_log_x:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: texts.format_tick(value)))
            axes.xaxis.set_minor_formatter(NullFormatter())
        axes.grid(visible=True, axis="both")
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        if group:
            named = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
            add_legend_below(figure, named, theme, 3)
        if label:
            largest = frame.sort_values(y, ascending=False, kind="stable")
            names = [(float(row[x]), float(row[y]), take_text(row[label])) for row in list_records(largest)]
            place_names(axes, names, theme.size * 0.75, theme.muted)
    return figure
