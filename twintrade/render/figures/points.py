"""What each point of a figure says: its name, its value and its interval, for pages on which a reader can ask."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from twintrade.render.blocks import Point
from twintrade.render.figures.theme import (
    EM,
    MARKERS,
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
_named: WeakKeyDictionary[Axes, list[tuple[float, float, str]]] = WeakKeyDictionary()


def name_point(
    axes: Axes, place: tuple[float, float], name: Words, values: Sequence[float], write: Write = numbers.format_fixed
) -> None:
    """Say what stands at a place of the axes.

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
    _named.setdefault(axes, []).append((*place, str(text)))


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
    axes: Axes,
    line: pd.DataFrame,
    x: str,
    value: str,
    series: str = "",
    write: Write = numbers.format_fixed,
    **style: Any,
) -> None:
    """Draw values over time, and say what each point is."""
    line = line.sort_values(x)
    places = line[[x, value]].astype(float)
    axes.plot(places[x], places[value], **style)
    name_line(axes, places.itertuples(index=False, name=None), series, name_times(line), write)


def draw_interval(
    axes: Axes,
    at: float,
    ends: Sequence[float],
    bounds: tuple[float, float] = (-math.inf, math.inf),
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
    for axes in figure.axes:
        frame = axes.bbox
        named = _named.get(axes, [])
        places = axes.transData.transform([place for *place, _ in named]) if named else ()
        for (x, y), (*_, text) in zip(places, named, strict=True):
            left = min(max(float(x), frame.x0), frame.x1) / width
            top = 1 - min(max(float(y), frame.y0), frame.y1) / height
            points.append(Point(left, top, text))
    return tuple(points) if len(points) <= MOST_POINTS else ()


# What a figure drew, read back from its marks: to hold a picture against its numbers.

DRAWN = ("panel", "form", "series", "marker", "x", "y", "low", "high", "outer_low", "outer_high", "value")
ARROWS = {"v": "y", "^": "y", "<": "x", ">": "x"}
"""Markers that end an interval which runs on, by the direction in which they point."""


def read_points(figure: Figure) -> pd.DataFrame:
    """Return what a figure drew in units of the data: a row a point, vertex of a line, arrow, bar or cell of a map.

    ``low`` and ``high`` are the ends of the narrowest interval through a point, ``outer_low`` and ``outer_high`` of
    the widest; a bar runs from ``low`` to ``high``; ``series`` is the label in the legend, else the colour.
    """
    rows = [{"panel": k, **row} for k, axes in enumerate(figure.axes) for row in _read_marks(axes, _read_key(figure))]
    return pd.DataFrame(rows, columns=DRAWN)


def _read_key(figure: Figure) -> dict[tuple[str, str], str]:
    """Return the labels of all legends by the marker and the colour that they stand for."""
    legends = [legend for part in (figure, *figure.axes) for legend in part.findobj(Legend)]
    pairs = [pair for one in legends for pair in zip(one.legend_handles, one.get_texts(), strict=True)]
    return {_describe_line(line): text.get_text() for line, text in pairs if isinstance(line, Line2D)}


def _describe_line(line: Line2D) -> tuple[str, str]:
    marker = str(line.get_marker())
    is_bare = marker in ("None", "", " ")
    return "" if is_bare else marker, to_hex(line.get_color() if is_bare else line.get_markerfacecolor())


def _read_marks(axes: Axes, key: Mapping[tuple[str, str], str]) -> list[dict[str, object]]:
    if axes.get_label() == "<colorbar>":
        return []
    marks: list[dict[str, object]] = []
    pieces = []
    for many in (many for many in axes.collections if isinstance(many, LineCollection)):
        if all(many.get_transform().contains_branch_seperately(axes.transData)):
            pieces += many.get_segments()
        else:  # ticks along the edge
            marks += [{"form": "point", "marker": "|", "x": x, "y": 0.0} for (x, _), _ in many.get_segments()]
    for line in axes.get_lines():
        if not all(line.get_transform().contains_branch_seperately(axes.transData)):
            continue  # a line at a value, from edge to edge
        (marker, colour), places = _describe_line(line), np.asarray(line.get_xydata(), dtype=float)
        if not marker and len(places) == 2 and (places[0] == places[1]).any():
            pieces.append(places)
            continue
        label = str(line.get_label())
        series = key.get((marker, colour), colour) if label.startswith("_") else label
        form = "point" if line.get_linestyle() == "None" or len(places) == 1 else "line"
        marks += [{"form": form, "series": series, "marker": marker, "x": x, "y": y} for x, y in places]
    _add_intervals(marks, [piece for piece in pieces if len(piece) == 2])
    return [*marks, *_read_bars(axes), *_read_cells(axes)]


def _add_intervals(marks: list[dict[str, object]], pieces: list[np.ndarray]) -> None:
    """Give each point the ends of upright lines at its x, else of level ones at its y."""
    ends: dict[tuple[str, object], list[list[float]]] = {}
    for (x0, y0), (x1, y1) in pieces:
        if x0 == x1:
            ends.setdefault(("x", x0), []).append(sorted((y0, y1)))
        elif y0 == y1:
            ends.setdefault(("y", y0), []).append(sorted((x0, x1)))
    for mark in (mark for mark in marks if mark["form"] == "point"):
        ranges = ends.get(("x", mark["x"])) or ends.get(("y", mark["y"])) or []
        for name, choose in (("outer_", max), ("", min)) if ranges else ():
            mark[f"{name}low"], mark[f"{name}high"] = choose(ranges, key=np.ptp)
        if str(mark["marker"]) in ARROWS and any(mark[ARROWS[str(mark["marker"])]] in piece for piece in ranges):
            mark["form"] = "arrow"


def _read_bars(axes: Axes) -> Iterator[dict[str, object]]:
    for bars in (bars for bars in axes.containers if isinstance(bars, BarContainer)):
        for bar in bars.patches:
            (x0, y0), (x1, y1) = bar.get_bbox().get_points()
            is_level = bars.orientation == "horizontal"
            x, y, low, high = (x1, (y0 + y1) / 2, x0, x1) if is_level else ((x0 + x1) / 2, y1, y0, y1)
            yield {"form": "bar", "series": to_hex(bar.get_facecolor()), "x": x, "y": y, "low": low, "high": high}


def _read_cells(axes: Axes) -> Iterator[dict[str, object]]:
    for mesh in (mesh for mesh in axes.collections if isinstance(mesh, QuadMesh)):
        corners = np.asarray(mesh.get_coordinates())
        values: np.ndarray = np.ma.filled(np.ma.asarray(mesh.get_array(), float), np.nan)
        for (row, column), value in np.ndenumerate(values):
            x, y = corners[row : row + 2, column : column + 2].mean(axis=(0, 1))
            yield {"form": "cell", "x": x, "y": y, "value": value}


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
    cohorts = [labels.get(int(c), str(c)) for c in cells.index]
    with open_figure(theme, 1.3 + 0.28 * len(cells)) as figure:
        axes = figure.subplots()
        seaborn.heatmap(
            cells,
            ax=axes,
            cmap="PuOr_r",
            vmin=-bound,
            vmax=bound,
            linewidths=0.6,
            annot=shown if _fits(shown, theme) else False,
            fmt="",
            annot_kws={"fontsize": theme.size * 0.75},
            xticklabels=[time if k % step == 0 else "" for k, time in enumerate(times)],
            yticklabels=cohorts,
            cbar_kws={"label": value_label, "fraction": 0.03},
        )
        for (row, column), cell in np.ndenumerate(values):
            time = Text("figures.event-time", time=times[column])
            name = Text("figures.point-at", series=cohorts[row], at=time)
            name_point(axes, (column + 0.5, row + 0.5), name, [cell], lambda v: numbers.format_compact(v, 3))
        axes.grid(visible=False)
        axes.tick_params(length=0, rotation=0)
        axes.set(xlabel=x_label, ylabel=name_column("cohort"))
    return figure


def _fits(shown: np.ndarray, theme: Theme) -> bool:
    """Whether every value can stand in its cell."""
    widest = max(measure_label(str(text)) for text in shown.ravel())
    return shown.size <= MOST_LABELLED and (widest + 1) * EM * theme.size * 0.75 < 52 * theme.width / shown.shape[1]


# Placebos: the treated unit among the units that were not, as paths or as one statistic each.


def draw_placebo(frame: pd.DataFrame, *, y_label: str = "", theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw one panel a donor set.

    ``frame``: unit, donor_set, is_treated and either event_time (or period) with value, or statistic.
    """
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
    treated, placebo = str(Text("labels.series-treated")), str(Text("figures.placebo"))
    if is_path:
        return [
            Line2D([], [], color=theme.after, lw=2.2, label=treated),
            Line2D([], [], color=theme.muted, lw=0.7, label=placebo),
        ]
    return [
        Line2D([], [], ls="", marker="D", ms=7, color=theme.after, label=treated),
        Line2D([], [], ls="", marker="|", ms=12, color=theme.muted, label=placebo),
    ]


# Power: how often an effect of each size would have been found.

USUAL = (0.5, 0.8)


def draw_power(frame: pd.DataFrame, *, x_label: str = "", theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw the share of rejections by size of effect, with lines at one half and four fifths.

    ``frame``: effect, rejection_rate.
    """
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
    """Draw points, one shape and colour a group, named where there are few.

    ``x``, ``y``: columns of numbers; ``group``, ``label``: columns of texts, or empty.
    """
    with open_figure(theme, 4.0) as figure:
        axes = figure.subplots()
        _points(axes, frame, x, y, group, theme)
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


def _points(axes: Axes, frame: pd.DataFrame, x: str, y: str, group: str, theme: Theme) -> None:
    groups = list_names(frame, group) if group else [""]
    for i, name in enumerate(groups):
        points = select_named(frame, group, name) if group else frame
        axes.plot(
            points[x].astype(float),
            points[y].astype(float),
            MARKERS[i % len(MARKERS)],
            color=theme.palette[i % len(theme.palette)],
            ms=5.5,
            mec="white",
            label=name_fact(f"labels.{group}-", name) or None,
        )
