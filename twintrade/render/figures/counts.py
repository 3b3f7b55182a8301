"""Counts or weights as horizontal bars with their numbers."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from twintrade.render.figures.labels import LINE, split_label
from twintrade.render.figures.points import name_point
from twintrade.render.figures.theme import open_figure
from twintrade.render.names import name_column
from twintrade.render.reading import list_records, read_number, take_text
from twintrade.render.theme import Theme
from twintrade.text import numbers

MOST_LETTERS = 46


def draw(
    frame: pd.DataFrame,
    label: str,
    value: str,
    *,
    x_label: str = "",
    theme: Theme | None = None,
    is_simulated: bool = False,
) -> Figure:
    """Draw one bar a row, in the order given.

    ``label``, ``value``: its columns of names and numbers.
    """
    theme = theme or Theme()
    rows = list_records(frame)
    names = [split_label(take_text(r[label]), MOST_LETTERS) for r in rows]
    lines = max((name.count("\n") + 1 for name in names), default=1)
    row = max(0.22, lines * LINE * theme.size * 0.9 / 72 + 0.03)
    with open_figure(theme, 0.9 + row * len(rows), is_simulated=is_simulated) as figure:
        axes = figure.subplots()
        values = [read_number(r[value]) for r in rows]
        axes.barh(range(len(rows)), values, color=theme.after, height=0.7)
        for y, amount in enumerate(values):
            name = take_text(rows[y][label])
            name_point(axes, (amount, y), name, [amount], lambda number: numbers.format_compact(number, 3))
            axes.annotate(
                numbers.format_compact(amount, 3),
                (amount, y),
                xytext=(3, 0),
                textcoords="offset points",
                va="center",
                fontsize=theme.size * 0.85,
            )
        axes.set_yticks(range(len(rows)), names)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(visible=False)
        axes.tick_params(axis="y", length=0)
        axes.spines[["left"]].set_visible(False)
        axes.margins(x=0.12)
        axes.set_xlabel(x_label or name_column(value))
    return figure


def draw_years(
    frame: pd.DataFrame, label: str, value: str, *, theme: Theme | None = None, is_simulated: bool = False
) -> Figure:
    """Draw one column a year, and beside them what has no year.

    ``label``, ``value``: its columns of years, the last one perhaps no year, and counts.
    """
    theme = theme or Theme()
    names = [take_text(v) for v in frame[label]]
    step = max(1, -(-len(names) // 12))
    with open_figure(theme, 2.8, is_simulated=is_simulated) as figure:
        axes = figure.subplots()
        axes.bar(range(len(names)), frame[value].astype(float), color=theme.after, width=0.8)
        for i, (name, amount) in enumerate(zip(names, frame[value].astype(float), strict=True)):
            name_point(axes, (i, amount), name, [amount], numbers.format_count)
        shown = [i for i, name in enumerate(names) if not name.isdigit() or int(name) % step == 0]
        undated = [i for i in shown if not names[i].isdigit()]
        shown = [i for i in shown if i in undated or all(abs(i - other) >= step for other in undated)]
        axes.set_xticks(shown, [names[i] for i in shown])
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel(name_column(value))
        axes.margins(x=0.01)
    return figure
