"""Points of two numbers, by group: twins against size of city, weights against two-by-two estimates."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from twintrade.render.figures.labels import add_legend_below, place_names
from twintrade.render.figures.points import name_point
from twintrade.render.figures.theme import MARKERS, open_figure
from twintrade.render.reading import list_records, take_text
from twintrade.render.theme import Theme
from twintrade.text import Listed, amounts, name_fact


def draw(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    group: str = "",
    label: str = "",
    x_label: str,
    y_label: str,
    is_log_x: bool = False,
    theme: Theme | None = None,
    is_simulated: bool = False,
) -> Figure:
    """Draw points, one shape and colour a group, named where there are few.

    ``x``, ``y``: columns of numbers; ``group``, ``label``: columns of texts, or empty.
    """
    theme = theme or Theme()
    with open_figure(theme, 4.0, is_simulated=is_simulated) as figure:
        axes = figure.subplots()
        _points(axes, frame, x, y, group, theme)
        for row in list_records(frame):
            at = (float(row[x]), float(row[y]))
            across = f"{x_label} {amounts.format_tick(at[0])}"
            parts = tuple(filter(None, (take_text(row[label]) if label else "", across, y_label)))
            name_point(axes, at, Listed(parts, "comma"), [at[1]], amounts.format_tick)
        if is_log_x:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: amounts.format_tick(value)))
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
    groups = list(dict.fromkeys(frame[group].map(take_text))) if group else [""]
    for i, name in enumerate(groups):
        points = frame[frame[group].map(take_text) == name] if group else frame
        axes.plot(
            points[x].astype(float),
            points[y].astype(float),
            MARKERS[i % len(MARKERS)],
            color=theme.palette[i % len(theme.palette)],
            ms=5.5,
            mec="white",
            label=name_fact(f"labels.{group}-", name) or None,
        )
