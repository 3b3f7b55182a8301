"""The series as observed, with every candidate date and the comparison lines."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import Bbox, BboxTransform
from numpy.typing import NDArray

from twintrade.render.figures.events import (
    choose_periods,
    draw_date_lines,
    draw_period_axis,
    draw_shock_bands,
    list_candidates,
    list_event_key,
)
from twintrade.render.figures.points import draw_line, name_point
from twintrade.render.figures.theme import (
    DASHES,
    EM,
    LINE,
    add_legend_below,
    draw_onset_line,
    measure_label,
    open_figure,
    split_label,
)
from twintrade.render.reading import list_names, list_records, read_number, read_truth, select_named, take_text
from twintrade.render.style import DEFAULT_THEME, Theme
from twintrade.text import Listed, Text, name_fact, numbers, texts

# Paths over time: a double ratio, a synthetic control beside its series, a gap.


def draw_path(
    frame: pd.DataFrame,
    *,
    onset: float | None = None,
    y_label: str = "",
    x_label: str = "",
    theme: Theme = DEFAULT_THEME,
) -> Figure:
    """Draw one line a series.

    ``frame``: series, period (or event_time), value, and optionally index, which is drawn in its place; ``onset``:
    where the vertical line stands: half a period before it.
    """
    value = "index" if "index" in frame and frame["index"].notna().any() else "value"
    x = "period" if "period" in frame else "event_time"
    with open_figure(theme, 3.3) as figure:
        axes = figure.subplots()
        for i, name in enumerate(dict.fromkeys(frame["series"].map(take_text))):
            line, style = select_named(frame, "series", name), _choose_style(i, name, theme) | {"marker": None}
            draw_line(axes, line, x, value, name, partial(numbers.format_compact, significant=3), **style)
        if onset is not None or x == "event_time":
            draw_onset_line(axes, theme, onset or 0.0)
        if x == "period" and "period_label" in frame:
            draw_period_axis(axes, frame)
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel(y_label or (str(Text("figures.index-onset")) if value == "index" else ""))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda amount, _: texts.format_tick(amount)))
        axes.set_xlabel(
            x_label or (str(Text("figures.since-onset", period_name="period")) if x == "event_time" else "")
        )
        named = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
        add_legend_below(figure, named, theme)
    return figure


GRID_COLUMNS = 3
MANY_CASES = 9
MANY_PANELS = 3
MARGIN = 0.05
TICK = 0.05
"""Length of a tick in inches."""
GROUND, FRAME, USED, OTHER = "ground", "frame", "used", "other"
Points = NDArray[np.float64]
Line = list[tuple[float, float, str]]
"""Periods, values, and what the periods are called."""


def draw_raw_series(
    frame: pd.DataFrame,
    dates: pd.DataFrame | None = None,
    shocks: pd.DataFrame | None = None,
    *,
    theme: Theme = DEFAULT_THEME,
) -> Figure:
    """Draw the panels below each other, three and more two a row, the same series in the same line everywhere.

    ``frame``: series, panel, period, period_label, value, unit; ``dates``: period, label, is_chosen: every candidate
    date; the chosen one is drawn solid; ``shocks``: label, first, last, first_label, last_label: known events, drawn
    as grey bands.
    """
    panels = list_names(frame, "panel")
    series = list_names(frame, "series")
    n_columns = 1 if len(panels) < MANY_PANELS else 2
    n_rows = -(-len(panels) // n_columns)
    lines = [split_label(line, 100) for line in list_event_key(dates, shocks, frame)]
    n_lines = sum(line.count("\n") + 1 for line in lines)
    with open_figure(theme, 0.9 + 0.17 * n_lines + 1.85 * n_rows) as figure:
        all_axes = figure.subplots(n_rows, n_columns, sharex=True, squeeze=False).ravel()
        for axes, panel in zip(all_axes, panels, strict=False):
            _panel(axes, select_named(frame, "panel", panel), panel, series, theme)
            draw_shock_bands(axes, shocks, frame, theme, has_letters=axes is all_axes[0])
            draw_date_lines(axes, dates, theme, has_letters=axes is all_axes[0])
        for axes in all_axes[len(panels) :]:
            axes.set_visible(False)
        for axes in all_axes[-n_columns:]:
            draw_period_axis(axes, frame, most=12 // n_columns)
        add_legend_below(figure, _pick_lines(all_axes, series), theme)
        if lines:
            size = theme.size * 0.85
            all_axes[-n_columns].set_xlabel("\n".join(lines), loc="left", fontsize=size, linespacing=1.4)
    return figure


def draw_grid(
    frame: pd.DataFrame,
    dates: pd.DataFrame | None = None,
    *,
    theme: Theme = DEFAULT_THEME,
) -> Figure:
    """Draw the indices of many cases as small multiples, within one pair of axes: one a panel takes far longer.

    ``frame``: case, series, panel, period, period_label, value; ``dates``: case, period, is_chosen: every candidate
    date.
    """
    cases, series = (list_names(frame, column) for column in ("case", "series"))
    n_columns = GRID_COLUMNS + (len(cases) > MANY_CASES)
    n_rows = -(-len(cases) // n_columns)
    panels = _read_panels(frame, dates, 7 - n_columns)
    titles = [split_label(name, 70 // n_columns) for name in cases]
    line = LINE * theme.size / 72
    above = line * (1.3 + max(title.count("\n") for title in titles))
    left = 0.12 + EM * theme.size / 72 * max((measure_label(name) for p in panels for name in p.levels), default=0)
    width, height = theme.width / n_columns, 1.1 if n_columns == GRID_COLUMNS else 0.9
    is_shared = len({(*panel.times, *panel.range.intervalx) for panel in panels}) == 1
    row = above + height + (0.18 if is_shared else 1.6 * line)
    total = row * n_rows + 1.4 * line * is_shared
    with open_figure(theme, 0.55 + total) as figure:
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set(xlim=(0, theme.width), ylim=(-total, 0))
        strokes: dict[str, list[Points]] = {}
        for i, (title, panel) in enumerate(zip(titles, panels, strict=True)):
            x, y = i % n_columns * width + left, -row * (i // n_columns) - above
            box = Bbox([[x, y - height], [x + 0.95 * width - left, y]])
            axes.text(x, y + 0.4 * line, title)
            is_last = i + n_columns >= len(cases)
            _draw_panel(axes, panel, box, strokes, theme, says_times=is_last or not is_shared)
        styles = _list_rules(theme) | {name: _choose_style(i, name, theme) for i, name in enumerate(series)}
        for name in filter(strokes.get, styles):
            axes.plot(*np.concatenate(strokes[name]).T, **styles[name])
        add_legend_below(figure, _pick_lines([axes], series), theme)
    return figure


@dataclass(frozen=True, slots=True)
class _Panel:
    """A panel of a grid: its series, its dates with the rule of each, its ticks by label, and what it ranges over."""

    lines: dict[str, Line]
    dates: list[tuple[float, str]]
    times: dict[str, float]
    levels: dict[str, float]
    range: Bbox


def _read_panels(frame: pd.DataFrame, dates: pd.DataFrame | None, most: int) -> list[_Panel]:
    """Return a panel a case, with so many years named at most."""
    periods: dict[str, dict[float, str]] = defaultdict(dict)
    lines: dict[str, dict[str, Line]] = defaultdict(lambda: defaultdict(list))
    rules: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for row in list_records(frame.sort_values("period", kind="stable")):
        case, period, label = take_text(row["case"]), read_number(row["period"]), take_text(row["period_label"])
        periods[case][period] = label
        value = read_number(row["value"])
        if take_text(row["panel"]) == "index" and math.isfinite(value):
            lines[case][take_text(row["series"])].append((period, value, label))
    for date in list_candidates(dates):
        rule = USED if read_truth(date["is_chosen"]) else OTHER
        rules[take_text(date["case"])].append((read_number(date["period"]), rule))
    cases = dict.fromkeys(frame["case"].map(take_text))
    return [_measure_panel(periods[case], lines[case], rules[case], most) for case in cases]


def _measure_panel(
    periods: dict[float, str],
    lines: dict[str, Line],
    dates: list[tuple[float, str]],
    most: int,
) -> _Panel:
    first, last = _widen([*periods, *(period for period, _ in dates)])
    values = [value for line in lines.values() for _, value, _ in line]
    low, high = _widen(values or [0.0, 1.0])
    levels = [v for v in MaxNLocator(4).tick_values(low, high) if low <= v <= high] if values else []
    return _Panel(
        lines=lines,
        dates=dates,
        times=dict(zip(*reversed(choose_periods(periods, most)), strict=True)),
        levels={texts.format_tick(v): v for v in levels},
        range=Bbox([[first, low], [last, high]]),
    )


def _widen(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of what is drawn with a margin on both sides."""
    low, high = min(values), max(values)
    margin = MARGIN * ((high - low) or abs(high) or 1.0)
    return low - margin, high + margin


def _draw_panel(
    axes: Axes, panel: _Panel, box: Bbox, strokes: dict[str, list[Points]], theme: Theme, *, says_times: bool
) -> None:
    """Write the texts of a panel that stands in a box, name its points, and add what is drawn to the strokes."""
    place = BboxTransform(panel.range, box).transform

    def add(name: str, points: Sequence[tuple[float, float]] | Points) -> None:
        strokes.setdefault(name, []).append(np.vstack([points, (np.nan, np.nan)]))

    add(FRAME, [(box.x0, box.y1), (box.x0, box.y0), (box.x1, box.y0)])
    for label, level in panel.levels.items():
        y = place((0, level))[1]
        add(GROUND, [(box.x0, y), (box.x1, y)])
        add(FRAME, [(box.x0 - TICK, y), (box.x0, y)])
        axes.text(box.x0 - 2 * TICK, y, label, ha="right", va="center_baseline", fontsize=0.9 * theme.size)
    for label, time in panel.times.items():
        x = place((time, 0))[0]
        add(FRAME, [(x, box.y0), (x, box.y0 - TICK)])
        if says_times:
            axes.text(x, box.y0 - 2 * TICK, label, ha="center", va="top", fontsize=0.9 * theme.size)
    for time, name in panel.dates:
        x = place((time, 0))[0]
        add(name, [(x, box.y0), (x, box.y1)])
    for name, line in panel.lines.items():
        places = place([point[:2] for point in line])
        add(name, places)
        series = name_fact("labels.series-", name)
        for at, (_, value, label) in zip(places, line, strict=True):
            title = Text("figures.point-at", series=series, at=label)
            name_point(axes, tuple(at), title, (value,), texts.format_tick)


def _list_rules(theme: Theme) -> dict[str, dict[str, Any]]:
    """Return how the lines of a grid that are no series are drawn."""
    ink = {"color": theme.ink, "zorder": 1.5, "solid_capstyle": "butt"}
    return {
        GROUND: {"color": theme.pale, "linewidth": 0.5, "zorder": 1},
        FRAME: ink | {"linewidth": 1, "zorder": 3.5},
        USED: ink | {"linewidth": 1.3},
        OTHER: ink | {"linewidth": 0.8, "linestyle": (0, (4, 3))},
    }


def _choose_style(i: int, name: str, theme: Theme) -> dict[str, Any]:
    """Return how a series is drawn, by its place among all."""
    return {
        "color": theme.palette[i % len(theme.palette)],
        "linestyle": DASHES[i % len(DASHES)],
        "linewidth": 1.4 if i else 2.2,
        "marker": None if i else "o",
        "markersize": 3.5,
        "label": name_fact("labels.series-", name),
        "zorder": 2.5 if i else 3,
    }


def _pick_lines(all_axes: Iterable[Axes], series: Sequence[str]) -> list[Line2D]:
    """Return one line of each series that is drawn, in their order."""
    drawn = {str(line.get_label()): line for axes in all_axes for line in axes.get_lines()}
    names = [name_fact("labels.series-", name) for name in series]
    return [drawn[name] for name in names if name in drawn]


def _panel(axes: Axes, rows: pd.DataFrame, panel: str, series: Sequence[str], theme: Theme) -> None:
    for i, name in enumerate(series):
        if not (line := select_named(rows, "series", name)).empty:
            style = _choose_style(i, name, theme)
            draw_line(axes, line, "period", "value", style["label"], texts.format_tick, **style)
    units = [u for u in dict.fromkeys(rows["unit"].map(take_text)) if u]
    title = name_fact("figures.panel-", panel)
    axes.set_title(
        str(Text("figures.panel-in", panel=title, units=Listed(tuple(units), "comma"))) if units else title,
        loc="left",
    )
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: texts.format_tick(value)))
    if panel == "level":
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
