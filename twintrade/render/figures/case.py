"""One treated unit: its path beside the path without the agreement, and the gap between them, by donor set."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from twintrade.render.figures.events import draw_date_lines, draw_period_axis, draw_shock_bands
from twintrade.render.figures.labels import add_legend_below, split_label
from twintrade.render.figures.points import name_line
from twintrade.render.figures.theme import DASHES, draw_zero_line, open_figure
from twintrade.render.names import name_method
from twintrade.render.reading import take_text
from twintrade.render.theme import Theme
from twintrade.text import Text, amounts, numbers


def draw(
    frame: pd.DataFrame,
    dates: pd.DataFrame | None = None,
    shocks: pd.DataFrame | None = None,
    *,
    set_names: Mapping[str, str],
    sets: Sequence[str],
    gap_label: str = "",
    theme: Theme | None = None,
    is_simulated: bool = False,
) -> Figure:
    """Draw paths above and gaps below, one column a donor set.

    ``frame``: method, donor_set, period, period_label, observed, counterfactual, gap; ``dates``: period, label,
    is_chosen: every candidate date; the chosen one is drawn solid; ``shocks``: label, first, last: known events,
    drawn as grey bands; ``set_names``: title of each donor set; ``sets``: donor sets shown, in this order.
    """
    theme = theme or Theme()
    methods = list(dict.fromkeys(frame["method"].map(take_text)))
    with open_figure(theme, 5.2, is_simulated=is_simulated) as figure:
        grid = figure.subplots(2, len(sets), sharex=True, sharey="row", squeeze=False)
        for column, key in enumerate(sets):
            rows = frame[frame["donor_set"].map(take_text) == key]
            upper, lower = grid[0, column], grid[1, column]
            upper.set_title(split_label(set_names.get(key, key), 64 // len(sets)), loc="left")
            _observed(upper, rows, theme)
            for i, method in enumerate(methods, 1):
                path = rows[rows["method"].map(take_text) == method].sort_values("period")
                _draw_method(upper, lower, path, name_method(method), theme, i)
            draw_zero_line(lower, theme)
            draw_period_axis(lower, rows, most=12 // len(sets))
        for upper, lower in grid.T:  # room for letters is left once everything is drawn
            for axes in (upper, lower):
                draw_shock_bands(axes, shocks, frame, theme, has_letters=axes is upper)
                draw_date_lines(axes, dates, theme, has_letters=axes is upper)
                axes.yaxis.set_major_locator(MaxNLocator(5))
                axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: amounts.format_tick(value)))
        grid[0, 0].set_ylabel(str(Text("figures.index-before")))
        grid[1, 0].set_ylabel(gap_label or str(Text("figures.gap")))
        handles = {take_text(line.get_label()): line for axes in grid[0] for line in axes.get_lines()}
        named = {name: line for name, line in handles.items() if name and not name.startswith("_")}
        add_legend_below(figure, list(named.values()), theme)
    return figure


def _draw_method(upper: Axes, lower: Axes, path: pd.DataFrame, name: str, theme: Theme, place: int) -> None:
    """Draw a method's path without the agreement, and its gap below."""
    style: dict[str, Any] = {"color": theme.palette[place], "linestyle": DASHES[place], "linewidth": 1.6}
    x = path["period"].astype(float)
    label = str(Text("figures.without-by", method=name))
    upper.plot(x, path["counterfactual"].astype(float), label=label, **style)
    lower.plot(x, path["gap"].astype(float), **style)
    for axes, column, series in ((upper, "counterfactual", label), (lower, "gap", str(Text("figures.gap")))):
        places = zip(x, path[column].astype(float), strict=True)
        name_line(axes, places, series, path["period_label"].map(take_text), numbers.format_fixed)


def _observed(axes: Axes, rows: pd.DataFrame, theme: Theme) -> None:
    path = rows.drop_duplicates("period").sort_values("period")
    axes.plot(
        path["period"].astype(float),
        path["observed"].astype(float),
        color=theme.palette[0],
        linewidth=2.2,
        marker="o",
        markersize=3.0,
        label=str(Text("figures.observed")),
        zorder=3,
    )
    places = zip(path["period"].astype(float), path["observed"].astype(float), strict=True)
    times = path["period_label"].map(take_text)
    name_line(axes, places, str(Text("figures.observed")), times, numbers.format_fixed)
