"""Power: how often an effect of each size would have been found."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from twintrade.render.figures.points import name_point
from twintrade.render.figures.theme import open_figure
from twintrade.render.theme import Theme
from twintrade.text import Text, amounts, numbers

USUAL = (0.5, 0.8)


def draw(frame: pd.DataFrame, *, x_label: str = "", theme: Theme | None = None, is_simulated: bool = False) -> Figure:
    """Draw the share of rejections by size of effect, with lines at one half and four fifths.

    ``frame``: effect, rejection_rate.
    """
    theme = theme or Theme()
    ordered = frame.sort_values("effect")
    with open_figure(theme, 2.8, is_simulated=is_simulated) as figure:
        axes = figure.subplots()
        axes.plot(ordered["effect"], ordered["rejection_rate"], color=theme.palette[0], linewidth=2.0)
        for effect, share in ordered[["effect", "rejection_rate"]].astype(float).itertuples(index=False):
            name = numbers.format_compact(effect, 3)
            name_point(axes, (effect, share), name, [share], lambda value: numbers.format_percent(100 * value, 0))
        for share in USUAL:
            axes.axhline(share, color=theme.muted, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.set_ylim(0, 1.02)
        axes.set_xlabel(x_label or str(Text("figures.effect-axis")))
        axes.set_ylabel(str(Text("figures.share-found")))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: numbers.format_percent(100 * value, 0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: amounts.format_tick(value)))
    return figure
