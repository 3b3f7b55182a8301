"""The series as observed, with every candidate date and the comparison lines."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from twintrade.render.figures.events import draw_date_lines, draw_period_axis, draw_shock_bands, list_event_key
from twintrade.render.figures.labels import LINE, add_legend_below, split_label
from twintrade.render.figures.points import name_line
from twintrade.render.figures.theme import DASHES, open_figure
from twintrade.render.reading import take_text
from twintrade.render.theme import Theme
from twintrade.text import Listed, Text, amounts, name_fact

GRID_COLUMNS = 3
MANY_CASES = 9
MANY_PANELS = 3


def draw(
    frame: pd.DataFrame,
    dates: pd.DataFrame | None = None,
    shocks: pd.DataFrame | None = None,
    *,
    theme: Theme | None = None,
    is_simulated: bool = False,
) -> Figure:
    """Draw the panels below each other, three and more two a row, the same series in the same line everywhere.

    Parameters
    ----------
    frame : DataFrame
        series, panel, period, period_label, value, unit.
    dates : DataFrame, optional
        period, label, is_chosen: every candidate date; the chosen one is drawn solid.
    shocks : DataFrame, optional
        label, first, last, first_label, last_label: known events, drawn as grey bands.
    theme : Theme, optional
    is_simulated : bool
    """
    theme = theme or Theme()
    panels = list(dict.fromkeys(frame["panel"].map(take_text)))
    series = list(dict.fromkeys(frame["series"].map(take_text)))
    n_columns = 1 if len(panels) < MANY_PANELS else 2
    n_rows = -(-len(panels) // n_columns)
    lines = [split_label(line, 100) for line in list_event_key(dates, shocks, frame)]
    n_lines = sum(line.count("\n") + 1 for line in lines)
    with open_figure(theme, 0.9 + 0.17 * n_lines + 1.85 * n_rows, is_simulated=is_simulated) as figure:
        all_axes = figure.subplots(n_rows, n_columns, sharex=True, squeeze=False).ravel()
        for axes, panel in zip(all_axes, panels, strict=False):
            _panel(axes, frame[frame["panel"].map(take_text) == panel], panel, series, theme)
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
    cases: Mapping[str, tuple[pd.DataFrame, pd.DataFrame | None]],
    panel: str = "index",
    *,
    theme: Theme | None = None,
    is_simulated: bool = False,
) -> Figure:
    """Draw one panel of many cases as small multiples.

    Parameters
    ----------
    cases : mapping of str to (DataFrame, DataFrame or None)
        Series and candidate dates, by the name of the case.
    panel : str
    """
    theme = theme or Theme()
    series = list(dict.fromkeys(take_text(s) for frame, _ in cases.values() for s in frame["series"]))
    n_columns = GRID_COLUMNS + (len(cases) > MANY_CASES)
    n_rows = -(-len(cases) // n_columns)
    titles = [split_label(name, 70 // n_columns) for name in cases]
    lines = max((title.count("\n") for title in titles), default=0)
    row = (1.55 if n_columns == GRID_COLUMNS else 1.3) + lines * LINE * theme.size / 72
    with open_figure(theme, 0.9 + row * n_rows, is_simulated=is_simulated) as figure:
        all_axes = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for axes, title, (frame, dates) in zip(all_axes, titles, cases.values(), strict=False):
            _panel(axes, frame[frame["panel"].map(take_text) == panel], panel, series, theme)
            axes.set_title(title, loc="left")
            draw_date_lines(axes, dates, theme, has_letters=False)
            draw_period_axis(axes, frame, most=4 if n_columns == GRID_COLUMNS else 3)
        for axes in all_axes[len(cases) :]:
            axes.set_visible(False)
        add_legend_below(figure, _pick_lines(all_axes, series), theme)
    return figure


def _pick_lines(all_axes: Iterable[Axes], series: Sequence[str]) -> list[Line2D]:
    """Return one line of each series that is drawn, in their order."""
    drawn = {str(line.get_label()): line for axes in all_axes for line in axes.get_lines()}
    names = [name_fact("labels.series-", name) for name in series]
    return [drawn[name] for name in names if name in drawn]


def _panel(axes: Axes, rows: pd.DataFrame, panel: str, series: Sequence[str], theme: Theme) -> None:
    for i, name in enumerate(series):
        line = rows[rows["series"].map(take_text) == name].sort_values("period")
        if line.empty:
            continue
        is_main = i == 0
        axes.plot(
            line["period"].astype(float),
            line["value"].astype(float),
            color=theme.palette[i % len(theme.palette)],
            linestyle=DASHES[i % len(DASHES)],
            linewidth=2.2 if is_main else 1.4,
            marker="o" if is_main else None,
            markersize=3.5,
            label=name_fact("labels.series-", name),
            zorder=3 if is_main else 2.5,
        )
        places = zip(line["period"].astype(float), line["value"].astype(float), strict=True)
        name_line(
            axes, places, name_fact("labels.series-", name), line["period_label"].map(take_text), amounts.format_tick
        )
    units = [u for u in dict.fromkeys(rows["unit"].map(take_text)) if u]
    title = name_fact("figures.panel-", panel)
    axes.set_title(
        str(Text("figures.panel-in", panel=title, units=Listed(tuple(units), "comma"))) if units else title,
        loc="left",
    )
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: amounts.format_tick(value)))
    if panel == "level":
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
