"""Paths over time: a double ratio, a synthetic control beside its series, a gap."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from twintrade.render.figures.events import draw_period_axis
from twintrade.render.figures.labels import add_legend_below
from twintrade.render.figures.points import name_line, name_times
from twintrade.render.figures.theme import DASHES, open_figure
from twintrade.render.reading import take_text
from twintrade.render.theme import Theme
from twintrade.text import Text, amounts, numbers


def draw(
    frame: pd.DataFrame,
    *,
    onset: float | None = None,
    y_label: str = "",
    x_label: str = "",
    theme: Theme | None = None,
    is_simulated: bool = False,
) -> Figure:
    """Draw one line a series.

    ``frame``: series, period (or event_time), value, and optionally index, which is drawn in its place; ``onset``:
    where the vertical line stands: half a period before it.
    """
    theme = theme or Theme()
    value = "index" if "index" in frame and frame["index"].notna().any() else "value"
    x = "period" if "period" in frame else "event_time"
    with open_figure(theme, 3.3, is_simulated=is_simulated) as figure:
        axes = figure.subplots()
        for i, name in enumerate(dict.fromkeys(frame["series"].map(take_text))):
            line = frame[frame["series"].map(take_text) == name].sort_values(x)
            axes.plot(
                line[x].astype(float),
                line[value].astype(float),
                color=theme.palette[i % len(theme.palette)],
                linestyle=DASHES[i % len(DASHES)],
                linewidth=2.0 if i == 0 else 1.5,
                label=name,
            )
            places = zip(line[x].astype(float), line[value].astype(float), strict=True)
            name_line(axes, places, name, name_times(line), lambda amount: numbers.format_compact(amount, 3))
        if onset is not None:
            axes.axvline(onset - 0.5, color=theme.ink, linewidth=0.8, linestyle=(0, (4, 3)))
        if x == "event_time":
            axes.axvline(-0.5, color=theme.ink, linewidth=0.8, linestyle=(0, (4, 3)))
        if x == "period" and "period_label" in frame:
            draw_period_axis(axes, frame)
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel(y_label or (str(Text("figures.index-onset")) if value == "index" else ""))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda amount, _: amounts.format_tick(amount)))
        axes.set_xlabel(
            x_label or (str(Text("figures.since-onset", period_name="period")) if x == "event_time" else "")
        )
        named = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
        add_legend_below(figure, named, theme)
    return figure
