"""Agreements as lines between two places on a graticule: a world map without outlines."""

import math

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from twintrade.render.figures.labels import place_names
from twintrade.render.figures.points import name_point
from twintrade.render.figures.theme import open_figure
from twintrade.render.reading import list_records, read_number, take_text
from twintrade.render.theme import Theme
from twintrade.text import Text, numbers

_HALF_TURN = 180.0
_MOST_NAMES = 12


def draw(frame: pd.DataFrame, *, theme: Theme | None = None, is_simulated: bool = False) -> Figure:
    """Draw one line an agreement, and a dot a place; the places with most agreements are named.

    ``frame``: city, latitude, longitude, partner_city, partner_latitude, partner_longitude.
    """
    theme = theme or Theme()
    with open_figure(theme, 3.6, is_simulated=is_simulated) as figure:
        axes = figure.subplots()
        points: dict[tuple[float, float], list[str]] = {}
        for row in list_records(frame):
            ends = [
                (
                    read_number(row[f"{end}longitude"]),
                    read_number(row[f"{end}latitude"]),
                    take_text(row[f"{end}city"]),
                )
                for end in ("", "partner_")
            ]
            for x, y, name in ends:
                points.setdefault((x, y), []).append(name)
            _draw_line(axes, ends[0][:2], ends[1][:2], theme)
        for (x, y), names in points.items():
            axes.plot(x, y, "o", color=theme.after, ms=2.0 + math.sqrt(len(names)), mec="white", mew=0.4, zorder=3)
            name_point(axes, (x, y), names[0], [len(names)], numbers.format_count)
        axes.set_xlim(-_HALF_TURN, _HALF_TURN)
        axes.set_ylim(-60, 80)
        axes.set_aspect("equal")
        axes.xaxis.set_major_locator(MultipleLocator(60))
        axes.yaxis.set_major_locator(MultipleLocator(20))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: _format_degrees(v, "E", "W")))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: _format_degrees(v, "N", "S")))
        axes.grid(visible=True, axis="both")
        most = sorted(points.items(), key=lambda item: (-len(item[1]), item[1][0]))
        place_names(axes, [(x, y, names[0]) for (x, y), names in most[:_MOST_NAMES]], theme.size * 0.7, theme.ink)
    return figure


def _draw_line(axes: Axes, start: tuple[float, float], end: tuple[float, float], theme: Theme) -> None:
    """Draw a line the shorter way round, in two parts where it crosses the edge of the map."""
    (x0, y0), (x1, y1) = sorted((start, end))
    if x1 - x0 <= _HALF_TURN:
        parts = [((x0, x1), (y0, y1))]
    else:
        middle = y0 + (y1 - y0) * (_HALF_TURN + x0) / (x0 + 2 * _HALF_TURN - x1)
        parts = [((x0, -_HALF_TURN), (y0, middle)), ((_HALF_TURN, x1), (middle, y1))]
    for xs, ys in parts:
        axes.plot(xs, ys, color=theme.muted, lw=0.6, alpha=0.7, zorder=2)


def _format_degrees(value: float, above: str, below: str) -> str:
    side = "none" if value == 0 else above if value > 0 else below
    return str(Text("figures.degrees", value=abs(value), side=side))
