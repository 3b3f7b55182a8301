"""The series as observed, with every candidate date and the comparison lines."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from twintrade.render.figures.events import draw_date_lines, draw_period_axis, draw_shock_bands, list_event_key
from twintrade.render.figures.points import draw_line
from twintrade.render.figures.theme import DASHES, LINE, add_legend_below, draw_onset_line, open_figure, split_label
from twintrade.render.reading import list_names, select_named, take_text
from twintrade.render.style import DEFAULT_THEME, Theme
from twintrade.text import Listed, Text, name_fact, numbers, texts

# Paths over time: a double ratio, a synthetic control beside its series, a gap.


def draw_path(
    frame: pd.DataFrame, *, onset: float | None = None, y_label: str = "", theme: Theme = DEFAULT_THEME
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
        axes.set_xlabel(str(Text("figures.since-onset", period_name="period")) if x == "event_time" else "")
        named = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
        add_legend_below(figure, named, theme)
    return figure


GRID_COLUMNS = 3
MANY_CASES = 6
MANY_PANELS = 3


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
        _close_grid(all_axes, len(panels), n_columns)
        draw_period_axis(all_axes[0], frame, most=12 // n_columns)
        add_legend_below(figure, _pick_lines(all_axes, series), theme)
        if lines:
            size = theme.size * 0.85
            all_axes[-n_columns].set_xlabel("\n".join(lines), loc="left", fontsize=size, linespacing=1.4)
    return figure


def draw_grid(frame: pd.DataFrame, dates: pd.DataFrame | None = None, *, theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw the indices of many cases as small multiples.

    ``frame``: case, series, panel, period, period_label, value; ``dates``: case, period, is_chosen: every candidate
    date.
    """
    cases, series = (list_names(frame, column) for column in ("case", "series"))
    n_columns = GRID_COLUMNS + (len(cases) > MANY_CASES)
    n_rows = -(-len(cases) // n_columns)
    titles = [split_label(name, 70 // n_columns) for name in cases]
    periods = {case: set(select_named(frame, "case", case)["period"]) for case in cases}
    is_shared = all(observed == periods[cases[0]] for observed in periods.values())
    above = LINE * theme.size / 72 * (1 + max(title.count("\n") for title in titles))
    row = above + (1.2 if n_columns == GRID_COLUMNS else 1.0) + 0.2 * (not is_shared)
    with open_figure(theme, 0.8 + row * n_rows) as figure:
        all_axes = figure.subplots(n_rows, n_columns, sharex=is_shared, squeeze=False).ravel()
        for axes, case, title in zip(all_axes, cases, titles, strict=False):
            rows = select_named(frame, "case", case)
            index = select_named(rows, "panel", "index")
            _draw_series(axes, index[np.isfinite(index["value"].astype(float))], series, theme)
            axes.yaxis.set_major_locator(MaxNLocator(4) if len(axes.lines) else NullLocator())
            draw_date_lines(axes, None if dates is None else select_named(dates, "case", case), theme)
            draw_period_axis(axes, rows, most=7 - n_columns)
            axes.set_title(title, loc="left")
        _close_grid(all_axes, len(cases), n_columns)
        add_legend_below(figure, _pick_lines(all_axes, series), theme)
    return figure


def _close_grid(all_axes: np.ndarray, n_drawn: int, n_columns: int) -> None:
    """Hide the axes on which nothing is drawn; those above them name their periods."""
    for axes in all_axes[n_drawn:]:
        axes.set_visible(False)
    for axes in all_axes[max(0, n_drawn - n_columns) : n_drawn]:
        axes.tick_params(axis="x", labelbottom=True)


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
    _draw_series(axes, rows, series, theme)
    units = tuple(unit for unit in list_names(rows, "unit") if unit)
    title = name_fact("figures.panel-", panel)
    axes.set_title(
        str(Text("figures.panel-in", panel=title, units=Listed(units, "comma")) if units else title), loc="left"
    )
    axes.yaxis.set_major_locator(MaxNLocator(5))
    if panel == "level":
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))


def _draw_series(axes: Axes, rows: pd.DataFrame, series: Sequence[str], theme: Theme) -> None:
    """Draw each series of a panel in its own style, with ticks in the words of the language."""
    for i, name in enumerate(series):
        if not (line := select_named(rows, "series", name)).empty:
            style = _choose_style(i, name, theme)
            draw_line(axes, line, "period", "value", style["label"], texts.format_tick, **style)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: texts.format_tick(value)))
